"""What going over to another version would do: who goes, what is carried and what is not, and the schedule.

A plan has a digest of all that it would do. Whoever agrees sends it back, and nothing happens when it is no longer the
same: somebody recorded progress, edited the schedule, or moved the cohort meanwhile.
"""

import copy
import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import NamedTuple
from uuid import UUID

from django.utils.translation import gettext as _

from cohorts import carriers
from cohorts.carriers import HandedIn
from cohorts.carrying import Carry, Fact, Stamp, facts_of, planned_carries
from cohorts.changes import Effect, digest_of
from cohorts.errors import CohortError
from cohorts.models import Cohort, Enrollment, EnrollmentMove, ProgressEvent, TrackChoice, VersionMove
from cohorts.move_schedule import ScheduleChange, plan_for_cohort, plan_for_learner
from cohorts.outline import Outline, OutlineLevel, Part, outline_for
from cohorts.schedule import Difference
from cohorts.standing import earned_in
from cohorts.version_map import Nodes, Pair, checked, nodes_of
from curriculum.models import CurriculumVersion

Status = Enrollment.Status
#: Who goes along. The path of the others has ended; who comes back is moved then.
STILL_HERE = (Status.APPLIED, Status.WAITING, Status.ENROLLED, Status.ACTIVE, Status.ON_LEAVE)
ENDED = (Cohort.Status.COMPLETED, Cohort.Status.CANCELLED)
#: What moves: a cohort with those who follow its version, or one learner.
Subject = Cohort | Enrollment


@dataclass(frozen=True, kw_only=True)
class Leg:
    """One learner's part: what is written for them, and how they stand before and after, in the program's hours.

    `done` counts what stands in the version left, `carried` what of it counts after the move; `left` is the rest.
    `track_since` is the day of the choice that is to be recorded in the version entered, None when there is none.
    """

    enrollment: Enrollment
    carries: tuple[Carry, ...]
    from_track: UUID | None
    to_track: UUID | None
    track_since: date | None
    hours_before: float
    hours_after: float
    done: int
    carried: int
    left: tuple[UUID, ...]
    projects_passed: int
    projects_carried: int
    works: tuple[HandedIn, ...]
    works_left: tuple[HandedIn, ...]
    levels: tuple[UUID, ...]
    levels_carried: tuple[UUID, ...]

    @property
    def works_carried(self) -> int:
        return len(self.works) - len(self.works_left)


class Choice(NamedTuple):
    track: UUID
    on: date


@dataclass(frozen=True, kw_only=True)
class MovePlan:
    """What a move would do. `staying` are learners of the cohort who do not go along."""

    subject: Subject
    to: CurriculumVersion
    old: Nodes
    new: Nodes
    pairs: tuple[Pair, ...]
    legs: tuple[Leg, ...]
    staying: tuple[Enrollment, ...]
    schedule: ScheduleChange
    left_at: Mapping[UUID, Stamp]
    undoes: VersionMove | None = None

    @property
    def cohort(self) -> Cohort:
        return cohort_of(self.subject)

    @property
    def effect(self) -> Effect:
        return Effect(self.cohort, self.schedule.difference)

    @cached_property
    def digest(self) -> str:
        """The same as long as the same would happen."""
        told = [
            (str(leg.enrollment.pk), str(leg.to_track), leg.done, round(leg.hours_before, 2),
             sorted((str(carry.node), carry.kind, carry.on.isoformat(), str(carry.root)) for carry in leg.carries),
             sorted((str(work.project_id), work.status) for work in leg.works), sorted(map(str, leg.levels)))
            for leg in self.legs
        ]  # fmt: skip
        whole = (
            str(self.old.version.pk), str(self.to.pk), [tuple(map(str, pair)) for pair in self.pairs], told,
            sorted(str(one.pk) for one in self.staying), digest_of([self.effect]),
            sorted((str(row.pk), str(row.through_hours)) for row in self.schedule.retargeted),
        )  # fmt: skip
        return hashlib.sha256(repr(whole).encode()).hexdigest()


