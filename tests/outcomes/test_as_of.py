"""Numbers of random histories: the same for a day whatever becomes known of later ones, and in whichever order."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import transaction

from cohorts.models import Cohort, Enrollment
from outcomes.collecting.intent import JobIntent
from outcomes.measuring.cases import Counts
from outcomes.measuring.employers import list_employer
from outcomes.measuring.metrics import MEASURED, AsOf
from outcomes.measuring.reputation import record_rank
from outcomes.models import TargetKey
from outcomes.scopes import EVERYONE, Scope
from tests.conftest import Cast
from tests.examples import examples
from tests.outcomes.given import (
    a_cohort,
    a_member,
    a_version,
    day,
    decide,
    enrolled,
    finished,
    noon,
    placed,
    record,
    reviewed,
)

COHORTS, LEARNERS = 3, 14
DAYS = (10, 120, 400, 800)
SEEDS = range(examples(2))


@dataclass
class Life:
    """What happens to one learner, as (what, day, …), in the order of the days."""

    name: str
    cohort: int
    steps: list[tuple[Any, ...]] = field(default_factory=list)


def lives(seed: int) -> list[Life]:
    dice = random.Random(seed)
    return [_life(dice, Life(f"Learner {number}", dice.randrange(COHORTS))) for number in range(LEARNERS)]


def _life(dice: random.Random, life: Life) -> Life:
    pace, kind = dice.randint(60, 160), dice.choice(["leaves", "leaves", "rests", "stays", "stays", "moves", "excused"])
    ends = dice.randint(3, 700) if kind != "stays" else 9999
    passed = [level * pace for level in range(1, 6) if level * pace < ends]
    for level, on in enumerate(passed, start=1):
        life.steps += [("decide", on, level), ("finish", on - 1, level)]
        if dice.random() < 0.7:
            life.steps.append(("review", on - 2, level, dice.choice(["pass", "pass", "changes_requested"])))
    if kind == "leaves":
        life.steps.append(("record", ends, dice.choice(["withdrawn", "dismissed"]), {"reason": "work"}))
    elif kind == "excused":
        life.steps.append(("record", ends, "withdrawn", {"reason": "died"}))
    elif kind == "rests":
        life.steps.append(("record", ends, "on_leave", {"returns_on": day(ends + 60)}))
        if dice.random() < 0.5:
            life.steps.append(("record", ends + 70, "active", {}))
    elif kind == "moves":
        life.steps.append(("move", ends))
    if len(passed) == 5 and kind == "stays":
        life.steps.append(("record", 5 * pace + 1, "graduated", {}))
        for _placement in range(dice.randint(0, 2)):
            on = 5 * pace + 1 + dice.randint(0, 300)
            life.steps.append(("place", on, dice.choice(["1A", "1C", "1E", "2B", "3A", "3B", "4"])))
    life.steps.sort(key=lambda step: step[1])
    return life


def begin(stories: Sequence[Life]) -> list[tuple[Life, Enrollment]]:
    version = a_version()
    cohorts = [a_cohort(version, starts_on=day(0), slug=f"c{number}") for number in range(COHORTS)]
    return [(life, enrolled(cohorts[life.cohort], learner=a_member(life.name))) for life in stories]


def tell(people: Sequence[tuple[Life, Enrollment]], *, after: int, until: int) -> None:
    for life, enrollment in people:
        for what, on, *more in life.steps:
            if after < on <= until:
                _tell(enrollment, what, on, more)


def _tell(enrollment: Enrollment, what: str, on: int, more: list[Any]) -> None:
    if what == "decide":
        decide(enrollment, more[0], on)
    elif what == "finish":
        finished(enrollment, more[0], on)
    elif what == "review":
        reviewed(enrollment, more[0], on, more[1], repository="https://github.com/a/b", deployment="https://a.example/")
    elif what == "record":
        record(enrollment, more[0], on, more[1])
    elif what == "place":
        placed(enrollment, more[0], on, employer="Bol")
    else:
        others = Cohort.objects.exclude(pk=enrollment.cohort_id).order_by("slug")
        record(enrollment, "transferred", on)
        seat = {"version_id": enrollment.version_id, "learner_id": enrollment.learner_id, "continues": enrollment}
        record(Enrollment.objects.create(cohort=others[0], **seat), "active", on)


def numbers(on: int) -> dict[tuple[str, str], Any]:
    """Everything of everyone and of each cohort, by the cohort's address."""
    known = AsOf(day(on))
    scopes = {"": EVERYONE, **{cohort.slug: Scope(cohort_id=pk) for pk, cohort in known.cohorts.items()}}
    return {
        (slug, key): (measure.value, measure.low, measure.high, measure.counts, measure.detail)
        for slug, scope in scopes.items()
        for key, measure in known.measures(scope).items()
    }


@pytest.mark.parametrize("seed", SEEDS)
def test_what_becomes_known_of_later_days_never_changes_a_day(lantaarn: Cast, seed: int) -> None:
    people = begin(lives(seed))
    found: dict[int, dict[tuple[str, str], Any]] = {}
    reached = 0
    for on in DAYS:
        tell(people, after=reached, until=on)
        found[on], reached = numbers(on), on
    tell(people, after=reached, until=9999)
    list_employer(name="Bol", also_known_as=[], tier="", effective_on=day(901), by=None)
    record_rank(ranking="Ranks", rank=3, effective_on=day(901), on=day(950), by=None)
    for _, enrollment in people:
        intent = {"seeks_job": False, "recorded_by": lantaarn.ilse, "recorded_at": noon(901)}
        JobIntent.objects.create(enrollment=enrollment, **intent)

    assert {on: numbers(on) for on in DAYS} == found


@pytest.mark.parametrize("seed", SEEDS)
def test_order_of_the_learners_changes_nothing(lantaarn: Cast, seed: int) -> None:
    stories = lives(seed)

    def told(order: Sequence[Life]) -> list[dict[tuple[str, str], Any]]:
        with transaction.atomic():
            tell(begin(order), after=0, until=9999)
            found = [numbers(on) for on in DAYS]
            transaction.set_rollback(True)
        return found

    shuffled = random.Random(seed).sample(stories, len(stories))
    assert told(stories) == told(shuffled)


@pytest.mark.parametrize("seed", SEEDS)
def test_counts_of_cohorts_add_up_and_a_newcomer_settles_nothing(lantaarn: Cast, seed: int) -> None:
    people = begin(lives(seed))
    tell(people, after=0, until=9999)
    before = numbers(800)
    for key in MEASURED:
        parts = [before[f"c{number}", key][3] for number in range(COHORTS)]
        assert before["", key][3] == Counts(
            *(sum(getattr(part, name) for part in parts) for name in Counts.__dataclass_fields__)
        )

    enrolled(people[0][1].cohort)
    after = numbers(800)
    for key in set(MEASURED) - {TargetKey.COMPLETION_YEARS}:
        assert after["", key][:3] == before["", key][:3]
        assert after["", key][3].denominator == before["", key][3].denominator
