"""A mentor's week, and who has not met them this month."""

from datetime import datetime, timedelta
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.gates import requires
from accounts.middleware import MemberRequest
from accounts.models import Role
from design.templatetags.design import zone_name
from mentoring.calendars import Calendar, read_calendar
from mentoring.clocks import clock_at
from mentoring.coverage import coverage_of
from mentoring.offering import too_short
from mentoring.ratings import averages_of
from mentoring.taking_over_records import asked_of
from mentoring.week import meetings_of, monday_asked, span_of, week_of

UNCONFIRMED_SHOWN = UNSEEN_SHOWN = 8
NOBODY = UUID(int=0)


@requires(Role.MENTOR)
@require_safe
def week(request: MemberRequest, organization: str) -> HttpResponse:
    now, mentor = timezone.now(), request.membership
    monday = monday_asked(request.GET.get("week", ""), today=timezone.localdate(now))
    start, end = span_of(monday)
    calendar = read_calendar(mentor=mentor.pk, enrollment=None, start=start, end=end)
    meetings = meetings_of(mentor, start=start, end=end, now=now, most=UNCONFIRMED_SHOWN)
    session_url = reverse("mentoring:session", args=[organization, NOBODY])
    shown = week_of(
        monday=monday,
        calendar=calendar,
        meetings=meetings.of_week,
        now=now,
        url_of=lambda one: session_url.replace(str(NOBODY), str(one.pk)),
    )
    coverage = coverage_of(mentor, now=now)
    context = {
        "calendar": calendar,
        "longest": too_short(calendar.rules) if calendar else None,
        "week": shown,
        "zone": f"{zone_name(timezone.get_current_timezone_name())} ({timezone.localtime(start):%Z})",
        "elsewhere": _elsewhere(calendar, start, end) if calendar else [],
        "next": meetings.next,
        "asked": asked_of(mentor, at=now),
        "unconfirmed": meetings.unconfirmed,
        "coverage": coverage,
        "average": averages_of([mentor.pk]).get(mentor.pk),
        "unseen": coverage.unseen[:UNSEEN_SHOWN],
        "unseen_more": max(len(coverage.unseen) - UNSEEN_SHOWN, 0),
        "now": now,
    }
    return render(request, "mentoring/week.html", context)


def _elsewhere(calendar: Calendar, start: datetime, end: datetime) -> list[str]:
    """The clocks that the mentor's hours are on in the week, other than the one on the page."""
    zone, dated, noons = calendar.rules.zone, calendar.rules.dated_zones, range(12, (end - start).days * 24, 24)
    clocks = {clock_at(zone, dated, start + timedelta(hours=hour)).key: None for hour in noons}
    return [zone_name(key) for key in clocks if key != timezone.get_current_timezone_name()]
