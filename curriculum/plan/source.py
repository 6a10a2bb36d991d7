"""A plan as a text in one of the two ways in which it can be written."""

import re
from pathlib import PurePath
from typing import Literal

from curriculum.plan.from_yaml import read_yaml
from curriculum.plan.markdown import read_plan
from curriculum.plan.nodes import Plan
from curriculum.plan.to_markdown import write_markdown
from curriculum.plan.to_yaml import write_yaml

Form = Literal["markdown", "yaml"]

SUFFIXES: dict[Form, str] = {"markdown": "md", "yaml": "yaml"}
MEDIA_TYPES: dict[Form, str] = {"markdown": "text/markdown", "yaml": "application/yaml"}

_YAML_NAMES = {".yaml", ".yml"}
_LEVELS_FIELD = re.compile(r"""^ {0,8}["']?levels["']?\s*:""", re.MULTILINE)
_LEVEL_HEADING = re.compile(r"^#{1,6}\s+(?:level|niveau)\s+\d", re.MULTILINE | re.IGNORECASE)


def form_of(text: str, name: str = "") -> Form:
    """By the file's name when that tells, else by what the text looks like; a plan in YAML has a field ``levels``."""
    if PurePath(name).suffix.casefold() in _YAML_NAMES:
        return "yaml"
    if text.lstrip("\ufeff \t\r\n").startswith("{"):
        return "yaml"
    return "yaml" if _LEVELS_FIELD.search(text) and not _LEVEL_HEADING.search(text) else "markdown"


def read_source(text: str, *, name: str = "") -> Plan:
    """Raises ``PlanError`` with everything that makes it unreadable."""
    return read_yaml(text) if form_of(text, name) == "yaml" else read_plan(text)


def write(plan: Plan, form: Form) -> str:
    """A text that reads as an equal plan."""
    return write_yaml(plan) if form == "yaml" else write_markdown(plan)
