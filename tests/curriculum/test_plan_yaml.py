"""A YAML text that is not a plan is refused with the line, the place and the fix."""

import json

import pytest
import yaml

from curriculum.plan.from_yaml import read_yaml
from curriculum.plan.markdown import read_plan
from curriculum.plan.nodes import ChecklistItem, PlanBenchmark, PlanError
from curriculum.plan.to_yaml import write_yaml
from curriculum.sentences import Span
from tests.curriculum.plans import SMALL

MINIMAL = """\
title: Baking
levels:
- number: 1
  title: Bread
  hours: 100
  modules:
  - code: 1.1
    title: Dough
    hours: 60
    topics:
    - title: Flour
      hours: 40
"""


def problems(text: str) -> list[tuple[str, int, str]]:
    with pytest.raises(PlanError) as refused:
        read_yaml(text)
    return [(each.code, each.line, str(each.sentence)) for each in refused.value.problems]


def without(line: str) -> str:
    return MINIMAL.replace(f"{line}\n", "", 1)


def replaced(old: str, new: str) -> str:
    assert old in MINIMAL
    return MINIMAL.replace(old, new, 1)


def test_smallest_plan_is_read_with_its_lines() -> None:
    plan = read_yaml(MINIMAL)

    assert (plan.title, plan.language, plan.hours) == ("Baking", "en", 100)
    module = plan.modules[0]
    assert [(node.code, node.title, node.hours, node.line) for node in (module, *module.topics)] == [
        ("1.1", "Dough", 60, 7),
        ("1.1.1", "Flour", 40, 11),
    ]


@pytest.mark.parametrize(
    "written", ["2.000", "2,000", "2000", "2000h", "2.000 uur", "(2,000 hours)", "'2.000'", '"2000"']
)
def test_hours_are_read_as_in_markdown(written: str) -> None:
    assert read_yaml(replaced("hours: 100", f"hours: {written}")).hours == 2000


@pytest.mark.parametrize("code", ["1.10", "'1.10'"])
def test_number_of_a_module_is_text(code: str) -> None:
    assert read_yaml(replaced("code: 1.1", f"code: {code}")).modules[0].code == "1.10"


@pytest.mark.parametrize("title", ["no", "yes", "1e3", "12:30", "0x10", "2026-01-01"])
def test_words_stay_words(title: str) -> None:
    assert read_yaml(replaced("title: Dough", f"title: {title}")).modules[0].title == title


