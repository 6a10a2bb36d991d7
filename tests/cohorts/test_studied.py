"""Study hours against curriculum hours, and the taps that log them."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Membership
from cohorts.errors import CohortError
from cohorts.models import Enrollment, StudyLog
from cohorts.path import path_of
from cohorts.progress import add_study, correct_study, credit_topic, log_study
from cohorts.studied import Finished, modules_studied, studied_of, study_of
from organizations.scope import scope
from tests.cohorts.given import START
from tests.cohorts.studying import TODAY, active, finish, running_cohort, topics_of
from tests.conftest import Cast

SignIn = Callable[[Membership | None], Client]
WEEK = timedelta(weeks=1)
HOME, PATH = "/o/lantaarn/home/", "/o/lantaarn/path/"
ADD = "/o/lantaarn/path/hours/add/"
A, B, C = (UUID(int=number) for number in (1, 2, 3))

weeks = st.dictionaries(st.integers(0, 60).map(lambda number: START + number * WEEK), st.integers(0, 168), max_size=30)
parts = st.lists(
    st.builds(
        lambda day, hours: Finished(uuid4(), START + timedelta(days=day), hours),
        st.integers(0, 420),
        st.integers(0, 90),
    ),
    max_size=12,
)


@pytest.fixture(autouse=True)
def monday(monkeypatch: pytest.MonkeyPatch) -> None:
    noon = datetime(TODAY.year, TODAY.month, TODAY.day, 11, 0, tzinfo=UTC)
    monkeypatch.setattr("django.utils.timezone.now", lambda: noon)


@pytest.fixture
def amira(cast: Cast) -> Enrollment:
    with scope(cast.organization.pk):
        return active(running_cohort(), cast.amira, mentor=cast.joris)


def this_week(cast: Cast, enrollment: Enrollment, week: date = TODAY) -> float | None:
    with scope(cast.organization.pk):
        return study_of(enrollment, on=TODAY, weeks=1).said.get(week)


# -- what the hours were for -------------------------------------------------------------------------------------------


def test_hours_are_laid_on_what_is_finished_next_by_planned_hours() -> None:
    finished = [
        Finished(A, START + timedelta(days=3), 30), Finished(B, START + timedelta(days=4), 10),
        Finished(C, START + 3 * WEEK, 20),
    ]  # fmt: skip
    logged = {START: 20.0, START + WEEK: 8.0, START + 3 * WEEK: 4.0, START + 4 * WEEK: 6.0}
    studied = studied_of(finished, logged)
    assert (dict(studied.by_part), studied.ahead) == ({A: 15.0, B: 5.0, C: 12.0}, 6.0)


@given(finished=parts, logged=weeks)
def test_every_hour_that_was_logged_is_laid_somewhere_once(finished: list[Finished], logged: dict[date, float]) -> None:
    studied = studied_of(finished, logged)
    assert sum(studied.by_part.values()) + studied.ahead == pytest.approx(sum(logged.values()))
    assert all(hours >= 0 for hours in studied.by_part.values())


def test_modules_tell_study_hours_beside_those_finished_by_work(cast: Cast, amira: Enrollment) -> None:
    with scope(cast.organization.pk):
        first, second, *_ = topics_of(amira.cohort)
        finish(amira, [first], on=TODAY)
        credit_topic(enrollment=amira, topic=second, by=cast.ilse, on=TODAY, evidence="Diploma")
        log_study(enrollment=amira, week=TODAY - WEEK, hours=Decimal(30), by=amira.learner)
        log_study(enrollment=amira, week=TODAY, hours=Decimal(20), by=amira.learner)
        rows = modules_studied(path_of(amira, on=TODAY), study_of(amira, on=TODAY, weeks=1))
        assert [(row.module.code, row.studied, row.earned) for row in rows] == [("1.1", 50.0, 40.0), ("1.2", 0.0, 0.0)]


# -- logging by taps ---------------------------------------------------------------------------------------------------


def test_taps_add_up_and_are_taken_back(cast: Cast, amira: Enrollment) -> None:
    with scope(cast.organization.pk):
        for hours in (4, 2, -2):
            add_study(enrollment=amira, week=TODAY, hours=Decimal(hours), by=amira.learner, on=TODAY)
        assert StudyLog.objects.count() == 3
    assert this_week(cast, amira) == 4.0


def test_week_cannot_come_to_less_than_nothing_or_more_than_it_has(cast: Cast, amira: Enrollment) -> None:
    with scope(cast.organization.pk):
        log_study(enrollment=amira, week=TODAY, hours=Decimal(167), by=amira.learner)
        for hours in (2, -168):
            with pytest.raises(CohortError) as refused:
                add_study(enrollment=amira, week=TODAY, hours=Decimal(hours), by=amira.learner, on=TODAY)
            assert refused.value.code == "study_hours_out_of_range"
    assert this_week(cast, amira) == 167.0


def test_tap_brings_back_what_the_week_comes_to_and_an_undo(cast: Cast, amira: Enrollment, sign_in: SignIn) -> None:
    client = sign_in(cast.amira)
    sent = {"add": "2", "week": TODAY.isoformat(), "back": "home"}
    fragment = " ".join(client.post(ADD, sent, headers={"HX-Request": "true"}).content.decode().split())
    assert fragment.startswith('<div class="stack gap-s" id="study">')
    assert ("2 h</b> this week" in fragment, 'value="-2"' in fragment) == (True, True)


@pytest.mark.parametrize(("back", "page"), [("home", HOME), ("path", PATH), ("elsewhere", PATH)])
def test_without_a_script_a_tap_leads_back(
    cast: Cast, amira: Enrollment, sign_in: SignIn, back: str, page: str
) -> None:
    client = sign_in(cast.amira)
    sent = {"add": "4", "week": TODAY.isoformat(), "back": back}
    if back == "elsewhere":
        assert client.post(ADD, sent)["Location"] == f"{PATH}#study"
        return
    assert client.post(ADD, sent)["Location"] == f"{page}#study"
    assert "4 h</b> this week" in " ".join(client.get(page).content.decode().split())


@pytest.mark.parametrize("add", ["", "x", "NaN", "1e9", "13", "-13", "0.001"])
def test_tap_with_garbage_changes_nothing(cast: Cast, amira: Enrollment, sign_in: SignIn, add: str) -> None:
    sent = {"add": add, "week": TODAY.isoformat(), "back": "path"}
    answer = sign_in(cast.amira).post(ADD, sent, headers={"HX-Request": "true"})
    assert (answer.status_code, this_week(cast, amira)) == (422, None)


# -- staff set it right ------------------------------------------------------------------------------------------------


def test_staff_correct_a_week_with_a_reason(cast: Cast, amira: Enrollment, sign_in: SignIn) -> None:
    client, url = sign_in(cast.ilse), f"/o/lantaarn/learners/{amira.pk}/study/"
    sent = {"week": (TODAY - 30 * WEEK).isoformat(), "hours": "12", "reason": "On paper until now"}
    assert client.post(url, {**sent, "reason": ""}).status_code == 422
    assert client.post(url, {**sent, "hours": "169"}).status_code == 422
    assert client.post(url, {**sent, "week": (TODAY + WEEK).isoformat()}).status_code == 422
    assert client.post(url, sent).status_code == 302
    with scope(cast.organization.pk):
        row = StudyLog.objects.get()
    assert (row.week, row.hours, row.reason, row.recorded_by_id) == (
        TODAY - 30 * WEEK, 12, "On paper until now", cast.ilse.pk,
    )  # fmt: skip


def test_nothing_is_corrected_before_the_first_day(cast: Cast) -> None:
    with scope(cast.organization.pk):
        enrolled = active(running_cohort(), cast.daan)
        Enrollment.objects.filter(pk=enrolled.pk).update(status="enrolled")
        with pytest.raises(CohortError) as refused:
            correct_study(enrollment=enrolled, week=TODAY, hours=Decimal(1), by=cast.ilse, on=TODAY, reason="Told me")
    assert refused.value.code == "enrollment_not_started"
