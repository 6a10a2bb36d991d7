from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.cache import cache
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.gates import requires
from accounts.middleware import MemberRequest
from accounts.models import Membership, Role
from curriculum import importing, publishing
from curriculum.accepting import JudgedFinding, judge
from curriculum.errors import CurriculumError
from curriculum.forms import DestinationForm, PlanForm, PublishForm
from curriculum.models import CurriculumVersion
from curriculum.plan.nodes import Plan
from curriculum.plan.source import MEDIA_TYPES, SUFFIXES, write
from curriculum.tree import branches_of, plan_of
from curriculum.views.auditing import finding_rows, tallies
from curriculum.views.comparing import difference_context

VERSIONS_PER_PAGE = 25
COHORTS_NAMED = 3
PROBLEMS_SHOWN = 100
PREVIEW_KEPT = 60 * 60
"""Seconds between the preview of a plan and the import of what was shown."""


@requires(Role.STAFF, Role.MENTOR)
def list_versions(request: MemberRequest, organization: str) -> HttpResponse:
    page = Paginator(CurriculumVersion.objects.for_list(), VERSIONS_PER_PAGE).get_page(request.GET.get("page"))
    rows = [_row(version) for version in page]
    return render(request, "curriculum/list.html", {"page": page, "rows": rows})


@requires(Role.STAFF)
def import_plan(request: MemberRequest, organization: str) -> HttpResponseBase:
    """First the plan, of which nothing is written; then, with the token of what was shown, the writing."""
    if "token" in request.POST:
        return _import_shown(request)
    form = PlanForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid() and form.preview is not None:
        token = get_random_string(22)
        cache.set(_kept_at(request.membership), (token, form.source, form.name), PREVIEW_KEPT)
        destination = DestinationForm(plan_title=form.preview.plan.title)
        return _preview_page(request, form.preview, destination, token)
    return _plan_page(request, form)


@requires()
def version(request: MemberRequest, organization: str, pk: UUID) -> HttpResponse:
    return _version_page(request, get_object_or_404(CurriculumVersion.objects.for_page(), pk=pk), None)