def cohort_of(subject: Subject) -> Cohort:
    return subject if isinstance(subject, Cohort) else subject.cohort


def versions_for(subject: Subject) -> list[CurriculumVersion]:
    """Where it can go: the other published versions of the same curriculum, newest first."""
    here = subject.version
    others = CurriculumVersion.objects.published().filter(curriculum=here.curriculum_id).exclude(pk=here.pk)
    return list(others.defer("source", "claims").order_by("-number"))


def check_target(subject: Subject, to: CurriculumVersion) -> None:
    """Raises CohortError: `cohort_ended`, `enrollment_ended`, `same_version`, `version_not_published`,
    `other_curriculum`, or `levels_missing`."""
    cohort, here = cohort_of(subject), subject.version
    if isinstance(subject, Cohort) and cohort.status in ENDED:
        raise CohortError(
            "cohort_ended",
            _("%(cohort)s is %(status)s and stays as it is.")
            % {"cohort": cohort.name, "status": cohort.get_status_display().lower()},
        )
    if isinstance(subject, Enrollment) and subject.status not in STILL_HERE:
        raise CohortError(
            "enrollment_ended",
            _("This learner is %(status)s: their path stays as it is.")
            % {"status": subject.get_status_display().lower()},
        )
    if to.pk == here.pk:
        raise CohortError("same_version", _("This is the version that is followed already. Choose another one."))
    if to.status != CurriculumVersion.Status.PUBLISHED:
        raise CohortError(
            "version_not_published", _("Version %(number)s is not published. Publish it first.") % {"number": to.number}
        )
    if to.curriculum_id != here.curriculum_id:
        raise CohortError(
            "other_curriculum",
            _("“%(version)s” is another curriculum. Transfer the learners to a cohort that follows it.")
            % {"version": to},
        )
    numbers = set(to.levels.values_list("number", flat=True))
    if not numbers >= set(range(cohort.first_level, cohort.last_level + 1)):
        raise CohortError(
            "levels_missing",
            _("Version %(number)s has no level %(first)s to %(last)s, which this cohort walks.")
            % {"number": to.number, "first": cohort.first_level, "last": cohort.last_level},
        )


def plan_move(*, subject: Subject, to: CurriculumVersion, pairs: Iterable[Pair], today: date) -> MovePlan:
    """What the move would do, as things stand; in as many queries for one learner as for a hundred.

    Raises CohortError as `check_target` does, and `pair_not_of_versions`.
    """
    check_target(subject, to)
    old, new = nodes_of(subject.version), nodes_of(to)
    return plan_of_move(subject, to, old, new, checked(pairs, old, new), today)


def plan_of_move(
    subject: Subject,
    to: CurriculumVersion,
    old: Nodes,
    new: Nodes,
    pairs: tuple[Pair, ...],
    today: date,
    *,
    undoes: VersionMove | None = None,
) -> MovePlan:
    going, staying = _who(subject, undoes)
    ids = [enrollment.pk for enrollment in going]
    facts, works = facts_of(ids), _by_enrollment(carriers.works_of(ids))
    levels: dict[UUID, set[UUID]] = defaultdict(set)
    for enrollment_id, level_id in carriers.levels_passed(ids):
        levels[enrollment_id].add(level_id)
    legs = {leg.enrollment_id: leg for leg in undoes.legs.all()} if undoes else {}
    choices = _choices(ids)
    left_at = _left_at(ids, to)
    by_kind = {kind: _sources(kind, pairs) for kind in ("level", "topic", "project")}
    plans = []
    for enrollment in going:
        known = _vouched(facts[enrollment.pk], works[enrollment.pk], old)
        plans.append(
            _leg(
                enrollment, to, old, new, pairs,
                facts=known,
                hours_before=_earned(outline_for(enrollment), enrollment.cohort, facts[enrollment.pk]),
                carries=tuple(
                    planned_carries(
                        known, by_kind["topic"] | by_kind["project"],
                        left_at=left_at.get(enrollment.pk), is_undo=undoes is not None,
                    )
                ),
                works=[work for work in works[enrollment.pk] if work.project_id in old.by_id and work.is_open],
                levels=levels[enrollment.pk] & set(old.by_id),
                undone=legs.get(enrollment.pk),
                chosen=choices.get((enrollment.pk, old.version.pk)),
                chosen_before=choices.get((enrollment.pk, to.pk)),
                today=today,
            )
        )  # fmt: skip
    return MovePlan(
        subject=subject, to=to, old=old, new=new, pairs=pairs, legs=tuple(plans), staying=tuple(staying),
        schedule=_schedule(subject, to, pairs, today, undoes), left_at=left_at, undoes=undoes,
    )  # fmt: skip


