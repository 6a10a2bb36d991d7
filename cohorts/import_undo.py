"""Taking an import back, as far as nothing was built on it since; what was is named and left as it is.

Facts stay: who was enrolled by it becomes void, as if never on the roster, in no list and in no number, and a status it
recorded is corrected by another event of the same day.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

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
    rows = list(
        done.rows.select_related("enrollment__learner__user", "learner_import__cohort").order_by("number", "pk")
    )
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
        facts = []
        for undoing in undoings:
            reason = undoing.reason or _take_back(undoing.row, by, at)
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


def _take_back(row: ImportedRow, by: Membership, at: datetime) -> str:
    """Undo one row; says why not when the history does not allow it."""
    enrollment = row.enrollment
    if row.kind == Kind.ENROLLED:
        return ""  # all of them at once
    if row.kind == Kind.HISTORY:
        return _straighten(enrollment, set(row.after["events"]), by, at)
    before, is_mentored = dict(row.before), "mentor" in row.before
    if "name" in before:
        enrollment.learner.name = before.pop("name")
        enrollment.learner.save(update_fields=["name"])
    if "mentor" in before:
        enrollment.mentor_id = UUID(before.pop("mentor")) if before["mentor"] else None
    for field, value in before.items():
        setattr(enrollment, field, value)
    if "seeks_job" in before and before["seeks_job"] is None:
        enrollment.seeks_job_declared_at = None
    enrollment.save(update_fields=["mentor", "external_id", "seeks_job", "seeks_job_declared_at"])
    if is_mentored:
        day = at.astimezone(ZoneInfo(row.learner_import.cohort.time_zone)).date()
        record_mentors([(enrollment, day)], by=by, reason=MentorAssignment.Reason.BY_HAND, at=at)
    return ""


def _straighten(enrollment: Enrollment, imported: set[str], by: Membership, at: datetime) -> str:
    """Make every day that the import touched say what it said before, by one more event on that day."""
    events = list(enrollment.events.all())
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
                    note=_("Import taken back"),
                    returns_on=was.returns_on if was.to_status == Status.ON_LEAVE else None,
                    corrects=True,
                    at=at,
                )
    except CohortError as error:
        return str(error)
    return ""


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
