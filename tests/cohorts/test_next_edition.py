from datetime import date, timedelta

import pytest

from accounts.models import Membership
from cohorts.breaks import add_break
from cohorts.due_dates import set_due
from cohorts.errors import CohortError
from cohorts.history import enroll
from cohorts.models import Break, Cohort
from cohorts.next_edition import make_edition, next_name, preview_edition, suggest_edition
from cohorts.own_dates import dates_of, plan_date, plan_shift, reset_dates, set_dates
from cohorts.team import add_to_team, alert_recipients, end_membership, team_of
from tests.cohorts.given import NOW, START, a_cohort
from tests.conftest import Cast

TODAY = NOW.date()
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Rotterdam 2026", "Rotterdam 2027"),
        ("Edition 3", "Edition 4"),
        ("Evening", "Evening 2"),
        ("2026-09 (evening)", "2026-10 (evening)"),
        ("Room 123456", "Room 123456 2"),
        ("x" * 120, "x" * 118 + " 2"),
    ],
)
def test_next_name(name: str, expected: str) -> None:
    assert next_name(name) == expected


def test_next_edition_takes_settings_team_and_breaks_along_and_plans_anew(lantaarn: Cast) -> None:
    cohort = a_cohort(capacity=12, lead=lantaarn.ilse, census_on=START + 20 * DAY)
    Cohort.objects.filter(pk=cohort.pk).update(offer_days=5, offers_itself=True)
    cohort.refresh_from_db()
    add_to_team(cohort=cohort, member=lantaarn.joris, role="mentor", starts_on=START - 30 * DAY)
    left = add_to_team(cohort=cohort, member=lantaarn.ada, role="staff", starts_on=START - 30 * DAY)
    end_membership(member=left, on=START - 10 * DAY)
    add_break(name="Study week", starts_on=date(2026, 11, 2), ends_on=date(2026, 11, 8), cohort=cohort, today=TODAY)
    set_due(milestone=cohort.milestones.get(position=1), due_on=date(2026, 10, 20), today=date(2026, 10, 1))

    wish = suggest_edition(cohort=cohort, today=TODAY)
    takes = {name: wish.pop(name) for name in ("takes_team", "takes_breaks")}
    edition = preview_edition(cohort=cohort, values=wish, today=TODAY, **takes)
    made = make_edition(cohort=cohort, values=wish, by=lantaarn.ilse, at=NOW, **takes)

    assert takes == {"takes_team": True, "takes_breaks": True}
    assert (made.name, made.slug, made.starts_on) == ("Rotterdam 2027", "rotterdam-2027", date(2027, 9, 6))
    assert (made.census_on, made.capacity, made.lead) == (date(2027, 9, 26), 12, lantaarn.ilse)
    assert (made.offer_days, made.offers_itself, made.status) == (5, True, "planned")
    assert [(one.name, one.starts_on) for one in made.breaks.all()] == [("Study week", date(2027, 11, 1))]
    assert [(one.member, one.role, one.starts_on) for one in made.team.all()] == [
        (lantaarn.joris, "mentor", made.starts_on)
    ]
    due = list(made.milestones.order_by("position").values_list("title", "due_on", "is_fixed"))
    assert due == [(draft.title, draft.due_on, False) for draft in edition.milestones]
    assert edition.ends_on == cohort.milestones.get(position=4).due_on + timedelta(weeks=52)
    assert edition.team == ["Joris Hoekema"]


def test_edition_of_a_cohort_long_ago_starts_after_today(lantaarn: Cast) -> None:
    wish = suggest_edition(cohort=a_cohort(starts_on=date(2020, 9, 7), name="Delft 2020"), today=TODAY)

    assert (wish["starts_on"], wish["name"]) == (date(2027, 8, 30), "Delft 2027")


# -- team --------------------------------------------------------------------------------------------------------------


def test_team_has_roles_and_dates(lantaarn: Cast) -> None:
    cohort = a_cohort()
    one = add_to_team(cohort=cohort, member=lantaarn.joris, role="instructor", starts_on=START)

    for values, expected in (
        ({"role": "chief"}, "unknown_role"),
        ({"role": "instructor", "starts_on": START + 9 * DAY}, "on_team_already"),
        ({"ends_on": START - DAY}, "team_not_in_order"),
        ({"starts_on": date(1900, 1, 1)}, "date_out_of_range"),
        ({"ends_on": date(9999, 1, 1)}, "date_out_of_range"),
    ):
        with pytest.raises(CohortError) as caught:
            add_to_team(**{"cohort": cohort, "member": lantaarn.joris, "role": "mentor", "starts_on": START, **values})
        assert caught.value.code == expected
    end_membership(member=one, on=START + DAY)
    add_to_team(cohort=cohort, member=lantaarn.joris, role="instructor", starts_on=START + 2 * DAY)
    never = add_to_team(cohort=cohort, member=lantaarn.ada, role="staff", starts_on=START + 9 * DAY)
    end_membership(member=never, on=START)

    assert [member.member for member in team_of(cohort, on=START + DAY)] == [lantaarn.joris]
    assert cohort.team.count() == 2


def test_alerts_go_to_the_lead_and_the_teams_staff(lantaarn: Cast) -> None:
    cohort = a_cohort(lead=lantaarn.ada)
    add_to_team(cohort=cohort, member=lantaarn.ilse, role="staff", starts_on=START)
    add_to_team(cohort=cohort, member=lantaarn.joris, role="mentor", starts_on=START)
    Membership.objects.filter(pk=lantaarn.ada.pk).update(joined_at=None)

    assert alert_recipients(cohort, on=START) == [lantaarn.ilse]
    assert alert_recipients(cohort, on=START - DAY) == []


# -- dates of one's own ------------------------------------------------------------------------------------------------


def test_own_dates_stand_in_place_of_the_cohorts_until_given_up(lantaarn: Cast) -> None:
    cohort = a_cohort()
    amira = enroll(cohort=cohort, learner=lantaarn.amira, by=None, effective_on=START)
    first, second, *rest = cohort.milestones.order_by("position")

    set_dates(enrollment=amira, changes=plan_date(enrollment=amira, milestone=second, due_on=date(2026, 12, 1)))
    set_dates(enrollment=amira, changes=plan_shift(enrollment=amira, first=date(2026, 11, 20), days=7))
    add_break(name="Autumn", starts_on=date(2026, 9, 14), ends_on=date(2026, 9, 20), cohort=cohort, today=TODAY)

    week = timedelta(weeks=1)
    assert [(one.milestone.title, one.milestone.due_on, one.usual) for one in dates_of(amira)] == [
        (first.title, first.due_on + week, None),
        (second.title, date(2026, 12, 8), second.due_on + week),
        *((row.title, row.due_on + week, row.due_on + week) for row in rest),
    ]
    assert plan_date(enrollment=amira, milestone=first, due_on=first.due_on) == []
    for due_on, expected in ((START - DAY, "before_start"), (date(9999, 1, 1), "date_out_of_range")):
        with pytest.raises(CohortError) as caught:
            plan_date(enrollment=amira, milestone=first, due_on=due_on)
        assert caught.value.code == expected

    assert reset_dates(enrollment=amira, milestone=dates_of(amira)[1].milestone) == 1
    assert [one.is_own for one in dates_of(amira)] == [False, False, *(True for _row in rest)]
    assert reset_dates(enrollment=amira) == len(rest)
    assert [one.milestone.enrollment_id for one in dates_of(amira)] == [None] * 4
    assert Break.objects.count() == 1
