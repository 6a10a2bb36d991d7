"""Places for apps above: what they know of a learner, shown on the learner's page without that page knowing them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.functional import Promise

from accounts.models import Membership
from cohorts.models import Enrollment


@dataclass(frozen=True, kw_only=True)
class Panel:
    """A panel with a heading. `context(enrollment, viewer, now)` is None when there is nothing to show.

    The template gets it as `content`, with `enrollment` and what every page has, and draws no heading and no frame.
    One that is `on_path` stands on the learner's own path too.
    """

    key: str
    title: str | Promise
    template: str
    context: Callable[[Enrollment, Membership, datetime], Mapping[str, Any] | None]
    on_path: bool = False


@dataclass(frozen=True, kw_only=True)
class FilledPanel:
    key: str
    title: str | Promise
    template: str
    content: Mapping[str, Any]


_panels: dict[str, Panel] = {}


def register(panel: Panel) -> None:
    """Add a panel; panels stand in the order of registration. A second one with the same key replaces the first."""
    _panels[panel.key] = panel


def panels_for(
    enrollment: Enrollment, *, viewer: Membership, now: datetime, on_path: bool = False
) -> list[FilledPanel]:
    """Those of the learner's page, or with `on_path` those of their own path."""
    filled = []
    for panel in [each for each in _panels.values() if each.on_path or not on_path]:
        content = panel.context(enrollment, viewer, now)
        if content is not None:
            filled.append(FilledPanel(key=panel.key, title=panel.title, template=panel.template, content=content))
    return filled
