"""What a program is expected to take: as stated with the plan, or as an organization changed it from a day on."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.models import Membership
from cohorts.pacing import EARLIEST, LATEST
from curriculum.models import Curriculum
from design.templatetags.design import hours as rounded
from outcomes.errors import OutcomeError
from outcomes.resourcing.records import MOST_FTE, MOST_MONEY, RANGES, Estimate

MOST_PEOPLE, MOST_YEARS = 10_000, Decimal(50)
MONEY = ("once", "yearly", "person")
YEARS = "years"


@dataclass(frozen=True, slots=True)
class Range:
    """From the lowest to the highest number expected."""

    low: Decimal
    high: Decimal

    def __add__(self, other: "Range") -> "Range":
        return Range(self.low + other.low, self.high + other.high)

    def __mul__(self, other: "Range") -> "Range":
        return Range(self.low * other.low, self.high * other.high)

    def over(self, number: Decimal | int) -> "Range":
        return Range(self.low / number, self.high / number)

    @property
    def words(self) -> str:
        """2–3, or 1 where both ends are the same; a part of one shows one decimal."""
        low, high = rounded(self.low), rounded(self.high)
        return low if low == high else f"{low}–{high}"

    def meets(self, other: "Range") -> bool:
        return self.low <= other.high and other.low <= self.high


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """An estimate as it holds on a day. Money is in `currency`, staff are full-time people.

    `person` is what the estimate states that one person costs for the whole program. `since` is None for the estimate
    that is stated with the plan and that nobody changed.
    """

    people: int
    currency: str
    years: Range
    once: Range
    yearly: Range
    person: Range
    instructors: Range
    assistants: Range
    mentors: Range
    staff: Range
    since: date | None = None
    note: str = ""
    is_of_curriculum: bool = False

    @property
    def total(self) -> Range:
        """For everybody and the whole program."""
        return self.due(self.years.high)

    def due(self, years: Decimal) -> Range:
        """For everybody, that long after the start: the one-time amounts, and the yearly ones as far as it lasts."""
        passed = Range(min(years, self.years.low), min(years, self.years.high))
        return self.once + self.yearly * passed

    def each(self, years: Decimal) -> Range:
        """The same for one person."""
        return self.due(years).over(self.people)


def _range(low: str, high: str) -> Range:
    return Range(Decimal(low), Decimal(high))


#: The plan's own words: 20 people, two to three years, one-time 50–70 k, 150–200 k a year, 7.5–10 k a person.
STATED = Plan(
    people=20,
    currency="USD",
    years=_range("2", "3"),
    once=_range("50000", "70000"),
    yearly=_range("150000", "200000"),
    person=_range("7500", "10000"),
    instructors=_range("2", "3"),
    assistants=_range("4", "5"),
    mentors=_range("1", "1"),
    staff=_range("7", "10"),
)


class Estimates:
    """Every estimate of the organization in scope as of a day, read in one query."""

    def __init__(self, on: date) -> None:
        rows = Estimate.objects.filter(effective_on__lte=on).order_by("effective_on", "recorded_at", "pk")
        latest = {row.curriculum_id: row for row in rows}
        self._own = {owner: _plan(row) for owner, row in latest.items() if not row.is_given_up}

    def plan(self, curriculum_id: UUID | None = None) -> Plan:
        """The curriculum's own estimate, else the organization's, else the stated one."""
        return self._own.get(curriculum_id) or self._own.get(None) or STATED

    def is_own(self, curriculum_id: UUID | None = None) -> bool:
        """Whether the curriculum, or the organization, has an estimate itself instead of following."""
        return curriculum_id in self._own


def change_estimate(
    *,
    people: int,
    currency: str,
    ranges: Mapping[str, Range],
    effective_on: date,
    by: Membership | None,
    note: str = "",
    curriculum: Curriculum | None = None,
) -> Estimate:
    """Expect something else from a day on, of one curriculum or of all without an estimate of their own.

    `ranges` holds all of RANGES. Raises OutcomeError `estimate_people`, `estimate_currency`, `estimate_day`, or
    `estimate_` and the name of a range that is not in order or out of bounds.
    """
    if not 1 <= people <= MOST_PEOPLE:
        raise OutcomeError("estimate_people", _("Enter for how many people it is, from 1 to 10,000."))
    check_currency(currency, code="estimate_currency")
    _check_day(effective_on)
    for name in RANGES:
        _check(name, ranges[name])
    return Estimate.objects.create(
        curriculum=curriculum,
        people=people,
        currency=currency,
        effective_on=effective_on,
        note=note,
        recorded_by=by,
        **_columns(ranges),
    )


def give_up_estimate(
    *, effective_on: date, by: Membership | None, note: str = "", curriculum: Curriculum | None = None
) -> Estimate:
    """Let a curriculum follow the organization again from a day on, or the organization what is stated with the plan.

    Raises OutcomeError `estimate_day`, or `estimate_not_own` where it follows on that day already.
    """
    _check_day(effective_on)
    known, owner = Estimates(effective_on), curriculum.pk if curriculum else None
    if not known.is_own(owner):
        raise OutcomeError("estimate_not_own", _("There is no estimate to give up on that day. Choose a later one."))
    plan = known.plan(owner)
    return Estimate.objects.create(
        curriculum=curriculum,
        people=plan.people,
        currency=plan.currency,
        is_given_up=True,
        effective_on=effective_on,
        note=note,
        recorded_by=by,
        **_columns({name: getattr(plan, name) for name in RANGES}),
    )


def check_currency(currency: str, *, code: str) -> None:
    """Raises OutcomeError with that code for what is no currency."""
    if not (len(currency) == 3 and currency.isascii() and currency.isalpha() and currency.isupper()):
        raise OutcomeError(code, _("Enter a currency as three capital letters, such as EUR."))


def estimate_history(curriculum: Curriculum | None) -> QuerySet[Estimate]:
    """What the organization, or the curriculum, expected, the latest first."""
    rows = Estimate.objects.filter(curriculum=curriculum).select_related("recorded_by")
    return rows.order_by("-effective_on", "-recorded_at", "-pk")


def _check_day(day: date) -> None:
    if not EARLIEST <= day <= LATEST:
        raise OutcomeError("estimate_day", _("Enter a day from 2000 to 2099."))


def _columns(ranges: Mapping[str, Range]) -> dict[str, Decimal]:
    return {f"{name}_{end}": getattr(ranges[name], end) for name in RANGES for end in ("low", "high")}


def _check(name: str, given: Range) -> None:
    code = f"estimate_{name}"
    if not (given.low.is_finite() and given.high.is_finite()) or given.low < 0:
        raise OutcomeError(code, _("Enter numbers from 0 up."))
    if given.high < given.low:
        raise OutcomeError(code, _("The highest number lies below the lowest. Swap them."))
    if name == YEARS:
        if not (given.low > 0 and given.high <= MOST_YEARS):
            raise OutcomeError(code, _("Enter years above 0 and up to 50, such as 2.5."))
    elif name in MONEY:
        if given.high > MOST_MONEY:
            raise OutcomeError(code, _("Enter amounts up to 100,000,000."))
    elif given.high > MOST_FTE:
        raise OutcomeError(code, _("Enter up to 500 full-time people."))


def _plan(row: Estimate) -> Plan:
    ranges = {name: Range(getattr(row, f"{name}_low"), getattr(row, f"{name}_high")) for name in RANGES}
    return Plan(
        people=row.people,
        currency=row.currency,
        since=row.effective_on,
        note=row.note,
        is_of_curriculum=row.curriculum_id is not None,
        **ranges,
    )
