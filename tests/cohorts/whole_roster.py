"""The roster of a cohort made in one pass over its learners, in Python: what the stored rows are held against."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from operator import attrgetter
from typing import Any
from uuid import UUID

from django.db.models import F

from cohorts.models import Cohort, Enrollment
from cohorts.risk import Reason, reasons_of
from cohorts.roster import DOING, ON_THE_PATH, word_for
from cohorts.standing import Due, Milestones, Standing, standings_of

#: What `roster_of` asks of the people of a row.
names_of = attrgetter("learner_name", "learner_email", "mentor_name")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A learner on the roster with everything the page sorts and filters by. `word` is a key of `design.STATUSES`."""

    standing: Standing
    reasons: Sequence[Reason]
    word: str
    name: str
    email: str
    mentor_name: str

    @property
    def enrollment(self) -> Enrollment:
        return self.standing.enrollment

    @property
    def is_on_the_path(self) -> bool:
        return self.standing.status in ON_THE_PATH


@dataclass(frozen=True, kw_only=True)
class Roster:
    """Everyone in the cohort as of a day, and the cohort's milestones."""

    milestones: tuple[Due, ...]
    entries: list[Entry]


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What of the roster is asked for; empty values ask for all. `sort` is a key of `SORTS`, `-` before it reverses."""

    name: str = ""
    word: str = ""
    level: int | None = None
    mentor: UUID | None = None
    sort: str = "-progress"


def roster_of(cohort: Cohort, *, on: date) -> Roster:
    people = Enrollment.objects.filter(cohort=cohort).annotate(
        learner_name=F("learner__name"), learner_email=F("learner__user__email"), mentor_name=F("mentor__name")
    )
    for enrollment in people:
        enrollment.cohort = cohort
    milestones = Milestones(cohorts=[cohort.pk])
    standings = standings_of(people, on=on, milestones=milestones)
    reasons = reasons_of(standings, on=on)
    return Roster(
        milestones=milestones.of_cohort(cohort.pk),
        entries=[_entry(one, reasons.get(one.enrollment.pk, []), on) for one in standings],
    )


def _entry(standing: Standing, reasons: Sequence[Reason], on: date) -> Entry:
    name, email, mentor_name = names_of(standing.enrollment)
    return Entry(
        standing=standing,
        reasons=reasons,
        word=word_for(standing, reasons, on=on),
        name=name,
        email=email,
        mentor_name=mentor_name or "",
    )


SORTS: dict[str, Callable[[Entry], Any]] = {
    "name": lambda entry: entry.name.casefold(),
    "progress": lambda entry: (entry.is_on_the_path, entry.standing.level, entry.standing.level_share),
    "hours": lambda entry: entry.standing.earned,
    "pace": lambda entry: -1 if entry.standing.pace is None else entry.standing.pace,
    "active": lambda entry: entry.standing.last_active or date.min,
    "milestone": lambda entry: due.due_on if (due := entry.standing.next_milestone) else date.max,
    "status": lambda entry: (DOING.index(entry.word) if entry.word in DOING else len(DOING), entry.word),
}


def choose(roster: Roster, wish: Wish) -> list[Entry]:
    """The entries that were asked for, in the order asked for; equals by name."""
    name = wish.name.casefold()
    chosen = [
        entry
        for entry in roster.entries
        if (not name or name in entry.name.casefold())
        and (not wish.word or entry.word == wish.word)
        and (wish.level is None or (entry.standing.level == wish.level and entry.is_on_the_path))
        and (wish.mentor is None or entry.enrollment.mentor_id == wish.mentor)
    ]
    chosen.sort(key=SORTS["name"])
    chosen.sort(key=SORTS[wish.sort.removeprefix("-")], reverse=wish.sort.startswith("-"))
    return chosen
