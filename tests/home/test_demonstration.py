"""The demonstration tells a life that the domain functions could have written, and the same one for a given day."""

from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import groupby

import pytest
from django.db.models import F

from accounts.models import Membership, User
from assessments.models import LevelDecision, Review, Submission
from cohorts.history import MOVES, free_seats, statuses_as_of
from cohorts.models import Cohort, CreditRequest, Enrollment, EnrollmentEvent, ProgressEvent, TrackChoice
from cohorts.offering import places_of
from curriculum.models import Project
from home.demonstration.loading import load
from home.demonstration.story import LANTAARN, RETURNED, SILENT, OrganizationStory
from mentoring.models import OneOnOne
from organizations.models import Organization
from organizations.scope import scope
from outcomes.models import Snapshot
from tests.cohorts.whole_roster import roster_of

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
TODAY = NOW.date()


def cut_down() -> OrganizationStory:
    """A cohort that graduated, one that was called off, two ahead, of which one is full, and the one with the named
    learners.
    """
    wanted = {
        "Utrecht Bootcamp 2021": 10,
        "Ghent Bootcamp 2025": 0,
        "Utrecht Blended 2027": 3,
        "Evening Foundations 2027": 11,
        "Rotterdam Blended 2025": 12,
    }
    cohorts = [replace(one, learners=wanted[one.name]) for one in LANTAARN.cohorts if one.name in wanted]
    cohorts.sort(key=lambda one: one.weeks_ago > 0 and one.weeks_ago < 100)
    return replace(LANTAARN, cohorts=tuple(cohorts), mentors=LANTAARN.mentors[:2])


@pytest.fixture(scope="module")
def academy(shared: None) -> Organization:
    load(password="welcome", now=NOW, say=lambda _text: None, stories=[cut_down()])
    return Organization.objects.get(slug="lantaarn")


def test_a_loaded_story_is_one_that_could_have_happened(academy: Organization) -> None:
    with scope(academy.pk):
        enrollments = list(Enrollment.objects.select_related("cohort", "learner"))
        _check_histories(enrollments)
        _check_graduates(enrollments)
        _check_tracks(enrollments)
        _check_credit()
        _check_nothing_lies_ahead()
        assert {cohort.name: cohort.status for cohort in Cohort.objects.all()} == {
            "Utrecht Bootcamp 2021": "completed",
            "Ghent Bootcamp 2025": "cancelled",
            "Utrecht Blended 2027": "enrolling",
            "Evening Foundations 2027": "enrolling",
            "Rotterdam Blended 2025": "running",
        }


def _check_histories(enrollments: list[Enrollment]) -> None:
    events = EnrollmentEvent.objects.order_by("enrollment", "sequence")
    for _enrollment, history in groupby(events, key=lambda event: event.enrollment_id):
        status, day = "", None
        for event in history:
            assert (event.from_status, event.to_status in MOVES[status]) == (status, True)
            assert day is None or event.effective_on >= day
            status, day = event.to_status, event.effective_on
    statuses = statuses_as_of(enrollments, on=TODAY)
    assert {one.pk: one.status for one in enrollments} == statuses


def _check_graduates(enrollments: list[Enrollment]) -> None:
    graduates = [one for one in enrollments if one.status == Enrollment.Status.GRADUATED]
    assert len(graduates) >= 3
    levels: dict[object, list[int]] = defaultdict(list)
    for decision in LevelDecision.objects.order_by("effective_on").select_related("level"):
        levels[decision.enrollment_id].append(decision.level.number)
    finished: dict[object, set[object]] = defaultdict(set)
    for event in ProgressEvent.objects.exclude(project=None):
        finished[event.enrollment_id].add(event.project_id)
    for graduate in graduates:
        required = set(
            Project.objects.required_in_levels(1, 5, tracks=[graduate.track_id]).values_list("pk", flat=True)
        )
        assert Project.objects.filter(track=graduate.track_id, pk__in=required).count() == 1
        assert levels[graduate.pk] == [1, 2, 3, 4, 5]
        assert required <= finished[graduate.pk]
        passed = Review.objects.filter(submission__enrollment=graduate, verdict=Review.Verdict.PASS)
        assert required <= set(passed.values_list("submission__project", flat=True))


