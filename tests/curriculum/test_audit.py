"""What does not add up is found, on the real plan and rule by rule."""

from dataclasses import replace
from decimal import Decimal

import pytest
from django.utils import translation

from curriculum.audit import audit
from curriculum.plan.markdown import read_plan
from curriculum.plan.nodes import Interval, Plan, PlanClaim, PlanFormat, PlanTarget, PlanTopic, PlanTrack
from curriculum.sentences import Span
from tests.curriculum.plans import SMALL, real_plan


def _found(plan: Plan) -> list[tuple[str, str, str, str]]:
    return [(each.code, each.place, each.expected, each.found) for each in audit(plan)]


def _plan(**changes: str) -> Plan:
    """The small plan with words replaced: ``_plan(**{"old": "new"})``."""
    text = SMALL
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new, 1)
    return read_plan(text)


def test_the_real_plan_holds_these_contradictions_and_no_others() -> None:
    findings = audit(real_plan())

    assert [(each.severity, each.code, each.place, each.expected, each.found, each.line) for each in findings] == [
        ("error", "module_hours", "1.1", "700", "800", 31),
        ("error", "module_hours", "2.1", "800", "950", 147),
        ("error", "topic_hours", "2.1.3", "300", "360", 162),
        ("error", "weekly_hours", "bootcamp", "80", "166", 678),
        ("error", "duration_hours", "bootcamp", "10000", "1992", 678),
        ("error", "duration_hours", "blended", "10000", "4680", 685),
        ("error", "target_completion", "completion_years", "10000", "2600", 764),
        ("error", "theory_practice", "self_paced", "35/65", "60/40", 672),
        ("warning", "level_without_milestone", "5", "", "", 503),
        ("warning", "capstones_without_hours", "", "0", "13", 46),
        ("warning", "result_without_number", "3.4-P3", "", "Achieve competitive score", 370),
        ("warning", "result_without_number", "4.1-C", "", "Achieve reasonable perplexity", 412),
        ("warning", "resource_total", "resources", "7–9", "7–10", 745),
        ("warning", "cost_per_person", "resources", "17500–33500", "7500–10000", 750),
    ]


def test_a_finding_says_what_to_do_about_it() -> None:
    sentences = {each.code: (str(each.message), str(each.suggestion)) for each in audit(real_plan())}

    assert sentences["topic_hours"] == (
        "The sub-topics of “Supervised Learning - Classification” add up to 360 hours; the topic says 300.",
        "Take 60 hours off the parts, or raise the whole to 360 hours.",
    )
    assert sentences["duration_hours"] == (
        "2–3 years at 20–30 hours a week are at most 4,680 hours; 10,000 hours are planned.",
        "At 20–30 hours a week it takes 334–500 weeks; in 2–3 years it takes 65 hours a week.",
    )
    assert sentences["target_completion"] == (
        "2.5 years at 20 hours a week are 2,600 hours; all levels are 10,000 hours, which takes 77 hours a week.",
        "Raise the target to 9.7 years, or count it over fewer levels.",
    )


def test_numbers_are_written_in_the_language_of_the_reader() -> None:
    finding = next(each for each in audit(real_plan()) if each.code == "target_completion")

    with translation.override("nl"):
        assert "10.000" in str(finding.message)


def test_every_sentence_can_be_shown() -> None:
    assert all(str(each.message) and str(each.suggestion) for each in audit(real_plan()))


def test_a_plan_that_adds_up_has_nothing_but_its_capstone_without_hours() -> None:
    assert _found(read_plan(SMALL)) == [("capstones_without_hours", "", "0", "1")]


def test_the_same_finding_keeps_its_key_until_its_numbers_change() -> None:
    first, again = (next(each for each in audit(_plan(**{"| 30 |": "| 35 |"}))) for _time in range(2))
    other = next(each for each in audit(_plan(**{"| 30 |": "| 36 |"})))

    assert first.key == again.key == "topic_hours|1.1.1|40|45"
    assert other.key == "topic_hours|1.1.1|40|46"


