"""Adding, changing, testing and removing the addresses that hear what happens."""

import re
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import SplitResult, quote, urlunsplit
from uuid import UUID, uuid4

from django.db import transaction
from django.utils.translation import gettext as _

from notifications import chat_news, event_types
from notifications.chat_news import CHAT_NEWS
from notifications.endpoints import ADDRESS_LENGTH, NAME_LENGTH, Delivery, DeliveryQuerySet, Endpoint, EndpointQuerySet
from notifications.errors import MessageError
from notifications.event_types import EVENT_TYPES
from notifications.signing import new_secret
from organizations.models import Organization
from organizations.public_address import NotPublic, split_public
from organizations.scope import required_organization_id

MOST_WEBHOOKS, MOST_CHATS = 20, 5
#: So long two secrets sign after a change, for receivers to take the new one over.
OVERLAP = timedelta(hours=24)
SLACK_HOSTS = ("hooks.slack.com", "hooks.slack-gov.com")
DISCORD_HOSTS = ("discord.com", "discordapp.com", "ptb.discord.com", "canary.discord.com")
DISCORD_PATH = re.compile(r"/api(/v\d+)?/webhooks/\d+/[\w-]+")

Format, State = Endpoint.Format, Endpoint.State


def choices_for(*, is_chat: bool) -> list[tuple[str, str]]:
    """What may be subscribed to, by name and in words; the test needs no subscription."""
    if is_chat:
        return [(one.name, str(one.title)) for one in CHAT_NEWS.values() if one.name != chat_news.TEST]
    return [(one.name, str(one.title)) for one in EVENT_TYPES.values() if one.name != event_types.TEST]


def add_webhook(*, name: str, address: str, subscribed: Collection[str], by: Any, now: datetime) -> Endpoint:
    """A webhook of the organization in scope, with a new secret; `by` is the user.

    Raises MessageError: `too_many`, `name_needed`, `unknown_event`, `nothing_chosen`, or a refusal of the address
    (`address_…`).
    """
    with transaction.atomic():
        _check_room(Endpoint.objects.webhooks(), MOST_WEBHOOKS)
        return Endpoint.objects.create(
            format=Format.WEBHOOK,
            name=_name(name),
            address=web_address(address, format=Format.WEBHOOK),
            subscribed=_chosen(subscribed, is_chat=False),
            secret=new_secret(),
            created_at=now,
            created_by=by,
        )


def add_chat(
    *, group_id: UUID, format: str, name: str, address: str, subscribed: Collection[str], by: Any, now: datetime
) -> Endpoint:
    """A chat of the cohort with that id. Raises as `add_webhook`, and MessageError `unknown_format`."""
    if format not in {Format.SLACK, Format.DISCORD, Format.MATTERMOST}:
        raise MessageError("unknown_format", _("Choose which chat it is."))
    with transaction.atomic():
        _check_room(Endpoint.objects.chats().filter(group_id=group_id), MOST_CHATS)
        return Endpoint.objects.create(
            format=format,
            name=_name(name),
            address=web_address(address, format=format),
            group_id=group_id,
            subscribed=_chosen(subscribed, is_chat=True),
            created_at=now,
            created_by=by,
        )


def change_webhook(*, endpoint: Endpoint, name: str, address: str, subscribed: Collection[str]) -> Endpoint:
    """What waits goes to the new address. Raises as `add_webhook`."""
    endpoint.name, endpoint.address = _name(name), web_address(address, format=endpoint.format)
    endpoint.subscribed = _chosen(subscribed, is_chat=False)
    endpoint.save(update_fields=["name", "address", "subscribed"])
    return endpoint


def subscribe(*, endpoint: Endpoint, subscribed: Collection[str]) -> Endpoint:
    """Let a chat hear of these alone. Raises MessageError `unknown_event` or `nothing_chosen`."""
    endpoint.subscribed = _chosen(subscribed, is_chat=endpoint.is_chat)
    endpoint.save(update_fields=["subscribed"])
    return endpoint


def switch(*, endpoint: Endpoint, is_on: bool, now: datetime) -> Endpoint:
    """On: what waits leaves, and failures are forgotten. Off: what waits is not sent, and nothing more is written."""
    endpoint.state = State.ON if is_on else State.OFF
    endpoint.failing_since, endpoint.failures, endpoint.rests_until = None, 0, None
    endpoint.save(update_fields=["state", "failing_since", "failures", "rests_until"])
    waiting = endpoint.deliveries.filter(state=Delivery.State.PENDING)
    if is_on:
        waiting.update(next_attempt_at=now)
        _start()
    else:
        said = _("It was switched off by somebody.")
        waiting.update(state=Delivery.State.SKIPPED, settled_at=now, reason=said, claimed_until=None)
    return endpoint


def rotate_secret(*, endpoint: Endpoint, now: datetime) -> str:
    """A new secret, which is shown now and never again; the one before signs as well for `OVERLAP`."""
    endpoint.old_secret, endpoint.old_secret_until = endpoint.secret, now + OVERLAP
    endpoint.secret = secret = new_secret()
    endpoint.save(update_fields=["secret", "old_secret", "old_secret_until"])
    return secret


