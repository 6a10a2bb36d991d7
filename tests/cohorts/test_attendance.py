"""Gatherings, who was there, and what it comes to: a day without marks is nobody's absence."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Membership
from cohorts.attendance import latest_marks, mark, mark_rest, sheet_of, take_back_rest
from cohorts.check_in import MOST_TRIES, check_in, close_check_in, open_check_in
from cohorts.errors import CohortError
from cohorts.gatherings import (
    Days,
    Occurrence,
    cancel_day,
    gatherings_of,
    occurrence_on,
    plan_gathering,
    restore_day,
    stop_gathering,
)
from cohorts.history import record_status
from cohorts.models import AttendanceMark, Break, CheckInTry, Cohort, Enrollment, Flag, Gathering
from cohorts.presence import Tally, export_rows, recent, tallies_of, total_of, weeks_of
from cohorts.risk import reasons_of
from cohorts.standing import standings_of
from curriculum.models import Format
from organizations.scope import scope
from tests.cohorts.studying import START, TODAY, active, running_cohort
from tests.cohorts.test_groups import people_of
from tests.conftest import Cast

SignIn = Callable[[Membership | None], Client]
DAY = timedelta(days=1)
#: 9:30 in Amsterdam, when the stand-up begins.
NOW = datetime(TODAY.year, TODAY.month, TODAY.day, 8, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def monday(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)


def planned(cohort: Cohort, **options: Any) -> Gathering:
    chosen: dict[str, Any] = {
        "kind": "stand_up", "first_day": START, "starts": time(9, 30), "minutes": 15, "weekdays": range(5), "by": None,
        **options,
    }  # fmt: skip
    return plan_gathering(cohort=cohort, **chosen)


def on(gathering: Gathering, day: date) -> Occurrence:
    found = occurrence_on(gathering, day)
    assert found is not None
    return found


def said(gathering: Gathering, day: date, **marks: str) -> None:
    """Marks by first name, as staff make them at the end of that day."""
    people = {one.enrollment.learner.name.split()[0]: one.enrollment for one in sheet_of(on(gathering, day))}
    by = Membership.objects.get(name="Ilse Brouwer")
    for name, status in marks.items():
        mark(occurrence=on(gathering, day), enrollment=people[name], status=status, by=by, at=NOW)


# -- when --------------------------------------------------------------------------------------------------------------


def test_weekly_gatherings_follow_weekdays_breaks_and_the_schedule(lantaarn: Cast) -> None:
    cohort = running_cohort()
    gathering = planned(cohort, weekdays=[0, 3])
    Break.objects.create(name="Fall", starts_on=date(2026, 10, 19), ends_on=date(2026, 10, 23), cohort=cohort)

    def days(first: date, last: date) -> list[int]:
        return [one.day.day for one in Days(gatherings_of(cohort)).between(first, last)]

    assert days(date(2026, 10, 12), date(2026, 10, 30)) == [12, 15, 26, 29]
    last = max(cohort.milestones.values_list("due_on", flat=True))
    assert days(last + DAY, last + 60 * DAY) == []
    stop_gathering(gathering=gathering, last_day=date(2026, 10, 27))
    assert days(date(2026, 10, 12), date(2026, 10, 30)) == [12, 15, 26]


def test_a_gathering_keeps_the_clock_of_the_cohort_through_a_change_of_it(lantaarn: Cast) -> None:
    gathering = planned(running_cohort(), weekdays=range(7), starts=time(2, 30), last_day=date(2027, 4, 1))
    starts = [Occurrence(gathering, date(2027, 3, day)).starts_at.hour for day in (27, 28, 29)]
    assert starts == [1, 1, 0]  # on the 28th there is no 2:30, so it begins at 3:30


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"first_day": date(1900, 1, 1)}, "date_out_of_range"),
        ({"first_day": START - DAY}, "before_start"),
        ({"last_day": START - DAY}, "not_in_order"),
        ({"weekdays": [7]}, "no_such_weekday"),
        ({"minutes": 0}, "minutes_out_of_range"),
        ({"minutes": 10_000}, "minutes_out_of_range"),
        ({"weekdays": [6], "last_day": START + DAY}, "takes_no_place"),
        ({"weekdays": [], "first_day": date(2027, 3, 28), "starts": time(2, 30)}, "no_such_time"),
    ],
)
def test_gatherings_that_cannot_be(lantaarn: Cast, options: dict[str, Any], code: str) -> None:
    with pytest.raises(CohortError) as caught:
        planned(running_cohort(), **options)
    assert caught.value.code == code
    assert not Gathering.objects.exists()


def test_only_staff_and_mentors_lead(lantaarn: Cast) -> None:
    cohort = running_cohort()
    assert planned(cohort, led_by=lantaarn.joris).led_by == lantaarn.joris
    with pytest.raises(CohortError, match="Only staff and mentors lead"):
        planned(cohort, led_by=lantaarn.daan)


def test_a_bootcamp_stands_up_every_working_day(lantaarn: Cast) -> None:
    cohort = running_cohort(format=Format.BOOTCAMP)
    days = Days(gatherings_of(cohort)).between(START, START + 6 * DAY)
    assert [(one.day.weekday(), str(one.gathering)) for one in days] == [(day, "Stand-up") for day in range(5)]
    assert not Gathering.objects.exclude(cohort=cohort).exists()


def test_a_day_is_called_off_until_somebody_is_marked(lantaarn: Cast) -> None:
    cohort = running_cohort()
    gathering = planned(cohort)
    people_of(cohort, 1)
    cancel_day(occurrence=on(gathering, TODAY), reason="Fire drill", by=lantaarn.ilse, at=NOW)
    with pytest.raises(CohortError) as caught:
        said(gathering, TODAY, Bo="present")
    assert caught.value.code == "cancelled"
    restore_day(occurrence=on(gathering, TODAY))
    said(gathering, TODAY, Bo="present")
    with pytest.raises(CohortError) as caught:
        cancel_day(occurrence=on(gathering, TODAY), reason="", by=lantaarn.ilse, at=NOW)
    assert caught.value.code == "has_marks"


# -- who was there -----------------------------------------------------------------------------------------------------


def test_the_latest_mark_counts_and_every_one_stays(lantaarn: Cast) -> None:
    cohort = running_cohort()
    gathering, [bo, _cas] = planned(cohort), people_of(cohort, 2)
    for status in ("absent", "late", "", "excused"):
        said(gathering, TODAY, Bo=status)
    [line, other] = sheet_of(on(gathering, TODAY))
    assert (line.mark and line.mark.status, other.mark) == ("excused", None)
    facts = AttendanceMark.objects.filter(enrollment=bo).order_by("recorded_at")
    assert [(fact.status, fact.recorded_by) for fact in facts] == [
        (status, lantaarn.ilse) for status in ("absent", "late", "", "excused")
    ]


def test_the_rest_is_marked_at_once_and_taken_back(lantaarn: Cast) -> None:
    cohort = running_cohort()
    gathering = planned(cohort)
    people_of(cohort, 3)
    said(gathering, TODAY, Cas="absent")
    options: dict[str, Any] = {"status": "present", "by": lantaarn.ilse, "at": NOW}
    assert mark_rest(occurrence=on(gathering, TODAY), **options) == 2
    assert [line.mark and line.mark.status for line in sheet_of(on(gathering, TODAY))] == [
        "present",
        "absent",
        "present",
    ]
    assert take_back_rest(occurrence=on(gathering, TODAY), **options) == 2
    assert [line.mark and line.mark.status for line in sheet_of(on(gathering, TODAY))] == [None, "absent", None]


def test_only_who_takes_part_on_that_day_is_marked_and_not_before_it(lantaarn: Cast) -> None:
    cohort, elsewhere = running_cohort(), running_cohort(name="Elsewhere")
    gathering, [bo] = planned(cohort), people_of(cohort, 1)
    daan = active(elsewhere, lantaarn.daan)
    record_status(enrollment=bo, to="on_leave", effective_on=TODAY, by=None, returns_on=TODAY + 9 * DAY)
    for enrollment, day, status, code in (
        (daan, TODAY, "present", "not_expected"),
        (bo, TODAY, "present", "not_expected"),
        (bo, TODAY + DAY, "present", "not_yet"),
        (bo, TODAY - 3 * DAY, "there", "no_such_mark"),
    ):
        with pytest.raises(CohortError) as caught:
            mark(occurrence=on(gathering, day), enrollment=enrollment, status=status, by=lantaarn.ilse, at=NOW)
        assert caught.value.code == code
    assert sheet_of(on(gathering, TODAY)) == []
    assert not AttendanceMark.objects.exists()


# -- numbers -----------------------------------------------------------------------------------------------------------


def test_the_rate_counts_what_was_taken_and_who_took_part(lantaarn: Cast) -> None:
    cohort = running_cohort()
    gathering, [bo, cas] = planned(cohort, first_day=TODAY - 7 * DAY), people_of(cohort, 2)
    record_status(enrollment=cas, to="on_leave", effective_on=TODAY - 5 * DAY, by=None, returns_on=TODAY)
    record_status(enrollment=cas, to="active", effective_on=TODAY, by=None)
    said(gathering, TODAY - 7 * DAY, Bo="present", Cas="absent")  # Monday
    said(gathering, TODAY - 6 * DAY, Bo="late")  # Tuesday: nothing said of Cas
    # Wednesday: taken back, so not taken. Cas is on leave from then on.
    said(gathering, TODAY - 5 * DAY, Bo="absent")
    said(gathering, TODAY - 5 * DAY, Bo="")
    said(gathering, TODAY - 4 * DAY, Bo="excused")  # Thursday
    cancel_day(occurrence=on(gathering, TODAY - 3 * DAY), reason="", by=lantaarn.ilse, at=NOW)  # Friday
    taken = recent(cohort, [bo.pk, cas.pk], now=NOW)
    assert tallies_of(taken) == {
        bo.pk: Tally(present=1, late=1, excused=1, not_taken=2),
        cas.pk: Tally(absent=1, unknown=1, not_taken=1),
    }
    assert [(week.monday, week.taken, week.not_taken, week.tally.rate) for week in weeks_of(taken)] == [
        (TODAY, 0, 1, None),
        (TODAY - 7 * DAY, 3, 1, 2 / 3),
    ]
    assert (total_of(taken).came, total_of(taken).counted) == (2, 3)


def test_a_gathering_that_has_not_begun_is_not_counted(lantaarn: Cast) -> None:
    cohort = running_cohort()
    planned(cohort, first_day=TODAY, starts=time(9, 31))
    [bo] = people_of(cohort, 1)
    assert recent(cohort, [bo.pk], now=NOW) == []


def test_numbers_cost_the_same_for_one_and_for_three(lantaarn: Cast) -> None:
    cohort, counts = running_cohort(), []
    people = people_of(cohort, 3)
    for number in (1, 3):
        gathering = planned(cohort, title=f"Lesson {number}")
        said(gathering, TODAY, **dict.fromkeys(("Bo", "Cas", "Dina")[:number], "present"))
        with CaptureQueriesContext(connection) as captured:
            recent(cohort, [one.pk for one in people[:number]], now=NOW)
        counts.append(len(captured))
    assert counts == [6, 6]


def test_everything_goes_into_a_spreadsheet(lantaarn: Cast) -> None:
    cohort = running_cohort()
    gathering = planned(cohort, first_day=TODAY - DAY * 3, title="=Lesson")
    people_of(cohort, 2)
    said(gathering, TODAY - 3 * DAY, Bo="late")
    rows = list(export_rows(cohort, now=NOW))
    assert [[row[0], row[4], row[7]] for row in rows] == [
        ["Date", "Name", "Attendance"],
        ["2026-11-20", "Bo Peer", "Late"],
        ["2026-11-20", "Cas Peer", "Not marked"],
        ["2026-11-23", "Bo Peer", "Not taken"],
        ["2026-11-23", "Cas Peer", "Not taken"],
    ]


def test_three_absences_in_two_weeks_are_a_reason(lantaarn: Cast) -> None:
    cohort = running_cohort()
    gathering, [bo] = planned(cohort), people_of(cohort, 1)

    def found() -> list[tuple[str, date]]:
        reasons = reasons_of(standings_of([bo], on=TODAY), on=TODAY).get(bo.pk, [])
        return [(one.text, one.since) for one in reasons if one.key == "absent"]

    said(gathering, TODAY - 14 * DAY, Bo="absent")  # the day before the two weeks
    said(gathering, TODAY - 13 * DAY, Bo="absent")
    said(gathering, TODAY - 12 * DAY, Bo="excused")
    said(gathering, TODAY - 7 * DAY, Bo="absent")
    assert found() == []
    said(gathering, TODAY, Bo="absent")
    assert found() == [("Absent 3 times since 10 November", TODAY - 13 * DAY)]
    pause = Break.objects.create(cohort=cohort, name="Added later", starts_on=TODAY - 8 * DAY, ends_on=TODAY - 6 * DAY)
    assert found() == []
    Gathering.objects.filter(pk=gathering.pk).update(weekdays=[])  # on one day, which no break takes away
    assert found() != []
    Gathering.objects.filter(pk=gathering.pk).update(weekdays=gathering.weekdays)
    Break.objects.filter(pk=pause.pk).update(cohort=running_cohort(name="Other"))
    assert found() != []
    said(gathering, TODAY, Bo="present")
    assert found() == []


def test_a_day_that_is_called_off_or_restored_has_everyone_worked_out_again(
    lantaarn: Cast, django_capture_on_commit_callbacks: Any
) -> None:
    cohort = running_cohort()
    gathering, [bo] = planned(cohort), people_of(cohort, 1)
    Flag.objects.all().delete()
    for change in (
        lambda: cancel_day(occurrence=on(gathering, TODAY), reason="Ice", by=lantaarn.ilse, at=NOW),
        lambda: restore_day(occurrence=on(gathering, TODAY)),
    ):
        connection.run_on_commit.clear()  # of what came before: a test commits nothing
        with django_capture_on_commit_callbacks(execute=True):
            change()
        assert Flag.objects.filter(enrollment=bo).exists()
        Flag.objects.all().delete()


# -- with a code -------------------------------------------------------------------------------------------------------


@pytest.fixture
def bo(lantaarn: Cast) -> Enrollment:
    cohort = running_cohort()
    planned(cohort, first_day=TODAY)
    [bo] = people_of(cohort, 1)
    return bo


def stand_up(bo: Enrollment) -> Occurrence:
    return on(Gathering.objects.select_related("cohort").get(cohort=bo.cohort), TODAY)


def code_shown(bo: Enrollment, cast: Cast, *, at: datetime = NOW) -> str:
    return open_check_in(occurrence=stand_up(bo), by=cast.ilse, at=at).code


def refused(bo: Enrollment, code: str, *, at: datetime = NOW) -> str:
    with pytest.raises(CohortError) as caught:
        check_in(enrollment=bo, code=code, at=at)
    return caught.value.code


@pytest.mark.parametrize(("minutes", "status"), [(0, "present"), (5, "present"), (6, "late"), (14, "late")])
def test_a_code_says_present_or_late_by_the_clock(lantaarn: Cast, bo: Enrollment, minutes: int, status: str) -> None:
    code = code_shown(bo, lantaarn)
    made = check_in(enrollment=bo, code=f" {code[:3]} {code[3:]} ", at=NOW + timedelta(minutes=minutes))
    assert (made.status, made.is_check_in, made.recorded_by) == (status, True, bo.learner)
    assert check_in(enrollment=bo, code=code, at=NOW + timedelta(minutes=14)) == made
    assert AttendanceMark.objects.count() == 1


def test_a_code_lives_for_a_quarter_of_an_hour_and_may_be_shown_again(lantaarn: Cast, bo: Enrollment) -> None:
    later = NOW + timedelta(minutes=15)
    assert refused(bo, "123456") == "nothing_open"
    early = code_shown(bo, lantaarn, at=NOW - timedelta(minutes=30))
    assert refused(bo, early, at=later) == "nothing_open"
    again = code_shown(bo, lantaarn, at=later)
    assert check_in(enrollment=bo, code=again, at=later + timedelta(minutes=14)).status == "late"
    close_check_in(occurrence=stand_up(bo))
    assert refused(bo, again, at=later) == "nothing_open"


def test_a_code_is_not_guessed(lantaarn: Cast, bo: Enrollment) -> None:
    code = code_shown(bo, lantaarn)
    wrong = "000000" if code != "000000" else "111111"
    assert [refused(bo, wrong) for _try in range(MOST_TRIES)] == ["wrong_code"] * MOST_TRIES
    assert refused(bo, code) == "too_many_tries"
    assert (CheckInTry.objects.count(), AttendanceMark.objects.count()) == (MOST_TRIES, 0)
    fresh = code_shown(bo, lantaarn, at=NOW + timedelta(minutes=1))
    assert check_in(enrollment=bo, code=fresh, at=NOW + timedelta(minutes=2)).status == "present"


def test_a_code_is_for_its_cohort_its_day_and_who_is_active(lantaarn: Cast, bo: Enrollment) -> None:
    daan = active(running_cohort(name="Elsewhere"), lantaarn.daan)
    code = code_shown(bo, lantaarn)
    assert refused(daan, code) == "nothing_open"
    record_status(enrollment=bo, to="on_leave", effective_on=TODAY, by=None, returns_on=TODAY + DAY)
    assert refused(bo, code) == "nothing_open"
    for at, wrong in ((NOW - timedelta(minutes=31), "not_yet"), (NOW + timedelta(days=1), "too_late")):
        with pytest.raises(CohortError) as caught:
            open_check_in(occurrence=stand_up(bo), by=lantaarn.ilse, at=at)
        assert caught.value.code == wrong


# -- the pages ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def three(cast: Cast) -> list[Enrollment]:
    with scope(cast.organization.pk):
        cohort = running_cohort()
        planned(cohort, first_day=TODAY - 7 * DAY, led_by=cast.joris)
        return people_of(cohort, 3)


def sheet(cast: Cast, three: list[Enrollment], path: str = "") -> str:
    with scope(cast.organization.pk):
        return f"/o/lantaarn/gatherings/{Gathering.objects.get(title='').pk}/{TODAY.isoformat()}/{path}"


def test_a_mentor_takes_attendance_of_what_they_lead(cast: Cast, three: list[Enrollment], sign_in: SignIn) -> None:
    client = sign_in(cast.joris)
    assert "Take attendance" in client.get("/o/lantaarn/gatherings/").content.decode()
    url = sheet(cast, three)
    tapped = client.post(f"{url}mark/", {"learner": str(three[0].pk), "status": "late"}, headers={"hx-request": "true"})
    assert tapped.templates[0].name == "cohorts/_sheet_changed.html"
    assert "Undo" in tapped.content.decode()
    plain = client.post(f"{url}mark/", {"learner": str(three[1].pk), "status": "absent"})
    assert plain["Location"] == f"{url}#row-{three[1].pk}"
    assert client.post(f"{url}rest/", {"status": "present"})["Location"] == f"{url}?undo=present"
    with scope(cast.organization.pk):
        marks = latest_marks(_held())
        assert sorted(one.status for one in marks.values()) == ["absent", "late", "present"]
        Gathering.objects.update(led_by=None)
    assert client.get(url).status_code == 404
    assert client.post(f"{url}mark/", {"learner": str(three[0].pk), "status": "late"}).status_code == 404


def _held() -> list[Any]:
    return list(Gathering.objects.get(title="").days.all())


def test_nonsense_on_the_sheet_is_refused_in_words(cast: Cast, three: list[Enrollment], sign_in: SignIn) -> None:
    with scope(cast.organization.pk):
        daan = active(running_cohort(name="Elsewhere"), cast.daan)
    client, url = sign_in(cast.ilse), sheet(cast, three)
    for form, status in (
        ({"learner": "x", "status": "late"}, 422),
        ({"learner": str(three[0].pk), "status": "there"}, 422),
        ({"learner": str(daan.pk), "status": "late"}, 404),
    ):
        assert client.post(f"{url}mark/", form).status_code == status
    toast = client.post(f"{url}mark/", {"learner": str(three[0].pk), "status": "there"}, headers={"hx-request": "true"})
    assert (toast.status_code, toast["HX-Retarget"]) == (422, "#toasts")
    for day in ("2026-13-01", "20261123", "2026-11-22", "x"):
        assert client.get(url.replace(TODAY.isoformat(), day)).status_code == 404
    with scope(cast.organization.pk):
        assert not AttendanceMark.objects.exists()


def test_a_learner_checks_in_on_their_own_page(cast: Cast, three: list[Enrollment], sign_in: SignIn) -> None:
    client = sign_in(cast.ilse)
    client.post(f"{sheet(cast, three)}code/")
    with scope(cast.organization.pk):
        code = _held()[0].code
        learner = Membership.objects.select_related("user").get(pk=three[0].learner_id)
    assert f"{code[:3]} {code[3:]}" in client.get(sheet(cast, three)).content.decode()
    client = sign_in(learner)
    assert "Check-in is open" in client.get("/o/lantaarn/home/").content.decode()
    wrong = client.post("/o/lantaarn/check-in/", {"code": "nonsense"})
    assert (wrong.status_code, "This is not the code" in wrong.content.decode()) == (422, True)
    with scope(cast.organization.pk):
        assert CheckInTry.objects.count() == 1
    assert client.post("/o/lantaarn/check-in/", {"code": code}).status_code == 302
    assert "Present" in client.get("/o/lantaarn/check-in/").content.decode()


def test_staff_plan_end_and_call_off(cast: Cast, three: list[Enrollment], sign_in: SignIn) -> None:
    client, slug = sign_in(cast.ilse), three[0].cohort.slug
    form = {"kind": "lesson", "title": "Vectors", "first_day": "2026-11-24", "starts": "13:00", "minutes": "90"}
    new = f"/o/lantaarn/cohorts/{slug}/gatherings/new/"
    bad = client.post(new, form | {"first_day": "2027-03-28", "starts": "02:30"})
    assert "the clock is put forward over this time" in bad.content.decode()
    assert client.post(new, form)["Location"] == f"/o/lantaarn/cohorts/{slug}/attendance/"
    page = client.get(f"/o/lantaarn/cohorts/{slug}/attendance/").content.decode()
    assert "Vectors" in page
    assert client.post(f"{sheet_of_title(cast, 'Vectors')}cancel/", {"reason": "Ill"}).status_code == 302
    with scope(cast.organization.pk):
        assert [one.reason for one in Gathering.objects.get(title="Vectors").days.all()] == ["Ill"]
    assert client.post(f"{sheet_of_title(cast, 'Vectors')}cancel/", {"restore": "1"}).status_code == 302
    csv = b"".join(client.get(f"/o/lantaarn/cohorts/{slug}/attendance.csv").streaming_content).decode()  # type: ignore[attr-defined]
    assert "Bo Peer" in csv


def sheet_of_title(cast: Cast, title: str) -> str:
    with scope(cast.organization.pk):
        gathering = Gathering.objects.get(title=title)
        return f"/o/lantaarn/gatherings/{gathering.pk}/{gathering.first_day.isoformat()}/"


def test_pages_cost_the_same_for_one_and_for_three(
    cast: Cast, three: list[Enrollment], sign_in: SignIn, without_apps_above: None
) -> None:
    counts = []
    client = sign_in(cast.ilse)
    with scope(cast.organization.pk):
        [gathering] = Gathering.objects.select_related("cohort")
    for names in (("Bo",), ("Bo", "Cas", "Dina")):
        with scope(cast.organization.pk):
            said(gathering, TODAY, **dict.fromkeys(names, "present"))
        page = f"/o/lantaarn/cohorts/{three[0].cohort.slug}/"
        found = []
        for path in (
            sheet(cast, three),
            f"{page}attendance/",
            f"{page}groups/",
            f"{page}pairs/",
            "/o/lantaarn/gatherings/",
        ):
            client.get(path)
            with CaptureQueriesContext(connection) as captured:
                client.get(path)
            found.append(len(captured))
        counts.append(found)
        with scope(cast.organization.pk):
            if len(names) == 1:
                planned(gathering.cohort, title="Another", first_day=TODAY)
    assert counts[0] == counts[1]
