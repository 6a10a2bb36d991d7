"""The pages about how learners get on: who sees them, what they say and do, and what they cost."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Membership
from cohorts import panels
from cohorts.flags import refresh_flags
from cohorts.history import enroll, record_status
from cohorts.lifecycle import change_status
from cohorts.models import Cohort, Enrollment, ProgressEvent, StudyLog
from cohorts.outline import outline_of
from cohorts.panels import Panel
from cohorts.progress import complete_project, credit_topic
from curriculum.models import Topic
from organizations.scope import scope
from tests.cohorts.given import START, a_cohort, requiring_version
from tests.cohorts.studying import TODAY, active, finish, log, projects_of, running_cohort, topics_of
from tests.conftest import Cast

SignIn = Callable[[Membership | None], Client]
OVERVIEW = "/o/lantaarn/cohorts/rotterdam-2026/"
HTMX = {"HX-Request": "true"}
pytestmark = pytest.mark.usefixtures("without_apps_above")


@pytest.fixture(autouse=True)
def monday(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is noon in Amsterdam on the day that the other tests call TODAY."""
    noon = datetime(TODAY.year, TODAY.month, TODAY.day, 11, 0, tzinfo=UTC)
    monkeypatch.setattr("django.utils.timezone.now", lambda: noon)


@pytest.fixture
def amira(cast: Cast) -> Enrollment:
    """Active in a running cohort, with Joris as her mentor and her first topic done."""
    with scope(cast.organization.pk):
        enrollment = active(running_cohort(), cast.amira, mentor=cast.joris)
        finish(enrollment, topics_of(enrollment.cohort)[:1])
        outline_of(enrollment.cohort.version)
    return enrollment


@pytest.fixture
def topics(cast: Cast, amira: Enrollment) -> list[Topic]:
    with scope(cast.organization.pk):
        return topics_of(amira.cohort)


def text(response: HttpResponse) -> str:
    return " ".join(response.content.decode().split())


def facts(cast: Cast) -> list[tuple[str, str]]:
    with scope(cast.organization.pk):
        return list(ProgressEvent.objects.order_by("recorded_at").values_list("kind", "topic__title"))


# -- overview ----------------------------------------------------------------------------------------------------------


def test_overview_shows_where_everyone_is_and_who_needs_a_person(
    cast: Cast, amira: Enrollment, sign_in: SignIn
) -> None:
    page = text(sign_in(cast.ilse).get(OVERVIEW))
    for words in ("Where everyone is", "1 in level 1", "Needs a person this week", "planned hours since 26 October"):
        assert words in page
    assert f'href="/o/lantaarn/learners/{amira.pk}/"' in page
    assert 'href="mailto:amira@lantaarn.example"' in page


def test_overview_without_learners_says_what_to_do(cast: Cast, sign_in: SignIn) -> None:
    with scope(cast.organization.pk):
        running_cohort()
    assert "Nobody is on the roster yet" in text(sign_in(cast.ilse).get(OVERVIEW))


def test_cohort_whose_start_has_come_says_that_it_waits_to_run(cast: Cast, sign_in: SignIn) -> None:
    with scope(cast.organization.pk):
        cohort = a_cohort(starts_on=TODAY)
        enroll(cohort=cohort, learner=cast.amira, by=None, effective_on=TODAY)
    staff, learner = text(sign_in(cast.ilse).get(OVERVIEW)), text(sign_in(cast.amira).get("/o/lantaarn/path/"))
    assert "The start date is here and the cohort is not running" in staff
    assert "once your program team starts the cohort" in learner
    with scope(cast.organization.pk):
        for step in (Cohort.Status.ENROLLING, Cohort.Status.RUNNING):
            change_status(cohort=cohort, to=step, effective_on=TODAY, by=None)
    assert "The start date is here" not in text(sign_in(cast.ilse).get(OVERVIEW))
    assert "once your program team" not in text(sign_in(cast.amira).get("/o/lantaarn/path/"))


