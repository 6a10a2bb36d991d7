"""Going over to another version of the curriculum: choose it, check the map, see what is carried, agree; and undo."""

from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.gates import requires
from accounts.middleware import MemberRequest
from accounts.models import Role
from cohorts import moving
from cohorts.earlier import earlier_results
from cohorts.errors import CohortError
from cohorts.heading import counts_of
from cohorts.map_forms import MapForm, as_text, read_text
from cohorts.models import Cohort, Enrollment
from cohorts.move_plan import MovePlan, Subject, check_target, plan_move, versions_for
from cohorts.move_summary import summary_of
from cohorts.version_map import Pair, propose
from cohorts.views.shared import cohort_named
from curriculum.models import CurriculumVersion
from organizations.errors import DomainError
from organizations.models import uuid7


@requires(Role.STAFF)
def move_cohort(request: MemberRequest, organization: str, cohort: str) -> HttpResponseBase:
    return _move(request, cohort_named(cohort))


@requires(Role.STAFF)
def move_learner(request: MemberRequest, organization: str, pk: UUID) -> HttpResponseBase:
    return _move(request, get_object_or_404(Enrollment.objects.for_page(), pk=pk))


@requires(Role.STAFF)
def undo_cohort_move(request: MemberRequest, organization: str, cohort: str) -> HttpResponseBase:
    return _undo(request, cohort_named(cohort))


@requires(Role.STAFF)
def undo_learner_move(request: MemberRequest, organization: str, pk: UUID) -> HttpResponseBase:
    return _undo(request, get_object_or_404(Enrollment.objects.for_page(), pk=pk))


@requires(Role.STAFF, Role.MENTOR)
def earlier(request: MemberRequest, organization: str, pk: UUID) -> HttpResponse:
    enrollment = get_object_or_404(Enrollment.objects.for_page().visible_to(request.membership), pk=pk)
    context = {"enrollment": enrollment, "earlier": earlier_results(enrollment)}
    return render(request, "cohorts/earlier.html", context)


@requires(Role.LEARNER)
def own_earlier(request: MemberRequest, organization: str) -> HttpResponse:
    enrollment = Enrollment.objects.current_of(request.membership)
    context = {"enrollment": enrollment, "earlier": earlier_results(enrollment) if enrollment else []}
    return render(request, "cohorts/own_earlier.html", context)


# -- the steps ---------------------------------------------------------------------------------------------------------


def _move(request: MemberRequest, subject: Subject) -> HttpResponseBase:
    """Choose a version; check the map; look at what it does; agree. A step that fails shows itself again."""
    step = request.POST.get("step", "")
    to = _version(request.POST.get("to") or request.GET.get("to"))
    if to is None:
        missing = request.method == "POST" or "to" in request.GET
        return _choose(request, subject, _("Choose the version to move to.") if missing else "")
    try:
        if step == "agree":
            return _agree(request, subject, to)
        check_target(subject, to)
        if step == "edit":
            return _map_page(request, subject, to, MapForm(propose(subject.version, to), pairs=_pairs(request)))
        if request.method != "POST":
            return _map_page(request, subject, to, MapForm(propose(subject.version, to)))
        form = MapForm(propose(subject.version, to), data=request.POST)
        if not form.is_valid:
            return _map_page(request, subject, to, form)
        return _preview(request, subject, plan_move(subject=subject, to=to, pairs=form.pairs, today=_today(subject)))
    except moving.MoveConflict as conflict:
        return _again(request, subject, to, conflict)
    except DomainError as error:
        return _choose(request, subject, str(error))


def _agree(request: MemberRequest, subject: Subject, to: CurriculumVersion) -> HttpResponseBase:
    made = moving.move(
        subject=subject,
        to=to,
        pairs=_pairs(request),
        leaving=_uuid(request.POST.get("leaving")) or subject.version_id,
        agreed=request.POST.get("agreed", ""),
        key=_uuid(request.POST.get("key")),
        by=request.membership,
        at=timezone.now(),
        note=request.POST.get("note", "")[:2000],
    )
    words = {"name": _name(subject), "number": made.to_version.number}
    messages.success(request, _("%(name)s follows version %(number)s now. Today you can still undo it.") % words)
    return _home(request, subject)


def _again(
    request: MemberRequest, subject: Subject, to: CurriculumVersion, conflict: moving.MoveConflict
) -> HttpResponse:
    """What would happen now, after something changed; or where to begin, when the version itself did."""
    if conflict.code == "moved_meanwhile":
        return _choose(request, subject, str(conflict))
    plan = plan_move(subject=subject, to=to, pairs=_pairs(request), today=_today(subject))
    return _preview(request, subject, plan, problem=str(conflict))


def _undo(request: MemberRequest, subject: Subject) -> HttpResponseBase:
    problem = ""
    if request.method == "POST":
        try:
            moving.undo(
                subject=subject,
                agreed=request.POST.get("agreed", ""),
                key=_uuid(request.POST.get("key")),
                by=request.membership,
                at=timezone.now(),
            )
        except CohortError as error:
            problem = str(error)
        else:
            messages.success(request, _("The move is undone."))
            return _home(request, subject)
    try:
        plan = moving.plan_undo(subject=subject, today=_today(subject))
    except CohortError as error:
        context = {**_about(subject), "problem": str(error)}
        return render(request, "cohorts/undo_move.html", context, status=422 if problem else 200)
    return _preview(request, subject, plan, problem=problem, template="cohorts/undo_move.html")


# -- the pages ---------------------------------------------------------------------------------------------------------


def _choose(request: MemberRequest, subject: Subject, problem: str = "") -> HttpResponse:
    context = {**_about(subject), "versions": versions_for(subject), "problem": problem}
    return render(request, "cohorts/move.html", context, status=422 if problem else 200)


def _map_page(request: MemberRequest, subject: Subject, to: CurriculumVersion, form: MapForm) -> HttpResponse:
    context = {**_about(subject), "to": to, "map": form}
    return render(request, "cohorts/move_map.html", context, status=200 if form.is_valid else 422)


def _preview(
    request: MemberRequest,
    subject: Subject,
    plan: MovePlan,
    *,
    problem: str = "",
    template: str = "cohorts/move_preview.html",
) -> HttpResponse:
    context = {
        **_about(subject),
        "plan": plan,
        "summary": summary_of(plan),
        "effects": [plan.effect],
        "map_text": as_text(plan.pairs),
        "key": uuid7(),
        "problem": problem,
    }
    return render(request, template, context, status=422 if problem else 200)


def _about(subject: Subject) -> dict[str, Any]:
    """What the pages say of whom they move: the cohort's heading, or the learner's name."""
    if isinstance(subject, Cohort):
        return {"subject": subject, "cohort": subject, "counts": counts_of(subject), "tab": "version"}
    return {"subject": subject, "enrollment": subject, "cohort": subject.cohort}


def _home(request: MemberRequest, subject: Subject) -> HttpResponseBase:
    if isinstance(subject, Cohort):
        return redirect("cohorts:settings", request.organization.slug, subject.slug)
    return redirect("cohorts:learner", request.organization.slug, subject.pk)


def _name(subject: Subject) -> str:
    return subject.name if isinstance(subject, Cohort) else subject.learner.name


def _today(subject: Subject) -> date:
    return moving.day_of(subject, timezone.now())


def _version(pk: str | None) -> CurriculumVersion | None:
    found = _uuid(pk)
    return CurriculumVersion.objects.filter(pk=found).first() if found else None


def _pairs(request: MemberRequest) -> list[Pair]:
    return read_text(request.POST.get("map", ""))


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text or "")
    except ValueError:
        return None
