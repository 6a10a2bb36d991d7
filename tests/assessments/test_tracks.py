"""A track's work: only that of the chosen one is taken and asked for, and what was done for another stays visible."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Membership
from assessments.errors import AssessmentError
from assessments.gates import evaluate_all
from assessments.models import Submission
from assessments.projects import projects_of
from assessments.reviewing import Mark, claim, decide
from assessments.risk import changes_unanswered
from assessments.submissions import submit, withdraw
from cohorts.errors import CohortError
from cohorts.models import Enrollment
from cohorts.path import path_of
from cohorts.progress import complete_project
from cohorts.standing import standings_of
from cohorts.thresholds import Limits
from cohorts.tracks import choose_track, has_work
from curriculum.models import Project, Track
from home.learner import home_of
from organizations.scope import scope
from tests.assessments.conftest import SUBMITTED
from tests.cohorts.given import published_version
from tests.cohorts.studying import active, finish_level, running_cohort
from tests.conftest import Cast

LINK = {"repository": "https://git.example/amira/track"}
ON, AT = date(2026, 11, 23), SUBMITTED
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with timezone.override("Europe/Amsterdam"):
        yield


def enrolled(cast: Cast) -> Enrollment:
    """Amira in two levels, the second with two tracks."""
    return active(
        running_cohort(version=published_version(tracks=("Research", "Operations"))), cast.amira, mentor=cast.joris
    )


@pytest.fixture
def amira(lantaarn: Cast) -> Enrollment:
    return enrolled(lantaarn)


def work_on(title: str) -> Project:
    return Project.objects.select_related("level", "track__level").get(track__title=title)


def choose(enrollment: Enrollment, title: str, by: Membership, *, on: date = ON, reason: str = "") -> None:
    track = Track.objects.select_related("level").get(title=title)
    path = path_of(enrollment, on=on)
    choose_track(enrollment=enrollment, track=track, path=path, by=by, on=on, at=AT, reason=reason)


def hand_in(enrollment: Enrollment, title: str) -> Submission:
    return submit(enrollment=enrollment, project=work_on(title), links=LINK, by=enrollment.learner, at=AT)


def judge(submission: Submission, reviewer: Membership, verdict: str) -> None:
    review = claim(submission=submission, reviewer=reviewer, at=AT)
    scores = {key: Mark(3) for key in ("quality", "testing", "documentation")}
    decide(review=review, scores=scores, summary="Clear.", verdict=verdict, at=AT)


def test_only_work_of_the_chosen_track_is_taken(amira: Enrollment) -> None:
    with pytest.raises(AssessmentError, match="Choose that one first"):
        hand_in(amira, "Research")
    choose(amira, "Operations", amira.learner)
    with pytest.raises(AssessmentError, match="another specialization than yours, which is Operations") as caught:
        hand_in(amira, "Research")
    assert caught.value.code == "other_track"
    assert hand_in(amira, "Operations").attempt == 1


def test_handing_in_settles_the_choice_until_it_is_withdrawn(lantaarn: Cast, amira: Enrollment) -> None:
    choose(amira, "Research", amira.learner)
    attempt = hand_in(amira, "Research")
    with pytest.raises(CohortError, match="You have handed in work for Research"):
        choose(amira, "Operations", amira.learner)
    withdraw(submission=attempt, by=amira.learner, at=AT)
    assert not has_work(amira, at=AT)
    choose(amira, "Operations", amira.learner)


def test_work_on_the_track_that_was_left_stays_visible_and_asks_nothing(lantaarn: Cast, amira: Enrollment) -> None:
    choose(amira, "Research", amira.learner)
    judge(hand_in(amira, "Research"), lantaarn.joris, "changes_requested")
    choose(amira, "Operations", lantaarn.ilse, reason="She asked")
    amira.refresh_from_db()
    tracks = [one for one in projects_of(amira, at=AT) if one.project.track_id]
    assert [(one.project.title, one.status, one.is_asked) for one in tracks] == [
        ("Research work", "changes_requested", False),
        ("Operations work", "", True),
    ]
    home = home_of(lantaarn.amira, now=AT)
    assert home is not None
    assert home.project is not None
    assert home.project.project.title == "Basics capstone"
    later = ON + 30 * DAY
    assert list(changes_unanswered(standings_of([amira], on=later), later, Limits())) == []


def test_a_gate_asks_for_a_choice_and_then_for_its_work(lantaarn: Cast, amira: Enrollment) -> None:
    def asked() -> list[tuple[str, bool, str]]:
        first, last = evaluate_all(amira, on=ON)
        assert not any("work" in each.title for each in first.requirements)
        return [(each.title, each.met, each.detail) for each in last.requirements if "work" in each.title]

    assert asked() == [
        ("The work of a specialization", False, "The learner has not chosen a specialization yet"),
    ]
    choose(amira, "Research", amira.learner)
    assert asked() == [("Research work", False, "A passing review of this project is needed")]
    judge(hand_in(amira, "Research"), lantaarn.joris, "pass")
    [(title, met, _detail)] = asked()
    assert (title, met) == ("Research work", True)
    before = evaluate_all(amira, on=ON - DAY)[1]
    assert "track" in [each.key for each in before.requirements]


def test_a_gate_without_its_track_is_not_met_by_anything_else(lantaarn: Cast, amira: Enrollment) -> None:
    for number in (1, 2):
        finish_level(amira, number)
    complete_project(enrollment=amira, project=work_on("Research"), by=None, on=ON)
    report = evaluate_all(amira, on=ON)[1]
    assert "track" in [each.key for each in report.missing]


def test_the_page_of_another_tracks_work_says_why_and_where_to_go(
    cast: Cast, sign_in: Callable[[Membership | None], Client]
) -> None:
    with scope(cast.organization.pk):
        amira = enrolled(cast)
        research, operations = work_on("Research"), work_on("Operations")
    client = sign_in(cast.amira)
    page = client.get(f"/o/lantaarn/projects/{research.pk}/").content.decode()
    assert "Choose that one first" in page
    assert 'href="/o/lantaarn/path/tracks/"' in page
    assert '<form class="panel' not in page
    with scope(cast.organization.pk):
        choose(amira, "Operations", cast.ilse)
    sent = {"repository": LINK["repository"], "tests_pass": "on", "readme_explains": "on", "nothing_secret": "on"}
    refused = client.post(f"/o/lantaarn/projects/{research.pk}/submit/", sent)
    assert refused.status_code == 422
    assert "another specialization than yours, which is Operations" in refused.content.decode()
    assert client.post(f"/o/lantaarn/projects/{operations.pk}/submit/", sent).status_code == 302


def test_attempts_show_on_the_path(cast: Cast, sign_in: Callable[[Membership | None], Client]) -> None:
    with scope(cast.organization.pk):
        amira = enrolled(cast)
        choose(amira, "Operations", cast.ilse, on=ON)
        at = datetime.combine(ON, AT.timetz())
        submit(enrollment=amira, project=work_on("Operations"), links=LINK, by=cast.amira, at=at)
    page = sign_in(cast.amira).get("/o/lantaarn/path/?level=2").content.decode()
    assert "Submitted</span>" in page
