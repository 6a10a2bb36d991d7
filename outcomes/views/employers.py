"""The list of employers that count as the ones to be hired by."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.gates import requires
from accounts.middleware import MemberRequest
from accounts.models import Role
from outcomes.errors import OutcomeError
from outcomes.forms.employers import EmployerForm
from outcomes.measuring.employers import employers_as_of, list_employer, remove_employer, unlisted_employers
from outcomes.models import ListedEmployer
from outcomes.views.shared import today_of

EMPLOYERS_PER_PAGE = 50


@requires(Role.STAFF)
@require_safe
def employers(request: MemberRequest, organization: str) -> HttpResponse:
    listed = employers_as_of(today_of(request))
    context = {
        "page": Paginator(listed.employers, EMPLOYERS_PER_PAGE).get_page(request.GET.get("page")),
        "suggested": unlisted_employers(listed),
    }
    return render(request, "outcomes/employers.html", context)


@requires(Role.ADMIN)
def add(request: MemberRequest, organization: str) -> HttpResponse:
    today, name = today_of(request), request.GET.get("name", "").replace("\x00", "")
    listed = employers_as_of(today).find(name)
    form = EmployerForm(request.POST if request.method == "POST" else None, name=name, listed=listed, today=today)
    if form.is_valid():
        try:
            employer = list_employer(by=request.membership, **form.cleaned_data)
        except OutcomeError as error:
            form.add_error(form.FIELDS[error.code], str(error))
        else:
            messages.success(request, _("%(name)s is on the list.") % {"name": employer.name})
            return redirect("outcomes:employers", organization)
    context = {"form": form, "listed": listed}
    return render(request, "outcomes/add_employer.html", context, status=422 if form.errors else 200)


@requires(Role.ADMIN)
@require_POST
def remove(request: MemberRequest, organization: str, pk: UUID) -> HttpResponse:
    employer, today = get_object_or_404(ListedEmployer, pk=pk), today_of(request)
    if employers_as_of(today).find(employer.name):
        remove_employer(employer=employer, effective_on=today, by=request.membership)
    messages.success(request, _("%(name)s is off the list from today on.") % {"name": employer.name})
    return redirect("outcomes:employers", organization)
