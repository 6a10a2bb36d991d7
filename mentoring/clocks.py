"""Which clock a mentor's hours are on: that of their own zone, or of another one on the days they are elsewhere.

An instant is on the days of a `DatedZone` when that zone's own calendar says so. Like everything about slots this goes
from UTC to local time only, so that arriving is to the rules what a change of DST is: readings are skipped or happen
twice, by as much as the two clocks differ. Where two dated zones hold, the first one given counts.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from mentoring.spans import Span
from mentoring.zones import DAY, Segment, load_zone, offset_segments

_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()


@dataclass(frozen=True)
class DatedZone:
    """Another zone from the day `first` to the day `last`, both included. Raises `UnknownZoneError` and ValueError."""

    zone: str
    first: date
    last: date

    def __post_init__(self) -> None:
        load_zone(self.zone)
        if self.last < self.first:
            raise ValueError(f"Days in another zone end on or after {self.first}, not on {self.last}.")

    def holds_at(self, moment: datetime) -> bool:
        return self.first <= moment.astimezone(load_zone(self.zone)).date() <= self.last


def clock_at(zone: str, dated: Iterable[DatedZone], moment: datetime) -> ZoneInfo:
    """The zone in force at an instant for somebody who lives in `zone`."""
    return load_zone(next((each.zone for each in dated if each.holds_at(moment)), zone))


def zone_on(zone: str, dated: Iterable[DatedZone], day: date) -> str:
    """The name of the zone in force on a day of their calendar."""
    return next((each.zone for each in dated if each.first <= day <= each.last), zone)


def clock_segments(zone: str, dated: Sequence[DatedZone], *, start: int, end: int) -> list[Segment]:
    """As `offset_segments`, with the offsets of the dated zones on their days."""
    segments = offset_segments(zone, start=start, end=end)
    for each in reversed(dated):
        elsewhere = [piece for piece in _segments_of(each, start, end) if piece[0] < piece[1]]
        if elsewhere:
            left = _cut(segments, [piece[:2] for piece in elsewhere], start, end)
            segments = sorted([*left, *elsewhere])
    return segments


def _segments_of(dated: DatedZone, start: int, end: int) -> Iterable[Segment]:
    opens = (dated.first.toordinal() - _EPOCH_ORDINAL) * DAY
    closes = (dated.last.toordinal() - _EPOCH_ORDINAL + 1) * DAY
    for since, until, offset in offset_segments(dated.zone, start=start, end=end):
        yield max(since, start, opens - offset), min(until, end, closes - offset), offset


def _cut(segments: Iterable[Segment], spans: Sequence[Span], start: int, end: int) -> Iterable[Segment]:
    """What is left of the segments in `[start, end)` outside the spans, which are in order."""
    for since, until, offset in segments:
        at, until = max(since, start), min(until, end)
        for first, last in spans:
            if at < min(first, until):
                yield at, min(first, until), offset
            at = max(at, last)
        if at < until:
            yield at, until, offset
