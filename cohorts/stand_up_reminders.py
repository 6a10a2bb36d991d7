"""The reminder of a stand-up that is missing: in the afternoon of a working day, where a cohort writes them."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cohorts.models import Cohort, Enrollment, StandUpSwitch, WrittenStandUp
from cohorts.muting import cohort_of
from cohorts.stand_ups import is_switched_on, is_working_day
from notifications.kinds import Kind, register, register_queue
from notifications.models import Message
from notifications.outbox import Draft, enqueue_many
from notifications.rules import Rule, Unit, is_wanted, looked_since, missed_at, offsets, register_rule

RULE = register_rule(
    Rule(
        name="stand_up_missing",
        kind="stand_up_missing",
        key_part="",
        what=gettext_lazy("Stand-up missing"),
        unit=Unit.CLOCK,
        default=15,
        least=8,
        most=22,
        moment=gettext_lazy("A working day, in the learner’s zone"),
        until=gettext_lazy("The end of that day"),
        audience=gettext_lazy("Learners in cohorts that write stand-ups"),
        still_true=gettext_lazy("The learner is active, the cohort writes stand-ups that day, and theirs is missing."),
    )
)


def queue_stand_up_reminders(now: datetime) -> int:
    """Queue one for everyone active who wrote nothing on a working day of theirs; return how many are new.

    Of days that went by while nobody looked, it is written down that nothing was sent.
    """
    # Cohorts that wrote them at some time; whether on the learner's own day is asked once for each such day below.
    writing = Cohort.objects.filter(
        status=Cohort.Status.RUNNING, pk__in=StandUpSwitch.objects.filter(is_on=True).values("cohort")
    )
    people = Enrollment.objects.filter(
        cohort__in=writing, status=Enrollment.Status.ACTIVE, learner__joined_at__isnull=False
    ).select_related("learner__user", "cohort")
    since = looked_since(now=now)
    wrote: dict[UUID, set[date]] = defaultdict(set)
    recent = WrittenStandUp.objects.filter(enrollment__cohort__in=writing, day__gte=since.date() - timedelta(days=1))
    for pk, day in recent.values_list("enrollment", "day"):
        wrote[pk].add(day)
    works: dict[tuple[UUID, date], bool] = {}
    amounts, drafts = offsets(), []
    for one in people:
        zone, hour = one.zone, amounts.of(one.cohort_id)[RULE.name]
        for day in _days(since.astimezone(zone).date(), now.astimezone(zone).date()):
            due_at = datetime.combine(day, time(hour), zone)
            expires_at = due_at + timedelta(hours=24 - hour)
            began = one.status_since is None or one.status_since <= day
            if not began or day in wrote[one.pk] or not is_wanted(due_at, expires_at, now=now):
                continue
            key = one.cohort_id, day
            if key not in works:
                works[key] = is_switched_on(one.cohort, on=day) and is_working_day(one.cohort, day)
            if works[key]:
                drafts.append(
                    Draft(
                        kind="stand_up_missing",
                        recipient_id=one.learner.user_id,
                        key=f"stand_up_missing:{one.pk}:{day}",
                        due_at=due_at,
                        expires_at=expires_at,
                        subject_id=one.pk,
                        payload={"day": day.isoformat()},
                        missed_at=missed_at(due_at, expires_at, now=now),
                    )
                )
    return enqueue_many(drafts)


def _days(first: date, last: date) -> Iterator[date]:
    for number in range((last - first).days + 1):
        yield first + timedelta(days=number)


def reason_untrue(message: Message, now: datetime) -> str:
    """Empty while the learner is active, their cohort writes stand-ups, and theirs of that day is missing."""
    enrollment = Enrollment.objects.select_related("cohort").filter(pk=str(message.subject_id)).first()
    if enrollment is None or enrollment.status != Enrollment.Status.ACTIVE:
        return _("The learner is not active anymore.")
    if not is_switched_on(enrollment.cohort, on=_day(message)):
        return _("The cohort does not write stand-ups anymore.")
    if not is_working_day(enrollment.cohort, _day(message)):
        return _("That day became a break.")
    if WrittenStandUp.objects.filter(enrollment=enrollment, day=_day(message)).exists():
        return _("The stand-up is written.")
    return ""


def _day(message: Message) -> date:
    return date.fromisoformat(message.payload["day"])


def _context(message: Message) -> Mapping[str, Any]:
    enrollment = Enrollment.objects.select_related("learner", "cohort__organization").get(pk=str(message.subject_id))
    return {
        "name": enrollment.learner.first_name,
        "cohort": enrollment.cohort,
        "day": _day(message),
        "action_url": reverse("cohorts:stand_up", args=[enrollment.cohort.organization.slug]),
        "action_label": _("Write your stand-up"),
    }


register(
    Kind(
        name="stand_up_missing",
        title=gettext_lazy("Stand-up missing"),
        explanation=gettext_lazy("You wrote no stand-up by the afternoon of a working day."),
        reason_untrue=reason_untrue,
        context=_context,
        group=lambda message: cohort_of(message.subject_id),
    )
)
register_queue(queue_stand_up_reminders)
