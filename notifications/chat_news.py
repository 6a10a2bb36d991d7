"""What a cohort's chat may hear of, one entry for each kind of news. Each app declares its own; this module knows none.

Everybody in a channel reads along: news hold nothing that a learner would not say there, so no risk, review or reason.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _

from notifications.endpoints import Delivery, Endpoint
from notifications.event_types import write

TEST = "test"


@dataclass(frozen=True, kw_only=True)
class Post:
    """What a chat reads, as plain text: a title, lines below it, and where one reads on (a path or address)."""

    title: str
    lines: Sequence[str] = ()
    url: str = ""


@dataclass(frozen=True, kw_only=True)
class ChatNews:
    """`reason_untrue` is asked just before it leaves: an empty text while it holds, else why it is not sent.

    `compose` writes one post about all that waits for the same chat, in the organization's language and zone.
    """

    name: str
    title: str | Promise
    explanation: str | Promise
    reason_untrue: Callable[[Delivery, datetime], str]
    compose: Callable[[Sequence[Delivery]], Post]


@dataclass(frozen=True, kw_only=True)
class Item:
    """Something for the chats of one cohort. `key` tells it from others of its kind."""

    name: str
    group_id: UUID
    key: str
    at: datetime
    due_at: datetime | None = None
    expires_at: datetime | None = None
    subject_id: UUID | None = None
    payload: Mapping[str, Any] = field(default_factory=dict)


CHAT_NEWS: dict[str, ChatNews] = {}


def register_news(news: ChatNews) -> ChatNews:
    """Declare a kind, once, when the app is ready. Raises ValueError when another has its name."""
    if CHAT_NEWS.setdefault(news.name, news) is not news:
        raise ValueError(f"There is news named {news.name} already.")
    return news


def groups_that_hear(name: str) -> set[UUID]:
    """The cohorts with a chat that is on and wants to hear of it; one query."""
    found = Endpoint.objects.chats().hears([name]).filter(state=Endpoint.State.ON)
    return {group_id for group_id in found.values_list("group_id", flat=True) if group_id}


def tell_chats(items: Iterable[Item]) -> int:
    """Write news down for the chats of their cohorts; return how many deliveries there are. One query without chats."""
    found = list(items)
    if unknown := {item.name for item in found} - CHAT_NEWS.keys():
        raise ValueError(f"No app registered {', '.join(sorted(unknown))}.")
    if not found:
        return 0
    listening = Endpoint.objects.chats().hears(sorted({item.name for item in found}))
    endpoints = list(listening.filter(state=Endpoint.State.ON, group_id__in={item.group_id for item in found}))
    rows = [
        delivery_of(item, endpoint)
        for endpoint in endpoints
        for item in found
        if item.group_id == endpoint.group_id and item.name in endpoint.subscribed
    ]
    known = set(Delivery.objects.filter(key__in={row.key for row in rows}).values_list("endpoint", "key"))
    fresh = [row for row in rows if (row.endpoint_id, row.key) not in known]
    write(fresh)
    return len(fresh)


def delivery_of(item: Item, endpoint: Endpoint) -> Delivery:
    return Delivery(
        endpoint=endpoint,
        name=item.name,
        key=f"{item.name}:{item.key}",
        payload=dict(item.payload),
        subject_id=item.subject_id,
        occurred_at=item.at,
        next_attempt_at=item.due_at or item.at,
        expires_at=item.expires_at,
    )


register_news(
    ChatNews(
        name=TEST,
        title=_("Test"),
        explanation=_("A test that somebody sends from Gilde."),
        reason_untrue=lambda delivery, now: "",
        compose=lambda deliveries: Post(
            title=say("It works"), lines=[say("News of the cohort will appear here.")], url=""
        ),
    )
)
