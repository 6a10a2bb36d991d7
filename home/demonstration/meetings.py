"""The 1-on-1s of the demonstration: monthly ones, those booked ahead, and graduates who came back to mentor."""

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from accounts.models import Membership, Role
from cohorts.pacing import Calendar
from home.demonstration.records import ZONE, Enrolled, at_noon
from home.demonstration.story import SEED
from mentoring.booking import open_slots
from mentoring.models import Mentor, OneOnOne
from mentoring.records import ActionItem, OutcomeEvent, Rating, SharedNotes
from mentoring.recurrence import days_of, start_on
from mentoring.series import clock_of
from mentoring.series_records import Series
from organizations.models import TenantModel

Status = OneOnOne.Status

MONTHS = 18
#: From nine, without lunch, in steps of 45 minutes.
STARTS = [time(9), time(9, 45), time(10, 30), time(11, 15), time(13), time(13, 45), time(14, 30), time(15, 15)]
LENGTH = timedelta(minutes=45)
#: How often one is skipped, the learner does not come, and the mentor does not.
SKIPPED, LEARNER_MISSES, MENTOR_MISSES = 0.02, 0.03, 0.01
AHEAD = 4
AHEAD_IN_SERIES, MINUTE = timedelta(days=58), timedelta(minutes=1)
#: Levels, topics, languages and places of the mentors in the story, in order.
EXPERTISE = (
    ((1, 2, 3), ("retrieval", "evaluation"), ("en", "nl"), 45),
    ((1, 2), ("statistics", "Python"), ("en",), 45),
    ((3, 4, 5), ("transformers", "fine-tuning"), ("en",), 40),
    ((1, 2, 3, 4, 5), ("MLOps", "cloud"), ("en", "nl"), 50),
    ((2, 3), ("deep learning",), ("en", "nl"), 40),
    ((4, 5), ("agents", "deployment"), ("en",), None),
)
#: Graduates of a year ago and longer, of whom some come back, in the evenings.
COME_BACK = 0.3
YEAR = timedelta(days=365)
EVENING = time(19)
#: How far back there are notes, and what they say with what to do next.
NOTED = timedelta(days=120)
TOPICS = (
    ("Went through the feedback on the last project. Tests first, then the rest.", "Write a test for the failing case"),
    ("Talked about planning: two long evenings work better than five short ones.", "Block two evenings a week"),
    ("Read the evaluation together. The held-out set was too small to say anything.", "Collect forty more examples"),
    ("Looked at the code of a classmate and what makes it easy to read.", "Split the longest function"),
    (
        "Prepared the demonstration: three slides, one live question.",
        "Practice the demonstration once with a classmate",
    ),
)
SCORES = (5, 5, 4, 4, 4, 3, 2)


