"""`make check`: everything that can be known without running the tests. Needs DATABASE_URL and REDIS_URL.

Each check runs although an earlier one failed, so that one round shows all there is to mend.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import polib

ROOT = Path(__file__).resolve().parent.parent
LOCALES = ROOT / "locale"


def tool(*command: str) -> Callable[[], list[str]]:
    """A check that is another program: it passes when that exits with 0."""

    def run() -> list[str]:
        program = Path(sys.executable).parent / command[0]  # the one of this environment, when it has it
        arguments = [str(program) if program.exists() else command[0], *command[1:]]
        result = subprocess.run(arguments, capture_output=True, text=True, cwd=ROOT, check=False)
        return [] if result.returncode == 0 else [(result.stdout + result.stderr).strip()]

    return run


def translations() -> list[str]:
    """Every text is translated, none is stale, and the compiled files are those of the sources."""
    problems = []
    for source in sorted(LOCALES.glob("*/LC_MESSAGES/*.po")):
        catalog, name = polib.pofile(str(source)), source.relative_to(ROOT)
        problems += [
            f"{name}:{entry.linenum}: not translated: {entry.msgid!r}" for entry in catalog.untranslated_entries()
        ]
        problems += [f"{name}:{entry.linenum}: fuzzy: {entry.msgid!r}" for entry in catalog.fuzzy_entries()]
        compiled = source.with_suffix(".mo")
        if not compiled.exists() or compiled.read_bytes() != catalog.to_binary():
            problems.append(f"{name}: the compiled file is stale. Run: make messages")
    return problems or collected()


def collected() -> list[str]:
    """Every text of the code and the templates is in the catalog."""
    from config.messages import texts_in_use

    catalog = polib.pofile(str(LOCALES / "nl" / "LC_MESSAGES" / "django.po"))
    known = {entry.msgid for entry in catalog if not entry.obsolete}
    used = texts_in_use()
    missing = [f"not in the catalog: {text!r}. Run: make messages" for text in sorted(used - known)]
    return missing + [f"in the catalog but not used: {text!r}. Run: make messages" for text in sorted(known - used)]


CHECKS: list[tuple[str, Callable[[], list[str]]]] = [
    ("lint", tool("ruff", "check", ".")),
    ("format", tool("ruff", "format", "--check", ".")),
    ("types", tool("mypy")),
    ("import contracts", tool("lint-imports")),
    ("system checks", tool(sys.executable, "manage.py", "check", "--fail-level", "WARNING")),
    ("missing migrations", tool(sys.executable, "manage.py", "makemigrations", "--check", "--dry-run")),
    ("translations", translations),
    ("documentation", tool(sys.executable, "-m", "config.docs")),
]


def main() -> int:
    os.chdir(ROOT)
    failed = 0
    for title, check in CHECKS:
        began = time.monotonic()
        problems = check()
        failed += bool(problems)
        print(f"{'failed' if problems else 'ok':<7}{title} ({time.monotonic() - began:.0f} s)", flush=True)
        print("".join(f"{problem}\n" for problem in problems), end="", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
