"""The calendar feed: one's own page about it, and what calendars fetch without signing in."""

import hashlib

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.middleware import PersonRequest
from mentoring import feeds
from mentoring.models import CalendarFeed


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def calendar(request: PersonRequest) -> HttpResponseBase:
    """Whether there is a feed; making one shows its address, this once."""
    if request.POST.get("do") == "revoke":
        feeds.revoke_feed(user=request.user)
        return redirect("calendar:settings")
    address = ""
    if request.POST.get("do") == "make":
        token = feeds.make_feed(user=request.user, now=timezone.now())
        address = request.build_absolute_uri(reverse("calendar:feed", args=[token]))
    context = {
        "feed": CalendarFeed.objects.filter(user=request.user).first(),
        "address": address,
        "subscribe": address.replace("https://", "webcal://").replace("http://", "webcal://"),
    }
    return render(request, "mentoring/calendar.html", context)


@require_safe
def feed(request: HttpRequest, token: str) -> HttpResponseBase:
    """The person's 1-on-1s. The address is the key: an unknown, replaced or revoked one is not found."""
    user = feeds.person_with_token(token)
    if user is None:
        raise Http404
    body = feeds.read_feed(user=user, now=timezone.now())
    response = HttpResponse(body, content_type="text/calendar; charset=utf-8")
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Content-Disposition"] = f'inline; filename="{_("1-on-1s")}.ics"'
    response.headers["ETag"] = etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    return get_conditional_response(request, etag=etag, response=response) or response
