"""Deliveries against a real server: what leaves, what comes back, and what that means for the endpoint."""

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from accounts.models import User
from notifications import chat_news, event_types, posting
from notifications.chat_news import ChatNews, Item, Post, tell_chats
from notifications.connecting import replay, replay_failed, rotate_secret, send_test, switch
from notifications.endpoints import Attempt, Delivery, Endpoint
from notifications.errors import MessageError
from notifications.event_types import Event, EventType, announce
from notifications.models import Message
from notifications.posting import BACKOFF, CHAT_REFUSALS, KEPT, LEASE, forget_old, post_due
from notifications.signing import new_secret, sign
from organizations.public_web import PublicWeb
from organizations.scope import scope
from tests.conftest import NOW, Cast
from tests.web_server import Answer, Site, open_web, running_site

HAPPENED = "thing.happened"
ROOM = uuid4()
untrue: set[str] = set()


@pytest.fixture
def site() -> Iterator[Site]:
    with running_site() as site:
        yield site


@pytest.fixture(autouse=True)
def _kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    untrue.clear()
    monkeypatch.setattr(posting.random, "uniform", lambda low, high: 1)
    monkeypatch.setitem(event_types.EVENT_TYPES, HAPPENED, EventType(name=HAPPENED, title="", example={}))
    news = ChatNews(name="news", title="News", explanation="", reason_untrue=_reason, compose=_compose)
    monkeypatch.setitem(chat_news.CHAT_NEWS, "news", news)


def _reason(delivery: Delivery, now: datetime) -> str:
    return "Not so." if delivery.payload["name"] in untrue else ""


def _compose(deliveries: Sequence[Delivery]) -> Post:
    return Post(title="New", lines=sorted(one.payload["name"] for one in deliveries), url="/o/x/")


def endpoint(cast: Cast, site: Site, **options: Any) -> Endpoint:
    """As it is stored: the rules for addresses would refuse the port of a test."""
    chat = options.get("format", "webhook") != "webhook"
    with scope(cast.organization.pk):
        return Endpoint.objects.create(
            **{
                "format": "webhook", "name": "CRM", "address": f"{site.url}/in", "group_id": ROOM if chat else None,
                "subscribed": ["news"] if chat else [HAPPENED], "secret": "" if chat else new_secret(),
                "created_at": NOW, "created_by": cast.ada.user, **options,
            }
        )  # fmt: skip


def happen(cast: Cast, *keys: str, at: datetime = NOW) -> int:
    with scope(cast.organization.pk):
        return announce(Event(name=HAPPENED, key=key, at=at, data={"one": key, "day": at.date()}) for key in keys)


def tell(cast: Cast, *names: str, **options: Any) -> int:
    with scope(cast.organization.pk):
        return tell_chats(
            Item(name="news", group_id=ROOM, key=name, at=NOW, payload={"name": name}, **options) for name in names
        )


def post(cast: Cast, now: datetime = NOW, web: PublicWeb | None = None) -> bool:
    return post_due(organization_id=cast.organization.pk, clock=lambda: now, web=web or open_web())


def fates(cast: Cast) -> dict[str, tuple[str, int]]:
    """State and attempts of every delivery, by key."""
    with scope(cast.organization.pk):
        return {one.key.partition(":")[2]: (one.state, one.attempts) for one in Delivery.objects.all()}


def fresh(cast: Cast, one: Endpoint) -> Endpoint:
    with scope(cast.organization.pk):
        return Endpoint.objects.get(pk=one.pk)


def within(cast: Cast, act: Callable[[], Any]) -> Any:
    with scope(cast.organization.pk):
        return act()


# -- webhooks ----------------------------------------------------------------------------------------------------------


