"""The free slots that follow from a mentor's rules, and why another instant is not one.

A slot is open iff the mentor's wall clock is inside a window throughout the meeting. UTC is converted to local time and
never back, so a window has no instant in a DST gap, has both passes of a fold, and needs no rule for either.

The arithmetic is on integers: instants are seconds since 1970-01-01T00:00Z, a wall clock reading is the instant plus
the offset in force, a local date is that reading in whole days since 1970-01-01. Every span is half-open.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from mentoring.availability_rules import MINUTE, THURSDAY, AvailabilityError, AvailabilityRules
from mentoring.clocks import clock_segments
from mentoring.spans import Span, exclude, merge
from mentoring.zones import DAY, Segment

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# What may bear on a slot from afar: the rest of its ISO week, and the offset that moves a local date against UTC.
_REACH = 9 * DAY
# More than any change of offset, a flight around the world included: what is further than this from one happens once,
# and is in one piece.
_SHIFT = 2 * DAY

# Start and end of a booking in epoch seconds, then its own buffers in minutes (None: the mentor's).
BookingSpan = tuple[int, int, int | None, int | None]


class ClosedReason(StrEnum):
    """Why an instant cannot be booked."""

    OUTSIDE = "outside"  # not on the mentor's grid, or the meeting leaves the windows
    TOO_SOON = "too_soon"
    TOO_FAR = "too_far"
    TIME_OFF = "time_off"
    TAKEN = "taken"  # by another 1-on-1 of the mentor, buffers included, or by one of the learner
    CAP_REACHED = "cap_reached"


@dataclass(frozen=True)
class Held:
    """A 1-on-1 that was not cancelled, or time off. Buffers in minutes; `None` means those of the mentor's rules."""

    start: datetime
    end: datetime
    buffer_before: int | None = None
    buffer_after: int | None = None

    def __post_init__(self) -> None:
        if self.start >= self.end:
            raise AvailabilityError(f"What starts at {self.start} ends after it, not at {self.end}.")


def free_slots(
    rules: AvailabilityRules,
    *,
    start: datetime,
    end: datetime,
    now: datetime,
    mentor_bookings: Iterable[Held] = (),
    learner_bookings: Iterable[Held] = (),
    time_off: Iterable[Held] = (),
) -> list[datetime]:
    """Starts in `[start, end)` that can be booked, in UTC and in order; a meeting may end after `end`.

    Bookings are those that were not cancelled and overlap `bookings_span`; any further ones change nothing.
    Naive datetimes raise `TypeError`.
    """
    starts = free_starts(
        rules,
        start=start,
        end=end,
        now=now,
        mentor_bookings=_booking_spans(mentor_bookings),
        learner_bookings=_bare_spans(learner_bookings),
        time_off=_bare_spans(time_off),
    )
    return [datetime.fromtimestamp(instant, UTC) for instant in starts]


def free_starts(
    rules: AvailabilityRules,
    *,
    start: datetime,
    end: datetime,
    now: datetime,
    mentor_bookings: Iterable[BookingSpan] = (),
    learner_bookings: Iterable[Span] = (),
    time_off: Iterable[Span] = (),
) -> list[int]:
    """`free_slots` with what is held, and the answer, in epoch seconds: for pages about hundreds of mentors at once.

    A start or end of what is held that has a fraction of a second must be rounded outwards.
    """
    since, until = _ceil(start), _ceil(end)
    if since >= until:
        return []
    segments = _segments(rules, since - _REACH, until + rules.duration * MINUTE + _REACH)
    blocked = _blocked_starts(rules, segments, now, mentor_bookings, learner_bookings, time_off)
    spans = merge(span for spans in blocked.values() for span in spans)
    return exclude(_starts_on_grid(rules, segments, since, until), spans)


def why_closed(
    rules: AvailabilityRules,
    *,
    at: datetime,
    now: datetime,
    mentor_bookings: Iterable[Held] = (),
    learner_bookings: Iterable[Held] = (),
    time_off: Iterable[Held] = (),
) -> tuple[ClosedReason, ...]:
    """Every reason why a meeting cannot start at `at`, in the order of `ClosedReason`; empty iff `free_slots` has it.

    To move a booking, leave it out of both lists.
    """
    instant = _floor(at)
    segments = _segments(rules, instant - _REACH, instant + rules.duration * MINUTE + _REACH)
    blocked = _blocked_starts(
        rules,
        segments,
        now,
        _booking_spans(mentor_bookings),
        _bare_spans(learner_bookings),
        _bare_spans(time_off),
    )
    reasons = {reason for reason, spans in blocked.items() if any(first <= instant < last for first, last in spans)}
    if instant != _ceil(at) or not _starts_on_grid(rules, segments, instant, instant + 1):
        reasons.add(ClosedReason.OUTSIDE)
    return tuple(reason for reason in ClosedReason if reason in reasons)


def bookings_span(rules: AvailabilityRules, *, start: datetime, end: datetime) -> tuple[datetime, datetime]:
    """The span whose bookings and time off may bear on slots in `[start, end)`: with the ISO weeks that the caps count.

    Holds for buffers of up to a week.
    """
    return start - timedelta(seconds=_REACH), end + timedelta(minutes=rules.duration, seconds=_REACH)


def _segments(rules: AvailabilityRules, start: int, end: int) -> list[Segment]:
    return clock_segments(rules.zone, rules.dated_zones, start=start, end=end)


