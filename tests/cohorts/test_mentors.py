"""Who mentors a learner, and who did."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import Client

from accounts.models import Membership, Role
from cohorts.chronicle import history_of
from cohorts.errors import CohortError
from cohorts.history import Entry, enroll_many
from cohorts.mentors import assign_mentor, mentors_as_of
from cohorts.models import Enrollment, MentorAssignment
from cohorts.transferring import transfer
from mentoring.errors import MentoringError
from mentoring.models import Mentor
from organizations.scope import scope
from tests.cohorts.studying import active, running_cohort
from tests.conftest import NOW, Cast

SignIn = Callable[[Membership | None], Client]
TODAY = NOW.date()
DAY = timedelta(days=1)


def told(enrollment: Enrollment) -> list[tuple[str | None, date, str]]:
    """Of this and the enrollments that it continues, the latest first."""
    rows = MentorAssignment.objects.filter(enrollment__in=history_of(enrollment)).order_by("-effective_on")
    return [(row.mentor and row.mentor.name, row.effective_on, row.reason) for row in rows]


def test_assigning_is_a_fact_and_the_same_mentor_again_is_none(lantaarn: Cast) -> None:
    amira = active(running_cohort(), lantaarn.amira)
    for mentor, at in ((lantaarn.joris, NOW), (lantaarn.joris, NOW + DAY), (None, NOW + 2 * DAY)):
        assign_mentor(enrollment=amira, mentor=mentor, by=lantaarn.ilse, at=at)
    assert told(amira) == [(None, TODAY + 2 * DAY, "by_hand"), ("Joris Hoekema", TODAY, "by_hand")]
    assert {row.recorded_by for row in MentorAssignment.objects.all()} == {lantaarn.ilse}
    assert Enrollment.objects.get(pk=amira.pk).mentor is None


def test_mentor_as_of_a_day_is_the_latest_fact_up_to_it(lantaarn: Cast) -> None:
    amira = active(running_cohort(), lantaarn.amira)
    assign_mentor(enrollment=amira, mentor=lantaarn.joris, by=lantaarn.ilse, at=NOW)
    assign_mentor(enrollment=amira, mentor=None, by=lantaarn.ilse, at=NOW + 3 * DAY)
    seen = [mentors_as_of([amira], on=TODAY + days * DAY).get(amira.pk) for days in (-1, 0, 2, 3)]
    assert seen == [None, lantaarn.joris, lantaarn.joris, None]


def test_day_of_a_change_is_that_of_the_cohort(lantaarn: Cast) -> None:
    amira = active(running_cohort(time_zone="Asia/Kathmandu"), lantaarn.amira)
    late = datetime(2026, 11, 23, 20, 0, tzinfo=UTC)
    assign_mentor(enrollment=amira, mentor=lantaarn.joris, by=lantaarn.ilse, at=late)
    assert told(amira) == [("Joris Hoekema", date(2026, 11, 24), "by_hand")]


def test_refused_assignment_leaves_no_fact(lantaarn: Cast) -> None:
    amira = active(running_cohort(), lantaarn.amira)
    with pytest.raises(CohortError, match="Ilse"):
        assign_mentor(enrollment=amira, mentor=lantaarn.ilse, by=lantaarn.ilse, at=NOW)
    assert told(amira) == []


def test_named_on_enrollment(lantaarn: Cast) -> None:
    entries = [
        Entry(learner=lantaarn.amira, effective_on=TODAY - DAY, mentor=lantaarn.joris),
        Entry(learner=lantaarn.daan, effective_on=TODAY),
    ]
    amira, daan = enroll_many(cohort=running_cohort(), entries=entries, by=lantaarn.ilse, at=NOW)
    assert (told(amira), told(daan)) == ([("Joris Hoekema", TODAY - DAY, "enrolled")], [])


def test_transfer_keeps_the_mentor_and_the_history(lantaarn: Cast) -> None:
    amira = active(running_cohort(), lantaarn.amira)
    assign_mentor(enrollment=amira, mentor=lantaarn.joris, by=lantaarn.ilse, at=NOW)
    there = transfer(
        enrollment=amira,
        cohort=running_cohort(name="Utrecht"),
        effective_on=TODAY + DAY,
        by=lantaarn.ilse,
        at=NOW + DAY,
    )
    assert there.mentor == lantaarn.joris
    assert told(there) == [("Joris Hoekema", TODAY + DAY, "transferred"), ("Joris Hoekema", TODAY, "by_hand")]


def test_transfer_of_a_learner_whose_mentor_left_comes_without(lantaarn: Cast) -> None:
    amira = active(running_cohort(), lantaarn.amira, mentor=lantaarn.joris)
    lantaarn.joris.roles = [Role.STAFF]
    lantaarn.joris.save()
    there = transfer(
        enrollment=Enrollment.objects.get(pk=amira.pk), cohort=running_cohort(name="Utrecht"),
        effective_on=TODAY, by=lantaarn.ilse, at=NOW,
    )  # fmt: skip
    assert there.mentor is None


# -- the pages ---------------------------------------------------------------------------------------------------------


def test_more_learners_than_a_mentor_takes_need_a_tick_beside_the_numbers(cast: Cast, sign_in: SignIn) -> None:
    with scope(cast.organization.pk):
        cohort = running_cohort()
        active(cohort, cast.daan, mentor=cast.joris)
        amira = active(cohort, cast.amira)
        Mentor.objects.create(membership=cast.joris, time_zone="Europe/Amsterdam", capacity=1)
    page, client = f"/o/lantaarn/learners/{amira.pk}/mentor/", sign_in(cast.ilse)
    assert 'name="over"' not in client.get(page).content.decode()
    refused = client.post(page, {"mentor": str(cast.joris.pk)})
    assert refused.status_code == 422
    assert "All places of Joris Hoekema are taken: 1 of 1." in refused.content.decode()
    assert 'name="over"' in refused.content.decode()
    # The tick of another mentor's numbers is none for this one.
    asked = {"mentor": str(cast.joris.pk), "over": "on"}
    assert client.post(page, asked | {"seen": str(cast.ilse.pk)}).status_code == 422
    assert client.post(page, asked | {"seen": str(cast.joris.pk)}).status_code == 302
    with scope(cast.organization.pk):
        assert Enrollment.objects.get(pk=amira.pk).mentor == cast.joris


def test_place_is_checked_wherever_a_mentor_is_assigned(lantaarn: Cast) -> None:
    cohort = running_cohort()
    active(cohort, lantaarn.daan, mentor=lantaarn.joris)
    amira = active(cohort, lantaarn.amira)
    Mentor.objects.create(membership=lantaarn.joris, time_zone="Europe/Amsterdam", capacity=1)
    with pytest.raises(MentoringError, match="1 of 1"):
        assign_mentor(enrollment=amira, mentor=lantaarn.joris, by=lantaarn.ilse, at=NOW)
    assign_mentor(enrollment=amira, mentor=lantaarn.joris, by=lantaarn.ilse, at=NOW, goes_over=True)
    assert MentorAssignment.objects.filter(enrollment=amira).count() == 1


def test_timeline_tells_who_mentored_since_when(cast: Cast, sign_in: SignIn) -> None:
    with scope(cast.organization.pk):
        amira = active(running_cohort(), cast.amira)
        assign_mentor(enrollment=amira, mentor=cast.joris, by=cast.ilse, at=NOW)
        assign_mentor(enrollment=amira, mentor=None, by=cast.ilse, at=NOW + DAY)
    page = sign_in(cast.ilse).get(f"/o/lantaarn/learners/{amira.pk}/timeline/?kind=mentors").content.decode()
    assert page.index("Mentor is nobody: assigned by hand") < page.index("Mentor is Joris Hoekema: assigned by hand")
