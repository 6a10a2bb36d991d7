"""The milestones of a cohort, generated from what its levels hold, its format, its hours a week and its days off.

Every level ends in a gate. Between gates a self-paced cohort has a milestone about every month and a blended one every
4 to 6 weeks, both where a topic ends; a bootcamp has one a week, inside a topic where no topic ends in that week.
Intervals are counted in program days, so a break moves dates and never changes what a milestone asks for.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import accumulate
from math import floor
from uuid import UUID

from django.db.models import F
from django.utils.text import Truncator

from cohorts.models import Cohort, Enrollment, Milestone
from cohorts.models.milestone_title import COMPLETE, GATE, INSIDE, UP_TO, hours_kept, title_of
from cohorts.pacing import Calendar, check_hours, check_weekly_hours, days_for
from cohorts.planned_ends import note_planned_end
from cohorts.stages import Stage, Step
from cohorts.touching import touch, touch_cohorts
from curriculum.models import Format, Level

WEEK = 7
OUT_OF_THE_WAY = 1_000_000


@dataclass(frozen=True)
class Cadence:
    """Program days from one milestone to the next: at least, best and at most, where topics end at such times."""

    least: int
    best: Fraction
    most: int

    def miss(self, days: Fraction) -> tuple[Fraction, Fraction]:
        """How far an interval is off: from the limits first, then from the best."""
        return max(self.least - days, days - self.most, Fraction(0)), abs(days - self.best)


CADENCES = {
    Format.SELF_PACED: Cadence(21, Fraction(365, 12), 42),
    Format.BLENDED: Cadence(28, Fraction(35), 42),
}


@dataclass(frozen=True)
class Draft:
    """A milestone as the schedule would have it."""

    kind: str
    level_id: UUID
    title: str
    last_topic_id: UUID | None
    through_hours: Decimal
    due_on: date

    @property
    def key(self) -> "Key":
        return self.kind, self.level_id, self.through_hours


Key = tuple[str, UUID, Decimal]


@dataclass(frozen=True)
class Standing:
    """Where the schedule stands: so many paced hours are behind the cohort when `calendar` begins."""

    calendar: Calendar
    hours: Fraction = Fraction(0)


def generate(*, stages: Sequence[Stage], format: str, hours_per_week: Decimal, standing: Standing) -> list[Draft]:
    """The milestones of the stages, in order; the same input gives the same output.

    None is due on a day off or before the calendar begins; the last one counts all hours of the stages.
    Raises CohortError when a value is out of bounds or the end is more than 50 years away.
    """
    check_weekly_hours(hours_per_week)
    check_hours(sum((stage.hours for stage in stages), Decimal()))
    drafts: list[Draft] = []
    paced, planned = Fraction(0), Decimal()
    for stage in stages:
        for mark in _marks(stage, format, hours_per_week):
            if mark.kind != Milestone.Kind.GATE and drafts and planned + mark.through <= drafts[-1].through_hours:
                continue  # it would ask for nothing new: less than an hour more
            ahead = paced + mark.at - standing.hours
            drafts.append(
                Draft(
                    kind=mark.kind,
                    level_id=stage.level_id,
                    title=mark.title,
                    last_topic_id=mark.last_topic_id,
                    through_hours=planned + mark.through,
                    due_on=standing.calendar.day(days_for(ahead, hours_per_week)),
                )
            )
        paced += Fraction(stage.hours)
        planned += stage.planned_hours
    return drafts


def paced_hours(stages: Sequence[Stage], milestone: Milestone) -> Fraction:
    """The paced hours that are behind whoever reaches the milestone."""
    paced, planned = Fraction(0), Decimal()
    for stage in stages:
        if stage.level_id == milestone.level_id:
            inside = milestone.through_hours - planned
            share = Fraction(inside) / Fraction(stage.planned_hours) if stage.planned_hours else Fraction(1)
            return paced + Fraction(stage.hours) * min(share, Fraction(1))
        paced += Fraction(stage.hours)
        planned += stage.planned_hours
    return paced


# -- the schedule there is, and the one there would be -----------------------------------------------------------------


@dataclass(frozen=True)
class Move:
    """A milestone that stays, on another day."""

    milestone: Milestone
    due_on: date


@dataclass(frozen=True)
class Difference:
    """What a new schedule would do to the milestones there are. `kept` ones do not change at all."""

    added: tuple[Draft, ...] = ()
    moved: tuple[Move, ...] = ()
    removed: tuple[Milestone, ...] = ()
    kept: tuple[Milestone, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.moved or self.removed)

    @property
    def ends_on(self) -> date | None:
        """The last day on which anything would be due."""
        days = [draft.due_on for draft in self.added] + [move.due_on for move in self.moved]
        return max([*days, *(milestone.due_on for milestone in self.kept)], default=None)


def planned_hours(stages: Sequence[Stage], paced: Fraction) -> Decimal:
    """The planned hours that are behind whoever has so many paced hours behind them; the reverse of `paced_hours`."""
    planned = Decimal()
    for stage in stages:
        hours = Fraction(stage.hours)
        if paced < hours:
            inside = Fraction(stage.planned_hours) * paced / hours
            return planned + Decimal(inside.numerator) / Decimal(inside.denominator)
        paced -= hours
        planned += stage.planned_hours
    return planned


def compare(
    existing: Sequence[Milestone],
    drafts: Sequence[Draft],
    *,
    settled_before: date | None,
    behind: Decimal | None = None,
) -> Difference:
    """What it takes to get from the existing milestones to the drafts.

    What was due before `settled_before` is history, and what was set by hand is meant: both stay as they are, and
    drafts that ask for the same, or for less than history did, fall away. `behind` says how many planned hours of the
    drafts' version that is, where history followed another one.
    """
    past = [row for row in existing if settled_before is not None and row.due_on < settled_before]
    fixed = {key_of(row) for row in existing if row.is_fixed}
    settled = {key_of(row) for row in past} | fixed
    floor = max((row.through_hours for row in past if not row.is_fixed), default=Decimal(-1))
    floor = floor if behind is None else behind
    wanted = {
        draft.key: draft
        for draft in drafts
        if draft.key not in settled
        and (draft.through_hours > floor or (draft.through_hours == floor and draft.kind == Milestone.Kind.GATE))
    }
    moved, removed, kept = [], [], []
    for row in existing:
        draft = wanted.pop(key_of(row), None)
        if key_of(row) in settled or (draft and draft.due_on == row.due_on):
            kept.append(row)
        elif draft:
            moved.append(Move(row, draft.due_on))
        else:
            removed.append(row)
    return Difference(tuple(wanted.values()), tuple(moved), tuple(removed), tuple(kept))


def key_of(milestone: Milestone) -> Key:
    """What makes a milestone the same one in another schedule: what it asks for."""
    return milestone.kind, milestone.level_id, milestone.through_hours


def apply_schedule(
    *, cohort: Cohort, difference: Difference, today: date, enrollment: Enrollment | None = None
) -> None:
    """Carry the difference out on the cohort's milestones, or a learner's own. The caller holds the cohort's lock."""
    if not difference:
        return
    if enrollment is None:
        touch_cohorts(cohort.pk)
    else:
        touch(enrollment.pk)
    Milestone.objects.filter(pk__in=[row.pk for row in difference.removed]).delete()
    rows = list(difference.kept)
    for move in difference.moved:
        move.milestone.due_on = move.due_on
        rows.append(move.milestone)
    new = [_milestone(cohort, draft, enrollment) for draft in difference.added]
    followed = cohort.version_id if enrollment is None else enrollment.version_id
    levels = set(Level.objects.filter(version=followed).values_list("pk", flat=True))
    # What another version asked for is history and comes first: its hours are none of this one's.
    ordered = sorted([*rows, *new], key=lambda row: (row.level_id in levels, *_place(row)))
    for position, row in enumerate(ordered, start=1):
        row.position = position
    if rows:
        # Out of the way first: no two rows may have the same position, not even while they are renumbered.
        cohort.milestones.filter(enrollment=enrollment).update(position=F("position") + OUT_OF_THE_WAY)
        Milestone.objects.bulk_update(rows, ["position", "due_on"], batch_size=500)
    Milestone.objects.bulk_create(new, batch_size=500)
    if enrollment is None:
        note_planned_end(cohort, today=today)