def test_what_follows_from_the_place_or_the_text_may_be_left_out() -> None:
    work = """\
    projects:
    - kind: module_capstone
      title: A loaf
      checklist:
      - Bake 3+ loaves
      - {text: Of rye, depth: 1}
    - kind: practice_project
      title: An oven
      benchmarks: []
      checklist: [Carry 20+ stones]
tracks:
- number: 1
  module: 1.1
  title: Pastry
  hours: 60
final_capstone:
  title: A shop
formats:
- format: blended
  title: Blended
  hours_per_week: {low: 20, high: 30}
  weeks: 12
"""
    plan = read_yaml(MINIMAL + work)

    assert [project.code for project in plan.projects] == ["1.1-C", "1.1-P1", "1.1-T1", "final"]
    assert [project.benchmarks for project in plan.projects[:2]] == [(PlanBenchmark("loaves", ">=", 3, "count"),), ()]
    assert plan.projects[0].checklist == (ChecklistItem("Bake 3+ loaves"), ChecklistItem("Of rye", 1))
    assert (plan.formats[0].hours_per_week, plan.formats[0].weeks) == (Span.of(20, 30), Span.of(12))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (without("title: Baking"), [("yaml_missing_field", 1, "“plan” has no “title”.")]),
        ("title: Baking\n", [("no_levels", 0, "No level was found.")]),
        ("title: Baking\nlevels: []\n", [("no_levels", 2, "No level was found.")]),
        ("- 1\n- 2\n", [("yaml_shape", 1, "“plan” is no mapping."), ("no_levels", 0, "No level was found.")]),
        (replaced("levels:\n", "levels:\n- 1\n"), [("yaml_shape", 3, "“levels[1]” is no mapping.")]),
        (replaced("    hours: 60\n", ""), [("yaml_missing_field", 7, "“levels[1].modules[1]” has no “hours”.")]),
        (replaced("hours: 60", "hours: lots"), [("hours_not_understood", 9, "“lots” is not a number of hours.")]),
        (replaced("hours: 60", "hours: -60"), [("hours_out_of_range", 9, "-60 hours cannot be planned.")]),
        (replaced("hours: 60", "hours: 1e9"), [("hours_not_understood", 9, "“1e9” is not a number of hours.")]),
        (replaced("hours: 60", "hours: 9999999"), [("hours_out_of_range", 9, "9,999,999 hours cannot be planned.")]),
        (replaced("hours: 60", "hours: [60]"), [("yaml_value", 9, "“levels[1].modules[1].hours” is no number.")]),
        (
            replaced("hours: 60", "time: 60"),
            [
                ("yaml_unknown_field", 9, "“levels[1].modules[1]” has no field “time”."),
                ("yaml_missing_field", 7, "“levels[1].modules[1]” has no “hours”."),
            ],
        ),
        (replaced("number: 1", "number: one"), [("yaml_value", 3, "“levels[1].number” is no whole number.")]),
        (
            replaced("number: 1", "number: 4000"),
            [
                ("number_out_of_range", 3, "The number 4000 is too large."),
                ("module_in_wrong_level", 7, "Module 1.1 stands under level 4,000."),
            ],
        ),
        (
            replaced("code: 1.1", "code: one"),
            [
                ("module_number", 7, "“one” is no number of a module."),
                ("module_in_wrong_level", 7, "Module one stands under level 1."),
            ],
        ),
        (
            replaced("    topics:", "    requires: [1.1, 3.1]\n    topics:"),
            [
                ("requires_itself", 10, "Module 1.1 requires itself."),
                ("unknown_requirement", 10, "Module 1.1 requires 3.1, which is no module of this plan."),
            ],
        ),
        (
            replaced("- title: Flour", "- code: 1.1.9\n      title: Flour"),
            [("yaml_code", 11, "The number 1.1.9 stands where 1.1.1 is due.")],
        ),
        (replaced("- title: Flour", "- title: ''"), [("missing_title", 11, "There is a number here, and no title.")]),
        (
            replaced("- title: Flour", f"- title: {'F' * 201}"),
            [("title_too_long", 11, f"“{'F' * 60}…” has 201 characters.")],
        ),
        (
            replaced("- title: Flour", f"- title: Flour\n      resources: {'F' * 5001}"),
            [("text_too_long", 12, "A paragraph has more than 5,000 characters.")],
        ),
        (
            replaced("- title: Flour", "- title: Flour\n      title: Rye"),
            [("yaml_twice", 12, "“title” is stated twice.")],
        ),
        (f"{MINIMAL}{MINIMAL}", [("yaml_twice", 13, "“title” is stated twice.")]),
        (f"{MINIMAL}---\n{MINIMAL}", [("two_plans", 13, "A second plan begins here.")]),
        (
            f"{MINIMAL}  - code: 1.1\n    title: Again\n    hours: 1\n",
            [("duplicate_number", 13, "The number 1.1 is used twice.")],
        ),
        (
            f"{MINIMAL}tracks:\n- number: 1\n  module: 7.7\n  title: Lost\n",
            [("unknown_module", 14, "“7.7” is no module of this plan.")],
        ),
        (f"{MINIMAL}language: fr\n", [("yaml_value", 13, "“language” is none of what it can be.")]),
        (
            f"{MINIMAL}    projects:\n    - title: A loaf\n",
            [("yaml_value", 14, "“levels[1].modules[1].projects[1].kind” is none of what it can be.")],
        ),
        (
            f"{MINIMAL}      subtopics:\n      - title: Rye\n        subtopics: []\n",
            [("yaml_unknown_field", 15, "“levels[1].modules[1].topics[1].subtopics[1]” has no field “subtopics”.")],
        ),
        ("title: [1\n", [("yaml", 2, "This is not YAML: did not find expected ',' or ']'.")]),
        ("title: 'a\n", [("yaml", 2, "This is not YAML: found unexpected end of stream.")]),
        ("title: a\n\tb: c\n", [("yaml", 2, "This is not YAML: found a tab character that violates indentation.")]),
        ("? [1]\n: 2\n", [("yaml", 1, "The name of a field is missing.")]),
        (
            "title: !!python/object/apply:os.system ['id']\n",
            [("yaml_tag", 1, "“tag:yaml.org,2002:python/object/apply:os.system” is a tag.")],
        ),
        ("title: &a Baking\nsummary: *a\n", [("yaml_alias", 2, "“*a” refers to another place.")]),
        ("[" * 30, [("too_deep", 1, "The text is nested too deep at this line.")]),
        (" \n", [("empty", 0, "There is no text.")]),
        ("title: \x01\n", [("not_text", 1, "The text has characters that no text editor writes.")]),
        ("# " + "x" * (5 * 1024 * 1024), [("too_large", 0, "The text is larger than 2 MB.")]),
    ],
)
def test_yaml_that_is_no_plan_is_refused(text: str, found: list[tuple[str, int, str]]) -> None:
    assert sorted(problems(text)) == sorted(found)


def test_a_billion_laughs_are_refused_at_the_first_alias() -> None:
    laughs = ["a: &a [lol, lol, lol, lol, lol, lol, lol, lol, lol]"]
    for before, name in zip("abcdefgh", "bcdefghi", strict=True):
        laughs.append(f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]")

    assert problems("\n".join([*laughs, "levels: *i"])) == [("yaml_alias", 2, "“*a” refers to another place.")]


def test_ten_thousand_nested_lists_are_refused_before_they_are_read() -> None:
    assert problems("levels: " + "[" * 100_000)[0][0] == "too_deep"


def test_more_values_than_any_plan_has_are_refused() -> None:
    assert problems("levels: [" + "1," * 400_001 + "]")[0][0] == "too_large"


def test_more_topics_than_a_plan_may_have_are_refused() -> None:
    many = "\n".join(f"    - title: T{number}" for number in range(20_001))
    found = problems(replaced("    - title: Flour\n      hours: 40", many))

    assert found == [("too_large", 20_011, "The plan has more than 20,000 topics and projects.")]


def test_markup_is_text() -> None:
    title = "<script>alert(1)</script>"
    plan = read_yaml(replaced("title: Dough", f"title: {title}"))

    assert plan.modules[0].title == title


def test_lines_of_a_title_become_one() -> None:
    assert (
        read_yaml(replaced("title: Dough", "title: |\n      Dough\n      for bread")).modules[0].title
        == "Dough for bread"
    )


def test_json_is_yaml_too() -> None:
    told = yaml.safe_load(write_yaml(read_plan(SMALL)))
    assert read_yaml(json.dumps(told)) == read_plan(SMALL)
