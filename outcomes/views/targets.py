"""What the program aims for: all targets with what can be told of them, changing one, and ranks by hand."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.gates import requires
from accounts.middleware import MemberRequest
from accounts.models import Role
from cohorts.models import Cohort
from outcomes.errors import OutcomeError
from outcomes.forms.targets import RankForm, TargetForm
from outcomes.measuring.reputation import rank_history, record_rank
from outcomes.measuring.targets import Targets, change_target, give_up_target, target_history
from outcomes.models import Target, TargetKey
from outcomes.scopes import Scope
from outcomes.showing.target_rows import history_rows, target_rows
from outcomes.views.shared import known_as_of, not_a_scope, query_of, scope_form, target_key, today_of

RECORDS_PER_PAGE = 20


@requires(Role.STAFF)
@require_safe
def targets(request: MemberRequest, organization: str) -> HttpResponse:
    form = scope_form(request)
    if not form.is_valid():
        return not_a_scope(request, form)
    context = {"form": form, "query": query_of(form), "rows": target_rows(known_as_of(form), form.scope)}
    return render(request, "outcomes/targets.html", context)


@requires(Role.ADMIN)
def change(request: MemberRequest, organization: str, key: str) -> HttpResponse:
    target, asked = target_key(key), scope_form(request)
    if not asked.is_valid():
        return not_a_scope(request, asked)
    cohort = asked.cohorts.get(asked.cleaned_data["cohort"])
    scope, current = Scope(cohort_id=cohort.pk if cohort else None), Targets(asked.today)
    form = TargetForm(
        request.POST if request.method == "POST" else None, goal=current.goal(target, scope), today=asked.today
    )
    if form.is_valid():
        try:
            _record(request, form, target, cohort)
        except OutcomeError as error:
            form.add_error(form.FIELDS[error.code], str(error))
        else:
            messages.success(request, _("Recorded. Past days keep the target they had."))
            query = f"?cohort={cohort.slug}" if cohort else ""
            return redirect(reverse("outcomes:change_target", args=[organization, key]) + query)
    context: dict[str, Any] = {
        "form": form,
        "target": target,
        "cohort": cohort,
        "is_own": current.is_own(target, scope),
        "history": history_rows(target_history(key=target, cohort=cohort)),
        "query": query_of(asked),
    }
    return render(request, "outcomes/change_target.html", context, status=422 if form.errors else 200)


@requires(Role.STAFF)
def rank(request: MemberRequest, organization: str) -> HttpResponse:
    today = today_of(request)
    form = RankForm(request.POST if request.method == "POST" else None, today=today)
    if form.is_valid():
        try:
            record_rank(on=today, by=request.membership, **form.cleaned_data)
        except OutcomeError as error:
            form.add_error(form.FIELDS[error.code], str(error))
        else:
            messages.success(request, _("Recorded."))
            return redirect("outcomes:record_rank", organization)
    page = Paginator(rank_history(), RECORDS_PER_PAGE).get_page(request.GET.get("page"))
    context = {"form": form, "page": page}
    return render(request, "outcomes/record_rank.html", context, status=422 if form.errors else 200)


def _record(request: MemberRequest, form: TargetForm, key: TargetKey, cohort: Cohort | None) -> Target:
    data, by = form.cleaned_data, request.membership
    if "give_up" in request.POST:
        return give_up_target(key=key, effective_on=data["effective_on"], by=by, cohort=cohort)
    return change_target(key=key, cohort=cohort, by=by, **data)
