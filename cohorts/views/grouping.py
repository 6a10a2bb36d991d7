"""Peer groups: as they are on any day, and arranged anew."""

from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.gates import requires
from accounts.middleware import MemberRequest
from accounts.models import Role
from cohorts.arranging import arrangement_of, places_now, proposed_places, read_places
from cohorts.balance import traits_of
from cohorts.errors import CohortError
from cohorts.groups import grouping_of, place_learners
from cohorts.presence_forms import SizeForm
from cohorts.views.cohort_pages import day_or, sees_everybody
from cohorts.views.shared import cohort_named, heading


@requires(Role.STAFF, Role.MENTOR)
def groups(request: MemberRequest, organization: str, cohort: str) -> HttpResponse:
    found = cohort_named(cohort)
    today = found.today(timezone.now())
    on = day_or(request.GET.get("on"), today)
    grouping = grouping_of(found, on=on)
    if not sees_everybody(request.membership, found):
        grouping = grouping.seen_by(request.membership)
    context = {**heading(found, "groups"), "grouping": grouping, "on": on, "today": today, "form": SizeForm()}
    return render(request, "cohorts/groups.html", context)


@requires(Role.STAFF)
def arrange_groups(request: MemberRequest, organization: str, cohort: str) -> HttpResponseBase:
    """A proposal for the size in the address, or the groups as they are; moved by hand, and applied."""
    found, now = cohort_named(cohort), timezone.now()
    today, problem = found.today(now), ""
    grouping = grouping_of(found, on=today)
    traits = traits_of(grouping.people, at=now)
    sized = SizeForm(request.GET if "size" in request.GET else None)
    places = places_now(grouping)
    try:
        if request.method == "POST":
            places = read_places(request.POST.dict(), grouping)
            if "apply" in request.POST:
                moved = place_learners(cohort=found, places=places, on=today, by=request.membership)
                said = ngettext("%(count)s learner has another group.", "%(count)s learners have another group.", moved)
                messages.success(request, said % {"count": moved})
                return redirect("cohorts:groups", organization, found.slug)
        elif sized.is_bound and sized.is_valid():
            places = proposed_places(traits, size=sized.cleaned_data["size"])
        elif sized.is_bound:
            problem = _("Choose a size between 3 and 6.")
    except CohortError as error:
        problem = str(error)
    context = {
        "arrangement": arrangement_of(traits, places, grouping=grouping),
        "problem": problem,
        "sized": sized if sized.is_bound else SizeForm(),
    }
    status = 422 if problem else 200
    if request.htmx and not request.htmx.history_restore_request:
        return render(request, "cohorts/_arrangement.html", {"cohort": found, **context}, status=status)
    return render(request, "cohorts/arrange_groups.html", {**heading(found, "groups"), **context}, status=status)
