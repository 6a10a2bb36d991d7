"""The charts of the success pages, each with the numbers of its table and CSV."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any, TypeVar

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from design.drawing import Mark, Tick, band_chart
from design.pictures import PLOT_HEIGHT
from design.templatetags.design import percent
from outcomes.measuring.measures import Measure
from outcomes.measuring.placement import CURVE_DAYS, TOLD_DAYS, WINDOW
from outcomes.measuring.survival import SurvivalCurve, SurvivalPoint
from outcomes.measuring.targets import Goal
from outcomes.showing.wording import target_of

QUARTERS = (0, 25, 50, 75, 100)
DAYS_PER_MONTH = CURVE_DAYS / 12
FEWEST_FOLLOWED = 5


P = TypeVar("P")


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing with its title and its table: `head` names the columns of `rows`, whose cells are words.

    `height` is that of the plot in a picture.
    """

    title: str
    svg: SafeString
    summary: str
    head: list[str]
    rows: list[list[str]]
    height: int = PLOT_HEIGHT


def reach_chart(measure: Measure, goals: dict[int, Goal]) -> Chart | None:
    """How far learners get: retention through each level; None before anybody has completed or left level 1."""
    rows = measure.detail.get("levels", [])
    known = list(takewhile(lambda row: row["through"][0] is not None, rows))
    if not known:
        return None
    shares = [[100.0] * 3, *([100 * share for share in row["through"]] for row in known)]
    summary = _("Of everyone on the roster, %(share)s completes level %(level)s.") % {
        "share": percent(known[-1]["through"][0], 1),
        "level": known[-1]["level"],
    }
    ticks = [Tick(0, _("Start"), str(rows[0]["entered"]))]
    ticks += [Tick(row["level"], _("Level %(number)s") % {"number": row["level"]}, str(row["settled"])) for row in rows]
    svg = band_chart(
        uid="levels",
        title=_("How far learners get"),
        summary=summary,
        xs=list(range(len(shares))),
        middle=[share[0] for share in shares],
        low=[share[1] for share in shares],
        high=[share[2] for share in shares],
        x_max=len(rows),
        y_min=0,
        y_max=100,
        x_ticks=ticks,
        y_ticks=QUARTERS,
        marks=[
            Mark(row["level"], 100 * row["through"][0], percent(row["through"][0], 1), anchor=_side(row, rows))
            for row in known
            if row["level"] in goals
        ],
        targets=[
            Mark(level, 100 * float(goal.value), _target(goal), dx=-8, dy=16, anchor="end")
            for level, goal in goals.items()
            if goal.value is not None and goal.is_on and level <= len(rows)
        ],
    )
    return Chart(
        _("How far learners get"),
        svg,
        summary,
        [_("Through level"), _("Entered"), _("Completed"), _("Left"), _("Still in it"), _("Retained"),
         _("95% interval"), _("All pending leave"), _("All pending complete"), _("Target")],
        [
            [
                str(row["level"]), str(row["entered"]), str(row["completed"]), str(row["left"]), str(row["pending"]),
                percent(row["through"][0], 1), _between(row["through"]), percent(row["lowest"], 1),
                percent(row["highest"], 1), target_of(goals[row["level"]]) if row["level"] in goals else "–",
            ]
            for row in rows
        ],
    )  # fmt: skip