def past_meetings(
    enrolled: Sequence[Enrolled], mentors: Sequence[Mentor], calendar: Calendar, until: date
) -> list[OneOnOne]:
    """A 1-on-1 a month for everyone active, one learner at a time; how each mentor's last went is not confirmed yet."""
    by_member: dict[UUID | None, Mentor] = {mentor.membership_id: mentor for mentor in mentors}
    latest: dict[UUID, OneOnOne] = {}
    found = []
    for back in range(MONTHS, -1, -1):
        months = until.year * 12 + until.month - 1 - back
        month = date(months // 12, months % 12 + 1, 1)
        starts = list(_starts(month, calendar))
        meeting_now = [row for row in enrolled if row.life.takes_part_on(month + timedelta(days=14))]
        learners = Counter(row.enrollment.mentor_id for row in meeting_now)
        taken = {mentor.pk: count() for mentor in mentors}
        for row in meeting_now:
            mentor = by_member[row.enrollment.mentor_id]
            # Spread over the month; each learner keeps about the same day of it.
            place = next(taken[mentor.pk]) * max(len(starts) // learners[mentor.membership_id], 1)
            fate = random.Random(f"{SEED} {row.enrollment.external_id} {back}").random()
            if place >= len(starts) or fate < SKIPPED or starts[place].date() > until:
                continue
            meeting = _meeting(row, mentor, starts[place], _outcome(fate - SKIPPED))
            found.append(meeting)
            if mentor.pk not in latest or latest[mentor.pk].starts_at < meeting.starts_at:
                latest[mentor.pk] = meeting
    for meeting in latest.values():
        meeting.status, meeting.settled_at, meeting.settled_by = Status.BOOKED, None, None
    return found


def book_ahead(enrolled: Sequence[Enrolled], mentors: Sequence[Mentor], *, first: Sequence[str], until: date) -> None:
    """Book a few 1-on-1s of each mentor in the coming two weeks; who is named `first` has one next week."""
    booked_at = at_noon(until - timedelta(days=1))
    today = until + timedelta(days=1)
    monday = today + timedelta(days=7 - today.weekday())
    for mentor in mentors:
        own = [row for row in enrolled if row.enrollment.mentor_id == mentor.membership_id]
        own = [row for row in own if row.life.status == "active" and row.life.weekly_hours]
        own.sort(key=lambda row: (row.enrollment.learner.name not in first, row.enrollment.external_id))
        for place, row in enumerate(own[:AHEAD]):
            start = at_noon(monday if row.enrollment.learner.name in first else today + timedelta(days=1 + 2 * place))
            free = open_slots(
                mentor=mentor, enrollment=row.enrollment, start=start, end=start + timedelta(days=5), now=booked_at
            )
            if free:
                chosen = random.Random(f"{SEED} {row.enrollment.external_id}").choice(free)
                meeting = _meeting(row, mentor, chosen, Status.BOOKED)
                meeting.created_at = meeting.scheduled_at = booked_at
                meeting.settled_at = meeting.settled_by = None
                if row.enrollment.learner.name in first:
                    _come_back(meeting, row, now=booked_at)
                meeting.save()


def expertise_of(number: int) -> dict[str, Any]:
    """What the mentor of that number in the story is good at, and how many learners they take."""
    levels, topics, languages, capacity = EXPERTISE[number % len(EXPERTISE)]
    return {"levels": list(levels), "topics": list(topics), "languages": list(languages), "capacity": capacity}


def _come_back(meeting: OneOnOne, row: Enrolled, *, now: datetime) -> None:
    """Let the 1-on-1 be the first of a series, and book those that the mentor's horizon reaches."""
    mentor = meeting.mentor
    first_day, minute = clock_of(mentor, meeting.starts_at)
    days = list(days_of(Series.Rhythm.FOUR_WEEKLY, first_day, through=now.date() + AHEAD_IN_SERIES))
    meeting.series_day = first_day
    meeting.series = Series.objects.create(
        mentor=mentor,
        enrollment=row.enrollment,
        rhythm=Series.Rhythm.FOUR_WEEKLY,
        first_day=first_day,
        minute=minute,
        planned_through=days[-1],
        started_by=row.enrollment.learner,
        started_at=now,
    )
    for day in days[1:]:
        start = start_on(day, minute, zone=mentor.time_zone)
        if start and open_slots(mentor=mentor, enrollment=row.enrollment, start=start, end=start + MINUTE, now=now):
            later = _meeting(row, mentor, start, Status.BOOKED)
            later.created_at = later.scheduled_at = now
            later.settled_at = later.settled_by = None
            later.series, later.series_day = meeting.series, day
            later.save()


def came_back(enrolled: Sequence[Enrolled], until: date) -> list[tuple[Enrolled, list[Enrolled]]]:
    """Graduates who mentor again, each with learners of a cohort that began after they graduated."""
    pairs = []
    for row in enrolled:
        graduated = row.life.graduated_on
        if graduated is None or graduated + YEAR > until:
            continue
        dice = random.Random(f"{SEED} back {row.enrollment.external_id}")
        later = [one for one in enrolled if graduated < one.enrollment.cohort.starts_on <= until]
        if later and dice.random() < COME_BACK:
            pairs.append((row, dice.sample(later, min(3, len(later)))))
    return pairs


def make_alumni_mentors(
    pairs: Sequence[tuple[Enrolled, Sequence[Enrolled]]], until: date
) -> Iterator[Mentor | OneOnOne]:
    """The graduates as mentors, and an evening 1-on-1 with each of their learners in the first months of these."""
    taken: set[tuple[UUID, date]] = set()
    for graduate, learners in pairs:
        mentor = Mentor(membership=graduate.enrollment.learner, time_zone=ZONE.key)
        yield mentor
        for row in learners:
            dice = random.Random(f"{SEED} evening {graduate.enrollment.external_id} {row.enrollment.external_id}")
            day = row.enrollment.cohort.starts_on + timedelta(days=dice.randint(20, 150))
            people = {(mentor.membership_id, day), (row.enrollment.learner_id, day)}
            if day <= until and row.life.takes_part_on(day) and not people & taken:
                taken |= people
                yield _meeting(row, mentor, datetime.combine(day, EVENING, ZONE), Status.HELD)


def give_role(pairs: Sequence[tuple[Enrolled, Sequence[Enrolled]]], until: date) -> None:
    """Those with learners who began in the last year mentor now; the others did once."""
    members = [
        graduate.enrollment.learner
        for graduate, learners in pairs
        if max(row.enrollment.cohort.starts_on for row in learners) > until - YEAR
    ]
    for member in members:
        member.roles = [Role.LEARNER, Role.MENTOR]
    Membership.objects.bulk_update(members, ["roles"])


def left_behind(meetings: Sequence[OneOnOne], until: date) -> Iterator[TenantModel]:
    """Who said how each went; and of the latest months notes, something to do, and a rating."""
    recent, settled = at_noon(until) - NOTED, at_noon(until) - timedelta(days=3)
    for meeting in meetings:
        if meeting.settled_at is None or meeting.settled_by is None:
            continue
        yield OutcomeEvent(
            one_on_one=meeting,
            outcome=meeting.status,
            recorded_by=meeting.settled_by,
            recorded_at=meeting.settled_at,
        )
        if meeting.status == Status.HELD and meeting.starts_at > recent:
            is_past = meeting.starts_at < settled
            yield from _remembered(meeting, meeting.settled_by, meeting.settled_at, is_past=is_past)


def _remembered(meeting: OneOnOne, mentor: Membership, at: datetime, *, is_past: bool) -> Iterator[TenantModel]:
    learner = meeting.enrollment.learner
    dice = random.Random(f"{SEED} notes {meeting.enrollment.external_id} {meeting.starts_at:%Y-%m}")
    topic, action = dice.choice(TOPICS)
    yield SharedNotes(one_on_one=meeting, text=topic, revision=1, written_by=mentor, written_at=at)
    done = dice.random() < 0.8 and is_past
    yield ActionItem(
        enrollment=meeting.enrollment,
        one_on_one=meeting,
        text=action,
        doer=ActionItem.Doer.LEARNER,
        due_on=meeting.starts_at.date() + timedelta(days=14),
        added_by=mentor,
        added_at=at,
        done_by=learner if done else None,
        done_at=at + timedelta(hours=dice.randint(1, 20)) if done else None,
    )
    if dice.random() < 0.7 and is_past:
        yield Rating(one_on_one=meeting, score=dice.choice(SCORES), comment="", rated_at=at)


def _outcome(fate: float) -> str:
    if fate < LEARNER_MISSES:
        return Status.LEARNER_NO_SHOW
    return Status.MENTOR_NO_SHOW if fate < LEARNER_MISSES + MENTOR_MISSES else Status.HELD


def _meeting(row: Enrolled, mentor: Mentor, start: datetime, status: str) -> OneOnOne:
    return OneOnOne(
        mentor=mentor,
        enrollment=row.enrollment,
        mentor_person_id=mentor.membership.user_id,
        learner_person_id=row.enrollment.learner.user_id,
        during=DateTimeTZRange(start, start + LENGTH),
        status=status,
        booked_by=row.enrollment.learner,
        created_at=start - timedelta(days=9),
        scheduled_at=start - timedelta(days=9),
        settled_at=start + LENGTH + timedelta(minutes=5),
        settled_by=mentor.membership,
    )


def _starts(month: date, calendar: Calendar) -> Iterator[datetime]:
    """The starts of the month on its working days outside breaks."""
    day = month
    while day.month == month.month:
        if day.weekday() < 5 and calendar.count(day) > calendar.count(day - timedelta(days=1)):
            for start in STARTS:
                yield datetime.combine(day, start, ZONE)
        day += timedelta(days=1)
