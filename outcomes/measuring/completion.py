"""How long it takes to graduate, with leaving as the outcome that may come first."""

import numpy as np

from outcomes.measuring.cases import Reason, Rule, Standing, Standings, still_in
from outcomes.measuring.intervals import mean_interval
from outcomes.measuring.measures import Measure, finite, limits, measured
from outcomes.measuring.retention import is_followed, years_followed
from outcomes.measuring.roster import Roster
from outcomes.measuring.survival import IncidenceCurve, Outcome, aalen_johansen

#: Years since the start at which the incidence of graduation is reported.
REPORTED_YEARS = (2.0, 2.5, 3.0, 5.0)


def completion_years(key: str, on_roster: Standings) -> Measure:
    """Years from the cohort's start until half of all who started have graduated; not reached is None.

    1 - Kaplan-Meier would overstate graduation by taking leavers for learners who may still graduate; here leaving is
    a competing outcome (Aalen-Johansen). The mean among graduates stands beside it: it knows only those who finished.
    """
    roster = on_roster.roster
    curve = completion_curve(roster)
    taken = years_followed(roster)[roster.is_counted & roster.has_graduated].tolist()
    incidence = []
    for year in REPORTED_YEARS:
        point = curve.at(year)
        incidence.append([year, *(limits(point.interval) if point else (None, None, None))])
    mean = mean_interval(taken)
    standings = on_roster.then(
        *still_in(roster),
        Rule(roster.has_graduated, Standing.MET, Reason.GRADUATED, roster.since),
        Rule(True, Standing.MISSED, Reason.LEFT, roster.since),
    )
    return measured(
        key,
        standings,
        curve.half_time_interval,
        detail={
            "incidence": incidence,
            "mean": [finite(number) for number in limits(mean)] if mean else [taken[0] if taken else None, None, None],
            "observed": int(is_followed(roster).sum()),
        },
    )


def completion_curve(roster: Roster) -> IncidenceCurve:
    """Share of all who started that has graduated, by years since the cohort's start."""
    followed = is_followed(roster)
    outcomes = np.select(
        (~roster.is_counted, roster.has_graduated, roster.has_left),
        (Outcome.CENSORED, Outcome.EVENT, Outcome.COMPETING),
        Outcome.CENSORED,
    )
    return aalen_johansen(years_followed(roster)[followed], outcomes[followed])
