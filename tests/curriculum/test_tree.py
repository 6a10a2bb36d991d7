from decimal import Decimal

from django.db import connection
from django.test.utils import CaptureQueriesContext

from curriculum.audit import audit
from curriculum.importing import import_plan
from curriculum.plan.markdown import read_plan
from curriculum.tree import branches_of, claim_names, node_names, plan_of
from tests.conftest import NOW, Cast
from tests.curriculum.plans import SMALL, real_plan, with_line


def test_stored_version_has_the_findings_of_its_plan(lantaarn: Cast) -> None:
    version = import_plan(plan=real_plan(), by=None, at=NOW)

    assert audit(plan_of(version)) == audit(real_plan())


def test_tree_takes_seven_queries_however_large_it_is(lantaarn: Cast) -> None:
    for plan in (read_plan(SMALL), real_plan()):
        version = import_plan(plan=plan, by=None, at=NOW)
        with CaptureQueriesContext(connection) as queries:
            plan_of(version)
        assert len(queries) == 7


def test_hours_add_up_at_every_node() -> None:
    levels = branches_of(real_plan())

    assert [(level.level.number, level.listed, level.differs) for level in levels] == [
        (number, Decimal(2000), False) for number in range(1, 6)
    ]
    modules = [module for level in levels for module in level.modules]
    assert [(each.module.code, each.listed) for each in modules if each.differs] == [
        ("1.1", Decimal(800)),
        ("2.1", Decimal(950)),
    ]
    topics = [topic for module in modules for topic in module.topics]
    assert [(each.topic.code, each.listed) for each in topics if each.differs] == [("2.1.3", Decimal(360))]


def test_one_of_the_tracks_counts() -> None:
    module = branches_of(real_plan())[-1].modules[-1]

    assert (module.module.code, len(module.tracks), module.listed, module.differs) == ("5.4", 4, Decimal(500), False)


def test_topic_without_hours_counts_what_its_subtopics_state() -> None:
    [level] = branches_of(read_plan(with_line("| **Flour** | 40 |", "| **Flour** | |")))

    assert [(each.topic.title, each.topic.hours, each.listed) for each in level.modules[0].topics] == [
        ("Flour", None, Decimal(40)),
        ("Water", Decimal(20), None),
    ]
    assert (level.modules[0].listed, level.modules[0].differs) == (Decimal(60), False)


def test_final_capstone_belongs_to_the_last_level() -> None:
    assert [level.final_capstone is not None for level in branches_of(real_plan())] == [False] * 4 + [True]


def test_every_place_that_the_audit_names_has_a_name() -> None:
    plan = real_plan()
    names = {**claim_names(plan), **node_names(plan)}

    assert [finding.place for finding in audit(plan) if not names.get(finding.place)] == []
    assert (names["1.1"], names["3.4-P3"], names["bootcamp"]) == (
        "1.1 Python Programming",
        "3.4-P3 Kaggle Deep Learning Competition",
        "For Bootcamp Format (166 hrs/week)",
    )
