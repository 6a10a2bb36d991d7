"""The stored rows say what `roster_of` says, whatever happened before they are read."""

import contextlib
import itertools
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection, transaction
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from cohorts.change_notes import EVENTS
from cohorts.errors import CohortError
from cohorts.history import MOVES, record_status
from cohorts.models import Break, Cohort, Enrollment, Milestone, RosterChange, RosterRow
from cohorts.roster_query import Query, chosen, facets_of, read_query
from cohorts.roster_rows import fresh_rows
from cohorts.roster_triggers import OWN, watched
from organizations.isolation import COLUMNS
from tests.cohorts.studying import TODAY, active, finish, finish_level, log, running_cohort, topics_of
from tests.cohorts.whole_roster import SORTS as OLD_SORTS
from tests.cohorts.whole_roster import Roster, Wish, choose, roster_of
from tests.conftest import Cast

DAY = timedelta(days=1)
ZONE = ZoneInfo("Europe/Amsterdam")


def stored(cohort: Cohort | None, on: Any = TODAY) -> dict[str, tuple[Any, ...]]:
    rows = fresh_rows(on=on, zone=ZONE, cohort=cohort).select_related("enrollment__learner", "mentor")
    return {
        row.enrollment.learner.name: (
            row.status, row.word, row.since, row.is_on_the_path, row.level, row.levels, row.level_share, row.earned,
            row.credited, row.planned, row.pace, row.last_active, row.milestone, row.due_on, row.reasons,
            row.mentor.name if row.mentor else "",
        )
        for row in rows
    }  # fmt: skip


def told(cohort: Cohort, on: Any = TODAY) -> dict[str, tuple[Any, ...]]:
    found = {}
    for entry in roster_of(cohort, on=on).entries:
        one, due = entry.standing, entry.standing.next_milestone
        found[entry.name] = (
            one.status, entry.word, one.since, entry.is_on_the_path, one.level, one.levels, one.level_share, one.earned,
            one.credited, one.planned, one.pace, one.last_active, due.title if due else "",
            due.due_on if due else None, [reason.key for reason in entry.reasons], entry.mentor_name,
        )  # fmt: skip
    return found


@settings(
    max_examples=8,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=st.lists(st.tuples(st.integers(0, 7), st.booleans(), st.integers(0, 30)), min_size=1, max_size=8))
def test_rows_agree_with_the_roster_after_anything_that_happens(
    lantaarn: Cast, steps: list[tuple[int, bool, int]]
) -> None:
    with transaction.atomic():
        cohort = running_cohort()
        people = [active(cohort, lantaarn.amira, mentor=lantaarn.joris), active(cohort, lantaarn.daan)]
        topics = topics_of(cohort)
        assert stored(cohort) == told(cohort)
        for number, (what, first, amount) in enumerate(steps):
            enrollment = people[0 if first else 1]
            # What the status of the moment does not allow is no step.
            with contextlib.suppress(CohortError), transaction.atomic():
                match what:
                    case 0:
                        finish(enrollment, topics[amount % len(topics) :][:1], on=TODAY - amount * DAY)
                    case 1:
                        log(enrollment, amount, weeks=1 + amount % 4)
                    case 2:
                        to = sorted(MOVES[enrollment.status] & {"on_leave", "active", "withdrawn"})
                        if to:
                            day = max(enrollment.status_since or TODAY, TODAY - 5 * DAY)
                            back = day + (1 + amount) * DAY if to[-1] == "on_leave" else None
                            reason = "work" if to[-1] == "withdrawn" else ""
                            record_status(
                                enrollment=enrollment,
                                to=to[-1],
                                effective_on=day,
                                by=None,
                                reason=reason,
                                returns_on=back,
                            )
                    case 3:
                        Milestone.objects.filter(cohort=cohort).update(due_on=TODAY - amount * DAY)
                    case 4:
                        Break.objects.create(
                            cohort=cohort if first else None, name=f"Break {number}",
                            starts_on=TODAY - (amount + 1) * DAY, ends_on=TODAY - DAY,
                        )  # fmt: skip
                    case 5:
                        Enrollment.objects.filter(pk=enrollment.pk).update(
                            mentor=None if amount % 2 else lantaarn.joris
                        )
                    case 6:
                        Cohort.objects.filter(pk=cohort.pk).update(hours_per_week=10 + amount)
                        cohort.refresh_from_db()
                    case 7:
                        finish_level(enrollment, 1, on=TODAY - amount * DAY)
            for one in people:
                one.refresh_from_db()
            cohort = Cohort.objects.get(pk=cohort.pk)
            assert stored(cohort) == told(cohort)
        transaction.set_rollback(True)


def test_another_day_makes_rows_anew(lantaarn: Cast) -> None:
    cohort = running_cohort()
    active(cohort, lantaarn.amira)
    for day in (TODAY, TODAY + 40 * DAY, TODAY):
        assert stored(cohort, day) == told(cohort, day)


def test_looking_again_reads_and_writes_nothing(lantaarn: Cast) -> None:
    cohort = running_cohort()
    counts = []
    for person in (lantaarn.amira, lantaarn.daan):
        active(cohort, person)
        list(fresh_rows(on=TODAY, zone=ZONE, cohort=cohort))
        with CaptureQueriesContext(connection) as captured:
            list(fresh_rows(on=TODAY, zone=ZONE, cohort=cohort))
        counts.append(len(captured))
    assert counts == [2, 2]
    assert not RosterChange.objects.exists()


