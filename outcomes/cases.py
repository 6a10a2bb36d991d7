"""What one learner is to one number: counted, pending or left out, and why."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from functools import wraps
from typing import Concatenate, NamedTuple, ParamSpec

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from outcomes.roster import Entry, Fate, Place


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


@dataclass(frozen=True, slots=True)
class Counts:
    """How many learners stand where. `unknown` is part of the denominator, and counts as not reached."""

    numerator: int
    denominator: int
    pending: int
    excluded: int
    unknown: int

    @classmethod
    def of(cls, cases: Iterable[Case]) -> "Counts":
        # By the plain values: an enumeration's members are counted five times as slowly.
        tally = Counter([case.standing._value_ for case in cases])
        return cls(
            numerator=tally["met"],
            denominator=tally["met"] + tally["missed"] + tally["unknown"],
            pending=tally["pending"],
            excluded=tally["excluded"],
            unknown=tally["unknown"],
        )

    @property
    def everybody(self) -> int:
        return self.denominator + self.pending + self.excluded


_OFF_ROSTER = {
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


P = ParamSpec("P")


def once(make: Callable[Concatenate[Entry, P], Case]) -> Callable[Concatenate[Entry, P], Case]:
    """Make an entry's case once, for the organization and for its cohort alike.

    All that it is made of is of the entry's day. What tells two cases apart, a level or a number of days, comes last.
    """
    name = f"{make.__module__}.{make.__qualname__}"

    @wraps(make)
    def remembered(entry: Entry, /, *args: P.args, **kwargs: P.kwargs) -> Case:
        key = (name, args[-1]) if args and isinstance(args[-1], int) else name
        found: Case | None = entry.memo.get(key)
        if found is None:
            found = entry.memo[key] = make(entry, *args, **kwargs)
        return found

    return remembered


def off_roster(entry: Entry) -> Case | None:
    """The case of a learner whom every number leaves out; None for one on the roster or waiting for it."""
    if entry.place is Place.ON_ROSTER:
        return None
    reason = _OFF_ROSTER.get(entry.place)
    return Case(entry, Standing.EXCLUDED, reason, entry.since) if reason else None


def still_in(entry: Entry) -> Case | None:
    """The pending case of a learner who neither left nor graduated; None for one who did."""
    if entry.fate is Fate.GRADUATED or entry.fate is Fate.LEFT:
        return None
    reason = _STILL_IN[entry.fate]
    if entry.place is Place.BEFORE_CENSUS:
        return Case(entry, Standing.PENDING, Reason.BEFORE_CENSUS, entry.census_on)
    return Case(entry, Standing.PENDING, reason, entry.since, entry.level)


def not_a_graduate(entry: Entry) -> Case | None:
    """The case, for a number about graduates, of a learner who is none; None for a graduate."""
    memo = entry.memo
    if "not_a_graduate" not in memo:
        memo["not_a_graduate"] = off_roster(entry) or still_in(entry) or _left(entry)
    found: Case | None = memo["not_a_graduate"]
    return found


def _left(entry: Entry) -> Case | None:
    return None if entry.fate is Fate.GRADUATED else Case(entry, Standing.EXCLUDED, Reason.LEFT, entry.since)
