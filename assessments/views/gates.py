"""Where program staff let learners through a level's gate."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.gates import requires
from accounts.middleware import MemberRequest
from accounts.models import Role
from assessments import gates as level_gates
from assessments.forms import GateForm
from assessments.models import LevelDecision
from cohorts.models import Enrollment
from curriculum.models import Level
from organizations.errors import DomainError


@requires(Role.STAFF)
def gates(request: MemberRequest, organization: str, pk: UUID) -> HttpResponse:
    return _page(request, _find(pk))


@requires(Role.STAFF)
def decide_gate(request: MemberRequest, organization: str, pk: UUID, level: int) -> HttpResponse:
    if request.method != "POST":
        return redirect("assessments:gates", organization, pk)
    enrollment = _find(pk)
    chosen = get_object_or_404(Level, version=enrollment.version_id, number=level)
    form = GateForm(request.POST, auto_id=f"id_level_{level}_%s")
    if form.is_valid():
        on, reason, at = form.cleaned_data["on"], form.cleaned_data["reason"], timezone.now()
        words = {"name": enrollment.learner.name, "level": level}
        try:
            if request.POST.get("outcome") == LevelDecision.Outcome.REVOKED:
                level_gates.revoke(
                    enrollment=enrollment, level=chosen, by=request.membership, on=on, at=at, reason=reason
                )
                messages.success(request, _("The pass of level %(level)s is taken back for %(name)s.") % words)
            else:
                level_gates.pass_level(
                    enrollment=enrollment, level=chosen, by=request.membership, on=on, at=at, override_reason=reason
                )
                messages.success(request, _("%(name)s passed level %(level)s.") % words)
            return redirect("assessments:gates", organization, pk)
        except DomainError as error:
            form.add_error(None, str(error))
    return _page(request, enrollment, failed=(level, form))


def _find(pk: UUID) -> Enrollment:
    return get_object_or_404(Enrollment.objects.select_related("cohort", "learner"), pk=pk)


def _page(request: MemberRequest, enrollment: Enrollment, failed: tuple[int, GateForm] | None = None) -> HttpResponse:
    today = timezone.localdate()
    levels = []
    for report in level_gates.evaluate_all(enrollment, on=today):
        number = report.level.number
        form = GateForm(initial={"on": today}, auto_id=f"id_level_{number}_%s")
        if failed is not None and failed[0] == number:
            form = failed[1]
        levels.append({"report": report, "form": form})
    context = {"enrollment": enrollment, "learner": enrollment.learner, "levels": levels, "form": failed and failed[1]}
    return render(request, "assessments/gates.html", context, status=422 if failed else 200)
