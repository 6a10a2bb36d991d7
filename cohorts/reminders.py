"""Reminders of milestones: some days ahead, the day before, and after one passed without being reached."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cohorts.models import Cohort, Enrollment, Milestone
from cohorts.muting import cohort_of
from cohorts.standing import Due, Standing, standings_of
from notifications.kinds import Kind, register, register_queue
from notifications.models import Lane, Message
from notifications.outbox import Draft, enqueue_many
from notifications.rules import LOOK_BACK, Rule, Unit, is_wanted, missed_at, offsets, register_rule

#: Reminders leave at this time of the learner's day.
SEND_AT = time(8)


#: No reminder ahead is sent later than this after its moment, an overdue one not later than the other.
AHEAD_LASTS, OVERDUE_LASTS = timedelta(days=6), timedelta(days=7)
#: So many learners are looked at in one go.
BATCH = 500

_active = gettext_lazy("The learner is active, has not reached it, and it is still due on that day.")
FIRST = register_rule(
    Rule(
        name="milestone_ahead_first",
        kind="milestone_ahead",
        key_part="7",
        what=gettext_lazy("Milestone ahead"),
        unit=Unit.DAYS_BEFORE,
        default=7,
        least=2,
        most=30,
        moment=gettext_lazy("The due date, at 8:00 in the learner’s zone"),
        until=gettext_lazy("The next reminder, at most six days"),
        audience=gettext_lazy("Learners in running cohorts"),
        still_true=_active,
        longer_than="milestone_ahead_second",
    )
)
SECOND = register_rule(
    Rule(
        name="milestone_ahead_second",
        kind="milestone_ahead",
        key_part="1",
        what=gettext_lazy("Milestone close"),
        unit=Unit.DAYS_BEFORE,
        default=1,
        least=1,
        most=6,
        moment=gettext_lazy("The due date, at 8:00 in the learner’s zone"),
        until=gettext_lazy("The due date, at 8:00"),
        audience=gettext_lazy("Learners in running cohorts"),
        still_true=_active,
    )
)
OVERDUE = register_rule(
    Rule(
        name="milestone_overdue",
        kind="milestone_overdue",
        key_part="-1",
        what=gettext_lazy("Milestone overdue"),
        unit=Unit.DAYS_AFTER,
        default=1,
        least=1,
        most=14,
        moment=gettext_lazy("The due date, at 8:00 in the learner’s zone"),
        until=gettext_lazy("Seven days later"),
        audience=gettext_lazy("Learners in running cohorts"),
        still_true=_active,
    )
)


@dataclass(frozen=True)
class Timing:
    """When the reminders of a milestone leave, as days from the due date."""

    first: int
    second: int
    overdue: int

    def moments(self, due: date, zone: ZoneInfo) -> Iterator[tuple[Rule, datetime, datetime]]:
        """Each rule with when its reminder of a milestone due then is due itself, and until when it is of use."""
        first, second, day, after = (
            datetime.combine(due - timedelta(days=days), SEND_AT, zone)
            for days in (self.first, self.second, 0, -self.overdue)
        )
        yield FIRST, first, min(first + AHEAD_LASTS, second)
        yield SECOND, second, day
        yield OVERDUE, after, after + OVERDUE_LASTS


def timing_of(amounts: Mapping[str, int]) -> Timing:
    """By the offsets of a cohort."""
    return Timing(*(amounts[rule.name] for rule in (FIRST, SECOND, OVERDUE)))


def queue_milestone_reminders(now: datetime) -> int:
    """Queue what is due and was not queued before, for everyone active in a running cohort; return how many.

    The key holds the due date: a milestone that moves is reminded of anew.
    """
    amounts = offsets()
    enrollments = Enrollment.objects.filter(
        status=Enrollment.Status.ACTIVE, cohort__status=Cohort.Status.RUNNING, learner__joined_at__isnull=False
    ).select_related("cohort__organization", "learner__user")
    ids = list(enrollments.order_by("cohort", "pk").values_list("pk", flat=True))
    return sum(
        enqueue_many(
            draft
            for one in standings_of(enrollments.filter(pk__in=ids[start : start + BATCH]), on=now.date())
            for draft in _drafts(one, timing_of(amounts.of(one.enrollment.cohort_id)), now)
        )
        for start in range(0, len(ids), BATCH)
    )


def _drafts(one: Standing, timing: Timing, now: datetime) -> Iterator[Draft]:
    learner = one.enrollment.learner
    zone = one.enrollment.zone
    window = timedelta(days=max(timing.first, timing.overdue) + 2) + LOOK_BACK
    for due in one.milestones:
        if abs(due.due_on - now.date()) > window or one.has_reached(due):
            continue
        for rule, due_at, expires_at in timing.moments(due.due_on, zone):
            if is_wanted(due_at, expires_at, now=now):
                yield Draft(
                    kind=rule.kind,
                    recipient_id=learner.user_id,
                    key=f"{rule.kind}:{one.enrollment.pk}:{due.id}:{due.due_on}:{rule.key_part}",
                    due_at=due_at,
                    expires_at=expires_at,
                    subject_id=due.id,
                    payload={"enrollment": str(one.enrollment.pk), "due_on": due.due_on.isoformat()},
                    missed_at=missed_at(due_at, expires_at, now=now),
                )


@dataclass(frozen=True)
class Found:
    """Where the learner stands now, and the milestone as it is now for them; None for what is gone."""

    one: Standing | None
    due: Due | None


def _facts(messages: Sequence[Message], now: datetime) -> dict[UUID, Found]:
    """For all the messages together, by their keys. As many queries as for one."""
    enrollments = Enrollment.objects.filter(pk__in={message.payload["enrollment"] for message in messages})
    related = enrollments.select_related("cohort__organization", "learner")
    found = standings_of(related, on=now.date(), is_of_work=True)
    standings = {str(one.enrollment.pk): one for one in found}
    return {message.pk: _found(standings.get(message.payload["enrollment"]), message) for message in messages}


def _found(one: Standing | None, message: Message) -> Found:
    due = next((due for due in one.milestones if due.id == message.subject_id), None) if one else None
    return Found(one, due)


def _found_of(message: Message, now: datetime) -> Found:
    found: Found = message.facts or _facts([message], now)[message.pk]
    return found


def reason_untrue(message: Message, now: datetime) -> str:
    """Empty while the learner is active and has not reached the milestone, and it is still due on that day."""
    found = _found_of(message, now)
    one, due = found.one, found.due
    if one is None or due is None:
        return _("The milestone is not there anymore.")
    if not one.is_active:
        return _("The learner is not active anymore.")
    if due.due_on.isoformat() != message.payload["due_on"]:
        return _("The milestone moved to another day.")
    if one.has_reached(due):
        return _("The learner has reached the milestone.")
    return ""


@lru_cache(maxsize=500)
def _path_of(slug: str) -> str:
    return reverse("cohorts:path", args=[slug])


def _context(message: Message) -> Mapping[str, Any]:
    found = _found_of(message, timezone.now())
    if found.one is None or found.due is None:
        raise Milestone.DoesNotExist
    enrollment = found.one.enrollment
    return {
        "name": enrollment.learner.first_name,
        "milestone": found.due,
        "cohort": enrollment.cohort,
        "action_url": _path_of(enrollment.cohort.organization.slug),
        "action_label": _("See your path"),
    }


for name, title, explanation in (
    (
        "milestone_ahead",
        gettext_lazy("Milestone ahead"),
        gettext_lazy("A milestone of yours is due in seven days, and again in one day."),
    ),
    (
        "milestone_overdue",
        gettext_lazy("Milestone overdue"),
        gettext_lazy("A milestone of yours passed yesterday and is not reached."),
    ),
):
    register(
        Kind(
            name=name,
            title=title,
            explanation=explanation,
            reason_untrue=reason_untrue,
            context=_context,
            in_digest=True,
            lane=Lane.BULK,
            facts=_facts,
            group=lambda message: cohort_of(message.payload["enrollment"]),
        )
    )
register_queue(queue_milestone_reminders)
