from datetime import timedelta

import pytest
from django.utils import timezone

from cohorts.history import enroll, record_status
from cohorts.models import Cohort, Enrollment
from cohorts.tasks import refresh_all_statuses, refresh_organization_statuses
from organizations.scope import scope
from tests.cohorts.given import a_cohort
from tests.conftest import Cast


def test_planned_leave_takes_effect_on_its_day(cast: Cast) -> None:
    today = timezone.localdate()
    with scope(cast.organization.pk):
        cohort = a_cohort(status=Cohort.Status.RUNNING)
        enrollment = enroll(
            cohort=cohort, learner=cast.amira, by=None, effective_on=today - timedelta(days=9), status="active"
        )
        record_status(
            enrollment=enrollment, to="on_leave", effective_on=today - timedelta(days=2), by=None,
            returns_on=today + timedelta(days=9), at=timezone.now() - timedelta(days=5),
        )  # fmt: skip
        assert Enrollment.objects.get().status == "active"

    refresh_organization_statuses(str(cast.organization.pk))

    with scope(cast.organization.pk):
        assert Enrollment.objects.get().status == "on_leave"


def test_every_organization_has_a_task_of_its_own(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[str] = []
    monkeypatch.setattr(refresh_organization_statuses, "delay", started.append)

    refresh_all_statuses()

    assert set(started) == {str(cast.organization.pk), str(cast.elsewhere.pk)}
