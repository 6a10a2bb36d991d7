"""What is kept about who needs a person says what the rules say, and when it began and ended."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from cohorts.flags import Changed, Spell, flags_of, refresh_flags, spells_of, watched
from cohorts.history import record_status
from cohorts.models import Enrollment, Flag, FlagEvent, Milestone
from cohorts.needing import flagged, needing_of, page_of
from cohorts.progress import log_study
from cohorts.risk import KINDS, counting, reasons_of
from cohorts.roster_rows import fresh_rows
from cohorts.snoozing import snooze
from cohorts.standing import standings_of
from cohorts.tasks import refresh_all_flags, refresh_organization_flags
from organizations.models import Organization
from organizations.scope import scope
from tests.cohorts.given import START
from tests.cohorts.studying import TODAY, active, finish, log, running_cohort, topics_of
from tests.conftest import Cast

DAY = timedelta(days=1)
Committing = Callable[..., AbstractContextManager[Any]]


@pytest.fixture
def amira(lantaarn: Cast) -> Enrollment:
    """Active since the start in a cohort whose milestones are out of the way."""
    enrollment = active(running_cohort(), lantaarn.amira)
    Milestone.objects.filter(cohort=enrollment.cohort).delete()
    return enrollment


def refresh(*, on: date = TODAY) -> Changed:
    return refresh_flags(enrollments=watched(), on=on)


def kept() -> list[tuple[str, date, date]]:
    return list(Flag.objects.order_by("key").values_list("key", "since", "raised_on"))


def events() -> list[tuple[str, str, date]]:
    return list(FlagEvent.objects.order_by("recorded_at", "pk").values_list("kind", "key", "effective_on"))


def test_what_is_kept_is_what_the_rules_say(lantaarn: Cast, amira: Enrollment) -> None:
    for place, learner in enumerate((lantaarn.daan, lantaarn.joris)):
        learner.roles = ["learner"]
        learner.save()
        other = active(amira.cohort, learner)
        log(other, 5 + 15 * place, weeks=3 + place)
    record_status(enrollment=other, to="on_leave", effective_on=START + DAY, by=None, returns_on=TODAY - 3 * DAY)
    people = list(Enrollment.objects.select_related("cohort"))
    for on in (TODAY, TODAY + 9 * DAY):
        refresh(on=on)
        with translation.override("nl"):
            assert flags_of([one.pk for one in people], on=on) == reasons_of(standings_of(people, on=on), on=on)
    assert len(flags_of([one.pk for one in people], on=TODAY)) == 3


def test_working_it_out_again_changes_nothing(amira: Enrollment) -> None:
    assert refresh() == Changed(raised=3)
    before = kept(), events()
    assert refresh() == Changed()
    assert (kept(), events()) == before
    assert kept() == [
        ("few_hours", TODAY - 28 * DAY, TODAY),
        ("no_activity", START, TODAY),
        ("no_one_on_one", START, TODAY),
    ]


def test_a_flag_clears_and_both_days_stay(amira: Enrollment) -> None:
    refresh(on=START + 14 * DAY)
    finish(amira, topics_of(amira.cohort)[:1], on=START + 15 * DAY)
    assert refresh(on=START + 15 * DAY) == Changed(cleared=1)
    assert kept() == []
    quiet = KINDS["no_activity"]
    assert spells_of(amira) == [
        Spell(title=quiet.title, icon=quiet.icon, raised_on=START + 14 * DAY, cleared_on=START + 15 * DAY)
    ]


def test_a_reason_about_something_else_is_another_one(amira: Enrollment) -> None:
    refresh(on=START + 14 * DAY)
    log_study(enrollment=amira, week=START + 14 * DAY, hours=Decimal(20), by=None)
    log_study(enrollment=amira, week=START + 21 * DAY, hours=Decimal(20), by=None)
    Flag.objects.exclude(key="no_activity").delete()
    refresh(on=START + 60 * DAY)
    told = [(kind, on) for kind, key, on in events() if key == "no_activity"]
    assert sorted(told, key=lambda event: (event[1], event[0])) == [
        ("raised", START + 14 * DAY),
        ("cleared", START + 60 * DAY),
        ("raised", START + 60 * DAY),
    ]


def test_hours_that_stay_few_are_one_flag_for_weeks(amira: Enrollment) -> None:
    log(amira, 5, weeks=10, until=TODAY)
    refresh()
    log(amira, 5, weeks=1, until=TODAY + 7 * DAY)
    refresh(on=TODAY + 7 * DAY)
    assert [event for event in events() if event[1] == "few_hours"] == [("raised", "few_hours", TODAY)]
    assert Flag.objects.get(key="few_hours").since == TODAY - 21 * DAY


def test_whoever_leaves_is_flagged_no_more(amira: Enrollment) -> None:
    refresh()
    record_status(enrollment=amira, to="withdrawn", effective_on=TODAY, by=None, reason="work")
    assert refresh() == Changed(cleared=3)
    assert kept() == []


def test_a_learner_who_acts_is_looked_at_before_the_answer(
    amira: Enrollment, django_capture_on_commit_callbacks: Committing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Organization, "today", lambda _organization, _now=None: TODAY)
    refresh()
    connection.run_on_commit.clear()  # of what came before: a test commits nothing
    with django_capture_on_commit_callbacks(execute=True) as callbacks:
        finish(amira, topics_of(amira.cohort)[:2])
        log(amira, 20)
    assert [key for key, _since, _raised in kept()] == ["no_one_on_one"]
    assert len(callbacks) == 1  # six facts, worked out once


def test_what_is_undone_touches_nobody(amira: Enrollment, django_capture_on_commit_callbacks: Committing) -> None:
    connection.run_on_commit.clear()  # of what came before: a test commits nothing
    with django_capture_on_commit_callbacks() as callbacks, transaction.atomic():
        finish(amira, topics_of(amira.cohort)[:1])
        transaction.set_rollback(True)
    assert callbacks == []
    with django_capture_on_commit_callbacks() as callbacks:
        finish(amira, topics_of(amira.cohort)[:1])
    assert len(callbacks) == 1


def test_every_organization_is_worked_out_by_a_task_of_its_own(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(refresh_organization_flags, "delay", asked.append)
    refresh_all_flags()
    assert sorted(asked) == sorted([str(cast.organization.pk), str(cast.elsewhere.pk)])


def test_the_task_works_in_batches_and_may_run_twice(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cohorts.tasks.BATCH", 1)
    monkeypatch.setattr(Organization, "today", lambda _organization, _now=None: TODAY)
    with scope(cast.organization.pk):
        cohort = running_cohort()
        for learner in (cast.amira, cast.daan):
            active(cohort, learner)
    for _time in range(2):
        refresh_organization_flags(str(cast.organization.pk))
    with scope(cast.organization.pk):
        assert Flag.objects.values("enrollment").distinct().count() == 2
        assert FlagEvent.objects.count() == Flag.objects.count()
    with scope(cast.elsewhere.pk):
        assert not Flag.objects.exists()


def test_most_reasons_come_first_then_the_longest_standing(lantaarn: Cast, amira: Enrollment) -> None:
    daan = active(amira.cohort, lantaarn.daan, since=START + DAY)
    lantaarn.joris.roles = ["learner"]
    lantaarn.joris.save()
    joris = active(amira.cohort, lantaarn.joris, since=START + 2 * DAY)
    log(joris, 20)
    refresh()
    assert list(page_of(flagged(on=TODAY), number=None)) == [amira.pk, daan.pk, joris.pk]
    for key in ("no_activity", "few_hours"):
        snooze(enrollment=amira, key=key, until_on=TODAY + DAY, note="Ill", by=lantaarn.ilse, on=TODAY)
    assert list(page_of(flagged(on=TODAY), number=None)) == [daan.pk, amira.pk, joris.pk]
    assert list(page_of(flagged(on=TODAY, snoozed=True), number=None)) == [amira.pk]
    [row] = needing_of([amira.pk], on=TODAY, slug="lantaarn")
    assert [reason.key for reason in counting(row.reasons)] == ["no_one_on_one"]
    assert [reason.key for reason in row.reasons] == ["no_one_on_one", "no_activity", "few_hours"]
    assert list(page_of(flagged(on=TODAY + DAY), number=None)) == [amira.pk, daan.pk, joris.pk]


def test_keeping_costs_the_same_for_one_and_for_three(lantaarn: Cast, amira: Enrollment) -> None:
    counts = []
    for people in ([], [lantaarn.daan, lantaarn.joris]):
        for learner in people:
            learner.roles = ["learner"]
            learner.save()
            active(amira.cohort, learner)
        refresh(on=TODAY - DAY)
        Flag.objects.all().delete()
        with CaptureQueriesContext(connection) as captured:
            refresh()
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_the_roster_and_what_is_kept_cannot_disagree(lantaarn: Cast, amira: Enrollment) -> None:
    """Whichever is brought up to date, the other one is when it is read."""

    def both() -> tuple[list[str], list[str]]:
        [row] = fresh_rows(on=TODAY, zone=ZoneInfo("Europe/Amsterdam"))
        return row.reasons, [reason.key for reason in counting(flags_of([amira.pk], on=TODAY).get(amira.pk, []))]

    begun = ["no_activity", "no_one_on_one", "few_hours"]  # by the day since when, then by key
    assert both() == (begun, begun)
    log(amira, 12)  # nobody has worked it out yet: the roster is read first
    assert both() == (["no_one_on_one"], ["no_one_on_one"])
    Flag.objects.create(enrollment=amira, key="few_hours", since=START, raised_on=START)
    refresh()
    assert both() == (["no_one_on_one"], ["no_one_on_one"])
    record_status(enrollment=amira, to="on_leave", effective_on=START + DAY, by=None, returns_on=TODAY - 3 * DAY)
    refresh()
    assert both() == (["leave_overdue"], ["leave_overdue"])
    assert FlagEvent.objects.filter(kind="raised", key="leave_overdue").count() == 1
