"""Credit for prior learning: granting it and taking it back."""

from uuid import UUID

from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import ngettext

from accounts.gates import requires
from accounts.middleware import MemberRequest
from accounts.models import Role
from cohorts.credit import LevelEffect, effects_of, grant_credit, grants_on, propose_credit, take_back
from cohorts.credit_forms import CreditForm, TakeBackForm
from cohorts.errors import CohortError
from cohorts.models import Enrollment, ProgressEvent
from cohorts.path import path_of


@requires(Role.STAFF)
def credit(request: MemberRequest, organization: str, pk: UUID) -> HttpResponseBase:
    """First a preview of what it comes to, then the granting of exactly that."""
    enrollment = get_object_or_404(Enrollment.objects.for_page(), pk=pk)
    now, today = timezone.now(), timezone.localdate()
    events = list(ProgressEvent.objects.for_learner_page(enrollment))
    path = path_of(enrollment, on=today, events=events)
    form = CreditForm(request.POST if request.method == "POST" else None, on=today, path=path)
    facts: list[ProgressEvent] = []
    effects: list[LevelEffect] = []
    if form.is_valid():
        asked = {
            "enrollment": enrollment, "topics": form.topics(), "projects": form.projects(), "by": request.membership,
            "on": form.cleaned_data["on"], "at": now, "evidence": form.told(),
        }  # fmt: skip
        try:
            if form.is_confirmed():
                granted = grant_credit(**asked)
                messages.success(request, _told(len(granted), enrollment))
                return redirect("cohorts:learner", organization, enrollment.pk)
            facts = propose_credit(**asked)
            effects = effects_of(path, events, facts)
        except CohortError as error:
            form.add_error(form.FIELDS.get(error.code), str(error))
    context = {
        "enrollment": enrollment,
        "path": path,
        "form": form,
        "ticked": form.ticked,
        "facts": facts,
        "effects": effects,
        "added": sum(effect.added for effect in effects),
        "signature": form.signature() if facts else "",
        "grants": grants_on(path, events),
    }
    return render(request, "cohorts/credit.html", context, status=422 if form.errors else 200)


@requires(Role.STAFF)
def take_back_credit(request: MemberRequest, organization: str, pk: UUID) -> HttpResponseBase:
    enrollment = get_object_or_404(Enrollment.objects.for_page(), pk=pk)
    now, today = timezone.now(), timezone.localdate()
    path = path_of(enrollment, on=today)
    credited = [part for level in path.levels for part in level.parts if part.is_credited]
    form = TakeBackForm(request.POST if request.method == "POST" else None, on=today, parts=credited)
    if form.is_valid():
        said = form.cleaned_data
        try:
            take_back(
                enrollment=enrollment, parts=said["parts"], by=request.membership, on=said["on"], at=now,
                reason=said["reason"],
            )  # fmt: skip
        except CohortError as error:
            form.add_error(form.FIELDS.get(error.code), str(error))
        else:
            number = len(said["parts"])
            words = ngettext("Credit for %(number)s part is taken back.", "Credit for %(number)s parts is taken back.",
                             number)  # fmt: skip
            messages.success(request, words % {"number": number})
            return redirect("cohorts:learner", organization, enrollment.pk)
    context = {"enrollment": enrollment, "form": form, "credited": credited}
    return render(request, "cohorts/take_back_credit.html", context, status=422 if form.is_bound else 200)


def _told(number: int, enrollment: Enrollment) -> str:
    words = ngettext("%(number)s part is credited to %(name)s.", "%(number)s parts are credited to %(name)s.", number)
    return words % {"number": number, "name": enrollment.learner.name}
