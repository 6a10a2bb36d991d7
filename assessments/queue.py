"""The review queue of one person: what of it they want to see, and where an attempt stands in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.models import Membership
from assessments.models import Submission, SubmissionQuerySet
from assessments.reviewing import DAYS_TO_REVIEW
from assessments.working_days import add_working_days


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A part of the queue: one's own, of one cohort (by its address), of one level, overdue."""

    only_mine: bool = False
    cohort: str = ""
    level: int | None = None
    only_overdue: bool = False

    def of_group(self, submissions: SubmissionQuerySet) -> SubmissionQuerySet:
        """Those of the cohort and the level, whoever reviews them."""
        if self.cohort:
            submissions = submissions.filter(enrollment__cohort__slug=self.cohort)
        if self.level is not None:
            submissions = submissions.filter(project__level__number=self.level)
        return submissions


@dataclass(frozen=True, kw_only=True)
class Neighbors:
    """The attempts before and after one in a queue, and how many wait in it."""

    previous: UUID | None
    next: UUID | None
    waiting: int


def queue_of(reviewer: Membership, wanted: Wanted, *, at: datetime) -> SubmissionQuerySet:
    """What waits and this person may review, theirs first; overdue as of the day in the zone in force."""
    waiting = wanted.of_group(Submission.objects.for_queue(reviewer))
    if wanted.only_mine:
        waiting = waiting.of_own(reviewer)
    if wanted.only_overdue:
        waiting = waiting.handed_in_until(last_overdue_day(timezone.localdate(at)))
    return waiting


def last_overdue_day(today: date) -> date:
    """What was handed in on that day or before is overdue today."""
    day = today - timedelta(days=1)
    while add_working_days(day, DAYS_TO_REVIEW) >= today:
        day -= timedelta(days=1)
    return day


class Queue(Sequence[Submission]):
    """The rows of a queue, `with_claims`, for a paginator: found by id first, so that only a page of them is read."""

    def __init__(self, reviewer: Membership, wanted: Wanted, *, at: datetime) -> None:
        self.rows, self.reviewer, self.at = queue_of(reviewer, wanted, at=at), reviewer, at

    def __len__(self) -> int:
        return self.rows.count()

    def __getitem__(self, index: Any) -> Any:
        """A slice of them; two queries and one for the claims."""
        ids = list(self.rows.values_list("pk", flat=True)[index])
        return list(Submission.objects.for_queue(self.reviewer).filter(pk__in=ids).with_claims(at=self.at))


def neighbors_of(submission: Submission, reviewer: Membership) -> Neighbors:
    """In the whole queue of that person. One query, however long it is."""
    waiting = Submission.objects.for_queue(reviewer)
    is_mine = submission.assignee_id == reviewer.pk or submission.enrollment.mentor_id == reviewer.pk
    here = Q(submitted_at=submission.submitted_at)
    after = Q(is_mine=is_mine) & (Q(submitted_at__gt=submission.submitted_at) | here & Q(pk__gt=submission.pk))
    before = Q(is_mine=is_mine) & (Q(submitted_at__lt=submission.submitted_at) | here & Q(pk__lt=submission.pk))
    if is_mine:
        after |= Q(is_mine=False)
    else:
        before |= Q(is_mine=True)
    counted = waiting.order_by().values(all=Value(1)).annotate(number=Count("pk")).values("number")
    found = Submission.objects.filter(pk=submission.pk).values_list(
        Subquery(waiting.filter(before).reverse().values("pk")[:1]),
        Subquery(waiting.filter(after).values("pk")[:1]),
        Coalesce(Subquery(counted), 0),
    )
    previous, following, number = found[0]
    return Neighbors(previous=previous, next=following, waiting=number)