def _milestone(cohort: Cohort, draft: Draft, enrollment: Enrollment | None) -> Milestone:
    return Milestone(
        cohort=cohort,
        enrollment=enrollment,
        kind=draft.kind,
        level_id=draft.level_id,
        title=draft.title,
        last_topic_id=draft.last_topic_id,
        through_hours=draft.through_hours,
        due_on=draft.due_on,
    )


def _place(milestone: Milestone) -> tuple[Decimal, bool, date]:
    return milestone.through_hours, milestone.kind == Milestone.Kind.GATE, milestone.due_on


# -- one level ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Mark:
    """`at` paced hours into its level a milestone is due that asks for `through` planned hours of it."""

    kind: str
    at: Fraction
    through: Decimal
    title: str
    last_topic_id: UUID | None


def _marks(stage: Stage, format: str, hours_per_week: Decimal) -> Iterator[_Mark]:
    if stage.steps:
        if format == Format.BOOTCAMP:
            yield from _weekly(stage, hours_per_week)
        else:
            yield from _where_topics_end(stage, hours_per_week, CADENCES[Format(format)])
    yield _Mark(
        kind=Milestone.Kind.GATE,
        at=Fraction(stage.hours),
        through=stage.planned_hours,
        title=title_of(GATE, number=stage.number),
        last_topic_id=next((step.through for step in reversed(stage.steps) if step.through), None),
    )


