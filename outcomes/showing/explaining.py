"""Everything behind one number: its definition, its counts, what stands beside it, and the learners one by one."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from outcomes.collecting.verifying import with_verdicts
from outcomes.measuring.cases import Case, Standing
from outcomes.measuring.definitions import DEFINITIONS, METHODS
from outcomes.measuring.intervals import CONFIDENCE
from outcomes.measuring.measures import Measure
from outcomes.measuring.metrics import OF_ANSWERS, AsOf
from outcomes.measuring.placement import EARLY_WINDOW, WINDOW
from outcomes.measuring.reputation import rank_history
from outcomes.measuring.retention import over_time
from outcomes.measuring.targets import Targets
from outcomes.models import DEFINITION_VERSION, Placement, PlacementStatus, TargetKey
from outcomes.scopes import Scope
from outcomes.showing.charts import reach_chart, stay_chart
from outcomes.showing.feasibility import Pace, feasibility, paces_of
from outcomes.showing.number_charts import BULLET, TREND, bullet_chart, kept_trend
from outcomes.showing.scorecards import card
from outcomes.showing.wording import amount, target_of

RANKS_SHOWN = 20
RETENTION = {TargetKey.RETENTION_LEVEL_3: 3, TargetKey.RETENTION_LEVEL_5: 5}


def explanation(key: TargetKey, known: AsOf, scope: Scope, *, standing: str, now: datetime) -> dict[str, Any]:
    """What the page of one number shows, computed from the events; `standing` narrows the learners to one class."""
    goal = Targets(known.on).goal(key, scope)
    measure = known.measure(key, scope)
    tally = Counter(case.standing for case in measure.cases)
    chosen = Standing(standing) if standing in Standing.values else None
    cases = [case for case in measure.cases if chosen in (None, case.standing)]
    shown: dict[str, Any] = {
        "definition": DEFINITIONS[key],
        "version": DEFINITION_VERSION,
        "goal": goal,
        "goal_words": target_of(goal),
        "computed_at": now,
        "confidence": CONFIDENCE,
        "measure": measure,
        "is_anonymous": key in OF_ANSWERS,
        "card": card(measure, goal),
        "bullet": bullet_chart(measure, goal),
        "bullet_file": f"{key.value}{BULLET}",
        "trend": kept_trend(key, scope, on=known.on),
        "trend_file": f"{key.value}{TREND}",
        "method": METHODS.get(measure.method, measure.method),
        "beside": beside(measure),
        "is_of_learners": key != TargetKey.REPUTATION,
        "feasibility": feasibility(measure, goal, _paces(key, known, scope)),
        "reasons": _reasons(measure.cases),
        "chosen": chosen.value if chosen else "",
        "cases": sorted(cases, key=lambda case: list(Standing).index(case.standing)),
        "standings": [
            {"value": value, "label": value.label, "count": tally[value]} for value in Standing if tally[value]
        ],
    }
    if key == TargetKey.REPUTATION:
        shown["ranks"] = rank_history().filter(effective_on__lte=known.on)[:RANKS_SHOWN]
    if key in RETENTION:
        shown["stay"] = stay_chart(over_time(known.part(scope).roster))
        shown["reach"] = reach_chart(measure, {RETENTION[key]: goal})
    return shown


def _paces(key: TargetKey, known: AsOf, scope: Scope) -> list[Pace]:
    """Of the cohorts in question, for the one target that the plan's hours decide."""
    if key != TargetKey.COMPLETION_YEARS:
        return []
    return paces_of(cohort for cohort in known.cohorts.values() if scope.holds(cohort))