def test_mentors_see_their_own_learners_only(cast: Cast, amira: Enrollment, sign_in: SignIn) -> None:
    with scope(cast.organization.pk):
        active(amira.cohort, cast.daan)
    page = text(sign_in(cast.joris).get(OVERVIEW))
    assert "Amira Haddad" in page
    assert "Daan Kuiper" not in page
    assert "Change status" not in page


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["Amira Haddad", "Daan Kuiper"]),
        ("?q=daan", ["Daan Kuiper"]),
        ("?sort=-name", ["Daan Kuiper", "Amira Haddad"]),
        ("?level=2", []),
        ("?level=x&mentor=y&status=z&sort=q&page=99", ["Amira Haddad", "Daan Kuiper"]),
    ],
)
def test_the_roster_answers_addresses_as_page_and_as_fragment(
    cast: Cast, amira: Enrollment, sign_in: SignIn, query: str, names: list[str]
) -> None:
    with scope(cast.organization.pk):
        log(active(amira.cohort, cast.daan), 20)
    client = sign_in(cast.ilse)
    whole, fragment = client.get(OVERVIEW + query), client.get(OVERVIEW + query, headers=HTMX)
    shown = [re.findall('aria-label="Select ([^"]+)"', "".join(each.context["rows"])) for each in (whole, fragment)]
    assert shown == [names, names]
    assert "<html" not in text(fragment)
    assert 'hx-swap-oob="true"' in text(fragment)
    assert "HX-Request" in whole["Vary"]


def test_the_sorted_column_says_so(cast: Cast, amira: Enrollment, sign_in: SignIn) -> None:
    page = text(sign_in(cast.ilse).get(OVERVIEW + "?sort=name"))
    assert page.count("aria-sort=") == 1
    assert '<th scope="col" aria-sort="ascending"><a href="?sort=-name#roster"' in page


def test_export_is_a_file_for_staff(cast: Cast, amira: Enrollment, sign_in: SignIn) -> None:
    response = sign_in(cast.ilse).get(OVERVIEW + "roster.csv")
    assert response["Content-Disposition"] == 'attachment; filename="rotterdam-2026-2026-11-23.csv"'
    assert b"Amira Haddad,amira@lantaarn.example" in b"".join(response.streaming_content)  # type: ignore[attr-defined]


# -- the page of one learner -------------------------------------------------------------------------------------------


def test_the_learner_page_tells_both_dates_of_the_history(cast: Cast, amira: Enrollment, sign_in: SignIn) -> None:
    with scope(cast.organization.pk):
        record_status(
            enrollment=amira, to="on_leave", effective_on=START + timedelta(days=30), by=cast.ilse, note="Moving",
            returns_on=TODAY - timedelta(days=3),
        )  # fmt: skip
        refresh_flags(enrollments=[amira.pk], on=TODAY)
    page = text(sign_in(cast.ilse).get(f"/o/lantaarn/learners/{amira.pk}/"))
    for words in ("40 of 400 hours", "7 Oct 2026", "Moving", "Leave ended 3 days ago", "Ilse Brouwer"):
        assert words in page


def test_apps_above_add_panels(cast: Cast, amira: Enrollment, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    def context(enrollment: Enrollment, viewer: Membership, now: datetime) -> dict[str, Any] | None:
        return {"reasons": []} if viewer.is_staff else None

    panels.register(Panel(key="weather", title="Weather", template="cohorts/_reasons.html", context=context))
    monkeypatch.setattr(panels, "_panels", dict(panels._panels))
    url = f"/o/lantaarn/learners/{amira.pk}/"
    assert '<h2 id="weather-h">Weather</h2>' in text(sign_in(cast.ilse).get(url))
    assert "Weather" not in text(sign_in(cast.joris).get(url))


def test_staff_correct_progress_with_a_reason(
    cast: Cast, amira: Enrollment, topics: list[Topic], sign_in: SignIn
) -> None:
    url = f"/o/lantaarn/learners/{amira.pk}/progress/"
    client = sign_in(cast.ilse)
    assert "Basics 1 (done)" in text(client.get(url))
    sent = {"topic": topics[1].pk, "action": "credit", "on": TODAY.isoformat(), "reason": "Diploma of 2024"}
    assert client.post(url, sent).status_code == 302
    assert facts(cast) == [("completed", "Basics 1"), ("credited", "Basics 2")]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"reason": ""}, "Fill in “Reason or evidence”."),
        ({"on": "2026-11-24"}, "Choose today or an earlier day"),
        ({"on": "2026-11-01"}, "The last change here took effect on 23 November 2026"),
    ],
)
def test_a_wrong_correction_is_refused_with_the_fix(
    cast: Cast, amira: Enrollment, topics: list[Topic], sign_in: SignIn, change: dict[str, str], message: str
) -> None:
    sent = {"topic": topics[0].pk, "action": "reopen", "on": TODAY.isoformat(), "reason": "By mistake", **change}
    response = sign_in(cast.ilse).post(f"/o/lantaarn/learners/{amira.pk}/progress/", sent)
    assert (response.status_code, message in text(response)) == (422, True)


