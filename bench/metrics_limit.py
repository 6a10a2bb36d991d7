"""All metrics of all cohorts with numpy over one export: the least that the same numbers could take.

The export is what the numbers are made of and nothing else, in PostgreSQL's binary format, every field of a fixed
width, so that no value ever becomes an object. It knows only what the benchmark's world holds: no moves, transfers,
tracks, revoked decisions or corrections, each of which would cost it more.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from statistics import NormalDist
from typing import Any

import numpy as np
import psycopg

Z = NormalDist().inv_cdf(0.975)
KEY, DAY, NUMBER, FLAG = ("V8", ">i8"), (">i4",), (">i2",), ("?",)
#: Days since 2000, as PostgreSQL counts them.
EPOCH = date(2000, 1, 1).toordinal()
YEAR = 365.25
ALL = "e.organization_id >= %(first)s AND e.organization_id <= %(last)s"
EXPORTS: Mapping[str, tuple[str, tuple[tuple[str, tuple[str, ...]], ...]]] = {
    "enrollment": ("""SELECT e.id, e.cohort_id, c.starts_on, c.census_on,
  e.seeks_job IS FALSE AND e.seeks_job_declared_at::date <= c.census_on
FROM cohorts_enrollment e JOIN cohorts_cohort c ON c.id = e.cohort_id WHERE {all}""",
        (("key", KEY), ("cohort", KEY), ("starts", DAY), ("census", DAY), ("declared", FLAG))),
    "event": ("""SELECT e.enrollment_id, e.effective_on, ascii(e.to_status)::int2,
  e.reason IN ('died', 'incarcerated', 'military'), coalesce(e.returns_on, e.effective_on)
FROM cohorts_enrollmentevent e WHERE {all} AND e.effective_on <= %(on)s""",
        (("key", KEY), ("on", DAY), ("status", NUMBER), ("excused", FLAG), ("returns", DAY))),
    "decision": ("""SELECT e.enrollment_id, l.number
FROM assessments_leveldecision e JOIN curriculum_level l ON l.id = e.level_id
WHERE {all} AND e.effective_on <= %(on)s AND e.outcome = 'passed'""", (("key", KEY), ("level", NUMBER))),
    "progress": ("""SELECT e.enrollment_id FROM cohorts_progressevent e
WHERE {all} AND e.effective_on <= %(on)s AND e.project_id IS NOT NULL""", (("key", KEY),)),
    "review": ("""SELECT s.enrollment_id, e.verdict = 'pass'
FROM assessments_review e JOIN assessments_submission s ON s.id = e.submission_id
WHERE {all} AND e.is_final AND e.submitted_at < %(on)s::date + 1""", (("key", KEY), ("passed", FLAG))),
    "look": ("""SELECT s.enrollment_id, e.outcome = 'reachable' FROM assessments_linkcheck e
JOIN assessments_submissionlink k ON k.id = e.link_id JOIN assessments_submission s ON s.id = k.submission_id
WHERE {all} AND e.checked_at < %(on)s::date + 1""", (("key", KEY), ("found", FLAG))),
    "placement": ("""SELECT e.enrollment_id, e.effective_on, e.is_relevant AND e.status LIKE '1%%'
