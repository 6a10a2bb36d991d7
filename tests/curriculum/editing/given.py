"""A draft to edit, and short names for what the tests do to it."""

from datetime import timedelta
from typing import Any

from curriculum.audit.findings import plain
from curriculum.editing.draft import Draft, Node
from curriculum.importing import import_plan
from curriculum.models import CurriculumVersion
from curriculum.plan.markdown import read_plan
from curriculum.plan.nodes import Plan
from tests.conftest import NOW, Cast
from tests.curriculum.plans import SMALL

LATER = NOW + timedelta(minutes=5)

TWO_LEVELS = SMALL.replace(
    "**Milestone after level 1**: Learners bake.\n",
    """**Milestone after level 1**: Learners bake.

## Level 2: Pastry (50 hours)

### 2.1 Cake (30 hours)

| Topic | Hours |
|-------|-------|
| Sponge | 20 |
| Icing | 10 |

### 2.2 Specializations (20 hours)

Requires: 1.1, 2.1

#### Track 1: Pies (20 hours)
- Bake 5+ pies

#### Track 2: Tarts (20 hours)
- Bake 3+ tarts
""",
)


def a_draft(cast: Cast, plan: Plan | str = SMALL) -> CurriculumVersion:
    return import_plan(plan=read_plan(plan) if isinstance(plan, str) else plan, by=cast.ilse, at=NOW)


def node(version: CurriculumVersion, title: str) -> Any:
    """The first node of that title, as it is now."""
    draft = Draft(CurriculumVersion.objects.get(pk=version.pk))
    return next(each for each in draft.within(draft.version) if each.title == title)


def outline(version: CurriculumVersion) -> list[str]:
    """Every node with its number and hours, in order."""
    draft = Draft(CurriculumVersion.objects.get(pk=version.pk))
    return [_line(draft, each) for each in draft.within(draft.version)][1:]


def _line(draft: Draft, each: Node) -> str:
    hours = getattr(each, "hours", None)
    return draft.name(each) + ("" if hours is None else f" ({plain(hours)})")
