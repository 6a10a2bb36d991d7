"""Drawings place things where the numbers say, and never let a label break out."""

import re

import pytest
from django.utils import translation

from design.drawing import (
    Dot,
    Mark,
    Tick,
    band_chart,
    bullet,
    level_class,
    meter,
    mini_path,
    segment,
    spark,
    spread,
)

NASTY = "<script>\"&'"
ESCAPED = "&lt;script&gt;&quot;&amp;&#x27;"


def rects(svg: str) -> list[tuple[str, str, str]]:
    """(class, x, width) of every rectangle that stands in percentages."""
    return re.findall(r'<rect class="([^"]+)" x="([\d.]+)%" width="([\d.]+)%"', svg)


def test_five_levels_have_the_five_main_colors() -> None:
    assert [level_class(level) for level in range(1, 6)] == ["l1", "l2", "l3", "l4", "l5"]


@pytest.mark.parametrize(
    ("levels", "classes"),
    [
        (1, ["l1"]),
        (2, ["l1", "l5"]),
        (3, ["l1", "l3", "l5"]),
        (9, ["l1", "l1h", "l2", "l2h", "l3", "l3h", "l4", "l4h", "l5"]),
    ],
)
def test_other_programs_spread_their_levels_over_the_palette(levels: int, classes: list[str]) -> None:
    assert [level_class(level, levels) for level in range(1, levels + 1)] == classes


@pytest.mark.parametrize("level", [0, 6])
def test_a_level_outside_the_program_is_refused(level: int) -> None:
    with pytest.raises(ValueError, match="not between 1 and 5"):
        level_class(level)


def test_mini_path_fills_what_is_done_and_part_of_the_level_under_way() -> None:
    assert rects(mini_path(2, 0.5, levels=4)) == [
        ("l1 lv-fill", "0", "25"),
        ("l2h lv-rest", "25.8", "24.2"),
        ("l2h lv-fill", "25.8", "12.1"),
        ("l3h lv-rest", "50.8", "24.2"),
        ("l5 lv-rest", "75.8", "24.2"),
    ]


def test_mini_path_is_silent_unless_it_is_given_words() -> None:
    assert 'aria-hidden="true"' in mini_path(1, 0)
    assert f'role="img" aria-label="{ESCAPED}"' in mini_path(1, 0, label=NASTY)


@pytest.mark.parametrize(("share", "width"), [(-0.2, "0"), (0.785, "78.5"), (1.4, "100")])
def test_meter_never_leaves_its_track(share: float, width: str) -> None:
    assert f'<rect class="value" width="{width}%"' in meter(share, "18 of 23")


def test_segment_pins_where_the_learner_is_and_marks_the_modules() -> None:
    drawn = segment(0.29, here=True, ticks=[0.5])
    assert '<circle class="here-pin" cx="29%"' in drawn
    assert '<line class="tick" x1="50%" x2="50%"' in drawn
    assert "here-pin" not in segment(0.29)
    assert "lv-fill" not in segment(0)


def test_bullet_places_value_interval_and_target_on_one_scale() -> None:
    drawn = bullet(value=75, low=70, high=80, target=65, minimum=50, maximum=100, tone="ok", label=NASTY)
    assert f'<svg class="bullet ok" role="img" aria-label="{ESCAPED}">' in drawn
    assert '<rect class="ci" x="40%" y="4" width="20%"' in drawn
    assert '<line class="target" x1="30%" x2="30%"' in drawn
    assert '<circle class="pt" cx="50%"' in drawn


def test_bullet_without_interval_or_target_shows_the_value_alone() -> None:
    drawn = bullet(value=200, low=None, high=None, target=None, minimum=0, maximum=100, label="x")
    assert '<circle class="pt" cx="100%"' in drawn
    assert 'class="ci"' not in drawn
    assert 'class="target"' not in drawn


def test_spark_runs_from_the_oldest_value_to_the_newest_and_the_highest_is_on_top() -> None:
    assert 'd="M0 950L500 50L1000 500"' in spark([1, 3, 2], "Trend")


@pytest.mark.parametrize("values", [[], [4.0]])
def test_spark_needs_two_values_for_a_trend(values: list[float]) -> None:
    assert spark(values, "Trend") == ""


def test_a_flat_trend_is_a_flat_line() -> None:
    assert 'd="M0 950L1000 950"' in spark([2, 2], "Trend")


def test_spread_stacks_people_at_the_same_place_with_those_at_risk_on_top() -> None:
    drawn = spread([Dot(1, 0.0, "Daan", at_risk=True), Dot(1, 0.0, "Amira"), Dot(3, 1.0, NASTY)], "Where", levels=3)
    dots = re.findall(r'<circle class="([^"]+)" cx="([\d.]+)%" cy="(\d+)" r="\d"><title>([^<]*)</title>', drawn)
    assert dots == [
        ("dot l1", "1.67", "26", "Amira"),
        ("dot l1 risk", "1.67", "11", "Daan"),
        ("dot l5", "98.33", "26", ESCAPED),
    ]


def test_spread_of_nobody_still_shows_the_path() -> None:
    drawn = spread([], "Nobody yet", levels=2)
    assert [css for css, _, _ in rects(drawn)] == ["l1 lv-fill", "l5 lv-fill"]


def chart(**changes: object) -> str:
    given: dict[str, object] = {
        "uid": "retention",
        "title": "Retention by level",
        "summary": "Half of them stay.",
        "xs": [0, 1, 2],
        "middle": [100, 80, 50],
        "low": [100, 70, 40],
        "high": [100, 90, 60],
        "x_max": 2,
        "y_min": 0,
        "y_max": 100,
        "x_ticks": [Tick(0, "Start"), Tick(2, "Level 2", "64")],
        "y_ticks": [0, 50, 100],
    }
    return str(band_chart(**(given | changes)))  # type: ignore[arg-type]


def test_band_chart_draws_the_curve_inside_its_band() -> None:
    assert 'class="curve" d="M0 0L500 200L1000 500"' in chart()
    assert 'class="band" d="M0 0L500 100L1000 400L1000 600L500 300L0 0Z"' in chart()


def test_a_step_chart_holds_its_value_until_the_next_event() -> None:
    assert 'class="curve" d="M0 0L500 0L500 200L1000 200L1000 500"' in chart(step=True)


def test_band_chart_is_named_and_described_for_screen_readers() -> None:
    assert 'role="img" aria-labelledby="retention-t" aria-describedby="retention-d"' in chart()
    assert '<desc id="retention-d">Half of them stay.</desc>' in chart()


def test_the_word_before_a_level_number_can_be_hidden_in_any_language() -> None:
    assert '<tspan class="lvl-word">Niveau </tspan>2<' in chart(x_ticks=[Tick(1, "Niveau 2")])
    assert ">6 months<" in chart(x_ticks=[Tick(1, "6 months")])


def test_axis_numbers_follow_the_language() -> None:
    with translation.override("nl"):
        assert ">2,5 h</text>" in chart(y_ticks=[2.5], y_unit=" h")


@pytest.mark.parametrize(
    "changes",
    [
        {"title": NASTY},
        {"summary": NASTY},
        {"x_ticks": [Tick(1, NASTY, NASTY)]},
        {"marks": [Mark(1, 80, NASTY)]},
        {"targets": [Mark(1, 70, NASTY)]},
        {"uid": NASTY},
        {"y_unit": NASTY},
    ],
)
def test_every_text_of_a_chart_is_escaped(changes: dict[str, object]) -> None:
    assert ESCAPED in chart(**changes)
    assert "<script>" not in chart(**changes)
