"""What is exported is imported the same, in Markdown and in YAML."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curriculum.plan import escaping
from curriculum.plan.from_yaml import read_yaml
from curriculum.plan.markdown import read_plan
from curriculum.plan.nodes import (
    ChecklistItem,
    Plan,
    PlanBenchmark,
    PlanCell,
    PlanError,
    PlanLevel,
    PlanModule,
    PlanNote,
    PlanProblem,
    PlanProject,
    PlanTopic,
    Unparsed,
)
from curriculum.plan.projects import benchmarks_of
from curriculum.plan.source import form_of, read_source, write
from curriculum.plan.to_markdown import write_markdown
from curriculum.plan.to_yaml import write_yaml
from tests.curriculum.generated import plans, titles
from tests.curriculum.plans import REAL, SMALL, real_plan, with_line
from tests.examples import examples

BESIDE = ("## What the text does not say", "## Wat de tekst niet zegt")
GENERATED = settings(
    max_examples=examples(20), deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def changed(plan: Plan, change: Callable[[PlanModule], PlanModule]) -> Plan:
    """The plan with its first module changed."""
    level, *levels = plan.levels
    first, *modules = level.modules
    return replace(plan, levels=(replace(level, modules=(change(first), *modules)), *levels))


def edited_project(**values: object) -> Plan:
    def change(module: PlanModule) -> PlanModule:
        return replace(module, projects=(replace(module.projects[0], **values), *module.projects[1:]))

    return changed(read_plan(SMALL), change)


def edited_topic(**values: object) -> Plan:
    def change(module: PlanModule) -> PlanModule:
        return replace(module, topics=(replace(module.topics[0], **values), *module.topics[1:]))

    return changed(read_plan(SMALL), change)


# -- the real plan, and any other --------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["markdown", "yaml"])
@pytest.mark.parametrize("plan", [real_plan(), read_plan(SMALL)], ids=["real", "small"])
def test_plan_survives_its_export(plan: Plan, form: str) -> None:
    text = write(plan, form)  # type: ignore[arg-type]
    again = read_source(text)

    assert again == plan
    assert [module.table_headings for module in again.modules] == [module.table_headings for module in plan.modules]
    assert write(again, form) == text  # type: ignore[arg-type]


@GENERATED
@given(plans())
def test_any_plan_survives_yaml(plan: Plan) -> None:
    assert read_yaml(write_yaml(plan)) == plan


@GENERATED
@given(plans())
def test_any_plan_survives_markdown(plan: Plan) -> None:
    assert read_plan(write_markdown(plan)) == plan


@GENERATED
@given(titles, titles, titles)
def test_any_words_survive_in_the_text_itself(title: str, topic: str, item: str) -> None:
    """Signs that mean something in Markdown are escaped where they stand, not told elsewhere."""
    title = title.rstrip(": ") or "Oven"  # a colon at the end of a project's title belongs to the sentence
    work = PlanProject("module_capstone", "1.1-C", title, None, checklist=(ChecklistItem(item),), benchmarks=())
    module = PlanModule(
        "1.1",
        title,
        Decimal(10),
        description=item,
        topics=(
            PlanTopic("1.1.1", topic, Decimal(10), cells=(PlanCell(topic, item),)),
            PlanTopic("1.1.2", title, subtopics=(PlanTopic("1.1.2.1", topic),)),
        ),
        projects=(replace(work, benchmarks=benchmarks_of([ChecklistItem(item)])),),
    )
    plan = Plan(title, levels=(PlanLevel(1, topic, Decimal(10), description=title, goal=item, modules=(module,)),))
    text = write_markdown(plan)

    read = read_plan(text)
    assert read.levels == plan.levels
    assert read.title == title
    assert "nodes:" not in text


# -- what the text looks like ------------------------------------------------------------------------------------------


def test_markdown_of_the_real_plan_is_a_plan_for_people() -> None:
    text = write_markdown(real_plan())
    lines = text.split("\n")

    assert not any(heading in lines for heading in BESIDE)
    assert "\\" not in text
    for expected in (
        "# 10.000-uur AI/LLM Engineer Training Plan",
        "## NIVEAU-STRUCTUUR (5 niveaus)",
        "| Niveau | Uren | Weken (20h/wk) | Focus | Technologie |",
        "## Niveau 1: Foundations (2.000 uur)",
        "**Onderverdeling** (2.000 uur):",
        "### 1.1 Python Programming (700 uur)",
        "| Topic | Uren | Resources | Deliverables |",
        "| **Linear Algebra** | 200 | Khan Academy (Linear Algebra, 14 units) + 3Blue1Brown videos "
        "| Numpy matrix operations |",
        "| - Vectors, matrices, operations | 60 | Interactive | Build vector library |",
        "**Capstone Project (1.1)**: Build a multi-module **File Organizer CLI** that:",
        "- **Project 1 (100h)**: Build an **end-to-end data pipeline**",
        "  - Full fine-tuning",
        "#### Optie 1: LLM Research Track (500h)",
        "**Final Capstone Project (all specializations)**:",
        "- **Code Reviews**: All projects reviewed for quality, testing, documentation",
        "### For Bootcamp Format (166 hrs/week):",
        "**Total Cost (rough):**",
        "- Cohort retention: 70%+ through level 3, 50%+ through level 5",
        "**Ende of Plan**",
    ):
        assert expected in lines


def test_markdown_of_the_small_plan() -> None:
    assert write_markdown(read_plan(with_line("### 1.2 Oven (40 hours)", "### 1.2 Oven (40 h)\n\nRequires: 1.1"))) == (
        """\
