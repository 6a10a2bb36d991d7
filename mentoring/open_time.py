"""Which mentors have a free time, asked of many at once."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Q

from cohorts.engagements import EpochSeconds
from cohorts.models import Break
from mentoring.availability import BookingSpan, free_starts
from mentoring.calendars import elsewhere, rules_of, span_on_clock
from mentoring.models import Mentor, OneOnOne

#: Caps count whole weeks, and buffers reach out of the span.
AROUND = timedelta(days=9)


def who_has_open_time(members: Iterable[UUID], *, now: datetime, until: datetime) -> set[UUID]:
    """Those of the members whose calendar has a free time for somebody before `until`. Three queries.

    Breaks of the organization count, those of one cohort do not.
    """
    mentors = list(Mentor.objects.with_offer(since=now - AROUND).filter(membership__in=list(members)))
    bookings = _bookings(mentors, DateTimeTZRange(now - AROUND, until + AROUND))
    breaks = list(
        Break.objects.filter(cohort=None, ends_on__gte=now.date(), starts_on__lte=until.date() + AROUND).values_list(
            "starts_on", "ends_on"
        )
    )
    found = set()
    for mentor in mentors:
        offer: Any = mentor
        off = [(row["start"], row["end"]) for row in offer.off]
        rules = rules_of(mentor)
        off += [span_on_clock(rules, first, last) for first, last in breaks]
        taken = bookings[mentor.membership.user_id]
        if free_starts(rules, start=now, end=until, now=now, mentor_bookings=taken, time_off=off):
            found.add(mentor.membership_id)
    return found


def _bookings(mentors: list[Mentor], during: DateTimeTZRange) -> dict[UUID, list[BookingSpan]]:
    """What takes each person's time, as mentor, as learner or otherwise."""
    people = {mentor.membership.user_id for mentor in mentors}
    rows: Any = (
        OneOnOne.objects.standing()
        .filter(Q(mentor_person__in=people) | Q(learner_person__in=people), during__overlap=during)
        .values_list(
            "mentor_person",
            "learner_person",
            EpochSeconds("during__startswith", function="floor"),
            EpochSeconds("during__endswith", function="ceil"),
            "buffer_before",
            "buffer_after",
        )
    )
    columns = ("engaged", "again", "first", "last", "before", "after")
    found: dict[UUID, list[BookingSpan]] = defaultdict(list)
    for mentor, learner, *span in rows.union(*elsewhere(people, during, columns), all=True):
        first, last, before, after = span
        found[mentor].append((first, last, before, after))
        found[learner].append((first, last, 0, 0))
    return found
