"""What the lives leave behind, as rows in the shape in which the domain functions would have written them."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from accounts.models import Membership
from accounts.search import fold
from assessments.asked_work import passed_attempt, topics_done
from assessments.criteria import Requirement
from assessments.models import (
    Criterion,
    LevelDecision,
    LinkCheck,
    Review,
    Rubric,
    Score,
    Submission,
    SubmissionLink,
)
from cohorts.models import (
    Enrollment,
    EnrollmentEvent,
    LeavingReason,
    MentorAssignment,
    Milestone,
    ProgressEvent,
    StudyLog,
    TrackChoice,
)
from curriculum.models import Benchmark, Level, Project
from home.demonstration.benchmarks import results_of
from home.demonstration.lives import Attempt, Life
from home.demonstration.repositories import TOLD_OF, stated_account, states_account, told_of
from home.demonstration.story import EMPLOYERS, EVIDENCE_SEEN, JOB_TITLES, RETURNED, SEED
from organizations.models import TenantModel, uuid7
from outcomes.models import ListedEmployer, Placement, PlacementStatus, PublicPageSwitch, RankRecord

ZONE = ZoneInfo("Europe/Amsterdam")
#: Share of learners whose demonstrations have gone offline since.
OFFLINE = 0.07
#: Share of learners who were credited for what they could do before.
WITH_CREDIT = 0.1
LinkKind = SubmissionLink.Kind


@dataclass
class Enrolled:
    """A learner of the demonstration and the life they had."""

    enrollment: Enrollment
    life: Life


def at_noon(day: date) -> datetime:
    return datetime.combine(day, time(12), ZONE)


def status_events(row: Enrolled, reasons: Mapping[str, LeavingReason], by: Membership) -> Iterator[EnrollmentEvent]:
    before = ""
    for number, (status, on, reason, returns_on) in enumerate(row.life.statuses, start=1):
        yield EnrollmentEvent(
            enrollment=row.enrollment,
            sequence=number,
            from_status=before,
            to_status=status,
            effective_on=on,
            returns_on=returns_on,
            reason=reason,
            leaving_reason=reasons.get(reason),
            decision=last_gate(row) if status == "graduated" else None,
            recorded_by=by,
            recorded_at=at_noon(on),
        )
        before = status


def last_gate(row: Enrolled) -> UUID:
    """The id of the decision about the last level that the learner passed."""
    return uuid5(row.enrollment.pk, "last gate")


def progress_events(row: Enrolled, by: Membership) -> Iterator[ProgressEvent]:
    """What was finished; of some learners the first topics were credited when they enrolled."""
    known, evidence = _known_before(row)
    for number, (unit, on) in enumerate(row.life.finished):
        is_credited = number < known and unit.topic is not None
        if is_credited:
            on = row.life.statuses[0][1]
        yield ProgressEvent(
            enrollment=row.enrollment,
            topic=unit.topic,
            project=unit.project,
            kind=ProgressEvent.Kind.CREDITED if is_credited else ProgressEvent.Kind.COMPLETED,
            hours=Decimal(unit.hours),
            effective_on=on,
            evidence=evidence if is_credited else "",
            recorded_by=by if is_credited else row.enrollment.learner if unit.topic else row.enrollment.mentor,
            recorded_at=at_noon(on),
        )


def _known_before(row: Enrolled) -> tuple[int, str]:
    """How many of the first units were credited, where they are topics, and what was seen of them."""
    dice = random.Random(f"credit {row.enrollment.learner.name}")
    credits = row.enrollment.learner.name == RETURNED or dice.random() < WITH_CREDIT
    return credits * dice.randint(3, 8), dice.choice(EVIDENCE_SEEN)


def track_choices(row: Enrolled) -> Iterator[TrackChoice]:
    """The specialization, chosen on the day that the level before it was passed."""
    track = row.enrollment.track
    on = row.life.passed_on(track.level.number - 1) if track else None
    if on is not None:
        yield TrackChoice(
            enrollment=row.enrollment,
            track=track,
            effective_on=on,
            recorded_by=row.enrollment.learner,
            recorded_at=at_noon(on),
        )


def mentor_assignments(row: Enrolled, by: Membership) -> Iterator[MentorAssignment]:
    """The mentor, named on the day that the learner came on the roster."""
    if row.enrollment.mentor is not None:
        on = row.life.statuses[0][1]
        yield MentorAssignment(
            enrollment=row.enrollment,
            mentor=row.enrollment.mentor,
            effective_on=on,
            reason=MentorAssignment.Reason.MATCHED,
            recorded_by=by,
            recorded_at=at_noon(on),
        )


def study_logs(row: Enrolled) -> Iterator[StudyLog]:
    for week, hours in row.life.weekly_hours:
        yield StudyLog(
            enrollment=row.enrollment,
            week=week,
            hours=Decimal(hours),
            recorded_by=row.enrollment.learner,
            recorded_at=at_noon(week + timedelta(days=6)),
        )


def level_decisions(row: Enrolled, levels: Mapping[int, Level], by: Membership) -> Iterator[LevelDecision]:
    for number, on in row.life.levels_passed:
        is_last = row.life.graduated_on is not None and number == row.life.levels_passed[-1][0]
        yield LevelDecision(
            id=last_gate(row) if is_last else uuid7(),
            enrollment=row.enrollment,
            level=levels[number],
            outcome=LevelDecision.Outcome.PASSED,
            evidence=[each.evidence() for each in _met(row, number)],
            effective_on=on,
            recorded_by=by,
            recorded_at=at_noon(on),
        )


def _met(row: Enrolled, level: int) -> Iterator[Requirement]:
    """What the gate of that level saw on the day it was passed."""
    known, _evidence = _known_before(row)
    places = [
        place for place, (unit, _on) in enumerate(row.life.finished) if unit.level == level and unit.topic is not None
    ]
    title, detail = topics_done(len(places), sum(place < known for place in places))
    yield Requirement(key="topics", title=title, met=True, detail=detail)
    reviewer = row.enrollment.mentor
    for attempt in row.life.attempts:
        is_asked = attempt.unit.level == level and attempt.unit.project.kind != Project.Kind.PRACTICE
        if is_asked and attempt.passes and attempt.decided_on and reviewer is not None:
            yield Requirement(
                key=f"project-{attempt.unit.project.pk}",
                title=attempt.unit.project.title,
                met=True,
                detail=passed_attempt(attempt.number, attempt.decided_on, reviewer.name),
            )


def own_milestones(row: Enrolled, milestones: Sequence[Milestone]) -> Iterator[Milestone]:
    """For somebody who was away: the milestones since, later by as long as they were."""
    if row.life.left_for is None or row.life.status != "active":
        return
    since, back = row.life.left_for
    for milestone in milestones:
        if milestone.due_on >= since:
            yield Milestone(
                cohort_id=milestone.cohort_id,
                enrollment=row.enrollment,
                replaces=milestone,
                position=milestone.position,
                kind=milestone.kind,
                title=milestone.title,
                level_id=milestone.level_id,
                last_topic_id=milestone.last_topic_id,
                through_hours=milestone.through_hours,
                due_on=milestone.due_on + (back - since),
            )


def assessments(
    row: Enrolled,
    rubric: Rubric,
    criteria: Sequence[Criterion],
    benchmarks: Mapping[UUID, Sequence[Benchmark]],
    until: date,
) -> Iterator[TenantModel]:
    """Every attempt with its links and what they answered, its review and scores once it was decided, and what those
    that passed or wait reached on their benchmarks."""
    account = row.enrollment.learner.user.email.partition("@")[0].replace(".", "-")
    offline = random.Random(f"{SEED} {account}").random() < OFFLINE
    if row.life.attempts and states_account(account):
        yield stated_account(row.enrollment.learner, account, at_noon(row.life.attempts[0].submitted_on))
    for attempt in row.life.attempts:
        submission = Submission(
            enrollment=row.enrollment,
            project=attempt.unit.project,
            attempt=attempt.number,
            submitted_by=row.enrollment.learner,
            submitted_at=at_noon(attempt.submitted_on),
        )
        yield submission
        place = submission.project.position
        for made in _link(submission, LinkKind.REPOSITORY, f"https://github.com/{account}/project-{place}"):
            yield made
            if isinstance(made, SubmissionLink) and attempt.submitted_on > until - TOLD_OF:
                failing = attempt.decided_on is not None and not attempt.passes
                yield from told_of(made, submission, account, failing=failing)
        if asks_to_deploy(submission.project):
            url = f"https://project-{place}.{account}.example"
            yield from _link(submission, LinkKind.DEPLOYMENT, url, offline_since=until if offline else None)
        decided_at = at_noon(attempt.decided_on) if attempt.decided_on is not None else None
        if attempt.passes or decided_at is None:
            yield from results_of(
                submission,
                benchmarks.get(submission.project.pk, ()),
                f"https://github.com/{account}/project-{place}",
                decided_at=decided_at,
                verifier=row.enrollment.mentor,
                until=at_noon(until),
            )
        if attempt.decided_on is not None:
            yield from _judgement(row, attempt, submission, at_noon(attempt.decided_on), rubric, criteria)


def asks_to_deploy(project: Project) -> bool:
    """Whether the project's text says that its result is to run somewhere."""
    texts = [project.title, project.description, *(str(item["text"]) for item in project.checklist)]
    return any("deploy" in text.lower() for text in texts)


