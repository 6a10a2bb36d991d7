"""What this app tells of a learner's history: status, progress, study hours, notes, versions and messages."""

from collections.abc import Iterator

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, Q, Sum
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from cohorts.chronicle import Happening, Question, Source, day_of, register
from cohorts.learner_notes import readable_by
from cohorts.models import (
    CreditAnswer,
    CreditRequest,
    EnrollmentEvent,
    EnrollmentMove,
    LearnerNote,
    MentorAssignment,
    ProgressEvent,
    StudyLog,
    TrackChoice,
)
from cohorts.staff_mails import KIND, REQUIRED
from design.dates import written_day
from design.templatetags.design import hours
from notifications.kinds import KINDS
from notifications.models import Message

TITLES_SHOWN = 3
STAFF_KINDS = (KIND, REQUIRED)
PROGRESS_ICONS = {"completed": "circle-check", "credited": "award", "reopened": "rotate-ccw"}


def status_changes(question: Question) -> Iterator[Happening]:
    rows = EnrollmentEvent.objects.told().filter(enrollment__in=question.ids)
    for event in rows.order_by("-effective_on", "-sequence")[: question.most]:
        title = event.get_to_status_display()
        if event.returns_on:
            title = _("%(status)s until %(day)s") % {"status": title, "day": written_day(event.returns_on, "j M Y")}
        if event.reason:
            title = f"{title}: {event.reason_name}"
        yield Happening(
            on=event.effective_on,
            title=title,
            icon="user",
            text=event.note,
            by=event.recorded_by.name if event.recorded_by else "",
            recorded_at=event.recorded_at if day_of(event.recorded_at) != event.effective_on else None,
        )


def mentors(question: Question) -> Iterator[Happening]:
    rows = MentorAssignment.objects.filter(enrollment__in=question.ids).select_related("mentor", "recorded_by")
    for row in rows.order_by("-effective_on", "-recorded_at", "-pk")[: question.most]:
        words = {"mentor": row.mentor.name if row.mentor else _("nobody"), "reason": row.get_reason_display().lower()}
        yield Happening(
            on=row.effective_on,
            title=_("Mentor is %(mentor)s: %(reason)s") % words,
            icon="user-plus",
            by=row.recorded_by.name if row.recorded_by else "",
            recorded_at=row.recorded_at if day_of(row.recorded_at) != row.effective_on else None,
        )


def progress(question: Question) -> Iterator[Happening]:
    """What was finished, credited or reopened, by day; what a move carried over happened before."""
    days = (
        ProgressEvent.objects.filter(enrollment__in=question.ids, move=None)
        .values("effective_on", "kind", "evidence", "recorded_by__name")
        .annotate(
            number=Count("pk"),
            earned=Sum("hours"),
            titles=ArrayAgg(Coalesce("topic__title", "project__title"), order_by=["recorded_at", "pk"]),
        )
        .order_by("-effective_on", "kind")
    )
    for day in days[: question.most]:
        kind = ProgressEvent.Kind(day["kind"])
        words = _progress_words(kind, day["number"])
        what = ", ".join(day["titles"][:TITLES_SHOWN]) + (", …" if day["number"] > TITLES_SHOWN else "")
        title = words % {"number": day["number"], "what": what}
        if kind != ProgressEvent.Kind.REOPENED and day["earned"]:
            title = _("%(what)s, %(hours)s h") % {"what": title, "hours": hours(day["earned"])}
        yield Happening(
            on=day["effective_on"],
            title=title,
            icon=PROGRESS_ICONS[kind],
            text=day["evidence"],
            by=day["recorded_by__name"] or "",
        )


def credit_requests(question: Question) -> Iterator[Happening]:
    """What they asked credit for, and what was declined or taken back; what was granted stands with their progress."""
    asked = CreditRequest.objects.filter(enrollment__in=question.ids).select_related("project", "enrollment__learner")
    for row in asked.order_by("-asked_at")[: question.most]:
        yield Happening(
            on=day_of(row.asked_at),
            at=row.asked_at,
            title=_("Asked for credit: %(project)s") % {"project": row.project.title},
            icon="award",
            text=row.evidence,
            by=row.enrollment.learner.name,
        )
    answers = CreditAnswer.objects.filter(request__enrollment__in=question.ids).exclude(kind=CreditAnswer.Kind.GRANTED)
    for answer in answers.select_related("request__project", "recorded_by").order_by("-recorded_at")[: question.most]:
        is_declined = answer.kind == CreditAnswer.Kind.DECLINED
        words = _("Credit declined: %(project)s") if is_declined else _("Request for credit taken back: %(project)s")
        yield Happening(
            on=day_of(answer.recorded_at),
            at=answer.recorded_at,
            title=words % {"project": answer.request.project.title},
            icon="award",
            text=answer.reason,
            by=answer.recorded_by.name,
        )


