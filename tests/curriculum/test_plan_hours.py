import re
from decimal import Decimal

import pytest

from curriculum.plan.hours import (
    Amount,
    Duration,
    find_amount,
    find_durations,
    find_theory_practice,
    find_total_hours,
    find_weekly_split,
    read_hours,
    split_hours,
)
from curriculum.plan.nodes import PlanBenchmark
from curriculum.plan.projects import read_benchmarks
from curriculum.sentences import Span


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("2.000", 2000),
        ("2,000", 2000),
        ("2000", 2000),
        ("1.234.567", 1_234_567),
        ("2\u00a0000", 2000),
        ("100h", 100),
        ("700 uur", 700),
        ("12 hours", 12),
        ("7,5 uur", Decimal("7.5")),
        ("7.5", Decimal("7.5")),
        ("0.125", Decimal("0.125")),
        ("-30", -30),
        ("٣٠", 30),
        ("", None),
        ("–", None),
    ],
)
def test_hours_as_people_write_them(text: str, hours: Decimal | int | None) -> None:
    assert read_hours(text) == hours


@pytest.mark.parametrize("text", ["many", "10 apples", "10-20", "1.2.3", "²", "uur", "1e9", "NaN"])
def test_other_text_is_no_number_of_hours(text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(text)):
        read_hours(text)


@pytest.mark.parametrize(
    ("title", "parts"),
    [
        ("FOUNDATIONS (2.000 uur)", ("FOUNDATIONS", "2.000 uur")),
        ("Advanced (part 2) (100h):", ("Advanced (part 2)", "100h")),
        ("Levels (5 niveaus)", ("Levels (5 niveaus)", None)),
        ("Research (with)", ("Research (with)", None)),
        ("Oven", ("Oven", None)),
    ],
)
def test_hours_at_the_end_of_a_title(title: str, parts: tuple[str, str | None]) -> None:
    assert split_hours(title) == parts


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            "~500 weken = ~9,6 jaar @ 20 uur/week (of 12 weken @ 166 uur/week)",
            (
                Duration(Span.of(20), Span.of(500), Span(Decimal("9.6"), Decimal("9.6"))),
                Duration(Span.of(166), Span.of(12)),
            ),
        ),
        ("20-30 hrs/week, 2–3 year timeline", (Duration(Span.of(20, 30), None, Span.of(2, 3)),)),
        ("18 months at 20 hours per week", (Duration(Span.of(20), Span.of(78)),)),
        ("8h hands-on in level 3", ()),
    ],
)
def test_durations_that_are_named_together(text: str, found: tuple[Duration, ...]) -> None:
    assert find_durations(text) == found


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("~$50-70k", Amount(Span.of(50_000, 70_000), "$", "")),
        ("$500-1k/month", Amount(Span.of(500, 1000), "$", "month")),
        ("~$7.5k-10k (full 2-3 years)", Amount(Span.of(7500, 10_000), "$", "")),
        ("8× A100 (~$30k-40k)", Amount(Span.of(30_000, 40_000), "$", "")),
        ("€1.500/jaar", Amount(Span.of(1500), "€", "year")),
        ("2-3 (covering Python)", Amount(Span.of(2, 3), "", "")),
        ("as needed", None),
    ],
)
def test_amounts(text: str, amount: Amount | None) -> None:
    assert find_amount(text) == amount


def test_a_total_is_not_a_number_of_hours_a_week() -> None:
    assert find_total_hours("20 uur/week, 10.000-uur plan") == 10_000
    assert find_total_hours("20 hours per week") is None


def test_theory_against_practice() -> None:
    assert find_theory_practice("Balans: 35% theorie, 65% hands-on code") == (35, 65)
    assert find_theory_practice("Why 35% theory / 65% hands-on?") == (35, 65)
    assert find_weekly_split("Each week: 12h lectures + tutorials, 8h hands-on coding") == (12, 8)
    assert find_weekly_split("Each week: 12h lectures") is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Achieve 97%+ accuracy on MNIST", [("accuracy", ">=", 97, "%")]),
        ("Achieve top 10% score goal", [("rank", "<=", 10, "%")]),
        ("Create 15+ visualizations", [("visualizations", ">=", 15, "count")]),
        ("Write 20+ test cases", [("test cases", ">=", 20, "count")]),
        ("Build 5+ models (LR, DT, RF, XGB, SVM)", [("models", ">=", 5, "count")]),
        ("At least 10k images of cats", [("images", ">=", 10_000, "count")]),
        ("Minimaal 80% dekking", [("dekking", ">=", 80, "%")]),
        ("F1 score >= 0.9", [("f1 score", ">=", Decimal("0.9"), "")]),
        ("Latency ≤ 200 ms", [("latency", "<=", 200, "ms")]),
        ("Pick 3 datasets of personal interest", []),
        ("Dataset: CIFAR-100 or custom (10k+ images)", []),
        ("Achieve competitive score", []),
    ],
)
def test_benchmarks_in_a_checklist(text: str, found: list[tuple[str, str, Decimal | int, str]]) -> None:
    assert [(each.metric, each.comparison, each.threshold, each.unit) for each in read_benchmarks(text)] == found


def test_a_benchmark_that_cannot_be_kept_is_not_read() -> None:
    assert read_benchmarks("Reach 99999999999+ users") == ()
    assert read_benchmarks(f"Reach 5+ {'x' * 101}") == ()
    assert read_benchmarks("Reach 5+ users") == (PlanBenchmark("users", ">=", Decimal(5), "count"),)
