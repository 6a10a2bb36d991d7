"""The audit of a version: what does not add up, and what staff decided to live with."""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_POST

from accounts.gates import requires
from accounts.middleware import MemberRequest
from accounts.models import Role
from curriculum import accepting
from curriculum.accepting import JudgedFinding, judge
from curriculum.audit.fixes import fixes
from curriculum.errors import CurriculumError
from curriculum.forms import AcceptForm, FindingForm
from curriculum.models import CurriculumVersion
from curriculum.plan.nodes import Plan
from curriculum.tree import claim_names, node_names, plan_of


@requires(Role.STAFF)
def audit(request: MemberRequest, organization: str, pk: UUID) -> HttpResponse:
    return _audit_page(request, _version(pk), request.GET.get("show", ""))


@requires(Role.STAFF)
@require_POST
def accept(request: MemberRequest, organization: str, pk: UUID) -> HttpResponseBase:
    version, form, problem = _version(pk), AcceptForm(request.POST), ""
    if form.is_valid():
        try:
            accepting.accept(version=version, **form.cleaned_data, by=request.membership, at=timezone.now())
        except CurriculumError as error:
            problem = str(error)
        else:
            messages.success(request, _("The finding is accepted. It no longer counts as open."))
            return _back(request, version)
    return _audit_page(request, version, request.POST.get("show", ""), form, problem)


@requires(Role.STAFF)
@require_POST
def take_back(request: MemberRequest, organization: str, pk: UUID) -> HttpResponseBase:
    version, form, problem = _version(pk), FindingForm(request.POST), ""
    if form.is_valid():
        try:
            accepting.take_back(version=version, **form.cleaned_data, by=request.membership, at=timezone.now())
        except CurriculumError as error:
            problem = str(error)
        else:
            messages.success(request, _("The finding is open again."))
            return _back(request, version)
    return _audit_page(request, version, request.POST.get("show", ""), form, problem)


@requires(Role.STAFF)
@require_POST
def accept_again(request: MemberRequest, organization: str, pk: UUID) -> HttpResponseBase:
    version = _version(pk)
    try:
        accepted = accepting.accept_again(version=version, by=request.membership, at=timezone.now())
    except CurriculumError as error:
        return _audit_page(request, version, request.POST.get("show", ""), problem=str(error))
    words = ngettext("%(number)s finding is accepted again.", "%(number)s findings are accepted again.", len(accepted))
    messages.success(request, words % {"number": len(accepted)})
    return _back(request, version)


def _version(pk: UUID) -> CurriculumVersion:
    return get_object_or_404(CurriculumVersion.objects.for_page(), pk=pk)


def _back(request: MemberRequest, version: CurriculumVersion) -> HttpResponseBase:
    """To the page as it was filtered."""
    page = reverse("curriculum:audit", args=[request.organization.slug, version.pk])
    show = request.POST.get("show", "")
    return redirect(f"{page}?{urlencode({'show': show})}" if show in SHOWN else page)


# -- what the page shows -----------------------------------------------------------------------------------------------

SHOWN = ("open", "accepted", "all")
NUMBER = r"\d+(?:\.\d+)?"


def _audit_page(
    request: MemberRequest,
    version: CurriculumVersion,
    show: str,
    form: FindingForm | None = None,
    problem: str = "",
) -> HttpResponse:
    """`form` is what was sent and refused; `problem` what the page says about it at the top."""
    plan = plan_of(version)
    judged = judge(version, plan)
    show = show if show in SHOWN else "open"
    rows = finding_rows(plan, [each for each in judged if show == "all" or each.is_open == (show == "open")])
    offered = fixes(plan, [each.finding for each in judged if each.is_open]) if version.is_draft else {}
    for number, row in enumerate(rows, start=1):
        row["form"] = _form_of(row, number, form) if version.is_draft else None
        row["fixes"] = offered.get(row["finding"].key, ())
    counts = Counter("open" if each.is_open else "accepted" for each in judged)
    labels = {"open": pgettext("finding", "Open"), "accepted": _("Accepted"), "all": _("All")}
    context = {
        "version": version,
        "rows": rows,
        "show": show,
        "tabs": [
            {"key": key, "label": labels[key], "count": len(judged) if key == "all" else counts[key]} for key in SHOWN
        ],
        "total": len(judged),
        "again": sum(each.is_open and each.earlier is not None for each in judged) if version.is_draft else 0,
        "form": form,
        "problem": problem or (form and form.errors.get("key", [""])[0]),
        **tallies(judged),
    }
    return render(request, "curriculum/audit.html", context, status=422 if form or problem else 200)


def _form_of(row: dict[str, Any], number: int, sent: FindingForm | None) -> FindingForm:
    """To decide about this finding; what was sent about it and refused is kept."""
    ids, key = f"f{number}_%s", row["finding"].key
    if not row["is_open"]:
        return FindingForm(initial={"key": key}, auto_id=ids)
    if isinstance(sent, AcceptForm) and sent.data.get("key") == key:
        sent.auto_id = ids
        return sent
    note = row["earlier"].note if row["earlier"] else ""
    return AcceptForm(initial={"key": key, "note": note}, auto_id=ids)


def finding_rows(plan: Plan, judged: Sequence[JudgedFinding]) -> list[dict[str, Any]]:
    """Findings with the name of their place, and with their numbers as the viewer writes them."""
    nodes, claims = node_names(plan), claim_names(plan)
    return [
        {
            "finding": each.finding,
            "acceptance": each.acceptance,
            "earlier": each.earlier,
            "is_open": each.is_open,
            "place": nodes.get(each.finding.place) or claims.get(each.finding.place, each.finding.place),
            "node": each.finding.place if each.finding.place in nodes else "",
            "expected": _grouped(each.finding.expected),
            "found": _grouped(each.finding.found),
        }
        for each in judged
    ]


def tallies(judged: Sequence[JudgedFinding]) -> dict[str, Any]:
    """Open errors, and what is open and what is accepted in words."""
    return {
        "errors": sum(each.is_open_error for each in judged),
        "tally": _tally([each for each in judged if each.is_open]),
        "accepted_tally": _tally([each for each in judged if not each.is_open]),
    }


def _grouped(stated: str) -> str:
    """A plain number or range as the viewer writes it; other text as it is."""
    if not re.fullmatch(rf"{NUMBER}(–{NUMBER})?", stated):
        return stated
    return "–".join(number_format(each, force_grouping=True) for each in stated.split("–"))


def _tally(judged: Sequence[JudgedFinding]) -> str:
    """As in "8 errors, 6 warnings"; empty for none."""
    errors = sum(each.finding.severity == "error" for each in judged)
    warnings = len(judged) - errors
    parts = [ngettext("%(number)s error", "%(number)s errors", errors) % {"number": errors}] if errors else []
    if warnings:
        parts.append(ngettext("%(number)s warning", "%(number)s warnings", warnings) % {"number": warnings})
    return ", ".join(parts)
