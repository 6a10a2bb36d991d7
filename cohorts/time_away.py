"""Who is away, as apps above know it: mentors take time off. Whoever is away is not the first to be asked."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from uuid import UUID

DAY = timedelta(days=1)
#: Members, by id, who are away from the one instant to the other. One query.
Source = Callable[[datetime, datetime], Iterable[UUID]]
_sources: list[Source] = []


def register(source: Source) -> Source:
    """Add who an app above knows to be away, once, when it is ready."""
    _sources.append(source)
    return source


def away(at: datetime) -> set[UUID]:
    """Members who are away for all of the 24 hours from then on; an afternoon off passes nobody over."""
    return {member for source in _sources for member in source(at, at + DAY)}
