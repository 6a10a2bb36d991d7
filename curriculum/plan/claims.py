"""What a plan says about itself in numbers: hours, duration, pace of a format, people and money."""

import re
from dataclasses import replace
from decimal import Decimal

from curriculum.plan.blocks import Rich
from curriculum.plan.hours import (
    find_amount,
    find_durations,
    find_theory_practice,
    find_total_hours,
    find_weekly_split,
    read_number,
)
from curriculum.plan.nodes import ClaimSource, FormatKey, Interval, PlanClaim, PlanFormat
from curriculum.plan.words import level_count
from curriculum.sentences import Span

_PEOPLE = re.compile(r"(?P<number>\d+)\s*(?:people|learners|participants|personen|deelnemers|leerlingen)\b", re.I)
_MILESTONE = re.compile(r"milestone|mijlpa", re.I)
_WEEKLY = re.compile(r"\bweekly\b|wekelijks|(?:every|elke) week\b", re.I)
_MONTHLY = re.compile(r"\bmonthly\b|maandelijks|(?:every month|elke maand)\b", re.I)
_EVERY = re.compile(
    r"(?:every|elke|om de)\s+(?P<low>\d+)(?:\s*[-–]\s*(?P<high>\d+))?\s*(?P<unit>weeks?|weken|months?|maanden|maand)",
    re.I,
)


def claims_in(text: str, *, source: ClaimSource, line: int) -> tuple[PlanClaim, ...]:
    """Total hours, number of levels, durations and the theory/practice ratio, in that order.

    Hours in a summary may be those of anything, so they are not taken for the total.
    """
    found: list[PlanClaim] = []
    hours = None if source == "summary" else find_total_hours(text)
    if hours is not None:
        found.append(PlanClaim("total_hours", source, text, hours=hours, line=line))
    levels = level_count(text)
    if levels is not None:
        found.append(PlanClaim("level_count", source, text, amount=Span.of(levels), line=line))
    found.extend(
        PlanClaim(
            "duration", source, text, hours_per_week=each.hours_per_week, weeks=each.weeks, years=each.years, line=line
        )
        for each in find_durations(text)
        if sum(part is not None for part in (each.hours_per_week, each.weeks, each.years)) > 1
    )
    return (*found, *ratio_claims(text, source=source, line=line))


def ratio_claims(text: str, *, source: ClaimSource, line: int) -> tuple[PlanClaim, ...]:
    ratio = find_theory_practice(text)
    if ratio is None:
        return ()
    return (PlanClaim("theory_practice", source, text, theory=ratio[0], practice=ratio[1], line=line),)


def people_claims(text: str, *, line: int) -> tuple[PlanClaim, ...]:
    """The number of learners and of hours in ``"For 10.000-hour program with 20 people"``."""
    found = [claim for claim in claims_in(text, source="resources", line=line) if claim.kind == "total_hours"]
    people = _PEOPLE.search(text)
    if people is not None:
        amount = Span.of(read_number(people["number"]))
        found.append(PlanClaim("people", "resources", text, amount=amount, line=line))
    return tuple(found)


def resource_claim(rich: Rich, *, group: str, line: int) -> PlanClaim:
    """``"Lead instructors: 2-3 (covering Python)"`` with its amount, and the years it is said to be for."""
    label, _, body = rich.text.partition(":")
    amount = find_amount(body.strip() or label)
    claim = PlanClaim("resource", "resources", rich.text, place=group, label=label.strip() if body else "", line=line)
    years = next((each.years for each in find_durations(body) if each.years), None)
    if amount is None:
        return replace(claim, years=years)
    return replace(claim, amount=amount.span, unit=amount.unit, per=amount.per, years=years)


def read_format(key: FormatKey, title: str, line: int) -> PlanFormat:
    return _with_durations(PlanFormat(key, title, line=line), title)


def with_note(form: PlanFormat, text: str) -> PlanFormat:
    """The format with one more line about it, and what that line says about pace."""
    form = replace(form, notes=(*form.notes, text))
    if _MILESTONE.search(text):
        return replace(form, milestone_every=form.milestone_every or _interval(text))
    split = find_weekly_split(text)
    if split is not None:
        return replace(form, theory_hours_per_week=split[0], practice_hours_per_week=split[1])
    return _with_durations(form, text)


def _with_durations(form: PlanFormat, text: str) -> PlanFormat:
    """What was said first stands."""
    for each in find_durations(text):
        form = replace(
            form,
            hours_per_week=form.hours_per_week or each.hours_per_week,
            weeks=form.weeks or each.weeks,
            years=form.years or each.years,
        )
    return form


def _interval(text: str) -> Interval | None:
    match = _EVERY.search(text)
    if match is not None:
        low, high = Decimal(match["low"]), Decimal(match["high"] or match["low"])
        return Interval(low, high, "week" if match["unit"].casefold().startswith("we") else "month")
    one = Decimal(1)
    if _MONTHLY.search(text):
        return Interval(one, one, "month")
    return Interval(one, one, "week") if _WEEKLY.search(text) else None
