"""How the demonstration's running cohorts come together: groups, pairs, attendance of the last weeks, stand-ups."""

import random
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta

from accounts.models import Membership
from cohorts.arranging import proposed_places
from cohorts.balance import traits_of
from cohorts.gatherings import Days, Occurrence, gatherings_of, plan_gathering
from cohorts.groups import grouping_of, place_learners
from cohorts.models import (
    AttendanceMark,
    Cohort,
    Enrollment,
    Gathering,
    GatheringDay,
    PairRound,
    StandUpSwitch,
    WrittenStandUp,
)
from cohorts.pairs import make_round, plan_round
from cohorts.presence import ActiveDays
from cohorts.progress import monday_of
from curriculum.models import Format
from home.demonstration.records import at_noon
from home.demonstration.story import SEED, SILENT
from organizations.models import TenantModel

#: How far back attendance goes, and how long the pairs have been changing.
WEEKS, ROUNDS = 12, 3
LEAST_TOGETHER = 6
#: Out of a hundred marks.
MARKS = (("present", 85), ("late", 7), ("absent", 5), ("excused", 3))
DID = (
    "Finished the exercises on gradients.",
    "Read two chapters and took notes.",
    "Wrote tests for the tokenizer.",
    "Reviewed the pull request of my partner.",
    "Cleaned the dataset and plotted what is missing.",
)
WILL = (
    "Start with the next topic.",
    "Train the baseline and write down its score.",
    "Ask for a review of my capstone.",
    "Refactor the pipeline into functions.",
    "Prepare questions for my 1-on-1.",
)
BLOCKED = ("The GPU queue is full until tonight.", "I do not understand why my loss stays flat.")


def come_together(cohort: Cohort, *, mentors: Sequence[Membership], by: Membership, now: datetime, until: date) -> None:
    """Groups, rounds and a weekly lesson for a blended cohort that runs; a bootcamp has its daily stand-ups already."""
    people = list(Enrollment.objects.filter(cohort=cohort, status=Enrollment.Status.ACTIVE))
    if cohort.status != Cohort.Status.RUNNING or len(people) < LEAST_TOGETHER or cohort.format == Format.SELF_PACED:
        return
    if cohort.format == Format.BLENDED:
        _group(cohort, by=by, now=now, until=until)
        _pair(cohort, by=by, until=until)
        plan_gathering(
            cohort=cohort,
            kind=Gathering.Kind.LESSON,
            title="Weekly lesson",
            weekdays=[now.weekday()],
            first_day=max(cohort.starts_on, until - timedelta(weeks=WEEKS)),
            starts=time(13),
            minutes=90,
            place="Room 2.04",
            led_by=mentors[0],
            by=by,
        )
        first = until - timedelta(days=9)
        StandUpSwitch.objects.create(cohort=cohort, is_on=True, effective_on=first, recorded_by=by)
        WrittenStandUp.objects.bulk_create(_stand_ups(cohort, people, first, until))
    else:
        Gathering.objects.filter(cohort=cohort).update(led_by=mentors[0])
    everybody = list(Enrollment.objects.filter(cohort=cohort))
    for rows in _attendance(cohort, everybody, by=mentors[0], until=until):
        type(rows[0])._default_manager.bulk_create(rows)


def _group(cohort: Cohort, *, by: Membership, now: datetime, until: date) -> None:
    since = until - timedelta(days=40)
    people = grouping_of(cohort, on=max(since, cohort.starts_on)).people
    if len(people) >= LEAST_TOGETHER:
        places = proposed_places(traits_of(people, at=now), size=4)
        place_learners(cohort=cohort, places=places, on=max(since, cohort.starts_on), by=by)


def _pair(cohort: Cohort, *, by: Membership, until: date) -> None:
    monday = monday_of(until)
    for back in range(ROUNDS - 1, -1, -1):
        starts_on = monday - timedelta(weeks=back)
        plan = plan_round(
            cohort=cohort, within=PairRound.Within.COHORT, odd=PairRound.Odd.TRIPLE, starts_on=starts_on, weeks=1
        )
        made_at = at_noon(starts_on - timedelta(days=1))
        make_round(
            cohort=cohort, within=plan.within, odd=plan.odd, starts_on=starts_on, weeks=1, agreed=plan.digest, by=by,
            at=made_at,
        )  # fmt: skip


def _attendance(
    cohort: Cohort, people: Sequence[Enrollment], *, by: Membership, until: date
) -> Iterator[Sequence[TenantModel]]:
    """The days, then the marks. One day in fifteen nobody took it; who fell silent did not come."""
    dice = random.Random(f"{SEED} {cohort.name} attendance")
    held: list[tuple[Occurrence, GatheringDay]] = [
        (one, GatheringDay(gathering=one.gathering, day=one.day))
        for one in Days(gatherings_of(cohort)).between(until - timedelta(weeks=WEEKS), until)
        if dice.random() > 1 / 15
    ]
    active = ActiveDays(one.pk for one in people)
    silent = set(Membership.objects.filter(name=SILENT).values_list("pk", flat=True))
    words, weights = [word for word, _weight in MARKS], [weight for _word, weight in MARKS]
    marks = []
    for one, row in held:
        for enrollment in people:
            [status] = dice.choices(words, weights)
            if enrollment.learner_id in silent and until - one.day < timedelta(days=16):
                status = "absent"
            if active.has(enrollment.pk, one.day):
                at = one.starts_at + timedelta(minutes=8)
                marks.append(
                    AttendanceMark(held=row, enrollment=enrollment, status=status, recorded_by=by, recorded_at=at)
                )
    if held:
        yield [row for _one, row in held]
    if marks:
        yield marks


def _stand_ups(cohort: Cohort, people: Sequence[Enrollment], first: date, until: date) -> Iterator[WrittenStandUp]:
    dice = random.Random(f"{SEED} {cohort.name} stand-ups")
    silent = set(Membership.objects.filter(name=SILENT).values_list("pk", flat=True))
    days = Days([Gathering(cohort=cohort)])
    for number in range((until - first).days + 1):
        day = first + timedelta(days=number)
        for enrollment in people:
            writes, blocked = dice.random() < 0.8, dice.random() < 0.06
            did, will, by_what = dice.choice(DID), dice.choice(WILL), dice.choice(BLOCKED)
            if day.weekday() > 4 or days.is_off(cohort.pk, day) or not writes or enrollment.learner_id in silent:
                continue
            at = at_noon(day)
            yield WrittenStandUp(
                enrollment=enrollment, day=day, yesterday=did, today=will, blocked_by=by_what if blocked else "",
                written_at=at, changed_at=at,
            )  # fmt: skip
