"""Where program staff let learners through a level's gate."""

from typing import Any
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
from assessments.certificates import certificates_of
from assessments.forms import GateForm
from assessments.gate_asks import asks_in_force
from assessments.gates import GateReport
from assessments.models import LevelDecision, OverrideRequest
from assessments.overriding import approvers, ask_override
from assessments.projects import enrollment_of
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
        try:
            messages.success(request, _decide(request, enrollment, chosen, form))
            return redirect("assessments:gates", organization, pk)
        except DomainError as error:
            form.add_error(None, str(error))
    return _page(request, enrollment, failed=(level, form))


def _decide(request: MemberRequest, enrollment: Enrollment, level: Level, form: GateForm) -> str:
    reason = form.cleaned_data["reason"]
    words = {"name": enrollment.learner.name, "level": level.number}
    said: dict[str, Any] = {
        "enrollment": enrollment,
        "level": level,
        "by": request.membership,
        "on": form.cleaned_data["on"],
        "at": timezone.now(),
    }
    if request.POST.get("outcome") == LevelDecision.Outcome.REVOKED:
        level_gates.revoke(**said, reason=reason)
        return _("The pass of level %(level)s is taken back for %(name)s.") % words
    if request.POST.get("outcome") == "override":
        ask_override(**said, reason=reason)
        return _("Your colleagues are asked. One of them approves or declines.")
    level_gates.pass_level(**said)
    return _("%(name)s passed level %(level)s.") % words


@requires(Role.LEARNER)
def own_gates(request: MemberRequest, organization: str) -> HttpResponse:
    """What stands between the learner and each level."""
    enrollment = enrollment_of(request.membership)
    reports = level_gates.evaluate_all(enrollment, on=timezone.localdate()) if enrollment else []
    levels = [{"report": each, "lines": lines_of(each, organization, to_learner=True)} for each in reports]
    asks = asks_in_force([enrollment.cohort_id]) if enrollment else []
    coming = [ask for ask in asks if ask.asked_from and ask.asked_from > timezone.localdate()]
    context = {"enrollment": enrollment, "levels": levels, "coming": coming}
    return render(request, "assessments/own_gates.html", context)


def lines_of(report: GateReport, slug: str, *, to_learner: bool) -> list[dict[str, Any]]:
    """The criteria, those that are missing with the address of where to meet them."""
    lines = []
    for requirement in report.shown:
        place = requirement.learner_place if to_learner else requirement.staff_place
        url = place.url(slug) if place and not requirement.met else ""
        lines.append({"requirement": requirement, "url": url})
    return lines


def _find(pk: UUID) -> Enrollment:
    return get_object_or_404(Enrollment.objects.select_related("cohort", "learner", "version"), pk=pk)


def _page(request: MemberRequest, enrollment: Enrollment, failed: tuple[int, GateForm] | None = None) -> HttpResponse:
    today = timezone.localdate()
    reports, certificates = level_gates.evaluate_all(enrollment, on=today), certificates_of(enrollment)
    waiting = OverrideRequest.objects.pending().with_people().filter(enrollment=enrollment)
    pending = {row.level_id: row for row in waiting}
    hanging = level_gates.consequences_of(enrollment, reports, certificates)
    levels = []
    for report in reports:
        number = report.level.number
        form = GateForm(initial={"on": today}, auto_id=f"id_level_{number}_%s")
        if failed is not None and failed[0] == number:
            form = failed[1]
        level = report.level.pk
        levels.append(
            {
                "report": report,
                "lines": lines_of(report, request.organization.slug, to_learner=False),
                "form": form,
                "pending": pending.get(level),
                "hanging": hanging.get(level),
            }
        )
    context = {
        "enrollment": enrollment,
        "learner": enrollment.learner,
        "levels": levels,
        "certificates": certificates,
        "form": failed and failed[1],
        "has_approver": approvers(besides=request.membership).exists(),
    }
    return render(request, "assessments/gates.html", context, status=422 if failed else 200)
