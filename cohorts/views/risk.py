"""Who needs a person: letting a reason rest, and from when on something is a reason."""

from datetime import date
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django.views.decorators.vary import vary_on_headers
from django_htmx.http import reswap, retarget

from accounts.gates import requires
from accounts.middleware import MemberRequest
from accounts.models import Role
from cohorts import snoozing, thresholds
from cohorts.errors import CohortError
from cohorts.models import Enrollment
from cohorts.needing import cohorts_of, flagged, needing_of
from cohorts.risk import KINDS, Reason, reasons_of
from cohorts.risk_forms import SnoozeForm, ThresholdsForm
from cohorts.standing import standings_of
from cohorts.tasks import queue_flags


@requires(Role.STAFF)
@vary_on_headers("HX-Request")  # the page and the form in a list share an address
def snooze(request: MemberRequest, organization: str, pk: UUID, key: str) -> HttpResponseBase:
    enrollment = get_object_or_404(Enrollment.objects.for_page(), pk=pk)
    today = request.organization.today()
    if request.htmx and "close" in request.GET:
        return HttpResponse()
    form = SnoozeForm(request.POST if request.method == "POST" else None, on=today)
    if form.is_valid():
        try:
            snoozing.snooze(enrollment=enrollment, key=key, by=request.membership, on=today, **form.cleaned_data)
        except CohortError as error:
            form.add_error(form.FIELDS.get(error.code), str(error))
        else:
            return _changed(request, enrollment, _("Snoozed. It comes back by itself."))
    context = {"enrollment": enrollment, "form": form, "back": _back(request, enrollment)}
    context["reason"] = _reason(enrollment, key, today) if key in KINDS else None
    if context["reason"] is None and not form.is_bound:
        raise Http404
    template = "cohorts/_snooze_form.html" if request.htmx else "cohorts/snooze.html"
    return render(request, template, context, status=422 if form.is_bound else 200)


@requires(Role.STAFF)
@require_POST
def end_snooze(request: MemberRequest, organization: str, pk: UUID, key: str) -> HttpResponseBase:
    enrollment = get_object_or_404(Enrollment.objects.for_page(), pk=pk)
    snoozing.end_snooze(enrollment=enrollment, key=key, by=request.membership, on=request.organization.today())
    return _changed(request, enrollment, _("The snooze has ended. It counts again."))


@requires(Role.STAFF)
def risk_settings(request: MemberRequest, organization: str) -> HttpResponseBase:
    today = request.organization.today()
    limits = thresholds.limits_on(today)
    form = ThresholdsForm(request.POST if request.method == "POST" else None, limits=limits)
    if "default" in request.POST:
        values: dict[str, int | None] = dict.fromkeys(set(thresholds.LIMITS) & {request.POST["default"]})
    elif form.is_valid():
        # What was not sent was not meant; what was sent empty is the stated default.
        values = {key: value for key, value in form.cleaned_data.items() if key in request.POST}
    else:
        values = {}
    if values or (form.is_bound and form.is_valid()):
        if thresholds.change_thresholds(values=values, by=request.membership, on=today):
            queue_flags(request.organization.pk)
            messages.success(request, _("Saved. Who needs a person is worked out again; that takes a minute."))
        return redirect("cohorts:risk_settings", organization)
    own = {key for key, limit in thresholds.LIMITS.items() if getattr(limits, key) != limit.default}
    context = {
        "form": form,
        "rows": [(form[key], key in own) for key in thresholds.LIMITS],
        "history": thresholds.threshold_history(),
    }
    return render(request, "cohorts/risk_settings.html", context, status=422 if request.method == "POST" else 200)


def _reason(enrollment: Enrollment, key: str, today: date) -> Reason | None:
    """As it is at this moment, whatever is kept."""
    found = reasons_of(standings_of([enrollment], on=today), on=today).get(enrollment.pk, [])
    return next((reason for reason in found if reason.key == key), None)


def _changed(request: MemberRequest, enrollment: Enrollment, said: str) -> HttpResponseBase:
    """The learner in the list as they stand now; without htmx, the page that it was done from."""
    if not request.htmx:
        messages.success(request, said)
        return redirect(_back(request, enrollment))
    today = timezone.localdate()
    mine = cohorts_of(request.membership, on=today) if request.GET.get("of") == "mine" else None
    context = {
        "row": next(iter(needing_of([enrollment.pk], on=today, slug=request.organization.slug)), None),
        "total": flagged(on=today, cohorts=mine).values("enrollment").distinct().count(),
        "query": f"?{request.GET.urlencode()}",
        "is_fragment": True,
    }
    return reswap(retarget(render(request, "cohorts/_needing.html", context), f"#needs-{enrollment.pk}"), "outerHTML")


def _back(request: MemberRequest, enrollment: Enrollment) -> str:
    """The staff's first page as it was, when it was asked for from there; else the learner's."""
    if request.GET.get("from") != "today":
        return reverse("cohorts:learner", args=[request.organization.slug, enrollment.pk])
    today = reverse("home:today", args=[request.organization.slug])
    return f"{today}?of=mine" if request.GET.get("of") == "mine" else today
