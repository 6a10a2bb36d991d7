"""Doing what the audit offers about a finding, as one step."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from curriculum.audit import audit
from curriculum.audit.changes import BreakdownChange, Change, HoursChange, NumberChange
from curriculum.audit.fixes import fixes
from curriculum.editing.content import put
from curriculum.editing.draft import Draft, Node
from curriculum.editing.steps import Kind, step
from curriculum.errors import CurriculumError
from curriculum.models import CurriculumVersion, DraftEdit, Level, Module, Topic
from curriculum.plan.nodes import Plan
from curriculum.plan.plain import to_plain
from curriculum.tree import plan_of


def fix_finding(
    *, version: CurriculumVersion, finding: str, fix: str, by: Membership | None, at: datetime
) -> DraftEdit:
    """Do one of the fixes of a finding, by the keys of both; all of its changes are one step.

    Raises CurriculumError when the plan has changed so that the fix is not offered any more.
    """
    with step(version) as taken:
        plan = plan_of(taken.draft.version)
        offered = fixes(plan, audit(plan)).get(finding, ())
        chosen = next((each for each in offered if each.key == fix), None)
        if chosen is None:
            raise CurriculumError("fix_gone", _("The plan has changed, and this is no longer what it needs."))
        _make(taken.draft, plan, chosen.changes)
        edit = taken.record(Kind.FIX, by=by, at=at, words={"name": str(chosen.label)})
        if edit is None:
            raise CurriculumError("fix_gone", _("The plan has changed, and this is no longer what it needs."))
        return edit


def _make(draft: Draft, plan: Plan, changes: "tuple[Change, ...]") -> None:
    nodes = _by_code(draft)
    numbers: list[NumberChange] = []
    for change in changes:
        match change:
            case HoursChange():
                put(draft, nodes[change.kind, change.code], "hours", change.hours)
            case BreakdownChange():
                level = nodes["level", change.code]
                put(
                    draft,
                    level,
                    "breakdown",
                    [{"title": each.title, "hours": to_plain(each.hours)} for each in change.shares],
                )
                put(draft, level, "breakdown_hours", change.hours)
            case NumberChange():
                numbers.append(change)
    if numbers:
        by_number = {level.number: level for level in draft.levels}
        draft.number_all_by_place([by_number[level.number] for level in plan.levels])


def _by_code(draft: Draft) -> dict[tuple[str, str], Node]:
    """The nodes by their kind and number; the first of a number that is used twice."""
    codes = draft.codes()
    found: dict[tuple[str, str], Node] = {}
    for node in draft.within(draft.version)[1:]:
        kinds: dict[type, str] = {Level: "level", Module: "module", Topic: "topic"}
        found.setdefault((kinds.get(type(node), "project"), codes.get(node.pk, "")), node)
    return found
