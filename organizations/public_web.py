"""Speak with a server on the public web without being talked into speaking with another.

A name is resolved once, every address it has must be public, and the connection goes to the very address that was
judged: what the name resolves to a moment later does not matter. Redirects are not followed; who follows one asks
again, and it is judged anew. One deadline covers the whole exchange, and no more is read than was asked for.
"""

import socket
import ssl
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address
from time import monotonic
from typing import Any

import httpcore

from organizations.public_address import WEB_PORTS, IPAddress, is_public

Resolve = Callable[[str, int], Sequence[str]]


class Unanswered(Exception):
    """Nobody answered, or nobody who may be asked.

    `code` says why: `private_address`, `timeout`, `unknown_host`, `bad_address`, `tls` or `no_answer`.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Reply:
    """What a server answered. Names of headers are in small letters; `body` is as much as was asked for."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""


def resolve(host: str, port: int) -> Sequence[str]:
    """Every address of a host. Raises OSError when it has none."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


@dataclass(frozen=True, kw_only=True)
class PublicWeb:
    """Who may be spoken with. The defaults are the open web; tests put a server of their own in their place."""

    resolve: Resolve = resolve
    is_allowed: Callable[[IPAddress], bool] = is_public
    tls: ssl.SSLContext | None = None

    def ask(
        self,
        url: str,
        *,
        deadline: float,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        content: bytes = b"",
        most_bytes: int = 0,
    ) -> Reply:
        """One request and its answer, until `deadline` on the monotonic clock; at most `most_bytes` of the body.

        Raises Unanswered.
        """
        try:
            return self._ask(url, deadline, method, headers or {}, content, most_bytes)
        except _RefusedAddress:
            raise Unanswered("private_address") from None
        except (httpcore.TimeoutException, TimeoutError):
            raise Unanswered("timeout") from None
        except (socket.gaierror, UnicodeError):
            raise Unanswered("unknown_host") from None
        except ValueError:
            raise Unanswered("bad_address") from None
        except (httpcore.NetworkError, httpcore.ProtocolError, OSError) as problem:
            raise Unanswered("tls" if _is_tls(problem) else "no_answer") from problem

    def _ask(
        self, url: str, deadline: float, method: str, headers: Mapping[str, str], content: bytes, most_bytes: int
    ) -> Reply:
        target = httpcore.URL(url.partition("#")[0])
        secure = target.scheme == b"https"
        addresses = self._addresses(target.host.decode().strip("[]"), target.port or (443 if secure else 80))
        sent: list[tuple[bytes | str, bytes | str]] = [("Host", _host_header(target)), *headers.items()]
        sent.append(("Connection", "close"))
        if content:
            sent.append(("Content-Length", str(len(content))))
        tls = (self.tls or ssl.create_default_context()) if secure else None
        with (
            httpcore.ConnectionPool(ssl_context=tls, network_backend=_Pinned(addresses, deadline)) as pool,
            pool.stream(method, target, headers=sent, content=content) as response,
        ):
            heard = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
            return Reply(response.status, heard, _read(response, most_bytes))

    def _addresses(self, host: str, port: int) -> list[str]:
        addresses = list(self.resolve(host, port))
        if not addresses:
            raise socket.gaierror(host)
        if not all(self.is_allowed(ip_address(address)) for address in addresses):
            raise _RefusedAddress
        return addresses


class _RefusedAddress(Exception):
    """The name leads, at least in part, to an address that may not be spoken with."""


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


def _read(response: httpcore.Response, most_bytes: int) -> bytes:
    body = b""
    if most_bytes:
        for chunk in response.iter_stream():
            body += chunk
            if len(body) >= most_bytes:
                break
    return body[:most_bytes]


def _host_header(target: httpcore.URL) -> bytes:
    default = WEB_PORTS[target.scheme.decode()]
    return target.host if target.port in (None, default) else b"%b:%d" % (target.host, target.port)


def _is_tls(problem: BaseException | None) -> bool:
    """Whether TLS lies at the root; httpcore wraps what it meets."""
    while problem is not None:
        if isinstance(problem, ssl.SSLError):
            return True
        problem = problem.__cause__ or problem.__context__
    return False
