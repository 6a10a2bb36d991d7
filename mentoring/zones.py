"""Time zones read from the `tzdata` package and never from the system, so that every machine gives the same answer.

Instants are integer seconds since 1970-01-01T00:00Z. A zone is seen as segments of constant UTC offset, found by
asking what the local time is at a UTC instant; local time is never converted to UTC.
"""

from datetime import UTC, datetime
from functools import cache, lru_cache
from importlib import resources
from zoneinfo import ZoneInfo

from accounts.zones import zone_names

DAY = 86_400
# Since 1970 no zone has kept an offset for less than a week, so a look every four days misses no change.
_PROBE = 4 * DAY
# Long enough that a month's query rarely touches two, short enough that a cold zone costs a fraction of a millisecond.
_BLOCK = 64 * _PROBE

# First instant, instant past the last, and seconds to add to UTC in between.
Segment = tuple[int, int, int]


class UnknownZoneError(ValueError):
    """The name is not a zone of the `tzdata` package."""

    code = "unknown_zone"

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no time zone “{name}”. Choose a name such as Europe/Amsterdam.")
        self.name = name


@cache
def load_zone(name: str) -> ZoneInfo:
    """Raise `UnknownZoneError` for any name outside `zone_names`; names are case-sensitive."""
    if name not in zone_names():
        raise UnknownZoneError(name)
    with resources.files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as data:
        return ZoneInfo.from_file(data, key=name)


def offset_segments(name: str, *, start: int, end: int) -> list[Segment]:
    """Segments of constant offset, in order and without gaps, that cover at least `[start, end)`.

    The first may begin before `start` and the last may end after `end`; neighbors differ in offset.
    Exact from 1970 on.
    """
    joined: list[Segment] = []
    for block in range(start // _BLOCK, (end - 1) // _BLOCK + 1):
        for segment in _block_segments(name, block):
            if joined and joined[-1][2] == segment[2]:
                joined[-1] = (joined[-1][0], segment[1], segment[2])
            else:
                joined.append(segment)
    return [segment for segment in joined if segment[1] > start and segment[0] < end]


@lru_cache(maxsize=8192)
def _block_segments(name: str, block: int) -> tuple[Segment, ...]:
    zone = load_zone(name)
    begin, end = block * _BLOCK, (block + 1) * _BLOCK
    offset = _offset_at(zone, begin)
    segments: list[Segment] = []
    for probe in range(begin + _PROBE, end + 1, _PROBE):
        following = _offset_at(zone, probe)
        if following != offset:
            change = _first_change(zone, after=probe - _PROBE, until=probe)
            segments.append((begin, change, offset))
            begin, offset = change, following
    if begin < end:
        segments.append((begin, end, offset))
    return tuple(segments)


def _first_change(zone: ZoneInfo, *, after: int, until: int) -> int:
    offset = _offset_at(zone, after)
    while until - after > 1:
        middle = (after + until) // 2
        if _offset_at(zone, middle) == offset:
            after = middle
        else:
            until = middle
    return until


def _offset_at(zone: ZoneInfo, instant: int) -> int:
    wall_clock = datetime.fromtimestamp(instant, zone).replace(tzinfo=UTC)
    return int(wall_clock.timestamp()) - instant