def test_what_happened_arrives_signed_as_standard_webhooks_asks(cast: Cast, site: Site) -> None:
    one = endpoint(cast, site)
    assert happen(cast, "a") == 1
    assert happen(cast, "a") == 1  # written once all the same
    now = datetime.now(NOW.tzinfo)
    post(cast, now)
    [asked] = site.asked
    payload = Webhook(one.secret).verify(asked.body, asked.headers)
    assert payload == {
        "type": HAPPENED,
        "version": 1,
        "timestamp": "2026-11-23T09:00:00Z",
        "organization": str(cast.organization.pk),
        "data": {"one": "a", "day": "2026-11-23"},
    }
    assert (asked.method, asked.path, asked.headers["content-type"]) == ("POST", "/in", "application/json")
    assert fates(cast) == {"a": ("delivered", 1)}


def test_signature_of_the_specification() -> None:
    secret, body = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", b'{"test": 2432232314}'
    assert sign(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", body) == (
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    )


def test_two_secrets_sign_while_the_receiver_changes_over(cast: Cast, site: Site) -> None:
    one, now = endpoint(cast, site), datetime.now(NOW.tzinfo)
    old, new = one.secret, within(cast, lambda: rotate_secret(endpoint=one, now=now))
    happen(cast, "a")
    post(cast, now)
    happen(cast, "b")
    post(cast, now + timedelta(hours=24))
    first, second = site.asked
    for secret in (old, new):
        Webhook(secret).verify(first.body, first.headers)
    assert second.headers["webhook-signature"].count("v1,") == 1
    with pytest.raises(WebhookVerificationError):
        Webhook(old).verify(first.body + b" ", first.headers)


def test_nothing_is_written_that_nobody_wants_to_hear(cast: Cast, site: Site, django_assert_num_queries: Any) -> None:
    endpoint(cast, site, subscribed=["other.thing"])
    endpoint(cast, site, state="off")
    with scope(cast.organization.pk), django_assert_num_queries(1):
        assert announce([Event(name=HAPPENED, key="a", at=NOW)]) == 0


def test_failures_are_tried_again_for_three_days_and_then_the_webhook_is_switched_off(cast: Cast, site: Site) -> None:
    site.answer = lambda asked: Answer(500, {}, b"Oh no\x00")
    one, now = endpoint(cast, site), NOW
    happen(cast, "a")
    for wait in BACKOFF:
        post(cast, now)
        now += wait
    assert fates(cast) == {"a": ("pending", len(BACKOFF))}
    post(cast, now)
    assert fates(cast) == {"a": ("failed", len(BACKOFF) + 1)}
    assert len({asked.headers["webhook-id"] for asked in site.asked}) == 1
    with scope(cast.organization.pk):
        tries = Attempt.objects.order_by("number").values_list("number", "status", "response")
        assert list(tries) == [(number, 500, "Oh no") for number in range(1, len(BACKOFF) + 2)]
        mails = Message.objects.filter(kind="endpoint_switched_off").select_related("recipient")
        assert [mail.recipient for mail in mails] == [cast.ada.user]
    assert fresh(cast, one).state == "failed"

    happen(cast, "b", at=now)  # kept, for when it works again
    assert fates(cast)["b"] == ("failed", 0)
    site.answer = lambda asked: Answer(204)
    with pytest.raises(MessageError, match="Switch it on first"):
        within(cast, lambda: replay_failed(endpoint=fresh(cast, one), since=NOW, now=now))
    within(cast, lambda: switch(endpoint=fresh(cast, one), is_on=True, now=now))
    assert within(cast, lambda: replay_failed(endpoint=fresh(cast, one), since=NOW + timedelta(days=1), now=now)) == 1
    post(cast, now)
    assert fates(cast) == {"a": ("failed", len(BACKOFF) + 1), "b": ("delivered", 1)}


def test_gone_is_gone(cast: Cast, site: Site) -> None:
    site.answer = lambda asked: Answer(410)
    one = endpoint(cast, site)
    happen(cast, "a", "b")
    post(cast)
    assert (fresh(cast, one).state, len(site.asked)) == ("failed", 1)
    assert sorted(fates(cast).values()) == [("failed", 1), ("pending", 0)]


