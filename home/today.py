"""The staff's first page: who needs a person, what is due this week, what waits, what changed since yesterday."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import Count, F, QuerySet, Value, Window
from django.utils import timezone

from accounts.models import Membership
from assessments.benchmarks import STAYS
from assessments.for_staff import waiting_for_staff
from assessments.models import BenchmarkReport, Submission
from cohorts.models import Cohort, CreditRequest, Enrollment
from cohorts.needing import Needing, cohorts_of, flagged, learners_in, needing_of, page_of
from home.changes import Change, Changes, all_since, change_of, changes_since, sums_since
from home.due import DayDue, DuePage, days_due, due_page
from mentoring.matchmaking import without_mentor
from mentoring.models import OneOnOne
from organizations.asking import asked, count_of
from organizations.prepared import Prepared
from outcomes.alumni_network.mentor_offers import waiting_offers
from outcomes.collecting.verifying import to_verify

WAITING_SHOWN = 4
CHANGES_SHOWN = 50


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """The longest waiting of something, and how many wait in all."""

    rows: Sequence[Any]
    total: int


@dataclass(frozen=True, slots=True)
class Work:
    """What of whose waits since when: an attempt to review, a result on a benchmark to verify, or a 1-on-1 of which
    nobody said how it went; the `title` of that is its mentor's name.
    """

    pk: UUID
    title: str
    learner: str
    since: datetime


@dataclass(frozen=True, kw_only=True)
class Today:
    """Everything on the page. `mine` is how many cohorts the reader leads; of those alone when `is_mine`."""

    on: date
    mine: int
    is_mine: bool
    page: Page[UUID]
    needing: Sequence[Needing]
    snoozed: int
    reviews: Waiting
    benchmarks: Waiting
    placements: Waiting
    offers: Waiting
    credits: Waiting
    gates: Waiting
    peers: Waiting
    unsettled: Waiting
    unmatched: Waiting
    presentations: Waiting
    due: Sequence[DayDue]
    changes: Changes

    @property
    def is_since_yesterday(self) -> bool:
        return timezone.localdate(self.changes.since) == self.on - timedelta(days=1)

    @property
    def is_quiet(self) -> bool:
        """Nobody needs the reader and nothing waits: done for today."""
        waiting = (
            self.reviews, self.benchmarks, self.placements, self.gates, self.peers, self.unsettled, self.unmatched,
            self.presentations, self.offers, self.credits,
        )  # fmt: skip
        return not (self.page.paginator.count or any(each.total for each in waiting))


def today_of(
    reader: Membership, *, now: datetime, is_mine: bool = False, is_snoozed: bool = False, page: str | None = None
) -> Today:
    """The page as of that instant, on the clock in force; eight queries, whatever there is."""
    on = timezone.localdate(now)
    mine = cohorts_of(reader, on=on)
    cohorts = mine if is_mine else None
    reviews, benchmarks, unsettled, placements, offers, credits_asked = _work(cohorts, reader, now)
    since = _since(now)
    if cohorts is None:
        [sums] = _SUMS[is_snoozed].rows(reader=reader.pk, on=on, since=since)
    else:
        sums = _sums(mine, cohorts, on, since, is_snoozed=is_snoozed).get()
    ranked = page_of(flagged(on=on, cohorts=cohorts, snoozed=is_snoozed), number=page)
    for_staff = waiting_for_staff(reader, cohorts, at=now)
    return Today(
        on=on,
        mine=sums["mine"],
        is_mine=is_mine,
        page=ranked,
        needing=needing_of(list(ranked), on=on, slug=reader.organization.slug),
        snoozed=sums["others"] or 0,
        reviews=reviews,
        benchmarks=benchmarks,
        placements=placements,
        offers=offers,
        credits=credits_asked,
        gates=_shown(for_staff.gates),
        peers=_shown(for_staff.peers),
        unsettled=unsettled,
        unmatched=_unmatched(cohorts),
        presentations=_shown(for_staff.presentations),
        due=days_due(first=on, cohorts=cohorts),
        changes=changes_since(since, cohorts=cohorts, sums=sums),
    )


@dataclass(frozen=True, kw_only=True)
class ChangesPage:
    """A page of all that changed since a moment, the latest first."""

    on: date
    since: datetime
    page: Page[Any]
    rows: Sequence[Change]


def changes_of(
    reader: Membership, *, now: datetime, is_mine: bool = False, kind: str = "", page: str | None = None
) -> ChangesPage:
    """All of which Today shows the latest, on the clock in force; two queries for any number."""
    on, since = timezone.localdate(now), _since(now)
    cohorts = cohorts_of(reader, on=on) if is_mine else None
    found = Paginator(all_since(since, cohorts=cohorts, kind=kind), CHANGES_SHOWN).get_page(page)
    return ChangesPage(on=on, since=since, page=found, rows=[change_of(row) for row in found.object_list])


def _since(now: datetime) -> datetime:
    """The beginning of yesterday, on a Monday or in the weekend that of Friday."""
    today = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    return today - timedelta(days={0: 3, 6: 2}.get(today.weekday(), 1))


def due_of(
    reader: Membership, *, now: datetime, is_mine: bool = False, day: str | None = None, page: str | None = None
) -> DuePage:
    """All that is due in the week of which Today shows the first of each day; two queries for any number."""
    on = timezone.localdate(now)
    return due_page(first=on, cohorts=cohorts_of(reader, on=on) if is_mine else None, day=day, page=page)


def _work(cohorts: "QuerySet[Cohort] | None", reader: Membership, now: datetime) -> list[Waiting]:
    """Attempts to review, results on benchmarks to verify, 1-on-1s of which nobody said how they went, placements
    to verify, graduates who offer to mentor and requests for credit, of each the longest waiting first. One query."""
    rows = _WORK.rows(reader=reader.pk, now=now) if cohorts is None else list(_work_in(cohorts, reader.pk, now))
    return [_waiting(rows, place) for place in range(6)]


def _work_in(cohorts: "QuerySet[Cohort] | None", reader: Any, now: Any) -> "QuerySet[Any]":
    attempts = Submission.objects.awaiting_review().filter(
        enrollment__status__in=[Enrollment.Status.ACTIVE, Enrollment.Status.ON_LEAVE]
    )
    results = BenchmarkReport.objects.waiting().filter(submission__enrollment__status__in=STAYS)
    results = results.exclude(submission__enrollment__learner=reader).exclude(recorded_by=reader)
    meetings = OneOnOne.objects.unconfirmed(at=now)
    placements = to_verify().exclude(recorded_by=reader).exclude(enrollment__learner=reader)
    requests = CreditRequest.objects.waiting().exclude(enrollment__learner=reader)
    if cohorts is not None:
        requests = requests.filter(enrollment__cohort__in=cohorts)
        placements = placements.filter(enrollment__cohort__in=cohorts)
        attempts = attempts.filter(enrollment__cohort__in=cohorts)
        results = results.filter(submission__enrollment__cohort__in=cohorts)
        meetings = meetings.filter(enrollment__cohort__in=cohorts)
    parts = [
        _longest(attempts, 0, title="project__title", learner="enrollment__learner__name", since="submitted_at"),
        _longest(
            results,
            1,
            title="submission__project__title",
            learner="submission__enrollment__learner__name",
            since="recorded_at",
        ),
        _longest(
            meetings, 2, title="mentor__membership__name", learner="enrollment__learner__name", since="during__endswith"
        ),
        _longest(placements, 3, title="employer", learner="enrollment__learner__name", since="recorded_at"),
        _longest(waiting_offers(), 4, title="note", learner="member__name", since="offered_at"),
        _longest(requests, 5, title="project__title", learner="enrollment__learner__name", since="asked_at"),
    ]
    return parts[0].union(*parts[1:], all=True).order_by("place", "since", "pk")


_WORK: Prepared[Any] = Prepared(lambda reader, now: _work_in(None, reader, now))


def _sums(
    mine: "QuerySet[Cohort]", cohorts: "QuerySet[Cohort] | None", on: Any, since: Any, *, is_snoozed: bool
) -> "QuerySet[Any]":
    """How many cohorts the reader leads, how many learners are not shown because they are snoozed (or, of those who
    are, because they are not), and what was done since."""
    return asked(
        mine=count_of(mine),
        others=learners_in(flagged(on=on, cohorts=cohorts, snoozed=not is_snoozed)),
        **sums_since(since, cohorts=cohorts),
    )


def _prepared_sums(*, is_snoozed: bool) -> Prepared[Any]:
    return Prepared(lambda reader, on, since: _sums(cohorts_of(reader, on=on), None, on, since, is_snoozed=is_snoozed))


_SUMS = {is_snoozed: _prepared_sums(is_snoozed=is_snoozed) for is_snoozed in (False, True)}


def _longest(rows: "QuerySet[Any]", place: int, *, title: str, learner: str, since: str) -> "QuerySet[Any]":
    """The first few as plain values, each with how many there are in all."""
    told: QuerySet[Any] = rows.annotate(
        place=Value(place), title=F(title), learner=F(learner), since=F(since),
        in_all=Window(Count("*")),
    )  # fmt: skip
    told = told.order_by(since, "pk").values_list("place", "pk", "title", "learner", "since", "in_all")
    return told[:WAITING_SHOWN]


def _waiting(rows: Sequence[Any], place: int) -> Waiting:
    own = [row for row in rows if row[0] == place]
    return Waiting(rows=[Work(*row[1:5]) for row in own], total=own[0][5] if own else 0)


def _shown(rows: Sequence[Any]) -> Waiting:
    return Waiting(rows=rows[:WAITING_SHOWN], total=len(rows))


def _unmatched(cohorts: "QuerySet[Cohort] | None") -> Waiting:
    """Cohorts with learners who have no mentor, the earliest start first; how many learners in all."""
    rows = _UNMATCHED.rows() if cohorts is None else list(_by_cohort(without_mentor().filter(cohort__in=cohorts)))
    return Waiting(rows=rows[:WAITING_SHOWN], total=sum(row["learners"] for row in rows))


def _by_cohort(people: "QuerySet[Enrollment]") -> "QuerySet[Any]":
    in_turn = people.order_by("cohort__starts_on", "cohort__name")
    cohorts = in_turn.values(slug=F("cohort__slug"), name=F("cohort__name"), starts_on=F("cohort__starts_on"))
    return cohorts.annotate(learners=Count("pk"))


_UNMATCHED: Prepared[Any] = Prepared(lambda: _by_cohort(without_mentor()))
