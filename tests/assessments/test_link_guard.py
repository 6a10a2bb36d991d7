"""The guard against a server of our own: loopback is allowed only where a test says so."""

import gzip
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address

import pytest

from assessments.link_guard import Answer, Guard, Outcome
from assessments.links import normalize
from organizations.public_address import is_public
from tests.web_server import pouring_site


class _Site(BaseHTTPRequestHandler):
    """Answers with the status its path names; `/to/<address>` redirects there."""

    seen: list[tuple[str, str]]

    def do_GET(self) -> None:
        _Site.seen.append((self.headers["Host"], self.path))
        if self.path.startswith("/to/"):
            self.send_response(302)
            self.send_header("Location", self.path.removeprefix("/to/"))
        elif self.path == "/endless":
            self.send_response(302)
            self.send_header("Location", "/endless")
        else:
            self.send_response(int(self.path[1:4] or 200))
        self.send_header("Content-Length", "1000000000")  # never sent: the guard does not ask for the body
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def site() -> Iterator[int]:
    """The port of a running site."""
    _Site.seen = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Site)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    thread.join()
    server.server_close()


def keep(url: str) -> str:
    """The site has a port of its own, which `normalize` would refuse."""
    return url


def normalize_after(site: int) -> Callable[[str], str]:
    """Judge everything but the site itself."""
    return lambda url: url if f":{site}/" in url else normalize(url)


def here(host: str, port: int) -> list[str]:
    return ["127.0.0.1"]


def open_guard(**options: object) -> Guard:
    return Guard(**{"resolve": here, "is_allowed": lambda address: True, "normalize": keep, **options})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/200", Answer(Outcome.REACHABLE)),
        ("/204", Answer(Outcome.REACHABLE)),
        ("/to//200", Answer(Outcome.REACHABLE, final_url="/200")),
        ("/to//to//200?a=1#b", Answer(Outcome.REACHABLE, final_url="/200?a=1")),
        ("/429", Answer(Outcome.UNKNOWN, "http_429")),
        ("/404", Answer(Outcome.UNREACHABLE, "http_404")),
        ("/503", Answer(Outcome.UNREACHABLE, "http_503")),
        ("/304", Answer(Outcome.UNREACHABLE, "http_304")),
        ("/endless", Answer(Outcome.UNREACHABLE, "too_many_redirects")),
    ],
)
def test_look_tells_how_a_link_answers(site: int, path: str, answer: Answer) -> None:
    here = f"http://work.example:{site}"
    found = open_guard().look(here + path)
    assert replace(found, final_url=found.final_url.removeprefix(here)) == answer


def test_look_asks_for_the_name_and_not_for_the_address(site: int) -> None:
    open_guard().look(f"http://work.example:{site}/200#part")
    assert _Site.seen == [(f"work.example:{site}", "/200")]


def test_redirects_stop_at_five(site: int) -> None:
    open_guard().look(f"http://work.example:{site}/endless")
    assert len(_Site.seen) == 6


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["10.0.0.1"],
        ["169.254.169.254"],
        ["::1"],
        ["::ffff:127.0.0.1"],
        ["8.8.8.8", "127.0.0.1"],
        ["fe80::1%1"],
        ["0.0.0.0"],  # noqa: S104
        ["192.168.1.1"],
        ["100.64.0.1"],
        ["198.18.0.1"],
        ["224.0.0.1"],
        ["fd00::1"],
        ["::127.0.0.1"],
        ["::ffff:169.254.169.254"],
        ["64:ff9b::7f00:1"],
        ["64:ff9b:1::7f00:1"],
        ["2002:7f00:1::"],
        ["2001:0:7f00:1::"],
    ],
)
def test_name_that_leads_to_a_private_address_is_refused_unasked(site: int, addresses: list[str]) -> None:
    guard = open_guard(resolve=lambda host, port: addresses, is_allowed=is_public)
    assert guard.look(f"http://work.example:{site}/200") == Answer(Outcome.REFUSED, "private_address")
    assert _Site.seen == []


def test_redirect_to_a_private_name_is_refused(site: int) -> None:
    names = {"work.example": "127.0.0.1", "evil.example": "10.0.0.1"}
    guard = open_guard(
        resolve=lambda host, port: [names[host]], is_allowed=lambda address: address == ip_address("127.0.0.1")
    )
    answer = guard.look(f"http://work.example:{site}/to/http://evil.example/")
    assert answer == Answer(Outcome.REFUSED, "private_address")


