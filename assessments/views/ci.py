"""Test results that a CI sends, and the settings page that says where to."""

import json
from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from accounts.gates import requires
from accounts.middleware import MemberRequest
from accounts.models import Role
from assessments import automated_tests, ci_keys, ci_results, named_tests
from assessments.link_forms import AskForTestsForm, TestNamesForm
from organizations.errors import DomainError
from organizations.problems import problem
from organizations.scope import scope

MOST_BYTES = 1_000_000


@csrf_exempt  # a CI has no session; the signature is the right to do just this
@require_POST
def take_result(request: HttpRequest, token: str) -> HttpResponse:
    """One message of a webhook. Of the organization only the address is looked up before a signature has matched."""
    body, key = request.read(MOST_BYTES + 1), ci_keys.read_token(token)
    if len(body) > MOST_BYTES:
        return problem(413)
    if key is None:
        return HttpResponse(status=401)
    now, signature = timezone.now(), request.headers.get("X-Hub-Signature-256", "")
    with scope(key.organization_id):
        if not key.has_signed(body, signature, ci_keys.parts_in_use(key, at=now)):
            return HttpResponse(status=401)
        return _taken(request, body, now)


def _taken(request: HttpRequest, body: bytes, now: datetime) -> HttpResponse:
    if request.content_type != "application/json":
        return problem(415)
    delivery = request.headers.get("X-GitHub-Delivery", "")
    if not 0 < len(delivery) <= 100 or "\0" in delivery:
        return problem(400, code="no_delivery", detail=_("Send the header X-GitHub-Delivery, as GitHub does."))
    try:
        result = ci_results.read_result(request.headers.get("X-GitHub-Event", ""), json.loads(body), at=now)
        report = ci_results.record_result(result, delivery=delivery) if result else None
    except (ValueError, RecursionError):
        return problem(400)
    except ci_results.Unreadable as error:
        return problem(400, code=error.code, detail=str(error))
    except DomainError as error:
        return problem(404, code=error.code, detail=str(error))
    return JsonResponse({"recorded": report is not None})


@requires(Role.ADMIN)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: MemberRequest, organization: str) -> HttpResponse:
    """Whether there is an address, which checks are tests, and whether gates ask for them. A secret shows this once."""
    now, do = timezone.now(), request.POST.get("do")
    if do == "stop":
        ci_keys.stop_keys(at=now)
        messages.success(request, _("No test results are taken any more."))
        return redirect("assessments:ci", organization)
    shown = ci_keys.make_key(by=request.membership, at=now) if do == "make" else None
    form = AskForTestsForm(request.POST if do == "ask" else None, initial={"day": automated_tests.asked_from()})
    patterns = named_tests.patterns_in_force()
    names = TestNamesForm(request.POST if do == "names" else None, initial={"patterns": "\n".join(patterns)})
    if names.is_bound and names.is_valid():
        named_tests.set_patterns(patterns=names.cleaned_data["patterns"], by=request.membership, at=now)
        messages.success(request, _("The settings are saved."))
        return redirect("assessments:ci", organization)
    if form.is_bound and form.is_valid():
        try:
            automated_tests.ask_from(day=form.cleaned_data["day"], by=request.membership, today=timezone.localdate(now))
        except DomainError as error:
            form.add_error("day", str(error))
        else:
            messages.success(request, _("The settings are saved."))
            return redirect("assessments:ci", organization)
    context = {
        "key": ci_keys.key_in_use(),
        "ending_at": ci_keys.ending_at(at=now),
        "address": request.build_absolute_uri(reverse("ci:results", args=[str(shown.token)])) if shown else "",
        "secret": shown.secret if shown else "",
        "form": form,
        "names": names,
        "uncounted": named_tests.uncounted(patterns),
    }
    return render(request, "assessments/ci.html", context, status=422 if form.errors or names.errors else 200)
