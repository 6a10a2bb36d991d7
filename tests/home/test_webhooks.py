"""The pages about webhooks."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Membership
from notifications.connecting import MOST_WEBHOOKS
from notifications.endpoints import Attempt, Delivery, Endpoint
from organizations.scope import scope
from tests.conftest import NOW, Cast

SignIn = Callable[[Membership | None], Client]
URL = "/o/lantaarn/settings/webhooks/"
FORM = {"name": "CRM", "address": "https://crm.example/hooks?from=gilde", "subscribed": ["level.passed"]}


def webhook(cast: Cast, **options: object) -> Endpoint:
    with scope(cast.organization.pk):
        values = {
            "format": "webhook", "name": "CRM", "address": "https://crm.example/in", "subscribed": ["level.passed"],
            "secret": "whsec_c2VjcmV0", "created_at": NOW, "created_by": cast.ada.user, **options,
        }  # fmt: skip
        return Endpoint.objects.create(**values)


def failed(one: Endpoint, number: int) -> Delivery:
    with scope(one.organization_id):
        delivery = Delivery.objects.create(
            endpoint=one, name="level.passed", key=str(number), occurred_at=NOW, next_attempt_at=NOW, state="failed",
            settled_at=NOW, attempts=2,
        )  # fmt: skip
        for attempt in (1, 2):
            Attempt.objects.create(delivery=delivery, number=attempt, at=NOW, status=500, milliseconds=20)
        return delivery


def test_secret_is_shown_once(cast: Cast, sign_in: SignIn) -> None:
    ada = sign_in(cast.ada)
    page = ada.post(f"{URL}new/", FORM)
    with scope(cast.organization.pk):
        one = Endpoint.objects.get()
    assert (one.name, one.address, one.subscribed, one.state) == (*FORM.values(), "on")
    assert one.secret in page.content.decode()
    assert "no-store" in page.headers["Cache-Control"]
    for url in (URL, f"{URL}{one.pk}/", f"{URL}{one.pk}/edit/"):
        assert one.secret not in ada.get(url).content.decode()
    again = ada.post(f"{URL}{one.pk}/secret/").content.decode()
    with scope(cast.organization.pk):
        changed = Endpoint.objects.get()
    assert changed.old_secret == one.secret != changed.secret
    assert changed.secret in again


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"address": "http://crm.example/in"}, "Enter an address that starts with https://"),
        ({"address": "ftp://crm.example/in"}, "Enter an address that starts with https://"),
        ({"address": "https://127.0.0.1/in"}, "Enter an address on the public web"),
        ({"address": "https://0x7f000001/in"}, "Enter an address on the public web"),
        ({"address": "https://gilde.internal/in"}, "Enter an address on the public web"),
        ({"address": "https://[::1]/in"}, "Enter an address on the public web"),
        ({"address": "https://crm.example:8443/in"}, "without a port number, or with port 443"),
        ({"address": "https://ada:x@crm.example/in"}, "Remove the user name and password"),
        ({"address": "https://crm.example/\x07"}, "Enter the full address"),
        ({"subscribed": []}, "Choose at least one thing that it hears of."),
        ({"subscribed": ["world.ended"]}, "Select a valid choice"),
        ({"name": "  "}, "Fill in “Name”."),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_lost(
    cast: Cast, sign_in: SignIn, wrong: dict[str, object], sentence: str
) -> None:
    page = sign_in(cast.ada).post(f"{URL}new/", {**FORM, **wrong})
    assert page.status_code == 422
    text = page.content.decode()
    assert sentence in text
    assert "CRM" in text or "name" in wrong
    with scope(cast.organization.pk):
        assert not Endpoint.objects.exists()


def test_there_is_an_end_to_webhooks(cast: Cast, sign_in: SignIn) -> None:
    for number in range(MOST_WEBHOOKS):
        webhook(cast, name=str(number))
    page = sign_in(cast.ada).post(f"{URL}new/", FORM)
    assert (page.status_code, "Remove one first" in page.content.decode()) == (422, True)


def test_failed_deliveries_are_found_and_sent_again(cast: Cast, sign_in: SignIn) -> None:
    one, ada = webhook(cast), sign_in(cast.ada)
    first, second = failed(one, 1), failed(one, 2)
    url = f"{URL}{one.pk}/"
    assert f"deliveries/{first.pk}/" in ada.get(f"{url}?state=failed&event=level.passed").content.decode()
    assert f"deliveries/{first.pk}/" not in ada.get(f"{url}?state=delivered").content.decode()
    assert ada.post(f"{url}deliveries/{first.pk}/replay/").status_code == 302
    assert ada.post(f"{url}deliveries/{first.pk}/replay/").status_code == 422  # it waits already
    later = (NOW + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M")
    ada.post(f"{url}replay/", {"since": later})
    with scope(cast.organization.pk):
        assert dict(Delivery.objects.values_list("pk", "state")) == {first.pk: "pending", second.pk: "failed"}
    ada.post(f"{url}replay/", {"since": NOW.strftime("%Y-%m-%dT%H:%M")})
    with scope(cast.organization.pk):
        assert set(Delivery.objects.values_list("state", flat=True)) == {"pending"}


def test_webhook_is_changed_switched_and_removed(cast: Cast, sign_in: SignIn) -> None:
    one, ada = webhook(cast, state="failed", failures=9, failing_since=NOW), sign_in(cast.ada)
    url = f"{URL}{one.pk}/"
    assert "Gilde switched it off" in ada.get(url).content.decode()
    assert ada.post(f"{url}test/").status_code == 422
    ada.post(f"{url}switch/", {"on": "1"})
    assert ada.post(f"{url}test/").status_code == 302
    ada.post(f"{url}edit/", {**FORM, "subscribed": ["submission.made", "level.passed"]})
    with scope(cast.organization.pk):
        changed = Endpoint.objects.get()
        assert (changed.state, changed.failures, changed.failing_since) == ("on", 0, None)
        assert changed.subscribed == ["submission.made", "level.passed"]
        assert Delivery.objects.get().name == "webhook.test"
    ada.post(f"{url}remove/")
    with scope(cast.organization.pk):
        assert not Delivery.objects.exists()


def test_pages_ask_the_same_number_of_questions_whatever_they_show(cast: Cast, sign_in: SignIn) -> None:
    one, ada = webhook(cast), sign_in(cast.ada)
    counts: dict[str, list[int]] = {}
    failed(one, 0)
    for rows in (1, 3):
        for url in (URL, f"{URL}{one.pk}/"):
            ada.get(url)
            with CaptureQueriesContext(
                connection,
            ) as queries:
                ada.get(url)
            counts.setdefault(url, []).append(len(queries))
        if rows == 1:
            webhook(cast, name="A"), webhook(cast, name="B")
            failed(one, 1), failed(one, 2)
    assert all(few == many <= 12 for few, many in counts.values()), counts
