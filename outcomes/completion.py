"""How long it takes to graduate, with leaving as the outcome that may come first."""

from collections.abc import Sequence
from datetime import date

from outcomes.cases import Case, Reason, Standing, off_roster, once, still_in
from outcomes.intervals import mean_interval
from outcomes.measures import Measure, finite, limits, measured
from outcomes.retention import is_followed, years_followed
from outcomes.roster import Entry, Fate
from outcomes.survival import IncidenceCurve, Observation, Outcome, aalen_johansen

#: Years since the start at which the incidence of graduation is reported.
REPORTED_YEARS = (2.0, 2.5, 3.0, 5.0)


def completion_years(key: str, entries: Sequence[Entry], *, on: date) -> Measure:
    """Years from the cohort's start until half of all who started have graduated; not reached is None.

    1 - Kaplan-Meier would overstate graduation by taking leavers for learners who may still graduate; here leaving is
    a competing outcome (Aalen-Johansen). The mean among graduates stands beside it: it knows only those who finished.
    """
    curve = completion_curve(entries, on=on)
    taken = [years_followed(entry, on) for entry in entries if entry.is_counted and entry.fate is Fate.GRADUATED]
    incidence = []
    for year in REPORTED_YEARS:
        point = curve.at(year)
        incidence.append([year, *(limits(point.interval) if point else (None, None, None))])
    mean = mean_interval(taken)
    return measured(
        key,
        [_case(entry) for entry in entries],
        curve.half_time_interval,
        detail={
            "incidence": incidence,
            "mean": [finite(number) for number in limits(mean)] if mean else [taken[0] if taken else None, None, None],
            "observed": sum(map(is_followed, entries)),
        },
    )


def completion_curve(entries: Sequence[Entry], *, on: date) -> IncidenceCurve:
    """Share of all who started that has graduated, by years since the cohort's start."""
    return aalen_johansen(
        Observation(years_followed(entry, on), _outcome(entry)) for entry in entries if is_followed(entry)
    )


def _outcome(entry: Entry) -> Outcome:
    if not entry.is_counted:
        return Outcome.CENSORED
    if entry.fate is Fate.GRADUATED:
        return Outcome.EVENT
    return Outcome.COMPETING if entry.fate is Fate.LEFT else Outcome.CENSORED


@once
def _case(entry: Entry) -> Case:
    if case := off_roster(entry) or still_in(entry):
        return case
    if entry.fate is Fate.GRADUATED:
        return Case(entry, Standing.MET, Reason.GRADUATED, entry.since)
    return Case(entry, Standing.MISSED, Reason.LEFT, entry.since)
