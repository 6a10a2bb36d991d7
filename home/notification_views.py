"""A person's own notifications: the list, the bell that counts what is unread, and what they want to get."""

from itertools import groupby
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.gates import requires
from accounts.middleware import MemberRequest
from accounts.models import Membership
from cohorts.models import Cohort, Enrollment
from design.templatetags.design import zone_name
from home.notification_forms import PreferencesForm
from notifications.kinds import KINDS, Kind
from notifications.notices import read_all
from notifications.preferring import change_preferences, preferences_of
from notifications.records import Notice

PER_PAGE = 50


@requires()
@require_safe
def list_notifications(request: MemberRequest, organization: str) -> HttpResponse:
    """What came, newest first, by the day of the viewer's clock."""
    own = Notice.objects.filter(person=request.user).newest_first()
    page = Paginator(own, PER_PAGE).get_page(request.GET.get("page"))
    days = groupby(page.object_list, key=lambda notice: timezone.localdate(notice.posted_at))
    context = {"page": page, "days": [(day, list(notices)) for day, notices in days], **_shell(request.membership)}
    return render(request, "home/notifications.html", context)


@requires()
@require_safe
def open_notification(request: MemberRequest, organization: str, pk: str) -> HttpResponse:
    """To what it is about; it counts as read."""
    notice = get_object_or_404(Notice.objects.filter(person=request.user), pk=pk)
    notice.mark_read(at=timezone.now())
    return redirect(notice.path) if notice.path else redirect("home:notifications", organization=organization)


@requires()
@require_POST
def read_notifications(request: MemberRequest, organization: str) -> HttpResponse:
    read_all(person=request.user, at=timezone.now())
    return redirect("home:notifications", organization=organization)


@requires()
@require_safe
def bell(request: MemberRequest, organization: str) -> HttpResponse:
    """The bell as it is now; nothing when the page shows it so already. The middleware has counted."""
    if request.GET.get("shown") == str(request.membership.unread):
        return HttpResponse(status=204)
    return render(request, "design/bell.html")


@requires()
def edit_preferences(request: MemberRequest, organization: str) -> HttpResponse:
    form = PreferencesForm(
        request.POST if request.method == "POST" else None,
        preferences=preferences_of(request.user),
        cohorts=_cohorts_to_mute(request.membership),
    )
    if request.method == "POST" and form.is_valid():
        change_preferences(person=request.user, now=timezone.now(), **form.wanted())
        messages.success(request, _("What you get is saved."))
        return redirect("home:notification_settings", organization=organization)
    context = {
        "form": form,
        "muted_titles": get_text_list([str(kind.title) for kind in KINDS.values() if _can_be_muted(kind)], _("and")),
        "fixed": [kind for kind in KINDS.values() if kind.mandatory],
        "zone": zone_name(timezone.get_current_timezone_name()),
        **_shell(request.membership),
    }
    status = 422 if form.is_bound else 200
    return render(request, "home/notification_settings.html", context, status=status)


def _can_be_muted(kind: Kind) -> bool:
    return kind.group is not None and not kind.mandatory


def _shell(membership: Membership) -> dict[str, Any]:
    works_here = membership.is_staff or membership.is_mentor
    return {
        "shell": "staff.html" if works_here else "learner.html",
        "audience": "staff" if works_here else "learner",
    }


def _cohorts_to_mute(membership: Membership) -> list[Cohort]:
    """The cohorts that staff look after, or of those whom a mentor accompanies, when there are several."""
    if not (membership.is_staff or membership.is_mentor):
        return []
    cohorts = Cohort.objects.exclude(status__in=[Cohort.Status.COMPLETED, Cohort.Status.CANCELLED]).order_by("name")
    if not membership.is_staff:
        cohorts = cohorts.filter(pk__in=Enrollment.objects.filter(mentor=membership).values("cohort"))
    found = list(cohorts)
    return found if len(found) > 1 else []