@pytest.mark.parametrize(
    ("changes", "finding"),
    [
        ({"| 30 |": "| 20 |"}, ("topic_hours", "1.1.1", "40", "30")),
        ({"(60 hours)": "(70 hours)", "(100 hours)": "(110 hours)"}, ("module_hours", "1.1", "70", "60")),
        ({"(40h)": "(50h)"}, ("module_hours", "1.2", "40", "50")),
        ({"(100 hours)": "(90 hours)"}, ("level_hours", "1", "90", "100")),
        ({"| 20 |": "| |"}, ("topic_without_hours", "1.1", "0", "1")),
        ({"# Baking": "# Baking in 200 hours"}, ("total_hours", "title", "100", "200")),
        ({"Bread in 100 hours.": "Three courses, 3 levels."}, ("level_count", "summary", "1", "3")),
        ({"Bread in 100 hours.": "In 2 weeks at 10 hours/week."}, ("duration_hours", "summary", "100", "20")),
        ({"Bread in 100 hours.": "In 2 weeks at 90 hours/week."}, ("weekly_hours", "summary", "80", "90")),
        ({"Bread in 100 hours.": "In 3 years, 52 weeks."}, ("weeks_and_years", "summary", "156", "52")),
        ({"Bread in 100 hours.": "35% theory, 75% practice."}, ("ratio_total", "summary", "100", "110")),
        ({"Capstone Project (1.1)": "Focus"}, ("level_without_capstone", "1", "", "")),
        ({"| 1: Bread | A loaf | It is eaten |": "| 1: Bread | | |"}, ("level_without_assessment", "1", "", "")),
        ({"**Milestone after level 1**: ": ""}, ("level_without_milestone", "1", "", "")),
        ({"### 1.2": "### 1.3"}, ("number_out_of_order", "1", "1.2", "1.3")),
        ({"- Draw it": "- Achieve a good draft"}, ("result_without_number", "1.2-P1", "", "Achieve a good draft")),
        ({"- **Project 1": "Nothing.\n\n  - **Plan 1"}, ("empty_module", "1.2", "", "")),
    ],
)
def test_a_rule_finds_its_fault(changes: dict[str, str], finding: tuple[str, str, str, str]) -> None:
    assert finding in _found(_plan(**changes))


@pytest.mark.parametrize(
    ("breakdown", "finding"),
    [
        ("- Dough: 50 hours\n- Oven: 50 hours", ("breakdown_hours", "1.1", "60", "50")),
        ("- Dough: 60 hours\n- Oven: 50 hours", ("breakdown_total", "1", "100", "110")),
        ("- All: 100 hours", ("breakdown_count", "1", "2", "1")),
    ],
)
def test_a_breakdown_is_held_against_the_modules(breakdown: str, finding: tuple[str, str, str, str]) -> None:
    plan = _plan(**{"### 1.1": f"**Breakdown** (100 hours):\n{breakdown}\n\n### 1.1"})

    assert finding in _found(plan)


def test_an_overview_is_held_against_the_levels() -> None:
    overview = "## Levels\n\n| Level | Hours | Weeks (20h/wk) |\n|---|---|---|\n| 1: Bread | 120 | 8 |\n\n"
    found = _found(_plan(**{"## Level 1": f"{overview}## Level 1"}))

    assert ("overview_hours", "1", "100", "120") in found
    assert ("level_duration", "1", "100", "160") in found


def test_a_level_without_modules_and_a_number_used_twice() -> None:
    plan = read_plan(SMALL)
    empty = replace(plan.levels[0], modules=())
    found = _found(replace(plan, levels=(plan.levels[0], empty)))

    assert ("empty_level", "1", "", "") in found
    assert ("duplicate_number", "1", "1", "2") in found


