"""What a look at links does not show: bodies both ways. tests/assessments/test_link_guard.py has the rest."""

from collections.abc import Iterator
from time import monotonic

import pytest

from organizations.public_web import PublicWeb, Reply, Unanswered
from tests.web_server import Answer, Asked, Site, open_web, running_site


@pytest.fixture
def site() -> Iterator[Site]:
    with running_site() as site:
        yield site


def test_ask_sends_a_body_and_reads_no_more_of_the_answer_than_was_asked_for(site: Site) -> None:
    site.answer = lambda asked: Answer(201, {"Retry-After": "7"}, b"x" * 100_000)
    reply = open_web().ask(
        f"{site.url}/in?a=1",
        deadline=monotonic() + 5,
        method="POST",
        headers={"Content-Type": "text/plain"},
        content="één".encode(),
        most_bytes=10,
    )
    assert (reply.status, reply.headers["retry-after"], reply.body) == (201, "7", b"x" * 10)
    assert site.asked == [
        Asked(
            "POST",
            "/in?a=1",
            {
                "host": f"site.example:{site.port}",
                "content-type": "text/plain",
                "connection": "close",
                "content-length": "5",
            },
            "één".encode(),
        )
    ]


def test_ask_follows_no_redirect(site: Site) -> None:
    site.answer = lambda asked: Answer(302, {"Location": f"{site.url}/elsewhere"})
    reply = open_web().ask(f"{site.url}/in", deadline=monotonic() + 5, method="POST", content=b"{}")
    assert isinstance(reply, Reply)
    assert [asked.path for asked in site.asked] == ["/in"]


def test_this_very_computer_is_not_on_the_public_web(site: Site) -> None:
    web = PublicWeb(resolve=lambda host, port: ["127.0.0.1"])
    with pytest.raises(Unanswered) as refusal:
        web.ask(f"{site.url}/in", deadline=monotonic() + 5, method="POST", content=b"{}")
    assert (refusal.value.code, site.asked) == ("private_address", [])
