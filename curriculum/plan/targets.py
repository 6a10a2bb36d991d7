"""The sentences in which a plan states its thirteen targets."""

import re
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

from curriculum.plan.hours import NUMBER, find_durations, read_number
from curriculum.plan.nodes import Comparison, PlanTarget, TargetKey

_RETENTION = re.compile(
    r"(?P<percent>\d+(?:[.,]\d+)?)\s*%\s*\+?\s*(?:through|to|t/m|tot en met|tot)\s+(?:level|niveau)\s+(?P<level>\d+)",
    re.I,
)
_PERCENT = re.compile(r"(?P<number>\d+(?:[.,]\d+)?)\s*%")
_POINTS = re.compile(rf"(?P<number>{NUMBER})\s*\+?\s*/\s*5")
_RANK = re.compile(r"\btop[\s-]*(?P<number>\d+)", re.I)
_MONTHS = re.compile(r"(?P<number>\d+)\s*(?:months|month|maanden|maand)\b", re.I)

# In this order: the first that fits decides, so the narrow ones come before the wide ones.
_KEYS: tuple[tuple[TargetKey, re.Pattern[str]], ...] = (
    ("placement", re.compile(r"placement|plaatsing", re.I)),
    ("alumni_mentoring", re.compile(r"alumni", re.I)),
    ("top_employers", re.compile(r"faang|top employers|topwerkgevers|\bhired?\b", re.I)),
    ("reputation", re.compile(r"reputati", re.I)),
    ("satisfaction", re.compile(r"satisfaction|tevreden", re.I)),
    ("code_review", re.compile(r"code[\s-]*(?:quality|review|kwaliteit)", re.I)),
    ("benchmark", re.compile(r"benchmark", re.I)),
    ("production_project", re.compile(r"production project|productieproject|github", re.I)),
    ("portfolio_quality", re.compile(r"capstone.*(?:quality|kwaliteit)|portfolio[\s-]*ready", re.I)),
    ("completion_years", re.compile(r"completion time|doorlooptijd|time to complet", re.I)),
    ("capstones", re.compile(r"capstone", re.I)),
)


def read_targets(text: str, *, group: str, line: int) -> tuple[PlanTarget, ...]:
    """The targets in one sentence; empty when it states none that is known.

    A sentence about retention holds one target for level 3 and one for level 5.
    """
    retention = tuple(
        PlanTarget(key, ">=", read_number(match["percent"]), "%", text, group, line=line)
        for match in _RETENTION.finditer(text)
        if (key := _RETENTION_KEYS.get(match["level"]))
    )
    if retention:
        return retention
    key = next((key for key, pattern in _KEYS if pattern.search(text)), None)
    if key is None:
        return ()
    return (_READERS.get(key, _percentage)(key, text, group, line),)


def _percentage(key: TargetKey, text: str, group: str, line: int) -> PlanTarget:
    return _stated(PlanTarget(key, None, None, "", text, group, line=line), _PERCENT, ">=", "%")


def _placement(key: TargetKey, text: str, group: str, line: int) -> PlanTarget:
    window = _MONTHS.search(text)
    return replace(_percentage(key, text, group, line), months=Decimal(window["number"]) if window else None)


def _satisfaction(key: TargetKey, text: str, group: str, line: int) -> PlanTarget:
    return _stated(PlanTarget(key, None, None, "", text, group, line=line), _POINTS, ">=", "points")


def _reputation(key: TargetKey, text: str, group: str, line: int) -> PlanTarget:
    return _stated(PlanTarget(key, None, None, "", text, group, line=line), _RANK, "<=", "rank")


def _completion(key: TargetKey, text: str, group: str, line: int) -> PlanTarget:
    target = PlanTarget(key, None, None, "", text, group, line=line)
    for duration in find_durations(text):
        if duration.years:
            pace = duration.hours_per_week
            return replace(target, comparison="<=", value=duration.years.high, unit="years", hours_per_week=pace)
    return target


def _stated(target: PlanTarget, pattern: re.Pattern[str], comparison: Comparison, unit: str) -> PlanTarget:
    """The target with the number that the pattern finds in its text, or as it is when there is none."""
    match = pattern.search(target.text)
    if match is None:
        return target
    return replace(target, comparison=comparison, value=read_number(match["number"]), unit=unit)


_RETENTION_KEYS: dict[str, TargetKey] = {"3": "retention_level_3", "5": "retention_level_5"}
_READERS: dict[TargetKey, Callable[[TargetKey, str, str, int], PlanTarget]] = {
    "placement": _placement,
    "satisfaction": _satisfaction,
    "reputation": _reputation,
    "completion_years": _completion,
}
