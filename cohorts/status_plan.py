"""What recording a status would do to an enrollment's history, before anything is written.

The same plan is checked, shown to whoever corrects, and written. What it refuses leaves nothing behind.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from uuid import UUID

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import Membership
from cohorts.errors import CohortError
from cohorts.models import Enrollment, EnrollmentEvent, LeavingReason
from cohorts.moves import LEAVING, MOVES, TRANSFER_ONLY, Reason, Status, words
from cohorts.pacing import check_date
from cohorts.timeline import Span, deciding, net, overtaking, spans


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What somebody wants to record.

    `corrects` admits a day before, or of, events that are in effect already. A graduation names the gate's `decision`.
    A `leaving_reason` stands for its category; `reason` alone is a category without the organization's words.
    """

    to: str
    effective_on: date
    reason: str = ""
    leaving_reason: LeavingReason | None = None
    note: str = ""
    returns_on: date | None = None
    corrects: bool = False
    decision: UUID | None = None

    @property
    def category(self) -> str:
        return self.leaving_reason.category if self.leaving_reason else self.reason


@dataclass(frozen=True, kw_only=True)
class StatusPlan:
    """The event, all that is `added` with it, and the plans that are `overtaken`, of the history `events`."""

    event: EnrollmentEvent
    added: tuple[EnrollmentEvent, ...]
    overtaken: tuple[EnrollmentEvent, ...]
    events: tuple[EnrollmentEvent, ...]

    @cached_property
    def before(self) -> list[Span]:
        return spans(self.events)

    @cached_property
    def after(self) -> list[Span]:
        return spans([*self.events, *self.added])

    @property
    def new(self) -> set[tuple[object, ...]]:
        """What the history shows after and not before, to be marked."""
        return {span.same_as for span in self.after} - {span.same_as for span in self.before}


def plan_status(
    *, enrollment: Enrollment, events: Sequence[EnrollmentEvent], wish: Wish, by: Membership | None, today: date
) -> StatusPlan:
    """Check the wish against the history and the table of moves; seats are not looked at.

    Raises CohortError: `move_not_allowed`, `gate_needed`, `before_last_event`, `does_not_fit`, `reason_missing`,
    `reason_retired`, `return_missing`, `return_without_leave`, `return_before_leave`, `leave_overlaps`,
    `transfer_not_corrected`, `date_out_of_range`.
    """
    check_date(wish.effective_on)
    _check_details(wish)
    later = net(event for event in events if event.effective_on > wish.effective_on)
    past = [event for event in later if event.effective_on <= today]
    if past and not wish.corrects:
        raise CohortError(
            "before_last_event",
            _("The last change took effect on %(date)s. Choose that day or a later one, or correct the history.")
            % {"date": _day(past[-1].effective_on)},
        )
    before = _before(events, wish)
    _check_move(before, wish)
    if past and past[0].to_status not in MOVES[wish.to] | {wish.to}:
        raise CohortError(
            "does_not_fit",
            _("This does not fit: on %(date)s the learner became %(status)s. Correct that first.")
            % {"date": _day(past[0].effective_on), "status": words(past[0].to_status)},
        )
    _check_overlap(wish, events, later)
    event = EnrollmentEvent(
        enrollment=enrollment,
        sequence=max((event.sequence for event in events), default=0) + 1,
        from_status=before,
        to_status=wish.to,
        effective_on=wish.effective_on,
        returns_on=wish.returns_on,
        reason=wish.category,
        leaving_reason=wish.leaving_reason,
        decision=wish.decision,
        note=wish.note.strip(),
        recorded_by=by,
    )
    overtaken = [] if past or _leaves_alone(wish, later) else later
    return StatusPlan(
        event=event,
        added=(event, *overtaking(event, overtaken)),
        overtaken=tuple(overtaken),
        events=tuple(events),
    )


