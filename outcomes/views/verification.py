"""Placements that wait for a second person, and whether the organization asks for one."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.gates import requires
from accounts.middleware import MemberRequest
from accounts.models import Role
from outcomes.collecting.verifying import (
    choose_policy,
    decide_placement,
    needs_second,
    policies,
    sent_back,
    to_verify,
    verifiers,
    with_verdicts,
)
from outcomes.errors import OutcomeError
from outcomes.forms.placements import PlacementPolicyForm, VerdictForm
from outcomes.models import Placement
from outcomes.views.shared import today_of

PLACEMENTS_PER_PAGE = 25
POLICIES_SHOWN = 20


@requires(Role.STAFF)
@require_safe
def placements(request: MemberRequest, organization: str) -> HttpResponse:
    """What waits to be verified, and what was sent back."""
    waiting, returned = to_verify(), sent_back()
    is_returned = request.GET.get("show") == "returned"
    rows = with_verdicts(returned if is_returned else waiting)
    rows = rows.select_related("enrollment__learner", "enrollment__cohort", "recorded_by")
    page = Paginator(rows, PLACEMENTS_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "is_returned": is_returned,
        "is_asked_for": needs_second(),
        "waiting": waiting.count() if is_returned else page.paginator.count,
        "returned": page.paginator.count if is_returned else returned.count(),
    }
    return render(request, "outcomes/placements.html", context)


@requires(Role.STAFF)
def verify(request: MemberRequest, organization: str, pk: UUID) -> HttpResponse:
    rows = with_verdicts(Placement.objects.filter(needs_second=True, enrollment__void_since=None))
    placement = get_object_or_404(rows.select_related("enrollment__learner", "enrollment__cohort"), pk=pk)
    form = VerdictForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        is_verified = form.cleaned_data["verdict"] == "verified"
        try:
            decide_placement(
                placement=placement,
                is_verified=is_verified,
                reason=form.cleaned_data["reason"],
                by=request.membership,
                on=today_of(request),
                at=timezone.now(),
            )
        except OutcomeError as error:
            form.add_error(form.FIELDS.get(error.code), str(error))
        else:
            said = _("Verified: %(name)s.") if is_verified else _("Sent back: %(name)s.")
            messages.success(request, said % {"name": placement.enrollment.learner.name})
            return redirect("outcomes:placements", organization)
    person = request.membership.pk
    context = {
        "form": form,
        "placement": placement,
        "is_own": person in (placement.recorded_by_id, placement.enrollment.learner_id),
    }
    return render(request, "outcomes/verify_placement.html", context, status=422 if form.errors else 200)


@requires(Role.ADMIN)
def policy(request: MemberRequest, organization: str) -> HttpResponse:
    """Whether placements need a second person."""
    posted = request.POST if request.method == "POST" else None
    form = PlacementPolicyForm(posted, initial={"needs_second": "yes" if needs_second() else "no"})
    if form.is_valid():
        choose_policy(needs_second=form.cleaned_data["needs_second"], by=request.membership)
        messages.success(request, _("The settings are saved."))
        return redirect("outcomes:placement_policy", organization)
    context = {"form": form, "history": policies()[:POLICIES_SHOWN], "verifiers": verifiers()}
    return render(request, "outcomes/placement_policy.html", context, status=422 if form.errors else 200)