def test_endpoint_that_is_down_costs_one_attempt_and_not_one_for_each_delivery(cast: Cast, site: Site) -> None:
    site.answer = lambda asked: Answer(503)
    endpoint(cast, site)
    happen(cast, *"abcde")
    post(cast)
    assert len(site.asked) == 1
    post(cast, NOW + timedelta(seconds=14))
    assert len(site.asked) == 1
    site.answer = lambda asked: Answer(200)
    post(cast, NOW + timedelta(seconds=15))
    assert set(fates(cast).values()) == {("delivered", 1), ("pending", 1)}  # the first waits for its own minute
    post(cast, NOW + timedelta(minutes=1))
    assert set(fates(cast).values()) == {("delivered", 1), ("delivered", 2)}


def test_refusal_of_one_delivery_does_not_hold_up_the_next(cast: Cast, site: Site) -> None:
    site.answer = lambda asked: Answer(400 if json.loads(asked.body)["data"]["one"] == "a" else 200)
    endpoint(cast, site)
    happen(cast, "a", "b")
    post(cast)
    assert fates(cast) == {"a": ("pending", 1), "b": ("delivered", 1)}


def test_redirect_is_not_followed(cast: Cast, site: Site) -> None:
    site.answer = lambda asked: Answer(307, {"Location": f"{site.url}/elsewhere"})
    endpoint(cast, site)
    happen(cast, "a")
    post(cast)
    assert [asked.path for asked in site.asked] == ["/in"]
    assert fates(cast) == {"a": ("pending", 1)}


def test_private_address_is_never_asked(cast: Cast, site: Site) -> None:
    endpoint(cast, site)
    happen(cast, "a")
    post(cast, web=PublicWeb(resolve=lambda host, port: ["10.0.0.1"]))
    with scope(cast.organization.pk):
        assert Attempt.objects.get().said == "It leads to a private network."
    assert site.asked == []


def test_one_organization_does_not_post_for_another(cast: Cast, site: Site) -> None:
    endpoint(cast, site)
    happen(cast, "a")
    post_due(organization_id=cast.elsewhere.pk, clock=lambda: NOW, web=open_web())
    assert fates(cast) == {"a": ("pending", 0)}


def test_killed_worker_leaves_its_claim_to_the_next(cast: Cast, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*arguments: object, **options: object) -> None:
        raise SystemExit

    endpoint(cast, site)
    happen(cast, "a")
    with monkeypatch.context() as patch:
        patch.setattr(posting, "_record", killed)
        with pytest.raises(SystemExit):
            post(cast)
    post(cast, NOW + LEASE / 2)
    assert len(site.asked) == 1
    post(cast, NOW + LEASE)
    assert len({asked.headers["webhook-id"] for asked in site.asked}) == 1
    assert (len(site.asked), fates(cast)) == (2, {"a": ("delivered", 1)})


def test_replay_keeps_the_id_and_the_attempts(cast: Cast, site: Site) -> None:
    endpoint(cast, site)
    happen(cast, "a")
    delivery = within(cast, Delivery.objects.get)
    with pytest.raises(MessageError, match="leaves by itself"):
        within(cast, lambda: replay(delivery=delivery, now=NOW))
    post(cast)
    within(cast, lambda: replay(delivery=delivery, now=NOW))
    post(cast)
    assert [asked.headers["webhook-id"] for asked in site.asked] == [delivery.message_id] * 2
    with scope(cast.organization.pk):
        assert list(Attempt.objects.order_by("number").values_list("number", flat=True)) == [1, 2]


def test_who_switches_off_settles_what_waits(cast: Cast, site: Site) -> None:
    one = endpoint(cast, site)
    happen(cast, "a")
    within(cast, lambda: switch(endpoint=one, is_on=False, now=NOW))
    post(cast)
    assert (fates(cast), happen(cast, "b"), site.asked) == ({"a": ("skipped", 0)}, 0, [])
    with pytest.raises(MessageError, match="switched off"):
        within(cast, lambda: send_test(endpoint=one, by=cast.ada, now=NOW))


