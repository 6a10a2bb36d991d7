"""What strangers may look at without signing in: whether a certificate holds, and what checks a credential.

The organization is in the address, as its row alone is visible to everybody; the certificate is found inside its scope.
Nothing here names a person but by the name on a certificate whose address the stranger has.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe
from rest_framework.throttling import SimpleRateThrottle

from accounts.middleware import refusal
from assessments import badge_keys, badges
from assessments.certificate_pdf import words_of
from assessments.certificates import certificate_at
from assessments.errors import AssessmentError
from assessments.models import BadgeKey
from organizations.branding import stylesheet
from organizations.models import Organization
from organizations.scope import scope

#: More lists than certificates could ever fill are an address that somebody made up.
MOST_LISTS = 1000
View = Callable[..., HttpResponse]


class Throttle(SimpleRateThrottle):
    """So many looks a minute from one address, signed in or not: the rate `certificates` of the settings."""

    scope = "certificates"

    def get_cache_key(self, request: Any, view: Any) -> str:
        return self.cache_format % {"scope": self.scope, "ident": self.get_ident(request)}


def public(view: View) -> View:
    """Answer inside the organization of the address, at a bounded rate, and tell search engines to keep out."""

    @require_safe
    @wraps(view)
    def answered(request: HttpRequest, slug: str, **kwargs: Any) -> HttpResponse:
        if not Throttle().allow_request(request, None):  # type: ignore[arg-type]
            return render(request, "429.html", status=429)
        organization = get_object_or_404(Organization, slug=slug)
        try:
            with scope(organization.pk):
                response = view(request, organization, **kwargs)
        except AssessmentError as error:
            response = refusal(request, error)
        response.headers["X-Robots-Tag"] = "noindex, nofollow"
        return response

    return answered


@public
def verify(request: HttpRequest, organization: Organization, token: str) -> HttpResponse:
    """Valid, revoked since when, or unknown."""
    found = certificate_at(token)
    context = {
        "issuer": organization,
        "certificate": found,
        "words": words_of(found, organization) if found else {},
    }
    return render(request, "assessments/verify.html", context, status=200 if found else 404)


@public
def credential(request: HttpRequest, organization: Organization, token: str) -> HttpResponse:
    """The credential as text, for who has the certificate's address."""
    found = certificate_at(token)
    if found is None or not found.is_valid:
        raise Http404
    body = badges.signed(found, organization, at=timezone.now())
    response = HttpResponse(body, content_type="text/plain; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{found.pk}.jwt"'
    return response


@public
def badge(request: HttpRequest, organization: Organization, token: str) -> HttpResponse:
    """A picture with the credential in it, to download."""
    found = certificate_at(token)
    if found is None or not found.is_valid:
        raise Http404
    response = HttpResponse(badges.baked(found, organization, at=timezone.now()), content_type="image/svg+xml")
    response.headers["Content-Disposition"] = f'attachment; filename="{found.pk}.svg"'
    return response


@public
def issuer(request: HttpRequest, organization: Organization) -> HttpResponse:
    return JsonResponse(badges.issuer_of(organization))


@public
def key(request: HttpRequest, organization: Organization, pk: UUID) -> HttpResponse:
    """One public key, which credentials name by this address."""
    found = get_object_or_404(BadgeKey, pk=pk)
    return JsonResponse(badge_keys.public_jwk(found), content_type="application/jwk+json")


@public
def keys(request: HttpRequest, organization: Organization) -> HttpResponse:
    return JsonResponse({"keys": badge_keys.public_keys()}, content_type="application/jwk-set+json")


@public
def status_list(request: HttpRequest, organization: Organization, number: int) -> HttpResponse:
    if number >= MOST_LISTS:
        raise Http404
    body = badges.signed_status_list(number, organization, at=timezone.now())
    return HttpResponse(body, content_type="application/vc+jwt")


@cache_control(public=True, max_age=300)
@public
def tenant_css(request: HttpRequest, organization: Organization) -> HttpResponse:
    return HttpResponse(stylesheet(organization), content_type="text/css")