def test_tracks_are_alternatives_for_the_same_hours() -> None:
    plan = real_plan()
    tracks: list[PlanTrack] = [replace(track, hours=Decimal(400 + 50 * track.number)) for track in plan.tracks]
    found = _found(replace(plan, tracks=tuple(tracks)))

    assert [each for each in found if each[0] == "specialization_hours"] == [
        ("specialization_hours", "5.4-T1", "500", "450"),
        ("specialization_hours", "5.4-T3", "500", "550"),
        ("specialization_hours", "5.4-T4", "500", "600"),
    ]


def test_a_claim_that_repeats_a_format_is_found_once() -> None:
    form = PlanFormat("bootcamp", "Bootcamp", hours_per_week=Span.of(100), weeks=Span.of(12))
    claim = PlanClaim("duration", "summary", "…", hours_per_week=Span.of(100), weeks=Span.of(12))
    found = _found(replace(read_plan(SMALL), formats=(form,), claims=(claim,)))

    assert found[:2] == [("weekly_hours", "bootcamp", "80", "100"), ("duration_hours", "bootcamp", "100", "1200")]
    assert [place for _code, place, _expected, _value in found] == ["bootcamp", "bootcamp", ""]


def test_a_rounded_duration_holds() -> None:
    years = Span(Decimal("0.1"), Decimal("0.1"))
    form = PlanFormat("self_paced", "", Span.of(20), weeks=Span.of(5), years=years, milestone_every=None)
    holding = replace(form, years=None)

    assert _found(replace(read_plan(SMALL), formats=(holding,)))[:-1] == []


def test_a_week_is_divided_as_promised() -> None:
    form = PlanFormat(
        "self_paced",
        "",
        Span.of(20),
        theory_hours_per_week=Decimal(7),
        practice_hours_per_week=Decimal(13),
        milestone_every=Interval(Decimal(1), Decimal(1), "month"),
    )
    claim = PlanClaim("theory_practice", "summary", "", theory=Decimal(35), practice=Decimal(65))
    plan = replace(read_plan(SMALL), claims=(claim,))
    off = replace(form, practice_hours_per_week=Decimal(8))

    assert _found(replace(plan, formats=(form,)))[:-1] == []
    assert _found(replace(plan, formats=(off,)))[:-1] == [
        ("weekly_split", "self_paced", "20", "15"),
        ("theory_practice", "self_paced", "35/65", "47/53"),
    ]


@pytest.mark.parametrize(
    ("targets", "finding"),
    [
        ([PlanTarget("capstones", ">=", Decimal(105), "%", "")], ("target_range", "capstones", "100", "105")),
        ([PlanTarget("satisfaction", ">=", Decimal(6), "points", "")], ("target_range", "satisfaction", "5", "6")),
        (
            [
                PlanTarget("retention_level_3", ">=", Decimal(50), "%", ""),
                PlanTarget("retention_level_5", ">=", Decimal(70), "%", ""),
            ],
            ("target_order", "retention_level_5", "50", "70"),
        ),
        (
            [PlanTarget("completion_years", "<=", Decimal("0.02"), "years", "")],
            ("target_completion", "completion_years", "100", "83.2"),
        ),
    ],
)
def test_targets_that_cannot_be_met(targets: list[PlanTarget], finding: tuple[str, str, str, str]) -> None:
    assert finding in _found(replace(read_plan(SMALL), targets=tuple(targets)))


def test_a_topic_with_only_sub_topics_of_known_hours_needs_none_itself() -> None:
    plan = read_plan(SMALL)
    module = plan.modules[0]
    flour = replace(module.topics[0], hours=None)
    water = PlanTopic("1.1.2", "Water", Decimal(20))
    level = replace(plan.levels[0], modules=(replace(module, topics=(flour, water)), plan.modules[1]))

    assert _found(replace(plan, levels=(level,))) == [("capstones_without_hours", "", "0", "1")]