def send_test(*, endpoint: Endpoint, by: Any, now: datetime) -> Delivery:
    """Raises MessageError `switched_off`."""
    _check_on(endpoint)
    key = str(uuid4())
    if endpoint.is_chat and endpoint.group_id:
        item = chat_news.Item(name=chat_news.TEST, group_id=endpoint.group_id, key=key, at=now)
        delivery = chat_news.delivery_of(item, endpoint)
    else:
        event = event_types.Event(name=event_types.TEST, key=key, at=now, data={"sent_by": str(by)})
        delivery = event_types.delivery_of(event, endpoint)
    Endpoint.objects.filter(pk=endpoint.pk).update(rests_until=None)
    event_types.write([delivery])
    return delivery


def replay(*, delivery: Delivery, now: datetime) -> Delivery:
    """Send it again, with the same id and all its attempts. Raises MessageError `switched_off` or `still_waiting`."""
    locked = Delivery.objects.select_for_update(of=("self",)).select_related("endpoint").get(pk=delivery.pk)
    _check_on(locked.endpoint)
    if locked.state == Delivery.State.PENDING:
        raise MessageError("still_waiting", _("It waits already, and leaves by itself."))
    _revive(Delivery.objects.filter(pk=locked.pk), now)
    return locked


def replay_failed(*, endpoint: Endpoint, since: datetime, now: datetime) -> int:
    """Send all that failed and happened since then again; return how many. Raises MessageError `switched_off`."""
    _check_on(endpoint)
    return _revive(endpoint.deliveries.failed().filter(occurred_at__gte=since), now)


def web_address(address: str, *, format: str) -> str:
    """The address in one form. Raises MessageError for one that is not on the public web, or not of that chat."""
    text = address.strip()
    if len(text) > ADDRESS_LENGTH:
        raise MessageError("address_too_long", _("Enter an address of at most 500 characters."))
    try:
        parts, host = split_public(text)
    except NotPublic as refusal:
        raise MessageError(f"address_{refusal.code}", _refusals()[refusal.code]) from None
    if parts.scheme.lower() != "https":
        raise MessageError("address_scheme", _refusals()["scheme"])
    _check_chat(format, host, parts)
    path, query = quote(parts.path, safe="/%:@!$&'()*+,;=~-._") or "/", quote(parts.query, safe="/%:@!$&'()*+,;=~-._?")
    normalized = urlunsplit(("https", host, path, query, ""))
    if len(normalized) > ADDRESS_LENGTH:
        raise MessageError("address_too_long", _("Enter an address of at most 500 characters."))
    return normalized


def _check_chat(format: str, host: str, parts: SplitResult) -> None:
    if format == Format.SLACK and not (host in SLACK_HOSTS and parts.path.startswith("/services/")):
        said = _("Enter the address that Slack gives: it begins with https://hooks.slack.com/services/")
        raise MessageError("address_not_slack", said)
    if format == Format.DISCORD and not (host in DISCORD_HOSTS and DISCORD_PATH.fullmatch(parts.path)):
        said = _("Enter the address that Discord gives: it begins with https://discord.com/api/webhooks/")
        raise MessageError("address_not_discord", said)


def _refusals() -> dict[str, str]:
    return {
        "scheme": _("Enter an address that starts with https://"),
        "not_web": _("Enter the full address, such as https://example.com/hooks/gilde"),
        "credentials": _("Remove the user name and password from the address."),
        "private": _("Enter an address on the public web, not one of your own computer or network."),
        "port": _("Enter an address without a port number, or with port 443."),
    }


def _name(name: str) -> str:
    name = " ".join(name.split())
    if not 0 < len(name) <= NAME_LENGTH:
        raise MessageError("name_needed", _("Enter a name of at most 80 characters."))
    return name


def _chosen(subscribed: Collection[str], *, is_chat: bool) -> list[str]:
    known = [name for name, _title in choices_for(is_chat=is_chat)]
    if set(subscribed) - set(known):
        raise MessageError("unknown_event", _("Choose from the list what it hears of."))
    if not subscribed:
        raise MessageError("nothing_chosen", _("Choose at least one thing that it hears of."))
    return [name for name in known if name in subscribed]


def _check_room(there: EndpointQuerySet, most: int) -> None:
    # The organization, not the endpoints: there is none to lock before the first.
    Organization.objects.select_for_update(no_key=True).get(pk=required_organization_id())
    if there.count() >= most:
        said = _("There are %(most)s already, which is the most there may be. Remove one first.")
        raise MessageError("too_many", said % {"most": most})


def _check_on(endpoint: Endpoint) -> None:
    if not endpoint.is_on:
        raise MessageError("switched_off", _("It is switched off. Switch it on first."))


def _revive(rows: DeliveryQuerySet, now: datetime) -> int:
    count = rows.update(
        state=Delivery.State.PENDING, settled_at=None, reason="", attempts=0, next_attempt_at=now, claimed_until=None,
        expires_at=None,
    )  # fmt: skip
    if count:
        _start()
    return count


def _start() -> None:
    organization_id = required_organization_id()
    transaction.on_commit(lambda: event_types.start_posting(organization_id), robust=True)
