"""Two versions of a curriculum side by side."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render

from accounts.gates import requires
from accounts.middleware import MemberRequest
from accounts.models import Role
from curriculum.difference import Difference, difference
from curriculum.forms import CompareForm
from curriculum.models import CurriculumVersion
from curriculum.plan.nodes import Plan
from curriculum.tree import plan_of


@requires(Role.STAFF, Role.MENTOR)
def compare(request: MemberRequest, organization: str, pk: UUID) -> HttpResponse:
    """With the version named in the address, or else the one before it; the older one always comes first."""
    version = get_object_or_404(CurriculumVersion.objects.for_page(), pk=pk)
    form = CompareForm({"with": request.GET["with"]} if "with" in request.GET else None, version=version)
    other = form.other()
    context: dict[str, Any] = {"version": version, "form": form}
    if other is not None:
        old, new = sorted((version, other), key=lambda each: each.number)
        plans = plan_of(old), plan_of(new)
        context |= {"old": old, "new": new, **difference_context(*plans)}
    return render(request, "curriculum/compare.html", context, status=422 if form.errors else 200)


def difference_context(old: Plan, new: Plan) -> dict[str, Any]:
    found: Difference = difference(old, new)
    numbers = [level.number for plan in (old, new) for level in plan.levels]
    return {"difference": found, "counts": found.counts, "highest": max(numbers, default=1)}
