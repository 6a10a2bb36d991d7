"""What a node says: its title, hours and texts."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, cast
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from curriculum.audit.findings import plain
from curriculum.editing.draft import Draft, Node
from curriculum.editing.requiring import check_required
from curriculum.editing.steps import Kind, step
from curriculum.errors import CurriculumError
from curriculum.importing import MAX_METHOD_TITLE
from curriculum.models import (
    Benchmark,
    CurriculumVersion,
    DraftEdit,
    Level,
    Module,
    Project,
    Topic,
    Track,
    VerificationMethod,
)
from curriculum.plan.hours import MAX_HOURS
from curriculum.plan.nodes import ChecklistItem, PlanBenchmark
from curriculum.plan.plain import from_plain, to_plain
from curriculum.plan.problems import MAX_TITLE
from curriculum.plan.projects import benchmarks_of, read_benchmarks

MAX_TEXT = 5_000
MAX_UNIT = 40
_STRANGE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")

Values = Mapping[str, Any]
"""Field to value: `title`, `hours` (Decimal, or None where a node need not have any), the texts of the node,
`checklist`, `cells` and `breakdown` in the form in which their column keeps them, and `requires` as the ids of
modules."""

FIELDS: Mapping[type, Sequence[str]] = {
    CurriculumVersion: ("title", "summary"),
    Level: (
        "title", "hours", "description", "goal", "focus", "technologies", "milestone", "key_assessment",
        "graduation_criteria", "breakdown",
    ),
    Module: ("title", "hours", "requires", "note"),
    Topic: ("title", "hours", "resources", "deliverables", "cells"),
    Project: ("title", "hours", "description", "checklist"),
    Track: ("title", "hours", "description", "checklist"),
}  # fmt: skip


def fields_of(node: Node) -> Sequence[str]:
    return FIELDS.get(type(node), ("title", "text"))


def may_lack_hours(node: Node) -> bool:
    return isinstance(node, Topic | Project | Track)


def longest_title(node: type[Node] | Node) -> int:
    """In characters."""
    kind = node if isinstance(node, type) else type(node)
    return MAX_METHOD_TITLE if kind is VerificationMethod else MAX_TITLE


def check_title(title: str, *, limit: int = MAX_TITLE) -> str:
    """The title in one line. Raises CurriculumError when it is empty, too long or no text."""
    title = check_text(" ".join(title.split()))
    if not title:
        raise CurriculumError("title_missing", _("Give it a title."))
    if len(title) > limit:
        raise CurriculumError(
            "title_too_long",
            str(_("The title has %(length)s characters. Shorten it to %(limit)s."))
            % {"length": len(title), "limit": limit},
        )
    return title


def check_text(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    if _STRANGE.search(text):
        raise CurriculumError("not_text", _("This has invisible characters that no keyboard writes. Type it again."))
    if len(text) > MAX_TEXT:
        raise CurriculumError(
            "text_too_long",
            str(_("The text has %(length)s characters. Shorten it to %(limit)s."))
            % {"length": len(text), "limit": MAX_TEXT},
        )
    return text


def check_hours(hours: Decimal | None, *, required: bool) -> Decimal | None:
    """Raises CurriculumError for hours that are missing, negative, absurd or finer than hundredths."""
    if hours is None:
        if required:
            raise CurriculumError("hours_missing", _("Write the hours, such as 120. Write 0 when there are none."))
        return None
    if not hours.is_finite() or hours < 0:
        raise CurriculumError("hours_negative", _("Hours cannot be less than 0."))
    if hours > MAX_HOURS:
        raise CurriculumError(
            "hours_absurd",
            str(_("That is more than %(limit)s hours, more than a working life.")) % {"limit": f"{MAX_HOURS:,}"},
        )
    if hours != round(hours, 2):
        raise CurriculumError("hours_too_fine", _("Round the hours to two decimals."))
    return hours


def values_of(draft: Draft, node: Node) -> dict[str, Any]:
    """What the node says now."""
    values = {name: getattr(node, name, None) for name in fields_of(node)}
    if isinstance(node, Level):
        values["breakdown"] = node.stated_breakdown
    if isinstance(node, Module):
        values["requires"] = draft.requires()[node.pk]
    if isinstance(node, Track):
        work = draft.work[node.pk]
        values |= {"description": work.description, "checklist": work.checklist}
    return values


def change(
    *,
    version: CurriculumVersion,
    node: UUID,
    values: Values,
    seen: int | None = None,
    by: Membership | None,
    at: datetime,
) -> DraftEdit | None:
    """Give a node other values; what is not named stays. None when it says all that already.

    `seen` is the number of the last step when the node was shown. Raises NodeChanged when somebody changed it since,
    and CurriculumError for a title, text, hours or requirement that cannot be.
    """
    with step(version) as taken:
        found = taken.find(node)
        old = values_of(taken.draft, found)
        new = {name: _checked(taken.draft, found, name, value) for name, value in values.items()}
        different = [name for name, value in new.items() if value != old[name]]
        if not different:
            return None
        taken.check([found], seen=seen)
        name = taken.draft.name(found)
        for each in different:
            put(taken.draft, found, each, new[each])
        kind, words = _told(name, different, old, new)
        return taken.record(kind, by=by, at=at, about=[found], words=words)


def _checked(draft: Draft, node: Node, name: str, value: Any) -> Any:
    if name not in fields_of(node):
        raise CurriculumError("no_such_field", _("That cannot be changed here."))
    if name == "title":
        return check_title(value, limit=longest_title(node))
    if name == "hours":
        return check_hours(value, required=not may_lack_hours(node))
    if name == "requires":
        return check_required(draft, cast(Module, node), value)
    return check_text(value) if isinstance(value, str) else value


def _told(name: str, different: Sequence[str], old: Values, new: Values) -> tuple[Kind, dict[str, str]]:
    if different == ["title"]:
        return Kind.RENAME, {"old": name, "new": new["title"]}
    if different == ["hours"]:
        return Kind.HOURS, {"name": name, "old": _said(old["hours"]), "new": _said(new["hours"])}
    return Kind.TEXTS, {"name": name}


def _said(hours: Decimal | None) -> str:
    return "–" if hours is None else plain(hours)


def put(draft: Draft, node: Node, name: str, value: Any) -> None:
    """Set one value, with what follows from it: a track names its work, and a text holds its benchmarks."""
    if isinstance(node, Track):
        work = draft.work[node.pk]
        if name in ("title", "hours"):
            setattr(node, name, value)
        put(draft, work, name, value)
    elif name == "breakdown":
        cast(Level, node).stated_breakdown = value
    elif name == "requires":
        draft.require(cast(Module, node), value)
    else:
        before = getattr(node, name)
        setattr(node, name, value)
        if isinstance(node, Project) and name == "checklist":
            _measure_project(draft, node, _in_checklist(before), _in_checklist(value))
        elif isinstance(node, Topic) and name == "deliverables":
            stated = [from_plain(PlanBenchmark, each) for each in node.benchmarks]
            node.benchmarks = to_plain(_measured(stated, read_benchmarks(before), read_benchmarks(value)))


def _in_checklist(lines: Sequence[Mapping[str, Any]]) -> tuple[PlanBenchmark, ...]:
    return benchmarks_of([from_plain(ChecklistItem, line) for line in lines])


def _measured(
    stated: Sequence[PlanBenchmark], before: Sequence[PlanBenchmark], after: Sequence[PlanBenchmark]
) -> tuple[PlanBenchmark, ...]:
    """What the text asks for now, and what was stated beside the text."""
    return tuple(dict.fromkeys((*after, *(each for each in stated if each not in before))))


def _measure_project(
    draft: Draft, project: Project, before: Sequence[PlanBenchmark], after: Sequence[PlanBenchmark]
) -> None:
    if any(each.threshold != round(each.threshold, 4) or len(each.unit) > MAX_UNIT for each in after):
        raise CurriculumError(
            "benchmark_too_fine", _("Round the results to four decimals, and write their unit as one word.")
        )
    rows = draft.benchmarks[project.pk]
    by_result = {_result(row): row for row in rows}
    wanted = _measured(list(by_result), before, after)
    rows[:] = [
        by_result.get(each)
        or Benchmark(
            project_id=project.pk, metric=each.metric, comparison=each.comparison, threshold=each.threshold,
            unit=each.unit,
        )
        for each in wanted
    ]  # fmt: skip


def _result(row: Benchmark) -> PlanBenchmark:
    return PlanBenchmark(row.metric, cast(Any, row.comparison), row.threshold, row.unit)
