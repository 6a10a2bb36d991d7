"""Credit for what a learner could do before: granted for many topics and projects at once, on evidence, and taken back.

A topic or project is credited by a fact like the one that finishing it leaves, so that it counts for hours and gates.
What is done already keeps the fact it has: crediting a module is crediting its open topics one by one.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import Membership
from cohorts.errors import CohortError
from cohorts.models import Enrollment, ProgressEvent
from cohorts.pacing import check_date
from cohorts.path import Path, PathPart, path_of
from cohorts.progress import locked
from cohorts.touching import touch
from curriculum.models import Project, Topic

Kind = ProgressEvent.Kind
Status = Enrollment.Status
#: Credit may be given before the first day: that is when it is mostly asked for.
CREDITABLE = (Status.ENROLLED, Status.ACTIVE)


@dataclass(frozen=True, kw_only=True)
class Grant:
    """What was credited in one go and still is: who saw what evidence, from when it counts, and for which parts."""

    by: Membership | None
    on: date
    at: datetime
    evidence: str
    parts: tuple[PathPart, ...]

    @property
    def hours(self) -> float:
        return sum(part.hours for part in self.parts)


@dataclass(frozen=True, kw_only=True)
class LevelEffect:
    """What credit makes of a level, in the hours of the program: `earned` of `hours`, with `added` of it new."""

    number: int
    added: float
    earned: float
    hours: float


def grant_credit(
    *,
    enrollment: Enrollment,
    topics: Sequence[Topic] = (),
    projects: Sequence[Project] = (),
    by: Membership | None,
    on: date,
    at: datetime,
    evidence: str,
) -> list[ProgressEvent]:
    """Credit all of that which is open, or nothing; returns the new facts. As many queries for a hundred as for one.

    Topics come with their module and level, projects with their level. Raises CohortError `credit_needs_evidence`,
    `nothing_chosen`, `nothing_to_credit`, `enrollment_not_active`, `topic_not_in_path`, `topic_has_subtopics`,
    `project_not_in_path`, `progress_out_of_order`, `date_out_of_range`.
    """
    with transaction.atomic():
        facts = propose_credit(
            enrollment=locked(enrollment), topics=topics, projects=projects, by=by, on=on, at=at, evidence=evidence
        )
        touch(enrollment.pk)
        return ProgressEvent.objects.bulk_create(facts)


def propose_credit(
    *,
    enrollment: Enrollment,
    topics: Sequence[Topic] = (),
    projects: Sequence[Project] = (),
    by: Membership | None,
    on: date,
    at: datetime,
    evidence: str,
) -> list[ProgressEvent]:
    """The facts that `grant_credit` would record, with all it checks; nothing is written."""
    if not evidence.strip():
        raise CohortError("credit_needs_evidence", _("Say what shows that the learner knows this already."))
    if not topics and not projects:
        raise CohortError("nothing_chosen", _("Choose at least one module, topic or project."))
    check_date(on)
    _check_creditable(enrollment)
    _check_topics(enrollment, topics)
    for project in projects:
        walks = project.version_id == enrollment.version_id and enrollment.walks(project.level.number)
        if not walks or project.track_id not in (None, enrollment.track_id):
            raise CohortError(
                "project_not_in_path", _("This project is not in this cohort's levels. Choose one that is.")
            )
    latest = _latest(enrollment)
    facts = []
    chosen: list[Topic | Project] = [*topics, *projects]
    for part in dict.fromkeys(chosen):
        last = latest.get(part.pk)
        if last is not None and last.kind != Kind.REOPENED:
            continue
        _check_order(last, part.title, on)
        fact = ProgressEvent(
            enrollment=enrollment, kind=Kind.CREDITED, hours=part.hours or Decimal(), effective_on=on,
            evidence=evidence.strip(), recorded_by=by, recorded_at=at,
        )  # fmt: skip
        setattr(fact, "topic" if isinstance(part, Topic) else "project", part)
        facts.append(fact)
    if not facts:
        raise CohortError("nothing_to_credit", _("All of that is done already. Choose something that is open."))
    return facts


def take_back(
    *, enrollment: Enrollment, parts: Collection[UUID], by: Membership | None, on: date, at: datetime, reason: str
) -> list[ProgressEvent]:
    """Open those topics and projects again, whose credit was a mistake; the credit and the reason stay on record.

    Raises CohortError `reason_needed`, `nothing_chosen`, `not_credited`, `enrollment_not_active`,
    `progress_out_of_order`, `date_out_of_range`.
    """
    if not reason.strip():
        raise CohortError("reason_needed", _("Write why the credit is taken back. The learner can read it."))
    if not parts:
        raise CohortError("nothing_chosen", _("Choose at least one module, topic or project."))
    check_date(on)
    with transaction.atomic():
        enrollment = locked(enrollment)
        _check_creditable(enrollment)
        latest = _latest(enrollment)
        facts = []
        for part_id in dict.fromkeys(parts):
            last = latest.get(part_id)
            if last is None or last.kind != Kind.CREDITED:
                raise CohortError("not_credited", _("This is not credited any more. Look at the list again."))
            _check_order(last, str(last.topic or last.project), on)
            facts.append(
                ProgressEvent(
                    enrollment=enrollment,
                    topic_id=last.topic_id,
                    project_id=last.project_id,
                    kind=Kind.REOPENED,
                    hours=last.hours,
                    effective_on=on,
                    evidence=reason.strip(),
                    recorded_by=by,
                    recorded_at=at,
                )
            )
        touch(enrollment.pk)
        return ProgressEvent.objects.bulk_create(facts)


def grants_on(path: Path, events: Iterable[ProgressEvent]) -> list[Grant]:
    """The credit that stands on a path, the latest first. `events` are all of the enrollment, with their recorders."""
    parts = {part.id: part for level in path.levels for part in level.parts if part.is_credited}
    grants: dict[tuple[object, ...], list[ProgressEvent]] = {}
    for event in sorted(events, key=_age, reverse=True):
        if event.kind == Kind.CREDITED and event.effective_on <= path.on and event.part_id in parts:
            key = (event.recorded_at, event.recorded_by_id, event.effective_on, event.evidence)
            grants.setdefault(key, []).append(event)
    found, told = [], set[UUID]()
    for granted in grants.values():
        standing = [parts[event.part_id] for event in granted if event.part_id and event.part_id not in told]
        told |= {part.id for part in standing}
        if standing:
            first = granted[0]
            found.append(
                Grant(
                    by=first.recorded_by,
                    on=first.effective_on,
                    at=first.recorded_at,
                    evidence=first.evidence,
                    parts=tuple(reversed(standing)),
                )
            )
    return found


def effects_of(path: Path, events: Iterable[ProgressEvent], facts: Iterable[ProgressEvent]) -> list[LevelEffect]:
    """What those new facts would make of the levels that they touch."""
    after = path_of(path.enrollment, on=path.on, events=[*events, *facts])
    return [
        LevelEffect(number=new.number, added=new.earned - old.earned, earned=new.earned, hours=new.hours)
        for old, new in zip(path.levels, after.levels, strict=True)
        if new.done != old.done
    ]


def _age(event: ProgressEvent) -> tuple[date, datetime, UUID]:
    return event.effective_on, event.recorded_at, event.pk


def _latest(enrollment: Enrollment) -> dict[UUID, ProgressEvent]:
    """The latest fact about each topic and project."""
    rows = (
        ProgressEvent.objects.filter(enrollment=enrollment)
        .order_by("topic", "project", "-effective_on", "-recorded_at", "-pk")
        .distinct("topic", "project")
        .select_related("topic", "project")
    )
    return {row.part_id: row for row in rows if row.part_id is not None}


def _check_creditable(enrollment: Enrollment) -> None:
    if enrollment.status not in CREDITABLE:
        raise CohortError(
            "enrollment_not_active",
            _("Credit is for learners who are enrolled or active, and this one is not: %(status)s.")
            % {"status": enrollment.get_status_display().lower()},
        )


def _check_topics(enrollment: Enrollment, topics: Sequence[Topic]) -> None:
    for topic in topics:
        level = topic.module.level
        if level.version_id != enrollment.version_id or not enrollment.walks(level.number):
            raise CohortError("topic_not_in_path", _("This topic is not in this cohort's levels. Choose one that is."))
    if topics and Topic.objects.filter(parent__in=topics).exists():
        raise CohortError("topic_has_subtopics", _("This topic is done when those under it are. Choose one of those."))


def _check_order(last: ProgressEvent | None, title: str, on: date) -> None:
    if last is not None and on < last.effective_on:
        raise CohortError(
            "progress_out_of_order",
            _("The last change to “%(title)s” took effect on %(date)s. Choose that day or a later one.")
            % {"title": title, "date": date_format(last.effective_on, "j F Y", use_l10n=False)},
        )
