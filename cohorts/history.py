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
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction
from django.db.models import F, OuterRef, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Membership
from cohorts.errors import CohortError
from cohorts.mentors import record_mentors
from cohorts.models import Cohort, Enrollment, EnrollmentEvent, MentorAssignment
from cohorts.pacing import check_date
from cohorts.timeline import deciding, net, order, overtaking
from cohorts.touching import touch
from cohorts.tracks import carry_over

Status = Enrollment.Status
Reason = EnrollmentEvent.Reason

#: The allowed moves. The empty status is that of somebody who is not on the roster yet.
MOVES: dict[str, frozenset[str]] = {
    "": frozenset({Status.APPLIED, Status.WAITING, Status.ENROLLED, Status.ACTIVE}),
    Status.APPLIED: frozenset({Status.WAITING, Status.ENROLLED, Status.WITHDRAWN, Status.DISMISSED}),
    Status.WAITING: frozenset({Status.ENROLLED, Status.WITHDRAWN}),
    Status.ENROLLED: frozenset({Status.ACTIVE, Status.WITHDRAWN, Status.DISMISSED, Status.TRANSFERRED}),
    Status.ACTIVE: frozenset(
        {Status.ON_LEAVE, Status.WITHDRAWN, Status.DISMISSED, Status.TRANSFERRED, Status.GRADUATED}
    ),
    # On leave again is a leave with another return date.
    Status.ON_LEAVE: frozenset(
        {Status.ON_LEAVE, Status.ACTIVE, Status.WITHDRAWN, Status.DISMISSED, Status.TRANSFERRED}
    ),
    # Back after leaving: the same enrollment goes on, and the withdrawal stays in its history.
    Status.WITHDRAWN: frozenset({Status.ENROLLED, Status.ACTIVE}),
    Status.DISMISSED: frozenset({Status.ENROLLED, Status.ACTIVE}),
    Status.TRANSFERRED: frozenset(),
    Status.GRADUATED: frozenset(),
}
#: Who holds one of the cohort's seats.
SEATED = frozenset({Status.ENROLLED, Status.ACTIVE, Status.ON_LEAVE, Status.GRADUATED})
LEAVING = frozenset({Status.WITHDRAWN, Status.DISMISSED})


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
        cohort = _locked_cohort(cohort)
        if cohort.status in (Cohort.Status.COMPLETED, Cohort.Status.CANCELLED):
            raise CohortError(
                "cohort_closed",
                _("%(cohort)s is %(status)s. Choose a cohort that is planned, enrolling or running.")
                % {"cohort": cohort.name, "status": cohort.get_status_display().lower()},
            )
        at = at or timezone.now()
        seats = _free_seats(cohort)
        enrollments: list[Enrollment] = []
        events: list[EnrollmentEvent] = []
        for entry in entries:
            enrollment = _enrollment(cohort, entry, continues, at)
            first = _first_events(enrollment, entry, waits=entry.status in SEATED and seats < 1, by=by)
            seats -= first[0].to_status in SEATED
            _take_over(enrollment, first, _day(at, cohort))
            enrollments.append(enrollment)
            events += first
        try:
            with transaction.atomic():
                Enrollment.objects.bulk_create(enrollments, batch_size=1000)
        except IntegrityError as error:
            raise _duplicate(error) from None
        EnrollmentEvent.objects.bulk_create(events, batch_size=1000)
        mentored = [
            (enrollment, entry.effective_on)
            for enrollment, entry in zip(enrollments, entries, strict=True)
            if entry.mentor is not None
        ]
        reason = MentorAssignment.Reason.TRANSFERRED if continues else MentorAssignment.Reason.ENROLLED
        record_mentors(mentored, by=by, reason=reason, at=at)
        touch(*(enrollment.pk for enrollment in enrollments))
    return enrollments


