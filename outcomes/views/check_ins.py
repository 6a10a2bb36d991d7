"""How graduates fare: their page, which needs no password, and what staff do with the answers."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.gates import requires
from accounts.middleware import MemberRequest
from accounts.models import Role
from cohorts.models import Enrollment
from organizations.scope import scope
from outcomes.collecting.check_ins import (
    ANSWERS,
    Asked,
    answer_check_in,
    graduate_of,
    latest_answer,
    read_token,
    unanswered_check_ins,
    waiting_check_ins,
)
from outcomes.errors import OutcomeError
from outcomes.forms.placements import CheckInForm
from outcomes.views.shared import today_of

ANSWERS_PER_PAGE = 25


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: HttpRequest, token: str) -> HttpResponse:
    """Whoever has the link may answer: it was mailed to the graduate alone."""
    asked = read_token(token)
    if asked is None:
        return render(request, "outcomes/check_in_closed.html", status=404)
    with scope(asked.organization.pk):
        graduate = graduate_of(asked)
        if graduate is None:
            return render(request, "outcomes/check_in_closed.html", status=404)
        language = graduate.learner.user.language or translation.get_language()
        with translation.override(language), timezone.override(graduate.zone):
            return _answer(request, asked, graduate, token)


def _answer(request: HttpRequest, asked: Asked, graduate: Enrollment, token: str) -> HttpResponse:
    latest = latest_answer(graduate, asked.number)
    form = CheckInForm(request.POST if request.method == "POST" else None, latest=latest)
    if form.is_valid():
        now = timezone.now()
        try:
            answer_check_in(
                enrollment=graduate, number=asked.number, at=now, on=timezone.localdate(now), **form.cleaned_data
            )
        except OutcomeError as error:
            form.add_error(form.FIELDS[error.code], str(error))
        else:
            return redirect("check_ins:answer", token)
    context = {"form": form, "graduate": graduate, "school": asked.organization, "latest": latest}
    return render(request, "outcomes/check_in.html", context, status=422 if form.errors else 200)


@requires(Role.STAFF)
@require_safe
def check_ins(request: MemberRequest, organization: str) -> HttpResponse:
    waiting, unanswered = waiting_check_ins(), unanswered_check_ins(on=today_of(request))
    is_unanswered = request.GET.get("show") == "unanswered"
    page = Paginator(unanswered if is_unanswered else waiting, ANSWERS_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "is_unanswered": is_unanswered,
        "waiting": page.paginator.count if not is_unanswered else waiting.count(),
        "unanswered": page.paginator.count if is_unanswered else unanswered.count(),
        "said": ANSWERS,
    }
    return render(request, "outcomes/check_ins.html", context)