def test_a_change_of_one_learner_makes_one_row(lantaarn: Cast) -> None:
    cohort = running_cohort()
    amira, daan = active(cohort, lantaarn.amira), active(cohort, lantaarn.daan)
    list(fresh_rows(on=TODAY, zone=ZONE, cohort=cohort))
    RosterRow.objects.filter(enrollment=daan).update(earned=-1)  # would be mended if it were made again
    finish(amira, topics_of(cohort)[:1])
    found = dict(fresh_rows(on=TODAY, zone=ZONE, cohort=cohort).values_list("enrollment", "earned"))
    assert found == {amira.pk: 40, daan.pk: -1}


def test_every_table_about_learners_or_cohorts_is_watched(lantaarn: Cast) -> None:
    with connection.cursor() as cursor:
        cursor.execute(COLUMNS)
        columns = set(cursor.fetchall())
        cursor.execute("SELECT tgrelid::regclass::text, tgname FROM pg_trigger WHERE NOT tgisinternal")
        triggers = set(cursor.fetchall())
    tables = {each.table for each in watched(columns)}
    about = {table for table, column in columns if column in ("enrollment_id", "cohort_id", "submission_id")}
    assert about - OWN <= tables
    assert {"cohorts_enrollment", "cohorts_cohort", "assessments_review", "mentoring_oneonone"} <= tables
    wanted = {(table, f"{table}_roster_{event.lower()}") for table, event in itertools.product(tables, EVENTS)}
    assert wanted <= triggers


# -- asking ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def cohort(lantaarn: Cast) -> Cohort:
    made = running_cohort()
    for place, person in enumerate((lantaarn.amira, lantaarn.daan, lantaarn.joris)):
        person.roles = sorted({*person.roles, "learner"})
        person.save()
        enrollment = active(made, person, mentor=lantaarn.joris if place == 0 else None)
        finish(enrollment, topics_of(made)[:place])
        if place == 2:
            finish_level(enrollment, 1)
        log(enrollment, 10 * place)
    return made


def names(rows: Any) -> list[str]:
    return list(rows.values_list("enrollment__learner__name", flat=True))


@pytest.mark.parametrize("sort", sorted(OLD_SORTS))
@pytest.mark.parametrize("sign", ["", "-"])
def test_the_database_sorts_as_the_roster_does(cohort: Cohort, sort: str, sign: str) -> None:
    whole: Roster = roster_of(cohort, on=TODAY)
    rows = fresh_rows(on=TODAY, zone=ZONE, cohort=cohort)
    expected = [entry.name for entry in choose(whole, Wish(sort=sign + sort))]
    assert names(chosen(rows, Query(sort=sign + sort))) == expected


def test_filters_keep_who_matches_all_of_them(lantaarn: Cast, cohort: Cohort) -> None:
    rows = fresh_rows(on=TODAY, zone=ZONE, cohort=cohort)
    Enrollment.objects.filter(learner=lantaarn.daan).update(external_id="X-77")

    def found(**values: Any) -> list[str]:
        return names(chosen(rows, Query(sort="name", **values)))

    assert found() == ["Amira Haddad", "Daan Kuiper", "Joris Hoekema"]
    assert found(q="ami HADD") == ["Amira Haddad"]
    assert found(q="daan@") == ["Daan Kuiper"]
    assert found(q="x-77") == ["Daan Kuiper"]
    assert found(q="100%") == []
    assert found(level=2) == ["Joris Hoekema"]
    assert found(mentor=lantaarn.joris.pk) == ["Amira Haddad"]
    assert found(is_without_mentor=True, q="o") == ["Joris Hoekema"]
    assert found(reason="few_hours", level=1) == ["Amira Haddad", "Daan Kuiper"]
    assert found(format="bootcamp", status="ahead", cohort=cohort.pk) == []


def test_facets_count_everyone(lantaarn: Cast, cohort: Cohort) -> None:
    facets = facets_of(fresh_rows(on=TODAY, zone=ZONE, cohort=cohort))
    assert (facets.total, facets.levels, facets.mentors, facets.cohorts) == (
        3, {1: 2, 2: 1}, {lantaarn.joris.pk: 1, None: 2}, {cohort.pk: 3},
    )  # fmt: skip
    assert (facets.names[lantaarn.joris.pk], facets.names[cohort.pk]) == ("Joris Hoekema", "Rotterdam 2026")
    assert facets.formats == {cohort.pk: "blended"}


@pytest.mark.parametrize(
    "address",
    ["", "status=at_risk", "status=x", "level=1", "level=0", "level=9", "mentor=none", "mentor={mentor}",
     "cohort={cohort}", "reason=few_hours", "reason=none", "q=a", "level=1&mentor=none", "track={cohort}"],
)  # fmt: skip
def test_facets_know_how_many_are_asked_for(lantaarn: Cast, cohort: Cohort, address: str) -> None:
    rows = fresh_rows(on=TODAY, zone=ZONE, cohort=cohort)
    query = read_query(QueryDict(address.format(mentor=lantaarn.joris.pk, cohort=cohort.pk)))
    known = facets_of(rows).number_of(query)
    assert known in (None, chosen(rows, query).count())
    assert (known is None) == (address in ("q=a", "level=1&mentor=none"))


@pytest.mark.parametrize(
    "address",
    ["", "q=a&status=at_risk&level=2&sort=-hours&cols=email,mentor", "mentor=none", "reason=few_hours&format=blended"],
)
def test_a_query_says_its_address_again(address: str) -> None:
    query = read_query(QueryDict(address))
    assert read_query(QueryDict(query.encoded())) == query


def test_nonsense_in_an_address_asks_for_nothing() -> None:
    nonsense = {"status": "x", "level": "²", "mentor": "x", "track": "-", "sort": "x", "cols": "x,,", "q": "\x00"}
    assert read_query(nonsense) == Query()
