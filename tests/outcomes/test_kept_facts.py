"""What is kept of a day says what the records say, whatever happened before anybody looks again."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from assessments.models import LinkCheck
from cohorts.models import Cohort, Enrollment
from organizations.isolation import COLUMNS
from outcomes.keeping.fact_triggers import READ, noted
from outcomes.keeping.kept_facts import Lately, forget_facts
from outcomes.measuring import benchmarks, placement, portfolio, projects, roster
from outcomes.measuring.metrics import AsOf
from outcomes.models import FactChange, KeptFacts
from outcomes.scopes import EVERYONE, Scope
from tests.conftest import Cast
from tests.outcomes.given import a_cohort, day, decide, enrolled, finished, graduate, noon, placed, record, reviewed

TODAY = 800


def figures(known: AsOf) -> dict[object, object]:
    """Every number of the organization and of each cohort, with who stands behind it."""
    scopes = [EVERYONE, *(Scope(cohort_id=pk) for pk in known.cohorts)]
    return {
        (scope, key): (measure, [(case.entry.enrollment_id, case.reason, case.since) for case in measure.cases])
        for scope in scopes
        for key, measure in known.measures(scope).items()
    }


def agree() -> None:
    assert figures(Lately(day(TODAY))) == figures(AsOf(day(TODAY)))


def kept_again() -> set[str]:
    """The cohorts that are read again for who looks now."""
    KeptFacts.objects.update(listed={"employers": [], "portfolios": {}, "seen": True})
    assert len(Lately(day(TODAY)).roster) == len(AsOf(day(TODAY)).roster)
    return set(KeptFacts.objects.exclude(listed__has_key="seen").values_list("cohort__name", flat=True))


@pytest.fixture
def cohorts(lantaarn: Cast) -> tuple[Cohort, Cohort]:
    return a_cohort(), a_cohort()


def test_numbers_follow_each_kind_of_change(cohorts: tuple[Cohort, Cohort]) -> None:
    one, other = cohorts
    first, second = enrolled(one), enrolled(other)
    agree()
    decide(first, 1, 90)
    agree()
    finished(first, 1, 80)
    agree()
    reviewed(first, 1, 70, "pass")
    agree()
    record(second, "withdrawn", 100)
    agree()
    done = graduate(other)
    agree()
    looked_at = reviewed(done, 5, 590, "pass", repository="https://github.com/a/b", deployment="https://a.example")
    agree()
    LinkCheck.objects.create(link=looked_at.links.first(), outcome="unreachable", checked_at=noon(700))
    agree()
    placed(done, "1A", 610)
    agree()
    Enrollment.objects.filter(pk=first.pk).update(void_since=noon(700))
    agree()
    Cohort.objects.filter(pk=other.pk).update(census_on=day(30))
    agree()


def test_only_what_changed_is_read_again(cohorts: tuple[Cohort, Cohort]) -> None:
    one, other = cohorts
    learner = enrolled(one)
    enrolled(other)
    names = {one.name, other.name}
    assert kept_again() == names
    assert kept_again() == set()
    decide(learner, 1, 90)
    assert kept_again() == {one.name}
    assert kept_again() == set()
    assert not FactChange.objects.exists()


def test_who_moved_is_told_in_the_cohort_they_began_in(cohorts: tuple[Cohort, Cohort]) -> None:
    one, other = cohorts
    learner = enrolled(one)
    record(learner, "transferred", 200)
    moved = Enrollment.objects.create(
        cohort=other, version_id=other.version_id, learner=learner.learner, continues=learner
    )
    record(moved, "active", 200)
    kept_again()
    decide(moved, 1, 300)
    assert kept_again() == {one.name, other.name}
    agree()


def test_another_day_is_kept_instead_and_the_rest_forgotten(cohorts: tuple[Cohort, Cohort]) -> None:
    enrolled(cohorts[0])
    kept_again()
    tomorrow = day(TODAY) + timedelta(days=1)
    assert figures(Lately(tomorrow)) == figures(AsOf(tomorrow))
    assert set(KeptFacts.objects.values_list("as_of", flat=True)) == {tomorrow}
    enrolled(cohorts[1])
    forget_facts(before=tomorrow)
    assert (KeptFacts.objects.count(), FactChange.objects.exists()) == (2, True)
    forget_facts(before=tomorrow + timedelta(days=1))
    assert (KeptFacts.objects.count(), FactChange.objects.exists()) == (0, False)


def test_looking_again_asks_the_same_few_queries(cohorts: tuple[Cohort, Cohort]) -> None:
    for cohort in cohorts:
        enrolled(cohort)
    kept_again()
    counts = []
    for number in (1, 3):
        for _learner in range(number):
            enrolled(cohorts[0])
        with CaptureQueriesContext(connection) as changed:
            Lately(day(TODAY)).measures(EVERYONE)
        with CaptureQueriesContext(connection) as unchanged:
            Lately(day(TODAY)).measures(EVERYONE)
        counts.append((len(changed), len(unchanged)))
    assert counts[0] == counts[1]


def test_every_table_that_is_read_is_noted(lantaarn: Cast) -> None:
    sql = "".join((
        roster.CHAIN, roster.FOLLOWED, roster.ROSTER, projects.REQUIRED, projects.PROJECTS, benchmarks.BENCHMARKS,
        placement.OCCUPATIONS, portfolio.JUDGED,
    ))  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(COLUMNS)
        columns = set(cursor.fetchall())
        cursor.execute(
            "SELECT tgrelid::regclass::text, count(*) FROM pg_trigger WHERE tgname LIKE '%_facts_%' GROUP BY 1"
        )
        triggers = dict(cursor.fetchall())
    tables = {table for table, _column in columns}
    named = tables & set(re.findall(r"\b[a-z]+_[a-z]+\b", sql))
    frozen = {table for table in named if table.startswith("curriculum_")}
    assert named - frozen == READ
    assert triggers == dict.fromkeys(READ, 3)
    assert [each.table for each in noted(columns)] == sorted(READ)