def _check_tracks(enrollments: list[Enrollment]) -> None:
    """Whoever passed level 4 has a track since then, and nobody else has one; nobody handed in another one's work."""
    chosen = {choice.enrollment_id: choice for choice in TrackChoice.objects.all()}
    passed = dict(LevelDecision.objects.filter(level__number=4).values_list("enrollment", "effective_on"))
    assert {pk: choice.effective_on for pk, choice in chosen.items()} == passed
    assert {one.pk: one.track_id for one in enrollments if one.track_id} == {
        pk: choice.track_id for pk, choice in chosen.items()
    }
    others = Submission.objects.exclude(project__track=None).exclude(project__track=F("enrollment__track"))
    assert not others.exists()


def _check_credit() -> None:
    """Somebody has credit, each for topics and on evidence, from before their first day."""
    credited = ProgressEvent.objects.filter(kind="credited").select_related("enrollment__cohort")
    assert RETURNED in credited.values_list("enrollment__learner__name", flat=True)
    for event in credited:
        assert event.topic_id
        assert event.evidence
        assert event.effective_on <= event.enrollment.cohort.starts_on


def _check_nothing_lies_ahead() -> None:
    assert not EnrollmentEvent.objects.filter(effective_on__gte=TODAY).exists()
    assert not ProgressEvent.objects.filter(recorded_at__gt=NOW).exists()
    assert not Submission.objects.filter(submitted_at__gt=NOW).exists()
    assert not OneOnOne.objects.filter(during__startswith__gt=NOW).exclude(status="booked").exists()


def test_the_named_learners_and_mentors_have_something_to_do(academy: Organization) -> None:
    with scope(academy.pk):
        roster = roster_of(Cohort.objects.select_related("version").get(status="running"), on=TODAY)
        words = {entry.name: entry.word for entry in roster.entries}
        assert (words[RETURNED], words[SILENT]) == ("on_track", "at_risk")
        latest = Review.objects.filter(submission__enrollment__learner__name=RETURNED).latest("submitted_at")
        assert latest.verdict == Review.Verdict.CHANGES
        assert latest.submitted_at is not None
        assert (TODAY - latest.submitted_at.date()).days == 5
        [meeting] = OneOnOne.objects.upcoming(at=NOW).filter(enrollment__learner__name=RETURNED)
        assert 7 <= (meeting.starts_at.date() - TODAY).days < 14
        for mentor in Membership.objects.filter(name__in=[person.name for person in cut_down().mentors]):
            waiting = Submission.objects.awaiting_review().of_own(mentor)
            assert waiting.filter(enrollment__status="active").count() >= 2
            meetings = OneOnOne.objects.of_mentor(mentor)
            assert meetings.unconfirmed(at=NOW).count() == 1
            booked = meetings.upcoming(at=NOW).values_list("during", flat=True)
            assert len(booked) >= 2
            assert all(during.lower < NOW + timedelta(days=14) for during in booked)


def test_a_full_cohort_has_a_line_with_an_offer_that_stands(academy: Organization) -> None:
    with scope(academy.pk):
        cohort = Cohort.objects.get(name="Evening Foundations 2027")
        places = places_of(cohort, at=NOW)
        assert [(place.answer.kind if place.answer else "", place.is_open) for place in places] == [
            ("declined", False), ("", True), ("", False), ("", False), ("", False),
        ]  # fmt: skip
        assert (free_seats(cohort, at=NOW), cohort.queue_changes.get().to_place) == (0, 3)


def test_credit_is_asked_for(academy: Organization) -> None:
    with scope(academy.pk):
        assert CreditRequest.objects.waiting().count() == 2
        declined = CreditRequest.objects.answered().get()
        assert (declined.enrollment.learner.name, declined.answer.kind) == (RETURNED, "declined")  # type: ignore[union-attr]


def test_numbers_are_kept_for_eight_quarters_and_today(academy: Organization) -> None:
    with scope(academy.pk):
        days = Snapshot.objects.order_by("as_of").values_list("as_of", flat=True).distinct()
        assert [f"{day:%Y-%m-%d}" for day in days] == [
            "2024-12-31", "2025-03-31", "2025-06-30", "2025-09-30",
            "2025-12-31", "2026-03-31", "2026-06-30", "2026-09-30", "2026-11-23",
        ]  # fmt: skip


def test_loading_again_loads_nothing(academy: Organization) -> None:
    people = User.objects.count()
    assert load(password="welcome", now=NOW, say=lambda _text: None, stories=[cut_down()]) == []
    assert User.objects.count() == people
