"""The bullet of a scorecard to be read alone: with a scale, a table and a picture."""

from math import ceil

from django.utils.translation import gettext as _

from design.drawing import Mark, Tick, interval_chart
from design.pictures import LOW_PLOT
from design.templatetags.design import percent
from outcomes.charts import QUARTERS, Chart
from outcomes.measures import Measure
from outcomes.models import TargetKey
from outcomes.scorecards import SCALES
from outcomes.targets import Goal, is_share, judge
from outcomes.wording import interval_of, target_of, value_of

#: What the address of the picture and of the table ends in, after the key of the target.
BULLET = "-bullet"


def bullet_chart(measure: Measure, goal: Goal) -> Chart | None:
    """A number in its interval beside its target; None without a number, and for a rank, which has no interval."""
    if measure.value is None or measure.key == TargetKey.REPUTATION:
        return None
    key, found = measure.key, judge(measure, goal)
    minimum, maximum = _scale(measure)
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


def _scale(measure: Measure) -> tuple[float, float]:
    """That of the scorecard, and longer for a time that goes beyond it."""
    minimum, maximum = SCALES.get(measure.key, (0.0, 1.0))
    known = [number for number in (measure.value, measure.low, measure.high) if number is not None]
    return minimum, max(maximum, ceil(max(known))) if measure.key == TargetKey.COMPLETION_YEARS else maximum


def _ticks(key: str, minimum: float, maximum: float) -> list[Tick]:
    if is_share(key):
        return [Tick(share / 100, percent(share / 100)) for share in QUARTERS]
    return [Tick(number, str(number)) for number in range(int(minimum), int(maximum) + 1)]
