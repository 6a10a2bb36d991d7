from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils.translation import get_language

from cohorts.errors import CohortError
from cohorts.history import enroll
from cohorts.lifecycle import (
    MOVES,
    change_cohort,
    change_status,
    create_cohort,
    needed_by,
    preview_change,
    regenerate_schedule,
)
from cohorts.models import Cohort, CohortStatusChange, Milestone
from curriculum.models import Format
from organizations.errors import DomainError
from organizations.models import Organization
from tests.cohorts.given import NOW, START, a_cohort, draft_version, published_version
from tests.conftest import Cast

Status = Cohort.Status


def shown(cohort: Cohort) -> list[tuple[int, str, date]]:
    return list(cohort.milestones.order_by("position").values_list("position", "title", "due_on"))


WHOLE = [
    (1, "1.1 Basics: complete", date(2026, 10, 11)),
    (2, "Level 1 gate", date(2026, 11, 15)),
    (3, "2.1 Basics: complete", date(2026, 12, 20)),
    (4, "Level 2 gate", date(2027, 1, 24)),
]


# -- making one --------------------------------------------------------------------------------------------------------


def test_create_cohort_makes_its_address_census_first_status_and_milestones(lantaarn: Cast) -> None:
    cohort = a_cohort(name=" Rotterdam 2026 ", by=lantaarn.ilse)

    stored = Cohort.objects.get(pk=cohort.pk)
    assert (stored.name, stored.slug, stored.status) == ("Rotterdam 2026", "rotterdam-2026", "planned")
    assert stored.census_on == START + timedelta(days=14)
    assert shown(cohort) == WHOLE
    assert list(
        CohortStatusChange.objects.values_list("cohort", "from_status", "to_status", "effective_on", "recorded_by")
    ) == [(cohort.pk, "", "planned", NOW.date(), lantaarn.ilse.pk)]


def test_create_cohort_finds_an_address_that_is_free(lantaarn: Cast) -> None:
    version = published_version()
    names = ["Rotterdam", "Rotterdam", "ROTTERDAM", "New", "🎓", "x" * 100, "x" * 100]

    assert [a_cohort(version=version, name=name).slug for name in names] == [
        "rotterdam", "rotterdam-2", "rotterdam-3", "new-2", "cohort", "x" * 60, "x" * 55 + "-2",
    ]  # fmt: skip


def test_titles_are_written_in_the_language_of_the_organization(
    lantaarn: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    Organization.objects.filter(pk=lantaarn.organization.pk).update(language="nl")
    spoken = []
    monkeypatch.setattr("cohorts.rescheduling.generate", lambda **_values: spoken.append(get_language()) or [])

    a_cohort()

    assert spoken == ["nl"]


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"name": "  "}, "name_missing"),
        ({"format": "evening"}, "unknown_format"),
        ({"hours_per_week": Decimal(0)}, "weekly_hours_out_of_range"),
        ({"hours_per_week": Decimal(500)}, "weekly_hours_out_of_range"),
        ({"starts_on": date(1900, 1, 1)}, "date_out_of_range"),
        ({"starts_on": date(2100, 1, 1)}, "date_out_of_range"),
        ({"census_on": START - timedelta(days=1)}, "census_before_start"),
        ({"census_on": date(9999, 1, 1)}, "date_out_of_range"),
        ({"capacity": 0}, "no_seats"),
        ({"time_zone": "Europe/Atlantis"}, "unknown_zone"),
        ({"last_level": 3}, "unknown_levels"),
        ({"first_level": 2, "last_level": 1}, "unknown_levels"),
    ],
)
def test_create_cohort_refuses_what_no_cohort_has(lantaarn: Cast, values: dict[str, Any], code: str) -> None:
    with pytest.raises(DomainError) as refused:
        a_cohort(**values)

    assert refused.value.code == code
    assert not Cohort.objects.exists()


def test_create_cohort_refuses_a_draft(lantaarn: Cast) -> None:
    with pytest.raises(CohortError) as refused:
        a_cohort(version=draft_version())

    assert refused.value.code == "version_not_published"


def test_cohort_that_nobody_could_finish_is_refused_and_leaves_nothing(lantaarn: Cast) -> None:
    with pytest.raises(CohortError) as refused:
        create_cohort(
            name="Forever", version=published_version(modules=(("Long", (9000, 9000)),)), format=Format.SELF_PACED,
            hours_per_week=Decimal(1), first_level=1, last_level=2, starts_on=START, time_zone="UTC", by=None, at=NOW,
        )  # fmt: skip

    assert refused.value.code == "too_long"
    assert not Cohort.objects.exists()


