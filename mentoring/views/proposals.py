"""Times for a 1-on-1: proposed by the mentor or program staff, picked by the learner."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.gates import requires
from accounts.middleware import MemberRequest
from accounts.models import Role
from cohorts.models import Enrollment
from design.templatetags.design import zone_name
from mentoring import proposals
from mentoring.errors import MentoringError
from mentoring.forms import ProposalForm, SlotForm
from mentoring.records import Proposal
from mentoring.slot_days import offer_for, slot_days, slot_value
from mentoring.wording import short_time


@requires(Role.MENTOR, Role.STAFF)
def propose(request: MemberRequest, organization: str, pk: UUID) -> HttpResponseBase:
    enrollment = get_object_or_404(Enrollment.objects.for_page().visible_to(request.membership), pk=pk)
    now = timezone.now()
    if request.method != "POST":
        fitting = [slot_value(start) for start in proposals.fitting_times(enrollment, now=now)]
        return _propose_page(request, enrollment, ProposalForm(None, chosen=fitting))
    form = ProposalForm(request.POST, chosen=request.POST.getlist("starts"))
    if form.is_valid():
        try:
            proposals.propose(
                enrollment=enrollment, starts=form.starts(), by=request.membership, now=now, **form.cleaned_data
            )
        except MentoringError as error:
            form.add_error(None, str(error))
        else:
            words = {"name": enrollment.learner.name}
            messages.success(request, _("%(name)s gets a mail with the times and picks one.") % words)
            return _home(request)
    return _propose_page(request, enrollment, form)


@requires(Role.LEARNER)
def proposal(request: MemberRequest, organization: str, pk: UUID) -> HttpResponseBase:
    own = Proposal.objects.with_people().filter(enrollment__learner=request.membership)
    found, now = get_object_or_404(own, pk=pk), timezone.now()
    form = SlotForm(request.POST if request.method == "POST" else None)
    del form.fields["sequence"]
    if form.is_valid():
        start = form.cleaned_data["start"]
        try:
            made = proposals.accept(proposal=found, start=start, by=request.membership, now=now)
        except MentoringError as error:
            form.add_error("start", str(error))
            found.refresh_from_db(fields=["closed_at"])
        else:
            messages.success(request, _("Your 1-on-1 is booked: %(when)s.") % {"when": short_time(made.starts_at)})
            return redirect("mentoring:session", organization, made.pk)
    left = proposals.starts_left(found, now=now)
    context = {
        "proposal": found,
        "days": slot_days(left, mentor_zone=found.mentor.time_zone, dated_zones=found.mentor.dated_zones),
        "gone": len(found.starts) - len(left),
        "is_open": found.is_open(at=now),
        "form": form,
        "zone": zone_name(timezone.get_current_timezone_name()),
    }
    return render(request, "mentoring/proposal.html", context, status=422 if form.is_bound else 200)


def _propose_page(request: MemberRequest, enrollment: Enrollment, form: ProposalForm) -> HttpResponse:
    offer = offer_for(enrollment, now=timezone.now())
    context = {
        "enrollment": enrollment,
        "learner": enrollment.learner,
        "offer": offer,
        "opened": {day.date for day in offer.days if any(day.has(value) for value in form.chosen)},
        "form": form,
        "most": proposals.MOST_TIMES,
        "zone": zone_name(timezone.get_current_timezone_name()),
        "home_url": _home(request).url,
    }
    return render(request, "mentoring/propose.html", context, status=422 if form.is_bound else 200)


def _home(request: MemberRequest) -> HttpResponseRedirect:
    """Staff came from the coverage, mentors from their week."""
    name = "mentoring:coverage" if request.membership.is_staff else "mentoring:week"
    return redirect(name, request.organization.slug)
