"""How the demonstration's learners review each other, what is judged for the portfolio, and what is half written."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from django.db.models import Count
from django.utils import timezone

from accounts.models import Membership
from assessments.drafts import Given, save_draft
from assessments.gate_asks import ask_at_gates
from assessments.models import GateAsk, PeerReview, PeerRound, Review, Submission
from assessments.peer_reviewing import hand_in_peer_review, save_peer_review
from assessments.peer_rounds import close_round, open_round
from assessments.portfolio import judge_portfolio
from assessments.projects import projects_of
from assessments.reviewing import Mark
from cohorts.models import Cohort, Enrollment
from curriculum.models import Project
from home.demonstration.story import RETURNED

#: A round is shown of as few as that, and of no more people than that where there is a choice.
LEAST, JUDGED = 3, 8
SUMMARIES = (
    "The README got me running in five minutes. I would **split** `pipeline.py`: it loads, cleans and trains.",
    "Clear story, and the plots say what they show. The one thing I would change: fix the seed, my scores differ.",
    "I learned from how you test the tokenizer. Add a case for an empty file; it crashed on mine.",
    "Good commit messages. I missed why you chose this metric, and what a bad score would look like.",
)
MISSING = (
    "A license, and a README that says what the model may not be used for.",
    "The API key in the notebook has to go, from its history too.",
)
NOTE = "Carries its own weight: a stranger can run and judge it."
GIVEN = Given(
    links={"repository": ["https://github.com/you/second-attempt"]}, note="What changed since the last attempt: the spl"
)


def look_at_each_other(*, mentors: Sequence[Membership], by: Membership, now: datetime) -> None:
    """A round that is over and left somebody to staff, one that is open; a portfolio; a draft; what gates will ask."""
    enrollment = Enrollment.objects.filter(learner__name=RETURNED).select_related("cohort", "learner").first()
    if enrollment is None:
        return
    over, running = [*_shared_work(enrollment), None, None][:2]
    if over is not None:
        _close(_opened(enrollment.cohort, over, by, now - timedelta(days=16), days=10), by)
    if running is not None:
        _begin(_opened(enrollment.cohort, running, by, now - timedelta(days=3), days=8), enrollment, now)
    _judge(mentors, now)
    _draft(enrollment, now)
    day = timezone.localdate(now) + timedelta(days=30)
    ask_at_gates(cohort=enrollment.cohort, evidence=GateAsk.Evidence.PEERS_GIVEN, day=day, by=by, at=now)


def _shared_work(enrollment: Enrollment) -> Iterator[Project]:
    """What the learner and a few others of the cohort handed in, what fewest did first."""
    own = Submission.objects.filter(enrollment=enrollment, withdrawn_at=None).values("project")
    counted = (
        Submission.objects.filter(project__in=own, enrollment__cohort=enrollment.cohort_id, withdrawn_at=None)
        .filter(enrollment__status=Enrollment.Status.ACTIVE)
        .values_list("project")
        .annotate(people=Count("enrollment", distinct=True))
        .filter(people__gte=LEAST)
        .order_by("people", "project")
    )
    projects = Project.objects.in_bulk([pk for pk, _people in counted])
    yield from (projects[pk] for pk, _people in counted)


def _opened(cohort: Cohort, project: Project, by: Membership, at: datetime, *, days: int) -> PeerRound:
    last = timezone.localdate(at) + timedelta(days=days)
    return open_round(cohort=cohort, project=project, due_on=last, by=by, at=at)


def _close(opened: PeerRound, by: Membership) -> None:
    """All but those about one learner are written; staff have written none yet."""
    reviews = list(PeerReview.objects.filter(round=opened).select_related("giver__learner").order_by("pk"))
    stranded = max((review.receiver_id for review in reviews), default=None)
    for number, review in enumerate(reviews):
        if review.receiver_id != stranded:
            _write(review, number, opened.opened_at + timedelta(days=1 + number % 8, minutes=number))
    close_round(opened=opened, at=opened.cohort.end_of(opened.due_on))


def _begin(opened: PeerRound, enrollment: Enrollment, now: datetime) -> None:
    """One in three is written; the learner has begun one of theirs."""
    reviews = PeerReview.objects.filter(round=opened).select_related("giver__learner").order_by("pk")
    for number, review in enumerate(reviews.exclude(giver=enrollment)):
        if number % 3 == 0:
            _write(review, number, now - timedelta(days=1, minutes=number))
    begun = reviews.filter(giver=enrollment).first()
    if begun is not None:
        marks = {"quality": Mark(3, "Small functions with names that say what they do.")}
        save_peer_review(
            review=begun, marks=marks, summary="What works: ", by=enrollment.learner, at=now - timedelta(hours=2)
        )


def _write(review: PeerReview, number: int, at: datetime) -> None:
    if review.giver is None:
        return
    keys = review.rubric.criteria.values_list("key", flat=True)
    marks = {key: Mark(2 + (number + place) % 3, "") for place, key in enumerate(keys)}
    summary = SUMMARIES[number % len(SUMMARIES)]
    hand_in_peer_review(review=review, marks=marks, summary=summary, by=review.giver.learner, at=at)


def _judge(mentors: Sequence[Membership], now: datetime) -> None:
    """The capstones that passed first; every fourth is not ready to publish."""
    passed = Submission.objects.filter(reviews__verdict=Review.Verdict.PASS, project__kind__in=Project.CAPSTONES)
    stay = (Enrollment.Status.ACTIVE, Enrollment.Status.GRADUATED)
    for number, submission in enumerate(passed.filter(enrollment__status__in=stay).order_by("-submitted_at")[:JUDGED]):
        missing = MISSING[number // 4 % len(MISSING)] if number % 4 == 3 else ""
        judge_portfolio(
            submission=submission,
            is_publishable=not missing,
            note="" if missing else NOTE,
            missing=missing,
            by=mentors[number % len(mentors)],
            at=now - timedelta(days=JUDGED - number),
        )


def _draft(enrollment: Enrollment, now: datetime) -> None:
    """Of the next attempt at what was asked to be changed."""
    for standing in projects_of(enrollment, at=now):
        if standing.status == "changes_requested":
            save_draft(
                enrollment=enrollment, project=standing.project, given=GIVEN, by=enrollment.learner,
                at=now - timedelta(hours=20),
            )  # fmt: skip
            return
