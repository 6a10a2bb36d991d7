"""What the first page of a cohort draws of its roster: where everyone is, and how many reached each milestone."""

from dataclasses import dataclass
from datetime import date

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cohorts.roster import Roster
from design import drawing
from design.templatetags.design import STATUSES

MILESTONES_SHOWN = 6
MILESTONES_BEHIND = 3
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


def summary_of(roster: Roster) -> str:
    """ "15 on track, 4 at risk, 1 on leave": everyone on the path, in words."""
    counted = [(word, roster.words[word]) for word in TOLD_FIRST if roster.words[word]]
    return ", ".join(f"{count} {str(STATUSES[word][2]).lower()}" for word, count in counted)


def levels_of(roster: Roster) -> list[LevelCount]:
    places = [entry.standing.level for entry in roster.on_the_path]
    return [
        LevelCount(number=level.number, title=level.title, learners=places.count(level.number))
        for level in roster.outline.levels
    ]


def spread_of(roster: Roster) -> SafeString:
    """One dot for each learner on the path, red-rimmed for those at risk."""
    dots = [
        drawing.Dot(entry.standing.level, entry.standing.level_share, entry.name, entry.word == "at_risk")
        for entry in roster.on_the_path
    ]
    places = [
        _("%(learners)s in level %(number)s") % {"learners": level.learners, "number": level.number}
        for level in levels_of(roster)
        if level.learners
    ]
    return drawing.spread(dots, ", ".join(places) or _("Nobody is on the path yet"), roster.outline.highest)


def stops_of(roster: Roster) -> list[Stop]:
    """The last three milestones that are due and the next three, with how many reached them."""
    coming = next((place for place, due in enumerate(roster.milestones) if due.due_on >= roster.on), None)
    behind = len(roster.milestones) if coming is None else coming
    first = max(min(behind - MILESTONES_BEHIND, len(roster.milestones) - MILESTONES_SHOWN), 0)
    shown = roster.milestones[first : first + MILESTONES_SHOWN]
    people = roster.on_the_path
    stops = []
    for due in shown:
        reached = sum(entry.standing.has_reached(due) for entry in people)
        passed = due.due_on < roster.on
        state = "done" if passed and reached == len(people) else "now" if passed else ""
        note = _note(roster, due.due_on, reached, len(people))
        stops.append(Stop(title=due.title, due_on=due.due_on, state=state, note=note))
    return stops


def _note(roster: Roster, due_on: date, reached: int, people: int) -> str:
    counted = _("%(reached)s of %(people)s reached it") % {"reached": reached, "people": people}
    if due_on < roster.on:
        return counted
    ahead = time_until(due_on, on=roster.on)
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
