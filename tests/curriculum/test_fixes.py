"""Fixes of findings are arithmetic that comes out: the finding is gone, and nothing in its parts is broken for it."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from curriculum.audit import audit
from curriculum.audit.changes import BreakdownChange, HoursChange, NumberChange, applied
from curriculum.audit.findings import Finding
from curriculum.audit.fixes import Fix, fixes
from curriculum.audit.scaling import scale
from curriculum.audit.tree import tree_findings
from curriculum.plan.markdown import read_plan
from curriculum.plan.nodes import Plan, PlanShare
from tests.curriculum.plans import DRAWN, SMALL, random_plans, real_plan, with_line

HOURS = {
    "topic_hours",
    "topic_without_hours",
    "module_hours",
    "specialization_hours",
    "level_hours",
    "breakdown_total",
    "breakdown_count",
    "breakdown_hours",
}


def offered(plan: Plan) -> dict[str, dict[str, Fix]]:
    """By the code of the finding and the key of the fix; the first of each."""
    findings = audit(plan)
    found = fixes(plan, findings)
    by_code: dict[str, dict[str, Fix]] = {}
    for finding in reversed(findings):
        if finding.key in found:
            by_code[finding.code] = {fix.key: fix for fix in found[finding.key]}
    return by_code


def labels(plan: Plan) -> list[tuple[str, list[str]]]:
    findings = audit(plan)
    found = fixes(plan, findings)
    return [(each.place, [str(fix.label) for fix in found[each.key]]) for each in findings if each.key in found]


def small(old: str, new: str) -> Plan:
    return read_plan(with_line(old, new))


def test_the_real_plan_is_mended_in_one_step_where_that_is_arithmetic() -> None:
    assert labels(real_plan()) == [
        ("1.1", ["Scale the topics to 700 hours", "Set module 1.1 to 800 hours"]),
        ("2.1", ["Scale the topics to 800 hours", "Set module 2.1 to 950 hours"]),
        (
            "2.1.3",
            ["Scale the sub-topics to 300 hours", "Set “Supervised Learning - Classification” to 360 hours"],
        ),
    ]


def test_topics_of_the_real_plan_keep_their_proportions() -> None:
    [module] = [each for each in real_plan().modules if each.code == "1.1"]
    scaled = offered(real_plan())["module_hours"]["scale"].changes

    assert sum((each.hours for each in module.topics if each.hours), Decimal(0)) == 800
    assert scaled == tuple(
        HoursChange("topic", each.code, each.hours * 700 / 800) for each in module.topics if each.hours
    )


@pytest.mark.parametrize(
    ("plan", "code", "key", "changes"),
    [
        (small("| - Rye | 10 |", "| - Rye | 20 |"), "topic_hours", "scale",
         [HoursChange("topic", "1.1.1.1", Decimal(24)), HoursChange("topic", "1.1.1.2", Decimal(16))]),
        (small("| - Rye | 10 |", "| - Rye | 20 |"), "topic_hours", "total",
         [HoursChange("topic", "1.1.1", Decimal(50))]),
        (small("| **Water** | 20 |", "| **Water** | 40 |"), "module_hours", "scale",
         [HoursChange("topic", "1.1.1", Decimal(30)), HoursChange("topic", "1.1.1.1", Decimal("22.5")),
          HoursChange("topic", "1.1.1.2", Decimal("7.5")), HoursChange("topic", "1.1.2", Decimal(30))]),
        (small("| **Water** | 20 |", "| **Water** | 40 |"), "module_hours", "total",
         [HoursChange("module", "1.1", Decimal(80))]),
        (small("- **Project 1 (40h)**: **Build an oven**", "- **Project 1 (50h)**: **Build an oven**"),
         "module_hours", "scale", [HoursChange("project", "1.2-P1", Decimal(40))]),
        (small("| **Water** | 20 |", "| **Water** | |"), "topic_without_hours", "divide",
         [HoursChange("topic", "1.1.2", Decimal(20))]),
        (small("## Level 1: Bread (100 hours)", "## Level 1: Bread (50 hours)"), "level_hours", "scale",
         [HoursChange("module", "1.1", Decimal(30)), HoursChange("topic", "1.1.1", Decimal(20)),
          HoursChange("topic", "1.1.1.1", Decimal(15)), HoursChange("topic", "1.1.1.2", Decimal(5)),
          HoursChange("topic", "1.1.2", Decimal(10)),
          HoursChange("module", "1.2", Decimal(20)), HoursChange("project", "1.2-P1", Decimal(20))]),
        (small("## Level 1: Bread (100 hours)", "## Level 1: Bread (50 hours)"), "level_hours", "total",
         [HoursChange("level", "1", Decimal(100))]),
        (small("### 1.2 Oven (40 hours)", "### 1.3 Oven (40 hours)"), "number_out_of_order", "renumber",
         [NumberChange((0, 1), "1.3", "1.2")]),
    ],
)  # fmt: skip
def test_a_fix_is_these_changes(plan: Plan, code: str, key: str, changes: list[object]) -> None:
    assert list(offered(plan)[code][key].changes) == changes


@pytest.mark.parametrize(
    ("breakdown", "code", "changes"),
    [
        ("**Breakdown** (100 hours):\n- The dough: 50 hours\n- The oven: 60 hours", "breakdown_total",
         [("The dough", 60), ("The oven", 40), 100]),
        ("**Breakdown**:\n- The dough: 50 hours\n- The oven: 50 hours", "breakdown_hours",
         [("The dough", 60), ("The oven", 40), None]),
        ("**Breakdown**:\n- All: 100 hours", "breakdown_count", [("Dough", 60), ("Oven", 40), None]),
    ],
)  # fmt: skip
def test_a_breakdown_is_taken_from_the_modules(breakdown: str, code: str, changes: list[tuple[str, int]]) -> None:
    plan = read_plan(SMALL.replace("### 1.1", f"{breakdown}\n\n### 1.1", 1))
    *shares, hours = changes

    fix = offered(plan)[code]["rewrite"]

    lines = tuple(PlanShare(title, Decimal(each)) for title, each in shares)
    assert fix.changes == (BreakdownChange("1", lines, hours and Decimal(hours)),)
    assert str(fix.label) == "Take the breakdown of level 1 from its modules"


def test_the_line_of_the_breakdown_goes_with_its_module() -> None:
    breakdown = "**Breakdown** (100 hours):\n- Dough: 60 hours\n- Oven: 40 hours\n\n"
    plan = read_plan(
        SMALL.replace("### 1.1", f"{breakdown}### 1.1", 1).replace("| **Water** | 20 |", "| **Water** | 40 |")
    )

    after = applied(plan, offered(plan)["module_hours"]["total"].changes)

    assert [share.hours for share in after.levels[0].breakdown] == [80, 40]
    assert after.levels[0].breakdown_hours == 120
    assert {each.code for each in audit(after)} == {"level_hours", "capstones_without_hours"}


def test_topics_and_projects_are_scaled_together() -> None:
    plan = read_plan(
        SMALL.replace("**Capstone Project (1.1)**: **A loaf**", "**Capstone Project (1.1)** (20 hours): **A loaf**")
    )

    assert labels(plan) == [("1.1", ["Scale the topics and projects to 60 hours", "Set module 1.1 to 80 hours"])]


def test_a_track_is_set_to_the_room_that_its_module_has() -> None:
    plan = real_plan()
    plan = replace(plan, tracks=(replace(plan.tracks[0], hours=Decimal(450)), *plan.tracks[1:]))

    fix = offered(plan)["specialization_hours"]["total"]

    assert fix.changes == (HoursChange("project", "5.4-T1", Decimal(500)),)
    assert applied(plan, fix.changes) == real_plan()


def test_renumbering_takes_topics_projects_tracks_and_the_overview_along() -> None:
    plan = real_plan()
    numbers = [NumberChange((4,), "5", "7"), NumberChange((4, 3), "5.4", "9.9"), NumberChange((0, 0), "1.1", "A")]
    gone = applied(plan, numbers)
    first, last = gone.levels[0].modules[0], gone.levels[4]

    assert (first.code, first.topics[1].code, first.projects[0].code) == ("A", "A.2", "A-C")
    assert (last.number, [module.code for module in last.modules][-2:]) == (7, ["5.3", "9.9"])
    assert {track.module_code for track in gone.tracks} == {"9.9"}
    assert {track.code[:5] for track in gone.tracks} == {track.project.code[:5] for track in gone.tracks} == {"9.9-T"}
    assert [each.place for each in gone.claims if each.kind == "level_duration"] == ["1", "2", "3", "4", "7"]
    assert applied(gone, offered(gone)["number_out_of_order"]["renumber"].changes) == plan


def test_renumbering_takes_requirements_along() -> None:
    plan = read_plan(with_line("### 1.2 Oven (40 hours)", "### 1.2 Oven (40 hours)\n\nRequires: 1.1"))
    changed = applied(plan, [NumberChange((0, 0), "1.1", "1.7")])

    assert [(module.code, module.requires) for module in changed.modules] == [("1.7", ()), ("1.2", ("1.7",))]


def test_a_module_whose_number_is_used_twice_is_numbered_before_it_is_scaled() -> None:
    plan = read_plan(SMALL)
    [level] = plan.levels
    dough = replace(level.modules[0], hours=Decimal(50))
    twice = replace(plan, levels=(replace(level, modules=(dough, replace(level.modules[1], code="1.1"))),))

    found = offered(twice)

    assert "module_hours" not in found
    assert list(found["duplicate_number"]) == ["renumber"]
    assert [module.code for module in applied(twice, found["duplicate_number"]["renumber"].changes).modules] == [
        "1.1",
        "1.2",
    ]


def test_no_more_can_be_scaled_than_there_is() -> None:
    assert scale([], Decimal(10)) is None
    assert scale([Decimal(0)], Decimal(10)) is None
    assert scale([Decimal(10)], Decimal(0)) is None
    assert scale([Decimal(1)] * 3, Decimal("0.02")) is None


@pytest.mark.parametrize(
    ("parts", "total", "scaled"),
    [
        ((100, 100, 100), 200, ("67", "67", "66")),
        ((100, 100), 175, ("87.5", "87.5")),
        ((1, 1), "0.5", ("0.25", "0.25")),
        ((1, 9), 1, ("0.1", "0.9")),
        (("2.5", "2.5", "2.5"), 5, ("2", "1.5", "1.5")),
        ((0, 30), 10, ("0", "10")),
    ],
)
def test_hours_are_scaled_as_people_would_write_them(
    parts: tuple[int | str, ...], total: int | str, scaled: tuple[str, ...]
) -> None:
    assert scale([Decimal(part) for part in parts], Decimal(total)) == tuple(map(Decimal, scaled))


# -- properties --------------------------------------------------------------------------------------------------------

QUARTERS = st.integers(0, 4000).map(lambda quarters: Decimal(quarters) / 4)


@example([Decimal("0.25"), Decimal(100)], Decimal(2))
@given(st.lists(QUARTERS, max_size=12), QUARTERS)
def test_scaling_keeps_the_sum_the_order_and_the_proportions(parts: list[Decimal], total: Decimal) -> None:
    scaled = scale(parts, total)

    if scaled is None:
        assert sum(parts) == 0 or min(filter(None, parts)) * total / sum(parts) < Decimal("0.01")
        return
    assert sum(scaled) == total
    assert all(new == round(new, 2) for new in scaled)
    for one, first in zip(parts, scaled, strict=True):
        assert (one > 0) == (first > 0)
        assert abs(first - one * total / sum(parts)) < 1
        assert all(first <= second for other, second in zip(parts, scaled, strict=True) if one < other)


def _below(place: str, plan: Plan) -> Callable[[str], bool]:
    """Whether a place is a part of the node."""
    modules = {module.code for level in plan.levels if str(level.number) == place for module in level.modules}
    inside = {*modules, place} - {str(level.number) for level in plan.levels}
    return lambda other: any(other.startswith((f"{each}.", f"{each}-")) for each in inside) or other in modules


@DRAWN
@given(random_plans())
def test_after_a_fix_its_finding_is_gone_and_its_parts_are_no_worse(plan: Plan) -> None:
    findings = [each for each in tree_findings(plan) if each.code in HOURS]
    offers = fixes(plan, findings)
    for finding in findings:
        is_part = _below(finding.place, plan)
        before = _places(findings, is_part)
        for fix in offers.get(finding.key, ()):
            after = [each for each in tree_findings(applied(plan, fix.changes)) if each.code in HOURS]
            assert (finding.code, finding.place) not in [(each.code, each.place) for each in after], fix
            assert _places(after, is_part) <= before, fix


def _places(findings: list[Finding], is_part: Callable[[str], bool]) -> set[tuple[str, str]]:
    return {(each.code, each.place) for each in findings if is_part(each.place)}


@DRAWN
@given(random_plans())
def test_no_changes_change_nothing(plan: Plan) -> None:
    assert applied(plan, ()) == plan