def _who(subject: Subject, undoes: VersionMove | None) -> tuple[list[Enrollment], list[Enrollment]]:
    """Who goes along, and who of the cohort stays; by name."""
    if isinstance(subject, Enrollment):
        return [subject], []
    everyone = list(subject.enrollments.select_related("learner").order_by("learner__name", "pk"))
    for enrollment in everyone:
        enrollment.cohort = subject
    if undoes is None:
        goes = {one.pk for one in everyone if one.status in STILL_HERE and one.version_id == subject.version_id}
    else:
        latest = EnrollmentMove.objects.filter(enrollment__cohort=subject).order_by("enrollment", "-sequence")
        goes = {leg.enrollment_id for leg in latest.distinct("enrollment") if leg.move_id == undoes.pk}
    return [one for one in everyone if one.pk in goes], [one for one in everyone if one.pk not in goes]


def _left_at(enrollments: Sequence[UUID], to: CurriculumVersion) -> dict[UUID, Stamp]:
    """When each last left the version, for those who followed it before."""
    rows = (
        EnrollmentMove.objects.filter(enrollment__in=enrollments, move__from_version=to)
        .order_by("enrollment", "-sequence")
        .distinct("enrollment")
    )
    return {pk: (at, made) for pk, at, made in rows.values_list("enrollment", "move__recorded_at", "move")}


def _vouched(facts: Mapping[UUID, Fact], works: Iterable[HandedIn], old: Nodes) -> dict[UUID, Fact]:
    """The facts, and as done the projects of which nothing is recorded but that their review passed."""
    passed = {
        work.project_id: Fact(ProgressEvent.Kind.COMPLETED, work.on, "", None, work.stamp)
        for work in works
        if work.is_own and work.status == "passed" and work.project_id in old.by_id
    }
    return {**passed, **facts}


def _leg(
    enrollment: Enrollment,
    to: CurriculumVersion,
    old: Nodes,
    new: Nodes,
    pairs: Sequence[Pair],
    *,
    facts: Mapping[UUID, Fact],
    hours_before: float,
    carries: tuple[Carry, ...],
    works: Sequence[HandedIn],
    levels: set[UUID],
    undone: EnrollmentMove | None,
    chosen: Choice | None,
    chosen_before: Choice | None,
    today: date,
) -> Leg:
    moved = copy.copy(enrollment)
    moved.version = to
    moved.track_id = _track(enrollment, old, new, pairs, undone, chosen_before)
    track_since = None
    if moved.track_id is not None and (chosen_before is None or chosen_before.track != moved.track_id):
        track_since = max(chosen.on if chosen else today, chosen_before.on if chosen_before else date.min)
    after = dict(facts)
    outline = outline_for(moved)
    planned = {part.id: part.hours for level in outline.levels for part in _parts(level)}
    for carry in carries:
        hours = planned.get(carry.node, 0.0)
        after[carry.node] = Fact(carry.kind, carry.on, "", carry.root, carry.stamp, hours)
    targets: dict[UUID, list[UUID]] = defaultdict(list)
    for pair in pairs:
        targets[pair.old].append(pair.new)
    done = [node for node in old.all if (fact := facts.get(node.id)) is not None and fact.is_done]
    counted = {node.id for node in done if any((fact := after.get(new)) and fact.is_done for new in targets[node.id])}
    projects = [node for node in done if node.kind == "project"]
    return Leg(
        enrollment=enrollment,
        carries=carries,
        from_track=enrollment.track_id,
        to_track=moved.track_id,
        track_since=track_since,
        hours_before=hours_before,
        hours_after=_earned(outline, enrollment.cohort, after),
        done=len(done),
        carried=len(counted),
        left=tuple(node.id for node in done if node.id not in counted),
        projects_passed=len(projects),
        projects_carried=sum(node.id in counted for node in projects),
        works=tuple(works),
        works_left=tuple(work for work in works if not targets[work.project_id]),
        levels=tuple(levels),
        levels_carried=tuple(level for level in levels if _counts(level, levels, targets, pairs)),
    )


