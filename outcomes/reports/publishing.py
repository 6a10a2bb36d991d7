"""The page on which an organization tells everybody what became of its learners, once an admin switched it on.

Its numbers are those of the end of the last half-year, with the graduates of the latest half-year before it that has
enough of them for a verdict, or else five, all of whom are 180 days out by then. They move twice a year: two looks at
the page a day apart would tell what one person did.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from zlib import crc32

from django.core.cache import cache
from django.db.models import QuerySet

from accounts.models import Membership
from outcomes.collecting.salaries import Salaries
from outcomes.keeping.snapshots import kept_on
from outcomes.measuring.measures import SMALLEST_CELL, Measure
from outcomes.measuring.metrics import MEASURED, AsOf
from outcomes.measuring.targets import Targets
from outcomes.measuring.verdicts import MINIMUM_SETTLED
from outcomes.models import DEFINITION_VERSION, PublicPageSwitch
from outcomes.reports.disclosing import bounded, withheld_beside
from outcomes.reports.graduate_lines import report_as_of
from outcomes.reports.graduates import Completion, GraduateReport, HalfYear, Situations, latest_with_graduates
from outcomes.scopes import EVERYONE
from outcomes.showing.scorecards import Card, bounded_card, card

#: Seconds for which what was counted is kept: a fact of the past that is recorded today shows after it.
KEPT_FOR = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What the page tells; `withheld` are the keys of numbers that it does not, as they would tell of too few.

    Of those that are `bounded` it tells that they are as high, or as low, as that.
    """

    on: date
    measures: Mapping[str, Measure]
    report: GraduateReport
    withheld: frozenset[str]
    bounded: frozenset[str]

    def cards(self) -> list[tuple[Card, bool]]:
        """Each target that is in force, in the active language, and whether it may be told."""
        targets = Targets(self.on)
        goals = {key: targets.goal(key) for key in self.measures}
        return [
            (bounded_card(measure, goals[key]), True)
            if key in self.bounded
            else (card(measure, goals[key]), key not in self.withheld)
            for key, measure in self.measures.items()
            if goals[key].is_on
        ]


SHAPES = (Published, GraduateReport, Situations, Completion, Salaries, Measure)


def switches() -> QuerySet[PublicPageSwitch]:
    """Every time that the page was switched on or off, the latest first."""
    return PublicPageSwitch.objects.select_related("recorded_by").order_by("-recorded_at", "-pk")


def is_public() -> bool:
    """Whether the page of the organization in scope is there for everybody."""
    latest = switches().first()
    return latest is not None and latest.is_on


def switch_public_page(*, is_on: bool, by: Membership, at: datetime) -> PublicPageSwitch | None:
    """Show the page to everybody, or to nobody. None where it is so already."""
    if is_public() == is_on:
        return None
    return PublicPageSwitch.objects.create(is_on=is_on, recorded_by=by, recorded_at=at)


def published(*, today: date) -> Published:
    """What the page of the organization in scope tells on a day, counted now."""
    half = HalfYear.holding(today).before
    known = AsOf(half.ends_on)
    report = report_as_of(known, period_told(known, last=half.before))
    measures = _measures(known)
    return Published(
        on=half.ends_on,
        measures=measures,
        report=report,
        withheld=frozenset(withheld_beside(measures, report)),
        bounded=frozenset(bounded(measures, report)),
    )


def published_lately(*, organization: object, today: date) -> Published:
    """The same, counted at most once an hour however many look."""
    # A release that counts something else does not read what the one before it kept.
    shape = crc32(repr([field.name for each in SHAPES for field in fields(each)]).encode())
    key = f"published-outcomes:{organization}:{HalfYear.holding(today).code}:{DEFINITION_VERSION}:{shape}"
    found = cache.get(key)
    if not isinstance(found, Published):
        found = published(today=today)
        cache.set(key, found, KEPT_FOR)
    return found


def period_told(known: AsOf, *, last: HalfYear) -> HalfYear:
    """The half-year that others are told of. Chosen by how many graduated alone, never by how they fare."""
    small = latest_with_graduates(known.roster.anonymous, last=last, fewest=SMALLEST_CELL)
    return latest_with_graduates(known.roster.anonymous, last=last, fewest=MINIMUM_SETTLED, otherwise=small)


def _measures(known: AsOf) -> Mapping[str, Measure]:
    """From the night's snapshot of that day where one is kept and still true; without the learners behind them."""
    stored = kept_on(known.on)
    kept = stored.measures if stored.computed_at else {}
    if all((None, key) in kept for key in MEASURED):
        return {key: kept[None, key] for key in MEASURED}
    return {key: replace(measure, cases=()) for key, measure in known.measures(EVERYONE).items()}
