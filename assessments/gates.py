"""Level gates: the one place that says whether a level is done, and the decisions that made it so.

Nothing else may conclude that a level is passed; decisions are facts and are taken back by another fact.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, F, OuterRef
from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from assessments.announcing import announce_level
from assessments.certificates import Cause, certificates_of, hanging_on, issue_for, level_pairs, revoke_certificates
from assessments.criteria import Question, Requirement, requirements_of
from assessments.errors import AssessmentError
from assessments.gate_mails import tell_decided
from assessments.models import Certificate, LevelDecision, OpenGate
from assessments.sentences import Kept, Sentence, keep, sentence, written
from cohorts.history import record_status
from cohorts.models import Enrollment
from cohorts.pacing import check_date
from cohorts.tracks import choices_as_of
from curriculum.models import Level, Project, Track

Outcome = LevelDecision.Outcome


@dataclass(frozen=True, kw_only=True)
class GateReport:
    """How a level's gate stands for one learner on one day."""

    level: Level
    requirements: tuple[Requirement, ...]
    decision: LevelDecision | None = field(default=None)

    @property
    def is_met(self) -> bool:
        return all(requirement.met for requirement in self.requirements)

    @property
    def passed_on(self) -> date | None:
        """The day the level was passed, unless that was taken back."""
        if self.decision is None or self.decision.outcome == Outcome.REVOKED:
            return None
        return self.decision.effective_on

    @property
    def shown(self) -> Sequence[Requirement]:
        """What the page shows: of a level that is passed the evidence of that day, else how things stand."""
        if self.decision is None or self.passed_on is None:
            return self.requirements
        return [Requirement.from_evidence(item) for item in self.decision.evidence]

    @property
    def missing(self) -> list[Requirement]:
        return [requirement for requirement in self.requirements if not requirement.met]


def evaluate(enrollment: Enrollment, level: Level, *, on: date) -> GateReport:
    """The gate of one level, from what was recorded up to and including that day."""
    return next(report for report in evaluate_all(enrollment, on=on) if report.level == level)


def evaluate_all(enrollment: Enrollment, *, on: date) -> list[GateReport]:
    """The gates of every level of the learner's cohort, in order; as many queries for five levels as for one."""
    return evaluate_many([enrollment], on=on)[enrollment.pk]


def evaluate_many(enrollments: Sequence[Enrollment], *, on: date) -> dict[UUID, list[GateReport]]:
    """The same of many learners, by enrollment; as many queries for many as for one of each cohort and version."""
    together: dict[tuple[UUID, UUID], list[Enrollment]] = defaultdict(list)
    for enrollment in enrollments:
        together[enrollment.cohort_id, enrollment.version_id].append(enrollment)
    return {pk: reports for group in together.values() for pk, reports in _reports(group, on).items()}


def _reports(enrollments: Sequence[Enrollment], on: date) -> dict[UUID, list[GateReport]]:
    question = _question(enrollments, on)
    asked = requirements_of(question)
    decisions = _decisions(enrollments, on)
    found: dict[UUID, list[GateReport]] = {}
    for enrollment in enrollments:
        reports = found[enrollment.pk] = []
        for level in question.levels:
            requirements = [_before(reports[-1])] if reports else []
            requirements += asked.get((enrollment.pk, level.pk), [])
            decision = decisions.get((enrollment.pk, level.pk))
            reports.append(GateReport(level=level, requirements=tuple(requirements), decision=decision))
    return found


def _question(enrollments: Sequence[Enrollment], on: date) -> Question:
    """Of learners of one cohort who follow the same version."""
    first = enrollments[0]
    numbers = (first.cohort.first_level, first.cohort.last_level)
    levels = Level.objects.filter(version=first.version_id, number__range=numbers)
    levels = levels.annotate(has_tracks=Exists(Track.objects.filter(level=OuterRef("pk"))))
    tracks = {enrollment: choice.track_id for enrollment, choice in choices_as_of(enrollments, on=on).items()}
    projects: dict[tuple[UUID, UUID], list[Project]] = defaultdict(list)
    required = Project.objects.required_in_levels(*numbers, tracks=set(tracks.values()))
    for project in required.filter(version=first.version_id).order_by("position"):
        for enrollment in enrollments:
            if project.track_id in (None, tracks.get(enrollment.pk)):
                projects[enrollment.pk, project.level_id].append(project)
    return Question(
        enrollments=enrollments,
        levels=list(levels.order_by("number")),
        on=on,
        until=first.cohort.end_of(on),
        tracks=tracks,
        projects=projects,
    )


