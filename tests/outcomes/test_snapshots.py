from datetime import datetime, timedelta
from uuid import UUID

import pytest
from django.utils import timezone

from organizations.scope import scope
from outcomes import tasks
from outcomes.keeping.snapshots import kept_on, take_snapshots, trends
from outcomes.measuring.metrics import MEASURED, AsOf
from outcomes.measuring.targets import judge
from outcomes.models import Snapshot, SnapshotDay, TargetKey
from outcomes.scopes import EVERYONE, Scope
from outcomes.showing.figures import Figures, figures
from tests.conftest import Cast
from tests.outcomes.given import a_cohort, day, enrolled, graduate, placed, record

PLACEMENT = TargetKey.PLACEMENT
TODAY = day(900)


def soon() -> datetime:
    """After everything this test has recorded: rows are stamped with the start of its transaction."""
    return timezone.now() + timedelta(seconds=5)


def a_story() -> None:
    cohort = a_cohort()
    placed(graduate(cohort), "1A", 650)
    graduate(cohort)
    enrolled(cohort, ("withdrawn", 100))
    enrolled(a_cohort(cohort.version))
    a_cohort(cohort.version, starts_on=day(1000))
    a_cohort(cohort.version, status="cancelled")


def seen(on: int) -> Figures:
    return figures(AsOf(day(on)), EVERYONE, today=TODAY, now=soon())


def test_snapshots_are_taken_of_the_organization_and_each_cohort_that_started(lantaarn: Cast) -> None:
    a_story()

    assert take_snapshots(on=day(800), at=soon()) == 4 * len(MEASURED)
    row = Snapshot.objects.get(key=PLACEMENT, cohort=None)
    assert (row.value, row.numerator, row.denominator, row.pending, row.excluded, row.unknown) == (0.5, 1, 2, 1, 1, 1)
    assert (row.definition, float(row.target or 0), row.comparison, row.verdict) == (1, 0.85, ">=", "too_early")


def test_another_rounding_is_no_change(lantaarn: Cast) -> None:
    a_story()
    take_snapshots(on=day(800), at=soon())
    for row in Snapshot.objects.filter(value__isnull=False):
        curve = [
            [each * (1 + 1e-14) if isinstance(each, float) else each for each in point]
            for point in row.detail.get("curve", [])
        ]
        detail = {**row.detail, "curve": curve} if curve else row.detail
        Snapshot.objects.filter(pk=row.pk).update(value=(row.value or 0) * (1 - 1e-14), detail=detail)
    assert take_snapshots(on=day(800), at=soon()) == 0

    Snapshot.objects.filter(key=PLACEMENT, cohort=None).update(detail={})
    assert take_snapshots(on=day(800), at=soon()) == 1


def test_taking_them_again_writes_only_what_changed(lantaarn: Cast) -> None:
    a_story()
    take_snapshots(on=day(800), at=soon())
    before = dict(Snapshot.objects.values_list("pk", "computed_at"))
    again = take_snapshots(on=day(800), at=soon())
    placed(graduate(a_cohort(), 600), "1A", 640)
    written = take_snapshots(on=day(800), at=soon())
    unchanged = Snapshot.objects.filter(pk__in=before, cohort__isnull=False)

    values = Snapshot.objects.filter(key=PLACEMENT, cohort=None).order_by("computed_at").values_list("value", flat=True)
    assert (again, list(values)) == (0, [0.5, pytest.approx(2 / 3)])
    # A cohort has joined with a graduate: all its numbers, and of the organization's those that graduates move.
    assert written == 2 * len(MEASURED) - 2  # all but the rank and the answers of surveys, which did not change
    assert {row.pk: row.computed_at for row in unchanged} == {row.pk: before[row.pk] for row in unchanged}


def test_kept_measures_say_what_was_computed(lantaarn: Cast) -> None:
    a_story()
    take_snapshots(on=day(800), at=soon())
    kept = kept_on(day(800)).measures
    known, targets = AsOf(day(800)), seen(800).targets
    for key in MEASURED:
        live = known.measure(key)
        stored = kept[None, key]
        assert [
            getattr(stored, name) for name in ("value", "low", "high", "method", "counts", "lowest", "highest")
        ] == [getattr(live, name) for name in ("value", "low", "high", "method", "counts", "lowest", "highest")]
        assert stored.detail == live.detail
        assert judge(stored, targets.goal(key)) == judge(live, targets.goal(key))


def test_page_of_a_past_day_reads_the_snapshot(lantaarn: Cast) -> None:
    a_story()
    taken_at = soon()
    before = seen(800)
    take_snapshots(on=day(800), at=taken_at)
    after = seen(800)

    assert (before.is_kept, after.is_kept, after.computed_at) == (False, True, taken_at)
    assert {pk: m[PLACEMENT].counts for pk, m in after.by_cohort.items()} == {
        pk: m[PLACEMENT].counts for pk, m in before.by_cohort.items()
    }


def test_event_recorded_late_makes_the_snapshot_stale(lantaarn: Cast) -> None:
    cohort = a_cohort()
    learner = graduate(cohort)
    take_snapshots(on=day(800), at=timezone.now() - timedelta(days=1))
    placed(learner, "1A", 650)
    found = seen(800)

    assert (found.is_kept, found.measures[PLACEMENT].value) == (False, 1.0)
    assert Snapshot.objects.get(key=PLACEMENT, cohort=None).value == 0.0


def test_event_of_a_later_day_leaves_the_snapshot_true(lantaarn: Cast) -> None:
    learner = enrolled(a_cohort())
    take_snapshots(on=day(800), at=timezone.now() - timedelta(days=1))
    record(learner, "withdrawn", 801)

    assert seen(800).is_kept is False  # its first event was recorded after that too
    SnapshotDay.objects.update(computed_at=soon())
    assert seen(800).is_kept is True


def test_today_is_always_computed(lantaarn: Cast) -> None:
    a_story()
    take_snapshots(on=TODAY, at=soon())

    assert seen(900).is_kept is False


def test_trend_keeps_the_last_value_of_each_week(lantaarn: Cast) -> None:
    cohort = a_cohort()
    placed(graduate(cohort), "1A", 650)
    graduate(cohort, 640)
    for on in (780, 781, 820, 860):
        take_snapshots(on=day(on), at=soon())

    assert trends(scope=EVERYONE, on=day(860))[PLACEMENT] == [(day(781), 1.0), (day(820), 0.5), (day(860), 0.5)]
    assert [on for on, _ in trends(scope=Scope(cohort_id=cohort.pk), on=day(819))[PLACEMENT]] == [day(781)]


@pytest.mark.usefixtures("db")
def test_nightly_job_takes_the_last_whole_day_of_every_organization(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast.elsewhere.time_zone = "Pacific/Auckland"
    cast.elsewhere.save()
    for organization in (cast.organization, cast.elsewhere):
        with scope(organization.pk):
            enrolled(a_cohort())
    night = datetime.fromisoformat("2026-11-23T12:15:00+00:00")  # already the 24th in Auckland
    monkeypatch.setattr(timezone, "now", lambda: night)
    monkeypatch.setattr(tasks.take_organization_snapshots, "delay", tasks.take_organization_snapshots)
    tasks.take_all_snapshots()

    def days(pk: UUID) -> set[str]:
        with scope(pk):
            return {row.as_of.isoformat() for row in Snapshot.objects.all()}

    assert [days(cast.organization.pk), days(cast.elsewhere.pk)] == [{"2026-11-22"}, {"2026-11-23"}]
