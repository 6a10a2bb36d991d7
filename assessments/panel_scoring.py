"""What the panel of a presentation finds: scores, comments and questions of each member, then the chair's decision.

Everybody scores alone: what others handed in shows once one's own is in.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from assessments import presentation_mails as mails
from assessments.errors import AssessmentError, Gap, ReviewIncomplete
from assessments.models import (
    WAITS,
    PanelQuestion,
    PanelReview,
    PanelScore,
    Presentation,
    PresentationEvent,
    PresentationSeat,
)
from assessments.presenting import locked_presentation, record, settle
from assessments.reviewing import Mark, gaps_in
from cohorts.touching import touch

MOST_QUESTIONS = 12

Status, Outcome = Presentation.Status, Presentation.Outcome
Event = PresentationEvent.Kind


@dataclass(frozen=True)
class Asked:
    """A question, how it was answered (a value of `PanelQuestion.Answered`, or empty), and what the answer was."""

    question: str
    answered: str = ""
    answer: str = ""


@dataclass(frozen=True, kw_only=True)
class Findings:
    """What a member of the panel wrote, whole or in part."""

    marks: Mapping[str, Mark]
    questions: Sequence[Asked] = ()
    summary: str = ""


def save_scores(*, presentation: Presentation, findings: Findings, by: Membership, at: datetime) -> PanelReview:
    """Keep what is written so far. Raises AssessmentError as `check_may_score` does."""
    with transaction.atomic():
        locked = locked_presentation(presentation)
        check_may_score(locked, by=by, at=at)
        return _write(locked, findings, by=by, at=at)


def hand_in_scores(*, presentation: Presentation, findings: Findings, by: Membership, at: datetime) -> PanelReview:
    """Hand in for good. The first that does records that the presentation was held.

    Raises ReviewIncomplete with every gap at once, or AssessmentError as `check_may_score` does.
    """
    with transaction.atomic():
        locked = locked_presentation(presentation)
        check_may_score(locked, by=by, at=at)
        if gaps := gaps_of(locked, findings):
            raise ReviewIncomplete(gaps)
        review = _write(locked, findings, by=by, at=at)
        review.handed_in_at = at
        review.save(update_fields=["handed_in_at"])
        if locked.status == Status.PLANNED:
            locked.status = Status.HELD
            locked.save(update_fields=["status"])
            record(locked, Event.HELD, by=by, at=at)
    return review


def decide(*, presentation: Presentation, outcome: str, summary: str, by: Membership, at: datetime) -> Presentation:
    """Pass the learner, or ask for another presentation; they get a mail, and see all that the panel wrote.

    Raises AssessmentError as `check_may_decide` does, `outcome_needed`, or `summary_needed` for a repeat.
    """
    with transaction.atomic():
        locked = locked_presentation(presentation)
        check_may_decide(locked, by=by, at=at)
        if outcome not in Outcome.values:
            raise AssessmentError("outcome_needed", _("Choose an outcome: passed, or to be repeated."))
        if outcome == Outcome.REPEAT and not summary.strip():
            raise AssessmentError("summary_needed", _("Write what has to be better the next time."))
        locked.outcome, locked.summary = outcome, summary.strip()
        settle(locked, Status.HELD, by=by, at=at)
        record(locked, Event.PASSED if outcome == Outcome.PASS else Event.REPEAT, by=by, at=at)
        mails.tell_decided(locked, at=at)
        touch(locked.submission.enrollment_id)
    return locked


def check_may_score(presentation: Presentation, *, by: Membership, at: datetime) -> None:
    """Raise AssessmentError: `not_on_panel`, `not_held`, `decided`, `not_begun` or `handed_in`."""
    seat = presentation.seat_of(by)
    if seat is None or seat.role == PresentationSeat.Role.LEARNER:
        raise AssessmentError("not_on_panel", _("You are not on the panel of this presentation."))
    _check_open(presentation)
    if presentation.starts_at > at:
        raise AssessmentError("not_begun", _("You can write and score as soon as it has begun."))
    if PanelReview.objects.filter(presentation=presentation, member=by).exclude(handed_in_at=None).exists():
        raise AssessmentError("handed_in", _("What you found is handed in. It cannot be changed any more."))


def check_may_decide(presentation: Presentation, *, by: Membership, at: datetime) -> None:
    """Raise AssessmentError: `not_the_chair`, `not_held`, `decided`, `not_begun` or `scores_missing`.

    The chair decides once everybody has scored, or after `WAITS` with the scores there are; then staff may as well.
    """
    seat = presentation.seat_of(by)
    waited = at >= presentation.ends_at + WAITS
    is_chair = seat is not None and seat.role == PresentationSeat.Role.CHAIR
    is_learner = seat is not None and seat.role == PresentationSeat.Role.LEARNER
    if not is_chair and not (waited and by.is_staff and not is_learner):
        raise AssessmentError("not_the_chair", _("The chair of the panel decides."))
    _check_open(presentation)
    if presentation.starts_at > at:
        raise AssessmentError("not_begun", _("It has not begun yet."))
    handed_in = set(_handed_in(presentation))
    missing = [seat.member.name for seat in presentation.panel if seat.member_id not in handed_in]
    if not handed_in or (is_chair and by.pk not in handed_in) or (missing and not waited):
        words = {"names": ", ".join(missing)}
        raise AssessmentError("scores_missing", say("The scores of these are missing: %(names)s.") % words)


def gaps_of(presentation: Presentation, findings: Findings) -> list[Gap]:
    """What is missing before it can be handed in: scores, and comments below proficient."""
    return gaps_in(presentation.rubric, findings.marks)


def _check_open(presentation: Presentation) -> None:
    if presentation.outcome:
        raise AssessmentError("decided", _("It was decided on already."))
    if not presentation.is_open:
        words = {"status": presentation.get_status_display().lower()}
        raise AssessmentError("not_held", say("There is nothing to score: %(status)s.") % words)


def _handed_in(presentation: Presentation) -> Sequence[object]:
    rows = PanelReview.objects.filter(presentation=presentation).exclude(handed_in_at=None)
    return list(rows.values_list("member", flat=True))


def _write(presentation: Presentation, findings: Findings, *, by: Membership, at: datetime) -> PanelReview:
    review, _is_new = PanelReview.objects.update_or_create(
        presentation=presentation, member=by, defaults={"summary": findings.summary.strip(), "saved_at": at}
    )
    criteria = {criterion.key: criterion for criterion in presentation.rubric.criteria.all()}
    PanelScore.objects.bulk_create(
        [
            PanelScore(review=review, criterion=criteria[key], value=mark.value, comment=mark.comment.strip())
            for key, mark in findings.marks.items()
            if key in criteria
        ],
        update_conflicts=True,
        unique_fields=["organization", "review", "criterion"],
        update_fields=["value", "comment"],
    )
    PanelQuestion.objects.filter(review=review).delete()
    PanelQuestion.objects.bulk_create(
        PanelQuestion(
            review=review, position=position, question=asked.question, answered=asked.answered, answer=asked.answer
        )
        for position, asked in enumerate(findings.questions[:MOST_QUESTIONS], start=1)
    )
    return review
