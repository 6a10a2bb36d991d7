"""The scorecards and the comparison of cohorts, as rows that a template only has to write down."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from cohorts.models import Cohort
from design import drawing
from design.dates import written_day
from outcomes.measuring.intervals import wilson
from outcomes.measuring.measures import SMALLEST_CELL, Measure
from outcomes.measuring.targets import Goal, judge
from outcomes.measuring.verdicts import MINIMUM_SETTLED, Verdict, verdict
from outcomes.models import TargetKey
from outcomes.scopes import Scope
from outcomes.showing.figures import Figures
from outcomes.showing.wording import (
    STATUS,
    amount,
    bound_of,
    difference,
    interval_of,
    is_nearly_all,
    target_of,
    value_of,
)

#: What the drawing of a number that is no share runs from and to.
SCALES: dict[str, tuple[float, float]] = {
    TargetKey.COMPLETION_YEARS: (0.0, 5.0),
    TargetKey.SATISFACTION: (1.0, 5.0),
}
RECENT = timedelta(days=92)

TONES: dict[Verdict | None, drawing.Tone] = {
    Verdict.ON_TARGET: "ok",
    Verdict.TOO_CLOSE: "info",
    Verdict.BELOW_TARGET: "bad",
}
TIME_TELLS = (TargetKey.RETENTION_LEVEL_3, TargetKey.RETENTION_LEVEL_5, TargetKey.COMPLETION_YEARS)
#: The columns of the comparison, with their short headings.
COMPARED: dict[TargetKey, str | Promise] = {
    TargetKey.RETENTION_LEVEL_3: gettext_lazy("Level 3"),
    TargetKey.RETENTION_LEVEL_5: gettext_lazy("Level 5"),
    TargetKey.COMPLETION_YEARS: gettext_lazy("Completion"),
    TargetKey.CAPSTONES: gettext_lazy("Capstones"),
    TargetKey.CODE_REVIEW: gettext_lazy("Reviews"),
    TargetKey.PLACEMENT: gettext_lazy("Placed"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One target in words and drawings. `verdict` is None where there is no target to judge by."""

    key: str
    name: str
    value: str
    bullet: SafeString | str
    spark: SafeString | str
    target: str
    interval: str
    counted: str
    pending: str
    change: str
    verdict: Verdict | None
    status: str
    words: str


def cards(figures: Figures) -> list[Card]:
    """A card for every target that can be measured, in the stated order."""
    return [
        card(measure, figures.targets.goal(key, figures.scope), trend=figures.trend.get(key, ()))
        for key, measure in figures.measures.items()
    ]


def card(measure: Measure, goal: Goal, *, trend: Sequence[tuple[Any, float]] = ()) -> Card:
    found = judge(measure, goal)
    counts = measure.counts
    past = [point for point in trend if trend and point[0] <= trend[-1][0] - RECENT]
    change = ""
    if past and measure.value is not None:
        change = difference(measure.key, past[-1][1], measure.value, past[-1][0])
    counted = _("n = %(count)s") % {"count": counts.denominator}
    if measure.key == TargetKey.REPUTATION:
        counted = measure.detail.get("ranking", "")
    elif 0 < counts.denominator < MINIMUM_SETTLED:
        counted = _("n = %(count)s, verdict from n = %(minimum)s") % {
            "count": counts.denominator,
            "minimum": MINIMUM_SETTLED,
        }
    return Card(
        key=measure.key,
        name=str(TargetKey(measure.key).label),
        value=value_of(measure),
        bullet=_bullet(measure, goal, found),
        spark=drawing.spark([value for _day, value in trend], _("Trend over the past year")),
        target=target_of(goal),
        interval=interval_of(measure),
        counted=counted,
        pending=_pending(measure),
        change=change,
        verdict=found,
        status=STATUS[found] if found else "",
        words=str(found.label_for(goal.comparison)) if found else "",
    )


