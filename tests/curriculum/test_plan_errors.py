"""Text that is not a plan is refused with the line, a sentence and the fix."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.plans import renumbered
from curriculum.audit import audit
from curriculum.plan.markdown import read_plan
from curriculum.plan.nodes import PlanError
from curriculum.plan.text import MAX_BYTES, decode_plan
from tests.curriculum.plans import REAL, SMALL, with_line
from tests.examples import examples


def _problems(text: str) -> list[tuple[str, int]]:
    with pytest.raises(PlanError) as caught:
        read_plan(text)
    return [(problem.code, problem.line) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("", [("empty", 0)]),
        (" \n\n\t", [("empty", 0)]),
        ("# A recipe\n\nTake flour.", [("no_levels", 0)]),
        ("Just a sentence.", [("no_levels", 0), ("no_title", 0)]),
        ("<!DOCTYPE html><html><body>Level 1</body></html>", [("html", 1)]),
        ("\n<html>\n", [("html", 1)]),
        ("# Plan\n\x00\x01\x02", [("not_text", 2)]),
        ("x" * (MAX_BYTES + 1), [("too_large", 0)]),
        ("\n".join(["- a"] * 20_002), [("too_many_lines", 20_001)]),
        ("# Plan\n\n" + "- " * 40 + "deep", [("too_deep", 3)]),
        ("# Plan\n\n" + "a" * 5001, [("text_too_long", 3)]),
        ("# Plan\n\n" + "[" * 201, [("too_many_brackets", 3)]),
        ("# Plan\n\n" + ("*a*" * 500 + "\n\n") * 200, [("too_many_marks", 203)]),
        (f"{SMALL}\n{SMALL}", [("two_plans", 35)]),
    ],
    ids=lambda value: value[0][0] if isinstance(value, list) else "",
)
def test_a_text_that_is_not_a_plan_is_refused(text: str, problems: list[tuple[str, int]]) -> None:
    assert _problems(text) == problems


@pytest.mark.parametrize(
    ("old", "new", "problems"),
    [
        ("## Level 1: Bread (100 hours)", "## Level 1: Bread", [("missing_hours", 5)]),
        ("## Level 1: Bread (100 hours)", "## Level 1: Bread (-100 hours)", [("hours_out_of_range", 5)]),
        ("## Level 1: Bread (100 hours)", "## Level 1: Bread (9999999999 hours)", [("hours_out_of_range", 5)]),
        ("## Level 1: Bread (100 hours)", "## Level 1: Bread (many hours)", [("hours_not_understood", 5)]),
        ("### 1.2 Oven (40 hours)", "### 1.1000 Oven (40 hours)", [("number_out_of_range", 21)]),
        ("### 1.2 Oven (40 hours)", "### 1.1 Oven (40 hours)", [("duplicate_number", 21)]),
        ("### 1.2 Oven (40 hours)", "### 2.1 Oven (40 hours)", [("module_in_wrong_level", 21)]),
        ("### 1.2 Oven (40 hours)", "### 1.2 (40 hours)", [("missing_title", 21)]),
        ("### 1.2 Oven (40 hours)", f"### 1.2 {'O' * 201} (40 hours)", [("title_too_long", 21)]),
        ("| - Wheat | 30 |", "| - Wheat |", [("table_cells", 14)]),
        ("| - Wheat | 30 |", "| - Wheat | 30 | 31 |", [("table_cells", 14)]),
        ("| - Wheat | 30 |", "| - Wheat | -30 |", [("hours_out_of_range", 14)]),
        ("| - Wheat | 30 |", "| - Wheat | lots |", [("hours_not_understood", 14)]),
        ("| - Wheat | 30 |", "| - Wheat | 0.125 |", [("hours_not_understood", 14)]),
        ("| - Wheat | 30 |", "| | 30 |", [("topic_without_title", 14)]),
        ("| **Flour** | 40 |", "| - Flour | 40 |", [("subtopic_without_topic", n) for n in (13, 14, 15)]),
        (
            "**Capstone Project (1.1)**: **A loaf**",
            "**Capstone (1.2)**: **A loaf**",
            [("capstone_in_wrong_module", 18)],
        ),
        ("- **Project 1 (40h)**: **Build an oven**", "- **Project 1 (no h)**: Oven", [("hours_not_understood", 23)]),
        ("| 1: Bread | A loaf | It is eaten |", "| Bread | A loaf | It is eaten |", [("level_row", 33)]),
    ],
)
def test_a_fault_in_a_plan_is_named_with_its_line(old: str, new: str, problems: list[tuple[str, int]]) -> None:
    assert _problems(with_line(old, new)) == problems


def test_all_faults_are_named_at_once_in_the_order_of_the_text() -> None:
    text = with_line("| - Wheat | 30 |", "| - Wheat | lots |").replace("### 1.2 Oven (40 hours)", "### 1.1 Oven")

    assert _problems(text) == [("hours_not_understood", 14), ("missing_hours", 21), ("duplicate_number", 21)]


def test_a_level_that_is_described_twice_is_refused() -> None:
    text = SMALL + "\n## Level 1: Bread (100 hours)\n"

    assert _problems(text) == [("duplicate_number", 35)]


def test_a_problem_says_what_is_wrong_and_how_to_put_it_right() -> None:
    with pytest.raises(PlanError) as caught:
        read_plan(with_line("| - Wheat | 30 |", "| - Wheat | -1.500 |"))

    assert str(caught.value.sentence) == "-1,500 hours cannot be planned."
    assert str(caught.value.fix) == "Give a number from 0 to 100,000."
    assert str(caught.value) == "-1,500 hours cannot be planned. Give a number from 0 to 100,000."


@pytest.mark.parametrize(
    ("data", "problem"),
    [(b"# Plan\n\xff\xfe", ("not_text", 2)), (b"x" * (MAX_BYTES + 1), ("too_large", 0))],
)
def test_a_file_that_is_not_text_is_refused(data: bytes, problem: tuple[str, int]) -> None:
    with pytest.raises(PlanError) as caught:
        decode_plan(data)

    assert (caught.value.code, caught.value.line) == problem


def test_a_file_is_decoded_without_its_byte_order_mark() -> None:
    assert decode_plan(b"\xef\xbb\xbf# Plan \xc3\xa9\xc3\xa9n") == "# Plan één"


@settings(max_examples=examples(150), deadline=None)
@given(st.lists(st.sampled_from(REAL.read_text(encoding="utf-8").split("\n")) | st.text(max_size=30), max_size=40))
def test_any_text_is_either_read_or_refused(lines: list[str]) -> None:
    start = ["# Plan", "## Level 1: A (10 h)"]
    try:
        said = [(str(each.message), str(each.suggestion)) for each in audit(read_plan("\n".join([*start, *lines])))]
    except PlanError as error:
        said = [(str(each.sentence), str(each.fix)) for each in error.problems]

    assert all(sentence and advice for sentence, advice in said)


def test_a_plan_twenty_times_as_large_is_read_whole() -> None:
    whole = REAL.read_text(encoding="utf-8")
    start, end = whole.index("## NIVEAU 1:"), whole.index("## VERIFICATION")
    levels = whole[start:end].replace("**Final Capstone Project (all specializations):**", "Final capstone:")

    def plan_of(times: int) -> str:
        copies = [renumbered(levels, 5 * time) for time in range(times)]
        return whole[:start] + "\n".join(copies)

    small, large = plan_of(1), plan_of(20)
    assert len(read_plan(large).modules) == 20 * len(read_plan(small).modules)
