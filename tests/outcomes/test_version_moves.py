"""Numbers of learners who went over to another version: the same as before for days before it, and right after it."""

from datetime import datetime
from uuid import UUID

from django.db import connection
from django.test.utils import CaptureQueriesContext

from cohorts.models import Cohort, Enrollment
from cohorts.version_map import Pair
from curriculum.models import CurriculumVersion, Level
from outcomes.keeping.snapshots import kept_on, take_snapshots
from outcomes.measuring.metrics import AsOf
from outcomes.measuring.roster import Entry, roster_as_of
from outcomes.scopes import EVERYONE
from tests.cohorts.moves import back, copy_of, fresh, go, pairs_by
from tests.conftest import Cast
from tests.outcomes.given import a_cohort, day, decide, enrolled, finished, noon, projects_on, record, reviewed

MOVED = 300


def moved(learner: Enrollment, pairs: list[Pair] | None = None) -> dict[UUID, UUID]:
    """Their cohort goes over on day 300, everything to its copy unless told otherwise."""
    old = learner.version
    new, became = copy_of(old)
    cohort = Cohort.objects.get(pk=learner.cohort_id)
    go(cohort, new, pairs_by(became, old) if pairs is None else pairs, at=noon(MOVED))
    fresh(learner)
    return became


def entry_on(number: int) -> Entry:
    [entry] = roster_as_of(day(number)).entries
    return entry


def figures(number: int) -> dict[str, object]:
    return {key: (measure.value, measure.counts) for key, measure in AsOf(day(number)).measures(EVERYONE).items()}


def learner_with_a_past() -> Enrollment:
    """Two levels passed, two capstones reviewed: the first at once, the second after changes."""
    learner = enrolled(a_cohort(), levels=[(1, 100), (2, 200)])
    reviewed(learner, 1, 90, "pass")
    finished(learner, 1, 90)
    reviewed(learner, 2, 150, "changes_requested")
    reviewed(learner, 2, 190, "pass", attempt=2)
    finished(learner, 2, 190)
    return learner


def test_numbers_of_days_before_the_move_stay(lantaarn: Cast) -> None:
    learner = learner_with_a_past()
    days = (50, 95, 160, 195, 299)
    before = [(entry_on(on), projects_on(day(on), learner), figures(on)) for on in days]

    moved(learner)

    assert [(entry_on(on), projects_on(day(on), learner), figures(on)) for on in days] == before


def test_numbers_of_the_day_of_the_move_are_those_of_the_day_before(lantaarn: Cast) -> None:
    learner = learner_with_a_past()

    moved(learner)

    assert projects_on(day(MOVED), learner) == projects_on(day(MOVED - 1), learner)
    assert entry_on(MOVED).passed == entry_on(MOVED - 1).passed == 2
    assert figures(MOVED) == figures(MOVED - 1)


def test_numbers_after_undoing_are_those_before(lantaarn: Cast) -> None:
    learner = learner_with_a_past()
    before = projects_on(day(MOVED), learner), figures(MOVED)
    moved(learner)

    back(Cohort.objects.get(pk=learner.cohort_id), at=noon(MOVED))

    assert (projects_on(day(MOVED), learner), figures(MOVED)) == before
    assert (projects_on(day(MOVED + 9), learner), entry_on(MOVED + 9).passed) == (before[0], 2)


def test_graduate_has_capstones_of_both_versions(lantaarn: Cast) -> None:
    learner = learner_with_a_past()
    moved(learner)
    for number in (3, 4, 5):
        reviewed(learner, number, 350 + number, "pass")
        finished(learner, number, 350 + number)
        decide(learner, number, 360 + number)
    record(learner, "graduated", 400)

    found = projects_on(day(500), learner)

    assert (found.required, found.accepted, found.reviewed, found.passed, found.passed_first) == (5, 5, 5, 5, 4)
    assert figures(500)["capstones"] == (1.0, AsOf(day(500)).measure("capstones").counts)
    assert figures(500)["code_review"] == (1.0, AsOf(day(500)).measure("code_review").counts)


def test_attempt_that_went_on_in_the_new_version_is_one_project(lantaarn: Cast) -> None:
    learner = enrolled(a_cohort())
    reviewed(learner, 1, 90, "changes_requested")
    moved(learner)
    waiting = projects_on(day(MOVED), learner)
    reviewed(learner, 1, 350, "pass", attempt=2)

    after = projects_on(day(400), learner)

    assert (waiting.reviewed, waiting.passed) == (1, 0)
    assert (after.reviewed, after.passed, after.passed_first, after.accepted) == (1, 1, 0, 1)
    assert projects_on(day(MOVED - 1), learner) == waiting


def test_merged_capstones_are_accepted_once_both_are(lantaarn: Cast) -> None:
    learner = enrolled(a_cohort())
    old = learner.version
    reviewed(learner, 1, 90, "pass")
    finished(learner, 1, 90)
    reviewed(learner, 2, 150, "changes_requested")
    new, became = copy_of(old)
    first, second = old.projects.order_by("position")[:2]
    pairs = [Pair("project", first.pk, became[first.pk]), Pair("project", second.pk, became[first.pk])]
    go(Cohort.objects.get(pk=learner.cohort_id), new, pairs, at=noon(MOVED))
    fresh(learner)
    half = projects_on(day(MOVED), learner)
    reviewed(learner, 1, 350, "pass", attempt=2)
    finished(learner, 1, 350)

    whole = projects_on(day(400), learner)

    assert (half.accepted, half.reviewed, half.passed) == (0, 2, 1)
    assert (whole.accepted, whole.reviewed, whole.passed) == (1, 3, 3)


def test_results_without_a_place_are_no_success_and_not_unknown(lantaarn: Cast) -> None:
    learner = enrolled(a_cohort(last_level=1), ("graduated", 500))
    finished(learner, 1, 90)
    moved(learner, pairs=[])

    found = projects_on(day(600), learner)

    assert (found.required, found.accepted, found.recorded) == (1, 0, 1)


def test_level_counts_as_the_one_it_became(lantaarn: Cast) -> None:
    """A new level 2 comes in between: what was level 2 is level 3 now, and the new one is still to be passed."""
    learner = enrolled(a_cohort(), levels=[(1, 100), (2, 200)])
    old = learner.version
    new, became = copy_of(old)
    levels = {level.number: level.pk for level in old.levels.all()}
    others = {level.number: level.pk for level in Level.objects.filter(version=new)}
    pairs = [Pair("level", levels[1], others[1]), Pair("level", levels[2], others[3])]
    go(Cohort.objects.get(pk=learner.cohort_id), new, pairs, at=noon(MOVED))
    fresh(learner)
    after = entry_on(MOVED).passed
    decide(learner, 2, 350)

    assert (entry_on(MOVED - 1).passed, after, entry_on(400).passed) == (2, 1, 3)
    assert became


def test_snapshot_is_taken_anew_after_a_move_and_not_for_days_before(lantaarn: Cast) -> None:
    learner = learner_with_a_past()
    for number in (MOVED - 1, MOVED):
        take_snapshots(on=day(number), at=datetime.now(tz=noon(0).tzinfo))
    kept = kept_on(day(MOVED)).computed_at

    moved(learner)

    assert kept
    assert take_snapshots(on=day(MOVED), at=noon(MOVED)) == 0
    assert CurriculumVersion.objects.count() == 2


def test_same_queries_whoever_moved(lantaarn: Cast) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            AsOf(day(400)).measures(EVERYONE)
        return len(captured)

    learner = learner_with_a_past()
    before = queries()
    moved(learner)

    assert queries() == before
