"""What the panel of a presentation does: write, hand in, decide."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.gates import requires
from accounts.middleware import MemberRequest
from accounts.models import Role
from assessments import panel_scoring
from assessments.errors import ReviewIncomplete
from assessments.presentation_forms import DecisionForm, PanelForm
from assessments.views.presentation_page import find, presentation_page
from organizations.errors import DomainError


@requires(Role.MENTOR, Role.STAFF)
def save(request: MemberRequest, organization: str, pk: UUID) -> HttpResponse:
    return _write(request, organization, pk, is_done=False)


@requires(Role.MENTOR, Role.STAFF)
def hand_in(request: MemberRequest, organization: str, pk: UUID) -> HttpResponse:
    return _write(request, organization, pk, is_done=True)


def _write(request: MemberRequest, organization: str, pk: UUID, *, is_done: bool) -> HttpResponse:
    if request.method != "POST":
        return redirect("assessments:presentation", organization, pk)
    found = find(request, pk)
    form = PanelForm(found, request.POST)
    if not form.is_valid():
        return presentation_page(request, found, form=form)
    act = panel_scoring.hand_in_scores if is_done else panel_scoring.save_scores
    try:
        act(presentation=found, findings=form.findings(), by=request.membership, at=timezone.now())
    except ReviewIncomplete as incomplete:
        for gap in incomplete.gaps:
            form.add_error(gap.field, str(gap.message))
    except DomainError as error:
        form.add_error(None, str(error))
    else:
        messages.success(request, _("Handed in. You see now what the others wrote.") if is_done else _("Draft saved."))
        return redirect("assessments:presentation", organization, pk)
    return presentation_page(request, found, form=form)


@requires(Role.MENTOR, Role.STAFF)
def decide(request: MemberRequest, organization: str, pk: UUID) -> HttpResponse:
    if request.method != "POST":
        return redirect("assessments:presentation", organization, pk)
    found = find(request, pk)
    form = DecisionForm(request.POST)
    if form.is_valid():
        try:
            panel_scoring.decide(
                presentation=found,
                outcome=form.cleaned_data["outcome"],
                summary=form.cleaned_data["decision"],
                by=request.membership,
                at=timezone.now(),
            )
        except DomainError as error:
            form.add_error(form.FIELDS.get(error.code), str(error))
        else:
            said = _("Decided. %(name)s gets an email and reads what the panel wrote.")
            messages.success(request, said % {"name": found.learner.name})
            return redirect("assessments:presentation", organization, pk)
    return presentation_page(request, found, decision=form)
