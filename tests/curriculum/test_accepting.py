"""Staff decide to live with a finding, and say why; the decision is a fact of the version."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import psycopg
import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from curriculum.accepting import accept, accept_again, judge, take_back
from curriculum.errors import CurriculumError
from curriculum.importing import import_plan
from curriculum.models import CurriculumVersion, FindingAcceptance, Module
from curriculum.plan.nodes import Plan
from curriculum.publishing import publish
from curriculum.tree import plan_of
from tests.conftest import NOW, Cast
from tests.curriculum.plans import real_plan

HOURS = "module_hours|1.1|700|800"
LATER = NOW + timedelta(days=1)


@pytest.fixture
def draft(lantaarn: Cast) -> CurriculumVersion:
    return import_plan(plan=real_plan(), by=lantaarn.ilse, at=NOW)


def next_draft(version: CurriculumVersion, plan: Plan | None = None) -> CurriculumVersion:
    return import_plan(plan=plan or real_plan(), curriculum=version.curriculum, by=None, at=LATER)


def decided(version: CurriculumVersion) -> dict[str, tuple[str, str | None]]:
    """The notes of what is accepted, with the name of who accepted it."""
    return {
        each.finding.key: (each.acceptance.note, each.acceptance.recorded_by and each.acceptance.recorded_by.name)
        for each in judge(version, plan_of(version))
        if each.acceptance
    }


def refusal(action: Callable[[], object]) -> str:
    with pytest.raises(CurriculumError) as refused:
        action()
    return refused.value.code


def test_an_accepted_finding_is_no_longer_open(lantaarn: Cast, draft: CurriculumVersion) -> None:
    fact = accept(version=draft, key=HOURS, note=" The oven is slow. ", by=lantaarn.ilse, at=LATER)

    assert (fact.kind, fact.note, fact.recorded_by, fact.recorded_at) == (
        "accepted", "The oven is slow.", lantaarn.ilse, LATER,
    )  # fmt: skip
    assert decided(draft) == {HOURS: ("The oven is slow.", lantaarn.ilse.name)}
    judged = judge(draft, plan_of(draft))
    assert (len(judged), sum(each.is_open for each in judged), sum(each.is_open_error for each in judged)) == (
        14,
        13,
        7,
    )


def test_a_finding_is_opened_again_and_both_facts_stay(lantaarn: Cast, draft: CurriculumVersion) -> None:
    accept(version=draft, key=HOURS, note="Why", by=lantaarn.ilse, at=NOW)
    take_back(version=draft, key=HOURS, by=lantaarn.ada, at=LATER)

    assert decided(draft) == {}
    facts = FindingAcceptance.objects.order_by("recorded_at").values_list("kind", "note", "recorded_by")
    assert list(facts) == [("accepted", "Why", lantaarn.ilse.pk), ("taken_back", "", lantaarn.ada.pk)]

    accept(version=draft, key=HOURS, note="After all", by=lantaarn.ada, at=LATER)
    assert decided(draft) == {HOURS: ("After all", lantaarn.ada.name)}


def test_a_finding_whose_numbers_changed_is_open(lantaarn: Cast, draft: CurriculumVersion) -> None:
    accept(version=draft, key=HOURS, note="Why", by=lantaarn.ilse, at=NOW)
    Module.objects.filter(level__version=draft, code="1.1").update(hours=Decimal(750))

    assert decided(draft) == {}
    assert "module_hours|1.1|750|800" in [each.finding.key for each in judge(draft, plan_of(draft)) if each.is_open]


@pytest.mark.parametrize(
    ("key", "note", "code"),
    [
        (HOURS, "  ", "note_needed"),
        ("module_hours|1.1|700|801", "Why", "no_such_finding"),
        ("", "Why", "no_such_finding"),
    ],
)
def test_nothing_is_accepted_without_a_reason_or_a_finding(
    draft: CurriculumVersion, key: str, note: str, code: str
) -> None:
    assert refusal(lambda: accept(version=draft, key=key, note=note, by=None, at=NOW)) == code
    assert not FindingAcceptance.objects.exists()


def test_what_is_decided_is_not_decided_again(draft: CurriculumVersion) -> None:
    assert refusal(lambda: take_back(version=draft, key=HOURS, by=None, at=NOW)) == "not_accepted"
    accept(version=draft, key=HOURS, note="Why", by=None, at=NOW)
    assert refusal(lambda: accept(version=draft, key=HOURS, note="Why", by=None, at=NOW)) == "accepted_already"


# -- published ---------------------------------------------------------------------------------------------------------


def test_what_a_version_was_published_with_stays_with_it(lantaarn: Cast, draft: CurriculumVersion) -> None:
    accept(version=draft, key=HOURS, note="Why", by=lantaarn.ilse, at=NOW)
    publish(version=draft, by=lantaarn.ilse, at=LATER, reason="As it is taught.")

    assert decided(draft) == {HOURS: ("Why", lantaarn.ilse.name)}
    for action in (
        lambda: accept(version=draft, key="topic_hours|2.1.3|300|360", note="Why", by=None, at=LATER),
        lambda: take_back(version=draft, key=HOURS, by=None, at=LATER),
        lambda: accept_again(version=draft, by=None, at=LATER),
    ):
        assert refusal(action) == "not_a_draft"


def test_the_database_takes_no_acceptance_for_a_published_version(lantaarn: Cast, draft: CurriculumVersion) -> None:
    publish(version=draft, by=lantaarn.ilse, at=LATER, reason="As it is taught.")

    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        FindingAcceptance.objects.create(version=draft, key=HOURS, kind="accepted", note="Why")
    assert isinstance(refused.value.__cause__, psycopg.errors.RestrictViolation)


def test_publishing_needs_no_reason_once_every_error_is_accepted(lantaarn: Cast, draft: CurriculumVersion) -> None:
    errors = [each.finding for each in judge(draft, plan_of(draft)) if each.finding.severity == "error"]
    for finding in errors[1:]:
        accept(version=draft, key=finding.key, note="Known", by=lantaarn.ilse, at=NOW)
    assert refusal(lambda: publish(version=draft, by=lantaarn.ilse, at=LATER)) == "reason_needed"

    accept(version=draft, key=errors[0].key, note="Known", by=lantaarn.ilse, at=NOW)
    publish(version=draft, by=lantaarn.ilse, at=LATER)

    assert CurriculumVersion.objects.get(pk=draft.pk).publish_reason == ""


# -- the next version --------------------------------------------------------------------------------------------------


def test_the_next_version_shows_what_was_accepted_and_accepts_nothing_by_itself(
    lantaarn: Cast, draft: CurriculumVersion
) -> None:
    accept(version=draft, key=HOURS, note="Why", by=lantaarn.ilse, at=NOW)
    following = next_draft(draft)

    [found] = [each for each in judge(following, plan_of(following)) if each.earlier]

    assert (found.finding.key, found.is_open, found.earlier and found.earlier.note) == (HOURS, True, "Why")
    assert found.earlier
    assert found.earlier.version == draft
    assert decided(following) == {}


def test_all_that_was_accepted_before_is_accepted_again_with_its_note(lantaarn: Cast, draft: CurriculumVersion) -> None:
    for key in (HOURS, "topic_hours|2.1.3|300|360", "module_hours|2.1|800|950"):
        accept(version=draft, key=key, note=f"Why {key}", by=lantaarn.ilse, at=NOW)
    take_back(version=draft, key="topic_hours|2.1.3|300|360", by=lantaarn.ilse, at=NOW)
    first, *rest = real_plan().levels
    shorter = replace(first, modules=(replace(first.modules[0], hours=Decimal(750)), *first.modules[1:]))
    following = next_draft(draft, replace(real_plan(), levels=(shorter, *rest)))

    accepted = accept_again(version=following, by=lantaarn.ada, at=LATER)

    assert [each.key for each in accepted] == ["module_hours|2.1|800|950"]
    assert decided(following) == {"module_hours|2.1|800|950": ("Why module_hours|2.1|800|950", lantaarn.ada.name)}
    assert accept_again(version=following, by=lantaarn.ada, at=LATER) == []


def test_the_latest_earlier_version_that_decided_counts(lantaarn: Cast, draft: CurriculumVersion) -> None:
    accept(version=draft, key=HOURS, note="First", by=None, at=NOW)
    second = next_draft(draft)
    accept(version=second, key=HOURS, note="Second", by=None, at=NOW - timedelta(days=9))
    third = next_draft(draft)

    assert [each.earlier.note for each in judge(third, plan_of(third)) if each.earlier] == ["Second"]
    take_back(version=second, key=HOURS, by=None, at=LATER)
    assert [each.earlier for each in judge(third, plan_of(third)) if each.earlier] == []
    assert [each.earlier for each in judge(draft, plan_of(draft)) if each.earlier] == []


def test_judging_takes_two_queries_however_much_was_decided(lantaarn: Cast, draft: CurriculumVersion) -> None:
    plan, counts = plan_of(draft), []
    for finding in [each.finding for each in judge(draft, plan)][:3]:
        accept(version=draft, key=finding.key, note="Why", by=lantaarn.ilse, at=NOW)
        with CaptureQueriesContext(connection) as queries:
            assert {each.acceptance.recorded_by for each in judge(draft, plan) if each.acceptance} == {lantaarn.ilse}
        counts.append(len(queries))

    assert counts == [2, 2, 2]
