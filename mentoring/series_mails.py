"""What a series writes to its two people: dates that could not be booked, and that it ended."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _

from design.dates import written_day
from mentoring.recurrence import Occurrence
from mentoring.series_records import Series
from mentoring.series_words import fate_words, rhythm_words
from mentoring.wording import spoken_time
from notifications.kinds import Kind, register
from notifications.models import Message
from notifications.outbox import Draft, enqueue_many

MISSED, ENDED = "series_missed", "series_ended"


def tell_missed(series: Series, missed: Sequence[Occurrence], *, now: datetime) -> None:
    """Mail both which dates are not booked, why, and the nearest free time; each date once."""
    dates = [
        {
            "day": one.day.isoformat(),
            "start": one.start.isoformat() if one.start else "",
            # What looked open and was not, is taken where this organization cannot look.
            "fate": "taken" if one.is_open else one.fate.value,
            "nearest": one.nearest.isoformat() if one.nearest else "",
        }
        for one in missed
    ]
    _tell(MISSED, series, key=missed[-1].day.isoformat(), payload={"dates": dates}, now=now)


def tell_ended(series: Series, *, now: datetime) -> None:
    """Mail both that the series ended by itself."""
    _tell(ENDED, series, key="end", payload={}, now=now)


def _tell(kind: str, series: Series, *, key: str, payload: Mapping[str, Any], now: datetime) -> None:
    people = (series.enrollment.learner.user_id, series.mentor.membership.user_id)
    enqueue_many(
        Draft(
            kind=kind,
            recipient_id=person,
            key=f"{kind}:{series.pk}:{key}:{person}",
            due_at=now,
            payload=payload,
            subject_id=series.pk,
        )
        for person in people
    )


def _find(message: Message) -> Series | None:
    return Series.objects.with_people().filter(pk=UUID(str(message.subject_id))).first()


def _stopped(message: Message, now: datetime) -> str:
    series = _find(message)
    return "" if series and series.stopped_from is None else say("The series was stopped.")


def _gone(message: Message, now: datetime) -> str:
    return "" if _find(message) else say("The series is no longer there.")


def _context(message: Message) -> Mapping[str, Any]:
    series = Series.objects.with_people().get(pk=UUID(str(message.subject_id)))
    learner, mentor = series.enrollment.learner, series.mentor.membership
    to_learner = message.recipient_id == learner.user_id
    slug = series.organization.slug
    page = reverse("mentoring:sessions", args=[slug]) if to_learner else reverse("mentoring:week", args=[slug])
    return {
        "other": mentor.name if to_learner else learner.name,
        "rhythm": rhythm_words(series, now=message.due_at),
        "lines": [_line(row) for row in message.payload.get("dates", [])],
        "action_url": page,
        "action_label": say("Open your 1-on-1s") if to_learner else say("Open your week"),
    }


def _line(row: Mapping[str, str]) -> str:
    day = written_day(date.fromisoformat(row["day"]), "l j F Y")
    when = spoken_time(datetime.fromisoformat(row["start"])) if row["start"] else day
    if not row["nearest"]:
        return say("%(when)s: %(why)s") % {"when": when, "why": fate_words(row["fate"])}
    nearest = spoken_time(timezone.localtime(datetime.fromisoformat(row["nearest"])))
    words = {"when": when, "why": fate_words(row["fate"]), "nearest": nearest}
    return say("%(when)s: %(why)s Nearest free time: %(nearest)s.") % words


register(Kind(name=MISSED, title=_("Regular 1-on-1s that are not booked"), reason_untrue=_stopped, context=_context))
register(Kind(name=ENDED, title=_("Regular 1-on-1s ended"), reason_untrue=_gone, context=_context))