def placement_chart(measure: Measure, goal: Goal) -> Chart | None:
    """How soon graduates are placed, by months since graduation; None without graduates who seek a job."""
    points = measure.detail.get("curve", [])
    if len(points) < 2:
        return None
    told = {point[0]: point for point in points}
    points = _followed(points, at_risk=[point[4] for point in points])
    graduates = measure.detail["graduates"]
    summary = ngettext(
        "Share of %(count)s graduate with a relevant role in the field, by months since graduation",
        "Share of %(count)s graduates with a relevant role in the field, by months since graduation",
        graduates,
    ) % {"count": graduates}
    marks = []
    if WINDOW in told:
        share = told[WINDOW][1]
        marks = [Mark(WINDOW, 100 * share, percent(share, 1), dx=8, dy=18, anchor="start")]
    is_aimed = goal.value is not None and goal.is_on
    svg = band_chart(
        uid="placement",
        title=_("Placement after graduating"),
        summary=summary,
        xs=[point[0] for point in points],
        middle=[100 * point[1] for point in points],
        low=[100 * point[2] for point in points],
        high=[100 * point[3] for point in points],
        x_max=CURVE_DAYS,
        y_min=0,
        y_max=100,
        x_ticks=[
            Tick(0, _("Graduated")),
            Tick(3 * DAYS_PER_MONTH, "3"),
            Tick(6 * DAYS_PER_MONTH, _("6 months")),
            Tick(9 * DAYS_PER_MONTH, "9"),
            Tick(CURVE_DAYS, "12"),
        ],
        y_ticks=QUARTERS,
        marks=marks,
        targets=[Mark(WINDOW, 100 * float(goal.value or 0), _target(goal), dx=-8, dy=-10, anchor="end")] * is_aimed,
        step=True,
    )
    return Chart(
        _("Placement after graduating"),
        svg,
        summary,
        [_("Days after graduation"), _("Placed"), _("95% interval"), _("Still followed"), _("Target")],
        [
            [
                str(day), percent(told[day][1], 1), _between(told[day][1:4]), str(told[day][4]),
                target_of(goal) if day == WINDOW else "–",
            ]
            for day in TOLD_DAYS
            if day in told
        ],
    )  # fmt: skip


def stay_chart(curve: SurvivalCurve) -> Chart | None:
    """Who stays, by years since the cohort's start; None before anybody was followed for a while."""
    points: Sequence[SurvivalPoint] = curve.points
    if not points or points[-1].time == 0:
        return None
    points = _followed(points, at_risk=[point.at_risk for point in points])
    years = max(int(points[-1].time) + 1, 1)
    summary = _("Share of everyone on the roster who has not left, by years since the start")
    svg = band_chart(
        uid="stay",
        title=_("Who stays over time"),
        summary=summary,
        xs=[point.time for point in points],
        middle=[100 * point.survival for point in points],
        low=[100 * point.interval.low for point in points],
        high=[100 * point.interval.high for point in points],
        x_max=years,
        y_min=0,
        y_max=100,
        x_ticks=[
            Tick(year, _("Start") if year == 0 else str(year), str(at.at_risk) if (at := curve.at(year)) else "0")
            for year in range(0, years + 1, 1 if years <= 6 else 2)
        ],
        y_ticks=QUARTERS,
        step=True,
    )
    rows = []
    for quarter in range(4 * years + 1):
        point = curve.at(quarter / 4)
        if point is None:
            break
        limits = [point.survival, point.interval.low, point.interval.high]
        rows.append([f"{quarter / 4:g}", percent(point.survival, 1), _between(limits), str(point.at_risk)])
    return Chart(
        _("Who stays over time"),
        svg,
        summary,
        [_("Years since the start"), _("Retained"), _("95% interval"), _("Still followed")],
        rows,
    )


def _followed(points: Sequence[P], *, at_risk: Sequence[int]) -> Sequence[P]:
    """The points up to the last one with enough learners: at its end a curve hangs on one or two, and leaps."""
    enough = [place for place, number in enumerate(at_risk, start=1) if number >= FEWEST_FOLLOWED]
    return points[: max(enough, default=len(points))]


def _side(row: dict[str, Any], rows: Sequence[Any]) -> Any:
    return "end" if row["level"] == len(rows) else "middle"


def _target(goal: Goal) -> str:
    return _("Target %(target)s") % {"target": target_of(goal)}


def _between(limits: Sequence[float | None]) -> str:
    return "–" if limits[1] is None else f"{percent(limits[1], 1)}–{percent(limits[2], 1)}"