def check_move(before: str, to: str) -> None:
    """Raises CohortError `move_not_allowed`."""
    if to not in MOVES[before]:
        if not before:
            raise CohortError(
                "move_not_allowed", _("Nobody begins as %(to)s. Enroll the learner first.") % {"to": words(to)}
            )
        raise CohortError(
            "move_not_allowed",
            _("A learner who is %(from)s cannot become %(to)s.") % {"from": words(before), "to": words(to)},
        )


def _before(events: Sequence[EnrollmentEvent], wish: Wish) -> str:
    """The status that the new one follows on. A correction replaces what was recorded for the same day."""
    decides = deciding(events, wish.effective_on)
    if decides is None:
        return ""
    if not wish.corrects or decides.effective_on < wish.effective_on:
        return decides.to_status
    if decides.to_status in TRANSFER_ONLY:
        raise CohortError(
            "transfer_not_corrected",
            _("A transfer is undone on the day it was recorded, from the learner’s page in the other cohort."),
        )
    earlier = deciding([event for event in events if event.effective_on < wish.effective_on], wish.effective_on)
    return earlier.to_status if earlier else ""


def _check_move(before: str, wish: Wish) -> None:
    # To say the status before once more takes back what was recorded for that day.
    if not (wish.corrects and before == wish.to and before not in TRANSFER_ONLY):
        check_move(before, wish.to)
    if wish.to == Status.GRADUATED and wish.decision is None:
        raise CohortError(
            "gate_needed", _("A learner graduates by passing the gate of the cohort’s last level. Decide there.")
        )


def _check_overlap(wish: Wish, events: Sequence[EnrollmentEvent], later: Sequence[EnrollmentEvent]) -> None:
    """A leave must not reach into another one that begins later. From a leave on, it is another return date; to the
    same return, with nothing in between, it is that leave, which began earlier."""
    if wish.to != Status.ON_LEAVE or wish.returns_on is None:
        return
    running = deciding(events, wish.effective_on)
    is_same = running is not None and running.to_status == Status.ON_LEAVE
    is_same = is_same or (bool(later) and later[0].returns_on == wish.returns_on)
    for event in later:
        is_leave = event.to_status == Status.ON_LEAVE
        if is_leave and not is_same and event.effective_on < wish.returns_on:
            raise CohortError(
                "leave_overlaps",
                _(
                    "This overlaps the leave from %(since)s to %(until)s. Did that one begin earlier? Enter %(until)s "
                    "as the planned return, and they are one. Else let this one end before, or change that one."
                )
                % {"since": _day(event.effective_on), "until": _day(event.returns_on) if event.returns_on else "–"},
            )
        is_same = is_same and is_leave


def _leaves_alone(wish: Wish, plans: Sequence[EnrollmentEvent]) -> bool:
    """Whether what is planned may stand: a leave that is over by then, and a plan that follows on one."""
    if wish.to != Status.ON_LEAVE or wish.returns_on is None or not plans:
        return False
    return plans[0].effective_on >= wish.returns_on and plans[0].to_status in MOVES[Status.ON_LEAVE]


def _check_details(wish: Wish) -> None:
    if wish.to in LEAVING and wish.category not in set(Reason.values) - {Reason.NONE}:
        raise CohortError("reason_missing", _("Choose a reason: why somebody left is counted."))
    if wish.leaving_reason is not None and wish.leaving_reason.is_retired:
        raise CohortError(
            "reason_retired",
            _("“%(reason)s” is not used any more. Choose another reason.") % {"reason": wish.leaving_reason},
        )
    if wish.to == Status.ON_LEAVE and wish.returns_on is None:
        raise CohortError("return_missing", _("Enter the day on which the learner plans to return."))
    if wish.returns_on is not None:
        check_date(wish.returns_on)
        if wish.to != Status.ON_LEAVE:
            raise CohortError("return_without_leave", _("Only a leave has a day of return. Leave that field empty."))
        if wish.returns_on <= wish.effective_on:
            raise CohortError("return_before_leave", _("The return lies before the leave. Choose a later day."))


def _day(day: date) -> str:
    return date_format(day, "j F Y", use_l10n=False)