# Baking

**Summary**: Bread in 100 hours.

---

## Level 1: Bread (100 hours)

**Goal**: Learners bake bread.

### 1.1 Dough (60 hours)

| Topic | Hours |
|---|---|
| **Flour** | 40 |
| - Wheat | 30 |
| - Rye | 10 |
| **Water** | 20 |

**Capstone Project (1.1)**: **A loaf**
- Bake 3+ loaves

---

### 1.2 Oven (40 hours)

**Requires**: 1.1

- **Project 1 (40h)**: **Build an oven**
  - Draw it
    - To scale

---

**Milestone after level 1**: Learners bake.

---

## Assessment

### Milestones per level:

| Level | Key assessment | Graduation criteria |
|---|---|---|
| 1: Bread | A loaf | It is eaten |

---
"""
    )


def test_yaml_of_the_small_plan() -> None:
    assert write_yaml(read_plan(with_line("### 1.2 Oven (40 hours)", "### 1.2 Oven (37.5h)\n\nRequires: 1.1"))) == (
        """\
title: Baking
summary: Bread in 100 hours.
language: en
levels:
- number: 1
  title: Bread
  hours: 100
  goal: Learners bake bread.
  milestone: Learners bake.
  key_assessment: A loaf
  graduation_criteria: It is eaten
  modules:
  - code: '1.1'
    title: Dough
    hours: 60
    table_headings:
    - Topic
    - Hours
    topics:
    - title: Flour
      hours: 40
      subtopics:
      - title: Wheat
        hours: 30
      - title: Rye
        hours: 10
    - title: Water
      hours: 20
    projects:
    - kind: module_capstone
      code: 1.1-C
      title: A loaf
      checklist:
      - Bake 3+ loaves
      benchmarks:
      - metric: loaves
        comparison: '>='
        threshold: 3
        unit: count
  - code: '1.2'
    title: Oven
    hours: 37.5
    requires:
    - '1.1'
    projects:
    - kind: practice_project
      code: 1.2-P1
      title: Build an oven
      hours: 40
      checklist:
      - Draw it
      - text: To scale
        depth: 1
