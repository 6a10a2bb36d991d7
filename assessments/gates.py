"""Level gates: the one place that says whether a level is done, and the decisions that made it so.

Nothing else may conclude that a level is passed; decisions are facts and are taken back by another fact.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.models import Membership
from assessments.carrying import Proof, own_proofs, proofs_of
from assessments.errors import AssessmentError
from assessments.models import LevelDecision
from cohorts.history import record_status
from cohorts.models import Enrollment, ProgressEvent
from cohorts.pacing import check_date
from cohorts.tracks import choice_as_of
from curriculum.models import Level, Project, Topic

SHOWN = 5
Outcome = LevelDecision.Outcome


@dataclass(frozen=True, kw_only=True)
class Requirement:
    """One criterion of a gate. `detail` says by what it is met, or what is still needed."""

    key: str
    title: str
    met: bool
    detail: str


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
        return [Requirement(**item) for item in self.decision.evidence]

    @property
    def missing(self) -> list[Requirement]:
        return [requirement for requirement in self.requirements if not requirement.met]


def evaluate(enrollment: Enrollment, level: Level, *, on: date) -> GateReport:
    """The gate of one level, from what was recorded up to and including that day."""
    return next(report for report in evaluate_all(enrollment, on=on) if report.level == level)


def evaluate_all(enrollment: Enrollment, *, on: date) -> list[GateReport]:
    """The gates of every level of the learner's cohort, in order; as many queries for five levels as for one."""
    cohort = enrollment.cohort
    levels = list(
        Level.objects.filter(version=enrollment.version_id, number__range=(cohort.first_level, cohort.last_level))
        .prefetch_related("tracks")
        .order_by("number")
    )
    done = _finished(enrollment, on)
    credits = [event for event in done.values() if event.kind == ProgressEvent.Kind.CREDITED]
    shown = proofs_of(enrollment, own_proofs(enrollment, credits, until=_end_of(on, enrollment)))
    decisions = latest_decisions(enrollment, on=on)
    choice = choice_as_of(enrollment, on=on)
    topics, required = _leaf_topics(levels), _required(levels, choice.track_id if choice else None)
    asks_track = max((level.number for level in levels if any(level.tracks.all())), default=None)
    reports: list[GateReport] = []
    for level in levels:
        requirements = [_before(reports[-1])] if reports else []
        if topics[level.pk]:
            requirements.append(_topics(topics[level.pk], done))
        if choice is None and level.number == asks_track:
            requirements.append(_track_to_choose())
        requirements += [_accepted(project, shown.get(project.pk, ())) for project in required[level.pk]]
        reports.append(GateReport(level=level, requirements=tuple(requirements), decision=decisions.get(level.pk)))
    return reports


def latest_decisions(enrollment: Enrollment, *, on: date) -> dict[UUID, LevelDecision]:
    """The decision that holds on that day, by level of the version that the learner follows."""
    rows = LevelDecision.objects.filter(
        enrollment=enrollment, level__version=enrollment.version_id, effective_on__lte=on
    ).order_by("level", "-effective_on", "-recorded_at", "-id")
    return {row.level_id: row for row in rows.select_related("recorded_by", "level").distinct("level")}


def pass_level(
    *, enrollment: Enrollment, level: Level, by: Membership, on: date, at: datetime, override_reason: str = ""
) -> LevelDecision:
    """Let the learner through the gate, with the evidence as it stands. The cohort's last level graduates them.

    `on` is the day it counts from, not after `at`. Criteria that are missing need an override with a reason.
    """
    with transaction.atomic():
        locked = _locked(enrollment)
        report = _report(locked, level, on=on, at=at)
        if report.passed_on is not None:
            raise AssessmentError("already_passed", _("This level is already passed."))
        if report.missing and not override_reason.strip():
            raise AssessmentError(
                "gate_not_met",
                _("Not every criterion is met. Wait until it is, or write why you let the learner through."),
            )
        decision = LevelDecision.objects.create(
            enrollment=locked,
            level=level,
            outcome=Outcome.PASSED,
            evidence=_evidence(report),
            override_reason=override_reason.strip() if report.missing else "",
            effective_on=on,
            recorded_by=by,
        )
        if level.number == locked.cohort.last_level:
            record_status(
                enrollment=locked,
                to=Enrollment.Status.GRADUATED,
                effective_on=on,
                by=by,
                decision=decision.pk,
                at=at,
            )
    return decision


def revoke(
    *, enrollment: Enrollment, level: Level, by: Membership, on: date, at: datetime, reason: str
) -> LevelDecision:
    """Take a pass back, openly: the pass stays on record and the reason beside it."""
    with transaction.atomic():
        locked = _locked(enrollment)
        report = _report(locked, level, on=on, at=at)
        if not reason.strip():
            raise AssessmentError("reason_needed", _("Write why the pass is taken back. The learner can read it."))
        if report.passed_on is None:
            raise AssessmentError("not_passed", _("This level is not passed, so there is nothing to take back."))
        if locked.status == Enrollment.Status.GRADUATED:
            raise AssessmentError("graduated", _("This learner has graduated. Correct the enrollment’s history first."))
        held = latest_decisions(locked, on=date.max).values()
        later = LevelDecision.objects.filter(
            pk__in=[row.pk for row in held], outcome=Outcome.PASSED, level__number__gt=level.number
        )
        if later.exists():
            raise AssessmentError("later_level_passed", _("A later level is passed. Take that one back first."))
        return LevelDecision.objects.create(
            enrollment=locked,
            level=level,
            outcome=Outcome.REVOKED,
            evidence=_evidence(report),
            override_reason=reason.strip(),
            effective_on=on,
            recorded_by=by,
        )


