"""What surveys write to people: that they are asked, and once more before the end. Never about what they said."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _

from notifications.kinds import Kind, register, register_queue
from notifications.models import Lane, Message
from notifications.outbox import Draft, enqueue_many
from notifications.rules import Rule, Unit, is_wanted, missed_at, offsets, register_rule
from organizations.models import Organization
from outcomes.surveys.answering import path_of
from outcomes.surveys.records import Participation, Wave

ASKED, REMINDER = "survey_asked", "survey_waiting"
#: The reminder comes in the morning.
MORNING = time(8)
RULE = register_rule(
    Rule(
        name=REMINDER,
        kind=REMINDER,
        key_part="",
        what=_("A survey waits for an answer"),
        unit=Unit.DAYS_BEFORE,
        default=3,
        least=1,
        most=14,
        moment=_("The last day to answer, 8:00"),
        until=_("The end of the last day"),
        audience=_("Who was asked and has not answered"),
        still_true=_("The survey takes answers and theirs is missing."),
    )
)


def tell_asked(wave: Wave, asked: Iterable[Participation], *, now: datetime) -> None:
    """Mail everybody who is asked; their enrollments and learners are read."""
    zone = _zone()
    enqueue_many(
        Draft(
            kind=ASKED,
            recipient_id=one.enrollment.learner.user_id,
            key=f"{ASKED}:{one.pk}",
            due_at=now,
            expires_at=_end_of(one.answer_by, zone),
            subject_id=one.pk,
        )
        for one in asked
    )


def queue_reminders(now: datetime) -> int:
    """Queue one for everybody asked who has not answered and has few days left; return how many are new.

    Who was asked later than the reminder would come needs none.
    """
    zone, amounts = _zone(), offsets()
    most = timedelta(days=amounts.most(RULE.name))
    rows = Participation.objects.waiting().filter(answer_by__gte=now.date() - timedelta(days=14))
    rows = rows.filter(answer_by__lte=now.date() + most + timedelta(days=1))
    drafts = []
    columns = ("pk", "asked_on", "answer_by", "enrollment__learner__user", "enrollment__cohort")
    for pk, asked_on, answer_by, person, cohort in rows.values_list(*columns):
        before = timedelta(days=amounts.of(cohort)[RULE.name])
        due_at = datetime.combine(answer_by - before, MORNING, zone)
        expires_at = _end_of(answer_by, zone)
        if asked_on < answer_by - before and is_wanted(due_at, expires_at, now=now):
            drafts.append(
                Draft(
                    kind=REMINDER,
                    recipient_id=person,
                    key=f"{REMINDER}:{pk}",
                    due_at=due_at,
                    expires_at=expires_at,
                    subject_id=pk,
                    missed_at=missed_at(due_at, expires_at, now=now),
                )
            )
    return enqueue_many(drafts)


def _zone() -> ZoneInfo:
    return Organization.in_scope().zone


def _end_of(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), zone)


def _subject(message: Message) -> UUID:
    return UUID(str(message.subject_id))


def _nothing_to_answer(message: Message, now: datetime) -> str:
    is_waiting = Participation.objects.waiting().filter(pk=_subject(message)).exists()
    return "" if is_waiting else say("The survey is answered, or over.")


def _context(message: Message) -> Mapping[str, Any]:
    found = Participation.objects.select_related("wave__survey", "enrollment__learner").get(pk=_subject(message))
    return {
        "name": found.enrollment.learner.first_name,
        "survey": found.wave.survey.title,
        "introduction": found.wave.survey.introduction,
        "answer_by": found.answer_by,
        "action_url": path_of(found),
        "action_label": say("Answer in a minute"),
    }


def _cohort(message: Message) -> UUID | None:
    rows = Participation.objects.filter(pk=_subject(message))
    return rows.values_list("enrollment__cohort", flat=True).first()


for name, title, explanation in (
    (ASKED, _("A survey asks what you think"), _("You are asked to answer a short survey, without your name.")),
    (REMINDER, _("A survey waits for your answer"), _("A survey that you have not answered ends soon.")),
):
    register(
        Kind(
            name=name,
            title=title,
            explanation=explanation,
            in_digest=name == ASKED,
            reason_untrue=_nothing_to_answer,
            context=_context,
            group=_cohort,
            lane=Lane.BULK,
        )
    )
register_queue(queue_reminders)
