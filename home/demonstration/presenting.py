"""Presentations in the demonstration: one decided on, one that waits for its panel, one ahead."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from accounts.models import Membership
from assessments.errors import AssessmentError
from assessments.models import Presentation, Review, Submission
from assessments.panel_scoring import Asked, Findings, decide, hand_in_scores
from assessments.presentation_policy import ask_from
from assessments.presenting import schedule
from assessments.reviewing import Mark
from cohorts.models import Cohort, Enrollment
from curriculum.models import Project
from home.demonstration.records import at_noon
from home.demonstration.story import RETURNED

ROOM, LINK = "Room 2.04", "https://meet.example/capstones"
PREPARE = "Ten minutes, five slides at most. Show it running; keep ten minutes for questions."
#: Hours from noon at which a panel may meet.
HOURS = (2, 3, 1, -2, -1, 4, -3)
FOUND = (
    Findings(
        marks={
            "story": Mark(3),
            "depth": Mark(4, "Knew what every step of the **pipeline** costs."),
            "answers": Mark(3),
        },
        questions=[
            Asked("What happens when the input is empty?", "well", "Shown live: it is refused with a clear message."),
            Asked(
                "Why this model and not a simpler one?", "partly", "Compared two; the baseline came up only when asked."
            ),
        ],
        summary="Clear and honest about its limits. Start with the **result** the next time.",
    ),
    Findings(
        marks={"story": Mark(2, "The problem came after ten minutes."), "depth": Mark(3), "answers": Mark(3)},
        questions=[Asked("Who would use this, and for what?", "well")],
        summary="Sound work, told in the order in which it was built.",
    ),
    Findings(
        marks={"story": Mark(3), "depth": Mark(3), "answers": Mark(3, "Said twice what is **not** known. Good.")},
        questions=[Asked("What would you do with two more weeks?", "well", "A held-out set from another source.")],
    ),
)
DECIDED = (
    "You know your work, and you say what you do not know. That convinced us. Tell the result first the next time."
)


def present(panel: Sequence[Membership], *, by: Membership, now: datetime, until: date) -> None:
    """Work of the first panelist's learners; gates ask for presentations in the cohorts that start from now on."""
    chair, other = panel[:2]
    works = _accepted(chair)
    own = [work for work in works if work.enrollment.learner.name == RETURNED] or works[:2]
    others = [work for work in works if work.enrollment_id != own[0].enrollment_id] if own else []
    for work, days in ((own[-1:], -20), (others[:1], -2), (own[:1] if len(own) > 1 else [], 5)):
        for submission in work:
            planned = _plan(submission, chair, other, by=by, day=until + timedelta(days=days), until=until)
            if planned is not None and days < 0:
                _hold(planned, chair, other, decides=days < -7)
    starts = Cohort.objects.filter(starts_on__gt=until + timedelta(days=1)).order_by("starts_on").first()
    ask_from(day=starts.starts_on if starts else until + timedelta(days=60), only_final=True, by=by, today=now.date())


def _accepted(mentor: Membership) -> list[Submission]:
    """Capstones of the mentor's active learners that passed, the latest first."""
    passed = Review.objects.final().filter(verdict=Review.Verdict.PASS, submission__enrollment__mentor=mentor)
    rows = Submission.objects.filter(
        pk__in=passed.values("submission"),
        enrollment__status=Enrollment.Status.ACTIVE,
        project__kind__in=Project.CAPSTONES,
    )
    return list(rows.select_related("enrollment__learner__user").order_by("-submitted_at", "pk")[:40])


def _plan(
    submission: Submission, chair: Membership, other: Membership, *, by: Membership, day: date, until: date
) -> Presentation | None:
    """At an hour of the day at which everybody is free."""
    for hours in HOURS:
        try:
            return schedule(
                submission=submission,
                start=at_noon(day) + timedelta(hours=hours),
                minutes=45,
                place=ROOM if day < until else LINK,
                panel=[chair, other, by],
                chair=chair,
                note=PREPARE,
                by=by,
                at=at_noon(min(day - timedelta(days=8), until)),
            )
        except AssessmentError:
            continue
    return None


def _hold(planned: Presentation, chair: Membership, other: Membership, *, decides: bool) -> None:
    """All have scored and it is decided on; or one of the three has scored so far."""
    after = planned.ends_at + timedelta(minutes=20)
    people = (other, chair, planned.scheduled_by) if decides else (other,)
    for place, member in enumerate(people):
        hand_in_scores(presentation=planned, findings=FOUND[place], by=member, at=after)
    if decides:
        decide(presentation=planned, outcome="pass", summary=DECIDED, by=chair, at=after + timedelta(hours=1))
