"""What was spent for a cohort and who worked for it: dated facts that are taken back, never changed."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet, Sum
from django.utils.translation import gettext as _

from accounts.models import Membership
from cohorts.models import Cohort, TeamMember
from outcomes.errors import OutcomeError
from outcomes.measuring.columns import records
from outcomes.resourcing.estimates import Estimates, check_currency
from outcomes.resourcing.records import MOST_FTE, MOST_MONEY, Cost, Staffing, StaffRole

#: Rooms and machines are paid for ahead, but not earlier than this.
AHEAD = timedelta(days=365)

# The mentor that each learner had on the day.
MENTORED = """
SELECT DISTINCT ON (a.enrollment_id) a.enrollment_id, a.mentor_id
FROM cohorts_mentorassignment a
WHERE a.organization_id = %(organization)s AND a.effective_on <= %(on)s
ORDER BY a.enrollment_id, a.effective_on DESC, a.recorded_at DESC, a.id DESC
"""


@dataclass(slots=True)
class Spent:
    """What a cohort cost by a day; None in `currency` where nothing was recorded."""

    once: Decimal = Decimal(0)
    running: Decimal = Decimal(0)
    currency: str | None = None

    @property
    def total(self) -> Decimal:
        return self.once + self.running


@dataclass(slots=True)
class Crew:
    """Who works for a cohort on a day: people of its team by role, and full-time people where somebody counted."""

    people: dict[str, int] = field(default_factory=dict)
    fte: dict[str, Staffing] = field(default_factory=dict)


def record_cost(
    *,
    cohort: Cohort,
    kind: str,
    amount: Decimal,
    currency: str,
    effective_on: date,
    on: date,
    by: Membership | None,
    is_once: bool = False,
    note: str = "",
) -> Cost:
    """Record what was paid for a cohort on a day; `on` is today.

    Raises OutcomeError `cost_amount`, `cost_currency` for what is none, `other_currency` for another than the cohort's,
    `cost_in_the_future`, or `cost_too_early` for more than a year before the cohort's start.
    """
    if not amount.is_finite() or amount <= 0 or amount != round(amount, 2) or amount > MOST_MONEY:
        raise OutcomeError(
            "cost_amount",
            _("Enter an amount above 0 and up to 100,000,000, in cents at most. Take back what was wrong."),
        )
    check_currency(currency, code="cost_currency")
    _check_day("cost", cohort, effective_on, on)
    with transaction.atomic():
        # Two at once could each begin a currency.
        Cohort.objects.select_for_update(no_key=True).get(pk=cohort.pk)
        expected = currency_of(cohort, on=on)
        if currency != expected:
            raise OutcomeError(
                "other_currency",
                _(
                    "Costs of this cohort are in %(expected)s, so that they add up. Convert the amount, and say so in "
                    "the note."
                )
                % {"expected": expected},
            )
        return Cost.objects.create(
            cohort=cohort,
            kind=kind,
            amount=amount,
            currency=currency,
            effective_on=effective_on,
            is_once=is_once,
            note=note,
            recorded_by=by,
        )


def take_back_cost(*, cost: Cost, by: Membership | None, note: str = "") -> Cost:
    """Record the same amount below zero, on the same day. Raises OutcomeError `taken_back_already`."""
    if cost.takes_back_id is not None:
        raise OutcomeError("taken_back_already", _("This takes another amount back. Record that amount again instead."))
    try:
        with transaction.atomic():
            return Cost.objects.create(
                cohort_id=cost.cohort_id,
                kind=cost.kind,
                amount=-cost.amount,
                currency=cost.currency,
                effective_on=cost.effective_on,
                is_once=cost.is_once,
                note=note,
                takes_back=cost,
                recorded_by=by,
            )
    except IntegrityError as error:
        if "cost_taken_back_once" not in str(error):
            raise
        raise OutcomeError("taken_back_already", _("This amount was taken back already.")) from error


def record_staffing(
    *, cohort: Cohort, role: str, fte: Decimal, effective_on: date, on: date, by: Membership | None, note: str = ""
) -> Staffing:
    """Say how many full-time people work in a role from a day on; zero is nobody. `on` is today.

    Raises OutcomeError `staffing_fte`, `staffing_in_the_future`, or `staffing_too_early`.
    """
    if not fte.is_finite() or not 0 <= fte <= MOST_FTE or fte != round(fte, 2):
        raise OutcomeError("staffing_fte", _("Enter full-time people from 0 to 500, such as 2.5."))
    _check_day("staffing", cohort, effective_on, on)
    return Staffing.objects.create(
        cohort=cohort, role=role, fte=fte, effective_on=effective_on, note=note, recorded_by=by
    )


def currency_of(cohort: Cohort, *, on: date) -> str:
    """What the cohort's costs are in: those recorded already, else its estimate as of the day."""
    known = Cost.objects.filter(cohort=cohort).values_list("currency", flat=True).first()
    return known or Estimates(on).plan(cohort.version.curriculum_id).currency


def costs_of(cohort: Cohort, *, on: date) -> QuerySet[Cost]:
    """Everything recorded up to the day, the latest first, with what took it back."""
    rows = Cost.objects.filter(cohort=cohort, effective_on__lte=on).select_related("recorded_by")
    return rows.prefetch_related("taken_back").order_by("-effective_on", "-recorded_at", "-pk")


def staffing_of(cohort: Cohort, *, on: date) -> QuerySet[Staffing]:
    """What was said of full-time people up to the day, the latest first."""
    rows = Staffing.objects.filter(cohort=cohort, effective_on__lte=on).select_related("recorded_by")
    return rows.order_by("-effective_on", "-recorded_at", "-pk")


def spent_by_cohort(on: date) -> dict[UUID, Spent]:
    """Of every cohort with a cost by that day; one query."""
    found: dict[UUID, Spent] = {}
    rows = Cost.objects.filter(effective_on__lte=on).values_list("cohort", "currency", "is_once")
    for cohort, currency, is_once, amount in rows.annotate(sum=Sum("amount")).order_by():
        spent = found.setdefault(cohort, Spent(currency=currency))
        if is_once:
            spent.once += amount
        else:
            spent.running += amount
    return found


def crew_by_cohort(learners: dict[UUID, UUID], on: date) -> dict[UUID, Crew]:
    """Of every cohort on that day; `learners` gives the cohort of each enrollment that is under way. Three queries."""
    found: dict[UUID, Crew] = defaultdict(Crew)
    people: dict[tuple[UUID, str], set[UUID]] = defaultdict(set)
    for cohort, role, member in TeamMember.objects.on(on).values_list("cohort", "role", "member"):
        people[cohort, role].add(member)
    for enrollment, mentor in records(MENTORED, on=on):
        if mentor is not None and enrollment in learners:
            people[learners[enrollment], StaffRole.MENTOR].add(mentor)
    for (cohort, role), members in people.items():
        found[cohort].people[role] = len(members)
    for row in Staffing.objects.filter(effective_on__lte=on).order_by("effective_on", "recorded_at", "pk"):
        found[row.cohort_id].fte[row.role] = row
    return found


def _check_day(what: str, cohort: Cohort, day: date, today: date) -> None:
    if day > today:
        raise OutcomeError(f"{what}_in_the_future", _("Enter a day that has been, not one in the future."))
    if day < cohort.starts_on - AHEAD:
        raise OutcomeError(
            f"{what}_too_early",
            _("This cohort starts on %(start)s. Enter a day at most a year before.")
            % {"start": cohort.starts_on.isoformat()},
        )
