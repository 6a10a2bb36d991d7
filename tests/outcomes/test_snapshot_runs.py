"""Snapshots of many days: which are due, that they are taken once, and that a killed process leaves whole days."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import date, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from accounts.models import Membership
from organizations.models import Organization
from organizations.scope import scope
from outcomes import tasks
from outcomes.keeping.snapshot_runs import all_days, ask_for_snapshots, days_due, take_next_day, trend_days
from outcomes.keeping.snapshots import take_snapshots, trends
from outcomes.measuring.metrics import MEASURED
from outcomes.models import Snapshot, SnapshotDay, SnapshotRun
from outcomes.scopes import EVERYONE
from tests.conftest import Cast
from tests.outcomes.given import a_cohort, enrolled, graduate, placed
from tests.worker import ROOT, servers

SignIn = Callable[[Membership | None], Client]
URL = "/o/lantaarn/success/snapshots/"
TODAY = date(2026, 6, 17)  # a Wednesday


def soon() -> datetime:
    return timezone.now() + timedelta(seconds=5)


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("snapshots", *arguments, stdout=out, stderr=StringIO())
    return out.getvalue()


def test_days_of_a_trend_are_sundays_and_yesterday() -> None:
    days = trend_days(TODAY)

    assert days[-3:] == [date(2026, 6, 7), date(2026, 6, 14), date(2026, 6, 16)]
    assert (len(days), {on.isoweekday() for on in days[:-1]}) == (53, {7})
    assert days[0] > TODAY - timedelta(days=366)


def test_day_is_due_until_it_is_kept_and_again_once_something_comes_late(lantaarn: Cast) -> None:
    learner = graduate(a_cohort())
    old, recent = date(2024, 3, 3), date(2026, 6, 14)
    for on in (old, recent):
        take_snapshots(on=on, at=soon())
    due = days_due(TODAY)
    assert (old in due, recent in due, len(due)) == (False, False, 52)

    Snapshot.objects.filter(as_of=old).update(definition=0)
    SnapshotDay.objects.filter(as_of=old).update(definition=0)
    SnapshotDay.objects.filter(as_of=recent).update(computed_at=timezone.now() - timedelta(days=1))
    placed(learner, "1A", 650)
    due = days_due(TODAY)
    assert (old in due, recent in due) == (True, True)
    assert all_days(TODAY)[0] == old


def test_run_takes_each_day_once_and_draws_the_trend(lantaarn: Cast) -> None:
    enrolled(a_cohort(), levels=[(1, 100), (2, 200), (3, 300)])
    asked = ask_for_snapshots(by=lantaarn.ada, today=TODAY, at=timezone.now())
    assert asked is not None
    assert ask_for_snapshots(by=lantaarn.ilse, today=TODAY, at=timezone.now()) == asked
    SnapshotRun.objects.update(days=asked.days[-3:])
    steps = [take_next_day(asked.pk, at=soon()) for _time in range(4)]
    done = SnapshotRun.objects.get()

    assert steps == [True, True, True, False]
    assert (done.done, done.share, done.written, done.finished_at is None) == (3, 1.0, 3 * 2 * len(MEASURED), False)
    drawn = [on for on, _value in trends(scope=EVERYONE, on=TODAY)["retention_level_3"]]
    assert drawn == [asked.days[-3], asked.days[-2], asked.days[-1]]


def test_task_goes_on_with_what_was_left(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    with scope(cast.organization.pk):
        enrolled(a_cohort())
        left = SnapshotRun.objects.create(
            days=[date(2026, 6, 7), date(2026, 6, 14)], done=1, asked_at=timezone.now(), asked_by=cast.ada
        )
    monkeypatch.setattr(tasks.carry_out_snapshot_run, "delay", tasks.carry_out_snapshot_run)
    tasks.take_organization_snapshots(str(cast.organization.pk))

    with scope(cast.organization.pk):
        left.refresh_from_db()
        assert (left.done, left.finished_at is None) == (2, False)
        assert SnapshotDay.objects.earliest("as_of").as_of == date(2026, 6, 14)


def test_admin_asks_on_the_page_and_sees_how_far_it_is(
    cast: Cast, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: object
) -> None:
    started: list[tuple[str, str]] = []
    monkeypatch.setattr(tasks.carry_out_snapshot_run, "delay", lambda *pks: started.append(pks))
    with scope(cast.organization.pk):
        enrolled(a_cohort())
    before = sign_in(cast.ada).get(URL)
    assert "Take 53 days" in before.content.decode()
    assert "Take 53 days" not in sign_in(cast.ilse).get(URL).content.decode()
    assert sign_in(cast.ilse).post(f"{URL}take/").status_code == 403

    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        for _time in range(2):  # asked twice is asked once
            assert sign_in(cast.ada).post(f"{URL}take/").status_code == 302
    with scope(cast.organization.pk):
        [asked] = SnapshotRun.objects.all()
        take_next_day(asked.pk, at=soon())
    part = sign_in(cast.ilse).get(URL, headers={"HX-Request": "true"}).content.decode()

    assert started == [(str(cast.organization.pk), str(asked.pk))] * 2
    assert "1 of 53" in part
    assert 'hx-trigger="every 2s"' in part
    assert "<h1>" not in part


def test_nothing_to_do_says_so(cast: Cast, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("outcomes.keeping.snapshot_runs.days_due", lambda today: [])

    assert "Every day is up to date." in sign_in(cast.ada).post(f"{URL}take/", follow=True).content.decode()


def test_command_takes_yesterday_and_is_safe_to_repeat(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    with scope(cast.organization.pk):
        enrolled(a_cohort())
    assert run("--organization", "lantaarn") == f"lantaarn: 1 days, {2 * len(MEASURED)} numbers written\n"
    assert run("--organization", "lantaarn") == "lantaarn: 1 days, 0 numbers written\n"
    assert run("--organization", "lantaarn", "--as-of", "2026-01-04").startswith("lantaarn: 1 days, 26 ")
    with scope(cast.organization.pk):
        assert SnapshotDay.objects.count() == 2
    days = [date(2026, 1, 4), date(2026, 1, 11)]
    monkeypatch.setattr("outcomes.management.commands.snapshots.all_days", lambda today: days)
    assert run("--again") == "elsewhere: 2 days, 26 numbers written\nlantaarn: 2 days, 26 numbers written\n"
    with pytest.raises(CommandError, match="no organization"):
        run("--organization", "nowhere")
    with pytest.raises(CommandError, match="in the future"):
        run("--organization", "lantaarn", "--as-of", "2999-01-01")


@pytest.mark.django_db(transaction=True)
def test_killed_process_leaves_whole_days_and_the_next_one_goes_on() -> None:
    organization = Organization.objects.create(slug="lantaarn", name="Lantaarn")
    with scope(organization.pk):
        cohort = a_cohort()
        for _learner in range(3):
            enrolled(cohort, levels=[(1, 90)])
    command = [sys.executable, "manage.py", "snapshots", "--organization", "lantaarn", "--history"]
    with subprocess.Popen(command, cwd=ROOT, env=servers(), stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith("lantaarn 3/"):
                break
        os.kill(process.pid, signal.SIGKILL)
    whole = 2 * len(MEASURED)

    def kept() -> list[int]:
        with scope(organization.pk):
            return [Snapshot.objects.filter(as_of=row.as_of).count() for row in SnapshotDay.objects.all()]

    def orphans() -> int:
        with scope(organization.pk):
            return Snapshot.objects.exclude(as_of__in=SnapshotDay.objects.values("as_of")).count()

    before = kept()
    assert process.returncode == -signal.SIGKILL
    assert 3 <= len(before) < 53
    assert (set(before), orphans()) == ({whole}, 0)
    left = 53 - len(before)
    assert run("--organization", "lantaarn", "--history") == f"lantaarn: {left} days, {left * whole} numbers written\n"
    assert (kept(), orphans()) == ([whole] * 53, 0)
    assert run("--organization", "lantaarn", "--history") == "lantaarn: 0 days, 0 numbers written\n"
