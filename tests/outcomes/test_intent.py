from collections.abc import Callable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Membership
from cohorts.models import Enrollment
from organizations.scope import scope
from outcomes.collecting.intent import declare_intent, intents_of
from outcomes.errors import OutcomeError
from outcomes.measuring.metrics import AsOf
from outcomes.models import JobIntent, TargetKey
from tests.conftest import Cast
from tests.outcomes.given import a_cohort, day, enrolled, graduate

SignIn = Callable[[Membership | None], Client]
URL = "/o/lantaarn/after-the-program/"


@pytest.fixture
def young(cast: Cast) -> Enrollment:
    """Amira, in a cohort whose census date is in four days."""
    with scope(cast.organization.pk):
        cohort = a_cohort(starts_on=timezone.localdate() - timedelta(days=10))
        found = enrolled(cohort, learner=cast.amira)
        Enrollment.objects.filter(pk=found.pk).update(status="active", status_since=cohort.starts_on)
    return found


def test_learner_is_asked_and_may_change_it(cast: Cast, young: Enrollment, sign_in: SignIn) -> None:
    client = sign_in(cast.amira)
    asked = client.get("/o/lantaarn/", follow=True).content.decode()
    for word in ("yes", "no"):
        assert client.post(URL, {"seeks_job": word}).status_code == 302
    after = client.get("/o/lantaarn/", follow=True).content.decode()

    assert (URL in asked, URL in after) == (True, False)
    with scope(cast.organization.pk):
        assert [row.seeks_job for row in intents_of(young)] == [False, True]
        assert Enrollment.objects.get(pk=young.pk).seeks_job is False


@pytest.mark.parametrize("data", [{}, {"seeks_job": "perhaps"}])
def test_bad_answer_is_refused(cast: Cast, young: Enrollment, sign_in: SignIn, data: dict[str, str]) -> None:
    assert sign_in(cast.amira).post(URL, data).status_code == 422
    with scope(cast.organization.pk):
        assert not JobIntent.objects.exists()


def test_staff_record_it_for_them(cast: Cast, young: Enrollment, sign_in: SignIn) -> None:
    sign_in(cast.ilse).post(f"/o/lantaarn/learners/{young.pk}/after-the-program/", {"seeks_job": "no"})

    with scope(cast.organization.pk):
        assert JobIntent.objects.get().recorded_by_id == cast.ilse.pk


@pytest.mark.parametrize("language", ["en", "nl"])
def test_census_date_fixes_it(cast: Cast, young: Enrollment, sign_in: SignIn, language: str) -> None:
    with scope(cast.organization.pk):
        young.cohort.census_on = young.cohort.starts_on
        young.cohort.save()
    cast.amira.user.language = language
    cast.amira.user.save()
    client = sign_in(cast.amira)
    refused = client.post(URL, {"seeks_job": "no"})

    said = {"en": "cannot be changed after it", "nl": "kan daarna niet worden gewijzigd"}[language]
    assert refused.status_code == 422
    assert said in refused.content.decode()
    assert 'type="radio"' not in client.get(URL).content.decode()
    with scope(cast.organization.pk):
        assert not JobIntent.objects.exists()


def test_it_can_be_declared_to_the_end_of_the_census_date(lantaarn: Cast) -> None:
    """On the cohort's clock, which is Amsterdam's."""
    enrollment = enrolled(a_cohort())
    census = enrollment.cohort.census_on
    last = datetime(census.year, census.month, census.day, 23, 59, tzinfo=ZoneInfo("Europe/Amsterdam"))
    declare_intent(enrollment=enrollment, seeks_job=False, by=lantaarn.ilse, at=last)

    with pytest.raises(OutcomeError):
        declare_intent(enrollment=enrollment, seeks_job=True, by=lantaarn.ilse, at=last + timedelta(minutes=1))
    assert [row.seeks_job for row in intents_of(enrollment)] == [False]


def test_who_declared_not_to_seek_is_left_out_of_placement(lantaarn: Cast) -> None:
    found = graduate(a_cohort(), 600)
    noon = datetime.combine(date(2024, 1, 8), datetime.min.time(), tzinfo=ZoneInfo("UTC"))
    declare_intent(enrollment=found, seeks_job=False, by=lantaarn.ilse, at=noon)

    assert AsOf(day(900)).measure(TargetKey.PLACEMENT).counts.excluded == 1
