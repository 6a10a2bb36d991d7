"""Whether a target can be judged at all: what so few learners can tell, and what the plan's hours allow."""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from itertools import groupby
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cohorts.models import Cohort
from curriculum.audit.pace import MAX_WEEKLY_HOURS
from curriculum.models import Level
from curriculum.plan.hours import WEEKS_PER_YEAR
from design.templatetags.design import hours as rounded
from outcomes.measuring.intervals import Method, Z
from outcomes.measuring.measures import Measure
from outcomes.measuring.targets import Goal, is_share, judge
from outcomes.measuring.verdicts import MINIMUM_SETTLED, Verdict
from outcomes.models import TargetKey
from outcomes.showing.wording import amount, target_of, value_of


@dataclass(frozen=True, slots=True)
class Feasibility:
    """What stands in the way of a verdict, in sentences; `is_out_of_reach` when none can ever come as things are."""

    sentences: tuple[str, ...]
    is_out_of_reach: bool = False


@dataclass(frozen=True, slots=True)
class Pace:
    """What some cohorts of one version are to do: hours of curriculum, at hours a week."""

    title: str
    hours: Decimal
    hours_per_week: Decimal

    @property
    def years(self) -> Decimal:
        """How long that takes without a day off."""
        return self.hours / (self.hours_per_week * WEEKS_PER_YEAR)

    def weekly(self, years: Decimal) -> Decimal:
        """Hours a week that end it within so many years, in whole hours."""
        return (self.hours / (years * WEEKS_PER_YEAR)).to_integral_value(ROUND_CEILING)


def too_close(target: float, settled: int) -> float:
    """How far from the target a share of so many must lie to be told from it.

    Wilson's interval turns the score test around, so that it leaves the target out when
    |share - target| > z √(target (1 - target) / n). Source: as for `outcomes.measuring.intervals.score_interval`.
    """
    return Z * math.sqrt(target * (1 - target) / settled)


def fewest_on_target(target: float) -> int:
    """How many must be settled before "on target" can be said although every one of them reached it.

    n / (n + z²), Wilson's lower limit of all of n, is at least the target; and never fewer than a verdict asks for.
    A target of everybody is judged on the counts.
    """
    if target >= 1:
        return MINIMUM_SETTLED
    return max(MINIMUM_SETTLED, math.ceil(Z**2 * target / (1 - target)))


def sample_needed(share: float, target: float) -> int | None:
    """How many must be settled to tell this share from the target; None where they are the same."""
    gap = abs(share - target)
    return math.ceil(Z**2 * target * (1 - target) / gap**2) if gap else None


def feasibility(measure: Measure, goal: Goal, paces: Iterable[Pace] = ()) -> Feasibility | None:
    """What is known of the chance to judge this number by that target; None where there is nothing to judge by."""
    if goal.value is None or not goal.is_on:
        return None
    if goal.key == TargetKey.COMPLETION_YEARS:
        return _of_hours(goal.value, list(paces))
    if not is_share(goal.key):
        return None
    target, most = float(goal.value), measure.settled + measure.counts.pending
    fewest = fewest_on_target(target)
    told = [*_what_can_be_told(measure, target), *_what_it_takes(measure, goal)]
    if most < fewest:
        told.insert(0, _never(fewest, most))
    elif measure.settled < fewest:
        told.insert(
            0,
            _("On target can be said from %(fewest)s counted on, if every one of them reaches it.")
            % {"fewest": rounded(fewest)},
        )
    return Feasibility(tuple(told), is_out_of_reach=most < fewest)


def paces_of(cohorts: Iterable[Cohort]) -> list[Pace]:
    """How fast the cohorts are to go through their levels, each way once. One query."""
    planned = list(cohorts)
    hours: dict[UUID, dict[int, Decimal]] = defaultdict(dict)
    levels = Level.objects.filter(version__in={cohort.version_id for cohort in planned})
    for version, number, of_level in levels.values_list("version", "number", "hours"):
        hours[version][number] = of_level or Decimal(0)
    found = {
        Pace(
            str(cohort.version),
            sum((of for number, of in hours[cohort.version_id].items() if _runs_through(cohort, number)), Decimal(0))
            * cohort.hours_share,
            cohort.hours_per_week,
        )
        for cohort in planned
    }
    return sorted((pace for pace in found if pace.hours), key=lambda pace: (pace.title, pace.hours, -pace.years))


