"""What a level's gate asks for: each kind of evidence contributes its criteria here, and only `gates` asks them.

A criterion asks what the curriculum or the organization asked for and nothing more, so that a new one closes no gate
that stands open. More evidence may never make a requirement unmet.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.urls import reverse

from assessments.sentences import Kept, keep, tell
from cohorts.models import Enrollment, ProgressEvent
from curriculum.models import Level, Project


@dataclass(frozen=True, slots=True)
class Place:
    """A page: the name of its route, and what its address takes after the organization."""

    route: str
    args: tuple[str, ...] = ()

    def url(self, slug: str) -> str:
        return reverse(self.route, args=[slug, *self.args])


@dataclass(frozen=True, kw_only=True)
class Requirement:
    """One criterion of a gate. `detail` says by what it is met, or what is still needed.

    What is a `Sentence` is kept so that every reader has it in their language; other words are kept as they are.
    `learner_place` is where the learner meets it, `staff_place` where staff and mentors see to it.
    """

    key: str
    title: str
    met: bool
    detail: str
    learner_place: Place | None = None
    staff_place: Place | None = None

    def evidence(self) -> dict[str, Kept]:
        """What a decision keeps of it."""
        return {"key": self.key, "title": keep(self.title), "met": self.met, "detail": keep(self.detail)}

    @classmethod
    def from_evidence(cls, kept: Mapping[str, Any]) -> "Requirement":
        """What a decision kept, told in the language in force."""
        return cls(key=kept["key"], title=tell(kept["title"]), met=kept["met"], detail=tell(kept["detail"]))


@dataclass(frozen=True, kw_only=True)
class Question:
    """How do the gates of these levels stand for these learners, from what was recorded before `until`?

    The learners are of one cohort and follow the version that has the levels; `has_tracks` of a level says whether it
    offers specializations. `until` is the first instant after the day `on`, in the cohort's time zone. `tracks` holds
    the specialization in force of each learner who chose one, and `projects` those that each gate asks, by learner and
    level.
    """

    enrollments: Sequence[Enrollment]
    levels: Sequence[Level]
    on: date
    until: datetime
    tracks: Mapping[UUID, UUID]
    projects: Mapping[tuple[UUID, UUID], Sequence[Project]]

    def asked(self) -> Iterable[tuple[Enrollment, Level, Sequence[Project]]]:
        """Each gate with the projects it asks."""
        for enrollment in self.enrollments:
            for level in self.levels:
                yield enrollment, level, self.projects.get((enrollment.pk, level.pk), ())

    def credits(self) -> dict[UUID, list[ProgressEvent]]:
        """The credits for projects that stand on the day, by learner. One query."""
        latest = (
            ProgressEvent.objects.filter(
                enrollment__in=self.enrollments, project__isnull=False, effective_on__lte=self.on
            )
            .order_by("enrollment", "project", "-effective_on", "-recorded_at", "-id")
            .distinct("enrollment", "project")
        )
        found: dict[UUID, list[ProgressEvent]] = defaultdict(list)
        for event in latest:
            if event.kind == ProgressEvent.Kind.CREDITED:
                found[event.enrollment_id].append(event)
        return found


#: Requirements, each with the enrollment and the level whose gate asks it; as many queries for many gates as for one.
Criterion = Callable[[Question], Iterable[tuple[UUID, UUID, Requirement]]]
_criteria: list[tuple[int, Criterion]] = []


def register(position: int) -> Callable[[Criterion], Criterion]:
    """Add a criterion, once, when the app is ready. Pages show them by position; those of the curriculum are at 0."""

    def add(criterion: Criterion) -> Criterion:
        _criteria.append((position, criterion))
        _criteria.sort(key=lambda entry: entry[0])
        return criterion

    return add


def unregister(criterion: Criterion) -> None:
    """Take a criterion out again, as a test does that added one."""
    _criteria[:] = [entry for entry in _criteria if entry[1] is not criterion]


def requirements_of(question: Question) -> dict[tuple[UUID, UUID], list[Requirement]]:
    """What every criterion says of each gate, by enrollment and level."""
    found: dict[tuple[UUID, UUID], list[Requirement]] = {}
    for _position, criterion in _criteria:
        for enrollment, level, requirement in criterion(question):
            found.setdefault((enrollment, level), []).append(requirement)
    return found
