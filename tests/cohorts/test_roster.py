"""The roster of a cohort: who is how, found, sorted and exported."""

import csv
import io
import re
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from accounts.models import Membership
from cohorts.heading import counts_of
from cohorts.history import enroll, record_status
from cohorts.models import Cohort, Enrollment, Milestone
from cohorts.overview import Whereabouts, flagged_of, levels_of, stops_of, summary_of, whereabouts_of
from cohorts.roster_query import COLUMNS, facets_of
from cohorts.roster_rows import fresh_rows
from cohorts.roster_table import as_text, export_rows, lines_of, rows_of
from cohorts.sheets import safe_cell, stream_csv
from tests.cohorts.given import START
from tests.cohorts.studying import TODAY, active, finish, finish_level, log, running_cohort, topics_of
from tests.cohorts.whole_roster import Roster, Wish, choose, roster_of
from tests.conftest import Cast

DAY = timedelta(days=1)
ZONE = ZoneInfo("Europe/Amsterdam")
pytestmark = pytest.mark.usefixtures("without_apps_above")


@pytest.fixture
def cohort(lantaarn: Cast) -> Cohort:
    """With three milestones of its own making: 40 hours a month ago, 100 hours last week, 200 next month."""
    cohort = running_cohort()
    Milestone.objects.filter(cohort=cohort).delete()
    level = topics_of(cohort)[0].module.level
    for position, (hours, day) in enumerate(((40, -30), (100, -7), (200, 30)), start=1):
        Milestone.objects.create(
            cohort=cohort,
            position=position,
            kind=Milestone.Kind.CHECKPOINT,
            title=f"{hours} hours",
            level=level,
            through_hours=hours,
            due_on=TODAY + day * DAY,
        )
    return cohort


def studying(cohort: Cohort, learner: Membership, topics: int, *, mentor: Membership | None = None) -> Enrollment:
    """Logs what the plan asks and has finished so many topics, in the order of the path."""
    enrollment = active(cohort, learner, mentor=mentor)
    log(enrollment, 20)
    finish(enrollment, topics_of(cohort)[:topics], on=TODAY - DAY)
    return enrollment


def roster(cohort: Cohort) -> Roster:
    return roster_of(Cohort.objects.for_list().get(pk=cohort.pk), on=TODAY)


def seen(cohort: Cohort) -> Whereabouts:
    rows = fresh_rows(on=TODAY, zone=ZONE, cohort=cohort)
    return whereabouts_of(rows, cohort, facets_of(rows), on=TODAY)


def words(cohort: Cohort) -> dict[str, str]:
    return {entry.name: entry.word for entry in roster(cohort).entries}


def test_the_word_follows_milestones_and_risk(lantaarn: Cast, cohort: Cohort) -> None:
    studying(cohort, lantaarn.amira, 2)
    studying(cohort, lantaarn.daan, 1)
    assert words(cohort) == {"Amira Haddad": "on_track", "Daan Kuiper": "slipping"}
    finish(Enrollment.objects.get(learner=lantaarn.amira), topics_of(cohort)[2:4], on=TODAY)
    Milestone.objects.filter(cohort=cohort, position=2).update(due_on=TODAY - 14 * DAY)
    assert words(cohort) == {"Amira Haddad": "ahead", "Daan Kuiper": "at_risk"}


def test_who_is_not_active_has_the_word_of_their_status(lantaarn: Cast, cohort: Cohort) -> None:
    leave = studying(cohort, lantaarn.amira, 0)
    record_status(enrollment=leave, to="on_leave", effective_on=TODAY - DAY, by=None, returns_on=TODAY + DAY)
    gone = studying(cohort, lantaarn.daan, 0)
    record_status(enrollment=gone, to="withdrawn", effective_on=TODAY - DAY, by=None, reason="work")
    assert words(cohort) == {"Amira Haddad": "on_leave", "Daan Kuiper": "withdrawn"}
    later = roster_of(cohort, on=TODAY + 2 * DAY)
    assert {entry.name: entry.word for entry in later.entries}["Amira Haddad"] == "at_risk"


def test_a_roster_as_of_an_earlier_day_knows_nothing_later(lantaarn: Cast, cohort: Cohort) -> None:
    gone = studying(cohort, lantaarn.daan, 2)
    record_status(enrollment=gone, to="withdrawn", effective_on=TODAY, by=None, reason="work")
    [entry] = roster_of(cohort, on=TODAY - 2 * DAY).entries
    assert (entry.standing.status, entry.standing.earned) == ("active", 0)


def test_filters_keep_who_matches_all_of_them(lantaarn: Cast, cohort: Cohort) -> None:
    studying(cohort, lantaarn.amira, 2, mentor=lantaarn.joris)
    finish_level(studying(cohort, lantaarn.daan, 2), 1)
    found = roster(cohort)

    def names(**wish: object) -> list[str]:
        return [entry.name for entry in choose(found, Wish(**wish))]  # type: ignore[arg-type]

    assert names() == ["Daan Kuiper", "Amira Haddad"]
    assert names(name="AMI") == ["Amira Haddad"]
    assert names(level=2) == ["Daan Kuiper"]
    assert names(mentor=lantaarn.joris.pk) == ["Amira Haddad"]
    assert names(word="on_track") == ["Amira Haddad"]
    assert names(word="on_track", level=2) == []


@pytest.mark.parametrize("sort", ["name", "progress", "hours", "pace", "active", "milestone", "status"])
def test_every_column_sorts_both_ways(lantaarn: Cast, cohort: Cohort, sort: str) -> None:
    finish_level(studying(cohort, lantaarn.amira, 0), 1, on=TODAY)
    log(active(cohort, lantaarn.daan), 30, weeks=4, until=TODAY - 7 * DAY)
    found = roster(cohort)
    up, down = ([entry.name for entry in choose(found, Wish(sort=sign + sort))] for sign in ("", "-"))
    assert up == down[::-1]


