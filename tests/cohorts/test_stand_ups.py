"""Written stand-ups: one a working day of the learner's own calendar, seen by their group, asked about when missing."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from accounts.models import Membership
from cohorts.errors import CohortError
from cohorts.groups import place_learners
from cohorts.history import record_status
from cohorts.models import Break, Enrollment, WrittenStandUp
from cohorts.stand_up_reminders import queue_stand_up_reminders, reason_untrue
from cohorts.stand_ups import board_of, is_switched_on, seen_by_learner, switch, write_stand_up
from notifications.models import Message, ReminderLook
from notifications.rules import looking_back
from organizations.scope import scope
from tests.cohorts.studying import TODAY, running_cohort
from tests.cohorts.test_groups import people_of
from tests.conftest import Cast

SignIn = Callable[[Membership | None], Client]
DAY = timedelta(days=1)
#: 15:00 in Amsterdam.
AFTERNOON = datetime(TODAY.year, TODAY.month, TODAY.day, 14, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def monday(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django.utils.timezone.now", lambda: AFTERNOON)


@pytest.fixture
def three(cast: Cast) -> list[Enrollment]:
    with scope(cast.organization.pk):
        people = people_of(running_cohort(), 3)
        switch(cohort=people[0].cohort, is_on=True, on=TODAY - 7 * DAY, by=cast.ilse)
        return people


def write(one: Enrollment, words: str = "Tests", blocked_by: str = "", *, at: datetime = AFTERNOON) -> WrittenStandUp:
    return write_stand_up(enrollment=one, yesterday="Read", today=words, blocked_by=blocked_by, at=at)


def test_one_a_day_theirs_to_change_until_the_day_ends(cast: Cast, three: list[Enrollment]) -> None:
    with scope(cast.organization.pk):
        bo = three[0]
        write(bo)
        bo.learner.user.time_zone = "Pacific/Auckland"
        changed = write(bo, "Code", at=AFTERNOON - timedelta(hours=14))  # 13:00 in Auckland, the same day
        write(bo, "Tomorrow")  # it is Tuesday there already
        assert [(one.day, one.today) for one in WrittenStandUp.objects.order_by("day")] == [
            (TODAY, "Code"),
            (TODAY + DAY, "Tomorrow"),
        ]
        assert changed.written_at == AFTERNOON


def test_the_board_puts_the_blocked_first_and_names_who_wrote_none(cast: Cast, three: list[Enrollment]) -> None:
    with scope(cast.organization.pk):
        bo, cas, dina = three
        write(bo)
        write(cas, blocked_by="No access to the cluster")
        board = board_of(bo.cohort, day=TODAY, people=three)
        assert [one.enrollment.pk for one in board.written] == [cas.pk, bo.pk]
        assert ([one.pk for one in board.missing], board.blocked) == ([dina.pk], 1)
        saturday = board_of(bo.cohort, day=TODAY - 2 * DAY, people=three)
        assert (saturday.is_expected, saturday.missing) == (False, [])
        assert board_of(bo.cohort, day=TODAY - 10 * DAY, people=three).missing == []


def test_the_group_reads_them_and_nobody_else(cast: Cast, three: list[Enrollment]) -> None:
    with scope(cast.organization.pk):
        bo, cas, dina = three
        place_learners(cohort=bo.cohort, places={bo.pk: 1, cas.pk: 1, dina.pk: 2}, on=TODAY, by=None)
        for one in three:
            write(one)
        assert [one.enrollment.pk for one in seen_by_learner(bo, day=TODAY)] == [cas.pk]
        assert seen_by_learner(dina, day=TODAY) == []


def test_who_may_not_write(cast: Cast, three: list[Enrollment]) -> None:
    with scope(cast.organization.pk):
        bo, cas, _dina = three
        record_status(enrollment=bo, to="on_leave", effective_on=TODAY, by=None, returns_on=TODAY + DAY)
        found = []
        for one, words in ((bo, "Tests"), (cas, "  ")):
            with pytest.raises(CohortError) as caught:
                write(one, words)
            found.append(caught.value.code)
        switch(cohort=cas.cohort, is_on=False, on=TODAY, by=cast.ilse)
        assert switch(cohort=cas.cohort, is_on=False, on=TODAY, by=cast.ilse) is None
        assert (is_switched_on(cas.cohort, on=TODAY - DAY), is_switched_on(cas.cohort, on=TODAY)) == (True, False)
        with pytest.raises(CohortError) as caught:
            write(cas)
        assert [*found, caught.value.code] == ["not_active", "nothing_written", "not_written_here"]


def test_a_missing_one_is_asked_about_in_the_afternoon_of_the_learner(cast: Cast, three: list[Enrollment]) -> None:
    with scope(cast.organization.pk):
        bo, cas, _dina = three
        write(bo)
        Membership.objects.select_related("user").get(pk=cas.learner_id).user.__class__.objects.filter(
            pk=cas.learner.user_id
        ).update(time_zone="America/New_York")
        assert queue_stand_up_reminders(AFTERNOON - timedelta(minutes=1)) == 0
        assert queue_stand_up_reminders(AFTERNOON) == 1
        assert queue_stand_up_reminders(AFTERNOON + timedelta(hours=1)) == 0
        assert queue_stand_up_reminders(AFTERNOON + timedelta(hours=6)) == 1  # 15:00 in New York
        message = Message.objects.get(subject_id=three[2].pk)
        assert reason_untrue(message, AFTERNOON) == ""
        write(three[2])
        assert reason_untrue(message, AFTERNOON) == "The stand-up is written."


def test_days_that_went_by_while_nobody_looked_are_counted_and_not_sent(cast: Cast, three: list[Enrollment]) -> None:
    """Nobody looked from Monday morning to Wednesday afternoon; on Tuesday one wrote."""
    with scope(cast.organization.pk):
        with looking_back(now=AFTERNOON - timedelta(hours=6)):
            assert queue_stand_up_reminders(AFTERNOON - timedelta(hours=6)) == 0
        bo = three[0]
        WrittenStandUp.objects.create(
            enrollment=bo, day=TODAY + DAY, yesterday="", today="Tests", written_at=AFTERNOON, changed_at=AFTERNOON
        )
        for count in (8, 0):
            with looking_back(now=AFTERNOON + 2 * DAY):
                assert queue_stand_up_reminders(AFTERNOON + 2 * DAY) == count
            ReminderLook.objects.update(looked_at=AFTERNOON - timedelta(hours=6))
        rows = list(Message.objects.order_by("due_at").values_list("payload__day", "state", "cause"))
        found = [(*row, rows.count(row)) for row in dict.fromkeys(rows)]
        days = [(TODAY + number * DAY).isoformat() for number in range(3)]
        assert found == [
            (days[0], "skipped", "late", 3), (days[1], "skipped", "late", 2), (days[2], "pending", "", 3),
        ]  # fmt: skip


@pytest.mark.parametrize("why", ["break", "weekend", "off"])
def test_nobody_is_asked_on_a_day_without_stand_ups(cast: Cast, three: list[Enrollment], why: str) -> None:
    with scope(cast.organization.pk):
        if why == "break":
            Break.objects.create(name="Off", starts_on=TODAY, ends_on=TODAY)
        if why == "off":
            switch(cohort=three[0].cohort, is_on=False, on=TODAY, by=cast.ilse)
        at = AFTERNOON - 2 * DAY if why == "weekend" else AFTERNOON
        assert queue_stand_up_reminders(at) == 0


def test_a_learner_writes_and_staff_read(cast: Cast, three: list[Enrollment], sign_in: SignIn) -> None:
    with scope(cast.organization.pk):
        learner = Membership.objects.select_related("user").get(pk=three[0].learner_id)
        Enrollment.objects.filter(pk=three[0].pk).update(mentor=cast.joris)
        write(three[1])
    client = sign_in(learner)
    assert "Write today’s stand-up" in client.get("/o/lantaarn/home/").content.decode()
    assert client.post("/o/lantaarn/stand-up/", {"yesterday": "", "today": "x" * 501}).status_code == 422
    form = {"yesterday": "Vectors", "today": "Matrices", "blocked_by": "GPU"}
    assert client.post("/o/lantaarn/stand-up/", form).status_code == 302
    board = f"/o/lantaarn/cohorts/{three[0].cohort.slug}/stand-ups/"
    pages = [sign_in(person).get(board).content.decode() for person in (cast.ilse, cast.joris)]
    assert [("Blocked" in page, "Cas Peer" in page, "Dina Peer" in page) for page in pages] == [
        (True, True, True),
        (True, False, False),
    ]
    assert sign_in(cast.ilse).post(f"{board}switch/", {"on": "0"}).status_code == 302
    assert sign_in(learner).post("/o/lantaarn/stand-up/", form).status_code == 422


@pytest.mark.parametrize("on", ["0001-01-01", "9999-12-31", "x", ""])
def test_any_day_may_be_asked_for(cast: Cast, three: list[Enrollment], sign_in: SignIn, on: str) -> None:
    client = sign_in(cast.ilse)
    for page in ("stand-ups", "groups"):
        assert client.get(f"/o/lantaarn/cohorts/{three[0].cohort.slug}/{page}/", {"on": on}).status_code == 200
