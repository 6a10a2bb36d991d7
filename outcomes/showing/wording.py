"""Numbers and verdicts as the reader sees them, in the active language."""

from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from design.dates import written_day
from design.templatetags.design import hours as rounded
from design.templatetags.design import percent
from outcomes.measuring.measures import SMALLEST_CELL, Measure
from outcomes.measuring.targets import Goal
from outcomes.measuring.verdicts import AT_MOST, Verdict
from outcomes.models import TargetKey

YEARS = (TargetKey.COMPLETION_YEARS,)
POINTS = (TargetKey.SATISFACTION, TargetKey.REPUTATION)
#: Of points; a tenth hides what satisfaction moves by.
DECIMALS: dict[str, int] = {TargetKey.SATISFACTION: 2, TargetKey.REPUTATION: 0}

#: The design's status for each verdict.
STATUS = {
    Verdict.ON_TARGET: "met",
    Verdict.TOO_CLOSE: "close",
    Verdict.BELOW_TARGET: "below",
    Verdict.TOO_EARLY: "early",
    Verdict.NOT_AVAILABLE: "not_available",
}


def amount(key: str, number: float | None) -> str:
    """74.6% or 2.6 years; a dash for nothing."""
    if number is None:
        return "–"
    if key in YEARS:
        years = rounded(number, 1)
        return ngettext("%(years)s year", "%(years)s years", round(number)) % {"years": years}
    if key in POINTS:
        return rounded(number, DECIMALS[key])
    return percent(number, 1)


def value_of(measure: Measure) -> str:
    """The value; a time that half of the learners have not reached says so."""
    if measure.key in YEARS and measure.value is None and measure.settled:
        return _("Not reached")
    return amount(measure.key, measure.value)


def interval_of(measure: Measure) -> str:
    """The 95% interval, such as 70.2–78.6%; open where a limit lies beyond every observation."""
    low, high = measure.low, measure.high
    if low is None and high is None:
        return "–"
    if measure.key in YEARS:
        if high is None:
            return _("%(low)s or more") % {"low": amount(measure.key, low)}
        return f"{rounded(low or 0, 1)}–{amount(measure.key, high)}"
    if measure.key in POINTS:
        return f"{amount(measure.key, low)}–{amount(measure.key, high)}"
    return f"{rounded(100 * (low or 0), 1)}–{percent(high, 1)}"


def bound_of(measure: Measure) -> str:
    """94% or more, of a share that fewer than five did not reach, or 6% or less; nothing tells how many."""
    total, most = measure.counts.denominator, SMALLEST_CELL - 1
    if is_nearly_all(measure):
        return _("%(low)s or more") % {"low": percent((100 * (total - most) // total) / 100)}
    return _("%(high)s or less") % {"high": percent(-(-100 * most // total) / 100)}


def is_nearly_all(measure: Measure) -> bool:
    """Whether fewer than five of those counted did not reach it."""
    return measure.counts.denominator - measure.counts.numerator < SMALLEST_CELL


def target_of(goal: Goal) -> str:
    """70%, or ≤ 2.5 years; a dash where the target is off or states no number."""
    if goal.value is None or not goal.is_on:
        return "–"
    number = float(goal.value)
    decimals = 0 if (100 * goal.value) % 1 == 0 else 1
    words = percent(number, decimals) if goal.key not in (*YEARS, *POINTS) else amount(goal.key, number)
    if goal.key == TargetKey.SATISFACTION:
        words = _("%(points)s of 5") % {"points": rounded(number, 1 if (10 * goal.value) % 1 == 0 else 2)}
    return f"≤ {words}" if goal.comparison == AT_MOST else words


def difference(key: str, before: float, after: float, since: date) -> str:
    """+1.8 since Aug 2026: in percentage points, years or points."""
    decimals = DECIMALS.get(key, 1)
    step = round((after - before) * (1 if key in (*YEARS, *POINTS) else 100), decimals)
    sign = "+" if step > 0 else "−" if step < 0 else "±"
    words = {"step": f"{sign}{rounded(abs(step), decimals)}", "month": written_day(since, "M Y")}
    return _("%(step)s since %(month)s") % words


def summing_up(verdicts: list[Verdict]) -> str:
    """How many targets are met, missed and undecided, in a sentence or two."""
    judged = len(verdicts)
    if not judged:
        return _("No target is measured yet.")
    met, missed = verdicts.count(Verdict.ON_TARGET), verdicts.count(Verdict.BELOW_TARGET)
    close = verdicts.count(Verdict.TOO_CLOSE)
    early = judged - met - missed - close
    parts = [
        ngettext(
            "%(met)s of %(judged)s measured target is met and %(missed)s is missed.",
            "%(met)s of %(judged)s measured targets are met and %(missed)s are missed.",
            judged,
        )
        % {"met": met, "judged": judged, "missed": missed}
    ]
    if close:
        parts.append(
            ngettext("%(count)s is too close to call.", "%(count)s are too close to call.", close) % {"count": close}
        )
    if early:
        parts.append(
            ngettext("For %(count)s it is too early to say.", "For %(count)s it is too early to say.", early)
            % {"count": early}
        )
    return " ".join(parts)
