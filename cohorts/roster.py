"""The roster of a cohort, made in one pass over its learners: what `roster_rows` keeps, and what the API gives."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from operator import attrgetter
from typing import Any
from uuid import UUID

from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Membership
from cohorts.heading import QUEUED, Counts
from cohorts.history import SEATED
from cohorts.models import Cohort, Enrollment
from cohorts.outline import Outline, outline_of
from cohorts.risk import Reason, counting, reasons_of
from cohorts.standing import Due, Milestones, Standing, standings_of
from design.dates import written_day

Status = Enrollment.Status
PAGE_SIZE = 100
#: Of these there is a place on the path; the others have not begun or have gone.
ON_THE_PATH = (Status.ACTIVE, Status.ON_LEAVE, Status.GRADUATED)
#: How an active learner is doing; every other status speaks for itself.
DOING = ("at_risk", "slipping", "on_track", "ahead")
NOBODY = UUID(int=0)
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
    """Everyone in the cohort as of `on`, or one mentor's learners in it; `counts` are of everyone in both cases."""

    cohort: Cohort
    on: date
    outline: Outline
    counts: Counts
    milestones: tuple[Due, ...]
    entries: list[Entry]

    def of_mentor(self, mentor: Membership) -> "Roster":
        return replace(self, entries=[entry for entry in self.entries if entry.enrollment.mentor_id == mentor.pk])

    @cached_property
    def words(self) -> Counter[str]:
        """How many are on track, at risk, on leave and so on."""
        return Counter(entry.word for entry in self.entries)

    def mentors(self) -> list[tuple[UUID, str]]:
        """Id and name of those who mentor somebody here, by name."""
        found = {entry.enrollment.mentor_id: entry.mentor_name for entry in self.entries if entry.enrollment.mentor_id}
        return sorted(found.items(), key=lambda mentor: mentor[1].casefold())


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What of the roster is asked for; empty values ask for all. `sort` is a key of `SORTS`, `-` before it reverses."""

    name: str = ""
    word: str = ""
    level: int | None = None
    mentor: UUID | None = None
    sort: str = "-progress"


def roster_of(cohort: Cohort, *, on: date) -> Roster:
    """In five queries, six when somebody has a reason, and what apps above registered costs."""
    # Names alone instead of the people: a row says no more, and 100 rows would make 300 objects.
    people = Enrollment.objects.filter(cohort=cohort).annotate(
        learner_name=F("learner__name"), learner_email=F("learner__user__email"), mentor_name=F("mentor__name")
    )
    for enrollment in people:
        enrollment.cohort = cohort
    milestones = Milestones(cohorts=[cohort.pk])
    standings = standings_of(people, on=on, milestones=milestones)
    reasons = reasons_of(standings, on=on)
    statuses = Counter(one.status for one in standings)
    shared = milestones.of_cohort(cohort.pk)
    return Roster(
        cohort=cohort,
        on=on,
        outline=outline_of(cohort.version),
        counts=Counts(
            learners=len(people),
            seats=sum(statuses[status] for status in SEATED),
            waiting=sum(statuses[status] for status in QUEUED),
            milestones=len(shared),
            ends_on=shared[-1].due_on if shared else None,
        ),
        milestones=shared,
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


def word_for(standing: Standing, reasons: Sequence[Reason], *, on: date) -> str:
    """How a learner is doing, in one word, by the first of these that holds.

    Not active: the status of the enrollment, or *at risk* when the leave is overdue. *At risk*: any reason of `risk`
    holds that nobody snoozed. *Slipping*: a milestone has passed that is not reached. *Ahead*: the next milestone by
    date is reached already. Otherwise *on track*.
    """
    if counting(reasons):
        return "at_risk"
    if not standing.is_active:
        return standing.status
    missing = standing.next_milestone
    if missing is not None and missing.due_on < on:
        return "slipping"
    coming = next((due for due in standing.milestones if due.due_on >= on), None)
    return "ahead" if coming is not None and standing.has_reached(coming) else "on_track"


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


def days_ago(day: date | None, *, on: date) -> str:
    """ "Today", "Yesterday" or "9 days ago"; a dash for never."""
    if day is None:
        return "–"
    days = (on - day).days
    if days < 2:
        return _("Yesterday") if days == 1 else _("Today")
    return ngettext("%(days)s day ago", "%(days)s days ago", days) % {"days": days}


def short_date(day: date, *, on: date) -> str:
    """ "4 Dec", with the year when it is another one."""
    return written_day(day, "j M" if day.year == on.year else "j M Y")