def beside(measure: Measure) -> list[tuple[str, str, str]]:
    """Narrower and wider readings that stand beside the value, as (what, value, counts in words)."""
    key, detail, counted = measure.key, measure.detail, measure.settled
    if key in RETENTION:
        return [
            (_("If all pending leave"), amount(key, measure.lowest), ""),
            (_("If all pending complete"), amount(key, measure.highest), ""),
        ]
    if key == TargetKey.COMPLETION_YEARS:
        rows = [
            (_("Graduated within %(years)s") % {"years": amount(key, years)}, amount("", share), "")
            for years, share, _low, _high in detail["incidence"]
        ]
        graduates = _("%(count)s graduates") % {"count": measure.counts.numerator}
        return [*rows, (_("Mean among graduates only"), amount(key, detail["mean"][0]), graduates)]
    if key == TargetKey.CODE_REVIEW:
        passed, reviewed, share, *_limits = detail["first_attempt"]
        return [(_("Reviewed projects that passed at the first verdict"), amount(key, share), _of(passed, reviewed))]
    if key == TargetKey.TOP_EMPLOYERS:
        return [
            (tier or _("Without a tier"), amount(key, number / counted), _of(number, counted))
            for tier, number in detail["tiers"]
        ]
    if key == TargetKey.PLACEMENT:
        return _beside_placement(measure, counted)
    if key == TargetKey.SATISFACTION:
        return _beside_satisfaction(measure, counted)
    return []


def _beside_satisfaction(measure: Measure, counted: int) -> list[tuple[str, str, str]]:
    detail, key = measure.detail, measure.key
    top, share, *_limits = detail["top_two"]
    rate = detail["answered"] / detail["asked"] if detail["asked"] else None
    rows = [
        (_("Gave 4 or 5"), amount("", share), _of(top, counted)),
        (_("Answered of those asked"), amount("", rate), _of(detail["answered"], detail["asked"])),
    ]
    if left := detail["left"]:
        answers = ngettext("%(count)s answer", "%(count)s answers", left["n"]) % {"count": left["n"]}
        rows.append((_("Who left, apart"), amount(key, left["mean"]), answers))
    return rows


def _beside_placement(measure: Measure, counted: int) -> list[tuple[str, str, str]]:
    names = {
        "without_school": _("Without graduates hired by the school"),
        "employed": _("Employed only, without own ventures and short-term work"),
        "full_time": _("Employed full-time only"),
    }
    rows = [
        (names[name], amount(measure.key, share), _of(number, counted))
        for name, (number, share, *_limits) in measure.detail["variants"].items()
    ]
    placed, settled, share, *_limits = measure.detail["early"]
    rows.append((_("After %(days)s days") % {"days": EARLY_WINDOW}, amount(measure.key, share), _of(placed, settled)))
    for status, number in measure.detail["statuses"].items():
        what = _("On day %(days)s: %(code)s, %(status)s") % {
            "days": WINDOW,
            "code": status,
            "status": PlacementStatus(status).label,
        }
        rows.append((what, amount(measure.key, number / counted), _of(number, counted)))
    return rows


def placements_behind(cases: Iterable[Case]) -> dict[tuple[UUID, date | None], Placement]:
    """The records that decided those cases, by entry and day: who recorded each, and who verified it. Two queries."""
    entry_of = {
        pk: case.entry.enrollment_id for case in cases for pk in (case.entry.enrollment_id, case.entry.current_id)
    }
    rows = with_verdicts(Placement.objects.filter(enrollment__in=entry_of)).order_by("recorded_at", "pk")
    return {
        (entry_of[row.enrollment_id], row.effective_on): row
        for row in rows
        if row.verdict is None or row.verdict.is_verified
    }


def _of(number: int, total: int) -> str:
    return _("%(number)s of %(total)s") % {"number": number, "total": total}


def _reasons(cases: Sequence[Case]) -> list[dict[str, Any]]:
    tally = Counter((case.standing, case.why) for case in cases)
    order = list(Standing)
    return [
        {"standing": standing.label, "why": why, "count": count}
        for (standing, why), count in sorted(
            tally.items(), key=lambda row: (order.index(row[0][0]), -row[1], row[0][1])
        )
    ]
