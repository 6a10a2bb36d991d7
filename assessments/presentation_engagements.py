"""What presentations take of people's time, for whoever else plans it, and how they show in a calendar."""

from datetime import datetime
from typing import Any

from django.db.models import F, QuerySet
from django.utils.translation import gettext as _
from icalendar import Event

from accounts.models import User
from assessments.models import Presentation, PresentationSeat
from cohorts.engagements import Engagement, EpochSeconds, register
from notifications import calendar_parts
from organizations.prepared import among

PRESENTATIONS = "presentations"
PRODUCT = "-//Gilde//Presentations//EN"


def _find(people: Any, span: Any) -> "QuerySet[Any]":
    return PresentationSeat.objects.filter(among("person", people), takes_time=True, during__overlap=span).annotate(
        engaged=F("person_id"),
        first=EpochSeconds("during__startswith", function="floor"),
        last=EpochSeconds("during__endswith", function="ceil"),
    )


def _events(person: User, since: datetime) -> list[Event]:
    theirs = PresentationSeat.objects.filter(person=person, takes_time=True, during__endswith__gt=since)
    rows = Presentation.objects.filter(pk__in=theirs.values("presentation")).select_related(
        "submission__project", "submission__enrollment__learner"
    )
    # The stamp is when the time was set, not now: otherwise every fetch would look like news.
    return [event_of(row, viewer=person, at=row.scheduled_at, is_off=False) for row in rows.order_by("during", "pk")]


def event_of(presentation: Presentation, *, viewer: User, at: datetime, is_off: bool) -> Event:
    words = {"project": presentation.submission.project.title, "name": presentation.learner.name}
    is_own = viewer.pk == presentation.learner.user_id
    title = _("Your presentation of %(project)s") if is_own else _("%(name)s presents %(project)s")
    return calendar_parts.meeting(
        uid=str(presentation.calendar_uid),
        sequence=presentation.sequence,
        stamp=at,
        start=presentation.starts_at,
        end=presentation.ends_at,
        summary=title % words,
        place=presentation.place,
        is_off=is_off,
    )


register(Engagement(key=PRESENTATIONS, find=_find, events=_events))
