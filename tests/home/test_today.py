"""The staff's first page: everything that needs a person stands on it, and what was dealt with does not."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Membership
from assessments.models import PeerReview, PeerRound, Rubric, Submission
from cohorts.flags import refresh_flags, watched
from cohorts.history import record_status
from cohorts.models import Break, Cohort, Enrollment, Flag, Milestone, Snooze, Threshold
from curriculum.models import Project
from home.due import days_due, due_page
from home.today import changes_of, today_of
from mentoring.models import Mentor, OneOnOne
from organizations.scope import scope
from tests.cohorts.studying import TODAY, active, finish, log, running_cohort, topics_of
from tests.conftest import Cast

DAY = timedelta(days=1)
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
PAGE = "/o/lantaarn/today/"
HTMX = {"HX-Request": "true"}
SignIn = Callable[[Membership | None], Client]


@pytest.fixture(autouse=True)
def _monday(monkeypatch: pytest.MonkeyPatch) -> None:
    """Monday 23 November 2026 at nine in the morning, for the pages."""
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)


@pytest.fixture
def cohort(cast: Cast) -> Cohort:
    with scope(cast.organization.pk):
        return running_cohort(lead=cast.ilse)


@pytest.fixture
def amira(cast: Cast, cohort: Cohort) -> Enrollment:
    """Never started: four reasons."""
    with scope(cast.organization.pk):
        enrollment = active(cohort, cast.amira, mentor=cast.joris)
        refresh_flags(enrollments=watched(), on=TODAY)
    return enrollment


def text(response: object) -> str:
    return " ".join(response.content.decode().split())  # type: ignore[attr-defined]


def test_staff_read_who_needs_them_why_and_since_when(cast: Cast, amira: Enrollment, sign_in: SignIn) -> None:
    page = text(sign_in(cast.ilse).get(PAGE))
    for words in (
        "Monday 23 November", "Amira Haddad", "mentor Joris Hoekema", "Not started: nothing in 77 days",
        "since 7 Sep 2026", "No 1-on-1 yet in 77 days", f"/learners/{amira.pk}/book/", "mailto:amira@lantaarn.example",
    ):  # fmt: skip
        assert words in page


def test_with_nothing_to_do_the_page_says_so(cast: Cast, sign_in: SignIn) -> None:
    page = text(sign_in(cast.ilse).get(PAGE))
    for words in (
        "Done for today", "Nothing waits for anybody.", "Nothing is due in the coming seven days.",
        "Nothing was recorded.",
    ):  # fmt: skip
        assert words in page


def test_the_coming_week_holds_what_falls_in_it(lantaarn: Cast) -> None:
    cohort = running_cohort()
    Milestone.objects.filter(cohort=cohort).delete()
    level = topics_of(cohort)[0].module.level
    for place, (title, kind, days) in enumerate(
        (("Past", "topic", -1), ("Basics", "topic", 0), ("Level 1", "gate", 6), ("Later", "topic", 7)), start=1
    ):
        Milestone.objects.create(
            cohort=cohort, position=place, kind=kind, title=title, level=level, through_hours=Decimal(40),
            due_on=TODAY + days * DAY,
        )  # fmt: skip
    Break.objects.create(name="Winter", starts_on=TODAY + 2 * DAY, ends_on=TODAY + 9 * DAY)
    amira = active(cohort, lantaarn.amira)
    record_status(enrollment=amira, to="on_leave", effective_on=TODAY, by=None, returns_on=TODAY + 3 * DAY)
    next_one = running_cohort(name="Next", starts_on=TODAY + DAY, census_on=TODAY + 4 * DAY)
    Cohort.objects.filter(pk=next_one.pk).update(status="enrolling")
    found = [
        (day.on, due.kind, due.title, due.cohort) for day in days_due(first=TODAY, cohorts=None) for due in day.first
    ]
    assert found == [
        (TODAY, "topic", "Basics", "Rotterdam 2026"),
        (TODAY + DAY, "start", "", "Next"),
        (TODAY + 2 * DAY, "break", "Winter", None),
        (TODAY + 3 * DAY, "return", "Amira Haddad", "Rotterdam 2026"),
        (TODAY + 4 * DAY, "census", "", "Next"),
        (TODAY + 6 * DAY, "gate", "Level 1", "Rotterdam 2026"),
    ]
    mine = days_due(first=TODAY, cohorts=Cohort.objects.filter(pk=next_one.pk))
    assert [due.kind for day in mine for due in day.first] == ["start", "break", "census"]


def test_a_day_with_much_due_shows_the_first_and_leads_to_all_of_it(
    cast: Cast, cohort: Cohort, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("home.due.PER_PAGE", 4)
    with scope(cast.organization.pk):
        Milestone.objects.filter(cohort=cohort).delete()
        level = topics_of(cohort)[0].module.level
        for place, day in enumerate([TODAY] * 7 + [TODAY + DAY], start=1):
            Milestone.objects.create(
                cohort=cohort, position=place, kind="topic", title=f"Part {place}", level=level,
                through_hours=Decimal(40), due_on=day,
            )  # fmt: skip
        found = days_due(first=TODAY, cohorts=None)
        assert [(day.on, len(day.first), day.more) for day in found] == [(TODAY, 5, 2), (TODAY + DAY, 1, 0)]
        pages = [due_page(first=TODAY, cohorts=None, page=number) for number in ("1", "2")]
        assert [[(day.on, len(day.first)) for day in one.due] for one in pages] == [
            [(TODAY, 4)], [(TODAY, 3), (TODAY + DAY, 1)],
        ]  # fmt: skip
        assert due_page(first=TODAY, cohorts=None, day="2026-11-24").page.paginator.count == 1
    client, all_of_it = sign_in(cast.ilse), "/o/lantaarn/today/due/"
    assert f'<a href="{all_of_it}?on=2026-11-23">and 2 more<span class="vh">: Monday 23 November</span></a>' in text(
        client.get(PAGE)
    )
    assert f"{all_of_it}?on=2026-11-23&amp;of=mine" in text(client.get(f"{PAGE}?of=mine"))
    queries = []
    for asked in ("?on=2026-11-24", "?on=2026-11-23&of=mine", "?on=nonsense&page=x"):
        with CaptureQueriesContext(connection) as captured:
            assert client.get(all_of_it + asked).status_code == 200
        queries.append(len(captured))
    assert queries[0] == queries[1] == queries[2] <= 12
    assert "Nothing is due on this day." in text(client.get(f"{all_of_it}?on=2026-11-28"))


def test_what_changed_is_told_with_who_did_it(cast: Cast, amira: Enrollment, sign_in: SignIn) -> None:
    with scope(cast.organization.pk):
        finish(amira, topics_of(amira.cohort)[:2])
        log(amira, 10, weeks=1)
        record_status(enrollment=amira, to="on_leave", effective_on=TODAY, by=cast.ada, returns_on=TODAY + 30 * DAY)
        today = today_of(cast.ilse, now=NOW - DAY + timedelta(seconds=1))
    kinds = {(one.kind, one.learner, one.by) for one in today.changes.latest}
    assert ("status", "Amira Haddad", "Ada Visser") in kinds
    assert (today.changes.parts, today.changes.finishers, today.changes.loggers) == (2, 1, 1)
    assert "Topics and projects finished: 2, by 1 learner." in text(sign_in(cast.ilse).get(PAGE))


@pytest.mark.parametrize(("day", "since"), [(23, 20), (24, 23), (28, 27), (29, 27)])
def test_since_yesterday_reaches_over_the_weekend(lantaarn: Cast, day: int, since: int) -> None:
    found = today_of(lantaarn.ilse, now=datetime(2026, 11, day, 9, tzinfo=UTC)).changes.since
    assert found == datetime(2026, 11, since, tzinfo=UTC)


def test_only_my_cohorts_stays_in_the_address(cast: Cast, amira: Enrollment, sign_in: SignIn) -> None:
    with scope(cast.organization.pk):
        active(running_cohort(name="Elsewhere"), cast.daan)
        refresh_flags(enrollments=watched(), on=TODAY)
    all_of_them, mine = (text(sign_in(cast.ilse).get(PAGE + query)) for query in ("", "?of=mine"))
    assert ("Daan Kuiper" in all_of_them, "Daan Kuiper" in mine, "Amira Haddad" in mine) == (True, False, True)
    assert "?from=today&amp;of=mine" in mine
    assert "My cohorts" not in text(sign_in(cast.ada).get(PAGE))  # she leads none


def test_snoozing_with_a_note_takes_it_off_the_list(cast: Cast, amira: Enrollment, sign_in: SignIn) -> None:
    client = sign_in(cast.ilse)
    for key in ("no_activity", "few_hours", "no_one_on_one", "milestone_overdue"):
        url = f"/o/lantaarn/learners/{amira.pk}/snooze/{key}/?from=today"
        assert client.get(url).status_code == 200
        refused = client.post(url, {"note": "", "until_on": "2026-12-01"})
        assert (refused.status_code, "Fill in “Why it can rest”." in text(refused)) == (422, True)
        done = client.post(url, {"note": "Starts in December", "until_on": "2026-12-01"})
        assert (done.status_code, done.headers["Location"]) == (302, PAGE)
    page = text(client.get(PAGE))
    assert "Nobody needs you today" in page or "Done for today" in page
    snoozed = text(client.get(PAGE + "?show=snoozed"))
    assert 'snoozed by Ilse Brouwer until 1 Dec 2026: <span class="voice">Starts in December</span>' in snoozed
    client.post(f"/o/lantaarn/learners/{amira.pk}/snooze/no_activity/end/?from=today")
    assert "Amira Haddad" in text(client.get(PAGE))


def test_htmx_gets_the_form_and_the_row_in_place(cast: Cast, amira: Enrollment, sign_in: SignIn) -> None:
    client = sign_in(cast.ilse)
    url = f"/o/lantaarn/learners/{amira.pk}/snooze/no_activity/?from=today"
    assert "<html" not in text(client.get(url, headers=HTMX))
    assert client.get(f"{url}&close", headers=HTMX).content == b""
    row = client.post(url, {"note": "Moving", "until_on": "2026-12-01"}, headers=HTMX)
    assert (row.headers["HX-Retarget"], row.headers["HX-Reswap"]) == (f"#needs-{amira.pk}", "outerHTML")
    assert "Moving" in text(row)
    assert '<span id="needs-total" hx-swap-oob="true">1</span>' in text(row)


@pytest.mark.parametrize("until", ["", "nonsense", "1900-01-01", "9999-12-31", "2026-11-23"])
def test_a_day_that_cannot_be_is_told(cast: Cast, amira: Enrollment, sign_in: SignIn, until: str) -> None:
    url = f"/o/lantaarn/learners/{amira.pk}/snooze/no_activity/"
    refused = sign_in(cast.ilse).post(url, {"note": "Moving", "until_on": until})
    assert (refused.status_code, "Moving" in text(refused)) == (422, True)
    with scope(cast.organization.pk):
        assert not Snooze.objects.exists()


def test_thresholds_change_and_go_back(cast: Cast, amira: Enrollment, sign_in: SignIn) -> None:
    client, url = sign_in(cast.ilse), "/o/lantaarn/risk/"
    stated = {"milestone_days": 14, "quiet_days": 14, "hours_percent": 60, "hours_weeks": 4, "one_on_one_days": 35,
              "changes_days": 14, "absences": 3, "absence_days": 14, "leave_days": 1}  # fmt: skip
    assert client.post(url, stated | {"quiet_days": 0}).status_code == 422
    assert client.post(url, stated | {"quiet_days": 21}).status_code == 302
    page = text(client.get(url))
    assert ("Back to the default" in page, "Ilse Brouwer" in page) == (True, True)
    assert client.post(url, {"default": "quiet_days"}).status_code == 302
    assert "Back to the default" not in text(client.get(url))
    with scope(cast.organization.pk):
        assert list(Threshold.objects.order_by("recorded_at").values_list("key", "value")) == [
            ("quiet_days", 21), ("quiet_days", None),
        ]  # fmt: skip


def test_the_page_in_dutch(cast: Cast, amira: Enrollment, sign_in: SignIn) -> None:
    cast.ilse.user.language = "nl"
    cast.ilse.user.save()
    page = text(sign_in(cast.ilse).get(PAGE))
    for words in ("maandag 23 november", "Heeft iemand nodig", "Niet begonnen: 77 dagen niets"):
        assert words in page


def test_a_page_costs_the_same_for_one_and_for_three(cast: Cast, amira: Enrollment, sign_in: SignIn) -> None:
    client = sign_in(cast.ilse)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(PAGE).status_code == 200
        asked = [query["sql"].strip() for query in captured if "app.organization_id" not in query["sql"]]
        return sum(sql.lstrip("(").startswith(("SELECT", "WITH")) for sql in asked)

    def meet(enrollment: Enrollment, days: int) -> None:
        mentor = Mentor.objects.get_or_create(membership=cast.joris, defaults={"time_zone": "Europe/Amsterdam"})[0]
        met = NOW - days * DAY
        OneOnOne.objects.create(
            mentor=mentor, enrollment=enrollment, mentor_person=cast.joris.user,
            learner_person=enrollment.learner.user, during=(met, met + timedelta(minutes=45)),
        )  # fmt: skip

    with scope(cast.organization.pk):
        meet(amira, 3)
    queries()
    one = queries()
    with scope(cast.organization.pk):
        for place, learner in enumerate((cast.daan, cast.ada)):
            learner.roles = [*learner.roles, "learner"]
            learner.save()
            meet(active(amira.cohort, learner), 5 + place)
        refresh_flags(enrollments=watched(), on=TODAY)
        assert Flag.objects.values("enrollment").distinct().count() == 3
    assert (one, queries()) == (11, 11)


def test_peer_reviews_that_peers_left_stand_with_the_act_beside_them(
    cast: Cast, amira: Enrollment, sign_in: SignIn
) -> None:
    with scope(cast.organization.pk):
        project = Project.objects.filter(version=amira.version_id).first()
        submission = Submission.objects.create(enrollment=amira, project=project, attempt=1, submitted_at=NOW)
        rubric = Rubric.objects.create(title="Peers", version=1)
        opened = PeerRound.objects.create(
            cohort=amira.cohort, project=project, rubric=rubric, due_at=NOW, seed=1, opened_at=NOW - DAY, closed_at=NOW
        )
        left = PeerReview.objects.create(round=opened, submission=submission, receiver=amira, assigned_at=NOW - DAY)
        assert today_of(cast.ilse, now=NOW).peers.total == 1
        assert today_of(cast.amira, now=NOW).peers.total == 0  # nobody writes about their own work
    client = sign_in(cast.ilse)
    here = f"/o/lantaarn/peer-reviews/{left.pk}/"
    for words in ("Peer reviews left to staff", f'<a class="strong" href="{here}">Write it'):
        assert words in text(client.get(PAGE))
    assert "1 peer review is left for staff to write." in text(client.get("/o/lantaarn/reviews/"))
    assert client.get(here).status_code == 200


def test_all_that_changed_has_a_page_of_its_own(
    cast: Cast, amira: Enrollment, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, client = "/o/lantaarn/today/changes/", sign_in(cast.ilse)
    monkeypatch.setattr("home.today.CHANGES_SHOWN", 2)
    assert f'<a href="{page}">Everything that changed</a>' in text(client.get(PAGE))
    queries = []
    for topics in (1, 3):
        with scope(cast.organization.pk):
            finish(amira, topics_of(amira.cohort)[: topics + 1])
            log(amira, 10, weeks=1)
        with CaptureQueriesContext(connection) as asked:
            assert "logged 10 study hours" in text(client.get(page, {"kind": "logged"}))
        queries.append(len(asked))
    assert queries[0] == queries[1] <= 12
    with scope(cast.organization.pk):
        found = [changes_of(cast.ilse, now=NOW, page=str(number)) for number in (1, 99)]
        mine = changes_of(cast.ilse, now=NOW, is_mine=True)
        others = changes_of(cast.ada, now=NOW, is_mine=True)
        finished = changes_of(cast.ilse, now=NOW, kind="finished").page.paginator.count
    assert [len(one.rows) for one in found] == [2, found[0].page.paginator.count % 2 or 2]
    assert (mine.page.paginator.count, others.rows) == (found[0].page.paginator.count, [])
    assert finished == 4
    assert [one.at for one in found[0].rows] == sorted((one.at for one in found[0].rows), reverse=True)
    for asked_for in ("?kind=nothing&page=x", "?of=mine&kind=snoozed", "?kind=raised"):
        assert client.get(page + asked_for).status_code == 200
