"""Milestones as iCalendar (RFC 5545): all-day events that keep their UID when their day moves, and block no time."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _
from icalendar import Calendar, Event

from accounts.models import User
from cohorts.models import Cohort, Enrollment, Milestone

PRODUCT = "-//Gilde//Milestones//EN"
#: Whose milestones stand in their own calendar.
FOLLOWING = (Enrollment.Status.ENROLLED, Enrollment.Status.ACTIVE, Enrollment.Status.ON_LEAVE)


def cohort_calendar(cohort: Cohort) -> bytes:
    """The cohort's milestones as a file to import; the same milestones give the same bytes."""
    rows = cohort.milestones.filter(enrollment=None).order_by("due_on", "position")
    return _calendar((_event(row, cohort) for row in rows), name=cohort.name)


def own_calendar(enrollment: Enrollment) -> bytes:
    """The milestones as they count for one learner."""
    rows = own_milestones(enrollment)
    return _calendar((_event(row, enrollment.cohort) for row in rows), name=enrollment.cohort.name)


def own_events(user: User, *, since: date) -> list[Event]:
    """The milestones, in the organization in scope, of the cohorts that the person follows, from that day on."""
    followed = Enrollment.objects.filter(learner__user=user, status__in=FOLLOWING).select_related("cohort")
    running = followed.exclude(cohort__status__in=[Cohort.Status.COMPLETED, Cohort.Status.CANCELLED]).order_by("pk")
    return [
        _event(row, enrollment.cohort)
        for enrollment in running
        for row in own_milestones(enrollment)
        if row.due_on >= since
    ]


def own_milestones(enrollment: Enrollment) -> list[Milestone]:
    """By date: the cohort's milestones, with the learner's own in place of those they replace."""
    rows = list(Milestone.objects.of(enrollment).select_related("level").order_by("due_on", "position"))
    replaced: set[UUID | None] = {row.replaces_id for row in rows if row.enrollment_id}
    return [row for row in rows if row.pk not in replaced]


def _event(milestone: Milestone, cohort: Cohort) -> Event:
    event = Event()
    # An own date stands in the place of the cohort's, in calendars too.
    uid = milestone.replaces_id or milestone.pk
    event.add("uid", f"milestone-{uid}@{urlsplit(settings.SITE_URL).hostname}")
    # The stamp is the day itself, not now: otherwise every fetch would look like news.
    event.add("dtstamp", datetime.combine(milestone.due_on, time(), UTC))
    event.add("dtstart", milestone.due_on)
    event.add("dtend", milestone.due_on + timedelta(days=1))
    event.add("summary", milestone.words)
    event.add("description", _("Milestone in %(cohort)s") % {"cohort": cohort.name})
    event.add("transp", "TRANSPARENT")
    return event


def _calendar(events: Iterable[Event], *, name: str) -> bytes:
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", name)
    for event in events:
        calendar.add_component(event)
    return bytes(calendar.to_ical())
