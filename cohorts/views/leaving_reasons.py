"""The organization's list of reasons for leaving: add, rename, order, retire."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from accounts.gates import requires
from accounts.middleware import MemberRequest
from accounts.models import Role
from cohorts import reasons
from cohorts.errors import CohortError
from cohorts.models import LeavingReason
from cohorts.reason_forms import NewReasonForm, ReasonForm

#: What a button does to the reason whose code it sends.
ACTIONS: dict[str, Callable[..., None]] = {
    "up": partial(reasons.move_reason, direction="up"),
    "down": partial(reasons.move_reason, direction="down"),
    "retire": reasons.retire_reason,
    "restore": reasons.restore_reason,
    "delete": reasons.delete_reason,
}


@requires(Role.STAFF)
def leaving_reasons(request: MemberRequest, organization: str) -> HttpResponseBase:
    edited = _reason(request.GET["edit"]) if "edit" in request.GET else None
    action = next((name for name in ACTIONS if name in request.POST), None)
    problem = ""
    if action is not None:
        try:
            ACTIONS[action](reason=_reason(request.POST[action]))
        except CohortError as error:
            problem = str(error)
        else:
            return redirect("cohorts:leaving_reasons", organization)
    form = _form(request, edited, is_sent=request.method == "POST" and action is None)
    if form.is_valid():
        try:
            _save(form, edited)
        except CohortError as error:
            form.add_error("name" if error.code == "reason_name_taken" else None, str(error))
        else:
            messages.success(request, _("The list is up to date."))
            return redirect("cohorts:leaving_reasons", organization)
    context = {"reasons": reasons.reasons_with_use(), "form": form, "edited": edited, "problem": problem}
    status = 422 if problem or form.is_bound else 200
    return render(request, "cohorts/leaving_reasons.html", context, status=status)


def _reason(code: str) -> LeavingReason:
    found = LeavingReason.objects.filter(code=code[:40]).first() if "\0" not in code else None
    if found is None:
        raise Http404
    return found


def _form(request: MemberRequest, edited: LeavingReason | None, *, is_sent: bool) -> forms.Form:
    data: Any = request.POST if is_sent else None
    if edited is None:
        return NewReasonForm(data)
    return ReasonForm(data, initial={"name": edited.name, "name_nl": edited.name_nl})


def _save(form: forms.Form, edited: LeavingReason | None) -> None:
    if edited is None:
        reasons.add_reason(**form.cleaned_data)
    else:
        reasons.rename_reason(reason=edited, **form.cleaned_data)
