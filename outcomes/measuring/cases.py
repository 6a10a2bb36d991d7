"""How each learner stands to a number: counted, pending or left out, and why; decided for all of them together."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import NamedTuple, overload

import numpy as np
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from outcomes.measuring.columns import Days, Mask, Numbers, day_of
from outcomes.measuring.roster import Entry, Fate, Place, Roster


class Standing(TextChoices):
    """Every learner of the roster stands in one of these. The first three make the denominator."""

    MET = "met", _("Counted: reached")
    MISSED = "missed", _("Counted: not reached")
    UNKNOWN = "unknown", _("Counted: nothing known")
    PENDING = "pending", _("Pending")
    EXCLUDED = "excluded", _("Excluded")


COUNTED = (Standing.MET, Standing.MISSED, Standing.UNKNOWN)


class Reason(TextChoices):
    """Why a learner stands where they stand; `%(number)s` is the level or the count that goes with it."""

    # the roster
    BEFORE_CENSUS = "before_census", _("The census date has not been reached")
    NOT_STARTED = "not_started", _("Never active by the census date")
    LEFT_BEFORE_CENSUS = "left_before_census", _("Left before the census date")
    MOVED_BEFORE_CENSUS = "moved_before_census", _("Moved to another cohort before the census date")
    JOINED_LATE = "joined_late", _("Joined after the census date")
    EXCUSED = "excused", _("Excused: died, incarcerated or called to military service")
    # still in the program
    UNDER_WAY = "under_way", _("Still in the program, in level %(number)s")
    ON_LEAVE = "on_leave", _("On leave from level %(number)s")
    LEAVE_OVERDUE = "leave_overdue", _("Leave is overdue, from level %(number)s")
    IN_TRANSIT = "in_transit", _("Between two cohorts, in level %(number)s")
    # levels and the end
    COMPLETED_LEVEL = "completed_level", _("Completed level %(number)s")
    LEFT_IN_LEVEL = "left_in_level", _("Left during level %(number)s")
    LEFT = "left", _("Left before graduating")
    GRADUATED = "graduated", _("Graduated")
    OTHER_LEVELS = "other_levels", _("The cohort does not run from level 1 through level %(number)s")
    # projects
    ALL_CAPSTONES = "all_capstones", _("All %(number)s required capstones accepted")
    MISSING_CAPSTONES = "missing_capstones", _("Required capstones not accepted: %(number)s")
    NO_PROJECT_RECORD = "no_project_record", _("Graduated without any project on record")
    NO_CAPSTONES_ASKED = "no_capstones_asked", _("The curriculum asks for no capstone")
    REVIEWS_PASSED = "reviews_passed", _("All %(number)s reviewed projects passed")
    REVIEWS_NOT_PASSED = "reviews_not_passed", _("Reviewed projects that never passed: %(number)s")
    NO_REVIEW = "no_review", _("Graduated without any reviewed project")
    PRODUCTION_FOUND = "production_found", _("An accepted project has a GitHub repository and a deployment that answer")
    PRODUCTION_UNCHECKED = "production_unchecked", _("An accepted project has both links, not yet looked at")
    PRODUCTION_MISSING = "production_missing", _("No accepted project has both links answering")
    PUBLISHABLE = "publishable", _("A capstone judged ready to be published")
    NOT_PUBLISHABLE = "not_publishable", _("A capstone judged not ready to be published yet")
    NO_PORTFOLIO_REVIEW = "no_portfolio_review", _("No capstone judged for the portfolio")
    ALL_BENCHMARKS = "all_benchmarks", _("All %(number)s benchmarks of their projects reached")
    MISSING_BENCHMARKS = "missing_benchmarks", _("Benchmarks without a verified result that reaches them: %(number)s")
    NO_BENCHMARK_RECORD = "no_benchmark_record", _("Graduated without any judged result on a benchmark")
    NO_BENCHMARKS_ASKED = "no_benchmarks_asked", _("The curriculum sets no benchmark for their projects")
    # after graduation
    WINDOW_OPEN = "window_open", _("Fewer than %(number)s days since graduation")
    NOT_SEEKING_DECLARED = "not_seeking_declared", _("Declared at intake not to seek a job")
    PLACED = "placed", _("Placed in a relevant role")
    STARTED_LATE = "started_late", _("Placed after the window")
    NOT_RELEVANT = "not_relevant", _("In field by status, but the role is not marked relevant")
    OUT_OF_FIELD = "out_of_field", _("Working out of field")
    SEEKING = "seeking", _("Seeking")
    NOT_SEEKING = "not_seeking", _("Not seeking, without having declared it at intake")
    NOT_REACHED = "not_reached", _("Could not be reached")
    UNVERIFIED = "unverified", _("Recorded, and not verified by a second person: taken as seeking")
    NO_PLACEMENT_RECORD = "no_placement_record", _("Nothing recorded, taken as seeking")
    NOT_PLACED = "not_placed", _("Not placed")
    LISTED_EMPLOYER = "listed_employer", _("Placed at a listed employer")
    OTHER_EMPLOYER = "other_employer", _("Placed at an employer that is not on the list, or at none")
    NO_EMPLOYER_LIST = "no_employer_list", _("Placed, but there is no list of employers on this day")
    MENTORED = "mentored", _("Held a 1-on-1 as mentor in a later cohort")
    NOT_MENTORED = "not_mentored", _("No 1-on-1 held as mentor in a later cohort")


class Rule(NamedTuple):
    """Those of whom it `holds` stand so. `since` is the day of the event that decided it, where there is one."""

    holds: Mask | bool
    standing: Standing
    reason: Reason
    since: Days | None = None
    number: Numbers | int | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """How many learners stand where. `unknown` is part of the denominator, and counts as not reached."""

    numerator: int
    denominator: int
    pending: int
    excluded: int
    unknown: int

    @property
    def everybody(self) -> int:
        return self.denominator + self.pending + self.excluded


class Standings:
    """How the learners of a roster stand to one number, by rules of which the first that holds decides."""

    def __init__(self, roster: Roster, *rules: Rule, after: "Standings | None" = None) -> None:
        """`after` are rules that went before, of the same roster."""
        self.roster = roster
        self.rules: tuple[Rule, ...] = (*after.rules, *rules) if after else rules
        self._decided_by: Numbers = after._decided_by.copy() if after else np.full(len(roster), -1)
        is_open = self._decided_by < 0
        for place, rule in enumerate(rules, len(self.rules) - len(rules)):
            hit = is_open & rule.holds
            self._decided_by[hit] = place
            is_open &= ~hit

    def then(self, *rules: Rule) -> "Standings":
        """The same with more rules, for those whom nothing decided yet."""
        return Standings(self.roster, *rules, after=self)

    def are(self, *standings: Standing) -> Mask:
        """Who stands so."""
        return np.array([standing in standings for standing in Standing])[self._codes]

    @cached_property
    def counts(self) -> Counts:
        met, missed, unknown, pending, excluded = np.bincount(self._codes, minlength=len(_ORDER)).tolist()
        return Counts(
            numerator=met,
            denominator=met + missed + unknown,
            pending=pending,
            excluded=excluded,
            unknown=unknown,
        )

    @cached_property
    def since(self) -> Days:
        """The day of the event that decided each; 0 where there is none."""
        found = np.zeros(len(self.roster), dtype=np.int64)
        for place, rule in enumerate(self.rules):
            if rule.since is not None:
                found = np.where(self._decided_by == place, rule.since, found)
        return found

    @property
    def number(self) -> list[int | None]:
        """The number that goes with the reason of each."""
        found: list[int | None] = [None] * len(self.roster)
        for row, place in enumerate(self._decided_by.tolist()):
            number = self.rules[place].number
            found[row] = number if number is None or isinstance(number, int) else int(number[row])
        return found

    @property
    def decided_by(self) -> list[Rule]:
        """The rule that decided each."""
        return [self.rules[place] for place in self._decided_by.tolist()]

    @cached_property
    def _codes(self) -> Numbers:
        if (self._decided_by < 0).any():
            raise ValueError("The rules leave a learner undecided.")
        found: Numbers = np.array([_ORDER[rule.standing] for rule in self.rules])[self._decided_by]
        return found


_ORDER = {standing: code for code, standing in enumerate(Standing)}


class Case(NamedTuple):
    """One learner's standing; `since` is the day of the event that decided it, where there is one.

    `about` names the work, for the number that counts works and not learners.
    """

    entry: Entry
    standing: Standing
    reason: Reason
    since: date | None = None
    number: int | None = None
    about: str = ""

    @property
    def why(self) -> str:
        """The reason as a sentence in the active language."""
        return str(self.reason.label) % {"number": self.number}


class Cases(Sequence[Case]):
    """The learners behind a number by name, made when somebody looks: most who read a number do not."""

    def __init__(self, standings: Standings, about: Sequence[str] = ()) -> None:
        """`about` are the works, one for each row, where the number counts works."""
        self._standings, self._about = standings, about

    def __len__(self) -> int:
        return len(self._standings.roster)

    @overload
    def __getitem__(self, index: int) -> Case: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Case]: ...
    def __getitem__(self, index: int | slice) -> Case | Sequence[Case]:
        return self._made[index]

    @cached_property
    def _made(self) -> tuple[Case, ...]:
        standings, roster = self._standings, self._standings.roster
        days, numbers, rules = standings.since.tolist(), standings.number, standings.decided_by
        return tuple(
            Case(
                entry=roster.entries[row],
                standing=rules[row].standing,
                reason=rules[row].reason,
                since=day_of(days[row]),
                number=numbers[row],
                about=self._about[row] if self._about else "",
            )
            for row in roster.by_name
        )


#: Why who is not on the roster is left out of every number.
OFF_ROSTER = {
    Place.NOT_STARTED: Reason.NOT_STARTED,
    Place.LEFT_BEFORE_CENSUS: Reason.LEFT_BEFORE_CENSUS,
    Place.MOVED_BEFORE_CENSUS: Reason.MOVED_BEFORE_CENSUS,
    Place.JOINED_LATE: Reason.JOINED_LATE,
    Place.EXCUSED: Reason.EXCUSED,
}
_STILL_IN = {
    Fate.ACTIVE: Reason.UNDER_WAY,
    Fate.ON_LEAVE: Reason.ON_LEAVE,
    Fate.LEAVE_OVERDUE: Reason.LEAVE_OVERDUE,
    Fate.IN_TRANSIT: Reason.IN_TRANSIT,
}


def off_roster(roster: Roster) -> Standings:
    """Whom every number leaves out. Those on the roster, or waiting for it, are left to further rules."""
    return Standings(
        roster,
        *(Rule(roster.place == place, Standing.EXCLUDED, reason, roster.since) for place, reason in OFF_ROSTER.items()),
    )


def still_in(roster: Roster) -> tuple[Rule, ...]:
    """Pending: who neither left nor graduated."""
    is_over = roster.has_left | roster.has_graduated
    return (
        Rule(
            ~is_over & (roster.place == Place.BEFORE_CENSUS),
            Standing.PENDING,
            Reason.BEFORE_CENSUS,
            roster.census_on,
        ),
        *(
            Rule(roster.fate == fate, Standing.PENDING, reason, roster.since, roster.level)
            for fate, reason in _STILL_IN.items()
        ),
    )


def of_graduates(on_roster: Standings) -> Standings:
    """For a number about graduates: how everybody else stands. Graduates are left to further rules."""
    roster = on_roster.roster
    return on_roster.then(*still_in(roster), Rule(roster.has_left, Standing.EXCLUDED, Reason.LEFT, roster.since))