@pytest.mark.parametrize(
    ("location", "code"),
    [
        ("http://127.0.0.1/", "link_private"),
        ("http://[::1]/", "link_private"),
        ("//localhost/", "link_private"),
        ("http://169.254.169.254/latest/meta-data/", "link_private"),
        ("http://2130706433/", "link_private"),
        ("http://0x7f000001/", "link_private"),
        ("http://017700000001/", "link_private"),
        ("http://0177.1/", "link_private"),
        ("http://[::ffff:7f00:1]/", "link_private"),
        ("http://[64:ff9b::7f00:1]/", "link_private"),
        ("http://[2002:7f00:1::]/", "link_private"),
        ("file:///etc/passwd", "link_scheme"),
        ("gopher://work.example/", "link_scheme"),
        ("ftp://work.example/", "link_scheme"),
        ("data:text/html,x", "link_scheme"),
        ("javascript:alert(1)", "link_scheme"),
        ("http://work.example:6379/", "link_port"),
        ("http://amira@work.example/", "link_credentials"),
    ],
)
def test_every_hop_is_judged_like_a_submitted_link(site: int, location: str, code: str) -> None:
    first = f"http://work.example:{site}/to/{location}"
    guard = open_guard(normalize=lambda url: url if url == first else normalize(url))
    assert guard.look(first) == Answer(Outcome.REFUSED, code)


@pytest.mark.parametrize("location", ["http://[::1", "http://[x]/"])
def test_redirect_to_no_address_at_all_is_an_answer_too(site: int, location: str) -> None:
    answer = open_guard(normalize=normalize_after(site)).look(f"http://work.example:{site}/to/{location}")
    assert answer == Answer(Outcome.UNREACHABLE, "bad_redirect")


def test_name_is_resolved_once_and_the_judged_address_is_used(site: int) -> None:
    """A name that answers differently the second time (DNS rebinding) gains nothing."""
    answers = iter([["127.0.0.1"], ["10.0.0.1"]])
    guard = open_guard(
        resolve=lambda host, port: next(answers), is_allowed=lambda address: address == ip_address("127.0.0.1")
    )
    assert guard.look(f"http://work.example:{site}/200") == Answer(Outcome.REACHABLE)
    assert next(answers) == ["10.0.0.1"]


def test_name_that_turns_private_between_two_hops_is_refused(site: int) -> None:
    answers = iter([["127.0.0.1"], ["10.0.0.1"]])
    guard = open_guard(
        resolve=lambda host, port: next(answers), is_allowed=lambda address: address == ip_address("127.0.0.1")
    )
    assert guard.look(f"http://work.example:{site}/to//200") == Answer(Outcome.REFUSED, "private_address")
    assert len(_Site.seen) == 1


def test_next_address_is_tried_when_one_does_not_answer(site: int) -> None:
    guard = open_guard(resolve=lambda host, port: ["127.0.0.2", "127.0.0.1"])
    assert guard.look(f"http://work.example:{site}/200") == Answer(Outcome.REACHABLE)


def test_unknown_host() -> None:
    def unknown(host: str, port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "no such name")

    assert open_guard(resolve=unknown).look("https://gone.example/") == Answer(Outcome.UNREACHABLE, "unknown_host")


def test_nothing_listens() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    assert open_guard().look(f"http://work.example:{port}/") == Answer(Outcome.UNREACHABLE, "no_answer")


def test_plain_answer_to_tls_is_told_apart(site: int) -> None:
    assert open_guard().look(f"https://work.example:{site}/200") == Answer(Outcome.UNREACHABLE, "tls")


OK = b"HTTP/1.1 200 OK\r\n"
BOMB = gzip.compress(b"0" * 1_000_000)


@pytest.mark.parametrize(
    ("head", "drop", "every", "answer"),
    [
        # A head that drips, a byte now and then, buys no time.
        (OK, b"X-Slow: 1\r\n", 0.02, Answer(Outcome.UNREACHABLE, "timeout")),
        (b"", b"H", 0.02, Answer(Outcome.UNREACHABLE, "timeout")),
        # A head without end is no answer.
        (OK, b"X-Long: " + b"x" * 5_000 + b"\r\n", 0.0, Answer(Outcome.UNREACHABLE, "no_answer")),
        # The body is not asked for: neither one without end, nor one that drips or unpacks to a million times its size.
        (OK + b"\r\n", b"x" * 100_000, 0.0, Answer(Outcome.REACHABLE)),
        (OK + b"Content-Length: 1000000000000\r\n\r\n", b"x", 0.02, Answer(Outcome.REACHABLE)),
        (OK + b"Content-Encoding: gzip\r\n\r\n", BOMB, 0.0, Answer(Outcome.REACHABLE)),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n", b"zz\r\n", 0.0, Answer(Outcome.REACHABLE)),
    ],
)
def test_server_that_never_ends_takes_neither_time_nor_room(
    head: bytes, drop: bytes, every: float, answer: Answer
) -> None:
    with pouring_site(head, drop, every=every) as port:
        assert open_guard(seconds=0.2).look(f"http://work.example:{port}/") == answer


def test_defaults_refuse_this_very_computer() -> None:
    guard = Guard(resolve=here)
    assert guard.look("http://work.example/") == Answer(Outcome.REFUSED, "private_address")
    assert guard.look("http://127.0.0.1/") == Answer(Outcome.REFUSED, "link_private")
