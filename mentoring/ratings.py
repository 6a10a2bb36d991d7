"""What learners think of their 1-on-1s. Mentors and staff see averages of five learners or more, and never who."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import models, transaction
from django.utils.translation import gettext as _

from accounts.models import Membership
from mentoring.errors import MentoringError
from mentoring.models import OneOnOne
from mentoring.records import Rating
from organizations.prepared import Prepared, among

COMMENT_LENGTH = 2000
#: Fewer learners than this would be known by what they gave.
FEWEST = 5


@dataclass(frozen=True)
class Average:
    """The mean of `ratings` scores from 1 to 5."""

    mean: float
    ratings: int


def rating_of(one_on_one: OneOnOne) -> Rating | None:
    return Rating.objects.filter(one_on_one=one_on_one).first()


def rate(*, one_on_one: OneOnOne, score: int, comment: str, by: Membership, now: datetime) -> Rating:
    """Say what a 1-on-1 that was held was worth, from 1 to 5, or change that within 14 days.

    Raises MentoringError `not_yours`, `not_held`, `unknown_score`, `too_long` or `rating_closed`.
    """
    comment = comment.replace("\r\n", "\n").strip()
    if score not in range(1, 6):
        raise MentoringError("unknown_score", _("Choose a number from 1 to 5."))
    if len(comment) > COMMENT_LENGTH:
        raise MentoringError("too_long", _("Keep the comment under 2,000 characters."))
    with transaction.atomic():
        locked = OneOnOne.objects.with_people().select_for_update(no_key=True, of=("self",)).get(pk=one_on_one.pk)
        if locked.side_of(by) != "learner":
            raise MentoringError("not_yours", _("Only the learner rates a 1-on-1."))
        if locked.status != OneOnOne.Status.HELD:
            raise MentoringError("not_held", _("Only a 1-on-1 that was held can be rated. Confirm it first."))
        rating = rating_of(locked)
        if rating is None:
            return Rating.objects.create(one_on_one=locked, score=score, comment=comment, rated_at=now)
        if not rating.is_open(at=now):
            raise MentoringError("rating_closed", _("A rating can be changed for 14 days. This one stays as it is."))
        rating.score, rating.comment = score, comment
        rating.save(update_fields=["score", "comment"])
    return rating


def averages_of(mentors: Iterable[UUID]) -> dict[UUID, Average]:
    """Per membership of a mentor: the average of held 1-on-1s, as far as five learners or more gave one. One query.

    It counts by fives, in the order in which ratings came: from an average that changed with every rating, each of
    them could be worked out.
    """
    given: dict[UUID, list[tuple[UUID, int]]] = defaultdict(list)
    for mentor, learner, score in _SCORES.rows(mentors=list(mentors)):
        given[mentor].append((learner, score))
    found = {}
    for mentor, rows in given.items():
        counted = rows[: len(rows) - len(rows) % FEWEST]
        if len({learner for learner, _score in counted}) >= FEWEST:
            scores = [score for _learner, score in counted]
            found[mentor] = Average(mean=sum(scores) / len(scores), ratings=len(scores))
    return found


def comments_on(mentor: UUID) -> list[str]:
    """What learners wrote about 1-on-1s with that member, without a date and in no order that tells who; none before
    five learners wrote.
    """
    rows = list(_held([mentor]).exclude(comment="").values_list("one_on_one__enrollment__learner", "comment"))
    if len({learner for learner, _comment in rows}) < FEWEST:
        return []
    return sorted(comment for _learner, comment in rows)


def _held(mentors: Any) -> models.QuerySet[Rating]:
    return Rating.objects.filter(
        among("one_on_one__mentor__membership", mentors), one_on_one__status=OneOnOne.Status.HELD
    ).order_by("id")


_SCORES = Prepared(
    lambda mentors: _held(mentors).values_list(
        "one_on_one__mentor__membership", "one_on_one__enrollment__learner", "score"
    )
)