# -- its life ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("before", Status.values)
def test_moves_are_those_of_the_table(lantaarn: Cast, before: str) -> None:
    version, answers = published_version(levels=1), {}
    for to in Status.values:
        cohort = a_cohort(version=version, name=f"To {to}", last_level=1)
        Cohort.objects.filter(pk=cohort.pk).update(status=before)
        try:
            answers[to] = change_status(cohort=cohort, to=to, effective_on=START, by=lantaarn.ilse).status
        except CohortError as error:
            answers[to] = error.code

    assert answers == {to: to if to in MOVES[before] else "move_not_allowed" for to in Status.values}


def test_change_status_is_recorded_and_start_makes_the_enrolled_active(lantaarn: Cast) -> None:
    cohort = a_cohort(status=Status.ENROLLING)
    enrollment = enroll(cohort=cohort, learner=lantaarn.amira, by=lantaarn.ilse, effective_on=date(2026, 8, 1), at=NOW)

    change_status(cohort=cohort, to=Status.RUNNING, effective_on=START, by=lantaarn.ilse, note="Full house")

    change = cohort.status_changes.get(to_status="running")
    assert (change.from_status, change.effective_on, change.note) == ("enrolling", START, "Full house")
    assert list(enrollment.events.order_by("sequence").values_list("to_status", "effective_on", "recorded_by")) == [
        ("enrolled", date(2026, 8, 1), lantaarn.ilse.pk),
        ("active", START, lantaarn.ilse.pk),
    ]


def test_change_status_refuses_a_day_before_the_last_change(lantaarn: Cast) -> None:
    cohort = a_cohort(status=Status.RUNNING)

    with pytest.raises(CohortError, match="became running on 2026-09-07"):
        change_status(cohort=cohort, to=Status.COMPLETED, effective_on=START - timedelta(days=1), by=None)


def test_cohort_with_active_learners_is_not_cancelled(lantaarn: Cast) -> None:
    cohort = a_cohort(status=Status.RUNNING)
    enroll(cohort=cohort, learner=lantaarn.amira, by=None, effective_on=START, status="active")

    with pytest.raises(CohortError, match="Learners who are active or on leave: 1"):
        change_status(cohort=cohort, to=Status.CANCELLED, effective_on=START, by=None)


# -- changing its plan -------------------------------------------------------------------------------------------------


def test_change_is_shown_before_it_is_made(lantaarn: Cast) -> None:
    cohort = a_cohort()

    difference = preview_change(cohort=cohort, changes={"hours_per_week": Decimal(40)}, today=NOW.date())

    assert [(move.milestone.title, move.due_on) for move in difference.moved] == [
        ("Level 1 gate", date(2026, 10, 11)),
        ("Level 2 gate", date(2026, 11, 15)),
    ]
    assert [milestone.title for milestone in difference.removed] == ["1.1 Basics: complete", "2.1 Basics: complete"]
    assert shown(cohort) == WHOLE

    change_cohort(cohort=cohort, changes={"hours_per_week": Decimal(40)}, today=NOW.date())

    assert Cohort.objects.get().hours_per_week == Decimal(40)
    assert shown(cohort) == [(1, "Level 1 gate", date(2026, 10, 11)), (2, "Level 2 gate", date(2026, 11, 15))]


def test_change_that_is_no_matter_of_the_schedule_leaves_it_alone(lantaarn: Cast) -> None:
    cohort = a_cohort()
    cohort.milestones.filter(position=1).update(due_on=date(2026, 10, 1))

    changed = change_cohort(
        cohort=cohort, changes={"name": "Rotterdam", "capacity": 20, "lead": lantaarn.ilse}, today=NOW.date()
    )

    assert (changed.name, changed.capacity, changed.lead, changed.slug) == (
        "Rotterdam",
        20,
        lantaarn.ilse,
        "rotterdam-2026",
    )
    assert cohort.milestones.get(position=1).due_on == date(2026, 10, 1)