def _starts_on_grid(rules: AvailabilityRules, segments: Sequence[Segment], start: int, end: int) -> list[int]:
    """Starts in `[start, end)` on the grid whose whole meeting is inside windows."""
    duration, step = rules.duration * MINUTE, rules.step * MINUTE
    pieces = _open_pieces(rules, segments, start, end + duration)
    run_ends: list[int] = []
    for first, last, _ in pieces:
        if not run_ends or first > run_ends[-1]:
            run_ends.append(last)
        elif last > run_ends[-1]:
            run_ends[-1] = last
    starts: list[int] = []
    interleaved = False
    run = 0
    for first, last, anchor in pieces:
        while run_ends[run] <= first:
            run += 1
        earliest = first if first > start else start
        if earliest != anchor:
            earliest += (anchor - earliest) % step
        until = min(last, end, run_ends[run] - duration + 1)
        if earliest < until:
            if starts and earliest <= starts[-1]:
                interleaved = True
            starts += range(earliest, until, step)
    return sorted(set(starts)) if interleaved else starts


def _open_pieces(
    rules: AvailabilityRules, segments: Sequence[Segment], start: int, end: int
) -> list[tuple[int, int, int]]:
    """The spans of instants in which windows are open, each with the first instant of its window, in order.

    All that overlap `[start, end)`, and perhaps more. A window that a fold cuts in two has two pieces.
    """
    by_weekday, by_date = rules.windows_by_weekday, rules.windows_by_date
    dates = [
        reading // DAY
        for since, until, offset in segments
        if since < end and until > start
        for reading in (max(since, start) + offset, min(until, end) + offset)
    ]
    pieces: list[tuple[int, int, int]] = []
    position = 0
    since, until, offset = segments[position]
    # A window may reach into the date after the one it starts on.
    for day in range(min(dates) - 1, max(dates) + 1):
        midnight, is_cut = day * DAY, day + 1 in by_date
        while midnight - offset > until and position + 1 < len(segments):
            position += 1
            since, until, offset = segments[position]
        for opens, closes in by_date.get(day, by_weekday[(day + THURSDAY) % 7]):
            begins, ends = midnight + opens, midnight + (min(closes, DAY) if is_cut else closes)
            first, last = begins - offset, ends - offset
            if first - since > _SHIFT and until - last > _SHIFT:
                pieces.append((first, last, first))
            else:
                spans = _instants(segments, begins, ends)
                pieces += [(piece[0], piece[1], spans[0][0]) for piece in spans]
    pieces.sort()
    return pieces


def _blocked_starts(
    rules: AvailabilityRules,
    segments: Sequence[Segment],
    now: datetime,
    mentor_bookings: Iterable[BookingSpan],
    learner_bookings: Iterable[Span],
    time_off: Iterable[Span],
) -> dict[ClosedReason, list[Span]]:
    """The spans in which no meeting may start, whatever the windows."""
    duration = rules.duration * MINUTE
    bookings = list(mentor_bookings)
    blocked = {
        ClosedReason.TOO_SOON: [(segments[0][0], _ceil(now) + rules.min_notice * MINUTE)],
        ClosedReason.TIME_OFF: [(first - duration + 1, last) for first, last in time_off],
        ClosedReason.TAKEN: [(first - duration + 1, last) for first, last in learner_bookings],
        ClosedReason.CAP_REACHED: _capped(rules, segments, [booking[0] for booking in bookings]),
    }
    before, after = rules.buffer_before * MINUTE, rules.buffer_after * MINUTE
    for first, last, own_before, own_after in bookings:
        held_from = first - (before if own_before is None else own_before * MINUTE)
        held_until = last + (after if own_after is None else own_after * MINUTE)
        blocked[ClosedReason.TAKEN].append((held_from - duration - after + 1, held_until + before))
    if rules.max_days_ahead is not None:
        instant = _floor(now)
        [(_, _, offset)] = _segments(rules, instant, instant + 1)
        beyond = ((instant + offset) // DAY + rules.max_days_ahead + 1) * DAY
        blocked[ClosedReason.TOO_FAR] = _instants(segments, beyond, segments[-1][1] + _REACH)
    return blocked


def _capped(rules: AvailabilityRules, segments: Sequence[Segment], booked: Sequence[int]) -> list[Span]:
    """The instants of local dates and ISO weeks on which the mentor has as many bookings as the cap allows."""
    per_day, per_week = rules.max_per_day, rules.max_per_week
    if per_day is None and per_week is None:
        return []
    if per_day == 0 or per_week == 0:
        return [(segments[0][0], segments[-1][1])]
    days: Counter[int] = Counter()
    for since, until, offset in segments:
        days.update((instant + offset) // DAY for instant in booked if since <= instant < until)
    weeks = Counter((day + THURSDAY) // 7 for day in days.elements())
    full = [(day, day + 1) for day, count in days.items() if per_day is not None and count >= per_day]
    full += [
        (week * 7 - THURSDAY, week * 7 - THURSDAY + 7)
        for week, count in weeks.items()
        if per_week is not None and count >= per_week
    ]
    return [span for first, last in full for span in _instants(segments, first * DAY, last * DAY)]


def _instants(segments: Sequence[Segment], opens: int, closes: int) -> list[Span]:
    """The instants at which the wall clock reads `[opens, closes)`: none in a gap, two spans around a fold."""
    spans = []
    for since, until, offset in segments:
        first, last = opens - offset, closes - offset
        if first < until and last > since:
            spans.append((first if first > since else since, last if last < until else until))
    return spans


def _booking_spans(bookings: Iterable[Held]) -> list[BookingSpan]:
    return [(_floor(each.start), _ceil(each.end), each.buffer_before, each.buffer_after) for each in bookings]


def _bare_spans(held: Iterable[Held]) -> list[Span]:
    return [(_floor(each.start), _ceil(each.end)) for each in held]


def _floor(moment: datetime) -> int:
    since = moment - _EPOCH
    return since.days * DAY + since.seconds


def _ceil(moment: datetime) -> int:
    return _floor(moment) + (moment.microsecond > 0)
