"""Work and decisions of a learner who goes over to another version: what is handed in, judged and decided stays as it
is, and counts for what the map made of it.

An attempt stays an attempt at the project it was made at. `CarriedAttempt` says with which others it shows since.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q

from assessments.models import (
    STANDINGS,
    CarriedAttempt,
    LevelDecision,
    Review,
    Submission,
    SubmissionDraft,
    SubmissionQuerySet,
)
from cohorts import carriers
from cohorts.carriers import HandedIn, Moving
from cohorts.carrying import BATCH, Fact, Kind, planned_carries
from cohorts.models import Enrollment, MapPair, ProgressEvent
from cohorts.version_map import whole_pairs
from curriculum.models import Project

Outcome = LevelDecision.Outcome
T = TypeVar("T")
KINDS = {Outcome.PASSED.value: Kind.COMPLETED, Outcome.REVOKED.value: Kind.REOPENED}


def attempts_for(project_id: UUID, enrollment: Enrollment) -> SubmissionQuerySet:
    """The learner's attempts at a project, and those at others that show with it since they went over."""
    return Submission.objects.filter(enrollment=enrollment).filter(
        Q(project=project_id) | Q(pk__in=CarriedAttempt.objects.filter(project=project_id).values("submission"))
    )


def related_attempts(submission: Submission) -> SubmissionQuerySet:
    """The learner's attempts that show with this one: at the same project, and at those of other versions with it."""
    shows_with = submission.carried.values("project")
    with_them = CarriedAttempt.objects.filter(Q(project=submission.project_id) | Q(project__in=shows_with))
    return Submission.objects.filter(enrollment=submission.enrollment_id).filter(
        Q(project=submission.project_id) | Q(project__in=shows_with) | Q(pk__in=with_them.values("submission"))
    )


@dataclass(frozen=True, slots=True)
class Proof:
    """What shows that a project can be made: the review that passed it, or the credit for it."""

    review: Review | None = None
    credit: ProgressEvent | None = None


def proofs_of(enrollment: Enrollment, own: Mapping[UUID, Proof]) -> dict[UUID, tuple[Proof, ...]]:
    """What shows each project, `own` being about the projects themselves. One query.

    A project into which others were mapped is shown by them when all of them are.
    """
    return shown_by({enrollment.pk: own})[enrollment.pk]


def shown_by(own: Mapping[UUID, Mapping[UUID, T]]) -> dict[UUID, dict[UUID, tuple[T, ...]]]:
    """The same of many learners, by enrollment, with whatever shows a project. One query."""
    shown: dict[UUID, dict[UUID, tuple[T, ...]]] = {
        enrollment: {project: (proof,) for project, proof in proofs.items()} for enrollment, proofs in own.items()
    }
    leg = ("move__legs__enrollment", "move__legs__sequence")
    rows = (
        MapPair.objects.filter(move__legs__enrollment__in=own, from_project__isnull=False)
        .order_by(*leg, "to_project")
        .values_list(*leg, "to_project", "from_project")
    )
    for (enrollment, _sequence, project), pairs in groupby(rows, key=lambda row: row[:3]):
        here = shown[enrollment]
        found = [here.get(source, ()) for *_leg, source in pairs]
        if project not in here and all(found):
            here[project] = tuple(proof for proofs in found for proof in proofs)
    return shown


def proofs_until(
    enrollments: Sequence[Enrollment], credits: Mapping[UUID, Iterable[ProgressEvent]], *, until: datetime
) -> dict[UUID, dict[UUID, tuple[Proof, ...]]]:
    """What showed each project before that instant, by learner; `credits` are theirs that stood then. Two queries."""
    return shown_by(_own_proofs([row.pk for row in enrollments], credits, until))