def test_new_hours_of_a_running_cohort_count_from_today_on(lantaarn: Cast) -> None:
    cohort = a_cohort(status=Status.RUNNING)
    today = date(2026, 10, 26)  # 7 weeks of 20 hours behind: 140 of 400

    change_cohort(cohort=cohort, changes={"hours_per_week": Decimal(10)}, today=today)

    assert shown(cohort)[:1] == WHOLE[:1]
    # 60 hours to the gate and 260 to the end, at 10 a week.
    assert {title: due_on for _position, title, due_on in shown(cohort)} == {
        "1.1 Basics: complete": date(2026, 10, 11),
        "1.2 Practice: up to Practice 1": date(2026, 11, 8),
        "Level 1 gate": date(2026, 12, 6),
        "2.1 Basics: up to Basics 1": date(2027, 1, 3),
        "2.1 Basics: complete": date(2027, 2, 14),
        "2.2 Practice: up to Practice 1": date(2027, 3, 28),
        "Level 2 gate": date(2027, 4, 25),
    }


def test_milestones_set_by_hand_stay_when_the_schedule_is_made_anew(lantaarn: Cast) -> None:
    cohort = a_cohort()
    Milestone.objects.filter(title="Level 1 gate").update(due_on=date(2026, 11, 20), is_fixed=True)
    Milestone.objects.filter(title="2.1 Basics: complete").update(due_on=date(2026, 12, 31))

    difference = regenerate_schedule(cohort=cohort, today=NOW.date())

    assert [move.milestone.title for move in difference.moved] == ["2.1 Basics: complete"]
    assert shown(cohort) == [WHOLE[0], (2, "Level 1 gate", date(2026, 11, 20)), *WHOLE[2:]]
    assert not regenerate_schedule(cohort=cohort, today=NOW.date())


def test_start_of_a_cohort_that_runs_stays(lantaarn: Cast) -> None:
    cohort = a_cohort(status=Status.RUNNING)

    with pytest.raises(CohortError) as refused:
        change_cohort(cohort=cohort, changes={"starts_on": START + timedelta(days=1)}, today=START)

    assert refused.value.code == "has_begun"


def test_capacity_does_not_fall_under_the_seats_taken(lantaarn: Cast) -> None:
    cohort = a_cohort()
    for learner in (lantaarn.amira, lantaarn.daan):
        enroll(cohort=cohort, learner=learner, by=None, effective_on=START, at=NOW)

    with pytest.raises(CohortError, match="2 seats are taken"):
        change_cohort(cohort=cohort, changes={"capacity": 1}, today=START)


def test_cohort_that_takes_a_share_of_the_hours_ends_as_much_earlier(lantaarn: Cast) -> None:
    cohort = a_cohort(hours_share=Decimal("0.5"))

    assert [row.due_on for row in cohort.milestones.filter(kind="gate").order_by("position")] == [
        date(2026, 10, 11), date(2026, 11, 15),
    ]  # fmt: skip
    assert cohort.milestones.order_by("-position")[0].through_hours == 400  # what finishing everything earns
    assert (cohort.is_scaled, cohort.hours_percent) == (True, 50)


@pytest.mark.parametrize("share", ["0", "0.009", "1.001", "0.1234", "-1", "NaN", "Infinity"])
def test_share_of_the_hours_is_from_one_to_a_hundred_percent(lantaarn: Cast, share: str) -> None:
    with pytest.raises(CohortError) as refused:
        a_cohort(hours_share=Decimal(share))

    assert refused.value.code == "share_out_of_range"


@pytest.mark.parametrize("share", ["0", "1.001"])
def test_the_database_refuses_a_share_that_is_none(lantaarn: Cast, share: str) -> None:
    cohort = a_cohort()

    with pytest.raises(IntegrityError, match="cohort_hours_share_of_plan"), transaction.atomic():
        Cohort.objects.filter(pk=cohort.pk).update(hours_share=Decimal(share))


def test_needed_hours_a_week_do_end_a_cohort_that_runs_in_time(lantaarn: Cast) -> None:
    cohort, today = a_cohort(status=Cohort.Status.RUNNING), date(2026, 11, 9)
    by = date(2026, 12, 31)

    needed = needed_by(cohort=cohort, changes={}, by=by, today=today)

    assert needed.hours_per_week is not None
    ends = preview_change(cohort=cohort, changes={"hours_per_week": needed.hours_per_week}, today=today).ends_on
    less = {"hours_per_week": needed.hours_per_week - Decimal("0.5")}
    later = preview_change(cohort=cohort, changes=less, today=today).ends_on  # type: ignore[arg-type]
    assert ends is not None
    assert later is not None
    assert ends <= by < later
