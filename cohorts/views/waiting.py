"""The waiting list of a cohort, the team that runs it, and the page on which a learner answers an offer."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.gates import requires
from accounts.middleware import MemberRequest
from accounts.models import Role
from cohorts import lifecycle, offering, team
from cohorts.errors import CohortError
from cohorts.history import free_seats
from cohorts.models import Cohort, Enrollment, Offer
from cohorts.planning_forms import AnswerForm, OfferingForm, PlaceForm, ReasonForm, TeamForm
from cohorts.views.shared import cohort_named, heading, uuid_of

PLACES_PER_PAGE = 50
CHANGES_SHOWN = 10


@requires(Role.STAFF)
def waiting_list(request: MemberRequest, organization: str, cohort: str) -> HttpResponseBase:
    found = cohort_named(cohort)
    if request.method != "POST":
        return _waiting_page(request, found)
    try:
        said = _changed(request, found)
    except CohortError as error:
        return _waiting_page(request, found, problem=str(error))
    messages.success(request, said)
    return redirect("cohorts:waiting_list", organization, found.slug)


@requires(Role.STAFF)
def team_page(request: MemberRequest, organization: str, cohort: str) -> HttpResponseBase:
    found = cohort_named(cohort)
    today = found.today()
    if request.method == "POST" and "end" in request.POST:
        member = get_object_or_404(found.team.select_related("member"), pk=uuid_of(request.POST["end"]))
        team.end_membership(member=member, on=today)
        messages.success(request, _("%(name)s is on the team until today.") % {"name": member.member.name})
        return redirect("cohorts:team", organization, found.slug)
    form = TeamForm(request.POST or None, cohort=found)
    if form.is_valid():
        try:
            made = team.add_to_team(cohort=found, **form.cleaned_data)
        except CohortError as error:
            form.add_error(form.FIELDS.get(error.code), str(error))
        else:
            messages.success(request, _("%(name)s is on the team.") % {"name": made.member.name})
            return redirect("cohorts:team", organization, found.slug)
    rows = found.team.select_related("member").order_by("ends_on", "role", "member__name", "starts_on")
    page = Paginator(rows, PLACES_PER_PAGE).get_page(request.GET.get("page"))
    context = {**heading(found, "team"), "form": form, "page": page, "today": today}
    return render(request, "cohorts/team.html", context, status=422 if form.is_bound else 200)


@requires(Role.LEARNER)
def offer(request: MemberRequest, organization: str, pk: UUID) -> HttpResponseBase:
    own = Offer.objects.filter(enrollment__learner=request.membership)
    found = get_object_or_404(own.select_related("cohort__version", "enrollment"), pk=pk)
    form = AnswerForm(request.POST if request.method == "POST" else None)
    problem = ""
    if form.is_valid():
        try:
            said = _answered(request, found, **form.cleaned_data)
        except CohortError as error:
            problem = str(error)
        else:
            messages.success(request, said)
            return redirect("cohorts:path", organization)
    now = timezone.now()
    stands = Offer.objects.standing(now).filter(pk=found.pk).exclude(cohort__status__in=offering.CLOSED).exists()
    answer = found.answers.first()
    context = {"offer": found, "stands": stands, "answer": answer, "form": form, "problem": problem}
    return render(request, "cohorts/offer.html", context, status=422 if form.is_bound else 200)


def _answered(request: MemberRequest, found: Offer, *, answer: str, note: str) -> str:
    if answer == "accept":
        offering.accept_offer(offer=found, by=request.membership, at=timezone.now())
        return _("The seat in %(cohort)s is yours.") % {"cohort": found.cohort.name}
    offering.decline_offer(offer=found, by=request.membership, at=timezone.now(), note=note)
    return _("You declined the seat. You keep your place in line.")


def _changed(request: MemberRequest, cohort: Cohort) -> str:
    """Do what was pressed, and say so."""
    now, by = timezone.now(), request.membership
    if "offering" in request.POST:
        return _set_offering(request, cohort)
    if "withdraw" in request.POST:
        held = get_object_or_404(cohort.offers.all(), pk=uuid_of(request.POST["withdraw"]))
        offering.withdraw_offer(offer=held, by=by, at=now, note=_reason(request))
        return _("The offer is withdrawn.")
    waiting = cohort.enrollments.select_related("learner__user")
    enrollment = get_object_or_404(waiting, pk=uuid_of(request.POST.get("enrollment", "")))
    if "offer" in request.POST:
        made = offering.offer_seat(enrollment=enrollment, by=by, at=now, reason=_reason(request))
        return _("A seat is held for %(name)s, and a mail is on its way.") % {"name": made.enrollment.learner.name}
    form = PlaceForm(request.POST)
    if not form.is_valid():
        raise CohortError("not_a_place", _("Enter a place in line from 1, and why."))
    change = offering.move_in_line(enrollment=enrollment, by=by, **form.cleaned_data)
    return _("%(name)s has place %(place)s now.") % {"name": enrollment.learner.name, "place": change.to_place}


def _set_offering(request: MemberRequest, cohort: Cohort) -> str:
    form = OfferingForm(request.POST)
    if not form.is_valid():
        raise CohortError("offer_days_out_of_range", str(next(iter(form.errors.values()))[0]))
    changes: lifecycle.Changes = form.cleaned_data  # type: ignore[assignment]
    lifecycle.change_cohort(cohort=cohort, changes=changes, today=cohort.today())
    return _("How seats are offered is saved.")


def _reason(request: MemberRequest) -> str:
    form = ReasonForm(request.POST)
    if not form.is_valid():
        raise CohortError("reason_too_long", str(next(iter(form.errors.values()))[0]))
    return str(form.cleaned_data["reason"])


def _waiting_page(request: MemberRequest, cohort: Cohort, *, problem: str = "") -> HttpResponse:
    now = timezone.now()
    page = Paginator(offering.places_of(cohort, at=now), PLACES_PER_PAGE).get_page(request.GET.get("page"))
    free = free_seats(cohort, at=now)
    bound = request.POST if "offering" in request.POST else None
    context: dict[str, Any] = {
        **heading(cohort, "waiting"),
        "page": page,
        "chosen": _chosen(request, cohort),
        "free": None if cohort.capacity is None else max(int(free), 0),
        "problem": problem,
        "reason": request.POST.get("reason", "")[:1000],
        "to_place": request.POST.get("to_place", "")[:6],
        "form": OfferingForm(bound, initial={"offer_days": cohort.offer_days, "offers_itself": cohort.offers_itself}),
        "offers": cohort.offers.select_related("enrollment__learner", "offered_by")
        .prefetch_related("answers")
        .order_by("-offered_at", "-pk")[:CHANGES_SHOWN],
        "changes": cohort.queue_changes.select_related("enrollment__learner", "recorded_by").order_by(
            "-recorded_at", "-pk"
        )[:CHANGES_SHOWN],
        "now": now,
    }
    return render(request, "cohorts/waiting_list.html", context, status=422 if problem else 200)


def _chosen(request: MemberRequest, cohort: Cohort) -> Enrollment | None:
    """Whom the form beside the list is about: as pressed, or as it came back with a problem."""
    key = request.POST.get("enrollment") or request.GET.get("edit")
    if not key:
        return None
    try:
        return (
            cohort.enrollments.filter(status=Enrollment.Status.WAITING).select_related("learner").get(pk=uuid_of(key))
        )
    except (Enrollment.DoesNotExist, Http404):
        return None
