"""Rules about pace: hours a week for so many weeks or years, against the hours that are planned."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from curriculum.audit.findings import Finding, state
from curriculum.plan.hours import WEEKS_PER_YEAR
from curriculum.plan.nodes import Plan, PlanTarget
from curriculum.sentences import Span

MAX_WEEKLY_HOURS = Decimal(80)
"""Hours a week that nobody keeps up; a week has 168."""

NOBODY_CAN_WORK = _("Nobody can work %(found)s hours a week; a week has 168 hours, sleep included.")
PLAN_AT_MOST = _("Plan at most %(expected)s hours a week, and less for more than a few weeks.")

TOLERANCE = Decimal("0.02")
"""Claims are rounded ("about 9.6 years"): what is within two percent holds."""


def pace_findings(plan: Plan) -> Iterator[Finding]:
    yield from _level_rows(plan)
    yield from _durations(plan)
    for target in plan.targets:
        if target.key == "completion_years":
            yield from _completion(target, plan)


def _level_rows(plan: Plan) -> Iterator[Finding]:
    levels = {str(level.number): level for level in plan.levels}
    for claim in plan.claims:
        level = levels.get(claim.place)
        if claim.kind != "level_duration" or level is None or claim.hours is None:
            continue
        if claim.hours != level.hours:
            yield state(
                "overview_hours",
                "error",
                claim.place,
                level.hours,
                claim.hours,
                _("The overview gives level %(level)s %(found)s hours; the level itself says %(expected)s."),
                _("Make the two the same."),
                claim.line,
                level=level.number,
            )
        pace = _Pace(claim.place, claim.hours_per_week, claim.weeks, claim.years, claim.line)
        yield from pace.against(level.hours, code="level_duration")


@dataclass(frozen=True, slots=True)
class _Pace:
    """Hours a week for so long, wherever the plan says it."""

    place: str
    hours_per_week: Span | None
    weeks: Span | None
    years: Span | None
    line: int

    @property
    def numbers(self) -> tuple[Span | None, Span | None, Span | None]:
        return self.hours_per_week, self.weeks, self.years

    def against(self, hours: Decimal, *, code: str) -> Iterator[Finding]:
        """A finding when no reading of the ranges comes to these hours."""
        length = self.weeks or self.years
        if self.hours_per_week is None or length is None or not hours:
            return
        weeks = 1 if self.weeks else WEEKS_PER_YEAR
        least = length.low * weeks * self.hours_per_week.low
        most = length.high * weeks * self.hours_per_week.high
        if hours * (1 - TOLERANCE) <= most and least <= hours * (1 + TOLERANCE):
            return
        short = most < hours
        yield state(
            code,
            "error",
            self.place,
            hours,
            most if short else least,
            self._message(short),
            self._suggestion(),
            self.line,
            length=length,
            pace=self.hours_per_week,
            needed=_rounded_up(hours / (length.high * weeks)) if length.high else hours,
            weeks=Span(
                _rounded_up(hours / _positive(self.hours_per_week.high)),
                _rounded_up(hours / _positive(self.hours_per_week.low)),
            ),
        )

    def _message(self, short: bool) -> Promise:
        if self.weeks and short:
            return _(
                "%(length)s weeks at %(pace)s hours a week are at most %(found)s hours; %(expected)s hours are planned."
            )
        if self.weeks:
            return _(
                "%(length)s weeks at %(pace)s hours a week are at least %(found)s hours; "
                "%(expected)s hours are planned."
            )
        if short:
            return _(
                "%(length)s years at %(pace)s hours a week are at most %(found)s hours; %(expected)s hours are planned."
            )
        return _(
            "%(length)s years at %(pace)s hours a week are at least %(found)s hours; %(expected)s hours are planned."
        )

    def _suggestion(self) -> Promise:
        if self.weeks:
            return _(
                "At %(pace)s hours a week it takes %(weeks)s weeks; "
                "in %(length)s weeks it takes %(needed)s hours a week."
            )
        return _(
            "At %(pace)s hours a week it takes %(weeks)s weeks; in %(length)s years it takes %(needed)s hours a week."
        )


def _positive(hours: Decimal) -> Decimal:
    return max(hours, Decimal(1))


def _rounded_up(number: Decimal) -> Decimal:
    return number.to_integral_value(ROUND_CEILING)


def _durations(plan: Plan) -> Iterator[Finding]:
    """Formats first; a claim that repeats the numbers of one is not stated twice."""
    paces = [_Pace(each.format, each.hours_per_week, each.weeks, each.years, each.line) for each in plan.formats]
    paces += [
        _Pace(claim.source, claim.hours_per_week, claim.weeks, claim.years, claim.line)
        for claim in plan.claims
        if claim.kind == "duration"
    ]
    seen: set[object] = set()
    for pace in paces:
        weekly = pace.hours_per_week
        if weekly is not None and weekly.high > MAX_WEEKLY_HOURS and weekly not in seen:
            seen.add(weekly)
            yield state(
                "weekly_hours",
                "error",
                pace.place,
                MAX_WEEKLY_HOURS,
                weekly,
                NOBODY_CAN_WORK,
                PLAN_AT_MOST,
                pace.line,
            )
        if pace.numbers in seen:
            continue
        seen.add(pace.numbers)
        yield from pace.against(plan.hours, code="duration_hours")
        yield from _weeks_and_years(pace)


def _weeks_and_years(pace: _Pace) -> Iterator[Finding]:
    if pace.weeks is None or pace.years is None:
        return
    least, most = pace.years.low * WEEKS_PER_YEAR, pace.years.high * WEEKS_PER_YEAR
    if most < pace.weeks.low * (1 - TOLERANCE) or least > pace.weeks.high * (1 + TOLERANCE):
        yield state(
            "weeks_and_years",
            "error",
            pace.place,
            Span(least, most),
            pace.weeks,
            _("%(years)s years are %(expected)s weeks, not %(found)s."),
            _("Keep one of the two."),
            pace.line,
            years=pace.years,
        )


def _completion(target: PlanTarget, plan: Plan) -> Iterator[Finding]:
    """Without hours a week in the target, it is held against the most that can be worked."""
    if not target.value or not plan.hours:
        return
    weeks = target.value * WEEKS_PER_YEAR
    pace = target.hours_per_week or Span.of(MAX_WEEKLY_HOURS)
    found = weeks * pace.high
    if found >= plan.hours * (1 - TOLERANCE):
        return
    yield state(
        "target_completion",
        "error",
        target.key,
        plan.hours,
        found,
        _(
            "%(years)s years at %(pace)s hours a week are %(found)s hours; all levels are %(expected)s hours, "
            "which takes %(needed)s hours a week."
        ),
        _("Raise the target to %(longer)s years, or count it over fewer levels."),
        target.line,
        years=target.value,
        pace=pace,
        needed=_rounded_up(plan.hours / weeks),
        longer=(plan.hours / (WEEKS_PER_YEAR * _positive(pace.high))).quantize(Decimal("0.1"), ROUND_CEILING),
    )