def _counts(level: UUID, passed: set[UUID], targets: Mapping[UUID, Sequence[UUID]], pairs: Sequence[Pair]) -> bool:
    """Whether some level that it is mapped to has all of its sources passed."""
    return any(all(pair.old in passed for pair in pairs if pair.new == new) for new in targets[level])


def _track(
    enrollment: Enrollment,
    old: Nodes,
    new: Nodes,
    pairs: Sequence[Pair],
    undone: EnrollmentMove | None,
    chosen_before: Choice | None,
) -> UUID | None:
    """The track that the learner's became: that of the project which the work of theirs counts for."""
    if undone is not None and enrollment.track_id == undone.to_track_id:
        return undone.from_track_id
    mine = {node.id for node in old.all if node.track is not None and node.track == enrollment.track_id}
    became = next((track for pair in pairs if pair.old in mine and (track := new.by_id[pair.new].track)), None)
    return became or (chosen_before.track if chosen_before else None)


def _choices(enrollments: Sequence[UUID]) -> dict[tuple[UUID, UUID], Choice]:
    """The latest choice of a track by each learner in each version."""
    rows = TrackChoice.objects.filter(enrollment__in=enrollments).order_by("effective_on", "recorded_at", "pk")
    told = rows.values_list("enrollment", "track__level__version", "track", "effective_on")
    return {(enrollment, version): Choice(track, on) for enrollment, version, track, on in told}


def _schedule(
    subject: Subject, to: CurriculumVersion, pairs: Sequence[Pair], today: date, undoes: VersionMove | None
) -> ScheduleChange:
    cohort = cohort_of(subject)
    if cohort.status in ENDED:
        return ScheduleChange(Difference())
    if isinstance(subject, Enrollment):
        return plan_for_learner(enrollment=subject, to=to, today=today)
    return plan_for_cohort(cohort=cohort, to=to, pairs=pairs, today=today)


def _sources(kind: str, pairs: Sequence[Pair]) -> dict[UUID, list[UUID]]:
    found: dict[UUID, list[UUID]] = defaultdict(list)
    for pair in pairs:
        if pair.kind == kind:
            found[pair.new].append(pair.old)
    return dict(found)


def _by_enrollment(works: Iterable[HandedIn]) -> dict[UUID, list[HandedIn]]:
    found: dict[UUID, list[HandedIn]] = defaultdict(list)
    for work in works:
        found[work.enrollment_id].append(work)
    return found


def _parts(level: OutlineLevel) -> list[Part]:
    return [part for module in level.modules for part in module.parts] + list(level.projects)


def _earned(outline: Outline, cohort: Cohort, facts: Mapping[UUID, Fact]) -> float:
    """In the program's hours, as `standings_of` would say after the facts were written."""
    return sum(earned_in(level, dict(_units(level, facts))).earned for level in outline.of(cohort))


def _units(level: OutlineLevel, facts: Mapping[UUID, Fact]) -> Iterator[tuple[str, tuple[float, int, float]]]:
    for key, parts in [*((module.id, module.parts) for module in level.modules), (level.id, level.projects)]:
        found = [fact for part in parts if (fact := facts.get(part.id)) is not None and fact.is_done]
        credited = sum(fact.hours for fact in found if fact.kind == ProgressEvent.Kind.CREDITED)
        yield str(key), (sum(fact.hours for fact in found), len(found), credited)