def test_test_leaves_although_the_endpoint_rests(cast: Cast, site: Site) -> None:
    one = endpoint(cast, site, rests_until=NOW + timedelta(minutes=5))
    within(cast, lambda: send_test(endpoint=one, by=cast.ada, now=NOW))
    post(cast)
    assert json.loads(site.asked[0].body)["data"] == {"sent_by": "Ada Visser"}


def test_old_deliveries_are_forgotten(cast: Cast, site: Site) -> None:
    endpoint(cast, site)
    happen(cast, "a")
    post(cast)
    happen(cast, "b")
    assert forget_old(organization_id=cast.organization.pk, now=NOW + KEPT) == 0
    assert forget_old(organization_id=cast.organization.pk, now=NOW + KEPT + timedelta(seconds=1)) == 1
    assert fates(cast) == {"b": ("pending", 0)}


# -- chats -------------------------------------------------------------------------------------------------------------


def test_news_that_wait_together_become_one_post_of_what_still_holds(cast: Cast, site: Site) -> None:
    endpoint(cast, site, format="slack", name="#rotterdam")
    untrue.add("Daan")
    assert tell(cast, "Amira", "Daan", "Sanne") == 3
    assert tell(cast, "Amira") == 0
    post(cast)
    [asked] = site.asked
    assert json.loads(asked.body)["text"] == "*New*\nAmira\nSanne\n<http://localhost:8000/o/x/>"
    assert "webhook-signature" not in asked.headers
    assert fates(cast) == {"Amira": ("delivered", 1), "Daan": ("skipped", 0), "Sanne": ("delivered", 1)}


def test_late_news_are_not_sent(cast: Cast, site: Site) -> None:
    endpoint(cast, site, format="slack")
    tell(cast, "Amira", expires_at=NOW + timedelta(hours=1))
    post(cast, NOW + timedelta(hours=1))
    assert (fates(cast), site.asked) == ({"Amira": ("skipped", 0)}, [])


@pytest.mark.parametrize("said", ["90", "90.0", "Mon, 23 Nov 2026 09:01:30 GMT"])
def test_chat_that_is_overrun_is_asked_again_when_it_says_so(cast: Cast, site: Site, said: str) -> None:
    site.answer = lambda asked: Answer(429, {"Retry-After": said})
    one = endpoint(cast, site, format="discord")
    tell(cast, "Amira")
    post(cast)
    tell(cast, "Daan")
    post(cast, NOW + timedelta(seconds=89))
    assert (len(site.asked), fresh(cast, one).failures) == (1, 0)
    site.answer = lambda asked: Answer(204)
    post(cast, NOW + timedelta(seconds=90))
    assert fates(cast) == {"Amira": ("delivered", 2), "Daan": ("delivered", 1)}


def test_chat_that_refuses_for_good_is_switched_off_and_its_people_are_told(cast: Cast, site: Site) -> None:
    site.answer = lambda asked: Answer(404, {}, b"no_service")
    one = endpoint(cast, site, format="slack")
    for number in range(CHAT_REFUSALS):
        tell(cast, str(number))
        post(cast)
    assert set(fates(cast).values()) == {("failed", 1)}
    assert fresh(cast, one).state == "failed"
    assert tell(cast, "later") == 0
    with scope(cast.organization.pk):
        told = User.objects.filter(pk__in=Message.objects.values("recipient"))
        assert list(told) == [cast.ada.user]  # nobody leads this cohort


def test_news_that_cannot_be_written_fail_alone(cast: Cast, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    endpoint(cast, site, format="slack")
    tell(cast, "Amira")
    monkeypatch.delitem(chat_news.CHAT_NEWS, "news")
    one = within(cast, Endpoint.objects.get)
    within(cast, lambda: send_test(endpoint=one, by=cast.ilse, now=NOW))
    post(cast)
    assert fates(cast)["Amira"] == ("failed", 0)
    assert json.loads(site.asked[0].body)["text"] == "*It works*\nNews of the cohort will appear here."
