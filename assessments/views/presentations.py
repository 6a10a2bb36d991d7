"""Presentations: what is planned and waits, planning one, and the page of one."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.gates import requires
from accounts.middleware import MemberRequest
from accounts.models import Role
from assessments import presentation_policy, presenting
from assessments.models import Presentation, Submission
from assessments.presentation_forms import CallOffForm, ChangeForm, PlanForm, PolicyForm
from assessments.presentations_shown import waiting_for
from assessments.views.presentation_page import find, presentation_page
from organizations.errors import DomainError

PER_PAGE, SHOWN = 25, 50


@requires(Role.MENTOR, Role.STAFF)
@require_safe
def presentations(request: MemberRequest, organization: str) -> HttpResponse:
    """What waits for the viewer, what is planned, what has to be planned, and what was."""
    now, viewer = timezone.now(), request.membership
    seen = Presentation.objects.visible_to(viewer)
    done = Paginator(seen.exclude(Presentation.UNDECIDED).with_people().order_by("-during", "-pk"), PER_PAGE)
    page = done.get_page(request.GET.get("page"))
    waiting = list(waiting_for(viewer, at=now).with_people()[:SHOWN])
    begun = seen.begun(at=now).exclude(pk__in=[row.pk for row in waiting]).with_people()
    context = {
        "waiting": waiting,
        "upcoming": seen.upcoming(at=now).with_people()[:SHOWN],
        "begun": begun[:SHOWN] if viewer.is_staff else [],
        "open_work": presentation_policy.to_schedule(viewer)[:SHOWN],
        "page": page,
        "rows": [{"presentation": row, "standing": row.standing(at=now)} for row in page],
    }
    return render(request, "assessments/presentations.html", context)


@requires(Role.STAFF)
def presentation_settings(request: MemberRequest, organization: str) -> HttpResponse:
    policy = presentation_policy.policy_in_force()
    initial = {"day": policy.asked_from, "of": "final" if policy.only_final else "all"}
    form = PolicyForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_valid():
        try:
            presentation_policy.ask_from(
                day=form.cleaned_data["day"],
                only_final=form.cleaned_data["of"] == "final",
                by=request.membership,
                today=timezone.localdate(),
            )
        except DomainError as error:
            form.add_error("day", str(error))
        else:
            messages.success(request, _("Saved."))
            return redirect("assessments:presentation_settings", organization)
    return render(
        request, "assessments/presentation_settings.html", {"form": form}, status=422 if form.is_bound else 200
    )


@requires(Role.MENTOR, Role.STAFF)
def schedule(request: MemberRequest, organization: str, pk: UUID) -> HttpResponse:
    """Plan a presentation of an attempt; where one is planned already, that one."""
    submission = get_object_or_404(Submission.objects.for_review_page(), pk=pk)
    planned = presenting.open_presentation(submission)
    if planned is not None and request.method != "POST":
        return redirect("assessments:presentation", organization, planned.pk)
    people = list(presenting.candidates(submission))
    form = PlanForm(request.POST if request.method == "POST" else None, people=people, initial=_chair(request, people))
    error = ""
    try:
        presenting.check_may_schedule(submission, by=request.membership)
    except DomainError as refusal:
        error = str(refusal)
    if form.is_valid():
        try:
            made = presenting.schedule(submission=submission, **form.given(), by=request.membership, at=timezone.now())
        except DomainError as refusal:
            form.add_error(form.FIELDS.get(refusal.code), str(refusal))
        else:
            messages.success(request, _("Planned. Everybody who takes part gets an invitation by email."))
            return redirect("assessments:presentation", organization, made.pk)
    context = {"submission": submission, "learner": submission.enrollment.learner, "form": form, "error": error}
    return _plan_page(request, context)


@requires(Role.LEARNER, Role.MENTOR, Role.STAFF)
@require_safe
def presentation(request: MemberRequest, organization: str, pk: UUID) -> HttpResponse:
    return presentation_page(request, find(request, pk))


@requires(Role.MENTOR, Role.STAFF)
def change(request: MemberRequest, organization: str, pk: UUID) -> HttpResponse:
    """Another time, place or panel."""
    found = find(request, pk)
    people = list(presenting.candidates(found.submission))
    form = ChangeForm.of(found, request.POST if request.method == "POST" else None, people=people)
    error = _why_not_change(request, found)
    if form.is_valid():
        try:
            presenting.change(presentation=found, **form.given(), by=request.membership, at=timezone.now())
        except DomainError as refusal:
            form.add_error(form.FIELDS.get(refusal.code), str(refusal))
        else:
            messages.success(request, _("Changed. Everybody who takes part gets an email."))
            return redirect("assessments:presentation", organization, pk)
    context = {
        "submission": found.submission, "learner": found.learner, "presentation": found, "form": form, "error": error,
    }  # fmt: skip
    return _plan_page(request, context)


@requires(Role.MENTOR, Role.STAFF)
def cancel(request: MemberRequest, organization: str, pk: UUID) -> HttpResponse:
    found = find(request, pk)
    form = CallOffForm(request.POST if request.method == "POST" else None)
    error = _why_not_change(request, found)
    if form.is_valid():
        try:
            presenting.cancel(
                presentation=found, reason=form.cleaned_data["reason"], by=request.membership, at=timezone.now()
            )
        except DomainError as refusal:
            form.add_error("reason", str(refusal))
        else:
            messages.success(request, _("Called off. Everybody who took part gets an email."))
            return redirect("assessments:presentation", organization, pk)
    context = {"presentation": found, "learner": found.learner, "form": form, "error": error}
    return render(request, "assessments/cancel_presentation.html", context, status=422 if form.is_bound else 200)


@requires(Role.MENTOR, Role.STAFF)
def no_show(request: MemberRequest, organization: str, pk: UUID) -> HttpResponse:
    if request.method != "POST":
        return redirect("assessments:presentation", organization, pk)
    found = find(request, pk)
    try:
        presenting.record_no_show(presentation=found, by=request.membership, at=timezone.now())
    except DomainError as refusal:
        return presentation_page(request, found, error=str(refusal))
    messages.success(request, _("Recorded. Another presentation can be planned."))
    return redirect("assessments:presentation", organization, pk)


def _chair(request: MemberRequest, people: Any) -> dict[str, Any]:
    """Whoever plans is the chair unless somebody else is chosen."""
    return {"chair": str(request.membership.pk)} if request.membership in people else {}


def _why_not_change(request: MemberRequest, found: Presentation) -> str:
    try:
        presenting.check_may_change(found, by=request.membership)
    except DomainError as refusal:
        return str(refusal)
    return ""


def _plan_page(request: MemberRequest, context: dict[str, Any]) -> HttpResponse:
    form: forms.Form = context["form"]
    organization = request.organization.slug
    planned: Presentation | None = context.get("presentation")
    back = ("presentation", planned.pk) if planned is not None else ("review", context["submission"].pk)
    context["back_url"] = reverse(f"assessments:{back[0]}", args=[organization, back[1]])
    status = 422 if form.is_bound else 200
    return render(request, "assessments/plan_presentation.html", context, status=status)
