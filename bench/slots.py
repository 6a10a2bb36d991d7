"""Free slots of 500 mentors against a numpy bitmap of five-minute steps, and the wait of a hundred for one slot.

The bitmap knows nothing but windows, bookings and time off, in UTC, for all mentors in one go: the least that any
answer has to look at. Both start from integers in memory; the query is not in it.
"""

import random
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any

import numpy as np
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import Membership, Role, User
from cohorts.models import Cohort, Enrollment
from mentoring.availability import BookingSpan, free_starts
from mentoring.availability_rules import AvailabilityRules, WeeklyWindow
from mentoring.booking import book, open_slots
from mentoring.errors import SlotTaken
from mentoring.models import Mentor, OneOnOne
from mentoring.spans import Span
from organizations.models import Organization
from organizations.scope import scope

MENTORS, DAYS, STEP, DURATION = 500, 28, 300, 2700
GOAL, ONE_MENTOR_MS, WORST_WAIT_MS = 3, 1.0, 1000
ROUNDS = 15
ZONES = ("Europe/Amsterdam", "Europe/London", "America/New_York", "America/Sao_Paulo", "Asia/Kathmandu", "Asia/Kolkata")
OFFSETS = (3600, 0, -18000, -10800, 20700, 19800)  # of ZONES at START, in seconds
START = datetime(2026, 11, 2, tzinfo=UTC)
ATTEMPTS, SLOTS, AT_ONCE = 100, 20, 20


def measure() -> None:
    _free_slots()
    _one_slot_for_a_hundred()


# -- free slots --------------------------------------------------------------------------------------------------------


