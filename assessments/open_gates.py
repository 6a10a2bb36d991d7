"""Gates of which every criterion became met: noticed every hour, told to the learner and to who runs their cohort."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _

from assessments.gates import evaluate, evaluate_many
from assessments.models import OpenGate
from cohorts.models import Enrollment
from cohorts.muting import cohort_of
from cohorts.team import alert_recipients
from curriculum.models import Level
from notifications.kinds import Kind, register, register_queue
from notifications.models import Message
from notifications.outbox import Draft, enqueue_many
from notifications.rules import Rule, Unit, offsets, register_rule

KIND = "gate_open"
RULE = register_rule(
    Rule(
        name=KIND,
        kind=KIND,
        key_part="",
        what=_("A gate can be decided on"),
        unit=Unit.HOURS_AFTER,
        default=1,
        least=1,
        most=72,
        moment=_("The look, every hour, that finds every criterion met"),
        until=_("Somebody decides"),
        audience=_("The learner, and the lead and staff of the cohort’s team"),
        still_true=_("Every criterion is met, and the level is not passed."),
    )
)


def cohorts_to_look_at() -> list[UUID]:
    """Those with somebody active in them."""
    active = Enrollment.objects.filter(status=Enrollment.Status.ACTIVE)
    return list(active.order_by("cohort").values_list("cohort", flat=True).distinct())


def notice_open_gates(*, cohort_id: UUID, at: datetime) -> int:
    """Bring to now which gates of a cohort's active learners wait for a decision; return how many opened."""
    people = list(Enrollment.objects.filter(cohort=cohort_id, status=Enrollment.Status.ACTIVE).select_related("cohort"))
    known = {(row.enrollment_id, row.level_id): row for row in OpenGate.objects.filter(enrollment__cohort=cohort_id)}
    now_open = set(_open(people, _day_in(people, at)))
    OpenGate.objects.filter(pk__in=[row.pk for key, row in known.items() if key not in now_open]).delete()
    opened = now_open - set(known)
    OpenGate.objects.bulk_create(
        OpenGate(enrollment_id=enrollment, level_id=level, noticed_at=at) for enrollment, level in sorted(opened)
    )
    return len(opened)


def _open(people: Sequence[Enrollment], on: date) -> Iterator[tuple[UUID, UUID]]:
    for enrollment, reports in evaluate_many(people, on=on).items():
        for report in reports:
            # A gate that the curriculum asks nothing at opens by no evidence: staff decide when they see fit.
            if report.passed_on is None and report.requirements and report.is_met:
                yield enrollment, report.level.pk


def _day_in(people: Sequence[Enrollment], at: datetime) -> date:
    return people[0].cohort.today(at) if people else at.date()


# -- who is told -------------------------------------------------------------------------------------------------------


def queue_open_gates(now: datetime) -> int:
    """Queue the news of every gate that opened some time ago; return how many messages are new."""
    amounts = offsets()
    rows = OpenGate.objects.filter(noticed_at__lte=now - timedelta(hours=amounts.least(RULE.name))).select_related(
        "enrollment__learner", "enrollment__cohort"
    )
    by_cohort: dict[UUID, list[OpenGate]] = defaultdict(list)
    waits = {pk: timedelta(hours=amounts.of(pk)[RULE.name]) for pk in {row.enrollment.cohort_id for row in rows}}
    for row in rows:
        if row.noticed_at <= now - waits[row.enrollment.cohort_id]:
            by_cohort[row.enrollment.cohort_id].append(row)
    return enqueue_many(draft for pk, group in by_cohort.items() for draft in _drafts(group, waits[pk], now))


def _drafts(rows: Sequence[OpenGate], wait: timedelta, now: datetime) -> Iterator[Draft]:
    cohort = rows[0].enrollment.cohort
    staff = alert_recipients(cohort, on=cohort.today(now))
    for row in rows:
        for person in (row.enrollment.learner, *staff):
            yield Draft(
                kind=KIND,
                recipient_id=person.user_id,
                key=f"{KIND}:{row.pk}:{person.pk}",
                due_at=row.noticed_at + wait,
                payload={"level": str(row.level_id)},
                subject_id=row.enrollment_id,
            )


def _reason_untrue(message: Message, now: datetime) -> str:
    enrollment, level = _subject(message)
    if enrollment is None or level is None or enrollment.status != Enrollment.Status.ACTIVE:
        return say("The learner is not active anymore.")
    if level.version_id != enrollment.version_id:
        return say("The learner went over to another version.")
    report = evaluate(enrollment, level, on=_day_in([enrollment], now))
    if report.passed_on is not None:
        return say("The level is passed.")
    return "" if report.is_met else say("A criterion is missing again.")


def _context(message: Message) -> Mapping[str, Any]:
    enrollment, level = _subject(message)
    if enrollment is None or level is None:
        raise Enrollment.DoesNotExist
    slug, to_learner = enrollment.organization.slug, message.recipient_id == enrollment.learner.user_id
    page = ("cohorts:path", [slug]) if to_learner else ("assessments:gates", [slug, enrollment.pk])
    return {
        "to_learner": to_learner,
        "learner": enrollment.learner.name,
        "name": enrollment.learner.first_name,
        "cohort": enrollment.cohort.name,
        "number": level.number,
        "action_url": reverse(page[0], args=page[1]),
        "action_label": say("Your path") if to_learner else say("Decide on the level"),
    }


def _subject(message: Message) -> tuple[Enrollment | None, Level | None]:
    people = Enrollment.objects.select_related("learner__user", "cohort", "organization")
    return (
        people.filter(pk=UUID(str(message.subject_id))).first(),
        Level.objects.filter(pk=message.payload["level"]).first(),
    )


register(
    Kind(
        name=KIND,
        title=_("A gate can be decided on"),
        explanation=_("Every criterion of a level’s gate is met and nobody decided yet."),
        in_digest=True,
        reason_untrue=_reason_untrue,
        context=_context,
        group=lambda message: cohort_of(message.subject_id),
    )
)
register_queue(queue_open_gates)
