"""Pages over HTTP: each against a limit on the same server, in turn, so that the machine's mood is shared."""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import httpx
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.cached_db import SessionStore
from django.core.management import call_command
from django.utils import timezone

from accounts.models import Membership, Role, User
from bench.known import analyze
from cohorts.lifecycle import change_status, create_cohort
from cohorts.models import Cohort, Enrollment, EnrollmentEvent
from config.embedded import free_port
from curriculum.models import CurriculumVersion
from home.demonstration.loading import insert
from organizations.models import Organization
from organizations.scope import scope

ROUNDS = 60
LEARNERS = 100


@dataclass(frozen=True)
class Page:
    name: str
    path: str
    goal: float
    email: str
    limit: str
    is_fragment: bool = False


def measure() -> None:
    call_command("migrate", verbosity=0)
    call_command("demonstrate")
    organization = Organization.objects.get(slug="lantaarn")
    with scope(organization.pk):
        cohort = cohort_of(LEARNERS)
        one = f"/limit/{organization.pk}/"
        roster = f"{one}{cohort.pk}/"
        unread = Membership.objects.with_unread().get(user__email="ilse@lantaarn.example").unread
    analyze()
    here, ilse = "/o/lantaarn", "ilse@lantaarn.example"
    whole, listed = f"{here}/cohorts/{cohort.slug}/", f"{here}/api/cohorts/{cohort.slug}/roster/?page_size=100"
    pages = [
        Page("cohort page, 100 learners", whole, 8, ilse, roster),
        Page("its roster as a fragment", whole, 3, ilse, roster, is_fragment=True),
        Page("its roster from the API", listed, 3, ilse, f"{roster}json/"),
        Page("learner home", f"{here}/home/", 5, "amira@lantaarn.example", roster),
        Page("mentor week", f"{here}/week/", 5, "joris@lantaarn.example", roster),
        Page("unread count, unchanged", f"{here}/notifications/bell/?shown={unread}", 2, ilse, one),
        Page("health", "/health/", 2, ilse, one),
    ]
    with server() as address, httpx.Client(base_url=address, timeout=30) as client:
        for page in pages:
            report(page, *compare(client, page))


def cohort_of(learners: int) -> Cohort:
    """A running cohort with so many active learners, made when missing."""
    found = Cohort.objects.filter(slug=f"bench-{learners}").first()
    if found is not None:
        return found
    starts_on = timezone.localdate() - timedelta(days=70)
    cohort = create_cohort(
        name=f"Bench {learners}", version=CurriculumVersion.objects.published().get(), format="blended",
        hours_per_week=Decimal(25), first_level=1, last_level=5, starts_on=starts_on,
        time_zone="Europe/Amsterdam", by=None, at=timezone.now(),
    )  # fmt: skip
    for status in (Cohort.Status.ENROLLING, Cohort.Status.RUNNING):
        cohort = change_status(cohort=cohort, to=status, effective_on=timezone.localdate(), by=None)
    users = User.objects.bulk_create(
        User(email=f"bench{n}.of{learners}@lantaarn.example", name=f"Learner {n}") for n in range(learners)
    )
    members = Membership.objects.bulk_create(
        Membership(user=user, name=user.name, roles=[Role.LEARNER], joined_at=timezone.now()) for user in users
    )
    seat = {"cohort": cohort, "version_id": cohort.version_id, "status": "active", "status_since": starts_on}
    enrollments = [Enrollment(learner=member, **seat) for member in members]
    insert(enrollments)
    insert(EnrollmentEvent(enrollment=e, sequence=1, to_status="active", effective_on=starts_on) for e in enrollments)
    return cohort


@contextmanager
def server() -> Iterator[str]:
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{port}", "--workers", "1",
               "--threads", "2", "--worker-class", "gthread", "--log-level", "warning"]  # fmt: skip
    process = subprocess.Popen(command, env=dict(os.environ), cwd=Path(settings.BASE_DIR))
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(200):
            try:
                httpx.get(f"{address}/health/", timeout=2)
                break
            except httpx.HTTPError:
                time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait()


def _session(email: str) -> str:
    """A signed-in session of that person, as the cookie's value."""
    user = User.objects.get(email=email)
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return str(session.session_key)


def compare(client: httpx.Client, page: Page) -> tuple[list[float], list[float]]:
    """Milliseconds of the page and of the limit, in turn; the first rounds only warm up."""
    cookies = {settings.SESSION_COOKIE_NAME: _session(page.email)}
    headers = {"HX-Request": "true"} if page.is_fragment else {}
    times: tuple[list[float], list[float]] = ([], [])
    for round_ in range(ROUNDS + 5):
        for path, taken in ((page.path, times[0]), (page.limit, times[1])):
            began = time.perf_counter()
            response = client.get(path, cookies=cookies, headers=headers)
            if not response.is_success:
                sys.exit(f"{path} answered {response.status_code}")
            if round_ >= 5:
                taken.append(1000 * (time.perf_counter() - began))
    return times


def report(page: Page, taken: list[float], limit: list[float]) -> None:
    ratio = statistics.median(a / b for a, b in zip(taken, limit, strict=True))
    verdict = "within" if ratio <= page.goal else "over"
    print(
        f"{page.name:<28} {statistics.median(taken):7.1f} ms   limit {statistics.median(limit):5.1f} ms   "
        f"×{ratio:.1f}   {verdict} the goal of ×{page.goal:g}"
    )