# -- the learner's own path --------------------------------------------------------------------------------------------


def test_the_path_shows_what_is_next(cast: Cast, amira: Enrollment, sign_in: SignIn) -> None:
    page = text(sign_in(cast.amira).get("/o/lantaarn/path/"))
    for words in ("40 of 400 hours", "You are here, 20%", "Next, in module 1.1, Basics (1 of 3 done)", "Mark done<"):
        assert words in page
    assert page.count(">: Basics 2<") == 2  # in its place and at the top of the page, where one tap finishes it
    assert "Basics 1" in page
    assert 'id="level-2"' in page


def test_without_a_cohort_the_path_says_why_it_is_empty(cast: Cast, sign_in: SignIn) -> None:
    assert "You are not in a cohort yet" in text(sign_in(cast.daan).get("/o/lantaarn/path/"))


def test_a_tap_marks_a_topic_and_another_takes_it_back(
    cast: Cast, amira: Enrollment, topics: list[Topic], sign_in: SignIn
) -> None:
    client, url = sign_in(cast.amira), f"/o/lantaarn/path/topics/{topics[1].pk}/"
    response = client.post(url, {"done": "1"})
    assert response["Location"] == f"/o/lantaarn/path/?level=1&module={topics[1].module_id}#part-{topics[1].pk}"
    client.post(url, {"done": "0"})
    assert facts(cast) == [("completed", "Basics 1"), ("completed", "Basics 2"), ("reopened", "Basics 2")]


def test_with_htmx_the_line_and_the_sums_come_back(
    cast: Cast, amira: Enrollment, topics: list[Topic], sign_in: SignIn
) -> None:
    response = sign_in(cast.amira).post(f"/o/lantaarn/path/topics/{topics[1].pk}/", {"done": "1"}, headers=HTMX)
    fragment = text(response)
    assert fragment.startswith(f'<li id="row-{topics[1].pk}">')
    for words in ("100 of 400 hours", "2 of 3 done", "Undo"):
        assert words in fragment


def test_modules_link_to_what_they_require_and_follow_it(cast: Cast, sign_in: SignIn) -> None:
    with scope(cast.organization.pk):
        enrollment = active(running_cohort(version=requiring_version()), cast.amira)
        first, second, third, *_ = topics_of(enrollment.cohort)
        complete_project(enrollment=enrollment, project=projects_of(enrollment.cohort)[0], by=None, on=TODAY)
        finish(enrollment, [first])
    client, module = sign_in(cast.amira), first.module_id
    link = f'<a href="?level=1&amp;module={module}#module-{module}">1.1 Basics</a>'

    page = text(client.get("/o/lantaarn/path/"))
    changed = text(client.post(f"/o/lantaarn/path/topics/{second.pk}/", {"done": "1"}, headers=HTMX))
    printed = text(client.get("/o/lantaarn/path/?print=1"))

    at = f'<p class="small" id="requires-{third.module_id}"'
    said = page.partition(f"{at}>")[2].partition("</p>")[0]
    assert (link in said, "not done yet" in said, "> done<" in said) == (True, True, False)
    said = changed.partition(f'{at} hx-swap-oob="true">')[2].partition("</p>")[0]
    assert (link in said, "not done yet" in said, "> done<" in said) == (True, False, True)
    assert (link in printed, printed.count("<span>1.1 Basics <span")) == (False, 2)


def test_credit_cannot_be_undone_by_the_learner(
    cast: Cast, amira: Enrollment, topics: list[Topic], sign_in: SignIn
) -> None:
    with scope(cast.organization.pk):
        credit_topic(enrollment=amira, topic=topics[1], by=cast.ilse, on=TODAY, evidence="Diploma")
    client = sign_in(cast.amira)
    page = text(client.post(f"/o/lantaarn/path/topics/{topics[1].pk}/", {"done": "0"}, follow=True))
    assert "This topic was credited to you" in page
    assert facts(cast)[-1] == ("credited", "Basics 2")


def test_hours_of_a_week_are_recorded(cast: Cast, amira: Enrollment, sign_in: SignIn) -> None:
    client = sign_in(cast.amira)
    response = client.post("/o/lantaarn/path/hours/", {"week": "2026-11-16", "hours": "12.5"}, follow=True)
    assert "Your hours of that week are recorded" in text(response)
    with scope(cast.organization.pk):
        assert [(log.week.isoformat(), str(log.hours)) for log in StudyLog.objects.all()] == [("2026-11-16", "12.50")]


