"""Migrations say what was so when they were written: what the code does today cannot change them."""

import ast
from pathlib import Path

import pytest
from django.conf import settings

#: Modules whose fields and functions a migration names in its columns, as Django writes them.
IN_COLUMNS = {"organizations.models", "organizations.scope", "organizations.sealing", "mentoring.models"}
MIGRATIONS = sorted(Path(settings.BASE_DIR).glob("*/migrations/*.py"))
OURS = {path.parts[-3] for path in MIGRATIONS}


def imported(module: ast.Module) -> set[str]:
    names = set()
    for node in ast.walk(module):
        if isinstance(node, ast.ImportFrom):
            names.add(f"from {node.module}")
        elif isinstance(node, ast.Import):
            names |= {one.name for one in node.names}
    return {name for name in names if name.removeprefix("from ").partition(".")[0] in OURS}


@pytest.mark.parametrize("path", MIGRATIONS, ids=lambda path: f"{path.parts[-3]}/{path.stem}")
def test_migration_runs_no_code_of_today(path: Path) -> None:
    assert imported(ast.parse(path.read_text())) - IN_COLUMNS == set()