def _decisions(enrollments: Sequence[Enrollment], on: date) -> dict[tuple[UUID, UUID], LevelDecision]:
    """The decision that holds on that day, by learner and level of the version that they follow."""
    rows = LevelDecision.objects.filter(
        enrollment__in=enrollments, level__version=F("enrollment__version"), effective_on__lte=on
    ).order_by("enrollment", "level", "-effective_on", "-recorded_at", "-id")
    return {
        (row.enrollment_id, row.level_id): row
        for row in rows.select_related("recorded_by", "approved_by", "level").distinct("enrollment", "level")
    }


def latest_decisions(enrollment: Enrollment, *, on: date) -> dict[UUID, LevelDecision]:
    """The decision that holds on that day, by level of the version that the learner follows."""
    return {level: row for (_enrollment, level), row in _decisions([enrollment], on).items()}


def pass_level(
    *,
    enrollment: Enrollment,
    level: Level,
    by: Membership,
    on: date,
    at: datetime,
    override_reason: str = "",
    approved_by: Membership | None = None,
) -> LevelDecision:
    """Let the learner through the gate, with the evidence as it stands, and issue the certificate.

    The cohort's last level graduates them. `on` is the day it counts from, not after `at`. Criteria that are missing
    need an override: a reason, and somebody else who approved it, as `overriding` arranges.
    """
    with transaction.atomic():
        locked = lock(enrollment)
        report = report_to_decide(locked, level, on=on, at=at)
        if report.passed_on is not None:
            raise AssessmentError("already_passed", _("This level is already passed."))
        if report.missing and (not override_reason.strip() or approved_by is None):
            raise AssessmentError(
                "gate_not_met",
                _("Not every criterion is met. Wait until it is, or ask a colleague to approve an exception."),
            )
        decision = LevelDecision.objects.create(
            enrollment=locked,
            level=level,
            outcome=Outcome.PASSED,
            evidence=_evidence(report),
            override_reason=override_reason.strip() if report.missing else "",
            approved_by=approved_by if report.missing else None,
            effective_on=on,
            recorded_by=by,
        )
        announce_level(decision, at=at)
        graduates = level.number == locked.cohort.last_level
        if graduates:
            record_status(
                enrollment=locked,
                to=Enrollment.Status.GRADUATED,
                effective_on=on,
                by=by,
                decision=decision.pk,
                at=at,
            )
        issue_for(decision, enrollment=locked, graduates=graduates, by=by, at=at)
        OpenGate.objects.filter(enrollment=locked, level=level).delete()
        tell_decided(decision, locked, at=at)
    return decision


@dataclass(frozen=True, kw_only=True)
class Consequences:
    """What hangs on a pass: it goes along when the pass is taken back, or is in the way (`later`)."""

    certificates: tuple[Certificate, ...]
    graduated_on: date | None
    later: tuple[int, ...]


def consequences_of(
    enrollment: Enrollment, reports: Sequence[GateReport], certificates: Sequence[Certificate]
) -> dict[UUID, Consequences]:
    """What taking a pass back would do, by level; `reports` and `certificates` are all of the learner's.

    One query, or none where nothing is passed.
    """
    passed = [report.level for report in reports if report.passed_on is not None]
    counts_for = level_pairs(enrollment) if passed else []
    graduated = enrollment.status == Enrollment.Status.GRADUATED
    return {
        level.pk: Consequences(
            certificates=tuple(hanging_on(level, certificates, counts_for=counts_for)),
            graduated_on=enrollment.status_since if graduated else None,
            later=tuple(other.number for other in passed if other.number > level.number),
        )
        for level in passed
    }


