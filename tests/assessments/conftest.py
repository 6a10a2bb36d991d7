"""Amira and Daan in a running cohort of two levels; Joris is Amira's mentor."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from assessments.models import Review, Submission
from assessments.reviewing import Mark, claim, decide
from assessments.submissions import submit
from cohorts.history import enroll
from cohorts.models import Cohort, Enrollment
from curriculum.models import Curriculum, CurriculumVersion, Level, Module, Project, Topic
from organizations.scope import scope
from tests.assessments.repository_host import RepositoryHost, github_pages, running_host
from tests.conftest import Cast

SUBMITTED = datetime(2026, 11, 23, 20, 14, tzinfo=UTC)
REPOSITORY = {"repository": "https://git.example/amira/rag-eval"}
PROFICIENT = {key: Mark(3) for key in ("quality", "testing", "documentation")}


@dataclass(frozen=True)
class School:
    """Level 1 has topics Loops and Files (over Paths), a capstone and a practice project; level 2 a capstone."""

    cast: Cast
    cohort: Cohort
    amira: Enrollment
    daan: Enrollment
    levels: tuple[Level, Level]
    topics: tuple[Topic, Topic]
    capstone: Project
    practice: Project
    final: Project


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with timezone.override("Europe/Amsterdam"):
        yield


@pytest.fixture
def cohort_of_two(cast: Cast) -> School:
    """Made inside the scope, which is left again: for tests of pages."""
    with scope(cast.organization.pk):
        return _found(cast)


@pytest.fixture
def school(lantaarn: Cast) -> School:
    """With Lantaarn in scope: for tests of domain functions."""
    return _found(lantaarn)


@pytest.fixture
def github(settings: Any) -> Iterator[RepositoryHost]:
    """A host that stands for github.com, with Amira's repository."""
    with running_host() as host:
        host.pages = github_pages()
        settings.REPOSITORY_HOSTS = {"github.com": f"github+{host.base}"}
        settings.REPOSITORY_TOKENS = {}
        yield host


def _found(cast: Cast) -> School:
    curriculum = Curriculum.objects.create(slug="ai", title="AI engineer")
    version = CurriculumVersion.objects.create(curriculum=curriculum, number=1, title="AI engineer")
    first = Level.objects.create(version=version, number=1, title="Foundations", hours=100)
    last = Level.objects.create(version=version, number=2, title="Engineer", hours=100)
    module = Module.objects.create(level=first, position=1, code="1.1", title="Python", hours=100)
    ending = Module.objects.create(level=last, position=1, code="2.1", title="Retrieval", hours=100)
    loops = Topic.objects.create(module=module, position=1, title="Loops", hours=20)
    files = Topic.objects.create(module=module, position=2, title="Files", hours=20)
    paths = Topic.objects.create(module=module, parent=files, position=3, title="Paths", hours=20)
    checklist = [{"text": "Reads and writes files", "depth": 0}, {"text": "Has a command line", "depth": 0}]
    capstone, practice, final = (
        Project.objects.create(
            version=version,
            level=at.level,
            module=at,
            position=position,
            kind=kind,
            title=title,
            hours=30,
            checklist=asks,
        )
        for position, (at, kind, title, asks) in enumerate(
            [
                (module, Project.Kind.MODULE_CAPSTONE, "File organizer", checklist),
                (module, Project.Kind.PRACTICE, "Data story", []),
                (ending, Project.Kind.MODULE_CAPSTONE, "Evaluation harness", []),
            ],
            start=1,
        )
    )
    cohort = Cohort.objects.create(
        slug="blended-2026", name="Blended 2026", version=version, format="blended", status=Cohort.Status.RUNNING,
        hours_per_week=30, first_level=1, last_level=2, starts_on=date(2026, 2, 2), census_on=date(2026, 2, 16),
        time_zone="Europe/Amsterdam",
    )  # fmt: skip
    amira, daan = (
        enroll(cohort=cohort, learner=learner, by=None, effective_on=date(2026, 2, 2), status=Enrollment.Status.ACTIVE)
        for learner in (cast.amira, cast.daan)
    )
    amira.mentor = cast.joris
    amira.save()
    return School(
        cast=cast, cohort=cohort, amira=amira, daan=daan, levels=(first, last), topics=(loops, paths),
        capstone=capstone, practice=practice, final=final,
    )  # fmt: skip


def queries_of(client: Client, url: str) -> int:
    """How many queries the page takes, without the savepoints and settings that a test's own transaction adds."""
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200
    return sum(
        query["sql"].startswith("SELECT") and "_config(" not in query["sql"] and "current_setting(" not in query["sql"]
        for query in captured
    )


def hand_in(school: School, **changes: Any) -> Submission:
    """An attempt of Amira's at her first capstone, unless told otherwise."""
    enrollment = changes.pop("enrollment", school.amira)
    given: dict[str, Any] = {
        "enrollment": enrollment,
        "project": school.capstone,
        "links": REPOSITORY,
        "by": enrollment.learner,
        "at": SUBMITTED,
    }
    return submit(**given | changes)


def judge(
    submission: Submission, school: School, verdict: str = "pass", at: datetime = SUBMITTED, **changes: Any
) -> Review:
    """A complete review by Joris."""
    review = claim(submission=submission, reviewer=changes.pop("reviewer", school.cast.joris), at=at)
    given: dict[str, Any] = {"scores": PROFICIENT, "summary": "Keep forty prompts apart.", "verdict": verdict}
    return decide(review=review, at=at, **given | changes)