"""
    )


def test_any_other_reader_of_yaml_reads_the_export() -> None:
    told = yaml.safe_load(write_yaml(real_plan()))

    assert [level["hours"] for level in told["levels"]] == [2000] * 5
    assert [len(told[part]) for part in ("tracks", "targets", "formats", "notes")] == [4, 13, 3, 12]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("plain text, with 2 * 3 = 6", "plain text, with 2 \\* 3 = 6"),
        ("snake_case and __init__", "snake_case and \\_\\_init\\_\\_"),
        ("a [link](b)", "a \\[link](b)"),
        ("[ ] to do", "[ ] to do"),
        ("1 < 2 > 0 & <b>", "1 < 2 > 0 & \\<b>"),
        ("&amp; <br> back\\slash", "\\&amp; \\<br> back\\\\slash"),
        ("two\nlines", "two<br>lines"),
        ("- dash", "\\- dash"),
        ("1. one", "1\\. one"),
        ("1.5 times", "1.5 times"),
        ("# heading", "\\# heading"),
        ("#hashtag", "#hashtag"),
    ],
)
def test_only_what_would_mean_something_is_escaped(text: str, written: str) -> None:
    assert escaping.line(text) == written


# -- what the text cannot say ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("plan", "stated"),
    [
        (
            edited_project(benchmarks=(PlanBenchmark("score", ">=", Decimal("8.5"), ""),)),
            "nodes:\n  1.1-C:\n    benchmarks:\n    - metric: score\n      comparison: '>='\n      threshold: 8.5\n",
        ),
        (edited_project(benchmarks=()), "nodes:\n  1.1-C:\n    benchmarks: []\n"),
        (edited_project(title="A loaf:"), "nodes:\n  1.1-C:\n    title: 'A loaf:'\n"),
        (
            edited_topic(benchmarks=(PlanBenchmark("grams", "<=", Decimal(40), "g"),)),
            "nodes:\n  1.1.1:\n    benchmarks:\n    - metric: grams\n",
        ),
        (replace(read_plan(SMALL), notes=(PlanNote("Beside", "", "## Level 1: Again (1 hour)"),)), "notes:\n"),
        (replace(read_plan(SMALL), notes=(PlanNote("Beside", "", "```\nnever closed"),), claims=()), ""),
        (replace(real_plan(), targets=real_plan().targets[:6]), ""),
        (
            replace(real_plan(), targets=(replace(real_plan().targets[0], value=Decimal(90)),)),
            "targets:\n- key: capstones\n  comparison: '>='\n  value: 90\n",
        ),
    ],
    ids=["benchmark", "no benchmark", "colon", "topic", "heading in a note", "fence", "fewer targets", "target"],
)
def test_what_the_text_does_not_say_is_stated_beside_it(plan: Plan, stated: str) -> None:
    text = write_markdown(plan)

    assert read_plan(text) == plan
    assert (f"\n```yaml\n{stated}" in text) == bool(stated)


def test_description_that_does_not_name_the_title_stands_first_in_the_checklist() -> None:
    plan = edited_project(description="Something to eat\nand to share")
    text = write_markdown(plan)

    assert "- **Description**: Something to eat<br>and to share\n- Bake 3+ loaves" in text
    assert read_plan(text) == plan


def test_lines_that_were_not_understood_stay_so() -> None:
    odd = ("| Shoe | Size |\n|---|---|\n| Left | 43 |", "```\n## Level 9: Code\n```", "> A saying.")
    plan = replace(read_plan(SMALL), unparsed=tuple(Unparsed(0, text) for text in odd))
    text = write_markdown(plan)
    again = read_plan(text)

    assert again == plan
    lines = text.split("\n")
    assert [lines[each.line - 1] for each in again.unparsed] == [each.text.split("\n")[0] for each in plan.unparsed]
    assert [each.text for each in read_yaml(write_yaml(plan)).unparsed] == list(odd)


def test_language_is_stated_when_the_words_do_not_show_it() -> None:
    plan = replace(read_plan(SMALL.replace("Bread", "Niveau uur uren weken doel totaal " * 4)), language="en")

    assert "**Language**: English" in write_markdown(plan)
    assert read_plan(write_markdown(plan)) == plan


def test_what_stands_beside_the_text_is_checked_like_the_rest() -> None:
    beside = "\n## What the text does not say\n\n```yaml\nnodes:\n  9.9:\n    title: Gone\n  1.1:\n    hours: -3\n```\n"
    with pytest.raises(PlanError) as refused:
        read_plan(SMALL + beside)

    assert [(each.code, each.line, str(each.sentence)) for each in refused.value.problems] == [
        ("unknown_code", 39, "“9.9” is no number of this plan."),
        ("hours_out_of_range", 42, "-3 hours cannot be planned."),
    ]


def test_notes_of_a_level_stay_in_their_level_and_order() -> None:
    text = with_line("## Level 1: Bread (100 hours)", "## Before\n\nFirst.\n\n## Level 1: Bread (100 hours)")
    text = text.replace("## Verification", "### Remarks\n\nSecond.\n\n## Verification")
    plan = read_plan(f"{text}\n## After\n\nThird.\n")

    assert [(note.section, note.heading, note.text) for note in plan.notes] == [
        ("Before", "", "First."),
        ("Level 1", "Remarks", "Second."),
        ("After", "", "Third."),
    ]
    assert read_plan(write_markdown(plan)) == plan


# -- which of the two --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "name", "form"),
    [
        (SMALL, "plan.md", "markdown"),
        (SMALL, "", "markdown"),
        (SMALL, "plan.yml", "yaml"),
        (write_yaml(read_plan(SMALL)), "plan.txt", "yaml"),
        ("# a comment\n---\n  levels:\n  - 1\n", "", "yaml"),
        ('{"title": "Baking", "levels": []}', "", "yaml"),
        (f"{SMALL}\nlevels: one", "", "markdown"),
        (REAL.read_text(encoding="utf-8"), "", "markdown"),
        ("", "", "markdown"),
    ],
)
def test_the_form_shows_in_the_name_or_the_text(text: str, name: str, form: str) -> None:
    assert form_of(text, name) == form


@GENERATED
@given(st.text(max_size=200), st.sampled_from(["", "plan.yaml"]))
def test_any_text_is_either_read_or_refused(text: str, name: str) -> None:
    problems: tuple[PlanProblem, ...] = ()
    try:
        read_source(text, name=name)
    except PlanError as error:
        problems = error.problems

    assert all(str(each.sentence) and str(each.fix) for each in problems)
