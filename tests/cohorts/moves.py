"""Versions to move between: what the tests about moving begin with."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from django.db.models import F

from accounts.models import Membership
from cohorts.models import Cohort, VersionMove
from cohorts.move_plan import MovePlan, Subject, plan_move
from cohorts.moving import day_of, move, plan_undo, undo
from cohorts.path import Path
from cohorts.version_map import Pair, nodes_of
from curriculum.models import CurriculumVersion, Level, Module, Project, Topic, Track

#: In the eleventh week of the cohorts of `studying`.
AT = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def copy_of(version: CurriculumVersion, *, published: bool = True) -> tuple[CurriculumVersion, dict[UUID, UUID]]:
    """The next version of the same curriculum with the same tree, and which node became which."""
    number = CurriculumVersion.objects.filter(curriculum=version.curriculum).count() + 1
    new = CurriculumVersion.objects.create(curriculum=version.curriculum, number=number, title=version.title)
    became: dict[UUID, UUID] = {}
    for model, within, parents in [
        (Level, {"version": version}, ["version"]),
        (Module, {"level__version": version}, ["level"]),
        (Topic, {"module__level__version": version}, ["module", "parent"]),
        (Track, {"level__version": version}, ["level", "module"]),
        (Project, {"version": version}, ["version", "level", "module", "track"]),
    ]:
        became[version.pk] = new.pk
        rows = model.objects.filter(**within).order_by("pk")
        if model is Topic:  # those that others refer to first
            rows = rows.order_by(F("parent").asc(nulls_first=True), "pk")
        for row in rows:
            values = {field.attname: getattr(row, field.attname) for field in model._meta.concrete_fields}
            for parent in parents:
                values[f"{parent}_id"] = became.get(values[f"{parent}_id"])
            del values["id"], values["organization_id"]
            became[row.pk] = model.objects.create(**values).pk
    if published:
        CurriculumVersion.objects.filter(pk=new.pk).update(status="published", published_at=AT)
    return CurriculumVersion.objects.get(pk=new.pk), became


def pairs_by(became: dict[UUID, UUID], old: CurriculumVersion, *, without: Iterable[UUID] = ()) -> list[Pair]:
    """Each node with what it became, leaving some out."""
    return [
        Pair(node.kind, node.id, became[node.id])
        for node in nodes_of(old).all
        if node.id in became and node.id not in set(without)
    ]


def planned(subject: Subject, to: CurriculumVersion, pairs: Iterable[Pair], *, at: datetime = AT) -> MovePlan:
    return plan_move(subject=subject, to=to, pairs=pairs, today=day_of(subject, at))


def go(
    subject: Subject,
    to: CurriculumVersion,
    pairs: Iterable[Pair],
    *,
    by: Membership | None = None,
    at: datetime = AT,
    key: UUID | None = None,
) -> VersionMove:
    """Move as somebody who agreed to what they saw; the subject is brought up to date."""
    pairs = list(pairs)
    plan = planned(subject, to, pairs, at=at)
    made = move(
        subject=subject, to=to, pairs=pairs, leaving=subject.version_id, agreed=plan.digest, key=key, by=by, at=at
    )
    fresh(subject)
    return made


def back(subject: Subject, *, by: Membership | None = None, at: datetime = AT) -> VersionMove:
    plan = plan_undo(subject=subject, today=day_of(subject, at))
    made = undo(subject=subject, agreed=plan.digest, key=None, by=by, at=at)
    fresh(subject)
    return made


def fresh(subject: Subject) -> None:
    subject.refresh_from_db()
    if not isinstance(subject, Cohort):
        subject.cohort = Cohort.objects.get(pk=subject.cohort_id)


def told(path: Path) -> list[tuple[str, str, date | None]]:
    """What stands on the path: title, state and day of everything that is done."""
    return [(part.title, part.state, part.done_on) for level in path.levels for part in level.parts if part.is_done]


def milestones(cohort: Cohort) -> list[dict[str, object]]:
    return list(cohort.milestones.order_by("pk").values())


def numbers(path: Path) -> tuple[float, ...]:
    one = path.standing
    return one.earned, one.credited, one.earned_planned, one.level, one.level_earned, one.gained, path.planned
