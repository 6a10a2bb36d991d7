"""Curricula and cohorts that the tests of cohorts begin with."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from cohorts.lifecycle import change_status, create_cohort
from cohorts.models import Cohort
from curriculum.models import (
    Benchmark,
    Curriculum,
    CurriculumVersion,
    Format,
    Level,
    Module,
    Project,
    Requirement,
    Topic,
    Track,
)

NOW = datetime(2026, 9, 1, 9, 0, tzinfo=UTC)
START = date(2026, 9, 7)  # a Monday

#: Two levels of 200 hours: two modules of two topics each, then a project; the second module of each is 60 + 40.
MODULES = (("Basics", (40, 60)), ("Practice", (60, 40)))


def draft_version(
    *, levels: int = 2, modules: Sequence[tuple[str, Sequence[int]]] = MODULES, tracks: Sequence[str] = ()
) -> CurriculumVersion:
    """A version whose levels each hold these modules of (title, hours of the topics); the last one offers the tracks.

    Tracks stand in a module of their own of 50 hours.
    """
    curriculum = Curriculum.objects.create(slug=f"engineer-{Curriculum.objects.count()}", title="AI engineer")
    version = CurriculumVersion.objects.create(curriculum=curriculum, number=1, title="AI engineer")
    for number in range(1, levels + 1):
        level = Level.objects.create(
            version=version,
            number=number,
            title=f"Stage {number}",
            hours=Decimal(sum(sum(topics) for _title, topics in modules)),
        )
        for place, (title, topics) in enumerate(modules, start=1):
            module = Module.objects.create(
                level=level, position=place, code=f"{number}.{place}", title=title, hours=Decimal(sum(topics))
            )
            for position, hours in enumerate(topics, start=1):
                Topic.objects.create(
                    module=module, position=position, title=f"{title} {position}", hours=Decimal(hours)
                )
            Project.objects.create(
                version=version,
                level=level,
                module=module,
                position=number * 100 + place,
                kind=Project.Kind.MODULE_CAPSTONE,
                code=f"{number}.{place}-C",
                title=f"{title} capstone",
            )
    if tracks:
        _add_tracks(level, tracks)
    return version


def _add_tracks(level: Level, titles: Sequence[str]) -> None:
    level.hours += 50
    level.save()
    module = Module.objects.create(level=level, position=9, code=f"{level.number}.9", title="Specialization", hours=50)
    for number, title in enumerate(titles, start=1):
        track = Track.objects.create(level=level, module=module, number=number, title=title, hours=50)
        project = Project.objects.create(
            version=level.version, level=level, module=module, track=track, position=900 + number,
            kind=Project.Kind.TRACK, code=f"{module.code}-T{number}", title=f"{title} work", hours=50,
            checklist=[{"text": f"Do {title.lower()}", "depth": 0}],
        )  # fmt: skip
        Benchmark.objects.create(
            project=project, position=1, metric="papers", comparison=">=", threshold=20, unit="count"
        )


def published_version(
    *,
    levels: int = 2,
    modules: Sequence[tuple[str, Sequence[int]]] = MODULES,
    tracks: Sequence[str] = (),
    measured: bool = False,
) -> CurriculumVersion:
    """With a benchmark on its first project where that is `measured`."""
    version = draft_version(levels=levels, modules=modules, tracks=tracks)
    if measured:
        project = Project.objects.filter(version=version).order_by("position")[0]
        Benchmark.objects.create(
            project=project, position=1, metric="accuracy", comparison=">=", threshold=97, unit="%"
        )
    version.status, version.published_at = CurriculumVersion.Status.PUBLISHED, NOW
    version.save()
    return version


def requiring_version() -> CurriculumVersion:
    """A published version in which 1.2 requires 1.1, and 2.1 both: 1.2 first."""
    version = draft_version()
    modules = {module.code: module for module in Module.objects.filter(level__version=version)}
    for module, required, position in (("1.2", "1.1", 1), ("2.1", "1.2", 1), ("2.1", "1.1", 2)):
        Requirement.objects.create(module=modules[module], required=modules[required], position=position)
    version.status, version.published_at = CurriculumVersion.Status.PUBLISHED, NOW
    version.save()
    return version


def a_cohort(*, version: CurriculumVersion | None = None, status: str = Cohort.Status.PLANNED, **values: Any) -> Cohort:
    """Two levels of 200 hours at 20 hours a week from Monday 7 September 2026: twenty weeks, blended."""
    options: dict[str, Any] = {
        "name": "Rotterdam 2026",
        "version": version or published_version(),
        "format": Format.BLENDED,
        "hours_per_week": Decimal(20),
        "first_level": 1,
        "last_level": 2,
        "starts_on": START,
        "time_zone": "Europe/Amsterdam",
        "by": None,
        "at": NOW,
        **values,
    }
    cohort = create_cohort(**options)
    for step in (Cohort.Status.ENROLLING, Cohort.Status.RUNNING, Cohort.Status.COMPLETED):
        if cohort.status != status:
            change_status(cohort=cohort, to=step, effective_on=cohort.starts_on, by=None)
    return cohort
