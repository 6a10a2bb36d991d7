"""Writing one peer review: saved as often as one likes, handed in once. It informs, and decides nothing."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from assessments import peer_mails
from assessments.errors import AssessmentError, Gap, ReviewIncomplete
from assessments.models import PeerReview, PeerRound, PeerScore
from assessments.reviewing import Mark


def save_peer_review(
    *, review: PeerReview, marks: Mapping[str, Mark], summary: str, by: Membership, at: datetime
) -> PeerReview:
    """Keep what is written so far; it may lack anything. Raises AssessmentError as `check_may_write` does."""
    with transaction.atomic():
        locked = _locked(review)
        check_may_write(locked, by=by)
        _write(locked, marks, summary, at=at)
        locked.save(update_fields=["summary", "saved_at"])
    return locked


def hand_in_peer_review(
    *, review: PeerReview, marks: Mapping[str, Mark], summary: str, by: Membership, at: datetime
) -> PeerReview:
    """Finish a peer review, with a score for every criterion and a word about the whole.

    Raises ReviewIncomplete with every gap at once, or AssessmentError as `check_may_write` does.
    """
    with transaction.atomic():
        locked = _locked(review)
        check_may_write(locked, by=by)
        if gaps := gaps_in(locked, marks, summary):
            raise ReviewIncomplete(gaps)
        _write(locked, marks, summary, at=at)
        locked.submitted_at, locked.written_by = at, by
        locked.save(update_fields=["summary", "saved_at", "submitted_at", "written_by"])
        if locked.giver_id is None:
            peer_mails.tell_ready(locked.round, [locked.receiver_id], at=at, offset=":staff")
    return locked


def check_may_write(review: PeerReview, *, by: Membership) -> None:
    """Raise AssessmentError: `not_yours`, `own_work`, `handed_in`, `withdrawn`, `released` or `closed`."""
    if review.receiver.learner_id == by.pk:
        raise AssessmentError("own_work", _("This is your own work. Somebody else reviews it."))
    is_writer = by.is_staff if review.giver is None else review.giver.learner_id == by.pk
    if not is_writer:
        raise AssessmentError("not_yours", _("Somebody else writes this review."))
    if review.submitted_at is not None:
        raise AssessmentError("handed_in", _("This review is handed in. It cannot be changed any more."))
    if review.submission.withdrawn_at is not None:
        raise AssessmentError("withdrawn", _("This attempt was withdrawn, so there is nothing to review."))
    if review.giver is not None and review.round.closed_at is not None:
        raise AssessmentError("closed", _("The round is over, so this review cannot be handed in any more."))
    if review.released_at is not None:
        raise AssessmentError("released", _("This review is not asked of you any more."))


def gaps_in(review: PeerReview, marks: Mapping[str, Mark], summary: str) -> list[Gap]:
    """What the review lacks before it can be handed in."""
    gaps = []
    for criterion in review.round.rubric.criteria.order_by("position"):
        if marks.get(criterion.key, Mark()).value is None:
            words = {"criterion": criterion.title.lower()}
            message = say("Choose a score for %(criterion)s") % words
            gaps.append(Gap(f"score_{criterion.key}", message, say("%(criterion)s has no score") % words))
    if not summary.strip():
        message = say("Write what works, then the one thing you would change")
        gaps.append(Gap("summary", message, say("there is no summary")))
    return gaps


def _locked(review: PeerReview) -> PeerReview:
    """The round first: whoever closes it or shares it out anew waits, and nothing is written behind their back."""
    PeerRound.objects.select_for_update(no_key=True).get(pk=review.round_id)
    rows = PeerReview.objects.select_related("round__rubric", "round__project", "submission", "giver", "receiver")
    found = rows.select_for_update(of=("self",)).filter(pk=review.pk).first()
    if found is None:
        raise AssessmentError("released", _("This review is not asked of you any more."))
    return found


def _write(review: PeerReview, marks: Mapping[str, Mark], summary: str, *, at: datetime) -> None:
    review.summary, review.saved_at = summary.strip(), at
    criteria = {criterion.key: criterion for criterion in review.round.rubric.criteria.all()}
    PeerScore.objects.bulk_create(
        [
            PeerScore(review=review, criterion=criteria[key], value=mark.value, comment=mark.comment.strip())
            for key, mark in marks.items()
            if key in criteria
        ],
        update_conflicts=True,
        unique_fields=["organization", "review", "criterion"],
        update_fields=["value", "comment"],
    )