def _where_topics_end(stage: Stage, hours_per_week: Decimal, cadence: Cadence) -> Iterator[_Mark]:
    ends = stage.ends()
    planned = list(accumulate(step.hours for step in stage.steps))
    days = [at * WEEK / Fraction(hours_per_week) for at in ends]
    for index in _spaced(days, cadence):
        yield _at_end_of(stage.steps[index], ends[index], planned[index])


def _spaced(days: Sequence[Fraction], cadence: Cadence) -> Iterator[int]:
    """Which of the days, all but the last one, keep the cadence best; a longer stretch stays as long as it is."""
    since, end = Fraction(0), days[-1]
    while end - since > cadence.most:
        ahead = range(bisect_left(days, since + Fraction(cadence.least, 2)), len(days) - 1)
        fitting = [index for index in ahead if cadence.least <= days[index] - since <= cadence.most]
        # Not shortly before the gate when there is another choice.
        roomy = [index for index in fitting if end - days[index] >= cadence.least]
        options = roomy or fitting or ahead
        if not options:
            return
        chosen = min(options, key=lambda index: (cadence.miss(days[index] - since), index))
        yield chosen
        since = days[chosen]


def _weekly(stage: Stage, hours_per_week: Decimal) -> Iterator[_Mark]:
    ends = stage.ends()
    planned = [Decimal(), *accumulate(step.hours for step in stage.steps)]
    week, reached = Fraction(hours_per_week), 0
    at = week
    # A last week of less than half belongs to the gate.
    while Fraction(stage.hours) - at >= week / 2:
        # A topic that ends within half a day of the week's end belongs to the week.
        finished = bisect_right(ends, at + week / 14)
        if finished > reached:
            yield _at_end_of(stage.steps[finished - 1], at, planned[finished])
            reached = finished
        else:
            begun = ends[finished - 1] if finished else Fraction(0)
            share = (at - begun) / (ends[finished] - begun)
            yield _inside(stage.steps[finished], at, planned[finished], share, stage.steps[:finished])
        at += week


def _at_end_of(step: Step, at: Fraction, through: Decimal) -> _Mark:
    if step.ends_module:
        title = title_of(COMPLETE, module=step.module)
    elif step.module:
        title = title_of(UP_TO, module=step.module, topic=step.title)
    else:
        title = step.title
    return _Mark(Milestone.Kind.TOPIC, at, through, _short(title), step.through)


def _inside(step: Step, at: Fraction, before: Decimal, share: Fraction, behind: Sequence[Step]) -> _Mark:
    done = Decimal(floor(Fraction(step.hours) * share))
    topic = f"{step.module}, {step.title}" if step.module else step.title
    title = title_of(INSIDE, topic=topic, done=hours_kept(float(done)), hours=hours_kept(float(step.hours)))
    through = next((earlier.through for earlier in reversed(behind) if earlier.through), None)
    return _Mark(Milestone.Kind.CHECKPOINT, at, before + done, _short(title), through)


def _short(title: str) -> str:
    return Truncator(title).chars(300)
