"""Who is looking, at which organization, in which language and zone: settled once for every request."""

import re
import zoneinfo
from collections.abc import Callable
from urllib.parse import quote
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers
from django.views.defaults import page_not_found
from django_htmx.http import HttpResponseClientRedirect, reswap, retarget
from django_htmx.middleware import HtmxDetails

from accounts.models import Membership, User
from organizations.errors import DomainError
from organizations.models import Organization
from organizations.prepared import Prepared
from organizations.problems import problem
from organizations.scope import scope, stream

THEMES = ("light", "dark")
#: `/o/<slug>/…`, with a slug that an organization can have: anything else is not worth a query.
MEMBER_PATH = re.compile(r"/o/([a-z0-9][a-z0-9-]{0,39})/")
#: Where answers are for programs: problem details instead of pages.
API_PATH = re.compile(r"/o/[^/]*/api/")


class PersonRequest(HttpRequest):
    """A request of somebody who is signed in."""

    user: User


class MemberRequest(HttpRequest):
    """A request under `/o/<organization>/`: it has an organization and the viewer's membership of it."""

    organization: Organization
    membership: Membership
    user: User
    theme: str
    htmx: HtmxDetails


Handler = Callable[[HttpRequest], HttpResponseBase]

_AT_ADDRESS = Prepared(lambda slug: Organization.objects.filter(slug=slug))
_VIEWER = Prepared(lambda user: Membership.objects.joined().with_unread().filter(user_id=user))


def preferences_middleware(get_response: Handler) -> Handler:
    """Speak the viewer's language, in their zone and theme: the profile's, else a cookie's, else the browser's."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        user = request.user
        language = user.language if isinstance(user, User) else ""
        translation.activate(language or translation.get_language_from_request(request))
        if isinstance(user, User) and user.time_zone:
            timezone.activate(zoneinfo.ZoneInfo(user.time_zone))
        else:
            timezone.deactivate()
        theme = request.COOKIES.get("theme", "")
        request.theme = theme if theme in THEMES else ""  # type: ignore[attr-defined]
        response = get_response(request)
        response.headers.setdefault("Content-Language", translation.get_language() or settings.LANGUAGE_CODE)
        if not language:
            patch_vary_headers(response, ["Accept-Language"])
        return response

    return middleware


class organization_middleware:  # noqa: N801 - named like the function middleware beside it
    """Answer `/o/<slug>/…` inside that organization. Outsiders and wrong addresses get the same 404.

    `settings.ATOMIC_REQUESTS` undoes what a failing view wrote: the scope around it would commit an answered 500.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith("/o/"):
            return self.get_response(request)
        user = request.user
        if isinstance(user, AnonymousUser):
            return _to_sign_in(request)
        address = MEMBER_PATH.match(request.path_info)
        organization = _AT_ADDRESS.first(slug=address[1]) if address else None
        if organization is None:
            return _not_found(request)
        with scope(organization.pk):
            membership = _VIEWER.first(user=user.pk)
            if membership is None:
                return _not_found(request)
            membership.user, membership.organization = user, organization
            request.organization = organization  # type: ignore[attr-defined]
            request.membership = membership  # type: ignore[attr-defined]
            if not user.time_zone:
                timezone.activate(organization.zone)
            response = self.get_response(request)
            if hasattr(response, "render"):
                response.render()
        if isinstance(response, StreamingHttpResponse):
            return _stream_in_scope(response, organization.pk)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """A rule that no form caught is still an answer, not a crash."""
        return refusal(request, exception) if isinstance(exception, DomainError) else None


def refusal(request: HttpRequest, error: DomainError) -> HttpResponse:
    """What cannot be done, as a page; as a toast where a whole page does not fit."""
    if getattr(request, "htmx", False):
        toast = render(request, "accounts/422_toast.html", {"error": error}, status=422)
        return reswap(retarget(toast, "#toasts"), "beforeend")
    return render(request, "422.html", {"error": error}, status=422)


def is_for_api(request: HttpRequest) -> bool:
    return bool(API_PATH.match(request.path_info))


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    """Sign in first, then come back to the page that was asked for, or to the one that a form stood on."""
    if is_for_api(request):
        return problem(401, headers={"WWW-Authenticate": "Session"})
    sign_in = reverse(settings.LOGIN_URL)
    if htmx := getattr(request, "htmx", None):
        return HttpResponseClientRedirect(f"{sign_in}?next={quote(htmx.current_url_abs_path or '/')}")
    back = request.get_full_path() if request.method in ("GET", "HEAD") else "/"
    return HttpResponseRedirect(f"{sign_in}?next={quote(back)}")


def _not_found(request: HttpRequest) -> HttpResponse:
    if is_for_api(request):
        return problem(404)
    return page_not_found(request, Http404())


def _stream_in_scope(response: StreamingHttpResponse, organization_id: UUID) -> StreamingHttpResponse:
    response.streaming_content = stream(organization_id, response.streaming_content)  # type: ignore[arg-type]
    return response
