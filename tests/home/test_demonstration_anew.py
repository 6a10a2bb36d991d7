"""The demonstration in an empty database: the same one each time, or nothing."""

from unittest.mock import patch

import pytest
from django.db import transaction

from accounts.models import User
from cohorts.models import Enrollment
from home.demonstration.loading import load
from organizations.models import Organization
from organizations.scope import scope
from tests.home.test_demonstration import NOW, cut_down

pytestmark = pytest.mark.django_db


def test_the_same_seed_tells_the_same_lives() -> None:
    def told() -> list[tuple[str, str, int, int]]:
        with transaction.atomic():
            load(password="welcome", now=NOW, say=lambda _text: None, stories=[cut_down()])
            with scope(Organization.objects.get().pk):
                rows = Enrollment.objects.order_by("external_id", "learner__name").select_related("learner")
                lives = [
                    (row.learner.name, row.status, row.progress_events.count(), row.submissions.count()) for row in rows
                ]
            transaction.set_rollback(True)
        return lives

    with patch("home.demonstration.loading.take_snapshots"):
        first, second = told(), told()
    assert len(first) == 41
    assert first == second


def test_a_load_that_fails_leaves_nothing() -> None:
    with (
        patch("home.demonstration.loading.refresh_statuses", side_effect=RuntimeError("out of paper")),
        pytest.raises(RuntimeError, match="out of paper"),
    ):
        load(password="welcome", now=NOW, say=lambda _text: None, stories=[cut_down()])
    assert (Organization.objects.count(), User.objects.count()) == (0, 0)
