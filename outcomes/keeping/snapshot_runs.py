"""Snapshots of many days: of those missing in the trends, and of all there are once the definitions change.

Each day is taken in a transaction of its own. Who is killed half-way goes on with the first day that is not done.
"""

from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import QuerySet

from accounts.models import Membership
from outcomes.keeping.lateness import kept_days
from outcomes.keeping.snapshots import TREND, Tell, take_snapshots
from outcomes.models import Snapshot, SnapshotRun

WEEK = timedelta(days=7)


def trend_days(today: date) -> list[date]:
    """The days that a trend line is drawn through: each Sunday of the past year, and yesterday."""
    yesterday = today - timedelta(days=1)
    sunday = yesterday - timedelta(days=yesterday.isoweekday() % 7)
    sundays = [sunday - number * WEEK for number in range(TREND // WEEK)]
    return sorted({yesterday, *sundays})


def all_days(today: date) -> list[date]:
    """Those, and every day of which anything was ever kept, by whichever version of the definitions."""
    kept = Snapshot.objects.filter(as_of__lt=today).order_by().values_list("as_of", flat=True).distinct()
    return sorted({*kept, *trend_days(today)})


def days_due(today: date) -> list[date]:
    """Of all these days those of which nothing is kept by the definitions in force, or nothing that still holds."""
    known = kept_days()
    return [on for on in all_days(today) if not known.get(on, (None, False))[1]]


def ask_for_snapshots(*, by: Membership | None, today: date, at: datetime) -> SnapshotRun | None:
    """Begin a run over the days that are due; None when there are none. A run that is under way is that one."""
    if (run := open_run()) is not None:
        return run
    days = days_due(today)
    return SnapshotRun.objects.create(days=days, asked_by=by, asked_at=at) if days else None


def open_run() -> SnapshotRun | None:
    return SnapshotRun.objects.filter(finished_at=None).first()


def latest_runs() -> QuerySet[SnapshotRun]:
    return SnapshotRun.objects.select_related("asked_by").order_by("-asked_at", "-pk")


def take_next_day(run_id: UUID, *, at: datetime, tell: Tell = lambda name, done, total: None) -> bool:
    """Take the snapshots of the next day of a run, within the transaction of the caller; False when all are taken.

    Who carries out the same run meanwhile waits, and takes the day after.
    """
    run = SnapshotRun.objects.select_for_update().filter(pk=run_id, finished_at=None).first()
    if run is None:
        return False
    on = run.days[run.done]
    run.written += take_snapshots(on=on, at=at, tell=tell)
    run.done += 1
    if run.done == len(run.days):
        run.finished_at = at
    run.save(update_fields=["written", "done", "finished_at"])
    return True
