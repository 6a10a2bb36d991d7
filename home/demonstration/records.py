"""What the lives leave behind, as rows in the shape in which the domain functions would have written them."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import count
from uuid import UUID
from zoneinfo import ZoneInfo

from accounts.models import Membership
from assessments.models import Criterion, LevelDecision, Review, Rubric, Score, Submission, SubmissionLink
from cohorts.models import Enrollment, EnrollmentEvent, ProgressEvent, StudyLog
from curriculum.models import Level
from home.demonstration.lives import Attempt, Life
from home.demonstration.story import EMPLOYERS, JOB_TITLES, SEED
from mentoring.models import Mentor, OneOnOne
from organizations.models import TenantModel
from outcomes.models import Placement, PlacementStatus

ZONE = ZoneInfo("Europe/Amsterdam")
MEETING_MONTHS = 18
#: From nine, without lunch, in steps of 45 minutes.
MEETING_STARTS = [time(9), time(9, 45), time(10, 30), time(11, 15), time(13), time(13, 45), time(14, 30), time(15, 15)]


@dataclass
class Enrolled:
    """A learner of the demonstration and the life they had."""

    enrollment: Enrollment
    life: Life


def at_noon(day: date) -> datetime:
    return datetime.combine(day, time(12), ZONE)


def status_events(row: Enrolled, by: Membership) -> Iterator[EnrollmentEvent]:
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
            recorded_by=by,
            recorded_at=at_noon(on),
        )
        before = status


def progress_events(row: Enrolled) -> Iterator[ProgressEvent]:
    for unit, on in row.life.finished:
        yield ProgressEvent(
            enrollment=row.enrollment,
            topic=unit.topic,
            project=unit.project,
            kind=ProgressEvent.Kind.COMPLETED,
            hours=Decimal(unit.hours),
            effective_on=on,
            recorded_by=row.enrollment.learner if unit.topic else row.enrollment.mentor,
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
        yield LevelDecision(
            enrollment=row.enrollment,
            level=levels[number],
            outcome=LevelDecision.Outcome.PASSED,
            effective_on=on,
            recorded_by=by,
            recorded_at=at_noon(on),
        )


def assessments(row: Enrolled, rubric: Rubric, criteria: Sequence[Criterion]) -> Iterator[TenantModel]:
    """Every attempt with its link, and its review and scores once it was decided."""
    account = row.enrollment.learner.user.email.partition("@")[0].replace(".", "-")
    for attempt in row.life.attempts:
        submission = Submission(
            enrollment=row.enrollment,
            project=attempt.unit.project,
            attempt=attempt.number,
            submitted_by=row.enrollment.learner,
            submitted_at=at_noon(attempt.submitted_on),
        )
        url = f"https://github.com/{account}/project-{submission.project.position}"
        yield submission
        yield SubmissionLink(submission=submission, kind=SubmissionLink.Kind.REPOSITORY, url=url, normalized_url=url)
        if attempt.decided_on is not None:
            yield from _judgement(row, attempt, submission, at_noon(attempt.decided_on), rubric, criteria)


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
        summary=_summary(attempt.passes, row.enrollment.learner.name),
        claimed_at=at - timedelta(minutes=25),
        claim_expires_at=at,
        submitted_at=at,
    )
    yield review
    for criterion, value in zip(criteria, attempt.scores, strict=True):
        yield Score(review=review, criterion=criterion, value=value, comment="" if value > 2 else _comment(criterion))


def meetings(enrolled: Sequence[Enrolled], mentors: Sequence[Mentor], today: date) -> Iterator[OneOnOne]:
    """A 1-on-1 a month for everyone active, each mentor meeting one learner at a time."""
    by_member = {mentor.membership_id: mentor for mentor in mentors}
    taken: dict[tuple[UUID, date], Iterator[int]] = {}
    for back in range(MEETING_MONTHS, -1, -1):
        month = (today.replace(day=1) - timedelta(days=back * 30)).replace(day=1)
        for number, row in enumerate(enrolled):
            if not _active_on(row.life, month + timedelta(days=14)):
                continue
            mentor = by_member[row.enrollment.mentor_id]
            start = _meeting_start(month, next(taken.setdefault((mentor.pk, month), count())))
            fate = random.Random(f"{SEED} {number} {back}").random()
            if start is not None and fate > 0.12 and start.date() < today:
                yield _meeting(row, mentor, start, fate)


def _meeting(row: Enrolled, mentor: Mentor, start: datetime, fate: float) -> OneOnOne:
    status = OneOnOne.Status.HELD
    if fate < 0.17:
        status = OneOnOne.Status.LEARNER_NO_SHOW
    elif fate < 0.19:
        status = OneOnOne.Status.MENTOR_NO_SHOW
    return OneOnOne(
        mentor=mentor,
        enrollment=row.enrollment,
        mentor_person_id=mentor.membership.user_id,
        learner_person_id=row.enrollment.learner.user_id,
        during=(start, start + timedelta(minutes=45)),
        status=status,
        booked_by=row.enrollment.learner,
        created_at=start - timedelta(days=9),
        settled_at=start + timedelta(minutes=50),
    )


def placements(enrolled: Sequence[Enrolled], today: date, by: Membership) -> Iterator[Placement]:
    for number, row in enumerate(enrolled):
        if row.life.graduated_on is None:
            continue
        dice = random.Random(f"{SEED} placement {number}")
        fate = dice.random()
        status = next(code for limit, code in PLACEMENT_ODDS if fate < limit)
        on = row.life.graduated_on + timedelta(days=int(dice.triangular(3, 330, 60)))
        if status == PlacementStatus.SEEKING or on > today:
            continue
        in_field = status.startswith("1")
        yield Placement(
            enrollment=row.enrollment,
            status=status,
            effective_on=on,
            employer=dice.choice(EMPLOYERS) if in_field or status == PlacementStatus.OUT_OF_FIELD else "",
            job_title=dice.choice(JOB_TITLES) if in_field else "",
            is_relevant=in_field,
            evidence=Placement.Evidence.CONTRACT if in_field else Placement.Evidence.STATEMENT,
            evidence_on=on,
            verified_by=by,
            recorded_by=by,
            recorded_at=at_noon(on),
        )


PLACEMENT_ODDS = (
    (0.62, PlacementStatus.FULL_TIME),
    (0.74, PlacementStatus.CONTRACT),
    (0.78, PlacementStatus.SCHOOL_IN_FIELD),
    (0.83, PlacementStatus.OWN_VENTURE),
    (0.88, PlacementStatus.PART_TIME),
    (0.91, PlacementStatus.OUT_OF_FIELD),
    (0.94, PlacementStatus.NOT_SEEKING),
    (0.96, PlacementStatus.NOT_REACHED),
    (1.01, PlacementStatus.SEEKING),
)


def _active_on(life: Life, day: date) -> bool:
    status = ""
    for name, on, _reason, _returns in life.statuses:
        if on <= day:
            status = name
    return status == "active"


def _meeting_start(month: date, index: int) -> datetime | None:
    """The index-th slot of the month on its working days, or None when the month has no more."""
    day, left = month, index // len(MEETING_STARTS)
    while day.month == month.month:
        if day.weekday() < 5:
            if left == 0:
                return datetime.combine(day, MEETING_STARTS[index % len(MEETING_STARTS)], ZONE)
            left -= 1
        day += timedelta(days=1)
    return None


def _summary(passes: bool, name: str) -> str:
    first = name.split()[0]
    if passes:
        return f"Clear work, {first}. It runs, it is tested, and I could follow every decision."
    return f"Good start, {first}. Keep data apart that you never look at, and test what happens when it fails."


def _comment(criterion: Criterion) -> str:
    return f"{criterion.title}: see the summary for the one thing to change."
