"""1-on-1s of which nobody said how they went: both sides are asked, once, by default an hour after the end."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mentoring.mails import cohort_of
from mentoring.models import OneOnOne
from mentoring.wording import spoken_time
from notifications.kinds import Kind, register, register_queue
from notifications.models import Message
from notifications.outbox import Draft, enqueue_many
from notifications.rules import Rule, Unit, offsets, register_rule

KIND = "one_on_one_unconfirmed"
#: What is longer ago than this is asked about on the pages alone.
ASK_WITHIN = timedelta(days=7)
RULE = register_rule(
    Rule(
        name=KIND,
        kind=KIND,
        key_part="",
        what=gettext_lazy("How did a 1-on-1 go?"),
        unit=Unit.HOURS_AFTER,
        default=1,
        least=1,
        most=72,
        moment=gettext_lazy("The end"),
        until=gettext_lazy("Seven days after the end"),
        audience=gettext_lazy("The learner and the mentor"),
        still_true=gettext_lazy("It was not cancelled, and nobody said how it went."),
    )
)


def queue_outcome_questions(now: datetime) -> int:
    """Queue the question to both sides of each 1-on-1 that ended some time ago and is not settled; return how many."""
    amounts = offsets()
    ended = OneOnOne.objects.unconfirmed(at=now - timedelta(hours=amounts.least(RULE.name)))
    rows = ended.filter(during__endswith__gt=now - ASK_WITHIN).select_related("enrollment")
    waits = ((one, timedelta(hours=amounts.of(one.enrollment.cohort_id)[RULE.name])) for one in rows)
    return enqueue_many(draft for one, wait in waits if one.ends_at + wait <= now for draft in _drafts(one, wait))


def _drafts(one_on_one: OneOnOne, wait: timedelta) -> Iterator[Draft]:
    for person in (one_on_one.learner_person_id, one_on_one.mentor_person_id):
        yield Draft(
            kind=KIND,
            recipient_id=person,
            # Without the sequence: a time that is over does not move anymore.
            key=f"{KIND}:{one_on_one.pk}:{person}",
            due_at=one_on_one.ends_at + wait,
            expires_at=one_on_one.ends_at + ASK_WITHIN,
            subject_id=one_on_one.pk,
        )


def _reason_untrue(message: Message, now: datetime) -> str:
    row = OneOnOne.objects.filter(pk=UUID(str(message.subject_id))).first()
    if row is None or row.status == OneOnOne.Status.CANCELLED:
        return _("The 1-on-1 was cancelled.")
    return "" if row.is_unconfirmed(at=now) else _("Somebody said how it went.")


def _context(message: Message) -> Mapping[str, Any]:
    one = OneOnOne.objects.with_people().get(pk=UUID(str(message.subject_id)))
    to_mentor = message.recipient_id == one.mentor_person_id
    return {
        "other": one.enrollment.learner.name if to_mentor else one.mentor.membership.name,
        "when": spoken_time(one.starts_at),
        "action_url": reverse("mentoring:session", args=[one.organization.slug, one.pk]),
        "action_label": _("Say how it went"),
    }


def _cohort(message: Message) -> UUID | None:
    return cohort_of(UUID(str(message.subject_id)))


register(
    Kind(
        name=KIND,
        title=gettext_lazy("How did a 1-on-1 go?"),
        explanation=gettext_lazy("A 1-on-1 of yours ended an hour ago and nobody said how it went."),
        reason_untrue=_reason_untrue,
        context=_context,
        in_digest=True,
        group=_cohort,
    )
)
register_queue(queue_outcome_questions)
