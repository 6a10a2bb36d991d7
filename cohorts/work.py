"""A place for an app above: what learners handed in for their projects, and how it stands."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from cohorts.models import Enrollment


@dataclass(frozen=True, kw_only=True)
class Work:
    """The latest attempt that was not withdrawn. `status` is a key of the status tag, in force since then."""

    status: str
    since: datetime


Source = Callable[[Enrollment, datetime], Mapping[UUID, Work]]
_sources: list[Source] = []


def register(source: Source) -> None:
    """Let an app above tell how work stands: per project, what was handed in up to that instant."""
    _sources.append(source)


def work_of(enrollment: Enrollment, *, at: datetime) -> dict[UUID, Work]:
    """By project; what nothing was handed in for is not there."""
    found: dict[UUID, Work] = {}
    for source in _sources:
        found |= source(enrollment, at)
    return found
