"""Where an admin says what the gates of a cohort ask beside the curriculum."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.gates import requires
from accounts.middleware import MemberRequest
from accounts.models import Role
from assessments.gate_asks import ask_at_gates, asks_in_force
from assessments.gate_forms import GateAskForm
from organizations.errors import DomainError


@requires(Role.ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def gate_asks(request: MemberRequest, organization: str) -> HttpResponse:
    form = GateAskForm(request.POST if request.method == "POST" else None)
    if form.is_valid() and request.POST.get("do") != "stop" and form.cleaned_data["day"] is None:
        form.add_error("day", _("Choose the first day on which it is asked."))
    if form.is_valid():
        try:
            ask_at_gates(**form.cleaned_data, by=request.membership, at=timezone.now())
        except DomainError as error:
            form.add_error(form.FIELDS.get(error.code), str(error))
        else:
            messages.success(request, _("Saved. Learners see it on their page of gates."))
            return redirect("assessments:gate_asks", organization)
    context = {"form": form, "asks": asks_in_force(), "today": timezone.localdate()}
    return render(request, "assessments/gate_asks.html", context, status=422 if form.is_bound else 200)
