"""The history of enrollments: events that took effect on a day and were recorded, one after another, by somebody.

What counts on a day is the latest event in effect on or before it: the one with the highest (`effective_on`,
`sequence`). Nothing is changed or removed: a mistake is corrected by an event on the same day, or by one in between
that fits what came before and after. An event dated ahead is a plan; one that is recorded after it for an earlier day
overtakes it. `Enrollment.status` is the history as of today.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from math import inf
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F, OuterRef, Subquery
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import Membership
from cohorts.announcing import announce_statuses
from cohorts.errors import CohortError
from cohorts.mentors import record_mentors
from cohorts.models import Cohort, Enrollment, EnrollmentEvent, LeavingReason, MentorAssignment
from cohorts.moves import LEAVING as LEAVING
from cohorts.moves import MOVES as MOVES
from cohorts.moves import SEATED as SEATED
from cohorts.moves import Reason as Reason
from cohorts.moves import Status as Status
from cohorts.pacing import check_date
from cohorts.status_plan import StatusPlan, Wish, check_move, plan_status
from cohorts.timeline import deciding, order
from cohorts.touching import touch
from organizations.bulk import create_many
from organizations.models import uuid7


class HistoryConflict(CohortError):
    """Somebody else recorded something in this history since it was looked at."""

    is_conflict = True


@dataclass(frozen=True, kw_only=True)
class Entry:
    """Somebody who enters a cohort. `active_on` is the day they begin, where it is known already."""

    learner: Membership
    effective_on: date
    status: str = Status.ENROLLED
    active_on: date | None = None
    external_id: str = ""
    seeks_job: bool | None = None
    mentor: Membership | None = None


def enroll(
    *,
    cohort: Cohort,
    learner: Membership,
    by: Membership | None,
    effective_on: date,
    status: str = Status.ENROLLED,
    external_id: str = "",
    seeks_job: bool | None = None,
    mentor: Membership | None = None,
    continues: Enrollment | None = None,
    at: datetime | None = None,
) -> Enrollment:
    """Put a learner on the roster; in a full cohort they wait instead. Raises CohortError as `enroll_many` does."""
    entry = Entry(
        learner=learner,
        effective_on=effective_on,
        status=status,
        external_id=external_id,
        seeks_job=seeks_job,
        mentor=mentor,
    )
    [enrollment] = enroll_many(cohort=cohort, entries=[entry], by=by, continues=continues, at=at)
    return enrollment


def enroll_many(
    *,
    cohort: Cohort,
    entries: Sequence[Entry],
    by: Membership | None,
    continues: Enrollment | None = None,
    at: datetime | None = None,
) -> list[Enrollment]:
    """Put learners on the roster in the order given, all or none; once the seats are taken the others wait.

    `at` is when it is recorded, now unless given.
    Raises CohortError: `cohort_closed`, `not_a_learner`, `already_enrolled`, `external_id_taken`, `date_out_of_range`,
    or `move_not_allowed` for a status that nobody begins with.
    """
    with transaction.atomic():
        cohort = locked_cohort(cohort)
        if cohort.status in (Cohort.Status.COMPLETED, Cohort.Status.CANCELLED):
            raise CohortError(
                "cohort_closed",
                _("%(cohort)s is %(status)s. Choose a cohort that is planned, enrolling or running.")
                % {"cohort": cohort.name, "status": cohort.get_status_display().lower()},
            )
        at = at or timezone.now()
        seats = free_seats(cohort, at=at)
        enrollments: list[Enrollment] = []
        events: list[EnrollmentEvent] = []
        # Their ids rise in that order, by which those wait who were recorded at the same time.
        for pk, entry in zip(sorted(uuid7() for _entry in entries), entries, strict=True):
            enrollment = _enrollment(pk, cohort, entry, continues, at)
            first = _first_events(enrollment, entry, waits=entry.status in SEATED and seats < 1, by=by)
            seats -= first[0].to_status in SEATED
            _take_over(enrollment, first, cohort.today(at))
            enrollments.append(enrollment)
            events += first
        try:
            with transaction.atomic():
                create_many(Enrollment.objects, enrollments)
        except IntegrityError as error:
            raise _duplicate(error) from None
        create_many(EnrollmentEvent.objects, events)
        mentored = [
            (enrollment, entry.effective_on)
            for enrollment, entry in zip(enrollments, entries, strict=True)
            if entry.mentor is not None
        ]
        reason = MentorAssignment.Reason.TRANSFERRED if continues else MentorAssignment.Reason.ENROLLED
        record_mentors(mentored, by=by, reason=reason, at=at)
        announce_statuses(enrollments, events, at=at)
        touch(*(enrollment.pk for enrollment in enrollments))
    return enrollments


def record_status(
    *,
    enrollment: Enrollment,
    to: str,
    effective_on: date,
    by: Membership | None,
    reason: str = "",
    leaving_reason: LeavingReason | None = None,
    note: str = "",
    returns_on: date | None = None,
    corrects: bool = False,
    decision: UUID | None = None,
    seen: int | None = None,
    at: datetime | None = None,
) -> EnrollmentEvent:
    """Add an event to the history. What was planned for a later day is overtaken by it.

    `seen` is the sequence of the last event that the person saw. `at` is when it is recorded, now unless given; the
    stored status is the one of that day in the cohort's zone. Nobody graduates but by the `decision` of a gate.
    Raises CohortError as `plan_status` does, `cohort_full`, or HistoryConflict `history_changed`.
    """
    wish = Wish(
        to=to, effective_on=effective_on, reason=reason, leaving_reason=leaving_reason, note=note,
        returns_on=returns_on, corrects=corrects, decision=decision,
    )  # fmt: skip
    with transaction.atomic():
        cohort = enrollment.cohort
        if to in SEATED and cohort.capacity is not None:
            cohort = locked_cohort(cohort)
        at = at or timezone.now()
        today = cohort.today(at)
        locked = Enrollment.objects.select_for_update(no_key=True).get(pk=enrollment.pk)
        events = list(EnrollmentEvent.objects.told().filter(enrollment=locked))
        check_seen(events, seen)
        plan = plan_status(enrollment=locked, events=events, wish=wish, by=by, today=today)
        if to in SEATED and locked.status not in SEATED and free_seats(cohort, at=at, besides=locked) < 1:
            raise CohortError(
                "cohort_full",
                _("All %(capacity)s seats are taken or offered. Raise the capacity or let the learner wait.")
                % {"capacity": cohort.capacity},
            )
        write_events(locked, events, plan.added, today)
    enrollment.status, enrollment.status_since = locked.status, locked.status_since
    return plan.event


def preview_status(*, enrollment: Enrollment, wish: Wish, at: datetime) -> StatusPlan:
    """What recording it now would do, as `record_status` would check it but for the seats. Raises CohortError."""
    events = list(EnrollmentEvent.objects.told().filter(enrollment=enrollment))
    today = enrollment.cohort.today(at)
    return plan_status(enrollment=enrollment, events=events, wish=wish, by=None, today=today)


def write_events(
    enrollment: Enrollment, events: Sequence[EnrollmentEvent], added: Sequence[EnrollmentEvent], today: date
) -> None:
    """Add to the history `events` and store the status of today. The caller holds the enrollment's lock."""
    EnrollmentEvent.objects.bulk_create(added)
    _take_over(enrollment, [*events, *added], today)
    enrollment.save(update_fields=["status", "status_since"])
    announce_statuses([enrollment], added)
    touch(enrollment.pk)


