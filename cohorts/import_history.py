"""A file of dated changes: what happened to learners before they were kept here, each through the table of moves.

A trial does it all, looks, and takes it back, so that the preview says what importing will do and nothing else. All
rows of a learner go in or none does.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.inviting import invite_many
from accounts.models import Membership, Role
from cohorts.errors import CohortError
from cohorts.history import Entry, enroll_many, record_status
from cohorts.import_plan import Change, Does, Plan, Present, Step, absent_from
from cohorts.import_rows import LearnerRow, Sheet
from cohorts.models import Cohort, Enrollment, EnrollmentEvent, ImportedRow

MOST_CHANGES = 1_000
#: Who is in one of these at the end of the file takes part, and is invited.
INVITED = {Enrollment.Status.APPLIED, Enrollment.Status.WAITING, Enrollment.Status.ENROLLED, Enrollment.Status.ACTIVE,
           Enrollment.Status.ON_LEAVE}  # fmt: skip

Recorded = tuple[Plan, list[ImportedRow], dict[str, int]]


def plan_history(*, cohort: Cohort, sheet: Sheet, present: Present, by: Membership, at: datetime) -> Plan:
    """What recording the file would do. Raises CohortError `too_many_changes`."""
    with transaction.atomic():
        plan, _facts, _report = record_history(cohort=cohort, sheet=sheet, present=present, by=by, at=at)
        transaction.set_rollback(True)
    return plan


def record_history(*, cohort: Cohort, sheet: Sheet, present: Present, by: Membership, at: datetime) -> Recorded:
    """Record every row that is not in the history yet, dated as it says and recorded now.

    Somebody who is not in the cohort begins with their first row. Raises CohortError `too_many_changes`.
    """
    check_length(sheet.rows)
    wrong = {error.number for error in sheet.errors}
    steps = [
        Step(
            number=number, does=Does.REFUSED, name="",
            errors=tuple((error.column, error.message) for error in sheet.errors if error.number == number),
        )
        for number in wrong
    ]  # fmt: skip
    facts: list[ImportedRow] = []
    report = {"enrolled": 0, "recorded": 0, "invited": 0}
    seen = set()
    for rows in _by_learner(sheet.rows, present):
        found = present.match(rows[0])
        if found is not None:
            seen.add(found.pk)
        try:
            with transaction.atomic():
                done, fact, counts = _record(rows, found, cohort, by, at)
        except _RowRefused as refused:
            steps += [_left_out(row, refused) for row in rows]
            continue
        steps += done
        if fact is not None:
            facts.append(fact)
        for name, count in counts.items():
            report[name] += count
    steps.sort(key=lambda step: step.number)
    return Plan((*steps, *absent_from(present, seen, sheet))), facts, report


def check_length(rows: Sequence[Any]) -> None:
    """Raises CohortError `too_many_changes`."""
    if len(rows) > MOST_CHANGES:
        raise CohortError(
            "too_many_changes",
            _("The file has %(rows)s changes; at most %(most)s fit in one import. Split it and import the parts.")
            % {"rows": len(rows), "most": MOST_CHANGES},
        )


class _RowRefused(Exception):
    def __init__(self, row: LearnerRow, column: str, message: str) -> None:
        super().__init__(message)
        self.row, self.column, self.message = row, column, message


def _by_learner(rows: Sequence[LearnerRow], present: Present) -> list[list[LearnerRow]]:
    """The rows of each learner together, in order of their dates; of one day in the order of the file."""
    found: dict[object, list[LearnerRow]] = defaultdict(list)
    alike = {row.external_id: row.email for row in rows if row.external_id and row.email}
    for row in rows:
        match = present.match(row)
        found[match.pk if match else row.email or alike.get(row.external_id) or row.external_id].append(row)
    return [sorted(each, key=lambda row: (str(row.effective_on), row.number)) for each in found.values()]


def _record(
    rows: list[LearnerRow], enrollment: Enrollment | None, cohort: Cohort, by: Membership, at: datetime
) -> tuple[list[Step], ImportedRow | None, dict[str, int]]:
    counts, is_new, gave_role = {"recorded": 0, "enrolled": 0, "invited": 0}, enrollment is None, False
    if enrollment is None:
        enrollment, gave_role, counts["invited"] = _begin(rows, cohort, by, at)
        counts["enrolled"] = 1
        there: set[tuple[str, object]] = set()
    else:
        there = {(event.to_status, event.effective_on) for event in enrollment.events.all()}
    before = {str(pk) for pk in enrollment.events.values_list("pk", flat=True)} if not is_new else set()
    steps = []
    for place, row in enumerate(rows):
        if row.effective_on is None:
            continue
        is_there = (row.status, row.effective_on) in there
        if not is_there and not (is_new and place == 0):
            _record_one(enrollment, row, by, at)
            there.add((row.status, row.effective_on))
        counts["recorded"] += not is_there
        steps.append(_step(row, enrollment, Does.UNCHANGED if is_there else Does.NEW if is_new else Does.CHANGED))
    if not counts["recorded"]:
        return steps, None, counts
    events = [str(pk) for pk in enrollment.events.order_by("sequence").values_list("pk", flat=True)]
    after: dict[str, Any] = {"events": [pk for pk in events if pk not in before]}
    kind = ImportedRow.Kind.HISTORY
    if is_new:
        kind = ImportedRow.Kind.ENROLLED
        after |= {"mentor": None, "external_id": enrollment.external_id, "seeks_job": enrollment.seeks_job}
        after["gave_role"] = gave_role
    return steps, ImportedRow(number=rows[0].number, kind=kind, enrollment=enrollment, after=after), counts


def _begin(rows: list[LearnerRow], cohort: Cohort, by: Membership, at: datetime) -> tuple[Enrollment, bool, int]:
    """Put somebody on the roster with their first row."""
    first = rows[0]
    row = replace(
        first,
        email=next((one.email for one in rows if one.email), ""),
        name=next((one.name for one in rows if one.name), ""),
        external_id=next((one.external_id for one in rows if one.external_id), ""),
    )
    if not row.email or not row.name:
        raise _RowRefused(
            first,
            "email" if not row.email else "name",
            _("They are not in this cohort. To add them, give their email and name."),
        )
    had = Membership.objects.filter(user__email=row.email).values_list("roles", flat=True).first()
    takes_part = rows[-1].status in INVITED
    learners = invite_many(names={row.email: row.name}, roles=[Role.LEARNER], by=by, at=at, send=takes_part)
    learner = learners[row.email]
    if first.effective_on is None:
        raise _RowRefused(first, "effective_on", _("This cell is empty. Fill it in."))
    entry = Entry(
        learner=learner,
        effective_on=first.effective_on,
        status=first.status,
        external_id=row.external_id,
        seeks_job=row.seeks_job,
    )
    try:
        [enrollment] = enroll_many(cohort=cohort, entries=[entry], by=by, at=at)
    except CohortError as error:
        raise _RowRefused(first, "status", str(error)) from None
    return enrollment, had is not None and Role.LEARNER not in had, int(takes_part and learner.joined_at is None)


def _record_one(enrollment: Enrollment, row: LearnerRow, by: Membership, at: datetime) -> EnrollmentEvent:
    if row.effective_on is None:
        raise _RowRefused(row, "effective_on", _("This cell is empty. Fill it in."))
    try:
        return record_status(
            enrollment=enrollment, to=row.status, effective_on=row.effective_on, by=by, reason=row.reason,
            leaving_reason=row.leaving_reason, note=row.note, returns_on=row.returns_on, corrects=True, at=at,
        )  # fmt: skip
    except CohortError as error:
        column = {
            "reason_missing": "reason",
            "reason_retired": "reason",
            "return_missing": "returns_on",
            "return_before_leave": "returns_on",
        }
        raise _RowRefused(row, column.get(error.code, "status"), str(error)) from None


def _step(row: LearnerRow, enrollment: Enrollment, does: Does) -> Step:
    changes = [Change(field="status", before=str(row.effective_on), after=row.status)]
    if row.reason:
        own = row.leaving_reason
        changes.append(Change(field="reason", before="", after=own.name if own else row.reason))
    is_known = does != Does.NEW
    return Step(
        number=row.number,
        does=does,
        name=enrollment.learner.name,
        email=row.email,
        enrollment=str(enrollment.pk) if is_known else "",
        changes=tuple(changes) if does != Does.UNCHANGED else (),
    )


def _left_out(row: LearnerRow, refused: _RowRefused) -> Step:
    message = refused.message
    if row is not refused.row:
        message = _("Left out with row %(number)s of the same learner.") % {"number": refused.row.number}
    errors = ((refused.column if row is refused.row else "", message),)
    return Step(number=row.number, does=Does.REFUSED, name=row.name, email=row.email, errors=errors)