class Offer:
    """What one mentor offers and has: as rules for us, as arrays of seconds since START for the bitmap."""

    def __init__(self, number: int) -> None:
        dice = random.Random(number)
        windows = [
            WeeklyWindow(weekday, start * 60, (start + length) * 60)
            for weekday in range(5)
            for start, length in ((9, 3), (13, dice.randint(2, 4)))
            if dice.random() < 0.7
        ]
        zone = number % len(ZONES)
        self.rules = AvailabilityRules(
            ZONES[zone], tuple(windows), (), duration=45, step=45, buffer_after=5, min_notice=24 * 60, max_days_ahead=60
        )
        since = int(START.timestamp())
        self.bookings: list[BookingSpan] = []
        for _booking in range(12):
            first = since + dice.randrange(DAYS * 86_400 // STEP) * STEP
            self.bookings.append((first, first + DURATION, 0, 5))
        away = since + dice.randrange(DAYS) * 86_400
        self.off: list[Span] = [(away, away + 2 * 86_400)]
        week = [((w.weekday * 1440 + w.start_minute) * 60, (w.weekday * 1440 + w.end_minute) * 60) for w in windows]
        monday = since - START.weekday() * 86_400 - OFFSETS[zone]
        self.spans = [
            (monday + 7 * n * 86_400 + a - since, monday + 7 * n * 86_400 + b - since)
            for n in range(-1, 6)
            for a, b in week
        ]
        held = [(first - DURATION - 300, last) for first, last, _before, _after in self.bookings]
        held += [(first - DURATION, last) for first, last in self.off]
        self.held = [(first - since, last - since) for first, last in held]


def _free_slots() -> None:
    offers = [Offer(number) for number in range(MENTORS)]
    end = START + timedelta(days=DAYS)
    ours = _times(lambda: [_ours(offer, end) for offer in offers])
    rows = np.array([(number, *span) for number, offer in enumerate(offers) for span in offer.spans])
    held = np.array([(number, *span) for number, offer in enumerate(offers) for span in offer.held])
    limit = _times(lambda: _bitmap(rows, held))
    ratio = statistics.median(a / b for a, b in zip(ours, limit, strict=True))
    found = sum(len(_ours(offer, end)) for offer in offers)
    verdict = "within" if ratio <= GOAL else "over"
    print(
        f"{'slots of 500 × 28 days':<28} {statistics.median(ours):7.1f} ms   "
        f"limit {statistics.median(limit):5.1f} ms   ×{ratio:.1f}   {verdict} the goal of ×{GOAL}   ({found} slots)"
    )
    one = statistics.median(_times(lambda: [_ours(offer, end) for offer in offers[:50]])) / 50
    verdict = "within" if one <= ONE_MENTOR_MS else "over"
    print(f"{'slots of one mentor':<28} {one:7.2f} ms   {verdict} the goal of {ONE_MENTOR_MS:g} ms, besides the query")


def _ours(offer: Offer, end: datetime) -> list[int]:
    return free_starts(offer.rules, start=START, end=end, now=START, mentor_bookings=offer.bookings, time_off=offer.off)


def _bitmap(opened: Any, held: Any) -> Any:
    """The steps since START at which a meeting may start, for all mentors; rows are (mentor, from, until)."""
    steps = DAYS * 86_400 // STEP
    is_open = _marked(opened[:, 0], -(-opened[:, 1] // STEP), (opened[:, 2] - DURATION) // STEP + 1, steps)
    is_held = _marked(held[:, 0], held[:, 1] // STEP + 1, -(-held[:, 2] // STEP), steps)
    return np.flatnonzero(is_open & ~is_held)


def _marked(mentors: Any, first: Any, last: Any, steps: int) -> Any:
    first, last = np.clip(first, 0, steps), np.clip(last, 0, steps)
    fits = last > first
    marks = np.zeros(MENTORS * (steps + 1), dtype=np.int16)
    np.add.at(marks, (mentors * (steps + 1) + first)[fits], 1)
    np.add.at(marks, (mentors * (steps + 1) + last)[fits], -1)
    return np.cumsum(marks, dtype=np.int16) > 0


def _times(work: Callable[[], object]) -> list[float]:
    """Milliseconds of processor time of each round, after one that warms up; other work hardly counts."""
    work()
    times = []
    for _round in range(ROUNDS):
        began = time.process_time()
        work()
        times.append(1000 * (time.process_time() - began))
    return times


# -- a hundred for one slot --------------------------------------------------------------------------------------------


def _one_slot_for_a_hundred() -> None:
    """The worst wait of a booking, from asking to the answer, over real connections; and that exactly one books."""
    call_command("migrate", verbosity=0)
    call_command("demonstrate")
    organization = Organization.objects.get(slug="lantaarn")
    with scope(organization.pk):
        mentor, learners = _a_pair_each(AT_ONCE)
        free = open_slots(
            mentor=mentor, enrollment=learners[0], start=timezone.now(), end=timezone.now() + timedelta(days=50),
            now=timezone.now(),
        )[:SLOTS]  # fmt: skip
    waits: list[float] = []
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for start in free:
            gate = Barrier(AT_ONCE)
            shares = [pool.submit(_try, organization, mentor, one, start, gate) for one in learners]
            outcomes = [outcome for share in shares for outcome in share.result()]
            waits += [wait for wait, _booked in outcomes]
            if sum(booked for _wait, booked in outcomes) != 1:
                sys.exit(f"{start} was booked {sum(booked for _wait, booked in outcomes)} times")
    waits.sort()
    worst, middle = waits[-1], waits[len(waits) // 2]
    verdict = "within" if worst <= WORST_WAIT_MS else "over"
    print(
        f"{'100 for one slot, 20 rounds':<28} {worst:7.1f} ms at worst   {middle:5.1f} ms in the middle   "
        f"{len(free)} booked once each   {verdict} the goal of {WORST_WAIT_MS} ms"
    )


def _try(
    organization: Organization, mentor: Mentor, enrollment: Enrollment, start: datetime, gate: Barrier
) -> list[tuple[float, bool]]:
    found = []
    try:
        gate.wait(timeout=60)
        for _attempt in range(ATTEMPTS // AT_ONCE):
            began, booked = time.perf_counter(), True
            try:
                with scope(organization.pk):
                    book(mentor=mentor, enrollment=enrollment, start=start, by=enrollment.learner, now=timezone.now())
            except SlotTaken:
                booked = False
            found.append((1000 * (time.perf_counter() - began), booked))
    finally:
        connection.close()
    return found


def _a_pair_each(number: int) -> tuple[Mentor, Sequence[Enrollment]]:
    """A new mentor with that many active learners; whatever earlier runs booked is gone."""
    with transaction.atomic():
        joris = Mentor.objects.select_related("membership__user").get(membership__user__email="joris@lantaarn.example")
        OneOnOne.objects.filter(mentor=joris, during__startswith__gt=timezone.now()).delete()
        cohort = Cohort.objects.filter(status=Cohort.Status.RUNNING).order_by("starts_on")[0]
        found = []
        for place in range(number):
            user, _made = User.objects.get_or_create(email=f"race{place}@lantaarn.example", defaults={"name": "Race"})
            learner, _made = Membership.objects.get_or_create(
                user=user, defaults={"name": f"Race {place}", "roles": [Role.LEARNER], "joined_at": timezone.now()}
            )
            enrollment, _made = Enrollment.objects.get_or_create(
                cohort=cohort, learner=learner,
                defaults={"version_id": cohort.version_id, "mentor": joris.membership, "status": "active",
                          "status_since": cohort.starts_on},
            )  # fmt: skip
            found.append(enrollment)
    return joris, found
