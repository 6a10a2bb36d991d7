"""What must be done before a module: stated, checked, stored, frozen and shown."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from accounts.models import Membership
from curriculum.audit import audit
from curriculum.importing import import_plan
from curriculum.models import Module, Requirement
from curriculum.plan.markdown import read_plan
from curriculum.plan.nodes import Plan, PlanError
from curriculum.publishing import publish
from curriculum.tree import plan_of
from organizations.scope import scope
from tests.conftest import NOW, Cast
from tests.curriculum.plans import SMALL, with_line

OVEN = "### 1.2 Oven (40 hours)"
DOUGH = "### 1.1 Dough (60 hours)"


def requiring(stated: str, *, module: str = OVEN) -> str:
    return with_line(module, f"{module}\n\n{stated}")


def required(plan: Plan) -> dict[str, tuple[str, ...]]:
    return {module.code: module.requires for module in plan.modules}


@pytest.mark.parametrize(
    "stated",
    ["Requires: 1.1", "**Requires**: 1.1", "**Requires:** module 1.1.", "Vereist: 1.1", "**Vereist**: 1.1, 1.1"],
)
def test_module_states_what_it_requires(stated: str) -> None:
    plan = read_plan(requiring(stated))

    assert required(plan) == {"1.1": (), "1.2": ("1.1",)}
    assert (plan.modules[1].description, plan.unparsed) == ("", ())
    assert [module.requires_line for module in plan.modules] == [0, 23]


def test_several_modules_are_required_in_their_order() -> None:
    more = "### 1.3 Shop (0 hours)\n\n**Requires**: 1.2 and 1.1\n\n**Milestone after level 1**: Learners bake."

    assert required(read_plan(with_line("**Milestone after level 1**: Learners bake.", more)))["1.3"] == ("1.2", "1.1")


@pytest.mark.parametrize("stated", ["Requires: 1.1 or a good reason", "Requires: patience", "It requires: 1.1"])
def test_sentence_about_something_else_is_prose(stated: str) -> None:
    plan = read_plan(requiring(stated))

    assert (required(plan)["1.2"], plan.modules[1].description) == ((), stated)


def test_label_that_names_no_module_is_listed_as_not_understood() -> None:
    plan = read_plan(requiring("**Requires**: an oven"))

    assert [(each.line, each.text) for each in plan.unparsed] == [(23, "**Requires**: an oven")]


@pytest.mark.parametrize(
    ("text", "code", "line", "sentence"),
    [
        (
            requiring("Requires: 9.9"),
            "unknown_requirement",
            23,
            "Module 1.2 requires 9.9, which is no module of this plan.",
        ),
        (requiring("Requires: 1.2"), "requires_itself", 23, "Module 1.2 requires itself."),
        (
            requiring("Requires: 1.1").replace(DOUGH, f"{DOUGH}\nVereist: 1.2"),
            "requirements_in_a_circle",
            10,
            "Requirements go round in a circle: 1.1 → 1.2 → 1.1.",
        ),
    ],
    ids=["unknown", "itself", "circle"],
)
def test_requirement_that_cannot_be_met_is_a_problem(text: str, code: str, line: int, sentence: str) -> None:
    with pytest.raises(PlanError) as refused:
        read_plan(text)

    assert [(each.code, each.line, str(each.sentence)) for each in refused.value.problems] == [(code, line, sentence)]


def test_every_circle_is_named_and_a_long_one_cut_short() -> None:
    count = 40
    modules = [f"### 1.{n} M (1 hour)\n\nRequires: 1.{n % count + 1}" for n in range(1, count + 1)]
    pair = ["### 1.90 A (1 hour)\n\nRequires: 1.91", "### 1.91 B (1 hour)\n\nRequires: 1.90"]
    with pytest.raises(PlanError) as refused:
        read_plan("# Plan\n\n## Level 1: A (42 hours)\n\n" + "\n\n".join([*modules, *pair]))

    assert [str(each.sentence) for each in refused.value.problems] == [
        "Requirements go round in a circle: 1.1 → 1.2 → 1.3 → 1.4 → 1.5 → 1.6 → 1.7 → 1.8 → … → 1.1.",
        "Requirements go round in a circle: 1.90 → 1.91 → 1.90.",
    ]


def test_required_module_that_comes_later_is_a_warning() -> None:
    findings = [each for each in audit(read_plan(requiring("Requires: 1.2", module=DOUGH))) if each.found == "1.2"]

    assert [(each.code, each.severity, each.place, each.line, str(each.message)) for each in findings] == [
        ("requirement_comes_later", "warning", "1.1", 11, "Module 1.1 requires 1.2, which comes after it.")
    ]


def test_requirements_are_stored_as_rows_and_read_back(lantaarn: Cast) -> None:
    plan = read_plan(requiring("Requires: 1.1"))
    version = import_plan(plan=plan, by=None, at=NOW)

    assert [str(row) for row in Requirement.objects.all()] == ["1.2 requires 1.1"]
    assert plan_of(version) == plan
    assert plan_of(version) != read_plan(SMALL)


def test_database_knows_a_requirement_once_and_never_of_itself(lantaarn: Cast) -> None:
    import_plan(plan=read_plan(requiring("Requires: 1.1")), by=None, at=NOW)
    first, second = Module.objects.order_by("position")

    for module, other in ((second, first), (first, first)):
        with pytest.raises(IntegrityError), transaction.atomic():
            Requirement.objects.create(module=module, required=other, position=9)


def test_deleting_a_module_of_a_draft_leaves_no_requirement_behind(lantaarn: Cast) -> None:
    version = import_plan(plan=read_plan(requiring("Requires: 1.1")), by=None, at=NOW)
    Module.objects.get(code="1.1").delete()

    assert required(plan_of(version)) == {"1.2": ()}


def test_requirements_are_shown_in_the_preview_and_on_the_page(
    cast: Cast, sign_in: Callable[[Membership | None], Client]
) -> None:
    text = requiring("Requires: 1.1")
    with scope(cast.organization.pk):
        version = import_plan(plan=read_plan(text), by=None, at=NOW)
        publish(version=version, by=None, at=NOW)
    pages = [
        sign_in(cast.ilse).post("/o/lantaarn/curriculum/import/", {"text": text}),
        sign_in(cast.amira).get(f"/o/lantaarn/curriculum/{version.pk}/"),
    ]

    for page in pages:
        assert '<span class="muted">Requires</span> <a href="#n-1.1">1.1</a>' in page.content.decode()


def test_two_plans_that_differ_in_a_requirement_are_not_the_same() -> None:
    plan = read_plan(SMALL)
    level = plan.levels[0]
    first, second = level.modules
    changed = replace(plan, levels=(replace(level, modules=(first, replace(second, requires=("1.1",)))),))

    assert changed == read_plan(requiring("Requires: 1.1"))
