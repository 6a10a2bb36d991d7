"""Taking an import back, as far as nothing was built on it since; what was is named and left as it is.

Facts stay: who was enrolled by it becomes void, as if never on the roster, in no list and in no number, and a status it
recorded is corrected by another event of the same day.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.inviting import revoke_many
from accounts.models import Membership, Role
from cohorts.errors import CohortError
from cohorts.history import LEAVING, Status, record_status
from cohorts.learner_import import state_of
from cohorts.mentors import record_mentors
from cohorts.models import (
    Cohort,
    Enrollment,
    EnrollmentEvent,
    Flag,
    FlagEvent,
    ImportedRow,
    LearnerImport,
    LeavingReason,
    MentorAssignment,
    RosterRow,
)
from cohorts.timeline import deciding
from cohorts.touching import touch

Kind = ImportedRow.Kind
#: What is compared with what the import wrote, and what Gilde works out by itself: nothing that somebody built.
COMPARED = (EnrollmentEvent, ImportedRow, MentorAssignment)
DERIVED = (RosterRow, Flag, FlagEvent)


@dataclass(frozen=True, kw_only=True)
class Undoing:
    """What would become of one row: `reason` says why it is left as it is; empty, it is taken back."""

    row: ImportedRow
    reason: str = ""


def plan_undo(*, done: LearnerImport) -> list[Undoing]:
    """Every row of the import with whether it can be taken back. A constant number of queries.

    Raises CohortError `undone_already`.
    """
    if done.undoes_id is not None or done.undone_by.exists():
        raise CohortError("undone_already", _("This import was taken back already."))
    # Looked up by id and not joined: of tables that just grew by thousands of rows PostgreSQL does not know it yet.
    rows = list(done.rows.order_by("number", "pk").prefetch_related("enrollment__learner__user"))
    enrolled = [row.enrollment_id for row in rows if row.kind == Kind.ENROLLED]
    built_on = _built_on(enrolled)
    events: dict[UUID, list[EnrollmentEvent]] = {}
    for event in EnrollmentEvent.objects.filter(enrollment__in=[row.enrollment_id for row in rows]):
        events.setdefault(event.enrollment_id, []).append(event)
    return [Undoing(row=row, reason=_reason(row, done, built_on, events.get(row.enrollment_id, []))) for row in rows]


def undo_import(*, done: LearnerImport, by: Membership, at: datetime) -> LearnerImport:
    """Take the import back, once. Raises CohortError `undone_already`."""
    with transaction.atomic():
        cohort = Cohort.objects.select_for_update(no_key=True).get(pk=done.cohort_id)
        undoings = plan_undo(done=done)
        undone = LearnerImport.objects.create(
            cohort=cohort, file_name=done.file_name, undoes=done, recorded_by=by, recorded_at=at
        )
        void = [one.row.enrollment_id for one in undoings if one.row.kind == Kind.ENROLLED and not one.reason]
        Enrollment.objects.filter(pk__in=void).update(void_since=at)
        touch(*void)
        _set_back([one.row for one in undoings if one.row.kind == Kind.CHANGED and not one.reason], cohort, by, at)
        facts = []
        for undoing in undoings:
            reason = undoing.reason
            if undoing.row.kind == Kind.HISTORY and not reason:
                reason = _straighten(undoing.row.enrollment, set(undoing.row.after["events"]), by, at)
            facts.append(
                ImportedRow(
                    learner_import=undone,
                    number=undoing.row.number,
                    kind=Kind.LEFT if reason else Kind.TAKEN_BACK,
                    enrollment=undoing.row.enrollment,
                    before=undoing.row.after,
                    after={} if reason else undoing.row.before,
                    note=reason,
                )
            )
        ImportedRow.objects.bulk_create(facts, batch_size=1000)
        _dismiss([fact for fact in facts if fact.kind == Kind.TAKEN_BACK], undoings, at)
    return undone


# -- whether -----------------------------------------------------------------------------------------------------------


def _built_on(enrollments: Sequence[UUID]) -> set[UUID]:
    """Those to which anything refers but their history and imports: work, hours, 1-on-1s, whatever app it is of."""
    found: set[UUID] = set()
    for relation in Enrollment._meta.related_objects:
        model: Any = relation.related_model
        if model in COMPARED or model in DERIVED:
            continue
        name = relation.field.name
        found |= set(model.objects.filter(**{f"{name}__in": enrollments}).values_list(name, flat=True))
    return found


def _reason(row: ImportedRow, done: LearnerImport, built_on: set[UUID], events: list[EnrollmentEvent]) -> str:
    enrollment = row.enrollment
    if row.kind == Kind.ENROLLED:
        if enrollment.pk in built_on:
            return _("Something was recorded about them since.")
        if enrollment.learner.joined_at and enrollment.learner.joined_at > done.recorded_at:
            return _("They accepted the invitation.")
        if {str(event.pk) for event in events} != set(row.after["events"]):
            return _("Their status changed since.")
        now = state_of(enrollment)
        if any(now[field] != row.after[field] for field in now):
            return _("They were changed since.")
    elif row.kind == Kind.CHANGED:
        now = state_of(enrollment) | {"name": enrollment.learner.name}
        if any(now[field] != value for field, value in row.after.items()):
            return _("They were changed since.")
        if "name" in row.after and enrollment.learner.joined_at:
            return _("They accepted the invitation.")
    else:
        theirs = [event.sequence for event in events if str(event.pk) in row.after["events"]]
        if any(event.sequence > max(theirs) for event in events):
            return _("Their status changed since.")
    return ""


# -- taking back -------------------------------------------------------------------------------------------------------


def _set_back(rows: Sequence[ImportedRow], cohort: Cohort, by: Membership, at: datetime) -> None:
    """Give every field that the rows changed its value of before, in as many statements as for one row."""
    day, people, mentored = cohort.today(at), [], []
    for row in rows:
        enrollment, before = row.enrollment, dict(row.before)
        if "name" in before:
            enrollment.learner.name = before.pop("name")
            people.append(enrollment.learner)
        if "mentor" in before:
            mentor = before.pop("mentor")
            enrollment.mentor_id = UUID(mentor) if mentor else None
            mentored.append((enrollment, day))
        for field, value in before.items():
            setattr(enrollment, field, value)
        if "seeks_job" in before and before["seeks_job"] is None:
            enrollment.seeks_job_declared_at = None
    Membership.objects.bulk_update(people, ["name"], batch_size=1000)
    fields = ["mentor", "external_id", "seeks_job", "seeks_job_declared_at"]
    Enrollment.objects.bulk_update([row.enrollment for row in rows], fields, batch_size=1000)
    record_mentors(mentored, by=by, reason=MentorAssignment.Reason.BY_HAND, at=at)
    touch(*(row.enrollment_id for row in rows))


def _straighten(enrollment: Enrollment, imported: set[str], by: Membership, at: datetime) -> str:
    """Make every day that the import touched say what it said before, by one more event on that day."""
    events = list(EnrollmentEvent.objects.told().filter(enrollment=enrollment))
    others = [event for event in events if str(event.pk) not in imported]
    days = sorted({event.effective_on for event in events if str(event.pk) in imported})
    try:
        with transaction.atomic():
            for day in days:
                was = deciding(others, day)
                if was is None:
                    raise CohortError("nothing_before", _("Their history began with this import."))
                now = deciding(list(enrollment.events.all()), day)
                if now is not None and now.to_status == was.to_status and now.returns_on == was.returns_on:
                    continue
                record_status(
                    enrollment=enrollment,
                    to=was.to_status,
                    effective_on=day,
                    by=by,
                    reason=was.reason if was.to_status in LEAVING else "",
                    leaving_reason=_still_offered(was.leaving_reason),
                    note=_("Import taken back"),
                    returns_on=was.returns_on if was.to_status == Status.ON_LEAVE else None,
                    corrects=True,
                    at=at,
                )
    except CohortError as error:
        return str(error)
    return ""


def _still_offered(reason: LeavingReason | None) -> LeavingReason | None:
    """A reason that was retired since cannot be recorded again; its category says enough."""
    return None if reason is None or reason.is_retired else reason


def _dismiss(facts: Iterable[ImportedRow], undoings: Iterable[Undoing], at: datetime) -> None:
    """Of people who are in no cohort now: withdraw the invitations that nobody accepted, and the role it gave."""
    rows = {undoing.row.enrollment_id: undoing.row for undoing in undoings if undoing.row.kind == Kind.ENROLLED}
    taken = [rows[fact.enrollment_id] for fact in facts if fact.enrollment_id in rows]
    learners = {row.enrollment.learner_id: row for row in taken}
    elsewhere = set(Enrollment.objects.filter(learner__in=learners).values_list("learner", flat=True))
    gone = [row for pk, row in learners.items() if pk not in elsewhere]
    revoke_many(memberships=[row.enrollment.learner for row in gone if not row.enrollment.learner.joined_at], at=at)
    changed = []
    for row in gone:
        learner = row.enrollment.learner
        if row.after.get("gave_role") and set(learner.roles) != {Role.LEARNER}:
            learner.roles = [role for role in learner.roles if role != Role.LEARNER]
            changed.append(learner)
    Membership.objects.bulk_update(changed, ["roles"], batch_size=1000)