def _locked(enrollment: Enrollment) -> Enrollment:
    return (
        Enrollment.objects.select_for_update(no_key=True, of=("self",))
        .select_related("cohort", "learner")
        .get(pk=enrollment.pk)
    )


def _report(enrollment: Enrollment, level: Level, *, on: date, at: datetime) -> GateReport:
    """The gate to decide on; refuses a day to come or outside all programs, and one before what was decided already."""
    cohort = enrollment.cohort
    if level.version_id != enrollment.version_id or not cohort.first_level <= level.number <= cohort.last_level:
        raise AssessmentError("other_curriculum", _("This level is not part of the learner’s cohort."))
    check_date(on)
    if at < _end_of(on - timedelta(days=1), enrollment):
        raise AssessmentError(
            "day_to_come", _("Choose today or an earlier day: a gate is decided on what has happened.")
        )
    decided = latest_decisions(enrollment, on=date.max).get(level.pk)
    if decided is not None and decided.effective_on > on:
        raise AssessmentError(
            "before_last_decision",
            say("Choose %(day)s or later: on that day this level was decided on last.")
            % {"day": _written(decided.effective_on)},
        )
    return evaluate(enrollment, level, on=on)


def _written(day: date) -> str:
    return date_format(day, "j F Y", use_l10n=False)


def _end_of(day: date, enrollment: Enrollment) -> datetime:
    """The first instant after that day, on the calendar of the cohort's time zone."""
    return datetime.combine(day + timedelta(days=1), time(), ZoneInfo(enrollment.cohort.time_zone))


def _finished(enrollment: Enrollment, on: date) -> dict[UUID, ProgressEvent]:
    """The latest event of each topic and project that leaves it done or credited, by their id."""
    latest = (
        ProgressEvent.objects.filter(enrollment=enrollment, effective_on__lte=on)
        .order_by("topic", "project", "-effective_on", "-recorded_at", "-id")
        .distinct("topic", "project")
    )
    done: dict[UUID, ProgressEvent] = {}
    for event in latest:
        finished = event.topic_id or event.project_id
        if finished is not None and event.kind != ProgressEvent.Kind.REOPENED:
            done[finished] = event
    return done


def _leaf_topics(levels: Iterable[Level]) -> dict[UUID, list[Topic]]:
    found = defaultdict(list)
    leaves = Topic.objects.filter(module__level__in=list(levels), subtopics=None)
    for topic in leaves.select_related("module").order_by("module__position", "position"):
        found[topic.module.level_id].append(topic)
    return found


def _required(levels: list[Level], track_id: UUID | None) -> dict[UUID, list[Project]]:
    """The projects that each level asks for, which `outcomes.projects` counts too."""
    found: dict[UUID, list[Project]] = defaultdict(list)
    if levels:
        required = Project.objects.required_in_levels(levels[0].number, levels[-1].number, track_id=track_id)
        for project in required.filter(version=levels[0].version_id).order_by("position"):
            found[project.level_id].append(project)
    return found


def _before(previous: GateReport) -> Requirement:
    passed_on = previous.passed_on
    return Requirement(
        key=f"level-{previous.level.number}",
        title=say("Level %(number)s passed") % {"number": previous.level.number},
        met=passed_on is not None,
        detail=_written(passed_on) if passed_on else say("Decide on that level first"),
    )


def _topics(topics: list[Topic], done: dict[UUID, ProgressEvent]) -> Requirement:
    missing = [topic.title for topic in topics if topic.pk not in done]
    credited = sum(1 for topic in topics if topic.pk in done and done[topic.pk].kind == ProgressEvent.Kind.CREDITED)
    if missing:
        detail = ngettext("%(count)s topic to go: %(titles)s", "%(count)s topics to go: %(titles)s", len(missing)) % {
            "count": len(missing),
            "titles": ", ".join(missing[:SHOWN]) + ("…" if len(missing) > SHOWN else ""),
        }
    else:
        detail = say("%(done)s done, %(credited)s of them credited") % {"done": len(topics), "credited": credited}
    return Requirement(
        key="topics",
        title=ngettext(
            "The %(count)s topic is done or credited", "All %(count)s topics are done or credited", len(topics)
        )
        % {"count": len(topics)},
        met=not missing,
        detail=detail,
    )


def _track_to_choose() -> Requirement:
    return Requirement(
        key="track",
        title=say("The work of a specialization"),
        met=False,
        detail=say("The learner has not chosen a specialization yet"),
    )


def _accepted(project: Project, proofs: Sequence[Proof]) -> Requirement:
    details = [_proof(project, proof) for proof in proofs]
    needed = say("A passing review of this capstone is needed")
    if project.track_id is not None:
        needed = say("A passing review of this project is needed")
    return Requirement(
        key=f"project-{project.pk}",
        title=project.title,
        met=bool(details),
        detail="; ".join(details) or needed,
    )


def _proof(project: Project, proof: Proof) -> str:
    if proof.review is not None and proof.review.submitted_at is not None:
        submission = proof.review.submission
        words = {
            "attempt": submission.attempt,
            "day": _written(timezone.localdate(proof.review.submitted_at)),
            "name": proof.review.reviewer.name,
            "project": submission.project.title,
        }
        if submission.project_id != project.pk:
            return say("Attempt %(attempt)s at “%(project)s” passed on %(day)s, reviewed by %(name)s") % words
        return say("Attempt %(attempt)s passed on %(day)s, reviewed by %(name)s") % words
    if proof.credit is None:
        raise ValueError("A proof is a review that decided, or a credit.")
    return say("Credited on %(day)s: %(evidence)s") % {
        "day": _written(proof.credit.effective_on),
        "evidence": proof.credit.evidence,
    }


def _evidence(report: GateReport) -> list[dict[str, str | bool]]:
    return [asdict(requirement) for requirement in report.requirements]