def revoke(
    *, enrollment: Enrollment, level: Level, by: Membership, on: date, at: datetime, reason: str
) -> LevelDecision:
    """Take a pass back, openly: the pass stays on record and the reason beside it, and the learner is told.

    What hangs on it goes along: its certificates, and the graduation that followed from it.
    """
    with transaction.atomic():
        locked = lock(enrollment)
        report = report_to_decide(locked, level, on=on, at=at)
        if not reason.strip():
            raise AssessmentError("reason_needed", _("Write why the pass is taken back. The learner can read it."))
        if report.passed_on is None:
            raise AssessmentError("not_passed", _("This level is not passed, so there is nothing to take back."))
        held = latest_decisions(locked, on=date.max).values()
        later = LevelDecision.objects.filter(
            pk__in=[row.pk for row in held], outcome=Outcome.PASSED, level__number__gt=level.number
        )
        if later.exists():
            raise AssessmentError("later_level_passed", _("A later level is passed. Take that one back first."))
        decision = LevelDecision.objects.create(
            enrollment=locked,
            level=level,
            outcome=Outcome.REVOKED,
            evidence=_evidence(report),
            override_reason=reason.strip(),
            effective_on=on,
            recorded_by=by,
        )
        announce_level(decision, at=at)
        hanging = hanging_on(level, certificates_of(locked), counts_for=level_pairs(locked))
        revoke_certificates(hanging, cause=Cause.LEVEL, reason=reason.strip(), by=by, at=at)
        _take_graduation_back(locked, by=by, at=at, reason=reason)
        tell_decided(decision, locked, at=at)
    return decision


def _take_graduation_back(enrollment: Enrollment, *, by: Membership, at: datetime, reason: str) -> None:
    """Correct the history of who graduated by the gate: they are what they were on the day before."""
    if enrollment.status != Enrollment.Status.GRADUATED:
        return
    graduation = enrollment.events.filter(to_status=Enrollment.Status.GRADUATED).order_by("-sequence")[0]
    record_status(
        enrollment=enrollment,
        to=graduation.from_status,
        effective_on=graduation.effective_on,
        by=by,
        note=reason,
        corrects=True,
        at=at,
    )


def lock(enrollment: Enrollment) -> Enrollment:
    """The enrollment as it stands once nobody else decides on its gates."""
    return (
        Enrollment.objects.select_for_update(no_key=True, of=("self",))
        .select_related("cohort__organization", "learner__user", "version")
        .get(pk=enrollment.pk)
    )


def report_to_decide(enrollment: Enrollment, level: Level, *, on: date, at: datetime) -> GateReport:
    """The gate to decide on; refuses a day to come or outside all programs, and one before what was decided already."""
    cohort = enrollment.cohort
    if level.version_id != enrollment.version_id or not cohort.first_level <= level.number <= cohort.last_level:
        raise AssessmentError("other_curriculum", _("This level is not part of the learner’s cohort."))
    check_date(on)
    if at < enrollment.cohort.end_of(on - timedelta(days=1)):
        raise AssessmentError(
            "day_to_come", _("Choose today or an earlier day: a gate is decided on what has happened.")
        )
    decided = latest_decisions(enrollment, on=date.max).get(level.pk)
    if decided is not None and decided.effective_on > on:
        raise AssessmentError(
            "before_last_decision",
            say("Choose %(day)s or later: on that day this level was decided on last.")
            % {"day": written(decided.effective_on)},
        )
    return evaluate(enrollment, level, on=on)


def _before(previous: GateReport) -> Requirement:
    passed_on = previous.passed_on
    return Requirement(
        key=f"level-{previous.level.number}",
        title=sentence("Level %(number)s passed", number=previous.level.number),
        met=passed_on is not None,
        detail=Sentence(keep(passed_on)) if passed_on else sentence("Decide on that level first"),
    )


def _evidence(report: GateReport) -> list[dict[str, Kept]]:
    return [requirement.evidence() for requirement in report.requirements]
