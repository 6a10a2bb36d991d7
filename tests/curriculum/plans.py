"""Plans to read: the real one, and the smallest that is complete."""

from functools import cache
from pathlib import Path

from curriculum.plan.markdown import read_plan
from curriculum.plan.nodes import Plan

REAL = Path(__file__).resolve().parent.parent / "data" / "ai-llm-engineer-plan.md"

SMALL = """\
# Baking

**Summary**: Bread in 100 hours.

## Level 1: Bread (100 hours)

**Goal**: Learners bake bread.

### 1.1 Dough (60 hours)

| Topic | Hours |
|-------|-------|
| **Flour** | 40 |
| - Wheat | 30 |
| - Rye | 10 |
| **Water** | 20 |

**Capstone Project (1.1)**: **A loaf**
- Bake 3+ loaves

### 1.2 Oven (40 hours)

- **Project 1 (40h)**: **Build an oven**
  - Draw it
    - To scale

**Milestone after level 1**: Learners bake.

## Verification

| Level | Key assessment | Graduation criteria |
|-------|----------------|---------------------|
| 1: Bread | A loaf | It is eaten |
"""


@cache
def real_plan() -> Plan:
    return read_plan(REAL.read_text(encoding="utf-8"))


def with_line(old: str, new: str) -> str:
    """The small plan with one of its lines changed."""
    lines = SMALL.split("\n")
    return "\n".join([*lines[: (at := lines.index(old))], new, *lines[at + 1 :]])
