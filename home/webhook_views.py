"""Webhooks of the organization, for its admins: where they go, what was delivered, and sending it again."""

import json
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.gates import requires
from accounts.middleware import MemberRequest
from accounts.models import Role
from home.webhook_forms import DeliveryFilter, ReplayForm, WebhookForm
from notifications import connecting
from notifications.endpoints import Attempt, Delivery, Endpoint
from notifications.errors import MessageError

PER_PAGE = 50


@requires(Role.ADMIN)
@require_safe
def list_webhooks(request: MemberRequest, organization: str) -> HttpResponse:
    webhooks = Endpoint.objects.webhooks().annotate(
        waiting=Count("deliveries", filter=Q(deliveries__state=Delivery.State.PENDING)),
        failed=Count("deliveries", filter=Q(deliveries__state=Delivery.State.FAILED)),
    )
    context = {"webhooks": webhooks.order_by("name", "pk"), "most": connecting.MOST_WEBHOOKS}
    return render(request, "home/webhooks.html", context)


@requires(Role.ADMIN)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def add_webhook(request: MemberRequest, organization: str) -> HttpResponse:
    """The page that answers shows the secret, this once."""
    form = WebhookForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            webhook = connecting.add_webhook(**form.cleaned_data, by=request.user, now=timezone.now())
        except MessageError as refusal:
            form.add_refusal(refusal.code, str(refusal))
        else:
            return render(request, "home/webhook_secret.html", {"webhook": webhook, "secret": webhook.secret})
    return _form_page(request, form)


@requires(Role.ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def edit_webhook(request: MemberRequest, organization: str, pk: UUID) -> HttpResponseBase:
    webhook = _webhook(pk)
    initial = {"name": webhook.name, "address": webhook.address, "subscribed": webhook.subscribed}
    form = WebhookForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_valid():
        try:
            connecting.change_webhook(endpoint=webhook, **form.cleaned_data)
        except MessageError as refusal:
            form.add_refusal(refusal.code, str(refusal))
        else:
            messages.success(request, _("The webhook is saved."))
            return redirect("home:webhook", organization, pk)
    return _form_page(request, form, _webhook(pk))


@requires(Role.ADMIN)
@require_safe
def show_webhook(request: MemberRequest, organization: str, pk: UUID) -> HttpResponse:
    return _webhook_page(request, _webhook(pk), ReplayForm(initial={"since": timezone.now()}))


@requires(Role.ADMIN)
@require_POST
def switch_webhook(request: MemberRequest, organization: str, pk: UUID) -> HttpResponseBase:
    webhook = connecting.switch(endpoint=_webhook(pk), is_on="on" in request.POST, now=timezone.now())
    said = _("“%(name)s” is on.") if webhook.is_on else _("“%(name)s” is off.")
    messages.success(request, said % {"name": webhook.name})
    return redirect("home:webhook", organization, pk)


@requires(Role.ADMIN)
@never_cache
@require_POST
def change_secret(request: MemberRequest, organization: str, pk: UUID) -> HttpResponse:
    """The page that answers shows the new secret, this once."""
    webhook = _webhook(pk)
    secret = connecting.rotate_secret(endpoint=webhook, now=timezone.now())
    return render(request, "home/webhook_secret.html", {"webhook": webhook, "secret": secret})


@requires(Role.ADMIN)
@require_POST
def test_webhook(request: MemberRequest, organization: str, pk: UUID) -> HttpResponseBase:
    connecting.send_test(endpoint=_webhook(pk), by=request.membership, now=timezone.now())
    messages.success(request, _("A test is on its way. Reload the page in a moment to see the answer."))
    return redirect("home:webhook", organization, pk)


@requires(Role.ADMIN)
@require_POST
def remove_webhook(request: MemberRequest, organization: str, pk: UUID) -> HttpResponseBase:
    webhook = _webhook(pk)
    webhook.delete()
    messages.success(request, _("“%(name)s” is removed.") % {"name": webhook.name})
    return redirect("home:webhooks", organization)


@requires(Role.ADMIN)
@require_POST
def replay_webhook(request: MemberRequest, organization: str, pk: UUID) -> HttpResponseBase:
    """All that failed since a time."""
    webhook, form = _webhook(pk), ReplayForm(request.POST)
    if not form.is_valid():
        return _webhook_page(request, webhook, form)
    count = connecting.replay_failed(endpoint=webhook, since=form.cleaned_data["since"], now=timezone.now())
    said = ngettext("%(count)s delivery is sent again.", "%(count)s deliveries are sent again.", count)
    messages.success(request, said % {"count": count} if count else _("Nothing failed since then."))
    return redirect("home:webhook", organization, pk)


@requires(Role.ADMIN)
@require_safe
def show_delivery(request: MemberRequest, organization: str, pk: UUID, delivery: UUID) -> HttpResponse:
    found = _delivery(pk, delivery)
    tries = Attempt.objects.filter(delivery=found).order_by("-number")[:PER_PAGE]
    payload = json.dumps(found.payload, indent=2, ensure_ascii=False)
    context = {"webhook": found.endpoint, "delivery": found, "tries": tries, "payload": payload}
    return render(request, "home/delivery.html", context)


@requires(Role.ADMIN)
@require_POST
def replay_delivery(request: MemberRequest, organization: str, pk: UUID, delivery: UUID) -> HttpResponseBase:
    connecting.replay(delivery=_delivery(pk, delivery), now=timezone.now())
    messages.success(request, _("It is sent again, with the same id."))
    return redirect("home:delivery", organization, pk, delivery)


def _webhook(pk: UUID) -> Endpoint:
    return get_object_or_404(Endpoint.objects.webhooks(), pk=pk)


def _delivery(pk: UUID, delivery: UUID) -> Delivery:
    rows = Delivery.objects.select_related("endpoint").filter(endpoint__format=Endpoint.Format.WEBHOOK)
    return get_object_or_404(rows, endpoint=pk, pk=delivery)


def _form_page(request: MemberRequest, form: WebhookForm, webhook: Endpoint | None = None) -> HttpResponse:
    context = {"form": form, "webhook": webhook}
    return render(request, "home/webhook_form.html", context, status=422 if form.is_bound else 200)


def _webhook_page(request: MemberRequest, webhook: Endpoint, replay: ReplayForm) -> HttpResponse:
    chosen = DeliveryFilter(request.GET)
    chosen.is_valid()
    wanted: dict[str, Any] = chosen.cleaned_data
    found = Delivery.objects.filter(endpoint=webhook)
    if state := wanted.get("state"):
        found = found.filter(state=state)
    if event := wanted.get("event"):
        found = found.filter(name=event)
    page = Paginator(found.for_list(), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "webhook": webhook,
        "page": page,
        "chosen": chosen,
        "state": state or "",
        "states": Delivery.State.choices,
        "event": event or "",
        "replay": replay,
        "now": timezone.now(),
    }
    return render(request, "home/webhook.html", context, status=422 if replay.is_bound else 200)
