"""Alumni: the directory for members, a graduate's own page, and what staff record and accept."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.gates import requires
from accounts.middleware import MemberRequest
from accounts.models import Role
from cohorts.models import Enrollment
from outcomes.alumni_network.directory import (
    directory,
    graduated,
    list_alumnus,
    pathways_as_of,
    pathways_of,
    record_pathway,
    unlist_alumnus,
)
from outcomes.alumni_network.mentor_offers import (
    answer_offer,
    offer_to_mentor,
    offers_of,
    waiting_offers,
    withdraw_offer,
)
from outcomes.alumni_network.records import AlumniEntry, MentorOffer, Pathway
from outcomes.collecting.salaries import forget_salaries, salaries_seen_by
from outcomes.errors import OutcomeError
from outcomes.forms.alumni import AlumniEntryForm, AnswerForm, OfferForm, PathwayForm
from outcomes.models import Placement
from outcomes.views.shared import today_of

ALUMNI_PER_PAGE = 30
OFFERS_SHOWN = 20


@requires()
@require_safe
def alumni(request: MemberRequest, organization: str) -> HttpResponse:
    """The directory; staff also see where graduates went, and who wants to mentor."""
    words, pathway = request.GET.get("q", "").replace("\x00", "")[:100], request.GET.get("pathway", "")
    member = request.membership
    page = Paginator(directory(words=words, pathway=pathway), ALUMNI_PER_PAGE).get_page(request.GET.get("page"))
    context: dict[str, Any] = {
        "page": page,
        "words": words,
        "pathway": pathway,
        "pathways": Pathway.choices,
        "labels": dict(Pathway.choices),
        "is_graduate": graduated(member) is not None,
        "shell": "staff.html" if member.is_staff or member.is_mentor else "learner.html",
    }
    if member.is_staff:
        context |= {"went": pathways_as_of(today_of(request)), "offers": waiting_offers()[:OFFERS_SHOWN]}
    return render(request, "outcomes/alumni.html", context)


@requires()
@require_safe
def own(request: MemberRequest, organization: str) -> HttpResponse:
    return _own(request)


@requires()
@require_POST
def own_pathway(request: MemberRequest, organization: str) -> HttpResponse:
    _graduation(request)
    latest, today = pathways_of(request.membership).first(), today_of(request)
    form = PathwayForm(request.POST, latest=latest, today=today)
    if form.is_valid():
        try:
            record_pathway(member=request.membership, on=today, by=request.membership, **form.cleaned_data)
        except OutcomeError as error:
            form.add_error(form.FIELDS.get(error.code), str(error))
        else:
            messages.success(request, _("Saved."))
            return redirect("outcomes:own_alumnus", organization)
    return _own(request, pathway_form=form)


@requires()
@require_POST
def list_own(request: MemberRequest, organization: str) -> HttpResponse:
    _graduation(request)
    form = AlumniEntryForm(request.POST, entry=None, member=request.membership)
    if form.is_valid():
        list_alumnus(member=request.membership, at=timezone.now(), **form.cleaned_data)
        messages.success(request, _("You are in the directory."))
        return redirect("outcomes:own_alumnus", organization)
    return _own(request, entry_form=form)


@requires()
@require_POST
def unlist_own(request: MemberRequest, organization: str) -> HttpResponse:
    unlist_alumnus(member=request.membership)
    messages.success(request, _("You are not in the directory any more; nothing of what you showed is kept."))
    return redirect("outcomes:alumni", organization)


@requires()
@require_POST
def forget_salary(request: MemberRequest, organization: str) -> HttpResponse:
    forget_salaries(learner=request.membership)
    messages.success(request, _("Your salary is removed."))
    return redirect("outcomes:alumni", organization)


@requires()
def offer(request: MemberRequest, organization: str) -> HttpResponse:
    """The second of two clicks: to say yes."""
    _graduation(request)
    form = OfferForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            offer_to_mentor(member=request.membership, note=form.cleaned_data["note"], at=timezone.now())
        except OutcomeError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Thank you. Staff have your offer, and you hear from them."))
            return redirect("outcomes:own_alumnus", organization)
    context = {"form": form, "latest": offers_of(request.membership).first()}
    return render(request, "outcomes/offer_to_mentor.html", context, status=422 if form.errors else 200)


@requires()
@require_POST
def withdraw(request: MemberRequest, organization: str) -> HttpResponse:
    withdraw_offer(member=request.membership, at=timezone.now())
    messages.success(request, _("Your offer is taken back."))
    return redirect("outcomes:alumni", organization)


@requires(Role.STAFF)
@require_POST
def answer(request: MemberRequest, organization: str, pk: UUID) -> HttpResponse:
    """One click accepts."""
    found, form = get_object_or_404(MentorOffer, pk=pk), AnswerForm(request.POST)
    if not form.is_valid():
        raise OutcomeError("no_answer", _("Accept or decline the offer; a reason has 500 characters at most."))
    accepts = form.cleaned_data["answer"] == MentorOffer.Answer.ACCEPTED
    found = answer_offer(
        offer=found, accepts=accepts, reason=form.cleaned_data["reason"], by=request.membership, at=timezone.now()
    )
    said = _("%(name)s is a mentor now, and is asked for their hours.") if accepts else _("%(name)s hears of it.")
    messages.success(request, said % {"name": found.member.name})
    return redirect("home:today" if request.POST.get("back") == "today" else "outcomes:alumni", organization)


@requires(Role.STAFF)
def pathway(request: MemberRequest, organization: str, pk: UUID) -> HttpResponse:
    """Staff record where a graduate went."""
    enrollment = get_object_or_404(Enrollment.objects.select_related("learner", "cohort"), pk=pk)
    history, today = pathways_of(enrollment.learner), today_of(request)
    form = PathwayForm(request.POST if request.method == "POST" else None, latest=history.first(), today=today)
    if form.is_valid():
        try:
            record_pathway(member=enrollment.learner, on=today, by=request.membership, **form.cleaned_data)
        except OutcomeError as error:
            form.add_error(form.FIELDS.get(error.code), str(error))
        else:
            messages.success(request, _("Recorded for %(name)s.") % {"name": enrollment.learner.name})
            return redirect("outcomes:pathway", organization, pk)
    context = {"form": form, "enrollment": enrollment, "history": history}
    return render(request, "outcomes/pathway.html", context, status=422 if form.errors else 200)


# -- the parts ---------------------------------------------------------------------------------------------------------


def _graduation(request: MemberRequest) -> Enrollment:
    """What makes the viewer a graduate; 404 for who is none."""
    found = graduated(request.membership)
    if found is None:
        raise Http404
    return found


def _own(
    request: MemberRequest, *, pathway_form: PathwayForm | None = None, entry_form: AlumniEntryForm | None = None
) -> HttpResponse:
    """A graduate's own page, with the form that has to be corrected."""
    member, enrollment = request.membership, _graduation(request)
    entry, pathways = AlumniEntry.objects.filter(member=member).first(), pathways_of(member)
    enrollments = list(Enrollment.objects.filter(learner=member))
    placements = Placement.objects.filter(enrollment__in=enrollments)
    is_refused = bool((pathway_form and pathway_form.errors) or (entry_form and entry_form.errors))
    context = {
        "enrollment": enrollment,
        "entry": entry,
        "pathways": pathways,
        "pathway_form": pathway_form or PathwayForm(latest=pathways.first(), today=today_of(request)),
        "entry_form": entry_form or AlumniEntryForm(entry=entry, member=member),
        "placements": placements.order_by("-effective_on", "-recorded_at", "-pk"),
        "salaries": salaries_seen_by(member, enrollments),
        "offer": offers_of(member).select_related("answered_by").first(),
        "shell": "staff.html" if member.is_staff or member.is_mentor else "learner.html",
    }
    return render(request, "outcomes/own_alumnus.html", context, status=422 if is_refused else 200)
