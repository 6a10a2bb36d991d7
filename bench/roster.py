"""The roster of 5,000 learners, a page of it at a time, against the raw roster of the same 5,000 in the same run."""

import httpx
from django.core.management import call_command

from bench.known import analyze
from bench.pages import Page, cohort_of, compare, report, server
from organizations.models import Organization
from organizations.scope import scope

LEARNERS = 5000
GOAL = 8


def measure() -> None:
    call_command("migrate", verbosity=0)
    call_command("demonstrate")
    organization = Organization.objects.get(slug="lantaarn")
    with scope(organization.pk):
        cohort = cohort_of(LEARNERS)
    analyze()
    limit = f"/limit/{organization.pk}/{cohort.pk}/"
    here, ilse = "/o/lantaarn", "ilse@lantaarn.example"
    pages = [
        Page("roster of 5,000, first page", f"{here}/learners/?cohort={cohort.pk}&sort=name", GOAL, ilse, limit),
        Page("roster of 5,000, searched", f"{here}/learners/?q=learner+49&sort=-hours", GOAL, ilse, limit),
        Page("cohort page, 5,000 learners", f"{here}/cohorts/{cohort.slug}/", GOAL, ilse, limit),
    ]
    with server() as address, httpx.Client(base_url=address, timeout=120) as client:
        for page in pages:
            report(page, *compare(client, page))
