"""Does the documentation say what the code does? Part of `make check`."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)")
VARIABLE = re.compile(r"""env\.\w+\(\s*"([A-Z_]+)\"""")
TARGET = re.compile(r"^([a-z0-9-]+):.*##", re.MULTILINE)


def pages() -> list[Path]:
    return sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


def broken_links() -> Iterator[str]:
    for page in pages():
        for target in LINK.findall(page.read_text()):
            if not (page.parent / target).exists():
                yield f"{page.relative_to(ROOT)}: links to {target}, which does not exist"


def undocumented(names: set[str], page: str, what: str) -> Iterator[str]:
    text = (ROOT / page).read_text()
    for name in sorted(names):
        if f"`{name}" not in text:
            yield f"{page}: says nothing of the {what} {name}"


def commands() -> set[str]:
    return {path.stem for path in ROOT.glob("*/management/commands/*.py") if path.stem != "__init__"}


def main() -> int:
    variables = set(VARIABLE.findall((ROOT / "config" / "settings.py").read_text()))
    targets = {f"make {name}" for name in TARGET.findall((ROOT / "Makefile").read_text())}
    problems = [
        *broken_links(),
        *undocumented(variables, "docs/configuration.md", "setting"),
        *undocumented(commands(), "docs/commands.md", "command"),
        *undocumented(targets, "docs/commands.md", "target"),
    ]
    print("\n".join(problems))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
