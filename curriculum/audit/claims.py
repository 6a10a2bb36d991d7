"""Rules about what a plan claims: duration, pace, ratios, targets, people and money, against its own hours."""

import re
from collections.abc import Iterator
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from curriculum.audit.findings import Finding, plain, state
from curriculum.plan.nodes import Plan, PlanClaim
from curriculum.sentences import Span

RATIO_TOLERANCE = 2
"""Percentage points between a promised share of theory and the one in the week."""

_PER_PERSON = re.compile(r"per[\s-]*(?:person|learner|persoon|deelnemer)", re.IGNORECASE)
_ANNUAL = re.compile(r"annual|yearly|per year|jaarlijks|per jaar", re.IGNORECASE)
_ONE_TIME = re.compile(r"one[\s-]*time|eenmalig", re.IGNORECASE)
_TOTAL = re.compile(r"^(?:total|totaal)\b", re.IGNORECASE)


def claim_findings(plan: Plan) -> Iterator[Finding]:
    yield from _totals(plan)
    yield from _ratios(plan)
    yield from _targets(plan)
    yield from _staff(plan)
    yield from _cost_per_person(plan)


def _totals(plan: Plan) -> Iterator[Finding]:
    for claim in plan.claims:
        if claim.kind == "total_hours" and claim.hours is not None and claim.hours != plan.hours:
            yield state(
                "total_hours",
                "error",
                claim.source,
                plan.hours,
                claim.hours,
                _("The plan says it takes %(found)s hours; its levels add up to %(expected)s."),
                _("Write %(expected)s, or change the hours of the levels."),
                claim.line,
            )
        if claim.kind == "level_count" and claim.amount is not None and claim.amount.low != len(plan.levels):
            yield state(
                "level_count",
                "error",
                claim.source,
                len(plan.levels),
                claim.amount,
                _("The plan says it has %(found)s levels; it describes %(expected)s."),
                _("Write %(expected)s, or add the missing levels."),
                claim.line,
            )


def _ratios(plan: Plan) -> Iterator[Finding]:
    ratios = [claim for claim in plan.claims if claim.kind == "theory_practice"]
    for claim in ratios:
        if claim.theory is not None and claim.practice is not None and claim.theory + claim.practice != 100:
            yield state(
                "ratio_total",
                "error",
                claim.source,
                "100",
                claim.theory + claim.practice,
                _("%(theory)s%% theory and %(practice)s%% practice are not 100%%."),
                _("Make the two add up to 100%%."),
                claim.line,
                theory=claim.theory,
                practice=claim.practice,
            )
    for form in plan.formats:
        theory, practice = form.theory_hours_per_week, form.practice_hours_per_week
        if theory is None or practice is None or theory + practice == 0:
            continue
        weekly = form.hours_per_week
        if weekly is not None and not weekly.low <= theory + practice <= weekly.high:
            yield state(
                "weekly_split",
                "error",
                form.format,
                weekly,
                theory + practice,
                _("%(theory)s hours of theory and %(practice)s of practice are not %(expected)s hours a week."),
                _("Make the two add up to the hours a week."),
                form.line,
                theory=theory,
                practice=practice,
            )
        share = theory / (theory + practice) * 100
        claimed = next((claim for claim in ratios if claim.theory is not None and claim.practice is not None), None)
        if claimed is None or claimed.theory is None or claimed.practice is None:
            continue
        if abs(share - claimed.theory) > RATIO_TOLERANCE:
            yield state(
                "theory_practice",
                "error",
                form.format,
                f"{plain(claimed.theory)}/{plain(claimed.practice)}",
                f"{round(share)}/{round(100 - share)}",
                _(
                    "%(theory)s hours of theory and %(practice)s of practice a week are %(share)s/%(rest)s; "
                    "the plan promises %(claimed_theory)s/%(claimed_practice)s."
                ),
                _("Divide the week as promised, or promise %(share)s%% theory and %(rest)s%% practice."),
                form.line,
                theory=theory,
                practice=practice,
                share=round(share),
                rest=round(100 - share),
                claimed_theory=claimed.theory,
                claimed_practice=claimed.practice,
            )


def _targets(plan: Plan) -> Iterator[Finding]:
    targets = {target.key: target for target in plan.targets}
    for target in plan.targets:
        most = {"%": Decimal(100), "points": Decimal(5)}.get(target.unit)
        if most is not None and target.value is not None and target.value > most:
            yield state(
                "target_range",
                "error",
                target.key,
                most,
                target.value,
                _("A target of %(found)s cannot be met: %(expected)s is all there is."),
                _("Set a target of at most %(expected)s."),
                target.line,
            )
    early, late = targets.get("retention_level_3"), targets.get("retention_level_5")
    if early and late and early.value is not None and late.value is not None and late.value > early.value:
        yield state(
            "target_order",
            "error",
            late.key,
            early.value,
            late.value,
            _("More learners are to be left after level 5 (%(found)s%%) than after level 3 (%(expected)s%%)."),
            _("Set the target for level 5 at or under the one for level 3."),
            late.line,
        )


def _resources(plan: Plan) -> list[PlanClaim]:
    return [claim for claim in plan.claims if claim.kind == "resource" and claim.amount is not None]


def _staff(plan: Plan) -> Iterator[Finding]:
    """A line that begins with "Total" in a group of counts says what the other lines add up to."""
    resources = [claim for claim in _resources(plan) if not claim.unit]
    for total in resources:
        parts = [claim.amount for claim in resources if claim.place == total.place and not _TOTAL.match(claim.label)]
        known = [amount for amount in parts if amount is not None]
        if not _TOTAL.match(total.label) or not known or total.amount is None:
            continue
        added = Span(sum((each.low for each in known), Decimal(0)), sum((each.high for each in known), Decimal(0)))
        if added != total.amount:
            yield state(
                "resource_total",
                "warning",
                "resources",
                added,
                total.amount,
                _("The lines under “%(group)s” add up to %(expected)s; the total says %(found)s."),
                _("Write %(expected)s, or name who or what is missing."),
                total.line,
                group=total.place,
            )


def _cost_per_person(plan: Plan) -> Iterator[Finding]:
    """(one-time cost + annual cost × years) ÷ people, for the years that the cost per person is said to cover."""
    money = [claim for claim in _resources(plan) if claim.unit in {"$", "€"}]
    stated = next((claim for claim in money if _PER_PERSON.search(claim.label)), None)
    annual = next((claim.amount for claim in money if _ANNUAL.search(claim.label)), None)
    once = next((claim.amount for claim in money if _ONE_TIME.search(claim.label)), None) or Span.of(0)
    people = next((claim.amount for claim in plan.claims if claim.kind == "people"), None)
    if stated is None or stated.amount is None or stated.years is None or annual is None or not people:
        return
    if not people.low:
        return
    low = (once.low + annual.low * stated.years.low) / people.high
    high = (once.high + annual.high * stated.years.high) / people.low
    worked_out = Span(low.quantize(Decimal(1)), high.quantize(Decimal(1)))
    if stated.amount.high < worked_out.low or stated.amount.low > worked_out.high:
        yield state(
            "cost_per_person",
            "warning",
            "resources",
            worked_out,
            stated.amount,
            _(
                "The costs named come to %(expected)s per person over %(years)s years with %(people)s people; "
                "the plan says %(found)s."
            ),
            _("Say over how many years and people the cost is divided, and work it out again."),
            stated.line,
            years=stated.years,
            people=people,
        )