def record_status(
    *,
    enrollment: Enrollment,
    to: str,
    effective_on: date,
    by: Membership | None,
    reason: str = "",
    note: str = "",
    returns_on: date | None = None,
    corrects: bool = False,
    at: datetime | None = None,
) -> EnrollmentEvent:
    """Add an event to the history. What was planned for a later day is overtaken by it.

    `corrects` admits a day before events that are in effect already; the event must fit in between.
    `at` is when it is recorded, now unless given; the stored status is the one of that day in the cohort's zone.
    Raises CohortError: `move_not_allowed`, `before_last_event`, `does_not_fit`, `reason_missing`, `return_missing`,
    `return_without_leave`, `return_before_leave`, `cohort_full`, `date_out_of_range`.
    """
    check_date(effective_on)
    _check_details(to, effective_on, reason, returns_on)
    with transaction.atomic():
        cohort = enrollment.cohort
        if to in SEATED and cohort.capacity is not None:
            cohort = _locked_cohort(cohort)
        today = _day(at or timezone.now(), cohort)
        locked = Enrollment.objects.select_for_update(no_key=True).get(pk=enrollment.pk)
        events = list(locked.events.all())
        later = net(event for event in events if event.effective_on > effective_on)
        past = [event for event in later if event.effective_on <= today]
        if past and not corrects:
            raise CohortError(
                "before_last_event",
                _("The last change took effect on %(date)s. Choose that day or a later one, or correct the history.")
                % {"date": past[-1].effective_on.isoformat()},
            )
        before = deciding(events, effective_on)
        event = EnrollmentEvent(
            enrollment=locked,
            sequence=max((event.sequence for event in events), default=0) + 1,
            from_status=before.to_status if before else "",
            to_status=to,
            effective_on=effective_on,
            returns_on=returns_on,
            reason=reason,
            note=note.strip(),
            recorded_by=by,
        )
        _check_move(event.from_status, to)
        if past and past[0].to_status not in MOVES[to] | {to}:
            raise CohortError(
                "does_not_fit",
                _("This does not fit: on %(date)s the learner became %(status)s. Correct that first.")
                % {"date": past[0].effective_on.isoformat(), "status": _words(past[0].to_status)},
            )
        if to in SEATED and locked.status not in SEATED and _free_seats(cohort) < 1:
            raise CohortError(
                "cohort_full",
                _("All %(capacity)s seats are taken. Raise the capacity or let the learner wait.")
                % {"capacity": cohort.capacity},
            )
        added = [event] if past else [event, *overtaking(event, later)]
        EnrollmentEvent.objects.bulk_create(added)
        _take_over(locked, [*events, *added], today)
        locked.save(update_fields=["status", "status_since"])
        touch(locked.pk)
    enrollment.status, enrollment.status_since = locked.status, locked.status_since
    return event


def transfer(
    *, enrollment: Enrollment, cohort: Cohort, effective_on: date, by: Membership | None, note: str = "",
    at: datetime | None = None,
) -> Enrollment:  # fmt: skip
    """Let a learner go on in another cohort, as what they are in this one; returns the enrollment there.

    Their mentor goes on with them, unless that is no mentor anymore.
    Raises CohortError as `record_status` and `enroll` do.
    """
    mentor = enrollment.mentor
    with transaction.atomic():
        event = record_status(
            enrollment=enrollment, to=Status.TRANSFERRED, effective_on=effective_on, by=by, note=note, at=at
        )
        there = enroll(
            cohort=cohort,
            learner=enrollment.learner,
            by=by,
            effective_on=effective_on,
            status=Status.ENROLLED if event.from_status == Status.ENROLLED else Status.ACTIVE,
            seeks_job=enrollment.seeks_job,
            mentor=mentor if mentor is not None and mentor.is_mentor else None,
            continues=enrollment,
            at=at,
        )
        carry_over(previous=enrollment, enrollment=there, by=by, on=effective_on)
        return there


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
            _take_over(enrollment, [event, started], _day(timezone.now(), cohort))
            changed.append(enrollment)
        EnrollmentEvent.objects.bulk_create(events, batch_size=1000)
        Enrollment.objects.bulk_update(changed, ["status", "status_since"], batch_size=1000)
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


# -- one event ---------------------------------------------------------------------------------------------------------


def _enrollment(cohort: Cohort, entry: Entry, continues: Enrollment | None, at: datetime) -> Enrollment:
    if not entry.learner.is_learner:
        raise CohortError(
            "not_a_learner", _("%(name)s is not a learner. Give them that role first.") % {"name": entry.learner.name}
        )
    return Enrollment(
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
    _check_move("", entry.status)
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


def _check_move(before: str, to: str) -> None:
    if to not in MOVES[before]:
        if not before:
            raise CohortError(
                "move_not_allowed", _("Nobody begins as %(to)s. Enroll the learner first.") % {"to": _words(to)}
            )
        raise CohortError(
            "move_not_allowed",
            _("A learner who is %(from)s cannot become %(to)s.") % {"from": _words(before), "to": _words(to)},
        )


def _check_details(to: str, effective_on: date, reason: str, returns_on: date | None) -> None:
    if to in LEAVING and reason not in set(Reason.values) - {Reason.NONE}:
        raise CohortError("reason_missing", _("Choose a reason: why somebody left is counted."))
    if to == Status.ON_LEAVE and returns_on is None:
        raise CohortError("return_missing", _("Enter the day on which the learner plans to return."))
    if returns_on is not None:
        check_date(returns_on)
        if to != Status.ON_LEAVE:
            raise CohortError("return_without_leave", _("Only a leave has a day of return. Leave that field empty."))
        if returns_on <= effective_on:
            raise CohortError("return_before_leave", _("The return lies before the leave. Choose a later day."))


def _words(status: str) -> str:
    return str(Status(status).label).lower()


def _day(at: datetime, cohort: Cohort) -> date:
    return at.astimezone(ZoneInfo(cohort.time_zone)).date()


def _free_seats(cohort: Cohort) -> float:
    return inf if cohort.capacity is None else cohort.capacity - seats_taken(cohort)


def _locked_cohort(cohort: Cohort) -> Cohort:
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
