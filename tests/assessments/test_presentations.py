"""Presentations: planned for people who are free, scored by each of the panel alone, decided by its chair."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from icalendar import Calendar

from accounts.models import Membership, Role
from assessments.criteria import Requirement
from assessments.errors import AssessmentError, ReviewIncomplete
from assessments.for_staff import waiting_for_staff
from assessments.gates import evaluate
from assessments.models import (
    WAITS,
    PanelReview,
    Presentation,
    PresentationEvent,
    PresentationPolicy,
    PresentationSeat,
    RubricChoice,
    Submission,
)
from assessments.panel_scoring import Asked, Findings, decide, hand_in_scores, save_scores
from assessments.presentation_mails import queue_reminders
from assessments.presentation_policy import ask_from, to_schedule
from assessments.presentations_shown import may_read, waiting_for
from assessments.presenting import cancel, change, record_no_show, schedule
from assessments.reviewing import Mark
from assessments.rubrics import default_rubric
from cohorts.models import Cohort, Enrollment, ProgressEvent
from cohorts.transferring import transfer
from curriculum.models import VerificationMethod
from mentoring.booking import open_slots
from mentoring.calendars import read_calendars
from mentoring.feeds import read_feed
from mentoring.models import AvailabilityWindow, Mentor, OneOnOne
from mentoring.open_time import who_has_open_time
from notifications.kinds import KINDS
from notifications.models import Message
from organizations.scope import scope
from tests.assessments.conftest import SUBMITTED, School, hand_in, judge
from tests.conftest import Cast, member
from tests.organizations.rows import row_of

#: A Monday, 10:00 in Amsterdam.
START = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
PLANNED = SUBMITTED + DAY
AFTER = START + HOUR
FOUND = Findings(
    marks={"story": Mark(3), "depth": Mark(2, "Why **that** model?"), "answers": Mark(4)},
    questions=[Asked("What if it is empty?", "partly", "It stops.")],
    summary="Sound.",
)


@contextmanager
def refused(code: str) -> Iterator[None]:
    with pytest.raises(AssessmentError) as refusal:
        yield
    assert refusal.value.code == code


@pytest.fixture
def accepted(school: School) -> Submission:
    submission = hand_in(school)
    judge(submission, school)
    return submission


def plan(submission: Submission, cast: Cast, **changes: Any) -> Presentation:
    """By Ilse, before Joris, who chairs, and Ada."""
    given: dict[str, Any] = {
        "submission": submission, "start": START, "minutes": 45, "place": "Room 2.04", "panel": [cast.ada],
        "chair": cast.joris, "by": cast.ilse, "at": PLANNED,
    }  # fmt: skip
    return schedule(**given | changes)


def moved(presentation: Presentation, cast: Cast, **changes: Any) -> Presentation:
    given: dict[str, Any] = {
        "start": START + DAY, "minutes": 30, "place": "Room 3", "panel": [], "chair": cast.joris, "note": "",
        "reason": "The room is taken.", "by": cast.ilse, "at": PLANNED, "sequence": presentation.sequence,
    }  # fmt: skip
    return change(presentation=presentation, **given | changes)


def scored(presentation: Presentation, *people: Membership, at: datetime = AFTER) -> None:
    for person in people:
        hand_in_scores(presentation=presentation, findings=FOUND, by=person, at=at)


def mails(presentation: Presentation) -> list[tuple[str, str]]:
    rows = Message.objects.filter(subject_id=presentation.pk).order_by("kind", "recipient__name", "pk")
    return [(row.kind.removeprefix("presentation_"), row.recipient.name.split()[0]) for row in rows]


class TestPlanning:
    def test_everybody_has_a_seat_and_an_invitation(self, accepted: Submission, lantaarn: Cast) -> None:
        first = default_rubric()
        made = plan(accepted, lantaarn, note="Ten minutes.")
        assert [(seat.member.name.split()[0], seat.role) for seat in made.panel] == [
            ("Joris", "chair"), ("Ada", "panel"),
        ]  # fmt: skip
        assert (made.rubric.title, made.rubric.version, default_rubric()) == ("Presentation", 1, first)
        assert RubricChoice.objects.get().kind == "presentation"
        assert [(event.kind, event.recorded_by) for event in made.events.all()] == [("scheduled", lantaarn.ilse)]
        assert mails(made) == [("scheduled", name) for name in ("Ada", "Amira", "Joris")]
        message = Message.objects.get(subject_id=made.pk, recipient=lantaarn.amira.user)
        kind = KINDS[message.kind]
        assert kind.invitation is not None
        method, text = kind.invitation(message, PLANNED)
        (event,) = Calendar.from_ical(text).walk("VEVENT")
        assert (method, event["SEQUENCE"], event.decoded("DTSTART"), str(event["SUMMARY"]), str(event["LOCATION"])) == (
            "REQUEST", 0, START, "Your presentation of File organizer", "Room 2.04",
        )  # fmt: skip
        assert plan(hand_in_again(accepted, lantaarn), lantaarn, start=START + DAY).rubric == made.rubric

    @pytest.mark.parametrize(
        ("code", "changes"),
        [
            ("time_passed", {"start": PLANNED}),
            ("time_too_far", {"start": datetime(9999, 12, 31, tzinfo=UTC)}),
            ("minutes", {"minutes": 241}),
            ("place_missing", {"place": " "}),
        ],
    )
    def test_what_cannot_be_is_refused(
        self, accepted: Submission, lantaarn: Cast, code: str, changes: dict[str, Any]
    ) -> None:
        with refused(code):
            plan(accepted, lantaarn, **changes)
        assert not Presentation.objects.exists()

    def test_who_may_plan_and_who_may_sit(self, school: School, accepted: Submission) -> None:
        cast = school.cast
        mentors = [member(f"Mentor {n}", f"mentor{n}@lantaarn.example", Role.MENTOR) for n in range(5)]
        with refused("panel_size"):
            plan(accepted, cast, panel=mentors)
        for outsider in (cast.amira, cast.daan):
            with refused("panel_member"):
                plan(accepted, cast, panel=[outsider])
        for stranger in (mentors[0], cast.daan, cast.amira):
            with refused("not_yours"):
                plan(accepted, cast, by=stranger)
        with refused("no_capstone"):
            plan(hand_in(school, project=school.practice), cast)
        assert plan(accepted, cast, by=cast.joris, panel=mentors[:4]).seats.count() == 6
        with refused("presentation_open"):
            plan(accepted, cast, start=START + DAY)

    def test_nobody_is_in_two_at_once(self, school: School, accepted: Submission) -> None:
        cast = school.cast
        made = plan(accepted, cast)
        other = hand_in(school, enrollment=school.daan)
        with refused("clash"):
            plan(other, cast, start=START + timedelta(minutes=44), panel=[])
        assert not mails(made)[3:]
        with pytest.raises(AssessmentError, match="Not free at that time: Ada"):
            plan(other, cast, chair=cast.ada, panel=[cast.ilse])
        # One after the other, or once the first is off.
        plan(other, cast, start=made.ends_at, panel=[])
        cancel(presentation=made, reason="Ill.", by=cast.joris, at=PLANNED)
        assert plan(accepted, cast, start=START).pk != made.pk

    def test_the_database_sees_what_another_organization_holds(self, cohort_of_two: School) -> None:
        cast = cohort_of_two.cast
        with scope(cast.elsewhere.pk):
            made = row_of(Presentation)
            PresentationSeat.objects.create(
                presentation=made, member=row_of(Membership), person=cast.ada.user, role="chair",
                during=(START, START + HOUR),
            )  # fmt: skip
        with scope(cast.organization.pk):
            submission = hand_in(cohort_of_two)
            with pytest.raises(AssessmentError, match="One of them is in another presentation"):
                plan(submission, cast)
            assert not Presentation.objects.exists()

    def test_presentations_and_one_on_ones_keep_out_of_each_others_way(
        self, school: School, accepted: Submission
    ) -> None:
        cast = school.cast
        mentor = Mentor.objects.create(membership=cast.joris, time_zone="Europe/Amsterdam")
        AvailabilityWindow.objects.create(mentor=mentor, weekday=0, start_minute=600, end_minute=735)
        met = OneOnOne.objects.create(
            mentor=mentor, enrollment=school.amira, mentor_person=cast.joris.user, learner_person=cast.amira.user,
            during=(START, START + timedelta(minutes=45)),
        )  # fmt: skip
        with pytest.raises(AssessmentError, match="Joris"):
            plan(accepted, cast)
        met.delete()
        asked: dict[str, Any] = {
            "mentor": mentor, "enrollment": school.amira, "start": START - HOUR, "end": START + DAY, "now": PLANNED,
        }  # fmt: skip
        assert open_slots(**asked) == [START + n * timedelta(minutes=45) for n in range(3)]
        plan(accepted, cast)
        free = [START + n * timedelta(minutes=45) for n in (1, 2)]
        assert open_slots(**asked) == free
        span, pair = {"start": START - HOUR, "end": START + DAY}, (cast.joris.pk, school.amira)
        (calendar,) = read_calendars([pair], **span).values()
        assert calendar.free(**span, now=PLANNED) == free
        assert who_has_open_time([cast.joris.pk], now=PLANNED, until=START + 2 * HOUR) == {cast.joris.pk}
        assert who_has_open_time([cast.joris.pk], now=PLANNED, until=START + timedelta(minutes=45)) == set()


def hand_in_again(submission: Submission, cast: Cast) -> Submission:
    """Another attempt at the same project, as if the first had not passed."""
    return Submission.objects.create(
        enrollment=submission.enrollment, project=submission.project, attempt=2, submitted_at=PLANNED
    )


class TestChanging:
    def test_everybody_hears_of_another_time_and_panel(self, accepted: Submission, lantaarn: Cast) -> None:
        made = plan(accepted, lantaarn)
        with refused("reason_missing"):
            moved(made, lantaarn, reason=" ")
        now = moved(made, lantaarn)
        assert (now.starts_at, now.minutes, now.place, now.sequence) == (START + DAY, 30, "Room 3", 1)
        assert [seat.member for seat in now.panel] == [lantaarn.joris]
        assert PresentationSeat.objects.filter(during=now.during).count() == 2
        assert mails(made)[:3] == [("changed", "Amira"), ("changed", "Joris"), ("panel_left", "Ada")]
        stale = Message.objects.filter(kind="presentation_scheduled", subject_id=made.pk)[0]
        assert KINDS[stale.kind].reason_untrue(stale, PLANNED) == "The presentation was changed."
        left = Message.objects.get(kind="presentation_panel_left")
        part = KINDS[left.kind].invitation
        assert part is not None
        assert part(left, PLANNED)[0] == "CANCEL"
        with refused("changed"):
            moved(made, lantaarn, sequence=0)
        with refused("not_yours"):
            moved(now, lantaarn, by=lantaarn.amira)

    def test_called_off_or_not_come(self, accepted: Submission, lantaarn: Cast) -> None:
        made = plan(accepted, lantaarn)
        with refused("not_begun"):
            record_no_show(presentation=made, by=lantaarn.joris, at=PLANNED)
        record_no_show(presentation=made, by=lantaarn.ada, at=AFTER)
        with refused("settled"):
            cancel(presentation=made, reason="Ill.", by=lantaarn.ilse, at=AFTER)
        with refused("not_held"):
            hand_in_scores(presentation=made, findings=FOUND, by=lantaarn.joris, at=AFTER)
        again = plan(accepted, lantaarn, start=START + DAY, at=AFTER)
        cancel(presentation=again, reason="Ill.", by=lantaarn.ilse, at=AFTER)
        kinds = PresentationEvent.objects.order_by("recorded_at", "pk").values_list("kind", "reason")
        assert list(kinds) == [("scheduled", ""), ("no_show", ""), ("scheduled", ""), ("cancelled", "Ill.")]
        assert [row.standing(at=AFTER) for row in Presentation.objects.order_by("during")] == ["no_show", "cancelled"]

    def test_a_reminder_a_day_before_unless_it_moved(self, accepted: Submission, lantaarn: Cast) -> None:
        made = plan(accepted, lantaarn)
        assert [queue_reminders(START - 25 * HOUR), queue_reminders(START - 23 * HOUR)] == [0, 3]
        assert queue_reminders(START - 22 * HOUR) == 0
        message = Message.objects.filter(kind="presentation_reminder")[0]
        assert KINDS[message.kind].reason_untrue(message, START - 22 * HOUR) == ""
        moved(made, lantaarn, at=START - 22 * HOUR)
        assert KINDS[message.kind].reason_untrue(message, START - 22 * HOUR) == "The presentation was changed."

    def test_it_stands_in_the_calendars_of_all(self, cohort_of_two: School) -> None:
        cast = cohort_of_two.cast
        with scope(cast.organization.pk):
            plan(hand_in(cohort_of_two), cast)
        for person, words in (
            (cast.amira, "Your presentation of File organizer"),
            (cast.ada, "Amira Haddad presents File organizer"),
        ):
            feed = read_feed(user=person.user, now=PLANNED)
            assert [str(event["SUMMARY"]) for event in Calendar.from_ical(feed).walk("VEVENT")] == [words]


class TestScoring:
    def test_each_scores_alone_and_the_chair_decides(self, accepted: Submission, lantaarn: Cast) -> None:
        cast, made = lantaarn, plan(accepted, lantaarn)
        with refused("not_begun"):
            save_scores(presentation=made, findings=FOUND, by=cast.joris, at=PLANNED)
        for outsider in (cast.ilse, cast.amira):
            with refused("not_on_panel"):
                save_scores(presentation=made, findings=FOUND, by=outsider, at=AFTER)
        save_scores(presentation=made, findings=Findings(marks={"story": Mark(1)}), by=cast.joris, at=AFTER)
        with pytest.raises(ReviewIncomplete) as incomplete:
            hand_in_scores(presentation=made, findings=Findings(marks={"story": Mark(1)}), by=cast.joris, at=AFTER)
        assert [gap.field for gap in incomplete.value.gaps] == ["comment_story", "score_depth", "score_answers"]
        assert list(waiting_for(cast.ada, at=AFTER)) == list(waiting_for(cast.joris, at=AFTER)) == [made]

        scored(made, cast.ada)
        with refused("handed_in"):
            save_scores(presentation=made, findings=FOUND, by=cast.ada, at=AFTER)
        made.refresh_from_db()
        cast_of = (cast.ilse, cast.ada, cast.joris, cast.amira, cast.daan)
        readers = {person.name.split()[0]: may_read(made, person) for person in cast_of}
        assert readers == {"Ilse": True, "Ada": True, "Joris": False, "Amira": False, "Daan": False}
        with refused("scores_missing"):
            decide(presentation=made, outcome="pass", summary="", by=cast.joris, at=AFTER)
        scored(made, cast.joris)
        # The chair has scored too: it waits for them to decide, and for nobody else.
        assert [list(waiting_for(person, at=AFTER)) for person in (cast.joris, cast.ada)] == [[made], []]
        with refused("not_the_chair"):
            decide(presentation=made, outcome="pass", summary="", by=cast.ada, at=AFTER)
        with refused("summary_needed"):
            decide(presentation=made, outcome="repeat", summary=" ", by=cast.joris, at=AFTER)
        decided = decide(presentation=made, outcome="pass", summary="Well told.", by=cast.joris, at=AFTER)
        assert (decided.standing(at=AFTER), decided.decided_at) == ("passed", AFTER)
        assert may_read(decided, cast.amira)
        assert mails(made)[0] == ("decided", "Amira")
        assert list(made.events.order_by("recorded_at", "pk").values_list("kind", flat=True)) == [
            "scheduled", "held", "passed",
        ]  # fmt: skip
        review = PanelReview.objects.get(member=cast.joris)
        assert list(review.scores.order_by("criterion__position").values_list("value", "comment")) == [
            (3, ""), (2, "Why **that** model?"), (4, ""),
        ]  # fmt: skip
        assert list(review.questions.values_list("question", "answered", "answer")) == [
            ("What if it is empty?", "partly", "It stops."),
        ]  # fmt: skip
        with refused("decided"):
            decide(presentation=made, outcome="repeat", summary="No.", by=cast.joris, at=AFTER)
        assert not waiting_for(cast.joris, at=AFTER).exists()

    def test_after_some_days_the_scores_there_are_will_do(self, accepted: Submission, lantaarn: Cast) -> None:
        made = plan(accepted, lantaarn)
        late = made.ends_at + WAITS
        with refused("scores_missing"):
            decide(presentation=made, outcome="pass", summary="", by=lantaarn.ilse, at=late)
        scored(made, lantaarn.ada)
        with refused("not_the_chair"):
            decide(presentation=made, outcome="pass", summary="", by=lantaarn.ilse, at=late - HOUR)
        other = plan(hand_in_again(accepted, lantaarn), lantaarn, start=START + DAY)
        scored(other, lantaarn.joris, at=START + 2 * DAY)
        assert [list(waiting_for(lantaarn.joris, at=at)) for at in (START + 2 * DAY, other.ends_at + WAITS)] == [
            [made], [made, other],
        ]  # fmt: skip
        with refused("scores_missing"):
            decide(presentation=made, outcome="pass", summary="", by=lantaarn.joris, at=late)
        assert decide(presentation=made, outcome="pass", summary="", by=lantaarn.ilse, at=late).outcome == "pass"


class TestGate:
    """The curriculum names presentations, and the organization asks for them in cohorts from a day on."""

    def requirement(self, school: School) -> tuple[bool, str] | None:
        report = evaluate(school.amira, school.levels[0], on=AFTER.date() + DAY)
        found: list[Requirement] = [row for row in report.requirements if row.key.startswith("presentation")]
        return (found[0].met, found[0].detail) if found else None

    @pytest.fixture
    def asking(self, school: School) -> School:
        VerificationMethod.objects.create(
            version=school.cohort.version, position=1, title="Presentation", text="Defend capstone projects"
        )
        # As it stands for cohorts that start after it was chosen; this one started before, so that it is written here.
        PresentationPolicy.objects.create(asked_from=school.cohort.starts_on, only_final=False)
        return school

    def test_asks_nothing_unless_both_ask(self, school: School, accepted: Submission) -> None:
        assert (self.requirement(school), list(to_schedule())) == (None, [])
        PresentationPolicy.objects.create(asked_from=school.cohort.starts_on, only_final=False)
        assert (self.requirement(school), list(to_schedule())) == (None, [])
        VerificationMethod.objects.create(
            version=school.cohort.version, position=1, title="Eindpresentatie", text="Voor een panel"
        )
        assert self.requirement(school) == (False, "A presentation has to be planned")
        assert list(to_schedule()) == list(to_schedule(school.cast.joris)) == [accepted]
        PresentationPolicy.objects.create(asked_from=school.cohort.starts_on, only_final=True)
        assert (self.requirement(school), list(to_schedule())) == (None, [])
        PresentationPolicy.objects.create(asked_from=school.cohort.starts_on + DAY, only_final=False)
        assert (self.requirement(school), list(to_schedule())) == (None, [])

    def test_says_what_is_needed_until_one_passed(self, asking: School, accepted: Submission) -> None:
        cast = asking.cast
        (work,) = waiting_for_staff(cast.ilse, at=PLANNED).presentations
        assert (work.subject, work.is_planned, work.project) == (accepted.pk, False, "File organizer")
        made = plan(accepted, cast, panel=[])
        assert self.requirement(asking) == (False, "Planned on 30 November 2026")
        assert waiting_for_staff(cast.ilse, at=PLANNED).presentations == []
        scored(made, cast.joris)
        assert self.requirement(asking) == (False, "Presented on 30 November 2026; the panel decides")
        (row,) = waiting_for_staff(cast.ilse, Cohort.objects.all(), at=AFTER).presentations
        assert (row.subject, row.is_planned, row.learner) == (made.pk, True, "Amira Haddad")
        decide(presentation=made, outcome="repeat", summary="Shorter.", by=cast.joris, at=AFTER)
        needed = "To be repeated after 30 November 2026; another presentation has to be planned"
        assert self.requirement(asking) == (False, needed)
        assert list(to_schedule()) == [accepted]
        again = plan(accepted, cast, start=AFTER + HOUR, panel=[], at=AFTER)
        scored(again, cast.joris, at=AFTER + 2 * HOUR)
        decide(presentation=again, outcome="pass", summary="", by=cast.joris, at=AFTER + 2 * HOUR)
        assert self.requirement(asking) == (True, "Presented on 30 November 2026 and passed")
        assert Presentation.objects.count() == 2

    def test_is_met_by_credit(self, asking: School) -> None:
        ProgressEvent.objects.create(
            enrollment=asking.amira, project=asking.capstone, kind="credited", evidence="Seen", hours=30,
            effective_on=SUBMITTED.date(), recorded_by=asking.cast.ilse,
        )  # fmt: skip
        assert self.requirement(asking) == (True, "Credited without a presentation")

    def test_day_to_choose_lies_ahead(self, school: School) -> None:
        today, ada = SUBMITTED.date(), school.cast.ada
        with refused("policy_in_the_past"):
            ask_from(day=today, only_final=True, by=ada, today=today)
        ask_from(day=today + DAY, only_final=False, by=ada, today=today)
        later = today + 10 * DAY
        with refused("policy_in_the_past"):
            ask_from(day=today + 2 * DAY, only_final=False, by=ada, today=later)
        # Fewer projects may be asked of cohorts that run, and more may not.
        ask_from(day=today + DAY, only_final=True, by=ada, today=later)
        with refused("policy_in_the_past"):
            ask_from(day=today + DAY, only_final=False, by=ada, today=later)


def test_presentations_go_along_with_a_transfer(school: School, accepted: Submission) -> None:
    made = plan(accepted, school.cast)
    other = Cohort.objects.create(
        slug="next", name="Next", version=school.cohort.version, format="blended", status=Cohort.Status.RUNNING,
        hours_per_week=30, first_level=1, last_level=2, starts_on=school.cohort.starts_on,
        census_on=school.cohort.census_on, time_zone="Europe/Amsterdam",
    )  # fmt: skip
    went = transfer(enrollment=school.amira, cohort=other, by=school.cast.ilse, effective_on=PLANNED.date(), at=PLANNED)
    made.refresh_from_db()
    assert Presentation.objects.get(submission__enrollment=went) == made
    assert Enrollment.objects.get(pk=school.amira.pk).status == Enrollment.Status.TRANSFERRED
