"""The bullet and the small line of a scorecard to be read alone: with a scale, a table and a picture."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from math import ceil

from django.utils.translation import gettext as _

from design.dates import written_day
from design.drawing import Mark, Tick, band_chart, interval_chart
from design.pictures import LOW_PLOT
from design.templatetags.design import percent
from outcomes.keeping.snapshots import trends
from outcomes.measuring.measures import Measure
from outcomes.measuring.targets import Goal, is_share, judge
from outcomes.models import TargetKey
from outcomes.scopes import Scope
from outcomes.showing.charts import QUARTERS, Chart
from outcomes.showing.scorecards import SCALES
from outcomes.showing.wording import amount, interval_of, target_of, value_of

#: What the address of the picture and of the table ends in, after the key of the target.
BULLET, TREND = "-bullet", "-trend"
#: So many days are named under a trend, and so many values stand in its table at most.
DAYS_NAMED, VALUES_LISTED = 4, 26


def bullet_chart(measure: Measure, goal: Goal) -> Chart | None:
    """A number in its interval beside its target; None without a number, and for a rank, which has no interval."""
    if measure.value is None or measure.key == TargetKey.REPUTATION:
        return None
    key, found = measure.key, judge(measure, goal)
    minimum, maximum = _scale(key, [measure.value, measure.low, measure.high])
    title = str(TargetKey(key).label)
    words = {"value": value_of(measure), "interval": interval_of(measure), "target": target_of(goal)}
    summary = _("%(value)s, 95%% interval %(interval)s, target %(target)s") % words
    is_aimed = goal.value is not None and goal.is_on
    svg = interval_chart(
        uid=f"{key}{BULLET}",
        title=title,
        summary=summary,
        value=Mark(measure.value, 0, value_of(measure)),
        low=measure.low,
        high=measure.high if measure.high is not None or measure.low is None else maximum,
        target=Mark(float(goal.value or 0), 0, _("Target %(target)s") % words) if is_aimed else None,
        ticks=_ticks(key, minimum, maximum),
        minimum=minimum,
        maximum=maximum,
    )
    counts = measure.counts
    head = [_("Value"), _("95% interval"), _("Target"), _("Verdict"), _("Counted"), _("Pending")]
    verdict = str(found.label_for(goal.comparison)) if found else "–"
    row = [words["value"], words["interval"], words["target"], verdict, str(counts.denominator), str(counts.pending)]
    return Chart(title, svg, summary, head, [row], height=LOW_PLOT)


def kept_trend(key: str, scope: Scope, *, on: date) -> Chart | None:
    """The trend of a number over the year up to a day; None for learners of whom no snapshots are taken."""
    return trend_chart(key, trends(scope=scope, on=on).get(key, ())) if scope.is_kept else None


def trend_chart(key: str, points: Sequence[tuple[date, float]]) -> Chart | None:
    """The values kept of a number, oldest first; None under two of them, and for a rank, which has its own list."""
    if len(points) < 2 or key == TargetKey.REPUTATION:
        return None
    first, last, value = points[0][0], points[-1][0], points[-1][1]
    span = (last - first).days
    times = 100 if is_share(key) else 1
    minimum, maximum = _scale(key, [number for _day, number in points])
    values = [times * number for _day, number in points]
    title = _("%(name)s over the past year") % {"name": TargetKey(key).label}
    summary = _("From %(before)s on %(first)s to %(after)s on %(last)s") % {
        "before": amount(key, points[0][1]),
        "first": written_day(first, "j M Y"),
        "after": amount(key, value),
        "last": written_day(last, "j M Y"),
    }
    named = [span * number / DAYS_NAMED for number in range(DAYS_NAMED + 1)] if span >= 28 * DAYS_NAMED else [0, span]
    svg = band_chart(
        uid=f"{key}{TREND}",
        title=title,
        summary=summary,
        xs=[(day - first).days for day, _number in points],
        middle=values,
        low=values,
        high=values,
        x_max=span,
        y_min=times * minimum,
        y_max=times * maximum,
        x_ticks=[Tick(place, written_day(first + timedelta(days=round(place)), "j M")) for place in named],
        y_ticks=QUARTERS if is_share(key) else range(int(minimum), int(maximum) + 1),
        y_unit="%" if is_share(key) else "",
        marks=[Mark(span, values[-1], amount(key, value), anchor="end")],
    )
    listed = points[:: -(-len(points) // VALUES_LISTED)]
    rows = [[written_day(day, "j M Y"), amount(key, number)] for day, number in listed]
    return Chart(title, svg, summary, [_("Day"), _("Value")], rows)


def _scale(key: str, numbers: Iterable[float | None]) -> tuple[float, float]:
    """That of the scorecard, and longer for a time that goes beyond it."""
    minimum, maximum = SCALES.get(key, (0.0, 1.0))
    known = [number for number in numbers if number is not None]
    return minimum, max(maximum, ceil(max(known))) if key == TargetKey.COMPLETION_YEARS else maximum


def _ticks(key: str, minimum: float, maximum: float) -> list[Tick]:
    if is_share(key):
        return [Tick(share / 100, percent(share / 100)) for share in QUARTERS]
    return [Tick(number, str(number)) for number in range(int(minimum), int(maximum) + 1)]