def check_seen(events: Sequence[EnrollmentEvent], seen: int | None) -> None:
    """Raises HistoryConflict `history_changed` that names the last of what was recorded since."""
    last = max(events, key=lambda event: event.sequence, default=None)
    if seen is None or last is None or last.sequence == seen:
        return
    words = {
        "name": last.recorded_by.name if last.recorded_by else _("Somebody"),
        "status": last.get_to_status_display().lower(),
        "day": date_format(last.effective_on, "j F Y", use_l10n=False),
    }
    raise HistoryConflict(
        "history_changed",
        _("%(name)s changed this history meanwhile: %(status)s from %(day)s. Look at it, then confirm or leave it.")
        % words,
    )


def activate_enrolled(*, cohort: Cohort, effective_on: date, by: Membership | None) -> int:
    """Make everyone active whose last event says enrolled, from that day on, or the day they enrolled when later."""
    with transaction.atomic():
        waiting = cohort.enrollments.filter(status=Status.ENROLLED).order_by("pk").select_for_update(no_key=True)
        enrollments = {enrollment.pk: enrollment for enrollment in waiting}
        last: dict[UUID, EnrollmentEvent] = {}
        sequences: dict[UUID, int] = defaultdict(int)
        for event in sorted(EnrollmentEvent.objects.filter(enrollment__in=enrollments), key=order):
            last[event.enrollment_id] = event
            sequences[event.enrollment_id] = max(event.sequence, sequences[event.enrollment_id])
        events, changed = [], []
        for pk, event in last.items():
            if event.to_status != Status.ENROLLED:
                continue
            enrollment = enrollments[pk]
            started = EnrollmentEvent(
                enrollment=enrollment,
                sequence=sequences[pk] + 1,
                from_status=Status.ENROLLED,
                to_status=Status.ACTIVE,
                effective_on=max(effective_on, event.effective_on),
                recorded_by=by,
            )
            events.append(started)
            _take_over(enrollment, [event, started], cohort.today(timezone.now()))
            changed.append(enrollment)
        EnrollmentEvent.objects.bulk_create(events, batch_size=1000)
        Enrollment.objects.bulk_update(changed, ["status", "status_since"], batch_size=1000)
        announce_statuses(changed, events)
        touch(*(enrollment.pk for enrollment in changed))
    return len(events)


