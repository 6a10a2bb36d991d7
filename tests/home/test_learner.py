"""The learner's first page."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from assessments.reviewing import Mark, claim, decide
from cohorts.learner_notes import write_note
from cohorts.progress import log_study
from cohorts.together import ANYTHING
from home.at_hand import AtHand
from home.learner import home_of
from organizations.scope import scope
from tests.conftest import Cast
from tests.world import World, make_world

SignIn = Callable[..., Client]
HOME = "/o/lantaarn/home/"


def test_without_an_enrollment_it_says_what_will_stand_here(cast: Cast, sign_in: SignIn) -> None:
    response = sign_in(cast.amira).get(HOME)
    assert response.context["home"] is None
    assert "Your program has not begun yet" in response.content.decode()


def test_work_that_waits_for_the_learner_comes_first(cast: Cast, sign_in: SignIn) -> None:
    world = make_world(cast)
    client = sign_in(cast.amira)
    home = client.get(HOME).context["home"]
    assert (home.project.project, home.project.status) == (world.project, "submitted")

    with scope(cast.organization.pk):
        now = timezone.now()
        review = claim(submission=world.submission, reviewer=cast.joris, at=now)
        scores = {key: Mark(2, "Show the failing case.") for key in ("quality", "testing", "documentation")}
        decide(review=review, scores=scores, summary="Keep one file apart.", verdict="changes_requested", at=now)
    response = client.get(HOME)
    assert response.context["home"].project.status == "changes_requested"
    assert "Keep one file apart." in response.content.decode()
    assert "Read the feedback and resubmit" in response.content.decode()


def test_first_free_times_of_the_mentor_can_be_booked_here(cast: Cast, sign_in: SignIn) -> None:
    make_world(cast)
    client = sign_in(cast.amira)
    slots = client.get(HOME).context["slots"]
    assert len(slots) == 5
    booked = client.post("/o/lantaarn/sessions/book/", {"start": slots[0][1].value, "agenda": "Tests"})
    assert booked.status_code == 302
    home = client.get(HOME).context["home"]
    assert home.one_on_one.starts_at - timezone.now() > timedelta(hours=23)
    assert home.one_on_one.agenda == "Tests"


def test_companions_and_attempts_cost_no_queries(cast: Cast, sign_in: SignIn) -> None:
    world = make_world(cast)
    client = sign_in(cast.daan)
    client.get(HOME)
    with CaptureQueriesContext(connection) as alone:
        client.get(HOME)
    with scope(cast.organization.pk):
        from accounts.models import Role
        from cohorts.history import enroll
        from tests.conftest import member

        for number in range(3):
            other = member(f"Learner {number}", f"learner{number}@lantaarn.example", Role.LEARNER)
            start = world.cohort.starts_on
            enroll(cohort=world.cohort, learner=other, by=cast.ilse, effective_on=start, status="active")
    with CaptureQueriesContext(connection) as together:
        client.get(HOME)
    assert len(together) == len(alone)


def test_what_is_not_asked_for_is_not_there(shared_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page says the same when it asks about everything."""
    organization, now = shared_world.cast.organization, timezone.now()
    with scope(organization.pk):
        amira, on = shared_world.enrollment, timezone.localdate(now)
        write_note(enrollment=amira, text="Well begun.", audience="learner", by=shared_world.cast.ilse)
        log_study(enrollment=amira, week=on, hours=Decimal(6), by=shared_world.cast.amira)
        told = []
        for learner in (shared_world.cast.amira, shared_world.cast.daan):
            found = home_of(learner, now=now)
            assert found is not None
            told.append((len(found.notes), found.week.hours))
            anything = AtHand(*[True] * 9, companions=found.companions, together=ANYTHING, hours=found.week.hours)
            with monkeypatch.context() as patched:
                patched.setattr("home.learner.at_hand", lambda *_any, anything=anything, **_more: anything)
                assert home_of(learner, now=now) == found
    assert told == [(1, 6.0), (0, None)]


def test_page_asks_no_more_than_it_needs(cast: Cast, sign_in: SignIn) -> None:
    """Who looks, what they finished and when there is a break is read once, whatever asks for it."""
    make_world(cast)
    client = sign_in(cast.amira)
    client.get(HOME)
    with CaptureQueriesContext(connection) as queries:
        client.get(HOME)
    asked = [
        query["sql"] for query in queries if query["sql"].startswith("SELECT ") and "set_config" not in query["sql"]
    ]
    tables = Counter(sql.partition(" FROM ")[2].partition(" ")[0].strip('"') for sql in asked)
    once = ("accounts_user", "cohorts_progressevent", "assessments_review")
    assert {table: tables[table] for table in once} == dict.fromkeys(once, 1)
    assert len(asked) <= 17
