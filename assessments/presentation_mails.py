"""What presentations write to the learner and the panel: planned, changed, called off, near, decided."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import F
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _

from assessments.models import Presentation, PresentationSeat
from assessments.presentation_engagements import PRODUCT, event_of
from design.dates import written_day
from design.templatetags.design import zone_name
from notifications import calendar_parts
from notifications.kinds import Kind, Urgency, register, register_queue
from notifications.models import Lane, Message
from notifications.outbox import Draft, enqueue_many
from notifications.rules import Rule, Unit, looked_since, missed_at, offsets, register_rule

SCHEDULED, CHANGED, CANCELLED = "presentation_scheduled", "presentation_changed", "presentation_cancelled"
LEFT, REMINDER, DECIDED = "presentation_panel_left", "presentation_reminder", "presentation_decided"
RULE = register_rule(
    Rule(
        name=REMINDER,
        kind=REMINDER,
        key_part="",
        what=_("A presentation comes near"),
        unit=Unit.HOURS_BEFORE,
        default=24,
        least=1,
        most=168,
        moment=_("The start"),
        until=_("The start"),
        audience=_("The learner and the panel"),
        still_true=_("It is planned at that time, and they take part."),
    )
)


def tell_scheduled(made: Presentation, *, at: datetime) -> None:
    _tell(SCHEDULED, made, at=at)


def tell_changed(
    changed: Presentation, *, before: datetime, reason: str, left: Iterable[PresentationSeat], at: datetime
) -> None:
    """Everybody who takes part hears what stands now, and `left` that they do no more."""
    _tell(CHANGED, changed, at=at, before=before.isoformat(), reason=reason)
    people = [seat.person_id for seat in left]
    enqueue_many(_drafts(LEFT, changed, people, due_at=at, expires_at=changed.ends_at, payload={"reason": reason}))


def tell_cancelled(off: Presentation, *, reason: str, at: datetime) -> None:
    _tell(CANCELLED, off, at=at, reason=reason)


def tell_decided(decided: Presentation, *, at: datetime) -> None:
    """The learner hears it; the panel knows."""
    enqueue_many(_drafts(DECIDED, decided, [decided.learner.user_id], due_at=at, expires_at=None))


def spoken_time(moment: datetime) -> str:
    """ "Wednesday 9 December 2026, 10:30 (Amsterdam)", for mails, where nobody sees when they were written."""
    local = timezone.localtime(moment)
    return f"{written_day(local, 'l j F Y')}, {local:%H:%M} ({zone_name(str(local.tzinfo))})"


def _tell(kind: str, presentation: Presentation, *, at: datetime, **payload: str) -> None:
    rows = PresentationSeat.objects.filter(presentation=presentation).order_by("person")
    people = rows.values_list("person", flat=True)
    enqueue_many(_drafts(kind, presentation, people, due_at=at, expires_at=presentation.ends_at, payload=payload))


def _drafts(
    kind: str,
    presentation: Presentation,
    people: Iterable[UUID],
    *,
    due_at: datetime,
    expires_at: datetime | None,
    payload: Mapping[str, str] | None = None,
    missed: datetime | None = None,
) -> list[Draft]:
    """A message to each about the presentation as it stands now, keyed so that each state of it is told once."""
    return [
        Draft(
            kind=kind,
            recipient_id=person,
            key=f"{kind}:{presentation.pk}:{presentation.sequence}:{person}",
            due_at=due_at,
            payload={"sequence": presentation.sequence, **(payload or {})},
            subject_id=presentation.pk,
            expires_at=expires_at,
            missed_at=missed,
        )
        for person in people
    ]


def queue_reminders(now: datetime) -> int:
    """Queue what is due and not yet queued; whoever set the time after a reminder was due needs none."""
    amounts, since = offsets(), looked_since(now=now)
    until = now + timedelta(hours=amounts.most(RULE.name))
    coming = Presentation.objects.filter(
        status=Presentation.Status.PLANNED, during__startswith__gt=since, during__startswith__lte=until
    )
    rows = [
        (row, timedelta(hours=amounts.of(row.submission.enrollment.cohort_id)[RULE.name]))
        for row in coming.select_related("submission__enrollment").prefetch_related("seats")
    ]
    return enqueue_many(draft for row, before in rows for draft in _due(row, before, now))


def _due(row: Presentation, before: timedelta, now: datetime) -> list[Draft]:
    due_at, expires_at = row.starts_at - before, row.starts_at
    missed = missed_at(due_at, expires_at, now=now)
    if due_at > now or row.scheduled_at >= due_at or (expires_at <= now and missed is None):
        return []
    people = [seat.person_id for seat in row.seats.all()]
    return _drafts(REMINDER, row, people, due_at=due_at, expires_at=expires_at, missed=missed)


register_queue(queue_reminders)


def _about(message: Message) -> Presentation | None:
    return Presentation.objects.with_people().filter(pk=UUID(str(message.subject_id))).first()


def _no_longer_so(message: Message, now: datetime) -> str:
    """Why a message about a coming presentation is not sent."""
    row = _about(message)
    if row is None or row.status == Presentation.Status.CANCELLED:
        return say("The presentation was called off.")
    if row.sequence != message.payload["sequence"]:
        return say("The presentation was changed.")
    if not any(seat.person_id == message.recipient_id for seat in row.seats.all()):
        return say("They do not take part any more.")
    return "" if row.status == Presentation.Status.PLANNED else say("The presentation is over.")


def _gone(message: Message, now: datetime) -> str:
    return "" if _about(message) else say("The presentation is no longer there.")


def _is_back(message: Message, now: datetime) -> str:
    """Why somebody is not told that they are off the panel."""
    found = PresentationSeat.objects.filter(presentation=UUID(str(message.subject_id)), person=message.recipient_id)
    return say("They take part again.") if found.exists() else _gone(message, now)


def _undecided(message: Message, now: datetime) -> str:
    row = _about(message)
    return "" if row is not None and row.outcome else say("The presentation is not decided on.")


def _found(message: Message) -> Presentation:
    return Presentation.objects.with_people().select_related("settled_by").get(pk=UUID(str(message.subject_id)))


def _part(message: Message, now: datetime) -> tuple[str, str]:
    row = _found(message)
    is_off = row.status == Presentation.Status.CANCELLED or message.kind == LEFT
    said = [row.organization.name, row.note, message.payload.get("reason", "")]
    return calendar_parts.invitation(
        event_of(row, viewer=message.recipient, at=now, is_off=is_off),
        product=PRODUCT,
        description="\n\n".join(text for text in said if text),
        recipient=message.recipient,
        organizer=row.organization.name,
        is_off=is_off,
    )


def _context(message: Message) -> Mapping[str, Any]:
    row = _found(message)
    before = message.payload.get("before", "")
    return {
        "name": message.recipient.first_name,
        "learner": row.learner.name,
        "to_learner": message.recipient_id == row.learner.user_id,
        "project": row.submission.project.title,
        "when": spoken_time(row.starts_at),
        "before": spoken_time(datetime.fromisoformat(before)) if before else "",
        "minutes": row.minutes,
        "place": row.place,
        "note": row.note,
        "panel": ", ".join(seat.member.name for seat in row.panel),
        "chair": row.panel[0].member.name if row.panel else "",
        "reason": message.payload.get("reason", ""),
        "by": row.settled_by.name if row.settled_by else "",
        "passed": row.outcome == Presentation.Outcome.PASS,
        "summary": row.summary,
        "action_url": reverse("assessments:presentation", args=[row.organization.slug, row.pk]),
        "action_label": say("Open the presentation"),
    }


def _cohort(message: Message) -> UUID | None:
    rows = Presentation.objects.filter(pk=UUID(str(message.subject_id)))
    return rows.annotate(cohort=F("submission__enrollment__cohort")).values_list("cohort", flat=True).first()


for name, title, explanation, reason_untrue in (
    (
        SCHEDULED,
        _("A presentation was planned"),
        _("You present a capstone, or are on the panel of somebody who does."),
        _no_longer_so,
    ),
    (
        CHANGED,
        _("A presentation was changed"),
        _("A presentation of yours has another time, place or panel."),
        _no_longer_so,
    ),
    (CANCELLED, _("A presentation was called off"), _("A presentation of yours is off."), _gone),
    (LEFT, _("You are not on a panel any more"), _("Somebody else is on the panel of a presentation now."), _is_back),
):
    register(
        Kind(
            name=name,
            title=title,
            explanation=explanation,
            reason_untrue=reason_untrue,
            context=_context,
            invitation=_part,
            lane=Lane.URGENT,
            urgency=Urgency.BREAKS_QUIET,
        )
    )
register(
    Kind(
        name=REMINDER,
        title=_("A presentation comes near"),
        explanation=_("A presentation of yours is in a day."),
        reason_untrue=_no_longer_so,
        context=_context,
        group=_cohort,
        lane=Lane.URGENT,
        urgency=Urgency.BREAKS_QUIET,
    )
)
register(
    Kind(
        name=DECIDED,
        title=_("Your presentation was decided on"),
        explanation=_("The chair of the panel decided on your presentation."),
        in_digest=True,
        reason_untrue=_undecided,
        context=_context,
    )
)
