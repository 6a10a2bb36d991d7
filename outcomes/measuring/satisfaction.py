"""How satisfied the community is: the mean of the latest wave in which each cohort was heard."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count

from organizations.prepared import Prepared
from outcomes.measuring.cases import Counts
from outcomes.measuring.intervals import wilson
from outcomes.measuring.measures import Measure, limits
from outcomes.surveys.questions import SATISFIED, SCORES
from outcomes.surveys.records import Answer, Release, Survey, SurveyQuestion
from outcomes.surveys.results import mean_of

WINDOW = timedelta(days=365)
TOP = (4, 5)
Group = Release.Group


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """The scores of one crowd, by score; `on` is the day on which they could be known, `last_on` that of the wave."""

    crowd: UUID
    cohorts: frozenset[UUID]
    group: str
    on: date
    last_on: date
    asked: int
    answered: int
    scores: Counter[int]


_SCORES: Prepared[Any] = Prepared(
    lambda on, after: Answer.objects.filter(
        question__key=SATISFIED,
        question__kind=SurveyQuestion.Kind.SCORE,
        crowd__release__released_on__lte=on,
        crowd__release__released_on__gt=after,
        crowd__release__version__survey__kind__in=(Survey.Kind.SATISFACTION, Survey.Kind.EXIT),
    )
    .order_by()
    .values_list(
        "crowd", "crowd__cohorts", "crowd__release__group", "crowd__release__released_on", "crowd__release__last_on",
        "crowd__asked", "crowd__answered", "value",
    )
    .annotate(Count("pk"))
)  # fmt: skip


def heard_as_of(on: date) -> list[Heard]:
    """Every crowd that said how satisfied it is in the year up to the day, the latest first; one query."""
    found: dict[UUID, Heard] = {}
    for crowd, cohorts, group, released_on, last_on, asked, answered, value, number in _SCORES.rows(
        on=on, after=on - WINDOW
    ):
        heard = found.setdefault(
            crowd,
            Heard(
                crowd=crowd, cohorts=frozenset(cohorts), group=group, on=released_on, last_on=last_on, asked=asked,
                answered=answered, scores=Counter(),
            ),
        )  # fmt: skip
        heard.scores[value] += number
    return sorted(found.values(), key=lambda heard: (heard.on, heard.crowd), reverse=True)


def satisfaction(key: str, heard: Sequence[Heard], cohorts: Collection[UUID] | None) -> Measure:
    """Of these cohorts, or of all. Answers of crowds that also hold other cohorts are left out, and counted so.

    Who left stands beside it, in `detail`, and is never mixed in.
    """
    inside, partly = _within(_latest(heard, Group.HERE), cohorts)
    left, _partly = _within(_latest(heard, Group.LEFT), cohorts)
    scores = _scores(inside)
    interval, n = mean_of(scores), scores.total()
    value, low, high = limits(interval)
    top = sum(scores[score] for score in TOP)
    last_on = max((one.last_on for one in inside), default=None)
    return Measure(
        key=key,
        value=value,
        low=low,
        high=high,
        method=interval.method.value if interval else "",
        counts=Counts(numerator=top, denominator=n, pending=0, excluded=_scores(partly).total(), unknown=0),
        detail={
            "asked": sum(one.asked for one in inside),
            "answered": sum(one.answered for one in inside),
            "top_two": [top, *limits(wilson(top, n))],
            "scores": [scores[score] for score in SCORES],
            "last_on": last_on.isoformat() if last_on else None,
            "left": _apart(_scores(left)),
        },
    )


def _latest(heard: Sequence[Heard], group: str) -> list[Heard]:
    """Of each cohort the latest crowd. Crowds are whole or not there: a part of one could be fewer than five."""
    found, covered = [], set[UUID]()
    for one in heard:
        if one.group != group:
            continue
        if not one.cohorts & covered:
            found.append(one)
        covered |= one.cohorts
    return found


def _within(heard: Sequence[Heard], cohorts: Collection[UUID] | None) -> tuple[list[Heard], list[Heard]]:
    """Those inside the cohorts, and those that are so in part."""
    if cohorts is None:
        return list(heard), []
    asked = frozenset(cohorts)
    inside = [one for one in heard if one.cohorts <= asked]
    return inside, [one for one in heard if one.cohorts & asked and not one.cohorts <= asked]


def _scores(heard: Sequence[Heard]) -> Counter[int]:
    return sum((one.scores for one in heard), Counter())


def _apart(scores: Counter[int]) -> dict[str, Any] | None:
    interval = mean_of(scores)
    if interval is None:
        return None
    return {"n": scores.total(), "mean": interval.estimate, "low": interval.low, "high": interval.high}
