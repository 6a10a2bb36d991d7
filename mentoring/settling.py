"""How a 1-on-1 went: said by either side once it has begun, corrected for three days, later by staff with a reason.

Whatever was said stays as an `OutcomeEvent`; `OneOnOne.status` is the latest of them.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Membership
from cohorts.touching import touch
from mentoring.announcing import SETTLED, announce_one_on_one
from mentoring.errors import MentoringError
from mentoring.models import OneOnOne
from mentoring.records import OutcomeEvent

Status = OneOnOne.Status

#: The allowed moves. A 1-on-1 that was cancelled is no longer there to be held.
MOVES: dict[str, frozenset[str]] = {
    Status.BOOKED: frozenset({Status.HELD, Status.LEARNER_NO_SHOW, Status.MENTOR_NO_SHOW, Status.CANCELLED}),
    Status.HELD: frozenset({Status.LEARNER_NO_SHOW, Status.MENTOR_NO_SHOW}),
    Status.LEARNER_NO_SHOW: frozenset({Status.HELD, Status.MENTOR_NO_SHOW}),
    Status.MENTOR_NO_SHOW: frozenset({Status.HELD, Status.LEARNER_NO_SHOW}),
    Status.CANCELLED: frozenset(),
}
OUTCOMES = (Status.HELD, Status.LEARNER_NO_SHOW, Status.MENTOR_NO_SHOW)
#: Either side may correct what was recorded for this long after it was recorded first.
CORRECTION = timedelta(days=3)
REASON_LENGTH = 300


def settle(*, one_on_one: OneOnOne, outcome: str, by: Membership, now: datetime, reason: str = "") -> OneOnOne:
    """Record how a 1-on-1 went, one of `OUTCOMES`, or correct it. Saying the same again changes nothing.

    Raises MentoringError `not_yours`, `unknown_outcome`, `not_begun`, `reason_missing` or `reason_too_long` (staff who
    correct), or `settled` when it was cancelled or the time for corrections is over.
    """
    if outcome not in OUTCOMES:
        raise MentoringError("unknown_outcome", _("Choose one of the outcomes shown."))
    with transaction.atomic():
        rows = OneOnOne.objects.with_people().select_for_update(no_key=True, of=("self",))
        locked = rows.get(pk=one_on_one.pk)
        side = locked.side_of(by)
        if not side and not by.is_staff:
            raise MentoringError("not_yours", _("This 1-on-1 is between two other people. Ask one of them."))
        if locked.starts_at > now:
            raise MentoringError("not_begun", _("This 1-on-1 has not begun. Confirm it afterwards."))
        if locked.status == outcome:
            return locked
        if outcome not in MOVES[locked.status]:
            raise _settled(locked)
        if locked.status != Status.BOOKED:
            _check_correction(locked, by=by, side=side, reason=reason, now=now)
        locked.status, locked.settled_at, locked.settled_by = outcome, now, by
        locked.save(update_fields=["status", "settled_at", "settled_by"])
        OutcomeEvent.objects.create(
            one_on_one=locked, outcome=outcome, reason=reason.strip(), recorded_by=by, recorded_at=now
        )
        announce_one_on_one(SETTLED, locked, now=now)
        touch(locked.enrollment_id)
    return locked


def correctable_until(one_on_one: OneOnOne) -> datetime | None:
    """Until when either side may correct the outcome; None when none is recorded. One query."""
    if one_on_one.status not in OUTCOMES:
        return None
    events = OutcomeEvent.objects.filter(one_on_one=one_on_one).order_by("recorded_at")
    first = events.values_list("recorded_at", flat=True).first() or one_on_one.settled_at
    return first + CORRECTION if first else None


def _check_correction(one_on_one: OneOnOne, *, by: Membership, side: str, reason: str, now: datetime) -> None:
    until = correctable_until(one_on_one)
    if side and until is not None and now < until:
        return
    if not by.is_staff:
        raise _settled(one_on_one)
    if not reason.strip():
        raise MentoringError("reason_missing", _("Write why the outcome is corrected. Both sides see it."))
    if len(reason.strip()) > REASON_LENGTH:
        raise MentoringError("reason_too_long", _("Keep the reason under 300 characters."))


def _settled(one_on_one: OneOnOne) -> MentoringError:
    said = _("This 1-on-1 is recorded as “%(outcome)s”. Ask program staff if that is not right.")
    return MentoringError("settled", said % {"outcome": one_on_one.get_status_display()})
