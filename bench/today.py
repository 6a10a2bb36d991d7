"""The staff's first page with 200 cohorts, and how long it takes to work out who needs a person in all of them."""

import time
from datetime import timedelta
from decimal import Decimal

import httpx
from django.core.management import call_command
from django.utils import timezone

from accounts.models import Membership, Role, User
from bench.pages import Page, compare, report, server
from cohorts.models import Cohort, Enrollment, EnrollmentEvent, Flag, Milestone
from cohorts.tasks import refresh_organization_flags
from curriculum.models import CurriculumVersion, Level
from home.demonstration.loading import insert
from organizations.models import Organization
from organizations.scope import scope

COHORTS, LEARNERS = 200, 26
GOAL = 10


def measure() -> None:
    call_command("migrate", verbosity=0)
    call_command("demonstrate")
    organization = Organization.objects.get(slug="lantaarn")
    with scope(organization.pk):
        first = _cohorts()
    began = time.perf_counter()
    refresh_organization_flags(str(organization.pk))
    taken = time.perf_counter() - began
    with scope(organization.pk):
        people = Enrollment.objects.enrolled_now().count()
        flags = Flag.objects.count()
    print(f"who needs a person, {people} learners: {taken:.1f} s, {1000 * taken / people:.2f} ms each; {flags} reasons")
    limit = f"/limit/{organization.pk}/{first.pk}/"
    page = Page("today, 200 cohorts", "/o/lantaarn/today/", GOAL, "ilse@lantaarn.example", limit)
    with server() as address, httpx.Client(base_url=address, timeout=30) as client:
        report(page, *compare(client, page))


def _cohorts() -> Cohort:
    """Running cohorts with a milestone a week, of which a third of the learners never began; made when missing."""
    found = Cohort.objects.filter(slug="bench-today-0").first()
    if found is not None:
        return found
    on, version = Organization.in_scope().today(), CurriculumVersion.objects.published().get()
    level = Level.objects.filter(version=version).order_by("number")[0]
    starts_on = on - timedelta(days=20)
    cohorts = [
        Cohort(
            slug=f"bench-today-{n}", name=f"Bench today {n}", version=version, format="blended", status="running",
            hours_per_week=Decimal(25), starts_on=starts_on, census_on=starts_on + timedelta(days=14),
            time_zone="Europe/Amsterdam",
        )
        for n in range(COHORTS)
    ]  # fmt: skip
    insert(cohorts)
    insert(
        Milestone(
            cohort=cohort, position=week + 1, kind="topic", title=f"Week {week + 1}", level=level,
            through_hours=Decimal(25 * (week + 1)), due_on=starts_on + timedelta(weeks=week + 1),
        )
        for cohort in cohorts
        for week in range(8)
    )  # fmt: skip
    users = User.objects.bulk_create(
        User(email=f"today{n}@lantaarn.example", name=f"Learner {n}") for n in range(COHORTS * LEARNERS)
    )
    members = Membership.objects.bulk_create(
        Membership(user=user, name=user.name, roles=[Role.LEARNER], joined_at=timezone.now()) for user in users
    )
    enrollments = [
        Enrollment(
            cohort=cohorts[n % COHORTS], learner=member, version=version, status="active",
            status_since=starts_on if n % 3 == 0 else on - timedelta(days=5),
        )
        for n, member in enumerate(members)
    ]  # fmt: skip
    insert(enrollments)
    insert(
        EnrollmentEvent(enrollment=one, sequence=1, to_status="active", effective_on=one.status_since or starts_on)
        for one in enrollments
    )
    return cohorts[0]
