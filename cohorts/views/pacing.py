"""When would it end, and what would it take: the planner, and the same answers beside the forms of a cohort."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db.models import F, Max, Min, QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.vary import vary_on_headers

from accounts.gates import requires
from accounts.middleware import MemberRequest
from accounts.models import Membership, Role
from cohorts import lifecycle
from cohorts.changes import Effect
from cohorts.errors import CohortError
from cohorts.forms import SettingsForm
from cohorts.models import Cohort
from cohorts.pacing_forms import PlannerForm
from cohorts.promises import advice
from curriculum.models import CurriculumVersion, Format

Versions = QuerySet[CurriculumVersion]
USUAL_HOURS_PER_WEEK = "25"


@requires(Role.STAFF, Role.MENTOR)
@vary_on_headers("HX-Request")  # a page and its fragment share an address; no cache may take one for the other
def planner(request: MemberRequest, organization: str) -> HttpResponse:
    offered = _offered(request.membership)
    form = PlannerForm(proposal(request, offered) | request.GET.dict(), offered=offered)
    context = outlook_for(form) | {"any": offered.exists()}
    status = 422 if request.GET and context["outlook"] is None else 200
    is_fragment = request.htmx and not request.htmx.history_restore_request
    return render(request, "cohorts/_planned.html" if is_fragment else "cohorts/planner.html", context, status=status)


def outlook_for(planner: PlannerForm) -> dict[str, Any]:
    """The answer, or what stands in the way of one."""
    outlook = planner.outlook()
    problems = [] if outlook else planner.problems()
    return {"planner": planner, "outlook": outlook, "problems": problems, "advice": advice()}


def ahead_for(cohort: Cohort, typed: dict[str, Any], *, today: date) -> dict[str, Any]:
    """What the settings that are typed would mean: of a cohort that has begun for the time that is left."""
    fixed = {"version": str(cohort.version_id)}
    if not lifecycle.may_move_start(cohort):
        fixed |= {"first_level": str(cohort.first_level), "starts_on": cohort.starts_on.isoformat()}
    offered = CurriculumVersion.objects.filter(pk=cohort.version_id)
    planner = PlannerForm(typed | fixed, offered=offered, cohort=cohort)
    if lifecycle.may_move_start(cohort):
        return outlook_for(planner)
    form = SettingsForm(typed, cohort=cohort)
    context: dict[str, Any] = {"planner": planner, "has_begun": True, "advice": advice(), "problems": []}
    if not form.is_valid():
        return context | {"problems": [str(each) for messages in form.errors.values() for each in messages]}
    try:
        difference = lifecycle.preview_change(cohort=cohort, changes=form.changes(), today=today)
        context["effect"] = Effect(cohort, difference)
        if planner.is_valid() and (by := planner.cleaned_data["ends_on"]):
            context["needed"] = lifecycle.needed_by(cohort=cohort, changes=form.changes(), by=by, today=today)
    except CohortError as error:
        context["problems"] = [str(error)]
    return context


def proposal(request: MemberRequest, offered: Versions) -> dict[str, Any]:
    """What is likely: all levels of the version that is asked for or the newest, from a Monday a month ahead."""
    version = _asked(request.GET.get("version", ""), offered)
    levels = version.levels.aggregate(first=Min("number"), last=Max("number")) if version else {}
    soon = timezone.localdate() + timedelta(days=28)
    hours = {} if request.GET.get("ends_on") or request.GET.get("length") else {"hours_per_week": USUAL_HOURS_PER_WEEK}
    return hours | {
        "version": version and str(version.pk),
        "format": Format.BLENDED.value,
        "first_level": levels.get("first") or 1,
        "last_level": levels.get("last") or 1,
        "starts_on": (soon + timedelta(days=-soon.weekday() % 7)).isoformat(),
        "time_zone": request.organization.time_zone,
    }


def _offered(viewer: Membership) -> Versions:
    """Drafts too for staff, who try out what they will publish."""
    if viewer.is_staff:
        return CurriculumVersion.objects.exclude(status=CurriculumVersion.Status.ARCHIVED)
    return CurriculumVersion.objects.published()


def _asked(pk: str, offered: Versions) -> CurriculumVersion | None:
    newest = offered.defer("source", "claims").order_by(F("published_at").desc(nulls_last=True), "-created_at")
    try:
        found = newest.filter(pk=UUID(pk)).first()
    except ValueError:
        found = None
    return found or newest.first()
