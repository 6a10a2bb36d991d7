"""Cohorts and learners with histories that the tests of outcomes begin with, written straight into the tables.

Days are counted from the cohort's start, Monday 1 January 2024; the census date is day 14.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import count
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

from accounts.models import Membership, Role, User
from assessments.models import LevelDecision, LinkCheck, Review, Rubric, Submission, SubmissionLink
from cohorts.models import Cohort, Enrollment, EnrollmentEvent, ProgressEvent
from curriculum.models import Benchmark, Curriculum, CurriculumVersion, Format, Level, Project, Track
from outcomes.measuring.metrics import AsOf
from outcomes.models import Placement

START = date(2024, 1, 1)
LEVELS = 5
Status = Enrollment.Status

_numbers = count(1)


def day(number: int) -> date:
    return START + timedelta(days=number)


def noon(number: int) -> datetime:
    return datetime.combine(day(number), time(12), tzinfo=UTC)


def a_version(
    *, levels: int = LEVELS, capstones: bool = True, tracks: Iterable[str] = (), measured: Iterable[int] = ()
) -> CurriculumVersion:
    """A published version with one module capstone in each level, and these tracks in the last.

    Capstones of the levels that are `measured` have a benchmark.
    """
    number = next(_numbers)
    curriculum = Curriculum.objects.create(slug=f"engineer-{number}", title="AI engineer")
    version = CurriculumVersion.objects.create(curriculum=curriculum, number=1, title="AI engineer")
    for position in range(1, levels + 1):
        level = Level.objects.create(version=version, number=position, title=f"Stage {position}", hours=Decimal(100))
        if capstones:
            Project.objects.create(
                version=version,
                level=level,
                position=position,
                kind=Project.Kind.MODULE_CAPSTONE,
                title=f"Capstone {position}",
            )
    for project in Project.objects.filter(version=version, level__number__in=list(measured)):
        Benchmark.objects.create(
            project=project, position=1, metric="accuracy", comparison=">=", threshold=97, unit="%"
        )
    for number, title in enumerate(tracks, start=1):
        track = Track.objects.create(level=level, number=number, title=title)
        Project.objects.create(
            version=version, level=level, track=track, position=levels + number, kind=Project.Kind.TRACK, title=title
        )
    CurriculumVersion.objects.filter(pk=version.pk).update(
        status=CurriculumVersion.Status.PUBLISHED, published_at=noon(-30)
    )
    return CurriculumVersion.objects.get(pk=version.pk)


def a_cohort(version: CurriculumVersion | None = None, *, starts_on: date = START, **values: Any) -> Cohort:
    """A running cohort of five levels at 20 hours a week whose census date is two weeks after its start."""
    number = next(_numbers)
    options = {
        "slug": f"cohort-{number}",
        "name": f"Cohort {number}",
        "format": Format.BLENDED,
        "status": Cohort.Status.RUNNING,
        "hours_per_week": Decimal(20),
        "starts_on": starts_on,
        "census_on": Cohort.default_census(starts_on),
        "time_zone": "Europe/Amsterdam",
        **values,
    }
    return Cohort.objects.create(version=version or a_version(), **options)


def a_member(name: str = "", *roles: Role) -> Membership:
    number = next(_numbers)
    user = User.objects.create(email=f"person{number}@lantaarn.example", password="!")
    name = name or f"Learner {number:04}"
    return Membership.objects.create(user=user, name=name, roles=list(roles or (Role.LEARNER,)), joined_at=noon(0))


def enrolled(
    cohort: Cohort,
    *moves: tuple[str, int] | tuple[str, int, dict[str, Any]],
    learner: Membership | None = None,
    levels: Iterable[tuple[int, int]] = (),
    **values: Any,
) -> Enrollment:
    """A learner active from day 0 on with these moves (status, day) after it, and passes as (level, day)."""
    seat = {"cohort": cohort, "version_id": cohort.version_id, "learner": learner or a_member()}
    enrollment = Enrollment.objects.create(**seat, **values)
    for move in (("active", 0), *moves):
        record(enrollment, *move)
    for number, on in levels:
        decide(enrollment, number, on)
    return enrollment


def record(enrollment: Enrollment, to: str, on: int, extra: dict[str, Any] | None = None) -> EnrollmentEvent:
    """Add an event to a history, whatever the rules of cohorts say of it."""
    leaving: dict[str, Any] = {"reason": "work"} if to in ("withdrawn", "dismissed") else {}
    if to == "graduated":
        leaving = {"decision": uuid4()}
    return EnrollmentEvent.objects.create(
        enrollment=enrollment,
        sequence=EnrollmentEvent.objects.filter(enrollment=enrollment).count() + 1,
        to_status=to,
        effective_on=day(on),
        **{**leaving, **(extra or {})},
    )


def decide(enrollment: Enrollment, number: int, on: int, outcome: str = "passed") -> LevelDecision:
    level = Level.objects.get(version=enrollment.version_id, number=number)
    reason = "Copied work" if outcome == "revoked" else ""
    return LevelDecision.objects.create(
        enrollment=enrollment, level=level, outcome=outcome, effective_on=day(on), override_reason=reason
    )


def graduate(cohort: Cohort, on: int = 600, **values: Any) -> Enrollment:
    return enrolled(cohort, ("graduated", on), **values)


def placed(enrollment: Enrollment, status: str, on: int, **values: Any) -> Placement:
    """A placement that began on that day, with a contract as evidence and a relevant role in field."""
    options = {
        "is_relevant": status.startswith("1"),
        "evidence": "" if status == "3A" else "contract",
        "evidence_on": None if status == "3A" else day(on),
        **values,
    }
    return Placement.objects.create(enrollment=enrollment, status=status, effective_on=day(on), **options)


def finished(enrollment: Enrollment, number: int, on: int, kind: str = "completed") -> ProgressEvent:
    """The capstone of that level, reported as completed, credited or reopened."""
    return ProgressEvent.objects.create(
        enrollment=enrollment,
        project=_capstone(enrollment, number),
        kind=kind,
        hours=Decimal(10),
        effective_on=day(on),
        evidence="Seen" if kind == "credited" else "",
    )


def reviewed(
    enrollment: Enrollment,
    number: int,
    on: int,
    verdict: str,
    *,
    attempt: int = 1,
    repository: str = "",
    deployment: str = "",
    answers: str | None = "reachable",
) -> Submission:
    """An attempt at the capstone of that level with its verdict, and links that answered so on that day."""
    submission = Submission.objects.create(
        enrollment=enrollment, project=_capstone(enrollment, number), attempt=attempt, submitted_at=noon(on)
    )
    reviewer, _ = Membership.objects.get_or_create(
        name="Reviewer",
        defaults={
            "user": User.objects.get_or_create(email="reviewer@lantaarn.example", defaults={"password": "!"})[0],
            "roles": [Role.MENTOR],
            "joined_at": noon(0),
        },
    )
    rubric, _ = Rubric.objects.get_or_create(title="Default", version=1)
    Review.objects.create(
        submission=submission,
        reviewer=reviewer,
        rubric=rubric,
        verdict=verdict,
        claimed_at=noon(on),
        claim_expires_at=noon(on + 3),
        submitted_at=noon(on),
        is_final=True,
    )
    for kind, url in (("repository", repository), ("deployment", deployment)):
        if url:
            link = SubmissionLink.objects.create(submission=submission, kind=kind, url=url, normalized_url=url)
            if answers:
                LinkCheck.objects.create(link=link, outcome=answers, checked_at=noon(on))
    return submission


def _capstone(enrollment: Enrollment, number: int) -> Project:
    return Project.objects.get(version=enrollment.version_id, level__number=number, track=None)


def projects_on(on: date, learner: Enrollment) -> SimpleNamespace:
    """The counts of their projects as of that day."""
    known = AsOf(on)
    row = known.roster.row_of[learner.pk.bytes]
    return SimpleNamespace(**{name: int(counts[row]) for name, counts in vars(known.projects).items()})
