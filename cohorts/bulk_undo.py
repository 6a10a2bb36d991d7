"""Taking back what was done for many: on the same day, and for those whom nobody changed since.

A history is never shortened. Undoing a change of status adds, on each day on which the change counts, what counted
there without it; the table of allowed moves does not apply to that, because the learner was that already.
"""

from collections.abc import Sequence
from datetime import date, datetime
from functools import partial

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Membership
from cohorts.announcing import announce_statuses
from cohorts.bulk import Kind, Outcome
from cohorts.bulk_words import refusal_of
from cohorts.errors import CohortError
from cohorts.history import SEATED, free_seats
from cohorts.mentors import assign_mentor
from cohorts.models import BulkAction, BulkItem, Cohort, Enrollment, EnrollmentEvent
from cohorts.timeline import deciding, order
from cohorts.touching import touch
from organizations.errors import DomainError

#: What an event says of itself; the rest of it is what it says of the learner.
OWN = frozenset(
    {"id", "organization", "enrollment", "sequence", "from_status", "effective_on", "recorded_by", "recorded_at"}
)


def may_undo(action: BulkAction, *, now: datetime) -> bool:
    """Whether it was done today, on the organization's clock, and is not undone; what was sent stays sent."""
    if action.done_at is None or action.undone_at is not None or action.kind == Kind.MESSAGE:
        return False
    return action.organization.today(action.done_at) == action.organization.today(now)


def undo(*, action: BulkAction, by: Membership, now: datetime) -> BulkAction:
    """Take it back for all for whom that is possible; the others keep it and say why. A second time changes nothing.

    Raises CohortError `too_late_to_undo`.
    """
    with transaction.atomic():
        locked = BulkAction.objects.select_for_update(no_key=True).get(pk=action.pk)
        if locked.undone_at is not None:
            return locked
        if not may_undo(locked, now=now):
            raise CohortError("too_late_to_undo", _("This can be undone on the day on which it was done, not later."))
        step = _undo_status if locked.kind == Kind.STATUS else _undo_mentor
        items = list(
            locked.items.filter(outcome=Outcome.DONE)
            .select_related("enrollment__learner", "enrollment__cohort", "enrollment__mentor", "mentor_before")
            .order_by("enrollment__cohort", "enrollment")
        )
        list(
            Cohort.objects.filter(pk__in={item.enrollment.cohort_id for item in items})
            .order_by("pk")
            .select_for_update(no_key=True)
        )
        for item in items:
            try:
                with transaction.atomic():
                    step(item, by, now)
            except DomainError:
                item.outcome, item.words = Outcome.KEPT, refusal_of(partial(step, item, by, now))
            else:
                item.outcome = Outcome.UNDONE
        BulkItem.objects.bulk_update(items, ["outcome", "words"], batch_size=1000)
        locked.undone_at, locked.undone_by = now, by
        locked.save(update_fields=["undone_at", "undone_by"])
    return locked


def _undo_mentor(item: BulkItem, by: Membership, now: datetime) -> None:
    if item.enrollment.mentor_id != item.mentor_after_id:
        raise CohortError("changed_since", _("Got another mentor since."))
    assign_mentor(enrollment=item.enrollment, mentor=item.mentor_before, by=by, at=now, goes_over=True)


def _undo_status(item: BulkItem, by: Membership, now: datetime) -> None:
    locked = Enrollment.objects.select_for_update(no_key=True).get(pk=item.enrollment_id)
    events = sorted(locked.events.all(), key=lambda event: event.sequence)
    if events[-1].sequence != item.last:
        raise CohortError("changed_since", _("The history was changed since."))
    added = [event for event in events if item.first <= event.sequence <= item.last]  # type: ignore[operator]
    others = [event for event in events if event.sequence < item.first]  # type: ignore[operator]
    restored = _restored(added, others, by)
    cohort = item.enrollment.cohort
    today = cohort.today(now)
    first = min(event.effective_on for event in events)
    decides = deciding([*events, *restored], max(today, first)) or restored[-1]
    needs_seat = decides.to_status in SEATED and locked.status not in SEATED
    if needs_seat and free_seats(cohort, at=now, besides=locked) < 1:
        raise CohortError("cohort_full", _("The seat was taken since."))
    EnrollmentEvent.objects.bulk_create(restored)
    locked.status, locked.status_since = decides.to_status, decides.effective_on
    locked.save(update_fields=["status", "status_since"])
    announce_statuses([locked], restored, at=now)
    touch(locked.pk)


def _restored(
    added: Sequence[EnrollmentEvent], others: Sequence[EnrollmentEvent], by: Membership
) -> list[EnrollmentEvent]:
    """On each day that the change touched, what counted there without it."""
    sequence = added[-1].sequence
    latest: dict[date, EnrollmentEvent] = {event.effective_on: event for event in sorted(added, key=order)}
    restored = []
    for number, (day, event) in enumerate(sorted(latest.items()), start=1):
        # Nobody is enrolled by a bulk action: something stood there before.
        before = deciding(others, day) or others[0]
        again = {
            field.attname: getattr(before, field.attname)
            for field in EnrollmentEvent._meta.concrete_fields
            if field.name not in OWN
        }
        if before.returns_on is not None and before.returns_on <= day:
            again["returns_on"] = None
        restored.append(
            EnrollmentEvent(
                enrollment_id=event.enrollment_id,
                sequence=sequence + number,
                from_status=event.to_status,
                effective_on=day,
                recorded_by=by,
                **again,
            )
        )
    return restored