@requires(Role.STAFF, Role.MENTOR)
@require_safe
def download(request: MemberRequest, organization: str, pk: UUID, suffix: str) -> HttpResponse:
    """The plan of a version as a file that can be imported again."""
    form = next((form for form, each in SUFFIXES.items() if each == suffix), None)
    if form is None:
        raise Http404
    found = get_object_or_404(CurriculumVersion.objects.for_page(), pk=pk)
    response = HttpResponse(write(plan_of(found), form), content_type=f"{MEDIA_TYPES[form]}; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{found.curriculum.slug}-v{found.number}.{suffix}"'
    return response


@requires(Role.STAFF)
@require_POST
def publish(request: MemberRequest, organization: str, pk: UUID) -> HttpResponseBase:
    found = get_object_or_404(CurriculumVersion.objects.for_page(), pk=pk)
    form = PublishForm(request.POST, errors_open=True)
    if form.is_valid():
        try:
            publishing.publish(
                version=found, by=request.membership, at=timezone.now(), reason=form.cleaned_data["reason"]
            )
        except CurriculumError as error:
            form.add_error("reason" if error.code == "reason_needed" else None, str(error))
        else:
            messages.success(request, _("%(version)s is published. Cohorts can follow it now.") % {"version": found})
            return redirect("curriculum:version", organization, found.pk)
    return _version_page(request, found, form)


# -- the two steps of an import ----------------------------------------------------------------------------------------


def _kept_at(membership: Membership) -> str:
    return f"curriculum-import:{membership.pk}"


def _plan_page(request: MemberRequest, form: PlanForm, *, problem: str = "") -> HttpResponse:
    context = {
        "form": form,
        "problem": problem,
        "problems": form.problems[:PROBLEMS_SHOWN],
        "problems_total": len(form.problems),
    }
    status = 422 if form.is_bound or request.method == "POST" else 200
    return render(request, "curriculum/import.html", context, status=status)


def _preview_page(request: MemberRequest, shown: importing.Preview, form: DestinationForm, token: str) -> HttpResponse:
    """The plan as it would be imported, and what it changes in the newest version of the curriculum that is chosen."""
    chosen = form.chosen()
    newest = CurriculumVersion.objects.newest_of(chosen) if chosen else None
    judged = [JudgedFinding(finding, None, None) for finding in shown.findings]
    context = {"form": form, "token": token, "newest": newest, **_plan_context(shown.plan, judged)}
    if newest is not None:
        context |= difference_context(plan_of(newest), shown.plan)
    return render(request, "curriculum/import_preview.html", context, status=422 if form.is_bound else 200)


def _import_shown(request: MemberRequest) -> HttpResponseBase:
    token, source, name = cache.get(_kept_at(request.membership), ("", "", ""))
    if not token or token != request.POST["token"]:
        problem = _("This preview is no longer current. Nothing was imported; choose the plan again.")
        return _plan_page(request, PlanForm(), problem=problem)
    shown = importing.preview(source, name=name)
    if "look" in request.POST:
        looking = {name: request.POST.get(name, "") for name in ("destination", "title")}
        return _preview_page(request, shown, DestinationForm(plan_title=shown.plan.title, initial=looking), token)
    form = DestinationForm(request.POST, plan_title=shown.plan.title)
    if not form.is_valid():
        return _preview_page(request, shown, form, token)
    cache.delete(_kept_at(request.membership))
    curriculum = form.curriculum()
    same = curriculum and importing.newest_if_same(plan=shown.plan, curriculum=curriculum)
    if same:
        messages.info(request, _("%(version)s says exactly this already. Nothing was imported.") % {"version": same})
        return redirect("curriculum:version", request.organization.slug, same.pk)
    written = importing.import_plan(
        plan=shown.plan,
        title=form.cleaned_data["title"],
        curriculum=curriculum,
        by=request.membership,
        at=timezone.now(),
        source=source,
    )
    messages.success(request, _("%(version)s is imported as a draft.") % {"version": written})
    return redirect("curriculum:version", request.organization.slug, written.pk)


# -- what the pages show -----------------------------------------------------------------------------------------------


def _row(version: CurriculumVersion) -> dict[str, Any]:
    cohorts: list[str] = version.cohort_names  # type: ignore[attr-defined]
    return {
        "pk": version.pk,
        "curriculum": version.curriculum.title,
        "title": version.title,
        "number": version.number,
        "status": version.status,
        "hours": version.total_hours,  # type: ignore[attr-defined]
        "levels": version.level_count or 0,  # type: ignore[attr-defined]
        "cohorts": cohorts[:COHORTS_NAMED],
        "more": max(len(cohorts) - COHORTS_NAMED, 0),
        "at": version.published_at or version.created_at,
    }


def _version_page(request: MemberRequest, version: CurriculumVersion, form: PublishForm | None) -> HttpResponse:
    """The tree for every member; staff also see its audit, what was not understood, and how to publish it.

    Printed, it is the same for all: the tree with everything open.
    """
    plan, is_print = plan_of(version), bool(request.GET.get("print"))
    is_staff = request.membership.is_staff and not is_print
    shell = "staff.html" if request.membership.is_staff or request.membership.is_mentor else "learner.html"
    judged = judge(version, plan) if is_staff else []
    context = {
        **_plan_context(plan, judged),
        "version": version,
        "shell": "design/print.html" if is_print else shell,
        "is_print": is_print,
        "cohorts": list(version.cohorts.order_by("-starts_on")) if is_staff else [],
        "before": version.before() if is_staff or request.membership.is_mentor else None,
        "form": form or PublishForm(errors_open=any(each.is_open_error for each in judged)),
    }
    return render(request, "curriculum/version.html", context, status=422 if form else 200)


def _plan_context(plan: Plan, judged: list[JudgedFinding]) -> dict[str, Any]:
    return {
        "plan": plan,
        "branches": branches_of(plan),
        "highest": max((level.number for level in plan.levels), default=1),
        "findings": finding_rows(plan, [each for each in judged if each.is_open]),
        **tallies(judged),
        "topics": sum(1 + len(topic.subtopics) for module in plan.modules for topic in module.topics),
        "projects": len(plan.projects) - len(plan.tracks),
    }