def bounded_card(measure: Measure, goal: Goal) -> Card:
    """For others, of a share that fewer than five reached or did not: the same card for any such number of them.

    A verdict is passed where it would be the same for all of them.
    """
    total, is_high = measure.counts.denominator, is_nearly_all(measure)
    found = _verdict_of_any(range(SMALLEST_CELL), total, goal, is_high=is_high)
    words = _("n = %(count)s, fewer than 5 did not") if is_high else _("n = %(count)s, fewer than 5 did")
    return Card(
        key=measure.key,
        name=str(TargetKey(measure.key).label),
        value=bound_of(measure),
        bullet="",
        spark="",
        target=target_of(goal),
        interval="",
        counted=words % {"count": total},
        pending="",
        change="",
        verdict=found,
        status=STATUS[found] if found else "",
        words=str(found.label_for(goal.comparison)) if found else "",
    )


def _verdict_of_any(few: Iterable[int], total: int, goal: Goal, *, is_high: bool) -> Verdict | None:
    if goal.value is None or not goal.is_on:
        return None
    intervals = (wilson(total - number if is_high else number, total) for number in few)
    options = {verdict(one, target=goal.value, comparison=goal.comparison, settled=total) for one in intervals}
    return options.pop() if len(options) == 1 else Verdict.NOT_AVAILABLE


def _pending(measure: Measure) -> str:
    """Who is pending, or for a rank when it came out."""
    if measure.key == TargetKey.REPUTATION:
        return written_day(date.fromisoformat(measure.detail["on"]), "j M Y") if measure.detail else ""
    count = measure.counts.pending
    return ngettext("%(count)s pending", "%(count)s pending", count) % {"count": count}


def compared(figures: Figures, cohorts: Sequence[Cohort]) -> list[dict[str, Any]]:
    """A row for each cohort. A cell shows a dash under five counted learners, and where time must tell.

    In a young cohort only leavers have settled, so retention and time to complete wait until most learners have.
    """
    rows = []
    for cohort in cohorts:
        measures, scope = figures.by_cohort[cohort.pk], Scope(cohort_id=cohort.pk)
        counts = measures[TargetKey.COMPLETION_YEARS].counts
        cells = []
        for key in COMPARED:
            measure, goal = measures[key], figures.targets.goal(key, scope)
            is_hidden = measure.settled < SMALLEST_CELL or (
                key in TIME_TELLS and measure.counts.pending > measure.settled
            )
            found = None if is_hidden else judge(measure, goal)
            cells.append(
                {
                    "heading": COMPARED[key],
                    "text": "–" if is_hidden else value_of(measure),
                    "below": str(found.label_for(goal.comparison)) if found is Verdict.BELOW_TARGET and found else "",
                }
            )
        rows.append(
            {
                "name": cohort.name,
                "slug": cohort.slug,
                "format": cohort.get_format_display(),
                "starts_on": cohort.starts_on,
                "learners": counts.denominator + counts.pending,
                "cells": cells,
            }
        )
    return rows


def compared_targets(figures: Figures) -> list[tuple[str | Promise, str]]:
    return [(heading, target_of(figures.targets.goal(key, figures.scope))) for key, heading in COMPARED.items()]


def _bullet(measure: Measure, goal: Goal, found: Verdict | None) -> SafeString | str:
    if measure.value is None or measure.key == TargetKey.REPUTATION:
        return ""
    least, longest = SCALES.get(measure.key, (0.0, 1.0))
    target = float(goal.value) if goal.value is not None and goal.is_on else None
    words = {"value": amount(measure.key, measure.value), "interval": interval_of(measure), "target": target_of(goal)}
    return drawing.bullet(
        value=measure.value,
        low=measure.low,
        high=measure.high if measure.high is not None or measure.low is None else longest,
        target=target,
        minimum=least,
        maximum=longest,
        tone=TONES.get(found, ""),
        label=_("%(value)s, 95%% interval %(interval)s, target %(target)s") % words,
    )