def test_rows_are_finished_to_the_last_word(lantaarn: Cast, cohort: Cohort) -> None:
    enrollment = studying(cohort, lantaarn.amira, 2, mentor=lantaarn.joris)
    lines = list(lines_of(fresh_rows(on=TODAY, zone=ZONE, cohort=cohort)))
    [row] = rows_of(lines, list(COLUMNS), on=TODAY, slug="lantaarn", can_pick=True)
    assert f'value="{enrollment.pk}" aria-label="Select Amira Haddad"' in row
    assert f'href="/o/lantaarn/learners/{enrollment.pk}/"' in row
    cells = [re.sub("<[^>]+>", "", cell).strip() for cell in re.split("</t[dh]>", row)]
    assert cells[1:-1] == [
        "AHAmira Haddad", "Rotterdam 2026", "Level 1", "100", "20 h", "Yesterday", "200 hours 23 Dec",
        "Joris Hoekema", "On track", "", "7 Sep", "–", "amira@lantaarn.example", "–",
    ]  # fmt: skip


def test_a_name_is_text_wherever_it_stands(lantaarn: Cast, cohort: Cohort) -> None:
    lantaarn.amira.name = '<b>Amira</b> 100% "Haddad"'
    lantaarn.amira.save()
    studying(cohort, lantaarn.amira, 1)
    lines = list(lines_of(fresh_rows(on=TODAY, zone=ZONE, cohort=cohort)))
    [row] = rows_of(lines, ["status"], on=TODAY, slug="lantaarn", can_pick=True)
    assert "<b>" not in row
    assert "Select &lt;b&gt;Amira&lt;/b&gt; 100% &quot;Haddad&quot;" in row


def test_who_has_not_begun_is_on_the_roster_without_a_place_on_the_path(lantaarn: Cast, cohort: Cohort) -> None:
    studying(cohort, lantaarn.amira, 2)
    enroll(cohort=cohort, learner=lantaarn.daan, by=None, effective_on=START)
    found = roster(cohort)
    assert [entry.name for entry in choose(found, Wish())] == ["Amira Haddad", "Daan Kuiper"]
    assert [(level.number, level.learners) for level in levels_of(seen(cohort))] == [(1, 1), (2, 0)]
    counts = counts_of(cohort)
    assert (counts.learners, counts.seats, counts.waiting) == (2, 2, 0)
    assert [place.name for place in seen(cohort).places] == ["Amira Haddad"]
    assert summary_of(seen(cohort)) == "1 on track"


@pytest.mark.parametrize("dots", [400, 1])
def test_milestones_count_who_reached_them(
    lantaarn: Cast, cohort: Cohort, monkeypatch: pytest.MonkeyPatch, dots: int
) -> None:
    """In the same way whether there are few enough to draw each of them or not."""
    monkeypatch.setattr("cohorts.overview.DOTS_SHOWN", dots)
    studying(cohort, lantaarn.amira, 2)
    studying(cohort, lantaarn.daan, 1)
    assert [(stop.title, stop.state, stop.note) for stop in stops_of(seen(cohort))] == [
        ("40 hours", "done", "2 of 2 reached it"),
        ("100 hours", "now", "1 of 2 reached it"),
        ("200 hours", "", "in 4 weeks"),
    ]
    assert len(seen(cohort).places) == (2 if dots > 1 else 0)


def test_those_who_need_a_person_stand_by_number_of_reasons(lantaarn: Cast, cohort: Cohort) -> None:
    active(cohort, lantaarn.amira)
    log(active(cohort, lantaarn.daan), 5)
    assert [
        (entry.name, len(entry.reasons))
        for entry in flagged_of(fresh_rows(on=TODAY, zone=ZONE, cohort=cohort), on=TODAY)
    ] == [
        ("Amira Haddad", 3),
        ("Daan Kuiper", 2),
    ]


def test_export_tells_the_roster_in_plain_values(lantaarn: Cast, cohort: Cohort) -> None:
    studying(cohort, lantaarn.amira, 2, mentor=lantaarn.joris)
    rows = export_rows(lines_of(fresh_rows(on=TODAY, zone=ZONE, cohort=cohort)), list(COLUMNS), left={})
    content = b"".join(stream_csv(map(as_text, rows))).decode("utf-8-sig")
    [row] = csv.DictReader(io.StringIO(content))
    assert row == {
        "Name": "Amira Haddad",
        "Email": "amira@lantaarn.example",
        "External id": "",
        "Cohort": "Rotterdam 2026",
        "Level": "1",
        "Share of the level": "0.50",
        "Hours earned": "100.00",
        "Hours credited": "0.00",
        "Hours planned": "400.00",
        "Study hours a week": "20.00",
        "Last active": "2026-11-22",
        "Next milestone": "200 hours",
        "Due": "2026-12-23",
        "Mentor": "Joris Hoekema",
        "Status": "Active",
        "How it goes": "on_track",
        "Reason for leaving": "",
        "Reasons": "",
        "Since": "2026-09-07",
        "Specialization": "",
    }


@pytest.mark.parametrize(
    ("cell", "safe"),
    [
        ("=1+1", "'=1+1"),
        ("+31 6", "'+31 6"),
        (" @SUM(A1)", "' @SUM(A1)"),
        ("-2+3", "'-2+3"),
        ("\t=1", "'\t=1"),
        ("-2.50", "-2.50"),
        ("Ann-Marie", "Ann-Marie"),
        ("", ""),
    ],
)
def test_no_cell_runs_as_a_formula(cell: str, safe: str) -> None:
    assert safe_cell(cell) == safe
