"""What the first page of a cohort draws of its roster: where everyone is, and how many reached each milestone."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Count, Func, QuerySet, UUIDField
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cohorts.flags import flags_of
from cohorts.models import Cohort, RosterRow
from cohorts.outline import Outline, outline_of
from cohorts.risk import Reason
from cohorts.roster_query import Facets
from cohorts.roster_rows import flagged_first
from cohorts.standing import Due, Milestones
from design import drawing
from design.templatetags.design import STATUSES
from organizations.prepared import Prepared, among

MILESTONES_SHOWN = 6
MILESTONES_BEHIND = 3
NEEDS_A_PERSON_SHOWN = 6
#: More dots than this are a wall; the numbers below them say the same.
DOTS_SHOWN = 400
#: The words about learners, in the order in which people want to hear them.
TOLD_FIRST = ("ahead", "on_track", "slipping", "at_risk", "on_leave")


@dataclass(frozen=True, kw_only=True)
class LevelCount:
    number: int
    title: str
    learners: int


@dataclass(frozen=True, kw_only=True)
class Stop:
    """A milestone of the cohort: `state` is done when all have reached it, now when it passed without, else empty."""

    title: str
    due_on: date
    state: str
    note: str


class Place(NamedTuple):
    """Where one learner on the path is: a row of the roster, as far as it is drawn."""

    name: str
    word: str
    level: int
    level_share: float
    reached: list[UUID]


@dataclass(frozen=True, kw_only=True)
class Whereabouts:
    """Everyone in the cohort as of `on`, or one mentor's learners in it: how many have each word, how many on the path
    are in each level and have reached each milestone, and where they are, unless they are too many to draw."""

    on: date
    outline: Outline
    milestones: tuple[Due, ...]
    words: Counter[str]
    levels: Counter[int]
    reached: Counter[UUID]
    places: list[Place]

    @property
    def on_the_path(self) -> int:
        return self.levels.total()


@dataclass(frozen=True, kw_only=True)
class Flagged:
    """A learner who needs a person, and why."""

    enrollment: UUID
    name: str
    email: str
    level: int
    levels: int
    reasons: Sequence[Reason]


def whereabouts_of(rows: QuerySet[RosterRow], cohort: Cohort, facets: Facets, *, on: date) -> Whereabouts:
    """Of those rows, of which the facets are known, in two queries."""
    walking = rows.filter(is_on_the_path=True)
    places: list[Place] = []
    if facets.levels.total() <= DOTS_SHOWN:
        fields = ("enrollment__learner__name", "word", "level", "level_share", "reached")
        places = [Place._make(values) for values in walking.order_by("enrollment").values_list(*fields)]
        reached = Counter(milestone for place in places for milestone in place.reached)
    else:
        each = walking.order_by().annotate(each=Func("reached", function="unnest", output_field=UUIDField()))
        reached = Counter(dict(each.values_list("each").annotate(people=Count("pk"))))
    return Whereabouts(
        on=on,
        outline=outline_of(cohort.version),
        milestones=Milestones(cohorts=[cohort.pk], enrollments=[]).of_cohort(cohort.pk),
        words=facets.words,
        levels=facets.levels,
        reached=reached,
        places=places,
    )


def flagged_of(rows: QuerySet[RosterRow], *, on: date) -> list[Flagged]:
    """Who needs a person most, with the reasons in the reader's words. Three queries."""
    # Before names are joined to all of them.
    most = list(flagged_first(rows).values_list("pk", flat=True)[:NEEDS_A_PERSON_SHOWN])
    first = _MOST.rows(rows=most)
    reasons = flags_of([pk for pk, *_rest in first], on=on)
    return [
        Flagged(enrollment=pk, name=name, email=email, level=level, levels=levels, reasons=reasons.get(pk, []))
        for pk, name, email, level, levels in first
    ]


_MOST: Prepared[Any] = Prepared(
    lambda rows: flagged_first(RosterRow.objects.filter(among("pk", rows))).values_list(
        "enrollment", "enrollment__learner__name", "enrollment__learner__user__email", "level", "levels"
    )
)


def summary_of(seen: Whereabouts) -> str:
    """ "15 on track, 4 at risk, 1 on leave": everyone on the path, in words."""
    words = seen.words
    counted = [(word, words[word]) for word in TOLD_FIRST if words[word]]
    return ", ".join(f"{count} {str(STATUSES[word][2]).lower()}" for word, count in counted)


def levels_of(seen: Whereabouts) -> list[LevelCount]:
    return [
        LevelCount(number=level.number, title=level.title, learners=seen.levels[level.number])
        for level in seen.outline.levels
    ]


def spread_of(seen: Whereabouts) -> SafeString:
    """One dot for each learner on the path, red-rimmed for those at risk; none when there are too many."""
    dots = [drawing.Dot(place.level, place.level_share, place.name, place.word == "at_risk") for place in seen.places]
    places = [
        _("%(learners)s in level %(number)s") % {"learners": level.learners, "number": level.number}
        for level in levels_of(seen)
        if level.learners
    ]
    return drawing.spread(dots, ", ".join(places) or _("Nobody is on the path yet"), seen.outline.highest)


def stops_of(seen: Whereabouts) -> list[Stop]:
    """The last three milestones that are due and the next three, with how many reached them."""
    milestones = seen.milestones
    coming = next((place for place, due in enumerate(milestones) if due.due_on >= seen.on), None)
    behind = len(milestones) if coming is None else coming
    first = max(min(behind - MILESTONES_BEHIND, len(milestones) - MILESTONES_SHOWN), 0)
    stops = []
    for due in milestones[first : first + MILESTONES_SHOWN]:
        reached, passed = seen.reached[due.id], due.due_on < seen.on
        state = "done" if passed and reached == seen.on_the_path else "now" if passed else ""
        note = _note(seen.on, due.due_on, reached, seen.on_the_path)
        stops.append(Stop(title=due.words, due_on=due.due_on, state=state, note=note))
    return stops


def _note(on: date, due_on: date, reached: int, people: int) -> str:
    counted = _("%(reached)s of %(people)s reached it") % {"reached": reached, "people": people}
    if due_on < on:
        return counted
    ahead = time_until(due_on, on=on)
    return f"{ahead}, {counted}" if reached else ahead


def time_until(day: date, *, on: date) -> str:
    """ "today", "in 7 days", "in 8 weeks", "in 5 months": rounded down once it is far."""
    days = (day - on).days
    if days == 0:
        return _("today")
    if days < 21:
        return ngettext("in %(count)s day", "in %(count)s days", days) % {"count": days}
    if days < 90:
        return ngettext("in %(count)s week", "in %(count)s weeks", days // 7) % {"count": days // 7}
    return ngettext("in %(count)s month", "in %(count)s months", days // 30) % {"count": days // 30}
