"""Hand-overs that wait for a mentor's yes or no, and those that staff take back."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.gates import requires
from accounts.middleware import MemberRequest
from accounts.models import Role
from mentoring import taking_over
from mentoring.pair_forms import ids_in, time_of_slot
from mentoring.slot_days import slot_value
from mentoring.taking_over_records import HandOver
from mentoring.wording import short_time
from organizations.errors import DomainError


@requires(Role.MENTOR)
@require_safe
def asked(request: MemberRequest, organization: str) -> HttpResponse:
    return _page(request)


@requires(Role.MENTOR)
@require_POST
def accept(request: MemberRequest, organization: str, pk: UUID) -> HttpResponseBase:
    found = _own(request, pk)
    times = {one: time_of_slot(value) for one, value in ids_in(request.POST.dict(), "time-").items()}
    try:
        taking_over.accept(hand_over=found, times=times, by=request.membership, now=timezone.now())
    except DomainError as error:
        return _page(request, about=found, problem=str(error))
    words = {"name": found.enrollment.learner.name}
    messages.success(request, _("You take over %(name)s. Everybody concerned gets a mail.") % words)
    return redirect("mentoring:taking_over", organization)


@requires(Role.MENTOR)
@require_POST
def decline(request: MemberRequest, organization: str, pk: UUID) -> HttpResponseBase:
    found, reason = _own(request, pk), request.POST.get("reason", "").replace("\0", "")  # which no column holds
    try:
        taking_over.decline(hand_over=found, reason=reason, by=request.membership, now=timezone.now())
    except DomainError as error:
        return _page(request, about=found, problem=str(error), reason=reason)
    words = {"name": found.enrollment.learner.name, "staff": found.asked_by.name}
    messages.success(request, _("You declined %(name)s. %(staff)s gets a mail with the reason.") % words)
    return redirect("mentoring:taking_over", organization)


@requires(Role.STAFF)
@require_POST
def withdraw(request: MemberRequest, organization: str, pk: UUID) -> HttpResponseBase:
    found = get_object_or_404(HandOver.objects.with_people(), pk=pk)
    try:
        taking_over.withdraw(hand_over=found, by=request.membership, now=timezone.now())
    except DomainError as error:
        messages.error(request, str(error))
    else:
        words = {"colleague": found.to.name, "name": found.enrollment.learner.name}
        messages.success(request, _("%(colleague)s is no longer asked about %(name)s.") % words)
    return redirect("mentoring:hand_over", organization, found.leaving_id)


def _own(request: MemberRequest, pk: UUID) -> HandOver:
    found: HandOver = get_object_or_404(HandOver.objects.with_people().filter(to=request.membership), pk=pk)
    return found


def _page(
    request: MemberRequest, *, about: HandOver | None = None, problem: str = "", reason: str = ""
) -> HttpResponse:
    """What waits for an answer; with what could not be done about one of them."""
    rows = [
        {
            "asked": one.hand_over,
            "sessions": [
                {
                    "meeting": plan.one_on_one,
                    "keeps_time": plan.keeps_time,
                    "times": [(slot_value(start), short_time(start)) for start in plan.times],
                }
                for plan in one.sessions
            ],
            "problem": problem if about is not None and one.hand_over.pk == about.pk else "",
        }
        for one in taking_over.asked_of(request.membership, now=timezone.now())
    ]
    context = {
        "rows": rows,
        # What is gone meanwhile has no row to stand at.
        "problem": "" if any(row["problem"] for row in rows) else problem,
        "about": about,
        "reason": reason,
    }
    return render(request, "mentoring/taking_over.html", context, status=422 if problem else 200)