def _progress_words(kind: ProgressEvent.Kind, number: int) -> str:
    match kind:
        case ProgressEvent.Kind.COMPLETED:
            return ngettext("Finished %(what)s", "Finished %(number)s parts: %(what)s", number)
        case ProgressEvent.Kind.CREDITED:
            return ngettext("Credited %(what)s", "Credited %(number)s parts: %(what)s", number)
        case ProgressEvent.Kind.REOPENED:
            return ngettext("Reopened %(what)s", "Reopened %(number)s parts: %(what)s", number)


def study(question: Question) -> Iterator[Happening]:
    """What counts of each week, when it was last said."""
    latest = StudyLog.objects.filter(enrollment__in=question.ids).order_by("week", "-recorded_at", "-pk")
    rows = StudyLog.objects.filter(pk__in=latest.distinct("week").values("pk")).select_related("recorded_by")
    for log in rows.order_by("-recorded_at")[: question.most]:
        words = ngettext(
            "Logged %(hours)s hour in the week of %(day)s", "Logged %(hours)s hours in the week of %(day)s",
            1 if log.hours == 1 else 2,
        )  # fmt: skip
        yield Happening(
            on=day_of(log.recorded_at),
            at=log.recorded_at,
            title=words % {"hours": hours(log.hours), "day": written_day(log.week, "j M Y")},
            icon="clock",
            text=log.reason,
            by=log.recorded_by.name if log.recorded_by else "",
        )


def notes(question: Question) -> Iterator[Happening]:
    rows = LearnerNote.objects.filter(enrollment__in=question.ids).current().exclude(text="")
    rows = rows.filter(readable_by(question.viewer, question.enrollment)).select_related("recorded_by")
    for note in rows.order_by("-recorded_at")[: question.most]:
        yield Happening(
            on=day_of(note.recorded_at),
            at=note.recorded_at,
            title=_("Note, for: %(audience)s") % {"audience": note.get_audience_display()},
            icon="message-square",
            text=note.text,
            by=note.recorded_by.name,
        )


def directions(question: Question) -> Iterator[Happening]:
    """Which version they follow, and which specialization they chose."""
    legs = EnrollmentMove.objects.filter(enrollment__in=question.ids).select_related(
        "move__to_version", "move__recorded_by"
    )
    for leg in legs.defer("move__schedule").order_by("-move__effective_on", "-sequence")[: question.most]:
        yield Happening(
            on=leg.move.effective_on,
            title=_("Went over to %(version)s") % {"version": leg.move.to_version},
            icon="git-branch",
            text=leg.move.note,
            by=leg.move.recorded_by.name if leg.move.recorded_by else "",
        )
    choices = TrackChoice.objects.filter(enrollment__in=question.ids).select_related("track", "recorded_by")
    for choice in choices.order_by("-effective_on", "-recorded_at")[: question.most]:
        yield Happening(
            on=choice.effective_on,
            title=_("Chose the specialization %(track)s") % {"track": choice.track.title},
            icon="route",
            text=choice.reason,
            by=choice.recorded_by.name if choice.recorded_by else "",
        )


def mails(question: Question) -> Iterator[Happening]:
    """What Gilde sent them, or could not send."""
    gone = Q(state=Message.State.SENT) | Q(state=Message.State.DEAD)
    rows = Message.objects.filter(gone, recipient=question.enrollment.learner.user_id, settled_at__isnull=False)
    for message in rows.order_by("-settled_at")[: question.most]:
        kind, moment = KINDS.get(message.kind), message.settled_at
        if kind is None or moment is None:
            continue
        failed = message.state == Message.State.DEAD
        is_written = message.kind in STAFF_KINDS
        words = _("Message could not be sent: %(title)s") if failed else _("Message: %(title)s")
        yield Happening(
            on=day_of(moment),
            at=moment,
            title=words % {"title": message.payload["subject"] if is_written else kind.title},
            icon="mail",
            text=message.reason if failed else "",
            by=message.payload["by"] if is_written else "",
            url=_url_of(message, question),
            hot=failed,
        )


def _url_of(message: Message, question: Question) -> str:
    """The page of a message that staff wrote, for staff."""
    about = message.payload.get("message") if message.kind in STAFF_KINDS and question.viewer.is_staff else None
    return reverse("cohorts:staff_message", args=[question.slug, about]) if about else ""


register(Source(key="status", title=gettext_lazy("Status"), tell=status_changes))
register(Source(key="mentors", title=gettext_lazy("Mentors"), tell=mentors))
register(Source(key="progress", title=gettext_lazy("Progress"), tell=progress))
register(Source(key="credit", title=gettext_lazy("Requests for credit"), tell=credit_requests))
register(Source(key="study", title=gettext_lazy("Study hours"), tell=study))
register(Source(key="notes", title=gettext_lazy("Notes"), tell=notes))
register(Source(key="directions", title=gettext_lazy("Version and specialization"), tell=directions))
register(Source(key="messages", title=gettext_lazy("Messages"), tell=mails))
