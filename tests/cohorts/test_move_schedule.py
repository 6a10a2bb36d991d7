"""The milestones of cohorts and learners who go over to another version."""

from datetime import date

from cohorts.breaks import add_break
from cohorts.due_dates import set_due
from cohorts.models import (
    Enrollment,
    Milestone,
)
from cohorts.reminders import queue_milestone_reminders
from cohorts.standing import Milestones, standings_of
from curriculum.models import CurriculumVersion, Level, Topic
from tests.cohorts.given import a_cohort
from tests.cohorts.moves import AT, DAY, back, copy_of, fresh, go, pairs_by
from tests.cohorts.studying import TODAY, active, finish, running_cohort, topics_of
from tests.cohorts.whole_roster import roster_of
from tests.conftest import NOW, Cast


def test_past_stays_and_the_rest_is_of_the_new_version(lantaarn: Cast) -> None:
    cohort = running_cohort()
    old = cohort.version
    new, became = copy_of(old)
    before = list(cohort.milestones.order_by("position").values_list("title", "due_on"))

    go(cohort, new, pairs_by(became, old))

    after = cohort.milestones.order_by("position").values_list("title", "due_on", "level__version__number")
    assert [row[:2] for row in after] == before
    assert [row[2] for row in after] == [1, 1, 2, 2]


def test_what_the_new_version_adds_comes_later(lantaarn: Cast) -> None:
    """Two hundred hours more in level 1: ten weeks more, counted from the start as before."""
    cohort = running_cohort()
    old = cohort.version
    new, became = copy_of(old, published=False)
    Level.objects.filter(version=new, number=1).update(hours=400)
    CurriculumVersion.objects.filter(pk=new.pk).update(status="published", published_at=AT)
    new.refresh_from_db()

    go(cohort, new, pairs_by(became, old))

    gate = cohort.milestones.get(kind="gate", level__version=new, level__number=1)
    assert (gate.due_on, max(cohort.milestones.values_list("due_on", flat=True))) == (
        date(2027, 1, 24), date(2027, 4, 4),
    )  # fmt: skip


def test_cohort_that_has_not_begun_gets_the_new_schedule(lantaarn: Cast) -> None:
    cohort = a_cohort()
    old = cohort.version
    new, became = copy_of(old)
    before = list(cohort.milestones.order_by("position").values_list("title", "due_on"))

    go(cohort, new, pairs_by(became, old))

    assert list(cohort.milestones.order_by("position").values_list("title", "due_on")) == before
    assert set(cohort.milestones.values_list("level__version", flat=True)) == {new.pk}


def test_nothing_is_due_before_the_move(lantaarn: Cast) -> None:
    """A cohort past its last date: the new version's last gate is due on the day of the move."""
    cohort = running_cohort(starts_on=date(2026, 1, 5))
    old = cohort.version
    new, became = copy_of(old)

    go(cohort, new, pairs_by(became, old))

    assert list(cohort.milestones.filter(level__version=new).values_list("kind", "due_on")) == [("gate", TODAY)]


def test_date_set_by_hand_stays_and_asks_for_its_share(lantaarn: Cast) -> None:
    cohort = running_cohort()
    old = cohort.version
    last = cohort.milestones.order_by("position").last()
    assert last is not None
    set_due(milestone=last, due_on=date(2027, 3, 1), today=date(2026, 10, 1))
    new, became = copy_of(old, published=False)
    Topic.objects.filter(module__level__version=new).update(hours=80)
    CurriculumVersion.objects.filter(pk=new.pk).update(status="published", published_at=AT)
    new.refresh_from_db()

    go(cohort, new, pairs_by(became, old))
    moved = Milestone.objects.get(pk=last.pk)
    back(cohort)

    assert (moved.due_on, moved.is_fixed, moved.level.version, moved.through_hours) == (
        date(2027, 3, 1), True, new, 640,
    )  # fmt: skip
    assert Milestone.objects.get(pk=last.pk).through_hours == last.through_hours


def test_what_the_old_version_asked_for_is_not_asked_for_any_more(lantaarn: Cast) -> None:
    cohort = running_cohort()
    amira, daan, old = active(cohort, lantaarn.amira), active(cohort, lantaarn.daan), cohort.version
    finish(amira, topics_of(cohort)[:2])
    new, _became = copy_of(old)

    go(cohort, new, [])

    roster = roster_of(cohort, on=TODAY)
    first = roster.milestones[0]
    standings = {entry.enrollment.pk: entry.standing for entry in roster.entries}
    assert {pk: one.has_reached(first) for pk, one in standings.items()} == {amira.pk: True, daan.pk: False}
    assert {due.version_id for one in standings.values() if (due := one.next_milestone)} == {new.pk}
    assert {pk: len(one.milestones) for pk, one in standings.items()} == {amira.pk: 3, daan.pk: 2}


def test_learner_apart_has_milestones_of_their_own(lantaarn: Cast) -> None:
    cohort = running_cohort()
    amira, daan, old = active(cohort, lantaarn.amira), active(cohort, lantaarn.daan), cohort.version
    new, became = copy_of(old)

    go(amira, new, pairs_by(became, old))

    def due(enrollment: Enrollment) -> list[tuple[str, date]]:
        [one] = standings_of([Enrollment.objects.select_related("cohort").get(pk=enrollment.pk)], on=TODAY)
        return [(due.title, due.due_on) for due in one.milestones if due.due_on >= TODAY]

    assert due(amira) == due(daan) == [
        ("2.1 Basics: complete", date(2026, 12, 20)), ("Level 2 gate", date(2027, 1, 24)),
    ]  # fmt: skip
    assert {row.level.version for row in amira.milestones.all()} == {new}
    add_break(name="Winter", starts_on=date(2026, 12, 1), ends_on=date(2026, 12, 7), cohort=cohort, today=TODAY)
    assert due(amira) == due(daan) != []
    back(amira)
    assert not amira.milestones.exists()


def test_learner_apart_is_reminded(lantaarn: Cast) -> None:
    cohort = running_cohort()
    amira, old = active(cohort, lantaarn.amira), cohort.version
    new, became = copy_of(old)
    go(amira, new, pairs_by(became, old))

    assert queue_milestone_reminders(NOW + 21 * DAY) == 1


def test_cohort_that_joins_a_learner_takes_over_their_milestones(lantaarn: Cast) -> None:
    cohort = running_cohort()
    amira, old = active(cohort, lantaarn.amira), cohort.version
    new, became = copy_of(old)
    go(amira, new, pairs_by(became, old))
    own = set(amira.milestones.values_list("pk", flat=True))

    go(cohort, new, pairs_by(became, old))
    fresh(amira)
    joined = amira.milestones.count()
    back(cohort)

    assert (joined, set(amira.milestones.values_list("pk", flat=True))) == (0, own)
    assert Milestones(cohorts=[cohort.pk]).of(amira)