def _own_proofs(
    enrollments: Sequence[UUID], credits: Mapping[UUID, Iterable[ProgressEvent]], until: datetime | None = None
) -> dict[UUID, dict[UUID, Proof]]:
    """What shows each project by itself: a review that passed it before `until`, else the credit for it."""
    own = {
        enrollment: {
            event.project_id: Proof(credit=event)
            for event in credits.get(enrollment, ())
            if event.project_id is not None
        }
        for enrollment in enrollments
    }
    passes = Review.objects.final().filter(submission__enrollment__in=enrollments, verdict=Review.Verdict.PASS)
    if until is not None:
        passes = passes.filter(submitted_at__lt=until)
    for review in passes.select_related("submission__project", "reviewer"):
        own[review.submission.enrollment_id][review.submission.project_id] = Proof(review=review)
    return own


def has_passed(project: Project, enrollment: Enrollment) -> bool:
    """Whether a review passed it, or all the projects of another version that count for it were passed or credited."""
    own = _own_proofs([enrollment.pk], {enrollment.pk: credits_of(enrollment)})
    shown = shown_by(own)[enrollment.pk]
    return any(proof.review is not None for proof in shown.get(project.pk, ()))


def credits_of(enrollment: Enrollment) -> list[ProgressEvent]:
    """The projects that stand as credited."""
    latest = (
        ProgressEvent.objects.filter(enrollment=enrollment, project__isnull=False)
        .order_by("project", "-effective_on", "-recorded_at", "-id")
        .distinct("project")
    )
    return [event for event in latest if event.kind == ProgressEvent.Kind.CREDITED]


def credits_in(events: Iterable[ProgressEvent]) -> list[ProgressEvent]:
    """The same, of all events of an enrollment."""
    in_order = sorted(events, key=lambda event: (event.effective_on, event.recorded_at, event.pk))
    latest = {event.project_id: event for event in in_order if event.project_id is not None}
    return [event for event in latest.values() if event.kind == ProgressEvent.Kind.CREDITED]


# -- what the move asks, and takes along -------------------------------------------------------------------------------


def _works(enrollments: Sequence[UUID]) -> Iterable[HandedIn]:
    """How the latest attempt at each project stands; passed when any attempt was. Three queries of plain values."""
    attempts = (
        Submission.objects.filter(enrollment__in=enrollments, withdrawn_at=None)
        .order_by("submitted_at", "pk")
        .values_list("pk", "enrollment", "project", "submitted_at", "enrollment__cohort__time_zone")
    )
    verdicts = {
        submission: (verdict, at, pk)
        for submission, verdict, at, pk in Review.objects.final()
        .filter(submission__enrollment__in=enrollments)
        .values_list("submission", "verdict", "submitted_at", "pk")
    }
    shown_with: dict[UUID, set[UUID]] = defaultdict(set)
    carried = CarriedAttempt.objects.filter(submission__enrollment__in=enrollments)
    for submission, project in carried.values_list("submission", "project"):
        shown_with[submission].add(project)
    works: dict[tuple[UUID, UUID, bool], HandedIn] = {}
    for submission, enrollment, made_at, submitted_at, zone in attempts:
        verdict, decided_at, pk = verdicts.get(submission, ("", None, submission))
        at = decided_at or submitted_at
        on, status = at.astimezone(ZoneInfo(zone)).date(), STANDINGS.get(verdict, "submitted")
        elsewhere = shown_with[submission] - {made_at}
        for project, is_own in [(made_at, True), *((each, False) for each in elsewhere)]:
            key = enrollment, project, is_own
            if key not in works or works[key].status != "passed":
                works[key] = HandedIn(
                    enrollment_id=enrollment, project_id=project, status=status, on=on, stamp=(at, pk), is_own=is_own
                )
    return works.values()


def _levels(enrollments: Sequence[UUID]) -> Iterable[tuple[UUID, UUID]]:
    return [(row.enrollment_id, row.level_id) for row in _decisions(enrollments) if row.outcome == Outcome.PASSED]


