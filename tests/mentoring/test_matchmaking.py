"""Mentors and learners as matching sees them, and giving learners their mentors."""

import pytest

from accounts.models import Membership, Role, User
from cohorts.models import Enrollment
from mentoring.errors import MentoringError
from mentoring.expertise import change_expertise
from mentoring.matchmaking import assign_many, candidates, needs_of, with_people, without_mentor
from mentoring.models import Mentor
from tests.conftest import NOW, member
from tests.mentoring.given import Mentoring, a_mentor
from tests.mentoring.test_booking import code_of


@pytest.fixture
def sofia(given: Mentoring) -> Membership:
    return member("Sofia Marchetti", "sofia@lantaarn.example", Role.MENTOR)


def test_candidates_come_with_hours_and_load_also_without_a_calendar(given: Mentoring, sofia: Membership) -> None:
    Mentor.objects.update(levels=[1, 2], languages=["nl"], topics=["retrieval"], capacity=4)
    joris, other = candidates(now=NOW)
    assert (joris.name, joris.levels, joris.languages, joris.topics) == (
        "Joris Hoekema",
        {1, 2},
        {"nl"},
        ("retrieval",),
    )
    assert (joris.learners, joris.places, joris.offset, joris.windows[1]) == (2, 2, 60, (1440 + 540, 1440 + 1020))
    assert (other.name, other.windows, other.capacity) == ("Sofia Marchetti", (), None)


def test_need_is_of_the_persons_language_and_clock(given: Mentoring) -> None:
    User.objects.filter(pk=given.cast.amira.user_id).update(language="nl", time_zone="Asia/Kathmandu")
    rows = with_people(Enrollment.objects.order_by("learner__name"))
    amira, daan = needs_of(rows, now=NOW)
    assert (amira.level, amira.language, amira.offset, amira.not_with) == (1, "nl", 345, {given.cast.amira.pk})
    assert (daan.language, daan.offset) == ("en", 60)


def test_without_mentor_are_those_whose_mentor_left_too(given: Mentoring) -> None:
    assert list(without_mentor()) == []
    Membership.objects.filter(pk=given.cast.joris.pk).update(joined_at=None)
    assert list(without_mentor()) == [given.amira, given.daan]
    Enrollment.objects.filter(pk=given.amira.pk).update(mentor=None)
    Enrollment.objects.filter(pk=given.daan.pk).update(status="withdrawn")
    assert list(without_mentor()) == [given.amira]


def test_many_are_assigned_at_once_or_none(given: Mentoring, sofia: Membership) -> None:
    a_mentor(sofia, capacity=1)
    both = {given.amira.pk: sofia.pk, given.daan.pk: sofia.pk}
    with pytest.raises(MentoringError, match="All places of Sofia Marchetti"):
        assign_many(choices=both, by=given.cast.ilse, now=NOW)
    assert set(Enrollment.objects.values_list("mentor", flat=True)) == {given.cast.joris.pk}
    Mentor.objects.update(capacity=2)
    assert len(assign_many(choices=both, by=given.cast.ilse, now=NOW)) == 2
    assert set(Enrollment.objects.values_list("mentor", flat=True)) == {sofia.pk}


def test_assign_refuses_whom_it_does_not_know(given: Mentoring) -> None:
    said = {"by": given.cast.ilse, "now": NOW}
    assert code_of(assign_many, choices={}, **said) == "nobody_chosen"
    assert code_of(assign_many, choices={given.amira.pk: given.cast.ilse.pk}, **said) == "unknown"
    assert code_of(assign_many, choices={given.cast.joris.pk: given.cast.joris.pk}, **said) == "unknown"


def test_mentor_and_staff_say_what_a_mentor_takes(given: Mentoring) -> None:
    said = {"levels": [3, 1, 3], "topics": ["evals"], "languages": ["nl", "en"], "capacity": 5}
    row = change_expertise(mentor=given.mentor, expertise=said, by=given.cast.joris)
    assert (row.levels, row.topics, row.languages, row.capacity) == ([1, 3], ["evals"], ["en", "nl"], 5)
    assert code_of(change_expertise, mentor=given.mentor, expertise=said, by=given.cast.amira) == "not_yours"
