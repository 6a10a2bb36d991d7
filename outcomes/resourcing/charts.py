"""What a learner has cost so far, beside the estimate as far as it had run on each day."""

import math
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

from django.utils.translation import gettext as _

from design.dates import written_day
from design.drawing import Mark, Tick, band_chart
from design.templatetags.design import hours as rounded
from outcomes.resourcing.estimate_checks import money, money_range
from outcomes.resourcing.records import Cost
from outcomes.resourcing.resources import DAYS_PER_YEAR, Resources, years_since
from outcomes.showing.charts import Chart

THOUSAND = 1000
#: So many lines across at most.
LINES = 5


def cost_chart(row: Resources, costs: Iterable[Cost], *, on: date) -> Chart | None:
    """None before anything was recorded, before the census date, or where currencies differ."""
    learners = row.learners
    if row.each is None or not learners or not row.is_comparable or row.years <= 0:
        return None
    ordered = sorted((cost.effective_on, cost.amount) for cost in costs)
    start = row.cohort.starts_on
    days = _month_ends(start, on)
    known = [(day, sum((amount for paid, amount in ordered if paid <= day), Decimal(0)) / learners) for day in days]
    expected = [row.plan.each(years_since(start, day)) for day in days]
    years = [float(years_since(start, day)) for day in days]
    top = float(max(expected[-1].high, max(each for _day, each in known)))
    scale = THOUSAND if top >= 5 * THOUSAND else 1
    step = _step(top / scale)
    last = math.ceil(top / scale / step) * step
    ends = years[-1]
    summary = _("By %(day)s a learner has cost %(found)s; the estimate expects %(expected)s by then.") % {
        "day": written_day(on, "j F Y"),
        "found": money(row.each, row.currency),
        "expected": money_range(row.due_each, row.plan.currency),
    }
    whole = [year for year in range(int(ends) + 1) if ends - year > ends / 8 or year == 0]
    svg = band_chart(
        uid="cost",
        title=_("Cost of a learner over time"),
        summary=summary,
        xs=years,
        middle=[float(each) / scale for _day, each in known],
        low=[float(one.low) / scale for one in expected],
        high=[float(one.high) / scale for one in expected],
        x_max=ends,
        y_min=0,
        y_max=last,
        x_ticks=[
            *(Tick(year, _("Start") if year == 0 else str(year)) for year in whole),
            Tick(ends, written_day(on, "M Y")),
        ],
        y_ticks=[_plain(step * number) for number in range(round(last / step) + 1)],
        y_unit="k" if scale == THOUSAND else "",
        marks=[Mark(ends, float(row.each) / scale, money(row.each, row.currency), anchor="end")],
        step=True,
    )
    head = [_("By"), _("A learner has cost"), _("Estimate, lowest"), _("Estimate, highest")]
    rows = [
        [written_day(day, "j M Y"), rounded(each, 0), rounded(one.low, 0), rounded(one.high, 0)]
        for (day, each), one in zip(known, expected, strict=True)
    ]
    return Chart(
        _("Cost of a learner over time"),
        svg,
        summary,
        head,
        rows[:: max(len(rows) // 12, 1)] if len(rows) > 24 else rows,
    )


def _month_ends(start: date, on: date) -> list[date]:
    """The start, every twelfth of a year after it, and the day itself."""
    step = float(DAYS_PER_YEAR) / 12
    found = [start + timedelta(days=round(number * step)) for number in range(int((on - start).days / step) + 1)]
    days = [day for day, following in pairwise([*found, on]) if day < following]
    return [*days, on]


def _step(top: float) -> float:
    """A round number that goes into the top about five times."""
    rough = top / LINES
    size = 10.0 ** math.floor(math.log10(rough)) if rough > 0 else 1.0
    return next(size * factor for factor in (1, 2, 5, 10) if size * factor >= rough)


def _plain(number: float) -> float:
    """Whole numbers as such: an axis says 5, not 5.0."""
    return int(number) if number == int(number) else number
