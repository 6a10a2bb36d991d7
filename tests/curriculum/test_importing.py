import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override

from curriculum.importing import import_plan
from curriculum.models import (
    Benchmark,
    Curriculum,
    CurriculumVersion,
    Level,
    Module,
    Project,
    Topic,
    Track,
    VerificationMethod,
)
from curriculum.plan.markdown import read_plan
from curriculum.plan.nodes import PlanError
from curriculum.tree import plan_of
from tests.conftest import NOW, Cast
from tests.curriculum.plans import SMALL, real_plan, with_line


def test_real_plan_is_stored_node_by_node(lantaarn: Cast) -> None:
    version = import_plan(plan=real_plan(), by=lantaarn.ilse, at=NOW)

    assert plan_of(CurriculumVersion.objects.get(pk=version.pk)) == real_plan()
    assert {model.__name__: model.objects.count() for model in (Level, Module, Topic, Track, Project)} == {
        "Level": 5,
        "Module": 20,
        "Topic": 223,
        "Track": 4,
        "Project": 26,
    }  # fmt: skip
    assert (Benchmark.objects.count(), VerificationMethod.objects.count()) == (7, 5)


def test_small_plan_gives_these_rows(lantaarn: Cast) -> None:
    version = import_plan(plan=read_plan(SMALL), by=lantaarn.ilse, at=NOW, source=SMALL)

    assert (version.title, version.number, version.status, version.source) == ("Baking", 1, "draft", SMALL)
    assert (version.created_by, version.created_at) == (lantaarn.ilse, NOW)
    topics: list[tuple[object, ...]] = list(
        Topic.objects.order_by("module__position", "position").values_list(
            "module__code", "position", "parent__title", "title", "hours"
        )
    )
    assert topics == [
        ("1.1", 1, None, "Flour", 40),
        ("1.1", 2, "Flour", "Wheat", 30),
        ("1.1", 3, "Flour", "Rye", 10),
        ("1.1", 4, None, "Water", 20),
    ]
    projects: list[tuple[object, ...]] = list(
        Project.objects.order_by("position").values_list(
            "position", "level__number", "module__code", "kind", "code", "title", "hours", "checklist"
        )
    )
    assert projects == [
        (1, 1, "1.1", "module_capstone", "1.1-C", "A loaf", None, [{"text": "Bake 3+ loaves", "depth": 0}]),
        (2, 1, "1.2", "practice_project", "1.2-P1", "Build an oven", 40, [
            {"text": "Draw it", "depth": 0}, {"text": "To scale", "depth": 1},
        ]),
    ]  # fmt: skip


def test_final_capstone_stands_under_the_last_level(lantaarn: Cast) -> None:
    import_plan(plan=real_plan(), by=None, at=NOW)

    final = Project.objects.get(kind=Project.Kind.FINAL_CAPSTONE)
    assert (final.level.number, final.module, final.code, final.position) == (5, None, "final", 26)


def test_plan_that_lists_levels_out_of_order_keeps_its_order(lantaarn: Cast) -> None:
    later = SMALL.replace("Level 1:", "Level 2:").replace("1.1", "2.1").replace("1.2", "2.2").split("\n")[4:22]
    plan = read_plan(SMALL.replace("## Level 1:", "\n".join(later) + "\n\n## Level 1:", 1))

    assert [level.number for level in plan.levels] == [2, 1]
    assert plan_of(import_plan(plan=plan, by=None, at=NOW)) == plan


def test_next_import_is_the_next_version(lantaarn: Cast) -> None:
    first = import_plan(plan=read_plan(SMALL), title="Bread school", by=None, at=NOW)
    second = import_plan(
        plan=read_plan(with_line("# Baking", "# Baking again")), curriculum=first.curriculum, by=None, at=NOW
    )

    assert first.curriculum == second.curriculum == Curriculum.objects.get()
    assert (first.curriculum.title, first.curriculum.slug) == ("Bread school", "bread-school")
    assert [(each.number, each.title) for each in CurriculumVersion.objects.order_by("number")] == [
        (1, "Baking"),
        (2, "Baking again"),
    ]


def test_new_curriculum_takes_an_address_that_is_free(lantaarn: Cast) -> None:
    slugs = [import_plan(plan=read_plan(SMALL), by=None, at=NOW).curriculum.slug for _time in range(3)]
    plan = read_plan(with_line("# Baking", "# 面包"))

    assert slugs == ["baking", "baking-2", "baking-3"]
    assert import_plan(plan=plan, by=None, at=NOW).curriculum.slug == "curriculum"


def test_benchmark_finer_than_is_kept_is_refused(lantaarn: Cast) -> None:
    plan = read_plan(with_line("- Bake 3+ loaves", "- weight <= 0.12345 kg"))

    with pytest.raises(PlanError) as refused, override("en"):
        import_plan(plan=plan, by=None, at=NOW)

    assert (refused.value.code, refused.value.line, str(refused.value.sentence)) == (
        "benchmark_too_fine",
        18,
        "The result “weight” has more than four decimals, or a unit of more than 40 characters.",
    )
    assert not Curriculum.objects.exists()


def test_method_with_a_title_too_long_is_refused(lantaarn: Cast) -> None:
    plan = read_plan(f"{SMALL}\n- **{'Very ' * 30}thorough review**: All of it\n")

    with pytest.raises(PlanError) as refused:
        import_plan(plan=plan, by=None, at=NOW)

    assert (refused.value.code, refused.value.line) == ("title_too_long", 35)


def test_real_plan_takes_a_few_statements_however_many_topics_it_has(lantaarn: Cast) -> None:
    plan = real_plan()
    with CaptureQueriesContext(connection) as statements:
        import_plan(plan=plan, by=lantaarn.ilse, at=NOW)
    assert len(statements) <= 25
