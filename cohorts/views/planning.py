"""Cohorts as plans: the list, a new one, its milestones, status, settings and breaks."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.gates import requires
from accounts.middleware import MemberRequest
from accounts.models import Role
from cohorts import breaks as pauses
from cohorts import due_dates, lifecycle
from cohorts.changes import Effect, digest_of
from cohorts.errors import CohortError
from cohorts.forms import BREAK_FIELDS, FIELDS, BreakForm, CohortForm, CohortStatusForm, DueForm, SettingsForm
from cohorts.listing import CURRENT, cohorts_for, count_statuses, for_list, rows_of
from cohorts.models import Cohort, Milestone
from cohorts.moving import last_move
from cohorts.pacing_forms import PlannerForm
from cohorts.team import run_by
from cohorts.views.pacing import ahead_for, outlook_for, proposal
from cohorts.views.shared import cohort_named, heading, is_agreed, uuid_of
from curriculum.models import CurriculumVersion
from organizations.errors import DomainError

COHORTS_PER_PAGE = 25
MILESTONES_PER_PAGE = 60


@requires(Role.STAFF, Role.MENTOR)
def list_cohorts(request: MemberRequest, organization: str) -> HttpResponse:
    today = timezone.localdate()
    mine = cohorts_for(request.membership, on=today)
    is_own = request.GET.get("team") == "mine"
    if is_own:
        mine = mine.filter(run_by(request.membership, on=today))
    counts = count_statuses(mine)
    chosen = request.GET.get("status", "")
    wanted = (chosen,) if chosen in counts else Cohort.Status.values if chosen == "all" else CURRENT
    page = Paginator(for_list(mine.filter(status__in=wanted)), COHORTS_PER_PAGE).get_page(request.GET.get("page"))
    segments = [
        ("", _("Current"), sum(counts.get(status, 0) for status in CURRENT)),
        *((status.value, status.label, counts[status]) for status in Cohort.Status if status in counts),
        ("all", _("All"), sum(counts.values())),
    ]
    context = {
        "page": page,
        "rows": rows_of(list(page)),
        "segments": segments,
        "chosen": chosen,
        "is_own": is_own,
        "any": bool(counts) or is_own,
    }
    return render(request, "cohorts/list.html", context)


@requires(Role.STAFF)
def create(request: MemberRequest, organization: str) -> HttpResponseBase:
    offered = CurriculumVersion.objects.published()
    if request.htmx and request.method == "GET" and not request.htmx.history_restore_request:
        return render(request, "cohorts/_outlook.html", outlook_for(PlannerForm(request.GET.dict(), offered=offered)))
    if request.method != "POST" or "outlook" in request.POST:
        typed = request.POST.dict() or proposal(request, offered) | request.GET.dict()
        context = outlook_for(PlannerForm(typed, offered=offered))
        return render(request, "cohorts/create.html", {"form": CohortForm(initial=typed), **context})
    form = CohortForm(request.POST)
    if form.is_valid():
        try:
            cohort = lifecycle.create_cohort(**form.cleaned_data, by=request.membership, at=timezone.now())
        except DomainError as error:
            form.add_error(FIELDS.get(error.code), str(error))
        else:
            messages.success(request, _("%(name)s is planned. Add its learners next.") % {"name": cohort.name})
            return redirect("cohorts:milestones", organization, cohort.slug)
    context = outlook_for(PlannerForm(request.POST.dict(), offered=offered))
    return render(request, "cohorts/create.html", {"form": form, **context}, status=422)


@requires(Role.STAFF)
def milestones(request: MemberRequest, organization: str, cohort: str) -> HttpResponseBase:
    found = cohort_named(cohort)
    rows = found.milestones.filter(enrollment=None).select_related("level").order_by("position")
    edited = _milestone(found, request.POST.get("milestone") or request.GET.get("edit"))
    form = DueForm(request.POST or None, initial={"due_on": edited.due_on} if edited else None)
    if request.method == "POST" and edited and "release" in request.POST:
        due_dates.release_due(milestone=edited, today=found.today())
        messages.success(request, _("%(title)s follows the schedule again.") % {"title": edited.title})
        return redirect("cohorts:milestones", organization, found.slug)
    if request.method == "POST" and edited and form.is_valid():
        try:
            due_dates.set_due(milestone=edited, due_on=form.cleaned_data["due_on"], today=found.today())
        except CohortError as error:
            form.add_error("due_on", str(error))
        else:
            messages.success(request, _("%(title)s has its own date now.") % {"title": edited.title})
            return redirect("cohorts:milestones", organization, found.slug)
    page = Paginator(rows, MILESTONES_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        **heading(found, "milestones"),
        "page": page,
        "today": found.today(),
        "highest": found.last_level,
        "edited": edited,
        "form": form,
    }
    return render(request, "cohorts/milestones.html", context, status=422 if form.is_bound else 200)


@requires(Role.STAFF)
def change_status(request: MemberRequest, organization: str, cohort: str) -> HttpResponseBase:
    found = cohort_named(cohort)
    form = CohortStatusForm(request.POST or None, cohort=found, today=found.today())
    if form.is_valid():
        try:
            lifecycle.change_status(cohort=found, by=request.membership, **form.cleaned_data)
        except CohortError as error:
            form.add_error(None, str(error))
        else:
            status = found.get_status_display().lower()
            messages.success(request, _("%(name)s is %(status)s.") % {"name": found.name, "status": status})
            return redirect("cohorts:overview", organization, found.slug)
    history = found.status_changes.select_related("recorded_by").order_by("-recorded_at", "-pk")
    context = {**heading(found, "status"), "form": form, "history": history, "ends": not lifecycle.MOVES[found.status]}
    return render(request, "cohorts/change_status.html", context, status=422 if form.is_bound else 200)


@requires(Role.STAFF)
def settings(request: MemberRequest, organization: str, cohort: str) -> HttpResponseBase:
    found = cohort_named(cohort)
    if request.htmx and request.method == "GET" and not request.htmx.history_restore_request:
        return render(request, "cohorts/_ahead.html", ahead_for(found, request.GET.dict(), today=found.today()))
    form = SettingsForm(request.POST or None, cohort=found)
    if form.is_valid() and "outlook" not in request.POST:
        changes, today = form.changes(), found.today()
        try:
            effects = [Effect(found, lifecycle.preview_change(cohort=found, changes=changes, today=today))]
            if not is_agreed(request, effects):
                return render(request, "cohorts/settings_preview.html", _preview(found, "settings", effects, form=form))
            changed = lifecycle.change_cohort(cohort=found, changes=changes, today=today)
        except DomainError as error:
            form.add_error(FIELDS.get(error.code), str(error))
        else:
            messages.success(request, _("The settings of %(name)s are saved.") % {"name": changed.name})
            return redirect("cohorts:settings", organization, found.slug)
    typed = request.POST.dict() or {name: form[name].value() for name in form.fields}
    moved = last_move(found)
    context = {
        **heading(found, "settings"),
        "form": form,
        "last_move": moved,
        "undoable": moved is not None and moved.effective_on == found.today(),
        **ahead_for(found, typed, today=found.today()),
    }
    return render(request, "cohorts/settings.html", context, status=422 if form.errors else 200)


@requires(Role.STAFF)
def breaks(request: MemberRequest, organization: str, cohort: str) -> HttpResponseBase:
    found = cohort_named(cohort)
    if request.method == "POST" and "remove" in request.POST:
        return _remove_break(request, found)
    form = BreakForm(request.POST or None)
    if form.is_valid():
        values = form.values(cohort=found, today=found.today())
        try:
            effects = pauses.preview_break(**values)
            if not is_agreed(request, effects):
                return render(request, "cohorts/breaks_preview.html", _preview(found, "breaks", effects, form=form))
            made = pauses.add_break(**values)
        except CohortError as error:
            form.add_error(BREAK_FIELDS.get(error.code), str(error))
        else:
            messages.success(request, _("%(name)s is a break now.") % {"name": made.name})
            return redirect("cohorts:breaks", organization, found.slug)
    context = {**heading(found, "breaks"), "form": form, "breaks": pauses.breaks_of(found)}
    return render(request, "cohorts/breaks.html", context, status=422 if form.is_bound else 200)


def _remove_break(request: MemberRequest, cohort: Cohort) -> HttpResponseBase:
    pause = get_object_or_404(pauses.breaks_of(cohort).select_related("cohort"), pk=uuid_of(request.POST["remove"]))
    effects = pauses.preview_removal(pause=pause, today=cohort.today())
    if "agreed" not in request.POST or not is_agreed(request, effects):
        return render(request, "cohorts/breaks_preview.html", _preview(cohort, "breaks", effects, pause=pause))
    pauses.remove_break(pause=pause, today=cohort.today())
    messages.success(request, _("%(name)s is no break any more.") % {"name": pause.name})
    return redirect("cohorts:breaks", request.organization.slug, cohort.slug)


# -- what the pages share ----------------------------------------------------------------------------------------------


def _milestone(cohort: Cohort, pk: str | None) -> Milestone | None:
    if not pk:
        return None
    return get_object_or_404(cohort.milestones.filter(enrollment=None).select_related("cohort"), pk=uuid_of(pk))


def _preview(cohort: Cohort, tab: str, effects: Sequence[Effect], **context: Any) -> dict[str, Any]:
    return {**heading(cohort, tab), "effects": effects, "agreed": digest_of(effects), **context}
