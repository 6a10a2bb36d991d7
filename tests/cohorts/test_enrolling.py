from collections.abc import Callable
from datetime import date

import pytest
from django.test import Client

from accounts.models import Membership
from cohorts.history import enroll
from cohorts.models import Cohort, Enrollment
from organizations.scope import scope
from tests.cohorts.given import START, a_cohort
from tests.conftest import Cast

SignIn = Callable[[Membership | None], Client]
IMPORT = "/o/lantaarn/cohorts/rotterdam-2026/import/"


@pytest.fixture
def cohort(cast: Cast) -> Cohort:
    with scope(cast.organization.pk):
        return a_cohort(status=Cohort.Status.RUNNING)


@pytest.fixture
def enrollment(cast: Cast, cohort: Cohort) -> Enrollment:
    with scope(cast.organization.pk):
        return enroll(cohort=cohort, learner=cast.amira, by=None, effective_on=START, status="active")


def page_of(enrollment: Enrollment, page: str = "") -> str:
    return f"/o/lantaarn/learners/{enrollment.pk}/{page}"


# -- who may -----------------------------------------------------------------------------------------------------------


def test_enrolling_is_for_staff(cast: Cast, enrollment: Enrollment, sign_in: SignIn) -> None:
    pages = [IMPORT, page_of(enrollment, "status/"), page_of(enrollment, "mentor/")]

    answers = {
        name: [sign_in(getattr(cast, name)).get(page).status_code for page in pages]
        for name in ("ilse", "ada", "joris", "amira", "otto")
    }

    assert answers == {"ilse": [200] * 3, "ada": [200] * 3, "joris": [403] * 3, "amira": [403] * 3, "otto": [404] * 3}


# -- status and mentor -------------------------------------------------------------------------------------------------


def test_status_is_recorded_with_what_it_needs(cast: Cast, enrollment: Enrollment, sign_in: SignIn) -> None:
    client, url = sign_in(cast.ilse), page_of(enrollment, "status/")
    leave = {"to": "on_leave", "effective_on": "2026-10-01", "returns_on": "", "reason": "", "note": ""}

    refused = client.post(url, leave)
    assert refused.status_code == 422
    assert refused.context["form"].errors == {"returns_on": ["Enter the day on which the learner plans to return."]}

    assert client.post(url, {**leave, "returns_on": "2026-11-01"}).status_code == 302
    with scope(cast.organization.pk):
        event = enrollment.events.get(to_status="on_leave")
    assert (event.effective_on, event.returns_on, event.recorded_by_id) == (
        date(2026, 10, 1), date(2026, 11, 1), cast.ilse.pk,
    )  # fmt: skip


def test_statuses_that_follow_are_offered_and_graduation_is_not(
    cast: Cast, enrollment: Enrollment, sign_in: SignIn
) -> None:
    form = sign_in(cast.ilse).get(page_of(enrollment, "status/")).context["form"]

    assert [value for value, _label in form.fields["to"].choices] == [
        "on_leave", "withdrawn", "dismissed", "transferred",
    ]  # fmt: skip


def test_transfer_leads_to_the_other_cohort(cast: Cast, enrollment: Enrollment, sign_in: SignIn) -> None:
    with scope(cast.organization.pk):
        other = a_cohort(version=enrollment.cohort.version, name="Other")
    client, url = sign_in(cast.ilse), page_of(enrollment, "status/")
    wish = {"to": "transferred", "effective_on": "2026-10-01"}

    assert list(client.post(url, wish).context["form"].errors) == ["cohort"]
    preview = client.post(url, {**wish, "cohort": other.pk})
    assert (preview.status_code, preview.context["transfer"].cohort) == (200, other)
    response = client.post(url, {**wish, "cohort": other.pk, "step": "agree"})

    with scope(cast.organization.pk):
        there = other.enrollments.get()
        assert (there.continues, there.status) == (enrollment, "active")
    assert response["Location"] == page_of(there)


def test_history_that_is_complete_offers_nothing(cast: Cast, enrollment: Enrollment, sign_in: SignIn) -> None:
    with scope(cast.organization.pk):
        Enrollment.objects.update(status="graduated")

    assert "This history is complete" in sign_in(cast.ilse).get(page_of(enrollment, "status/")).content.decode()


def test_mentor_is_assigned_and_taken_away(cast: Cast, enrollment: Enrollment, sign_in: SignIn) -> None:
    client, url = sign_in(cast.ilse), page_of(enrollment, "mentor/")

    answers = [client.post(url, {"mentor": pk}).status_code for pk in (cast.joris.pk, cast.amira.pk)]
    with scope(cast.organization.pk):
        assert (answers, Enrollment.objects.get().mentor) == ([302, 422], cast.joris)

    client.post(url, {"mentor": ""})
    with scope(cast.organization.pk):
        assert Enrollment.objects.get().mentor is None
