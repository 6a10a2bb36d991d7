"""Staff see how every kind of mail looks."""

import re
from collections.abc import Callable
from html import unescape

import pytest
from django.test import Client

from home.mail_samples import SAMPLES
from notifications.kinds import KINDS
from tests.conftest import Cast

PREVIEW = "/o/lantaarn/messages/preview/"


def test_every_kind_has_a_sample() -> None:
    assert set(SAMPLES) == set(KINDS)


@pytest.mark.parametrize("kind", sorted(SAMPLES))
def test_kind_is_shown_in_both_languages_with_nothing_missing(
    cast: Cast, sign_in: Callable[..., Client], kind: str
) -> None:
    client = sign_in(cast.ilse)
    page = unescape(client.get(f"{PREVIEW}{kind}/").content.decode())
    for language in ("en", "nl"):
        frame = client.get(f"{PREVIEW}{kind}/{language}/")
        subject = re.search(rf'id="mail-{language}" lang="{language}">(.*?)</h3>', page)
        assert subject
        assert subject[1].strip()
        said = unescape(frame.content.decode())
        assert f'<html lang="{language}">' in said
        assert [fault for fault in ("None", "  ,", "“”", " .", "/unsubscribe/x") if fault in subject[1]] == []
        assert ("/unsubscribe/preview/" in said) is not KINDS[kind].mandatory


def test_frame_may_do_nothing_and_only_we_may_frame_it(cast: Cast, sign_in: Callable[..., Client]) -> None:
    client = sign_in(cast.ilse)
    frame = client.get(f"{PREVIEW}milestone_ahead/en/")
    policy = frame["Content-Security-Policy"]
    assert re.fullmatch(r"default-src 'none'; style-src 'sha256-[\w+/=]{44}'; frame-ancestors 'self'; sandbox", policy)
    assert frame["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-src 'self'" in client.get(f"{PREVIEW}milestone_ahead/")["Content-Security-Policy"]


def test_unknown_kind_and_language_are_not_there(cast: Cast, sign_in: Callable[..., Client]) -> None:
    client = sign_in(cast.ilse)
    for path in ("nonsense/", "nonsense/en/", "milestone_ahead/xx/"):
        assert client.get(PREVIEW + path).status_code == 404
