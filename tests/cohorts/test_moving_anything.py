"""Any progress, any map, anything done before and after: what moving and undoing must never do."""

from datetime import timedelta
from itertools import pairwise
from typing import Any

from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cohorts.models import Enrollment, ProgressEvent
from cohorts.path import Path, path_of
from cohorts.progress import complete_topic, credit_topic, reopen_topic
from cohorts.version_map import Pair
from curriculum.models import Topic
from tests.cohorts.moves import AT, back, copy_of, fresh, go, planned
from tests.cohorts.studying import TODAY, active, running_cohort, topics_of
from tests.conftest import Cast
from tests.examples import examples

TOPICS = 8
DONE = st.lists(st.tuples(st.integers(0, TOPICS - 1), st.sampled_from(["complete", "credit", "reopen"])), max_size=12)
MAPS = st.lists(st.tuples(st.integers(0, TOPICS - 1), st.integers(0, TOPICS - 1)), max_size=12, unique=True)


def do(enrollment: Enrollment, topics: list[Topic], steps: list[tuple[int, str]]) -> None:
    for number, step in steps:
        values: dict[str, Any] = {"enrollment": enrollment, "topic": topics[number], "by": None, "on": TODAY}
        if step == "complete":
            complete_topic(**values)
        elif step == "credit":
            credit_topic(**values, evidence="A degree")
        else:
            reopen_topic(**values)


def standing(path: Path) -> list[tuple[str, str, object]]:
    return [(str(part.id), part.state, part.done_on) for level in path.levels for part in level.parts]


def adds_up(path: Path) -> bool:
    """The one sums facts in the database, the other reads them node by node."""
    one = path.standing
    listed = sum(level.earned for level in path.levels), sum(level.credited for level in path.levels)
    return abs(listed[0] - one.earned) < 0.01 and abs(listed[1] - one.credited) < 0.01


@settings(max_examples=examples(6), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=DONE, pairs=MAPS, since=DONE, again=MAPS)
def test_nothing_is_lost_or_counted_twice(
    lantaarn: Cast, before: list[Any], pairs: list[Any], since: list[Any], again: list[Any]
) -> None:
    with transaction.atomic():
        cohort = running_cohort()
        amira, old = active(cohort, lantaarn.amira), cohort.version
        topics = topics_of(cohort)
        do(amira, topics, before)
        here = path_of(amira, on=TODAY)
        new, became = copy_of(old)
        others = [Topic.objects.select_related("module__level").get(pk=became[topic.pk]) for topic in topics]
        mapped = [Pair("topic", topics[one].pk, others[other].pk) for one, other in pairs]
        rows = [list(ProgressEvent.objects.order_by("pk").values())]

        [leg] = planned(cohort, new, mapped).legs
        assert (
            leg.carried + len(leg.left)
            == leg.done
            == sum(part.is_done for level in here.levels for part in level.parts)
        )
        go(cohort, new, mapped)
        fresh(amira)
        there = path_of(amira, on=TODAY)
        assert adds_up(there)
        assert abs(leg.hours_after - there.earned) < 0.01
        rows.append(list(ProgressEvent.objects.order_by("pk").values()))

        back(cohort)
        fresh(amira)
        assert standing(path_of(amira, on=TODAY)) == standing(here)
        rows.append(list(ProgressEvent.objects.order_by("pk").values()))

        go(cohort, new, mapped, at=AT + timedelta(hours=1))
        fresh(amira)
        do(amira, others, since)
        back(cohort, at=AT + timedelta(hours=2))
        fresh(amira)
        assert adds_up(path_of(amira, on=TODAY))
        rows.append(list(ProgressEvent.objects.order_by("pk").values()))

        other_way = [Pair("topic", topics[one].pk, others[other].pk) for one, other in again]
        go(cohort, new, other_way, at=AT + timedelta(days=1))
        fresh(amira)
        assert adds_up(path_of(amira, on=TODAY))
        rows.append(list(ProgressEvent.objects.order_by("pk").values()))

        # What was recorded is never changed or removed.
        assert all(row in later for earlier, later in pairwise(rows) for row in earlier)
        transaction.set_rollback(True)
