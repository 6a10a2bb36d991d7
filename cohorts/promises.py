"""What a plan says about its own pace, held against levels of it: its formats, durations and target of completion.

Weeks are program weeks and a year has 52 of them, as in the audit: this is the plan's arithmetic, without breaks.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cohorts.stages import LevelHours
from curriculum.audit.pace import MAX_WEEKLY_HOURS, NOBODY_CAN_WORK, PLAN_AT_MOST, TOLERANCE
from curriculum.models import Format
from curriculum.plan.hours import WEEKS_PER_YEAR
from curriculum.plan.nodes import Plan
from curriculum.sentences import Sentence, Span

TENTH = Decimal("0.1")
SOURCES: dict[str, str | Promise] = {
    **{each.value: each.label for each in Format},
    "title": _("Title"),
    "summary": _("Summary"),
    "overview": _("Overview"),
    "note": pgettext_lazy("of a plan", "Note"),
    "target": _("Target"),
}


@dataclass(frozen=True)
class StatedPace:
    """Hours a week, a length, or both, as the plan states them, for `levels` and the hours that they take."""

    source: str
    hours_per_week: Span | None
    weeks: Span | None
    years: Span | None
    levels: tuple[LevelHours, ...]

    @property
    def label(self) -> str | Promise:
        return SOURCES[self.source]

    @property
    def numbers(self) -> tuple[Span | None, Span | None, Span | None]:
        return self.hours_per_week, self.weeks, self.years

    @property
    def hours(self) -> Decimal:
        return sum((level.hours for level in self.levels), Decimal())

    @property
    def says(self) -> Sentence:
        """ "12 weeks at 166 hours a week"."""
        values = {"pace": self.hours_per_week or "", "weeks": self.weeks or "", "years": self.years or ""}
        if self.weeks:
            return Sentence(_("%(weeks)s weeks at %(pace)s hours a week") if values["pace"] else _WEEKS, values)
        if self.years:
            return Sentence(_("%(years)s years at %(pace)s hours a week") if values["pace"] else _YEARS, values)
        return Sentence(_("%(pace)s hours a week"), values)

    @property
    def comes_to(self) -> Span | None:
        """The hours that the pace makes in the length; None when the plan states only one of the two."""
        length = self._length_in_weeks
        if self.hours_per_week is None or length is None:
            return None
        return Span(length.low * self.hours_per_week.low, length.high * self.hours_per_week.high)

    @property
    def reaches(self) -> Sentence | None:
        """ "1,992 hours: level 1 alone", of the levels in question."""
        made = self.comes_to
        if made is None:
            return None
        first, behind = self.levels[0].number, self._levels_within(made.high)
        if not behind:
            return Sentence(_("%(hours)s hours: not all of level %(first)s"), {"hours": made, "first": first})
        if behind == len(self.levels):
            more = made.low > self.hours * (1 + TOLERANCE)
            return Sentence(_("%(hours)s hours: more than enough") if more else _ENOUGH, {"hours": made})
        if behind == 1:
            return Sentence(_("%(hours)s hours: level %(first)s alone"), {"hours": made, "first": first})
        last = self.levels[behind - 1].number
        return Sentence(_("%(hours)s hours: levels %(first)s–%(last)s"), {"hours": made, "first": first, "last": last})

    @property
    def takes(self) -> list[Sentence]:
        """What the levels take instead: so long at the pace, and so many hours a week in the length."""
        found = []
        if self.hours_per_week and self.hours_per_week.low > 0:
            weeks = Span(_up(self.hours / self.hours_per_week.high), _up(self.hours / self.hours_per_week.low))
            years = Span(_years(self.hours / self.hours_per_week.high), _years(self.hours / self.hours_per_week.low))
            values = {"pace": self.hours_per_week, "weeks": weeks, "years": years}
            template = _YEARS_AT if weeks.low >= WEEKS_PER_YEAR else _WEEKS_AT
            found.append(Sentence(template, values))
        length = self._length_in_weeks
        if length and length.low > 0:
            needed = Span(_up(self.hours / length.high), _up(self.hours / length.low))
            template = _IN_WEEKS if self.weeks else _IN_YEARS
            found.append(Sentence(template, {"needed": needed, "length": self.weeks or self.years or ""}))
        return found

    @property
    def holds(self) -> bool:
        """Whether some reading of the ranges comes to the hours; a pace alone holds always.

        A length alone holds when the hours a week that it takes can be worked.
        """
        made, length = self.comes_to, self._length_in_weeks
        if made is None:
            return length is None or self.hours <= length.high * MAX_WEEKLY_HOURS * (1 + TOLERANCE)
        return self.hours * (1 - TOLERANCE) <= made.high and made.low <= self.hours * (1 + TOLERANCE)

    @property
    def warning(self) -> Sentence | None:
        """When nobody works that many hours a week."""
        return warning_about(self.hours_per_week) if self.hours_per_week else None

    @property
    def _length_in_weeks(self) -> Span | None:
        if self.weeks is None and self.years is not None:
            return Span(self.years.low * WEEKS_PER_YEAR, self.years.high * WEEKS_PER_YEAR)
        return self.weeks

    def _levels_within(self, hours: Decimal) -> int:
        """How many of the levels, from the first on, fit in those hours."""
        passed = Decimal()
        for place, level in enumerate(self.levels):
            passed += level.hours
            if passed * (1 - TOLERANCE) > hours:
                return place
        return len(self.levels)


def stated_paces(plan: Plan, levels: Sequence[LevelHours]) -> list[StatedPace]:
    """Formats first, then other durations, then the target; what repeats the numbers of an earlier one is left out."""
    found: dict[object, StatedPace] = {}
    for pace in _stated(plan, tuple(levels)):
        if any(pace.numbers):
            found.setdefault(pace.numbers, pace)
    return list(found.values())


def target_years(plan: Plan) -> Decimal | None:
    """The years in which the plan's target wants the program completed, if it states them."""
    targets = (target.value for target in plan.targets if target.key == "completion_years")
    return next((years for years in targets if years), None)


