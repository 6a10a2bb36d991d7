"""Whether an estimate agrees with itself: each check says what it compares, with the arithmetic."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from design.templatetags.design import hours as rounded
from outcomes.resourcing.estimates import Plan, Range
from outcomes.showing.feasibility import Pace

#: Two ways to the same number may differ by so much: estimates are round.
SLACK = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Check:
    """What was compared. `agrees` is None for a remark that nothing in the estimate contradicts."""

    title: str
    words: str
    arithmetic: str
    agrees: bool | None


def checks_of(plan: Plan, paces: Iterable[Pace] = ()) -> list[Check]:
    """All that can be compared, with the slowest of the paces at which cohorts really go."""
    found = [_per_person(plan), _of_one_year(plan), _people_needed(plan), _staff(plan), _pay(plan)]
    found += [_at_pace(plan, pace) for pace in sorted(paces, key=lambda pace: -pace.years)[:1]]
    return [check for check in found if check]


def contradictions(checks: Iterable[Check]) -> int:
    return sum(check.agrees is False for check in checks)


def money(amount: Decimal | None, currency: str) -> str:
    """USD 17,500, in whole units; a dash for nothing."""
    return "–" if amount is None else f"{currency} {rounded(amount, 0)}"


def money_range(given: Range, currency: str) -> str:
    """USD 17,500–33,500."""
    return f"{currency} {whole(given).words}"


def whole(given: Range) -> Range:
    """Both ends in whole units, as amounts are told."""
    return Range(round(given.low, 0), round(given.high, 0))


def _per_person(plan: Plan) -> Check:
    found = plan.total.over(plan.people)
    words = _(
        "One-time and yearly amounts over %(years)s years, shared by %(people)s people, are %(found)s a person. "
        "The estimate states %(stated)s."
    ) % _words(plan, found=money_range(found, plan.currency), stated=money_range(plan.person, plan.currency))
    arithmetic = " · ".join(
        f"({rounded(once)} + {rounded(years)} × {rounded(yearly)}) ÷ {rounded(plan.people)} = {rounded(each, 0)}"
        for once, years, yearly, each in (
            (plan.once.low, plan.years.low, plan.yearly.low, found.low),
            (plan.once.high, plan.years.high, plan.yearly.high, found.high),
        )
    )
    return Check(_("Cost of one person"), words, arithmetic, found.meets(plan.person))


def _of_one_year(plan: Plan) -> Check | None:
    """The stated cost of a person may be that of one year alone: the likeliest slip."""
    found = plan.yearly.over(plan.people)
    is_same = all(
        abs(one - other) <= SLACK * max(other, Decimal(1))
        for one, other in ((found.low, plan.person.low), (found.high, plan.person.high))
    )
    if not is_same or plan.total.over(plan.people).meets(plan.person):
        return None
    words = _(
        "%(stated)s is what one person costs in one year. It leaves out the one-time amounts and every year but the "
        "first of %(years)s."
    ) % _words(plan, stated=money_range(plan.person, plan.currency))
    arithmetic = " · ".join(
        f"{rounded(yearly)} ÷ {rounded(plan.people)} = {rounded(each, 0)}"
        for yearly, each in ((plan.yearly.low, found.low), (plan.yearly.high, found.high))
    )
    return Check(_("A year, not a program"), words, arithmetic, False)


def _people_needed(plan: Plan) -> Check | None:
    if not plan.person.low:
        return None
    needed = Range(_up(plan.total.low / plan.person.high), _up(plan.total.high / plan.person.low))
    words = _(
        "At %(stated)s a person, the whole program of %(total)s needs %(needed)s people to pay for it. "
        "The estimate is for %(people)s."
    ) % _words(
        plan,
        stated=money_range(plan.person, plan.currency),
        total=money_range(plan.total, plan.currency),
        needed=needed.words,
    )
    arithmetic = " · ".join(
        f"{rounded(total)} ÷ {rounded(each)} = {rounded(total / each)}"
        for total, each in ((plan.total.low, plan.person.high), (plan.total.high, plan.person.low))
    )
    return Check(_("People it would take"), words, arithmetic, needed.low <= plan.people <= needed.high)


def _staff(plan: Plan) -> Check:
    found = plan.instructors + plan.assistants + plan.mentors
    words = _(
        "%(instructors)s instructors, %(assistants)s assistants and %(mentors)s for mentoring and careers are "
        "%(found)s full-time people. The estimate states %(stated)s."
    ) % {
        "instructors": plan.instructors.words,
        "assistants": plan.assistants.words,
        "mentors": plan.mentors.words,
        "found": found.words,
        "stated": plan.staff.words,
    }
    arithmetic = " · ".join(
        f"{rounded(plan_i)} + {rounded(plan_a)} + {rounded(plan_m)} = {rounded(total)}"
        for plan_i, plan_a, plan_m, total in (
            (plan.instructors.low, plan.assistants.low, plan.mentors.low, found.low),
            (plan.instructors.high, plan.assistants.high, plan.mentors.high, found.high),
        )
    )
    return Check(_("Staff"), words, arithmetic, found == plan.staff)


def _pay(plan: Plan) -> Check | None:
    """Not a contradiction, as an estimate states no salaries; but everybody sees what it would have to be."""
    if not plan.staff.low:
        return None
    found = Range(plan.yearly.low / plan.staff.high, plan.yearly.high / plan.staff.low)
    words = _(
        "If the yearly amount paid for staff alone, it would be %(found)s a year for each full-time person, before "
        "any computing, software or rooms."
    ) % {"found": money_range(found, plan.currency)}
    arithmetic = " · ".join(
        f"{rounded(yearly)} ÷ {rounded(staff)} = {rounded(yearly / staff, 0)}"
        for yearly, staff in ((plan.yearly.low, plan.staff.high), (plan.yearly.high, plan.staff.low))
    )
    return Check(_("What a year pays"), words, arithmetic, None)


def _at_pace(plan: Plan, pace: Pace) -> Check:
    years = pace.years
    found = (plan.once + plan.yearly * Range(years, years)).over(plan.people)
    words = (
        ngettext(
            "%(hours)s hours at %(weekly)s hour a week take %(years)s years, and the estimate is for %(stated)s. The "
            "yearly amounts are due all that time: %(found)s a person.",
            "%(hours)s hours at %(weekly)s hours a week take %(years)s years, and the estimate is for %(stated)s. The "
            "yearly amounts are due all that time: %(found)s a person.",
            int(pace.hours_per_week),
        )
    ) % {
        "hours": rounded(pace.hours),
        "weekly": rounded(pace.hours_per_week),
        "years": rounded(years, 1),
        "stated": plan.years.words,
        "found": money_range(found, plan.currency),
    }
    arithmetic = " · ".join(
        f"({rounded(once)} + {rounded(years, 1)} × {rounded(yearly)}) ÷ {rounded(plan.people)} = {rounded(each, 0)}"
        for once, yearly, each in (
            (plan.once.low, plan.yearly.low, found.low),
            (plan.once.high, plan.yearly.high, found.high),
        )
    )
    agrees = round(years, 1) <= plan.years.high and round(years, 1) >= plan.years.low
    return Check(_("Years at the planned hours"), words, arithmetic, agrees)


def _words(plan: Plan, **more: str) -> dict[str, str]:
    return {"people": rounded(plan.people), "years": plan.years.words, **more}


def _up(number: Decimal) -> Decimal:
    return number.to_integral_value(ROUND_CEILING)
