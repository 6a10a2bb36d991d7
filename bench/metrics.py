"""All metrics of 200 organizations, 4,000 cohorts and 400,000 enrollments; one changed cohort; 4,000 snapshots.

Metrics are compared with numpy over one export of the same facts, in the same run, and must agree with it; snapshots
with COPY of the same rows. The clock is the wall's, since the database works too.
"""

import json
import statistics
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.core.management import call_command
from django.db import transaction
from django.utils import timezone

from bench.known import analyze
from bench.metrics_limit import Numbers, compute, export
from bench.metrics_world import LAST_DAY, ORGANIZATIONS, SLUG, as_owner, make_world
from organizations.models import Organization
from organizations.scope import scope
from outcomes.keeping.kept_facts import Lately
from outcomes.keeping.snapshots import COLUMNS, snapshot_of, write_snapshots
from outcomes.measuring.measures import Measure
from outcomes.measuring.metrics import AsOf
from outcomes.measuring.targets import STATED
from outcomes.models import FactChange, Snapshot, TargetKey
from outcomes.scopes import EVERYONE, Scope

GOAL, SNAPSHOTS_GOAL, ONE_COHORT_MS = 2, 2, 20
ROUNDS, SNAPSHOTS, TOGETHER = 7, 4_000, 20
Found = dict[int, dict[str, Measure]]


def measure(organizations: int = ORGANIZATIONS) -> None:
    call_command("migrate", verbosity=0)
    make_world(organizations)
    analyze()
    found = list(Organization.objects.filter(slug__startswith=SLUG).order_by("slug")[:organizations])
    _everything(found)
    _one_cohort(found[len(found) // 2])
    _snapshots(found[len(found) // 2])


def _everything(organizations: list[Organization]) -> None:
    """Each scope's numbers, one pass for each organization, as every night; and the export with its one pass.

    Twenty organizations in turn, so that the machine's mood is shared.
    """
    taken = exported = computed = 0.0
    numbers = people = 0
    for first in range(0, len(organizations), TOGETHER):
        some = organizations[first : first + TOGETHER]
        began, ours = time.perf_counter(), _measures_of(some)
        taken += time.perf_counter() - began
        began, facts = time.perf_counter(), _exported(some[0].pk, some[-1].pk)
        exported += time.perf_counter() - began
        began, theirs = time.perf_counter(), compute(facts, on=LAST_DAY)
        computed += time.perf_counter() - began
        _agree(ours, theirs)
        numbers += sum(len(measures) for measures in ours.values())
        people += len(facts["enrollment"]["key"])
        done = first + len(some)
        print(f"{done} of {len(organizations)} organizations, ×{taken / (exported + computed):.1f}", file=sys.stderr)
    _report(f"all metrics of {people} enrollments", taken, exported + computed, GOAL)
    print(f"{'':<28} {numbers} numbers; the limit is {exported:.2f} s export and {computed:.2f} s numpy")


def _one_cohort(organization: Organization) -> None:
    """What a change in one cohort makes old: its numbers and its organization's, as of a day that was looked at."""
    with scope(organization.pk):
        cohort = next(iter(AsOf(LAST_DAY).cohorts))

    def ours() -> None:
        with scope(organization.pk):
            FactChange.objects.create(cohort_id=cohort)
            known = Lately(LAST_DAY)
            known.measures(Scope(cohort_id=cohort)), known.measures(EVERYONE)

    def limit() -> None:
        compute(_exported(organization.pk, organization.pk), on=LAST_DAY)

    taken, least = _in_turn(ours, limit)
    _report("one cohort and its academy", taken, least, GOAL)
    verdict = "within" if 1000 * taken <= ONE_COHORT_MS else "over"
    print(f"{'':<28} {verdict} the goal of {ONE_COHORT_MS} ms")


def _snapshots(organization: Organization) -> None:
    """So many rows with the curve of placement, by our insert and by COPY as the owner; both are undone."""
    with scope(organization.pk):
        known, now = AsOf(LAST_DAY), timezone.now()
        measures = [(pk, known.measure(TargetKey.PLACEMENT, Scope(cohort_id=pk))) for pk in known.cohorts]
        rows = [
            snapshot_of(one, STATED[TargetKey.PLACEMENT], cohort_id=pk, on=LAST_DAY - timedelta(days=back), at=now)
            for back in range(SNAPSHOTS // len(measures))
            for pk, one in measures
        ]

    def ours() -> None:
        with scope(organization.pk):
            write_snapshots(rows)
            transaction.set_rollback(True)

    def limit() -> None:
        with as_owner() as owner:
            with owner.cursor().copy(f"COPY outcomes_snapshot ({', '.join(COLUMNS)}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(_plain(row))
            owner.rollback()

    _report(f"{len(rows)} snapshots written", *_in_turn(ours, limit), SNAPSHOTS_GOAL)


# -- the parts ---------------------------------------------------------------------------------------------------------


def _measures_of(organizations: list[Organization]) -> Found:
    found: Found = {}
    for organization in organizations:
        with scope(organization.pk):
            found |= _all_measures(AsOf(LAST_DAY))
    return found


def _all_measures(known: AsOf) -> Found:
    found = {_number(pk): known.measures(Scope(cohort_id=pk)) for pk in known.cohorts}
    return {**found, next(iter(found)) // 100 * 100: known.measures(EVERYONE)}


def _exported(first: UUID, last: UUID) -> Any:
    with as_owner() as owner:
        return export(owner, first=first, last=last, on=LAST_DAY)


def _agree(ours: Found, theirs: Numbers) -> None:
    """Counts and values of every cohort and organization are the same, or this measures nothing."""
    for place, group in enumerate(theirs.groups.tolist()):
        for key in theirs.met:
            mine = ours[group][key]
            counts = mine.counts.numerator, mine.counts.denominator
            if counts != (theirs.met[key][place], theirs.settled[key][place]):
                sys.exit(f"{key} of {group}: {counts}, and {theirs.met[key][place]} of {theirs.settled[key][place]}")
            for name, number in zip(("value", "low", "high"), theirs.values[key][:, place].tolist(), strict=True):
                exact = getattr(mine, name)
                if exact not in (None, 0, 1) and 0 < (mine.value or 0) != 1 and abs(exact - number) > 1e-6:
                    sys.exit(f"{name} of {key} of {group}: {exact}, and {number}")


def _number(pk: UUID) -> int:
    return pk.int & (1 << 48) - 1


def _plain(row: Snapshot) -> list[Any]:
    values = [getattr(row, name) for name in COLUMNS]
    return [json.dumps(value) if isinstance(value, dict) else value for value in values]


def _in_turn(ours: Callable[[], None], limit: Callable[[], None]) -> tuple[float, float]:
    """Seconds of each, the medians, in turn so that the machine's mood is shared; the first round only warms up."""
    rounds = [(_seconds(ours), _seconds(limit)) for _round in range(ROUNDS + 1)][1:]
    taken, least = (statistics.median(times) for times in zip(*rounds, strict=True))
    return taken, least


def _seconds(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _report(name: str, taken: float, limit: float, goal: float) -> None:
    verdict = "within" if taken / limit <= goal else "over"
    print(
        f"{name:<28} {1000 * taken:7.1f} ms   limit {1000 * limit:5.1f} ms   ×{taken / limit:.1f}   "
        f"{verdict} the goal of ×{goal:g}"
    )
