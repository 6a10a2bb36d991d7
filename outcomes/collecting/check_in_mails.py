"""Asking graduates how they fare, some days after they graduated."""

from collections.abc import Iterator, Mapping
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _

from cohorts.models import Enrollment
from notifications.kinds import Kind, register, register_queue
from notifications.models import Message
from notifications.outbox import Draft, enqueue_many
from notifications.rules import LOOK_BACK, Offsets, Rule, Unit, is_wanted, missed_at, offsets, register_rule
from outcomes.collecting.check_ins import NUMBERS, token_of
from outcomes.collecting.placing import graduation_of
from outcomes.models import CheckIn

KIND = "check_in"
#: Mails leave at this time of the graduate's day, and for so long.
SEND_AT, LASTS = time(9), timedelta(days=14)


def _rule(number: int, least: int, most: int) -> Rule:
    return register_rule(
        Rule(
            name=f"check_in_{number}",
            kind=KIND,
            key_part=str(number),
            what=_("Check-in with graduates"),
            unit=Unit.DAYS_AFTER,
            default=number,
            least=least,
            most=most,
            moment=_("The graduation, at 9:00 in the graduate’s zone"),
            until=_("Two weeks later"),
            audience=_("Graduates"),
            still_true=_("They have graduated and have not answered this check-in."),
        )
    )


RULES = {
    number: _rule(number, least, most)
    for number, (least, most) in zip(NUMBERS, ((14, 60), (61, 120), (150, 210)), strict=True)
}


def queue_check_ins(now: datetime) -> int:
    """Queue the check-ins that are due and were not queued before; return how many."""
    in_force = offsets()
    most = max(in_force.most(rule.name) for rule in RULES.values())
    oldest = now.date() - timedelta(days=most) - LASTS - LOOK_BACK
    graduates = Enrollment.objects.filter(
        status=Enrollment.Status.GRADUATED, status_since__gte=oldest, learner__joined_at__isnull=False
    ).select_related("cohort", "learner__user")
    return enqueue_many(draft for graduate in graduates.iterator() for draft in _drafts(graduate, in_force, now))


def _drafts(graduate: Enrollment, in_force: Offsets, now: datetime) -> Iterator[Draft]:
    amounts = in_force.of(graduate.cohort_id)
    zone = graduate.zone
    for number, rule in RULES.items():
        if graduate.status_since is None:
            continue
        due_at = datetime.combine(graduate.status_since + timedelta(days=amounts[rule.name]), SEND_AT, zone)
        if is_wanted(due_at, due_at + LASTS, now=now):
            yield Draft(
                kind=KIND,
                recipient_id=graduate.learner.user_id,
                key=f"{KIND}:{graduate.pk}:{graduate.status_since}:{number}",
                due_at=due_at,
                expires_at=due_at + LASTS,
                subject_id=graduate.pk,
                payload={"number": number},
                missed_at=missed_at(due_at, due_at + LASTS, now=now),
            )


def _graduate(message: Message) -> Enrollment | None:
    graduates = Enrollment.objects.select_related("learner", "cohort").filter(pk=UUID(str(message.subject_id)))
    found = graduates.first()
    return found if found and graduation_of(found) else None


def _reason_untrue(message: Message, now: datetime) -> str:
    graduate = _graduate(message)
    if graduate is None:
        return say("The graduation was taken back.")
    if CheckIn.objects.filter(enrollment=graduate, number=message.payload["number"]).exists():
        return say("They have answered already.")
    return ""


def _context(message: Message) -> Mapping[str, Any]:
    graduate = Enrollment.objects.select_related("learner", "cohort").get(pk=UUID(str(message.subject_id)))
    return {
        "name": graduate.learner.first_name,
        "cohort": graduate.cohort.name,
        "graduated_on": graduate.status_since,
        "action_url": reverse("check_ins:answer", args=[token_of(graduate, message.payload["number"])]),
        "action_label": say("Answer in a minute"),
    }


register(
    Kind(
        name=KIND,
        title=_("How are you doing?"),
        explanation=_("Some weeks and months after you graduate you are asked what you do now."),
        reason_untrue=_reason_untrue,
        context=_context,
    )
)
register_queue(queue_check_ins)
