"""Who met their mentor in a month, for program staff; and the hours of mentors as a file."""

from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.core.paginator import Page, Paginator
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.gates import requires
from accounts.middleware import MemberRequest
from accounts.models import Membership, Role
from cohorts.models import Cohort
from cohorts.sheets import csv_response
from design.templatetags.design import zone_name
from mentoring.coverage_month import Covered, Overview, month_asked, months_offered, overview_of, reasons_for
from mentoring.forms import CoverageForm
from mentoring.handing_over import needing_hand_over
from mentoring.models import OneOnOne
from mentoring.pay import pay_rows
from mentoring.ratings import averages_of, comments_on
from mentoring.zones import load_zone

PER_PAGE, UNCONFIRMED_SHOWN = 25, 6
#: What a reader can leave the list to; without any of them it shows who has nothing held and nothing booked.
STATES = ("none", "booked", "held", "excused", "all")


@requires(Role.STAFF)
@require_safe
def coverage(request: MemberRequest, organization: str) -> HttpResponse:
    now, zone = timezone.now(), _zone(request)
    month = month_asked(request.GET.get("month", ""), zone=zone, now=now)
    form = CoverageForm(
        request.GET,
        months=[(each.key, each.label) for each in months_offered(zone=zone, now=now)],
        cohorts=list(Cohort.objects.order_by("name").values_list("pk", "name")),
        mentors=list(Membership.objects.with_role(Role.MENTOR).order_by("name").values_list("pk", "name")),
    )
    mentor = form.chosen("mentor")
    overview = overview_of(month, now=now, cohort=form.chosen("cohort"), mentor=mentor)
    state = request.GET.get("show", "")
    state = state if state in STATES else "none"
    chosen = [row for row in overview.rows if state in (row.state, "all")]
    page = Paginator(chosen, PER_PAGE).get_page(request.GET.get("page"))
    reasons = reasons_for(page.object_list, month=month, now=now)
    context = {
        "stranded": needing_hand_over(now=now).exists(),
        "form": form,
        "month": month,
        "overview": overview,
        "state": state,
        "segments": _segments(overview),
        "page": page,
        "rows": [{"row": row, "why": reasons.get(row.enrollment.pk, "")} for row in page],
        "is_now": month.has(now),
        "zone": zone_name(zone.key),
        "unconfirmed": _unconfirmed(now, mentor),
        "comments": comments_on(mentor) if mentor else [],
        **_tallies(overview),
    }
    return render(request, "mentoring/coverage.html", context)


@requires(Role.STAFF, Role.MENTOR)
@require_safe
def hours_csv(request: MemberRequest, organization: str) -> HttpResponseBase:
    """All mentors for staff, the viewer's own for a mentor; in the organization's zone, which the file names."""
    month = month_asked(request.GET.get("month", ""), zone=_zone(request), now=timezone.now())
    mentor = None if request.membership.is_staff else request.membership
    return csv_response(f"mentors-{month.key}", pay_rows(month, mentor=mentor))


def _unconfirmed(now: datetime, mentor: UUID | None) -> Page[OneOnOne]:
    """1-on-1s of whatever month of which nobody said how they went; those longest ago first."""
    rows = OneOnOne.objects.unconfirmed(at=now).with_people().order_by("during")
    if mentor is not None:
        rows = rows.filter(mentor__membership=mentor)
    return Paginator(rows, UNCONFIRMED_SHOWN).get_page(1)


def _zone(request: MemberRequest) -> ZoneInfo:
    """Months are the organization's, whoever looks from wherever, so that the page and the file agree."""
    return load_zone(request.organization.time_zone)


def _segments(overview: Overview) -> list[dict[str, Any]]:
    total = overview.total
    return [
        {"state": "none", "label": _("Nothing"), "count": total.none},
        {"state": "booked", "label": _("Booked, not held"), "count": total.booked},
        {"state": "held", "label": _("Held"), "count": total.held},
        {"state": "excused", "label": _("On leave"), "count": total.excused},
        {"state": "all", "label": _("All"), "count": len(overview.rows)},
    ]


def _tallies(overview: Overview) -> dict[str, Any]:
    by_mentor = overview.tallies(_mentor_of)
    averages = averages_of(tally.key for tally in by_mentor if tally.key is not None)
    return {
        "by_cohort": overview.tallies(lambda row: (row.enrollment.cohort_id, row.enrollment.cohort.name)),
        "by_mentor": [
            {"tally": tally, "average": averages.get(tally.key) if tally.key else None} for tally in by_mentor
        ],
    }


def _mentor_of(row: Covered) -> tuple[UUID | None, str]:
    return (row.mentor.pk, row.mentor.name) if row.mentor else (None, _("No mentor"))