# -- what the history says ---------------------------------------------------------------------------------------------


def events_as_of(enrollments: Iterable[Enrollment | UUID], *, on: date) -> dict[UUID, EnrollmentEvent]:
    """The event that decides each enrollment's status on that day; one query. Who is not there yet is left out."""
    keys = [one.pk if isinstance(one, Enrollment) else one for one in enrollments]
    deciding_events = (
        EnrollmentEvent.objects.filter(enrollment__in=keys, effective_on__lte=on)
        .order_by("enrollment", "-effective_on", "-sequence")
        .distinct("enrollment")
    )
    return {event.enrollment_id: event for event in deciding_events}


def statuses_as_of(enrollments: Iterable[Enrollment | UUID], *, on: date) -> dict[UUID, str]:
    """Each enrollment's status on that day; one query. Who is not there yet is left out."""
    return {pk: event.to_status for pk, event in events_as_of(enrollments, on=on).items()}


def refresh_statuses(*, on: date) -> int:
    """Bring the stored statuses of the organization in line with the history as of that day; returns how many changed.

    Events may be dated ahead; this makes them count once their day has come. One statement.
    """
    decides = EnrollmentEvent.objects.filter(enrollment=OuterRef("pk"), effective_on__lte=on)
    decides = decides.order_by("-effective_on", "-sequence")
    due = Enrollment.objects.annotate(
        due_status=Subquery(decides.values("to_status")[:1]), due_since=Subquery(decides.values("effective_on")[:1])
    ).exclude(due_status=None)
    return due.exclude(status=F("due_status"), status_since=F("due_since")).update(
        status=Subquery(decides.values("to_status")[:1]), status_since=Subquery(decides.values("effective_on")[:1])
    )


def seats_taken(cohort: Cohort) -> int:
    return cohort.enrollments.filter(status__in=SEATED).count()


def free_seats(cohort: Cohort, *, at: datetime, besides: Enrollment | None = None) -> float:
    """Seats that nobody takes and that no offer holds, but for one to `besides`; without a capacity there is no end."""
    if cohort.capacity is None:
        return inf
    held = cohort.offers.standing(at)
    if besides is not None:
        held = held.exclude(enrollment=besides)
    return cohort.capacity - seats_taken(cohort) - held.count()


# -- one event ---------------------------------------------------------------------------------------------------------


def _enrollment(pk: UUID, cohort: Cohort, entry: Entry, continues: Enrollment | None, at: datetime) -> Enrollment:
    if not entry.learner.is_learner:
        raise CohortError(
            "not_a_learner", _("%(name)s is not a learner. Give them that role first.") % {"name": entry.learner.name}
        )
    return Enrollment(
        pk=pk,
        cohort=cohort,
        version_id=cohort.version_id,
        learner=entry.learner,
        mentor=entry.mentor,
        continues=continues,
        external_id=entry.external_id,
        seeks_job=entry.seeks_job,
        seeks_job_declared_at=None if entry.seeks_job is None else at,
    )


def _first_events(enrollment: Enrollment, entry: Entry, *, waits: bool, by: Membership | None) -> list[EnrollmentEvent]:
    check_date(entry.effective_on)
    check_move("", entry.status)
    steps = [(Status.WAITING.value if waits else entry.status, entry.effective_on)]
    if entry.active_on and entry.status == Status.ENROLLED and not waits:
        check_date(entry.active_on)
        steps.append((Status.ACTIVE.value, max(entry.active_on, entry.effective_on)))
    return [
        EnrollmentEvent(
            enrollment=enrollment,
            sequence=sequence,
            from_status=steps[sequence - 2][0] if sequence > 1 else "",
            to_status=status,
            effective_on=effective_on,
            recorded_by=by,
        )
        for sequence, (status, effective_on) in enumerate(steps, start=1)
    ]


def _take_over(enrollment: Enrollment, events: Sequence[EnrollmentEvent], today: date) -> None:
    """Store the status of today; before the first event takes effect, the one that it will bring."""
    event = deciding(events, max(today, min(event.effective_on for event in events)))
    if event is not None:
        enrollment.status, enrollment.status_since = event.to_status, event.effective_on


def locked_cohort(cohort: Cohort) -> Cohort:
    """The row, fresh and held until the transaction ends."""
    return Cohort.objects.select_for_update(no_key=True).get(pk=cohort.pk)


def _duplicate(error: IntegrityError) -> Exception:
    """The named constraint's violation in words; any other error as it is."""
    diagnosis = getattr(error.__cause__, "diag", None)
    match getattr(diagnosis, "constraint_name", ""):
        case "enrollment_once":
            return CohortError("already_enrolled", _("This learner is in this cohort already."))
        case "enrollment_external_id_once":
            return CohortError(
                "external_id_taken", _("Another learner of this cohort has that external id. Enter another one.")
            )
    return error
