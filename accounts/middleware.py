"""Who is looking, at which organization, in which language and zone: settled once for every request."""

import zoneinfo
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import quote
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone, translation

from accounts.models import Membership, User
from organizations.errors import DomainError
from organizations.models import Organization
from organizations.scope import scope, stream

THEMES = ("light", "dark")
YEAR = int(timedelta(days=365).total_seconds())


class MemberRequest(HttpRequest):
    """A request under `/o/<organization>/`: it has an organization and the viewer's membership of it."""

    organization: Organization
    membership: Membership
    user: User
    theme: str


Handler = Callable[[HttpRequest], HttpResponseBase]


def preferences_middleware(get_response: Handler) -> Handler:
    """Speak the viewer's language in the viewer's zone and theme: their profile's, else a cookie's, else the browser's."""

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
            return HttpResponseRedirect(f"{reverse(settings.LOGIN_URL)}?next={quote(request.get_full_path())}")
        organization = Organization.objects.filter(slug=request.path_info.split("/")[2]).first()
        if organization is None:
            return _not_found(request)
        with scope(organization.pk):
            membership = Membership.objects.joined().filter(user_id=user.pk).first()
            if membership is None:
                return _not_found(request)
            request.organization = organization  # type: ignore[attr-defined]
            request.membership = membership  # type: ignore[attr-defined]
            if not user.time_zone:
                timezone.activate(zoneinfo.ZoneInfo(organization.time_zone))
            response = self.get_response(request)
            if hasattr(response, "render"):
                response.render()
        if isinstance(response, StreamingHttpResponse):
            return _stream_in_scope(response, organization.pk)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """A rule that no form caught is still an answer, not a crash."""
        if isinstance(exception, DomainError):
            return render(request, "422.html", {"error": exception}, status=422)
        return None


def _not_found(request: HttpRequest) -> HttpResponse:
    from django.views.defaults import page_not_found

    return page_not_found(request, Http404())


def _stream_in_scope(response: StreamingHttpResponse, organization_id: UUID) -> StreamingHttpResponse:
    response.streaming_content = stream(organization_id, response.streaming_content)  # type: ignore[arg-type]
    return response
