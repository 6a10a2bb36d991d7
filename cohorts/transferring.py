"""Going on in another cohort: a new enrollment there that continues this one, with everything that was done.

Facts stay where they were recorded, and stand with the new enrollment too, with their days and who recorded them. Work
that is under way goes over. Numbers are reported in the cohort in which a learner began (docs/metrics.md), which reads
both as one. On the same day a transfer can be undone, with what was done since.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import Membership
from cohorts import carriers, moving
from cohorts.errors import CohortError
from cohorts.history import (
    SEATED,
    Entry,
    Status,
    enroll_many,
    free_seats,
    locked_cohort,
    preview_status,
    record_status,
    write_events,
)
from cohorts.models import Cohort, Enrollment, EnrollmentEvent, EnrollmentMove, ProgressEvent, StudyLog, TrackChoice
from cohorts.move_plan import plan_move
from cohorts.move_summary import Summary, summary_of
from cohorts.status_plan import Wish
from cohorts.timeline import deciding, net, order, overtaking
from cohorts.version_map import propose
from curriculum.models import CurriculumVersion
from organizations.models import uuid7

#: What apps above take along from one enrollment to the other, at that instant; asked the other way to undo it.
TakeAlong = Callable[[Enrollment, Enrollment, datetime], None]
_along: list[TakeAlong] = []
#: The facts that stand with both, and what makes two the same.
FACTS: Sequence[tuple[Any, tuple[str, ...]]] = (
    (ProgressEvent, ("topic_id", "project_id", "kind", "effective_on", "recorded_at")),
    (StudyLog, ("week", "hours", "recorded_at")),
)


def register(take_along: TakeAlong) -> None:
    """Add what an app above takes along, once, when it is ready."""
    _along.append(take_along)


@dataclass(frozen=True, kw_only=True)
class TransferPlan:
    """What a transfer would take along. `summary` tells what counts when the version changes, None when it does not."""

    enrollment: Enrollment
    cohort: Cohort
    effective_on: date
    done: int
    attempts: int
    levels: int
    returns_on: date | None
    summary: Summary | None

    @property
    def is_other_program(self) -> bool:
        """Whether the other cohort follows another curriculum, in which nothing of this one counts."""
        here: CurriculumVersion = self.enrollment.version
        return self.to_version.curriculum_id != here.curriculum_id

    @property
    def to_version(self) -> CurriculumVersion:
        version: CurriculumVersion = self.cohort.version
        return version


def plan_transfer(*, enrollment: Enrollment, cohort: Cohort, effective_on: date, at: datetime) -> TransferPlan:
    """What would go along, as things stand. Raises CohortError as `transfer` does, but for who was first."""
    preview_status(enrollment=enrollment, wish=Wish(to=Status.TRANSFERRED, effective_on=effective_on), at=at)
    _check_target(enrollment, cohort, effective_on, at)
    events = list(enrollment.events.all())
    facts = ProgressEvent.objects.filter(enrollment=enrollment)
    latest = facts.order_by("topic", "project", "-effective_on", "-recorded_at", "-pk").distinct("topic", "project")
    ids = [enrollment.pk]
    return TransferPlan(
        enrollment=enrollment,
        cohort=cohort,
        effective_on=effective_on,
        done=sum(event.kind != ProgressEvent.Kind.REOPENED for event in latest),
        attempts=len(carriers.works_of(ids)),
        levels=len(carriers.levels_passed(ids)),
        returns_on=_returns_on(events, effective_on),
        summary=_move_summary(enrollment, cohort, at),
    )


def transfer(
    *, enrollment: Enrollment, cohort: Cohort, effective_on: date, by: Membership | None, note: str = "",
    seen: int | None = None, at: datetime | None = None,
) -> Enrollment:  # fmt: skip
    """Let a learner go on in another cohort, as what they are in this one; returns the enrollment there.

    In a cohort that follows another version of the same curriculum they go over by the map that the versions propose.
    Raises CohortError as `record_status`, `enroll_many` and `moving.move` do, `transfer_ahead`, `already_enrolled` or
    `cohort_full`: nobody is let go to wait elsewhere.
    """
    at = at or timezone.now()
    with transaction.atomic():
        cohort = locked_cohort(cohort)
        event = record_status(
            enrollment=enrollment, to=Status.TRANSFERRED, effective_on=effective_on, by=by, note=note, seen=seen, at=at
        )
        _check_target(enrollment, cohort, effective_on, at)
        there = _enroll_there(enrollment, cohort, event, by, at)
        if cohort.version.curriculum_id == enrollment.version.curriculum_id:
            _take_along(enrollment, there, by=by, at=at)
        if event.from_status == Status.ON_LEAVE:
            returns_on = _returns_on(list(enrollment.events.all()), effective_on)
            if returns_on is not None:
                record_status(
                    enrollment=there, to=Status.ON_LEAVE, effective_on=effective_on, returns_on=returns_on, by=by, at=at
                )
        return Enrollment.objects.select_related("cohort", "version", "learner", "mentor", "track").get(pk=there.pk)


def gone_on(enrollment: Enrollment) -> Enrollment | None:
    """The enrollment in which a learner who was transferred goes on."""
    if enrollment.status != Status.TRANSFERRED:
        return None
    found: Enrollment | None = enrollment.continued_by.select_related("cohort").first()
    return found


def may_undo_transfer(enrollment: Enrollment, *, at: datetime) -> bool:
    """Whether this is the enrollment that a transfer made, on the day on which it was recorded."""
    return (
        enrollment.continues_id is not None
        and enrollment.void_since is None
        and enrollment.status in SEATED - {Status.GRADUATED}
        and enrollment.cohort.today(enrollment.created_at) == enrollment.cohort.today(at)
    )


def undo_transfer(*, enrollment: Enrollment, by: Membership | None, at: datetime) -> Enrollment:
    """Let the learner be back where they came from, as if they had never gone; what was done since comes back too.

    Both histories keep what was recorded. Raises CohortError `no_transfer_to_undo` or `cohort_full`.
    """
    with transaction.atomic():
        origin = Enrollment.objects.select_related("cohort").get(pk=enrollment.continues_id or enrollment.pk)
        cohorts = {one.pk: one for one in (origin.cohort, enrollment.cohort)}
        held = {pk: locked_cohort(cohorts[pk]) for pk in sorted(cohorts)}
        people = Enrollment.including_void.select_for_update(of=("self",), no_key=True).select_related(
            "version", "cohort"
        )
        rows = {one.pk: one for one in people.filter(pk__in=[origin.pk, enrollment.pk]).order_by("pk")}
        there, here = rows[enrollment.pk], rows[origin.pk]
        if not may_undo_transfer(there, at=at):
            raise CohortError(
                "no_transfer_to_undo",
                _("A transfer can be undone on the day it was recorded, while the learner is in the cohort."),
            )
        if free_seats(held[here.cohort_id], at=at) < 1:
            raise CohortError(
                "cohort_full",
                _("All seats of %(cohort)s are taken. Raise its capacity first.") % {"cohort": here.cohort.name},
            )
        if there.version_id != here.version_id and moving.last_move(there) is not None:
            plan = moving.plan_undo(subject=there, today=moving.day_of(there, at))
            moving.undo(subject=there, agreed=plan.digest, key=None, by=by, at=at)
        copy_facts(there, here)
        for take_along in _along:
            take_along(there, here, at)
        _close(there, by=by, today=there.cohort.today(at))
        _reopen(here, by=by, today=here.cohort.today(at))
        Enrollment.objects.filter(pk=there.pk).update(void_since=at)
    return here


# -- what goes along ---------------------------------------------------------------------------------------------------


def copy_facts(source: Enrollment, target: Enrollment) -> None:
    """Let what is recorded of one enrollment stand with the other too, once, with its days and who recorded it."""
    for model, key in FACTS:
        present = set(model.objects.filter(enrollment=target).values_list(*key))
        rows = model.objects.filter(enrollment=source).order_by("recorded_at", "pk")
        _copy(model, (row for row in rows if tuple(getattr(row, name) for name in key) not in present), target)


def _take_along(enrollment: Enrollment, there: Enrollment, *, by: Membership | None, at: datetime) -> None:
    there.version_id = enrollment.version_id
    there.track_id = enrollment.track_id
    there.save(update_fields=["version", "track"])
    copy_facts(enrollment, there)
    _copy(TrackChoice, TrackChoice.objects.filter(enrollment=enrollment).order_by("recorded_at", "pk"), there)
    _copy(EnrollmentMove, EnrollmentMove.objects.filter(enrollment=enrollment).order_by("sequence"), there)
    for take_along in _along:
        take_along(enrollment, there, at)
    followed = there.cohort.version
    if followed.pk != enrollment.version_id:
        left = there.version_id
        there = Enrollment.objects.select_related("version", "cohort__version").get(pk=there.pk)
        pairs = propose(there.version, followed).pairs
        plan = plan_move(subject=there, to=followed, pairs=pairs, today=moving.day_of(there, at))
        moving.move(subject=there, to=followed, pairs=pairs, leaving=left, agreed=plan.digest, key=None, by=by, at=at)


def _copy(model: Any, rows: Iterable[Any], target: Enrollment) -> None:
    copies = []
    for row in rows:
        row.pk, row.enrollment, row._state.adding = uuid7(), target, True
        copies.append(row)
    model.objects.bulk_create(copies, batch_size=1000)


def _move_summary(enrollment: Enrollment, cohort: Cohort, at: datetime) -> Summary | None:
    here, to = enrollment.version, cohort.version
    if here.pk == to.pk or here.curriculum_id != to.curriculum_id:
        return None
    pairs = propose(here, to).pairs
    return summary_of(plan_move(subject=enrollment, to=to, pairs=pairs, today=moving.day_of(enrollment, at)))


# -- the two histories -------------------------------------------------------------------------------------------------


def _check_target(enrollment: Enrollment, cohort: Cohort, effective_on: date, at: datetime) -> None:
    if effective_on > enrollment.cohort.today(at):
        raise CohortError(
            "transfer_ahead",
            _("A transfer is recorded when it takes effect, with all that was done. Choose today or earlier."),
        )
    if cohort.enrollments.filter(learner=enrollment.learner_id).exists():
        raise CohortError(
            "already_enrolled",
            _("This learner was in that cohort before. Correct that history, or choose another cohort."),
        )
    if free_seats(cohort, at=at) < 1:
        raise CohortError(
            "cohort_full",
            _("All %(capacity)s seats of %(cohort)s are taken. Raise its capacity first.")
            % {"capacity": cohort.capacity, "cohort": cohort.name},
        )


def _enroll_there(
    enrollment: Enrollment, cohort: Cohort, event: EnrollmentEvent, by: Membership | None, at: datetime
) -> Enrollment:
    number = enrollment.external_id
    if number and cohort.enrollments.filter(external_id=number).exists():
        number = ""
    entry = Entry(
        learner=enrollment.learner,
        effective_on=event.effective_on,
        status=Status.ENROLLED if event.from_status == Status.ENROLLED else Status.ACTIVE,
        external_id=number,
        seeks_job=enrollment.seeks_job,
        mentor=enrollment.mentor if enrollment.mentor and enrollment.mentor.is_mentor else None,
    )
    [there] = enroll_many(cohort=cohort, entries=[entry], by=by, continues=enrollment, at=at)
    Enrollment.objects.filter(pk=there.pk).update(created_at=at, seeks_job_declared_at=enrollment.seeks_job_declared_at)
    return there


def _returns_on(events: Sequence[EnrollmentEvent], on: date) -> date | None:
    """When somebody who is on leave on that day plans to return, if that lies ahead."""
    told = [event for event in events if event.to_status != Status.TRANSFERRED]
    running = deciding(told, on)
    if running is None or running.to_status != Status.ON_LEAVE or running.returns_on is None:
        return None
    return running.returns_on if running.returns_on > on else None


def _close(there: Enrollment, *, by: Membership | None, today: date) -> None:
    """Let the enrollment end on the day it began."""
    events = list(there.events.all())
    first = min(events, key=order)
    _restate(there, events, Status.TRANSFERRED, first.effective_on, _("The transfer was undone."), None, by, today)


def _reopen(here: Enrollment, *, by: Membership | None, today: date) -> None:
    """Let the day of the transfer bring what the learner was before."""
    events = list(here.events.all())
    gone = next(event for event in net(events) if event.to_status == Status.TRANSFERRED)
    day = gone.effective_on
    told = _("The transfer of %(day)s was undone.") % {"day": date_format(day, "j F Y", use_l10n=False)}
    before = max((event for event in events if order(event) < order(gone)), key=order)
    returns_on = _returns_on([before], day)
    _restate(here, events, before.to_status, day, told, returns_on, by, today)


def _restate(
    enrollment: Enrollment,
    events: Sequence[EnrollmentEvent],
    to: str,
    day: date,
    note: str,
    returns_on: date | None,
    by: Membership | None,
    today: date,
) -> None:
    """Let a status count from that day on, whatever was recorded for it and for later days."""
    decides = deciding(events, day)
    event = EnrollmentEvent(
        enrollment=enrollment,
        sequence=max(one.sequence for one in events) + 1,
        from_status=decides.to_status if decides else "",
        to_status=to,
        effective_on=day,
        returns_on=returns_on,
        note=note,
        recorded_by=by,
    )
    later = net(one for one in events if one.effective_on > day)
    write_events(enrollment, events, [event, *overtaking(event, later)], today)