def warning_about(hours_per_week: Span) -> Sentence | None:
    """The audit's words on hours a week that nobody keeps up; None for those that can be worked."""
    if hours_per_week.high <= MAX_WEEKLY_HOURS:
        return None
    return Sentence(NOBODY_CAN_WORK, {"found": hours_per_week})


def advice() -> Sentence:
    """What the audit suggests instead."""
    return Sentence(PLAN_AT_MOST, {"expected": MAX_WEEKLY_HOURS})


def _stated(plan: Plan, levels: tuple[LevelHours, ...]) -> Iterator[StatedPace]:
    for each in plan.formats:
        yield StatedPace(each.format, each.hours_per_week, each.weeks, each.years, levels)
    for claim in plan.claims:
        if claim.kind == "duration":
            yield StatedPace(claim.source, claim.hours_per_week, claim.weeks, claim.years, levels)
    for target in plan.targets:
        if target.key == "completion_years" and target.value:
            yield StatedPace("target", target.hours_per_week, None, Span.of(target.value), levels)


def _up(number: Decimal) -> Decimal:
    return number.to_integral_value(ROUND_CEILING)


def _years(weeks: Decimal) -> Decimal:
    return (weeks / WEEKS_PER_YEAR).quantize(TENTH, ROUND_HALF_UP)


_ENOUGH = _("%(hours)s hours: enough")
_WEEKS, _YEARS = _("%(weeks)s weeks"), _("%(years)s years")
_WEEKS_AT = _("%(weeks)s weeks at %(pace)s hours a week")
_YEARS_AT = _("%(years)s years (%(weeks)s weeks) at %(pace)s hours a week")
_IN_WEEKS = _("%(needed)s hours a week in %(length)s weeks")
_IN_YEARS = _("%(needed)s hours a week in %(length)s years")
