"""What peer review writes to people. No message says who reviewed whom to whom it is about."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from assessments.models import PeerReview, PeerReviewQuerySet, PeerRound
from cohorts.models import Enrollment
from notifications.kinds import Kind, register, register_queue
from notifications.models import Message
from notifications.outbox import Draft, enqueue_many
from notifications.rules import Rule, Unit, is_wanted, missed_at, offsets, register_rule

ASSIGNED, DUE, READY = "peer_review_assigned", "peer_review_due", "peer_reviews_ready"
RULE = register_rule(
    Rule(
        name=DUE,
        kind=DUE,
        key_part="",
        what=_("Peer review to write"),
        unit=Unit.DAYS_BEFORE,
        default=2,
        least=1,
        most=14,
        moment=_("The day a round of peer review is due"),
        until=_("The end of that day"),
        audience=_("Learners with a review to write"),
        still_true=_("The round is open and the review is not handed in."),
    )
)


def tell_assigned(opened: PeerRound, people: Iterable[User], *, at: datetime) -> None:
    """Mail learners that work of others waits for them."""
    enqueue_many(
        Draft(
            kind=ASSIGNED,
            recipient_id=person.pk,
            key=f"{ASSIGNED}:{opened.pk}:{at.isoformat()}:{person.pk}",
            due_at=at,
            subject_id=opened.pk,
            expires_at=opened.due_at,
        )
        for person in people
    )


def tell_ready(opened: PeerRound, receivers: Iterable[UUID], *, at: datetime, offset: str = "") -> None:
    """Mail learners, by enrollment, that what was written about their work can be read."""
    people = Enrollment.objects.filter(pk__in=list(receivers)).values_list("learner__user", flat=True)
    enqueue_many(
        Draft(
            kind=READY,
            recipient_id=person,
            key=f"{READY}:{opened.pk}{offset}:{person}",
            due_at=at,
            subject_id=opened.pk,
        )
        for person in sorted(people)
    )


def queue_due(now: datetime) -> int:
    """Queue one for everyone who still has a review to write in a round that is due soon; return how many are new."""
    amounts = offsets()
    open_ones = PeerReview.objects.to_write().filter(round__due_at__gt=now - timedelta(days=14))
    rows = (
        open_ones.values_list("round", "round__due_at", "giver__learner__user", "round__cohort").order_by().distinct()
    )
    dated = (
        (opened, due_at, person, timedelta(days=amounts.of(cohort)[RULE.name]))
        for opened, due_at, person, cohort in rows
    )
    return enqueue_many(
        Draft(
            kind=DUE,
            recipient_id=person,
            key=f"{DUE}:{opened}:{person}",
            due_at=due_at - before,
            expires_at=due_at,
            subject_id=opened,
            missed_at=missed_at(due_at - before, due_at, now=now),
        )
        for opened, due_at, person, before in dated
        if is_wanted(due_at - before, due_at, now=now)
    )


register_queue(queue_due)


def _asked(message: Message) -> PeerReviewQuerySet:
    asked = PeerReview.objects.to_write().filter(round=UUID(str(message.subject_id)))
    return asked.filter(giver__learner__user=message.recipient_id)


def _nothing_to_write(message: Message, now: datetime) -> str:
    return "" if _asked(message).exists() else say("There is no review to write any more.")


def _nothing_to_read(message: Message, now: datetime) -> str:
    written = PeerReview.objects.handed_in().filter(round=UUID(str(message.subject_id)))
    is_there = written.filter(submission__enrollment__learner__user=message.recipient_id).exists()
    return "" if is_there else say("There is no review to read any more.")


def _round(message: Message) -> PeerRound:
    return PeerRound.objects.select_related("project", "cohort", "organization").get(pk=str(message.subject_id))


def _cohort(message: Message) -> UUID | None:
    return PeerRound.objects.filter(pk=str(message.subject_id)).values_list("cohort", flat=True).first()


def _to_write(message: Message) -> Mapping[str, Any]:
    found = _round(message)
    first = _asked(message).first()
    slug = found.organization.slug
    here = reverse("assessments:peer_review", args=[slug, first.pk]) if first else reverse("home:start", args=[slug])
    return {
        "name": message.recipient.first_name,
        "project": found.project.title,
        "reviews": _asked(message).count(),
        "due_on": found.due_on,
        "action_url": here,
        "action_label": say("Write a peer review"),
    }


def _to_read(message: Message) -> Mapping[str, Any]:
    found = _round(message)
    return {
        "name": message.recipient.first_name,
        "project": found.project.title,
        "action_url": reverse("assessments:project", args=[found.organization.slug, found.project_id]),
        "action_label": say("Read the peer reviews"),
    }


for name, title, explanation, reason_untrue, context in (
    (
        ASSIGNED,
        _("Work of others waits for your review"),
        _("A round of peer review began, and you are asked to review."),
        _nothing_to_write,
        _to_write,
    ),
    (
        DUE,
        _("A peer review is due soon"),
        _("A peer review of yours is not handed in, and the round ends soon."),
        _nothing_to_write,
        _to_write,
    ),
    (
        READY,
        _("Your work was reviewed by peers"),
        _("What others wrote about your work can be read."),
        _nothing_to_read,
        _to_read,
    ),
):
    register(
        Kind(
            name=name,
            title=title,
            explanation=explanation,
            in_digest=True,
            reason_untrue=reason_untrue,
            context=context,
            group=_cohort,
        )
    )