def _link(
    submission: Submission, kind: LinkKind, url: str, *, offline_since: date | None = None
) -> Iterator[TenantModel]:
    link = SubmissionLink(submission=submission, kind=kind, url=url, normalized_url=url)
    yield link
    yield LinkCheck(
        link=link, outcome=LinkCheck.Outcome.REACHABLE, checked_at=submission.submitted_at + timedelta(minutes=1)
    )
    if offline_since is not None and offline_since > submission.submitted_at.date():
        yield LinkCheck(
            link=link, outcome=LinkCheck.Outcome.UNREACHABLE, detail="http_404", checked_at=at_noon(offline_since)
        )


def _judgement(
    row: Enrolled,
    attempt: Attempt,
    submission: Submission,
    at: datetime,
    rubric: Rubric,
    criteria: Sequence[Criterion],
) -> Iterator[TenantModel]:
    review = Review(
        submission=submission,
        reviewer=row.enrollment.mentor,
        rubric=rubric,
        verdict=Review.Verdict.PASS if attempt.passes else Review.Verdict.CHANGES,
        summary=attempt.summary or _summary(attempt.passes, row.enrollment.learner.name),
        claimed_at=at - timedelta(minutes=25),
        claim_expires_at=at,
        submitted_at=at,
        is_final=True,
    )
    yield review
    for criterion, value in zip(criteria, attempt.scores, strict=True):
        yield Score(review=review, criterion=criterion, value=value, comment="" if value > 2 else _comment(criterion))


