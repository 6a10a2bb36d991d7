"""Look at a link without being talked into looking at something else.

A name is resolved once, every address it has must be public, and the connection goes to the very address that was
judged: what the name resolves to a moment later does not matter. Redirects are followed here, each judged anew. The
body is never read, and one deadline covers the whole look.
"""

import socket
import ssl
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address
from time import monotonic
from typing import Any
from urllib.parse import urljoin

import httpcore

from assessments.errors import AssessmentError
from assessments.links import Address, is_public, normalize
from assessments.models import LinkCheck

MOST_REDIRECTS = 5
SECONDS = 10.0
USER_AGENT = "Gilde link check"

Resolve = Callable[[str, int], Sequence[str]]
Outcome = LinkCheck.Outcome


@dataclass(frozen=True)
class Answer:
    """What a look at a link gave. `detail` is a code: `http_404`, `timeout`, `unknown_host`, `private_address`, …"""

    outcome: LinkCheck.Outcome
    detail: str = ""


def resolve(host: str, port: int) -> Sequence[str]:
    """Every address of a host. Raises OSError when it has none."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


@dataclass(frozen=True, kw_only=True)
class Guard:
    """What may be looked at. The defaults are the open web; tests put a server of their own in their place."""

    resolve: Resolve = resolve
    is_allowed: Callable[[Address], bool] = is_public
    normalize: Callable[[str], str] = normalize
    seconds: float = SECONDS
    tls: ssl.SSLContext | None = None

    def look(self, url: str) -> Answer:
        """Follow the link to its end and tell how that went. Never raises for what the other side does."""
        deadline = monotonic() + self.seconds
        try:
            for _hop in range(MOST_REDIRECTS + 1):
                url = self.normalize(url)
                status, location = self._ask(url, deadline)
                if not (300 <= status < 400 and location):
                    return _answer(status)
                url = urljoin(url, location)
        except AssessmentError as refusal:
            return Answer(Outcome.REFUSED, refusal.code)
        except _RefusedAddress:
            return Answer(Outcome.REFUSED, "private_address")
        except (httpcore.TimeoutException, TimeoutError):
            return Answer(Outcome.UNREACHABLE, "timeout")
        except (socket.gaierror, UnicodeError):
            return Answer(Outcome.UNREACHABLE, "unknown_host")
        except ValueError:  # a redirect to what is no address at all
            return Answer(Outcome.UNREACHABLE, "bad_redirect")
        except (httpcore.NetworkError, httpcore.ProtocolError, OSError) as problem:
            return Answer(Outcome.UNREACHABLE, "tls" if _is_tls(problem) else "no_answer")
        return Answer(Outcome.UNREACHABLE, "too_many_redirects")

    def _ask(self, url: str, deadline: float) -> tuple[int, str]:
        """The status and the Location of one answer; only its head is read."""
        target = httpcore.URL(url.partition("#")[0])
        secure = target.scheme == b"https"
        addresses = self._addresses(target.host.decode().strip("[]"), target.port or (443 if secure else 80))
        headers: list[tuple[bytes | str, bytes | str]] = [
            ("Host", _host_header(target)),
            ("User-Agent", USER_AGENT),
            ("Accept", "*/*"),
            ("Connection", "close"),
        ]
        tls = (self.tls or ssl.create_default_context()) if secure else None
        with (
            httpcore.ConnectionPool(ssl_context=tls, network_backend=_Pinned(addresses, deadline)) as pool,
            pool.stream("GET", target, headers=headers) as response,
        ):
            location = next((value for name, value in response.headers if name.lower() == b"location"), b"")
            return response.status, location.decode("latin-1")

    def _addresses(self, host: str, port: int) -> list[str]:
        addresses = list(self.resolve(host, port))
        if not addresses:
            raise socket.gaierror(host)
        if not all(self.is_allowed(ip_address(address)) for address in addresses):
            raise _RefusedAddress
        return addresses


class _RefusedAddress(Exception):
    """The name leads, at least in part, to an address that may not be looked at."""


class _Pinned(httpcore.NetworkBackend):
    """Connects to the judged addresses alone, whatever name is asked for, and lets nothing outlast the deadline."""

    def __init__(self, addresses: Sequence[str], deadline: float) -> None:
        self.addresses, self.deadline = addresses, deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        *others, last = self.addresses
        for address in others:
            with suppress(httpcore.ConnectError, httpcore.ConnectTimeout):
                return self._connect(address, port, _left(self.deadline) / 2, local_address, socket_options)
        return self._connect(last, port, _left(self.deadline), local_address, socket_options)

    def _connect(
        self, address: str, port: int, timeout: float, local_address: str | None, socket_options: Iterable[Any] | None
    ) -> httpcore.NetworkStream:
        stream = httpcore.SyncBackend().connect_tcp(address, port, timeout, local_address, socket_options)
        return _TimedStream(stream, self.deadline)


class _TimedStream(httpcore.NetworkStream):
    """A stream on which a byte now and then does not buy more time."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: float) -> None:
        self.stream, self.deadline = stream, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self.stream.read(max_bytes, _left(self.deadline))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.stream.write(buffer, _left(self.deadline))

    def close(self) -> None:
        self.stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        secured = self.stream.start_tls(ssl_context, server_hostname, _left(self.deadline))
        return _TimedStream(secured, self.deadline)

    def get_extra_info(self, info: str) -> Any:
        return self.stream.get_extra_info(info)


def _left(deadline: float) -> float:
    left = deadline - monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _host_header(target: httpcore.URL) -> bytes:
    default = {b"http": 80, b"https": 443}[target.scheme]
    return target.host if target.port in (None, default) else b"%b:%d" % (target.host, target.port)


def _answer(status: int) -> Answer:
    if 200 <= status < 300:
        return Answer(Outcome.REACHABLE)
    return Answer(Outcome.UNREACHABLE, f"http_{status}")


def _is_tls(problem: BaseException | None) -> bool:
    """Whether TLS lies at the root; httpcore wraps what it meets."""
    while problem is not None:
        if isinstance(problem, ssl.SSLError):
            return True
        problem = problem.__cause__ or problem.__context__
    return False
