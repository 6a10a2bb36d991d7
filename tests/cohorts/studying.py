"""Learners at work: what the tests about progress, paths, rosters and risk begin with."""

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal

from accounts.models import Membership
from cohorts.history import enroll
from cohorts.models import Cohort, Enrollment
from cohorts.progress import complete_project, complete_topic, log_study
from curriculum.models import Curriculum, CurriculumVersion, Level, Module, Project, Topic
from tests.cohorts.given import NOW, START, a_cohort

#: A Monday, eleven weeks after the start.
TODAY = date(2026, 11, 23)


def running_cohort(**values: object) -> Cohort:
    """Two levels of 200 hours at 20 hours a week since 7 September 2026."""
    return a_cohort(status=Cohort.Status.RUNNING, **values)


def uneven_cohort() -> Cohort:
    """Level 1 takes 100 hours: "Algebra" holds 30 and 50, "Calculus" names none, so 20 of the module are not named.

    Level 2 takes 50 hours of which the plan names nothing but a final capstone.
    """
    curriculum = Curriculum.objects.create(slug="uneven", title="Uneven")
    version = CurriculumVersion.objects.create(curriculum=curriculum, number=1, title="Uneven")
    first = Level.objects.create(version=version, number=1, title="First", hours=100)
    module = Module.objects.create(level=first, position=1, code="1.1", title="Mathematics", hours=100)
    algebra = Topic.objects.create(module=module, position=1, title="Algebra", hours=90)
    Topic.objects.create(module=module, parent=algebra, position=2, title="Vectors", hours=30)
    Topic.objects.create(module=module, parent=algebra, position=3, title="Matrices", hours=50)
    Topic.objects.create(module=module, position=4, title="Calculus")
    last = Level.objects.create(version=version, number=2, title="Last", hours=50)
    Module.objects.create(level=last, position=1, code="2.1", title="Specialization", hours=50)
    Project.objects.create(version=version, level=last, position=1, kind=Project.Kind.FINAL_CAPSTONE, title="Capstone")
    version.status, version.published_at = CurriculumVersion.Status.PUBLISHED, NOW
    version.save()
    return running_cohort(version=version)


def active(cohort: Cohort, learner: Membership, *, since: date = START, mentor: Membership | None = None) -> Enrollment:
    return enroll(
        cohort=cohort,
        learner=learner,
        by=None,
        effective_on=since,
        status=Enrollment.Status.ACTIVE,
        mentor=mentor,
    )


def topics_of(cohort: Cohort) -> list[Topic]:
    """All topics in the order of the path: 40, 60, 60 and 40 hours in each level."""
    topics = Topic.objects.filter(module__level__version=cohort.version).select_related("module__level")
    return list(topics.order_by("module__level__number", "module__position", "position"))


def projects_of(cohort: Cohort) -> list[Project]:
    return list(Project.objects.filter(version=cohort.version).select_related("level").order_by("position"))


def finish(enrollment: Enrollment, topics: Iterable[Topic], *, on: date = TODAY) -> None:
    for topic in topics:
        complete_topic(enrollment=enrollment, topic=topic, by=enrollment.learner, on=on)


def finish_level(enrollment: Enrollment, number: int, *, on: date = TODAY) -> None:
    finish(enrollment, [topic for topic in topics_of(enrollment.cohort) if topic.module.level.number == number], on=on)
    for project in projects_of(enrollment.cohort):
        if project.level.number == number:
            complete_project(enrollment=enrollment, project=project, by=None, on=on)


def log(enrollment: Enrollment, hours: int, *, weeks: int = 4, until: date = TODAY) -> None:
    """The same hours in each of the last complete weeks before `until`."""
    for back in range(1, weeks + 1):
        log_study(
            enrollment=enrollment, week=until - timedelta(weeks=back), hours=Decimal(hours), by=enrollment.learner
        )