def ranks(until: date, by: Membership) -> Iterator[RankRecord]:
    """Where a yearly ranking put the program, the last one two months ago."""
    for years, rank in ((2, 9), (1, 6), (0, 4)):
        came_out = until - timedelta(days=60 + 365 * years)
        yield RankRecord(
            ranking="Opleidingengids AI",
            rank=rank,
            effective_on=came_out,
            source_url=f"https://opleidingengids.example/ai/{came_out.year}",
            recorded_by=by,
            recorded_at=at_noon(came_out + timedelta(days=3)),
        )


def listed_employers(until: date, by: Membership) -> Iterator[ListedEmployer]:
    """Most of the employers that graduates went to, in two tiers, listed two years ago."""
    since = until - timedelta(days=730)
    for number, name in enumerate(EMPLOYERS[:-2]):
        yield ListedEmployer(
            name=name,
            word=fold(name),
            tier="FAANG-adjacent" if number < 4 else "Scale-up",
            effective_on=since,
            recorded_by=by,
            recorded_at=at_noon(since),
        )


def published_since(until: date, by: Membership) -> PublicPageSwitch:
    """The page for everybody, on since half a year ago."""
    return PublicPageSwitch(is_on=True, recorded_by=by, recorded_at=at_noon(until - timedelta(days=180)))


def placements(enrolled: Sequence[Enrolled], until: date, by: Membership) -> Iterator[Placement]:
    for number, row in enumerate(enrolled):
        if row.life.graduated_on is None:
            continue
        dice = random.Random(f"{SEED} placement {number}")
        fate = dice.random()
        status = next(code for limit, code in PLACEMENT_ODDS if fate < limit)
        on = row.life.graduated_on + timedelta(days=int(dice.triangular(3, 240, 50)))
        if status == PlacementStatus.SEEKING or on > until:
            continue
        in_field = status.startswith("1")
        yield Placement(
            enrollment=row.enrollment,
            status=status,
            effective_on=on,
            employer=dice.choice(EMPLOYERS) if in_field or status == PlacementStatus.OUT_OF_FIELD else "",
            job_title=dice.choice(JOB_TITLES) if in_field else "",
            is_relevant=in_field,
            evidence=EVIDENCE.get(status, Placement.Evidence.CONTRACT),
            evidence_on=on,
            verified_by=by,
            recorded_by=by,
            recorded_at=at_noon(on),
        )


PLACEMENT_ODDS = (
    (0.64, PlacementStatus.FULL_TIME),
    (0.76, PlacementStatus.CONTRACT),
    (0.80, PlacementStatus.SCHOOL_IN_FIELD),
    (0.85, PlacementStatus.OWN_VENTURE),
    (0.90, PlacementStatus.PART_TIME),
    (0.93, PlacementStatus.OUT_OF_FIELD),
    (0.95, PlacementStatus.NOT_SEEKING),
    (0.97, PlacementStatus.NOT_REACHED),
    (1.01, PlacementStatus.SEEKING),
)
EVIDENCE = {
    PlacementStatus.OWN_VENTURE: Placement.Evidence.REGISTRATION,
    PlacementStatus.OUT_OF_FIELD: Placement.Evidence.STATEMENT,
    PlacementStatus.NOT_SEEKING: Placement.Evidence.STATEMENT,
    PlacementStatus.NOT_REACHED: Placement.Evidence.CONTACT_LOG,
}


def _summary(passes: bool, name: str) -> str:
    first = name.split()[0]
    if passes:
        return f"Clear work, {first}. It runs, it is tested, and I could follow every decision."
    return f"Good start, {first}. Keep data apart that you never look at, and test what happens when it fails."


def _comment(criterion: Criterion) -> str:
    return f"{criterion.title}: see the summary for the one thing to change."