@pytest.mark.parametrize("sent", [{"week": "2026-11-16", "hours": "200"}, {"week": "2020-01-06", "hours": "2"}, {}])
def test_wrong_hours_come_back_with_what_was_typed(
    cast: Cast, amira: Enrollment, sign_in: SignIn, sent: dict[str, str]
) -> None:
    response = sign_in(cast.amira).post("/o/lantaarn/path/hours/", sent)
    assert response.status_code == 422
    assert sent.get("hours", "") in text(response)


def test_on_leave_the_path_is_to_read(cast: Cast, amira: Enrollment, sign_in: SignIn) -> None:
    with scope(cast.organization.pk):
        record_status(
            enrollment=amira, to="on_leave", effective_on=TODAY, by=None, returns_on=TODAY + timedelta(days=30)
        )
    page = text(sign_in(cast.amira).get("/o/lantaarn/path/"))
    assert "Your status is: on leave" in page
    assert "Mark done" not in page


# -- who may -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("cohorts/rotterdam-2026/", {"ilse": 200, "ada": 200, "joris": 200, "amira": 403, "otto": 404}),
        ("cohorts/rotterdam-2026/roster.csv", {"ilse": 200, "ada": 200, "joris": 403, "amira": 403, "otto": 404}),
        ("learners/{}/", {"ilse": 200, "ada": 200, "joris": 200, "amira": 403, "otto": 404}),
        ("learners/{}/progress/", {"ilse": 200, "ada": 200, "joris": 403, "amira": 403, "otto": 404}),
        ("path/", {"ilse": 403, "ada": 403, "joris": 403, "amira": 200, "otto": 404}),
    ],
)
def test_pages_open_to_the_right_people(
    cast: Cast, amira: Enrollment, sign_in: SignIn, path: str, expected: dict[str, int]
) -> None:
    url = f"/o/lantaarn/{path.format(amira.pk)}"
    assert {who: sign_in(getattr(cast, who)).get(url).status_code for who in expected} == expected


def test_mentors_do_not_open_learners_of_others(cast: Cast, amira: Enrollment, sign_in: SignIn) -> None:
    with scope(cast.organization.pk):
        daan = active(amira.cohort, cast.daan)
    assert sign_in(cast.joris).get(f"/o/lantaarn/learners/{daan.pk}/").status_code == 404


def test_nobody_marks_topics_for_somebody_else(
    cast: Cast, amira: Enrollment, topics: list[Topic], sign_in: SignIn
) -> None:
    assert sign_in(cast.daan).post(f"/o/lantaarn/path/topics/{topics[1].pk}/", {"done": "1"}).status_code == 404
    assert sign_in(cast.ilse).post(f"/o/lantaarn/path/topics/{topics[1].pk}/", {"done": "1"}).status_code == 403
    assert len(facts(cast)) == 1


# -- what it costs -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "path", "htmx", "most"),
    [
        ("ilse", "cohorts/rotterdam-2026/", False, 23),
        ("ilse", "cohorts/rotterdam-2026/", True, 14),
        ("ilse", "learners/{}/", False, 14),  # with what stands out and stood out before
        ("amira", "path/", False, 12),
    ],
)
def test_pages_take_a_few_queries_however_many_learners(
    cast: Cast, amira: Enrollment, topics: list[Topic], sign_in: SignIn, who: str, path: str, htmx: bool, most: int
) -> None:
    client, url = sign_in(getattr(cast, who)), f"/o/lantaarn/{path.format(amira.pk)}"

    def queries() -> int:
        """Those that read, without setting the scope: a test sets it back as well, and adds savepoints."""
        with CaptureQueriesContext(connection) as captured:
            assert client.get(url, headers=HTMX if htmx else {}).status_code == 200
        asked = [query["sql"].strip() for query in captured if "app.organization_id" not in query["sql"]]
        return sum(sql.startswith(("SELECT", "WITH")) for sql in asked)

    queries()
    one = queries()
    with scope(cast.organization.pk):
        finish(amira, topics[1:4])
        for learner in (cast.daan, cast.joris):
            learner.roles = ["learner"]
            learner.save()
            log(active(amira.cohort, learner), 20)
    queries()  # brings the rows of the roster up to date
    assert (one, one <= most) == (queries(), True)
