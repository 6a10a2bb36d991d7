"""The chats of a cohort: where its news go, which, and whether they arrive."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.gates import requires
from accounts.middleware import MemberRequest
from accounts.models import Role
from cohorts.chat_forms import ChatForm, NewsForm
from cohorts.models import Cohort
from cohorts.views.shared import cohort_named, heading, uuid_of
from notifications import connecting
from notifications.chat_news import CHAT_NEWS
from notifications.endpoints import Delivery, Endpoint
from notifications.errors import MessageError

SHOWN = 20


@requires(Role.STAFF)
@require_http_methods(["GET", "HEAD", "POST"])
def chats(request: MemberRequest, organization: str, cohort: str) -> HttpResponseBase:
    found = cohort_named(cohort)
    form = ChatForm(request.POST if "add" in request.POST else None)
    try:
        if form.is_valid():
            said = _added(request, found, form)
        elif request.method == "POST" and not form.is_bound:
            said = _changed(request, found)
        else:
            return _page(request, found, form)
    except MessageError as refusal:
        if form.is_bound:
            form.add_refusal(refusal.code, str(refusal))
            return _page(request, found, form)
        return _page(request, found, form, problem=str(refusal))
    messages.success(request, said)
    return redirect("cohorts:chats", organization, found.slug)


def _added(request: MemberRequest, cohort: Cohort, form: ChatForm) -> str:
    chat = connecting.add_chat(group_id=cohort.pk, **form.cleaned_data, by=request.user, now=timezone.now())
    return _("“%(name)s” is added. Send a test to see whether it works.") % {"name": chat.name}


def _changed(request: MemberRequest, cohort: Cohort) -> str:
    """Do what was pressed, and say so."""
    now = timezone.now()
    rows = Endpoint.objects.chats().filter(group_id=cohort.pk)
    chat = get_object_or_404(rows, pk=uuid_of(request.POST.get("chat", "")))
    words = {"name": chat.name}
    match request.POST.get("do"):
        case "test":
            connecting.send_test(endpoint=chat, by=request.membership, now=now)
            return _("A test is on its way to “%(name)s”. Reload the page in a moment to see the answer.") % words
        case "on" | "off" as to:
            connecting.switch(endpoint=chat, is_on=to == "on", now=now)
            return (_("“%(name)s” is on.") if to == "on" else _("“%(name)s” is off.")) % words
        case "remove":
            chat.delete()
            return _("“%(name)s” is removed.") % words
        case "choose":
            connecting.subscribe(endpoint=chat, subscribed=request.POST.getlist("subscribed"))
            return _("What “%(name)s” hears of is saved.") % words
    raise MessageError("unknown_action", _("Press one of the buttons."))


def _page(request: MemberRequest, cohort: Cohort, form: ChatForm, *, problem: str = "") -> HttpResponse:
    rows = list(Endpoint.objects.chats().filter(group_id=cohort.pk).order_by("name", "pk"))
    found = Delivery.objects.filter(endpoint__in=[row.pk for row in rows]).select_related("endpoint")
    context: dict[str, Any] = {
        **heading(cohort, "chats"),
        "chats": [
            {"chat": row, "form": NewsForm(initial={"subscribed": row.subscribed}, auto_id=f"id_{row.pk.hex}_%s")}
            for row in rows
        ],
        "deliveries": [
            {"delivery": row, "title": CHAT_NEWS[row.name].title if row.name in CHAT_NEWS else row.name}
            for row in found.for_list()[:SHOWN]
        ],
        "news": [news for news in CHAT_NEWS.values() if news.name in dict(connecting.choices_for(is_chat=True))],
        "form": form,
        "problem": problem,
        "is_full": len(rows) >= connecting.MOST_CHATS,
    }  # fmt: skip
    return render(request, "cohorts/chats.html", context, status=422 if form.is_bound or problem else 200)
