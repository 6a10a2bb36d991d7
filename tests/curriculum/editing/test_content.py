from decimal import Decimal
from typing import Any

import pytest

from curriculum.editing.content import change
from curriculum.editing.draft import Draft
from curriculum.editing.sharing import split_hours
from curriculum.errors import CurriculumError
from curriculum.models import Benchmark, CurriculumVersion, DraftEdit, Module, Project, Track
from curriculum.tree import plan_of
from tests.conftest import NOW, Cast
from tests.curriculum.editing.given import LATER, TWO_LEVELS, a_draft, node, outline
from tests.curriculum.plans import real_plan


def say(cast: Cast, version: CurriculumVersion, title: str, /, **values: Any) -> DraftEdit | None:
    return change(version=version, node=node(version, title).pk, values=values, by=cast.ilse, at=NOW)


@pytest.mark.parametrize(
    ("title", "values", "told"),
    [
        ("Dough", {"title": " Doughs\nand  batters "}, "rename “1.1 Dough” to “Doughs and batters”"),
        ("Dough", {"hours": Decimal("60.50")}, "hours of 1.1 Dough: 60 to 60.5"),
        ("Flour", {"hours": None}, "hours of 1.1.1 Flour: 40 to –"),
        ("Wheat", {"resources": "A book\r\n"}, "texts of 1.1.1.1 Wheat"),
        ("Bread", {"goal": "Learners bake.", "title": "Loaves"}, "texts of 1. Bread"),
        ("Baking", {"summary": "All about baking."}, "texts of Baking"),
    ],
)
def test_node_says_something_else(lantaarn: Cast, title: str, values: dict[str, Any], told: str) -> None:
    version = a_draft(lantaarn)
    changed = node(version, title)

    edit = say(lantaarn, version, title, **values)

    assert edit is not None
    assert (str(edit), edit.by, edit.at, edit.sequence) == (told, lantaarn.ilse, NOW, 1)
    assert edit.touched == [changed.pk]
    kept = type(changed).objects.get(pk=changed.pk)
    assert {name: " ".join(str(getattr(kept, name)).split()) for name in values} == {
        name: " ".join(str(value).split()) for name, value in values.items()
    }


def test_what_is_said_already_is_no_step(lantaarn: Cast) -> None:
    version = a_draft(lantaarn)
    assert say(lantaarn, version, "Dough", title="Dough ", hours=Decimal("60.00"), note="") is None
    assert not DraftEdit.objects.exists()


@pytest.mark.parametrize(
    ("title", "values", "code"),
    [
        ("Dough", {"title": "  "}, "title_missing"),
        ("Dough", {"title": "x" * 201}, "title_too_long"),
        ("Dough", {"title": "a\x00b"}, "not_text"),
        ("Dough", {"note": "x" * 5001}, "text_too_long"),
        ("Dough", {"hours": None}, "hours_missing"),
        ("Dough", {"hours": Decimal(-1)}, "hours_negative"),
        ("Dough", {"hours": Decimal("NaN")}, "hours_negative"),
        ("Dough", {"hours": Decimal(100_001)}, "hours_absurd"),
        ("Dough", {"hours": Decimal("0.001")}, "hours_too_fine"),
        ("Dough", {"position": 3}, "no_such_field"),
        ("A loaf", {"checklist": [{"text": "accuracy >= 0.12345", "depth": 0}]}, "benchmark_too_fine"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_changes(
    lantaarn: Cast, title: str, values: dict[str, Any], code: str
) -> None:
    version = a_draft(lantaarn)
    before = plan_of(version)

    with pytest.raises(CurriculumError) as refused:
        say(lantaarn, version, title, **values)

    assert refused.value.code == code
    assert plan_of(CurriculumVersion.objects.get(pk=version.pk)) == before


def test_results_to_reach_are_read_from_the_checklist(lantaarn: Cast) -> None:
    version = a_draft(lantaarn)
    loaf = node(version, "A loaf")
    kept = Benchmark.objects.get(project=loaf)
    Benchmark.objects.create(project=loaf, position=2, metric="weight", comparison=">=", threshold=500, unit="g")

    say(
        lantaarn, version, "A loaf",
        checklist=[{"text": "Bake 3+ loaves", "depth": 0}, {"text": "Taste >= 8", "depth": 1}],
    )  # fmt: skip
    rows = Benchmark.objects.filter(project=loaf).order_by("position")
    assert [str(row) for row in rows] == ["loaves >= 3.0000 count", "taste >= 8.0000", "weight >= 500.0000 g"]
    assert rows[0].pk == kept.pk

    say(lantaarn, version, "A loaf", checklist=[])
    assert [row.metric for row in Benchmark.objects.filter(project=loaf)] == ["weight"]


def test_results_of_a_topic_are_read_from_what_it_delivers(lantaarn: Cast) -> None:
    version = a_draft(lantaarn)
    say(lantaarn, version, "Rye", deliverables="At least 5 loaves")
    assert node(version, "Rye").benchmarks == [
        {"metric": "loaves", "comparison": ">=", "threshold": 5, "unit": "count"}
    ]


def test_track_and_its_work_say_the_same(lantaarn: Cast) -> None:
    version = a_draft(lantaarn, TWO_LEVELS)

    say(lantaarn, version, "Pies", title="Quiches", hours=Decimal(18), description="With eggs.")

    track = Track.objects.get(title="Quiches")
    work = Project.objects.get(track=track)
    assert (track.hours, work.title, work.hours, work.description) == (18, "Quiches", 18, "With eggs.")


# -- sharing hours out -------------------------------------------------------------------------------------------------


def test_hours_of_a_module_are_shared_out_in_proportion(lantaarn: Cast) -> None:
    version = a_draft(lantaarn, real_plan())
    module = Module.objects.get(level__version=version, code="1.1")

    edit = split_hours(version=version, node=module.pk, share="in_proportion", by=lantaarn.ilse, at=NOW)

    draft = Draft(CurriculumVersion.objects.get(pk=version.pk))
    hours = [topic.hours for topic in draft.topics[module.pk]]
    assert sum(hour for hour in hours if hour) == 700
    assert str(edit) == "split the hours of 1.1 Python Programming"


def test_hours_are_shared_out_evenly(lantaarn: Cast) -> None:
    version = a_draft(lantaarn)
    split_hours(version=version, node=node(version, "Flour").pk, share="evenly", by=lantaarn.ilse, at=NOW)
    split_hours(version=version, node=node(version, "Bread").pk, share="evenly", by=lantaarn.ilse, at=LATER)
    assert [line for line in outline(version) if "(" in line][:4] == [
        "1. Bread (100)", "1.1 Dough (50)", "1.1.1 Flour (40)", "1.1.1.1 Wheat (20)",
    ]  # fmt: skip


def test_only_hours_over_parts_are_shared_out(lantaarn: Cast) -> None:
    version = a_draft(lantaarn, TWO_LEVELS)
    for title in ("Water", "Baking", "Specializations"):
        with pytest.raises(CurriculumError) as refused:
            split_hours(version=version, node=node(version, title).pk, share="evenly", by=None, at=NOW)
        assert refused.value.code == "nothing_to_split"
