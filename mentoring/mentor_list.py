"""Mentors as staff see them in a list, and those who left with 1-on-1s still booked."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count
from django.utils.translation import gettext as _

from accounts.models import Membership
from mentoring.handing_over import needing_hand_over
from mentoring.matching import LANGUAGES
from mentoring.matchmaking import learners_of
from mentoring.models import Mentor, OneOnOne


@dataclass(frozen=True, kw_only=True)
class MentorRow:
    """A mentor with what they take and have; `booked` are 1-on-1s ahead."""

    member: Membership
    levels: str
    languages: str
    topics: str
    learners: int
    capacity: int | None
    booked: int

    @property
    def has_any(self) -> bool:
        """Whether there is something to hand over."""
        return bool(self.learners or self.booked)

    @property
    def is_full(self) -> bool:
        return self.capacity is not None and self.learners >= self.capacity


@dataclass(frozen=True, kw_only=True)
class Stranded:
    """Somebody who no longer mentors or may no longer enter, with 1-on-1s that are still booked with them."""

    pk: UUID
    name: str
    sessions: int
    first: datetime


def mentor_rows(members: Iterable[Membership], *, now: datetime) -> list[MentorRow]:
    """In the order given; three queries."""
    people = list(members)
    ids = [member.pk for member in people]
    mentors = {mentor.membership_id: mentor for mentor in Mentor.objects.filter(membership__in=ids)}
    load = learners_of(ids)
    ahead = OneOnOne.objects.booked().filter(mentor__membership__in=ids, during__startswith__gt=now)
    booked = dict(ahead.values_list("mentor__membership").annotate(number=Count("pk")))
    return [_row(member, mentors.get(member.pk), load, booked) for member in people]


def stranded(*, now: datetime) -> list[Stranded]:
    """By when the first of their 1-on-1s is. One query."""
    found: dict[UUID, Stranded] = {}
    for one in needing_hand_over(now=now):
        member = one.mentor.membership
        known = found.get(member.pk)
        found[member.pk] = Stranded(
            pk=member.pk,
            name=member.name,
            sessions=known.sessions + 1 if known else 1,
            first=known.first if known else one.starts_at,
        )
    return list(found.values())


def _row(member: Membership, mentor: Mentor | None, load: dict[UUID, int], booked: dict[UUID, int]) -> MentorRow:
    levels = [_("Level %(number)s") % {"number": number} for number in mentor.levels] if mentor else []
    return MentorRow(
        member=member,
        levels=", ".join(levels),
        languages=", ".join(str(LANGUAGES.get(code, code)) for code in mentor.languages) if mentor else "",
        topics=", ".join(mentor.topics) if mentor else "",
        learners=load.get(member.pk, 0),
        capacity=mentor.capacity if mentor else None,
        booked=booked.get(member.pk, 0),
    )