def _decisions(enrollments: Sequence[UUID]) -> Iterable[LevelDecision]:
    """The decision that holds about each level."""
    return (
        LevelDecision.objects.filter(enrollment__in=enrollments)
        .select_related("carries")
        .order_by("enrollment", "level", "-effective_on", "-recorded_at", "-id")
        .distinct("enrollment", "level")
    )


def _carry(moving: Moving) -> None:
    _carry_decisions(moving)
    _carry_attempts(moving)


def _carry_decisions(moving: Moving) -> None:
    """Decisions go along by the rules of progress: a level is passed when all that were mapped to it are."""
    sources: dict[UUID, list[UUID]] = defaultdict(list)
    for pair in moving.pairs:
        if pair.kind == "level":
            sources[pair.new].append(pair.old)
    held: dict[UUID, dict[UUID, LevelDecision]] = defaultdict(dict)
    for row in _decisions([enrollment.pk for enrollment in moving.enrollments]):
        held[row.enrollment_id][row.level_id] = row
    made = []
    for enrollment in moving.enrollments:
        decisions = held[enrollment.pk]
        facts = {level: _fact(row) for level, row in decisions.items()}
        for carry in planned_carries(facts, sources, left_at=moving.left_at.get(enrollment.pk), is_undo=moving.is_undo):
            told = [decisions[source] for source in carry.sources if source in decisions]
            reasons = dict.fromkeys(row.override_reason for row in told if row.override_reason)
            made.append(
                LevelDecision(
                    enrollment=enrollment,
                    level_id=carry.node,
                    outcome=Outcome.REVOKED if carry.kind == Kind.REOPENED else Outcome.PASSED,
                    evidence=[item for row in told for item in row.evidence],
                    override_reason="\n".join(reasons),
                    effective_on=carry.on,
                    move=moving.move,
                    carries_id=carry.root,
                    recorded_by=moving.by,
                )
            )
    LevelDecision.objects.bulk_create(made, batch_size=BATCH)


def _fact(row: LevelDecision) -> Fact:
    root = row.carries or row
    return Fact(KINDS[row.outcome], row.effective_on, "", root.pk, (root.recorded_at, root.pk))


def _carry_attempts(moving: Moving) -> None:
    """Attempts show with what their projects became, those that came from elsewhere before too."""
    targets: dict[UUID, list[tuple[UUID, bool]]] = defaultdict(list)
    pairs = [pair for pair in moving.pairs if pair.kind == "project"]
    whole = whole_pairs(pairs)
    for pair in pairs:
        targets[pair.old].append((pair.new, pair in whole))
    people = [enrollment.pk for enrollment in moving.enrollments]
    rows = set(Submission.objects.filter(enrollment__in=people).values_list("pk", "project"))
    rows |= set(CarriedAttempt.objects.filter(submission__enrollment__in=people).values_list("submission", "project"))
    shown: dict[tuple[UUID, UUID], bool] = {}
    for submission, project in rows:
        for target, is_whole in targets.get(project, ()):
            shown[submission, target] = shown.get((submission, target), False) or is_whole
    CarriedAttempt.objects.bulk_create(
        [
            CarriedAttempt(submission_id=submission, project_id=project, move=moving.move, is_whole=is_whole)
            for (submission, project), is_whole in shown.items()
        ],
        batch_size=BATCH,
    )
    _carry_drafts(people, {pair.old: pair.new for pair in pairs if pair in whole})


def _carry_drafts(people: Sequence[UUID], became: Mapping[UUID, UUID]) -> None:
    """What is being written goes along with a project that became another one."""
    written = list(SubmissionDraft.objects.filter(enrollment__in=people))
    taken = {(draft.enrollment_id, draft.project_id) for draft in written}
    for draft in written:
        target = became.get(draft.project_id)
        if target is not None and (draft.enrollment_id, target) not in taken:
            draft.project_id = target
            draft.save(update_fields=["project"])


carriers.register(carriers.Carrier(works=_works, levels=_levels, carry=_carry))
