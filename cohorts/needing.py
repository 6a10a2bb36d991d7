"""Who needs a person, across cohorts: read from the flags that are kept, the most reasons first."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import Count, Min, QuerySet, Subquery, Window

from accounts.models import Membership
from cohorts.flags import reason_of
from cohorts.models import Cohort, Enrollment, Flag
from cohorts.next_action import NextAction, next_action
from cohorts.risk import KINDS, Reason, in_order
from cohorts.team import run_by
from organizations.asking import total_of
from organizations.prepared import Prepared, among

PAGE_SIZE = 10
PAGE_NUMBER = re.compile(r"[1-9][0-9]{0,5}")


@dataclass(frozen=True, kw_only=True)
class Needing:
    """A learner with what stands out, and what to do about it."""

    enrollment: Enrollment
    reasons: Sequence[Reason]
    action: NextAction | None


def cohorts_of(member: Membership, *, on: date) -> QuerySet[Cohort]:
    """Those that are not over, which they lead or of whose team they are on that day."""
    over = (Cohort.Status.COMPLETED, Cohort.Status.CANCELLED)
    return Cohort.objects.filter(run_by(member, on=on)).exclude(status__in=over)


def flagged(*, on: date, cohorts: "QuerySet[Cohort] | None" = None, snoozed: bool = False) -> QuerySet[Flag]:
    """The flags that count on the day, or those that rest; of everyone, or in those cohorts."""
    flags = Flag.objects.filter(key__in=KINDS)
    flags = flags.snoozed(on=on) if snoozed else flags.counting(on=on)
    return flags if cohorts is None else flags.filter(enrollment__cohort__in=cohorts)


def learners_in(flags: QuerySet[Flag]) -> Subquery:
    """How many learners these flags are about, to ask together with other questions; None for nobody."""
    return total_of(flags, Count("enrollment", distinct=True))


def page_of(flags: QuerySet[Flag], *, number: str | None) -> Page[UUID]:
    """Learners by how many of these flags they have, among equals the longest-standing, then who was enrolled
    first. One query, which counts them too; two more for a page that there is not."""
    ranked = (
        flags.values("enrollment")
        .annotate(reasons=Count("pk"), first=Min("since"), in_all=Window(Count("*")))
        .order_by("-reasons", "first", "enrollment")
        .values_list("enrollment", "in_all")
    )
    before = PAGE_SIZE * (int(number) - 1) if number and PAGE_NUMBER.fullmatch(number) else 0
    rows = list(ranked[before : before + PAGE_SIZE])
    pages = Paginator(ranked.values_list("enrollment", flat=True), PAGE_SIZE)
    if rows or not before:
        pages.count = rows[0][1] if rows else 0
        page = pages.get_page(before // PAGE_SIZE + 1)
        page.object_list = [pk for pk, _in_all in rows]
        return page
    return pages.get_page(number)


def needing_of(enrollments: Sequence[UUID], *, on: date, slug: str) -> list[Needing]:
    """In the order given, with all that stands out about them. One query. `slug` is the organization's."""
    people: dict[UUID, Enrollment] = {}
    reasons: dict[UUID, list[Reason]] = {}
    for flag in _FLAGS.rows(enrollments=enrollments):
        people[flag.enrollment_id] = flag.enrollment
        reasons.setdefault(flag.enrollment_id, []).append(reason_of(flag, on=on))
    return [_needing(people[pk], in_order(reasons[pk]), on=on, slug=slug) for pk in enrollments if pk in people]


_FLAGS = Prepared(
    lambda enrollments: Flag.objects.filter(among("enrollment", enrollments), key__in=KINDS).select_related(
        "snooze__recorded_by", "enrollment__learner__user", "enrollment__cohort", "enrollment__mentor"
    )
)


def _needing(enrollment: Enrollment, reasons: Sequence[Reason], *, on: date, slug: str) -> Needing:
    action = next_action(enrollment, reasons, on=on, slug=slug)
    return Needing(enrollment=enrollment, reasons=reasons, action=action)
