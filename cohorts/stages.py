"""The levels of a version as a cohort walks them: topics and projects in order, with their hours.

Two hours stand side by side. *Planned hours* are what a topic or project states; finishing it earns them, and a
milestone's `through_hours` counts them. *Paced hours* decide dates: a level takes the hours that the level states, or
the cohort's share of them, and what is in it divides them in proportion, so that a level of 2,000 hours whose topics
add up to 2,100 still takes 2,000.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from itertools import accumulate
from typing import NamedTuple
from uuid import UUID

from django.db.models import Prefetch
from django.utils.translation import gettext as _

from cohorts.errors import CohortError
from curriculum.models import CurriculumVersion, Level, Module, Project, Topic


@dataclass(frozen=True)
class Step:
    """A stretch that is done in one go: a topic without sub-topics, a project, or what a module leaves unnamed.

    `through` is the last topic that is behind a learner who has finished the step, if the step ends at one.
    """

    title: str
    hours: Decimal
    module: str = ""
    through: UUID | None = None
    ends_module: bool = False


@dataclass(frozen=True)
class Stage:
    """A level; `hours` is what it takes, whatever its steps add up to."""

    number: int
    level_id: UUID
    hours: Decimal
    steps: tuple[Step, ...]

    @property
    def planned_hours(self) -> Decimal:
        """What finishing all of its steps earns."""
        return sum((step.hours for step in self.steps), Decimal())

    def scaled(self, share: Decimal) -> "Stage":
        """The same level for a cohort that takes this share of its hours; what its steps earn stays."""
        return self if share == 1 else replace(self, hours=self.hours * share)

    def ends(self) -> list[Fraction]:
        """Paced hours from the level's start to the end of each step; the last is the level's own."""
        total = Fraction(self.planned_hours)
        scale = Fraction(self.hours) / total if total else Fraction(0)
        return [Fraction(done) * scale for done in accumulate(step.hours for step in self.steps)]


def stages_of(version: CurriculumVersion, first: int, last: int) -> list[Stage]:
    """The levels from `first` to `last`, in order, in four queries.

    Raises CohortError `unknown_levels` when the version does not have them all.
    """
    levels = (
        Level.objects.filter(version=version, number__range=(first, last))
        .order_by("number")
        .prefetch_related(
            Prefetch("modules", Module.objects.order_by("position")),
            Prefetch("modules__topics", Topic.objects.order_by("position")),
            Prefetch("projects", Project.objects.walked(None).order_by("position")),
        )
    )
    found = [_stage(level) for level in levels]
    check_levels([stage.number for stage in found], first, last)
    return found


class LevelHours(NamedTuple):
    """A level and the hours that it takes."""

    number: int
    title: str
    hours: Decimal


def level_hours_of(version: CurriculumVersion, first: int, last: int) -> list[LevelHours]:
    """The levels from `first` to `last`, in order, with what they take. Raises CohortError `unknown_levels`."""
    levels = Level.objects.filter(version=version, number__range=(first, last)).order_by("number")
    found = [LevelHours(*row) for row in levels.values_list("number", "title", "hours")]
    check_levels([level.number for level in found], first, last)
    if all(level.hours for level in found):
        return found
    stages = stages_of(version, first, last)
    return [level._replace(hours=stage.hours) for level, stage in zip(found, stages, strict=True)]


def check_levels(numbers: Iterable[int], first: int, last: int) -> None:
    """Raises CohortError `unknown_levels` unless these are all the levels from `first` to `last`."""
    if first > last:
        raise CohortError("unknown_levels", _("The first level comes after the last. Swap them."))
    if sorted(numbers) != list(range(first, last + 1)):
        raise CohortError(
            "unknown_levels",
            _("This version has no level %(first)s to %(last)s. Choose levels that it has.")
            % {"first": first, "last": last},
        )


def _stage(level: Level) -> Stage:
    projects = list(level.projects.all())
    steps = [step for module in level.modules.all() for step in _steps(module, projects)]
    loose = [project for project in projects if project.module_id is None and project.hours]
    steps += [Step(title=project.title, hours=project.hours or Decimal()) for project in loose]
    hours = level.hours or sum((step.hours for step in steps), Decimal())
    return Stage(number=level.number, level_id=level.pk, hours=hours, steps=tuple(steps))


def _steps(module: Module, projects: Iterable[Project]) -> Iterator[Step]:
    """What the module names, and the hours it has beyond that; steps without hours are part of the one before."""
    topics = list(module.topics.all())
    parents = {topic.parent_id for topic in topics}
    leaves = [topic for topic in topics if topic.pk not in parents]
    last = leaves[-1].pk if leaves else None
    named: list[tuple[str, Decimal | None, UUID | None]] = [(leaf.title, leaf.hours, leaf.pk) for leaf in leaves]
    named += [(project.title, project.hours, last) for project in projects if project.module_id == module.pk]
    steps = [Step(title, hours, str(module), through) for title, hours, through in named if hours]
    if (unnamed := module.hours - sum(step.hours for step in steps)) > 0:
        steps.append(Step(module.title, unnamed, str(module)))
    if steps:
        steps[-1] = replace(steps[-1], through=last, ends_module=True)
    yield from steps