def _runs_through(cohort: Cohort, level: int) -> bool:
    return cohort.first_level <= level <= cohort.last_level


def _never(fewest: int, most: int) -> str:
    return ngettext(
        "Even if everyone reached it, on target can be said only from %(fewest)s counted on, and here at most "
        "%(most)s learner will ever count.",
        "Even if everyone reached it, on target can be said only from %(fewest)s counted on, and here at most "
        "%(most)s learners will ever count.",
        most,
    ) % {"fewest": rounded(fewest), "most": rounded(most)}


def _what_can_be_told(measure: Measure, target: float) -> Iterator[str]:
    """Product-limit and other shares that do not rest on one sample have wider intervals than this would say."""
    if not measure.settled or target >= 1 or measure.method != Method.WILSON:
        return
    reach = too_close(target, measure.settled)
    words = {
        "count": rounded(measure.settled),
        "low": amount(measure.key, max(0.0, target - reach)),
        "high": amount(measure.key, min(1.0, target + reach)),
    }
    yield (
        ngettext(
            "With %(count)s counted, a share from %(low)s to %(high)s can't be told from the target.",
            "With %(count)s counted, a share from %(low)s to %(high)s can't be told from the target.",
            measure.settled,
        )
        % words
    )


def _what_it_takes(measure: Measure, goal: Goal) -> Iterator[str]:
    if measure.value is None or judge(measure, goal) is not Verdict.TOO_CLOSE or goal.value is None:
        return
    needed = _needed(measure, float(goal.value))
    if needed is None:
        yield _("The value is the target itself: no number of learners tells them apart.")
        return
    yield _("If the value stays %(value)s, it takes about %(needed)s counted to tell it from %(target)s.") % {
        "value": value_of(measure),
        "needed": rounded(needed),
        "target": target_of(goal),
    }


def _needed(measure: Measure, target: float) -> int | None:
    """For a share of one sample by its formula; for any other by how intervals shrink, with the root of the sample."""
    value = measure.value or 0.0
    if measure.method == Method.WILSON:
        return sample_needed(value, target)
    limit = measure.high if value < target else measure.low
    if limit is None or value == target:
        return None
    return math.ceil(measure.settled * ((limit - value) / (target - value)) ** 2)


def _of_hours(years: Decimal, paces: list[Pace]) -> Feasibility:
    """What the plan's hours say of a time to complete: out of reach when every cohort's pace is too slow for it."""
    too_slow = [pace for pace in paces if pace.years > years]
    told = [
        _too_slow(years, list(same)) for _plan, same in groupby(too_slow, key=lambda pace: (pace.title, pace.hours))
    ]
    if paces and not too_slow:
        told.append(_("The planned hours allow it at the hours a week of every cohort here."))
    return Feasibility(tuple(told), is_out_of_reach=bool(paces) and len(too_slow) == len(paces))


def _too_slow(years: Decimal, paces: list[Pace]) -> str:
    """Of cohorts that are to do the same hours, the slowest first."""
    slowest, fastest = paces[0], paces[-1]
    words = {
        "title": slowest.title,
        "hours": rounded(slowest.hours),
        "weekly": rounded(slowest.hours_per_week),
        "years": rounded(slowest.years, 1),
        "fast_weekly": rounded(fastest.hours_per_week),
        "fast_years": rounded(fastest.years, 1),
        "target": rounded(years),
        "needed": rounded(slowest.weekly(years)),
        "most": rounded(MAX_WEEKLY_HOURS),
    }
    told = (
        _("%(title)s: %(hours)s curriculum hours at %(weekly)s hours a week take %(years)s years.")
        if slowest == fastest
        else _(
            "%(title)s: %(hours)s curriculum hours take %(years)s years at %(weekly)s hours a week, and "
            "%(fast_years)s years at %(fast_weekly)s."
        )
    )
    told += " " + _("%(target)s years take %(needed)s hours a week.")
    if slowest.weekly(years) > MAX_WEEKLY_HOURS:
        told += " " + _("Nobody can work more than %(most)s.")
    return told % words
