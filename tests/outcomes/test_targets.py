from datetime import date
from decimal import Decimal

import pytest

from outcomes.errors import OutcomeError
from outcomes.measuring.targets import STATED, change_target, make_default_targets, targets_of
from outcomes.models import Target, TargetKey
from outcomes.scopes import EVERYONE, Scope
from tests.conftest import NOW, Cast
from tests.outcomes.given import a_cohort

PLACEMENT = TargetKey.PLACEMENT
EARLY, LATER = date(2026, 1, 1), date(2026, 6, 1)


def test_thirteen_targets_are_stated_before_anybody_sets_one(lantaarn: Cast) -> None:
    found = targets_of(EVERYONE, EARLY)

    assert {key: (goal.comparison, goal.value) for key, goal in found.items()} == {
        "retention_level_3": (">=", Decimal("0.7")),
        "retention_level_5": (">=", Decimal("0.5")),
        "completion_years": ("<=", Decimal("2.5")),
        "capstones": (">=", Decimal("0.95")),
        "code_review": (">=", Decimal("0.8")),
        "benchmark": (">=", Decimal("0.7")),
        "production_project": (">=", Decimal("1")),
        "placement": (">=", Decimal("0.85")),
        "top_employers": (">=", Decimal("0.85")),
        "portfolio_quality": (">=", None),
        "satisfaction": (">=", Decimal("4.5")),
        "reputation": ("<=", Decimal("5")),
        "alumni_mentoring": (">=", Decimal("0.7")),
    }


def test_change_counts_from_its_day_and_the_past_keeps_its_target(lantaarn: Cast) -> None:
    change_target(key=PLACEMENT, value=Decimal("0.9"), effective_on=LATER, by=lantaarn.ada)

    assert [targets_of(EVERYONE, on)[PLACEMENT].value for on in (EARLY, LATER)] == [Decimal("0.85"), Decimal("0.9")]


def test_cohort_may_aim_for_something_else(lantaarn: Cast) -> None:
    cohort, other = a_cohort(), a_cohort()
    change_target(key=PLACEMENT, value=Decimal("0.6"), effective_on=EARLY, by=lantaarn.ada, cohort=cohort)
    scopes = (EVERYONE, Scope(cohort_id=cohort.pk), Scope(cohort_id=other.pk))

    assert [targets_of(scope, LATER)[PLACEMENT].value for scope in scopes] == [
        Decimal("0.85"), Decimal("0.6"), Decimal("0.85"),
    ]  # fmt: skip


def test_target_can_be_switched_off_and_on(lantaarn: Cast) -> None:
    change_target(key=PLACEMENT, value=None, effective_on=EARLY, by=lantaarn.ada, is_on=False)
    change_target(key=PLACEMENT, value=Decimal("0.8"), effective_on=LATER, by=lantaarn.ada)

    assert [targets_of(EVERYONE, on)[PLACEMENT].is_on for on in (EARLY, LATER)] == [False, True]


@pytest.mark.parametrize(
    ("key", "value", "refused"),
    [
        (PLACEMENT, "1.01", True),
        (PLACEMENT, "0", True),
        (PLACEMENT, "1", False),
        (TargetKey.COMPLETION_YEARS, "2.5", False),
        (TargetKey.COMPLETION_YEARS, "-1", True),
    ],
)
def test_target_must_be_possible(lantaarn: Cast, key: str, value: str, refused: bool) -> None:
    if refused:
        with pytest.raises(OutcomeError) as error:
            change_target(key=key, value=Decimal(value), effective_on=EARLY, by=lantaarn.ada)
        assert error.value.code == "target_out_of_range"
    else:
        change_target(key=key, value=Decimal(value), effective_on=EARLY, by=lantaarn.ada)
    assert Target.objects.exists() is not refused


def test_writing_the_defaults_down_twice_writes_them_once(lantaarn: Cast) -> None:
    change_target(key=PLACEMENT, value=Decimal("0.9"), effective_on=EARLY, by=lantaarn.ada)

    assert [len(make_default_targets(by=lantaarn.ada, at=NOW)) for _ in range(2)] == [12, 0]
    assert {row.key for row in Target.objects.all()} == set(STATED)
    assert targets_of(EVERYONE, NOW.date())[PLACEMENT].value == Decimal("0.9")