FROM outcomes_placement e WHERE {all} AND e.effective_on <= %(on)s""",
        (("key", KEY), ("on", DAY), ("placed", FLAG))),
}  # fmt: skip
Columns = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Numbers:
    """Of each group, cohorts first and then organizations: counts by key, and the values and limits."""

    groups: Any
    met: dict[str, Any]
    settled: dict[str, Any]
    values: dict[str, Any]


def export(owner: psycopg.Connection[Any], *, first: Any, last: Any, on: date) -> Columns:
    """Every fact of the organizations between two, as arrays."""
    found: Columns = {}
    for name, (sql, fields) in EXPORTS.items():
        query = owner.cursor().mogrify(sql.replace("{all}", ALL), {"first": first, "last": last, "on": on})  # type: ignore[attr-defined]
        with owner.cursor().copy(f"COPY ({query}) TO STDOUT (FORMAT BINARY)") as copy:
            data = b"".join(copy)
        shape: list[tuple[str, str]] = [("count", ">i2")]
        for field, (*padding, last_part) in fields:
            shape += [(f"_{field}", ">i4"), *((f"__{field}", part) for part in padding), (field, last_part)]
        rows = np.frombuffer(data, dtype=np.dtype(shape), offset=19, count=(len(data) - 21) // np.dtype(shape).itemsize)
        found[name] = {field: rows[field].astype(np.dtype(kind[-1]).newbyteorder("=")) for field, kind in fields}
        for field, kind in fields:
            if kind == KEY:  # the number at the end of a key, without the variant before it
                found[name][field] &= (1 << 48) - 1
    return found


def compute(facts: Columns, *, on: date) -> Numbers:
    """All numbers of every cohort and organization."""
    today = on.toordinal() - EPOCH
    people, events = facts["enrollment"], facts["event"]
    order: Any = np.argsort(people["key"], kind="stable")
    people = {name: column[order] for name, column in people.items()}
    key, number = people["key"], len(order)
    place: dict[str, Any] = {name: np.searchsorted(key, facts[name]["key"]) for name in facts if name != "enrollment"}

    # The last event, the one by the census, and what both say.
    order = np.lexsort((events["on"], place["event"]))
    who, when, status = place["event"][order], events["on"][order], events["status"][order]
    last, at_census = np.zeros(number, int), np.full(number, -1)
    last[who] = np.arange(len(who))
    early = when <= people["census"][who]
    at_census[who[early]] = np.flatnonzero(early)
    state, since = status[last], when[last]
    returns = events["returns"][order][last]
    left = np.isin(state, (ord("w"), ord("d"))) | ((state == ord("o")) & (today >= returns + 90))
    since = np.where(state == ord("o"), np.where(today > returns, returns, since), since)
    graduated = state == ord("g")
    excused = left & events["excused"][order][last]
    then = np.where(at_census >= 0, status[at_census], 0)
    on_roster = ~excused & (np.isin(then, (ord("a"), ord("o"))) | (graduated & (then == ord("g"))))
    waiting = on_roster & (today < people["census"]) & ~graduated
    counted = on_roster & ~waiting

    # Levels passed without a gap, capstones, reviews, links.
    levels = np.zeros((number, 6), bool)
    levels[place["decision"], facts["decision"]["level"]] = True
    passed = np.cumprod(levels[:, 1:], axis=1).sum(axis=1)
    passed[graduated] = 5
    capstones = np.bincount(place["progress"], minlength=number)
    reviewed = np.bincount(place["review"], minlength=number)
    approved = np.bincount(place["review"], facts["review"]["passed"], minlength=number)
    answering = np.bincount(place["look"], facts["look"]["found"], minlength=number)

    found: Any = np.unique(people["cohort"], return_inverse=True)
    cohorts, of = found
    found = np.unique(cohorts // 100 * 100, return_inverse=True)
    organizations, parent = found
    groups = len(cohorts) + len(organizations)
    both = np.concatenate((of, len(cohorts) + parent[of]))

    def tally(mask: Any) -> Any:
        return np.bincount(both, np.concatenate((mask, mask)), minlength=groups)

    met: dict[str, Any] = {}
    settled: dict[str, Any] = {}
    values: dict[str, Any] = {}
    alumni = counted & graduated
    out = alumni & ~people["declared"] & (today >= since + 180)
    first_job = np.full(number, np.iinfo(np.int32).max)
    jobs = facts["placement"]
    np.minimum.at(first_job, place["placement"][jobs["placed"]], jobs["on"][jobs["placed"]])
    shares = {
        "capstones": (alumni & (capstones >= 5), alumni),
        "code_review": (alumni & (reviewed > 0) & (approved == reviewed), alumni),
        "production_project": (alumni & (approved > 0) & (answering == 2), alumni),
        "placement": (out & (first_job <= since + 180), out),
        "alumni_mentoring": (np.zeros(number, bool), alumni & (today >= since + 365)),
    }
    for name, (hit, base) in shares.items():
        met[name], settled[name] = tally(hit), tally(base)
        values[name] = wilson(met[name], settled[name])
    for name, level in (("retention_level_3", 3), ("retention_level_5", 5)):
        met[name] = tally(counted & (passed >= level))
        settled[name] = met[name] + tally(counted & (passed < level) & left)
        values[name] = _product(counted, left, passed, level, tally)
    followed = counted | (excused & (since > people["census"]))
    end = np.where(left | graduated, since, today)
    outcome = np.where(~counted, 0, np.where(graduated, 1, np.where(left, 2, 0)))
    met["completion_years"], settled["completion_years"] = tally(alumni), tally(counted & (graduated | left))
    values["completion_years"] = _half_time(
        _incidence(both, np.tile(followed, 2), np.tile(end - people["starts"], 2), np.tile(outcome, 2)), groups
    )
    seeking = alumni & ~people["declared"]
    is_found = first_job < np.iinfo(np.int32).max
    days = np.where(is_found, first_job, today) - since
    values["placement_curve"] = _incidence(
        both, np.tile(seeking, 2), np.tile(days, 2), np.tile(np.where(is_found, 1, 0), 2)
    )
    return Numbers(np.concatenate((cohorts, organizations)), met, settled, values)


def wilson(met: Any, settled: Any) -> Any:
    with np.errstate(all="ignore"):
        share, shrink = met / settled, 1 + Z**2 / settled
        center = (share + Z**2 / (2 * settled)) / shrink
        half = Z * np.sqrt(share * (1 - share) / settled + Z**2 / (4 * settled**2)) / shrink
    return np.stack((share, center - half, center + half))


def _product(counted: Any, left: Any, passed: Any, level: int, tally: Any) -> Any:
    """Retention through a level with log-log limits."""
    survival, greenwood = 1.0, 0.0
    with np.errstate(all="ignore"):
        for number in range(1, level + 1):
            done = tally(counted & (passed >= number))
            gone = tally(counted & left & (passed == number - 1))
            survival, greenwood = survival * done / (done + gone), greenwood + gone / ((done + gone) * done)
        error = np.sqrt(greenwood) / np.abs(np.log(survival))
        return np.stack((survival, survival ** np.exp(Z * error), survival ** np.exp(-Z * error)))


def _incidence(group: Any, mask: Any, time: Any, outcome: Any) -> tuple[Any, ...]:
    """Aalen-Johansen of every group in one pass, as (group, time, incidence, low, high) of each step."""
    group, time, outcome = group[mask], np.maximum(time[mask], 0), outcome[mask]
    order = np.lexsort((time, group))
    group, time, outcome = group[order], time[order], outcome[order]
    starts = np.flatnonzero(np.r_[True, (np.diff(group) != 0) | (np.diff(time) != 0)])
    events, competing = (np.add.reduceat((outcome == which).astype(float), starts) for which in (1, 2))
    group, time = group[starts], time[starts]
    size = np.bincount(group, np.diff(np.r_[starts, len(order)]))
    begins = np.flatnonzero(np.r_[True, np.diff(group) != 0])
    first = np.repeat(begins, np.diff(np.r_[begins, len(group)]))
    at_risk = size[group] - (starts - starts[first])
    gone = events + competing

    def running(values: Any) -> Any:
        total = np.cumsum(values)
        return total - total[first] + values[first]

    with np.errstate(all="ignore"):
        factor = np.log(np.maximum((at_risk - gone) / at_risk, 1e-300))
        remaining = np.exp(running(factor) - factor)
        incidence = running(remaining * events / at_risk)
        term = np.where(at_risk > gone, gone / (at_risk * (at_risk - gone)), 0.0)
        shared = remaining * events / at_risk**2
        variance = (
            incidence**2 * running(term) - 2 * incidence * running(incidence * term) + running(incidence**2 * term)
            + running(remaining**2 * events * (at_risk - events) / at_risk**3)
            - 2 * (incidence * running(shared) - running(incidence * shared))
        )  # fmt: skip
        error = np.sqrt(np.maximum(variance, 0)) / (incidence * np.abs(np.log(incidence)))
        low, high = incidence ** np.exp(Z * error), incidence ** np.exp(-Z * error)
    return group, time, incidence, low, high


def _half_time(curves: tuple[Any, ...], groups: int) -> Any:
    """The first times at which the incidence and its limits are one half; infinite where they never are."""
    group, time, incidence, low, high = curves
    found = np.full((3, groups), np.inf)
    for row, curve in zip(found, (incidence, high, low), strict=True):
        # Sums that run on over thousands of groups lose a few digits.
        reached = np.flatnonzero(curve >= 0.5 - 1e-9)
        np.minimum.at(row, group[reached], time[reached] / YEAR)
    return found
