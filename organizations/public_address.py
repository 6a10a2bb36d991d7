"""Which addresses are on the public web, told from how they are written; nothing here touches the network.

`public_web` settles what only a look-up can tell.
"""

import re
import socket
import unicodedata
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import SplitResult, urlsplit

WEB_PORTS = {"http": 80, "https": 443}
PRIVATE_SUFFIXES = ("localhost", "local", "internal", "intranet", "lan", "home", "corp", "home.arpa")
NUMERIC_LABEL = re.compile(r"[0-9]+|0x[0-9a-f]*", re.IGNORECASE)
HOST = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z0-9-]{2,63}")
GLOBAL_UNICAST = IPv6Network("2000::/3")
TRANSLATED = IPv6Network("64:ff9b::/96")

IPAddress = IPv4Address | IPv6Address


class NotPublic(ValueError):
    """What was written is no address on the public web.

    `code` says why: `scheme`, `not_web`, `credentials`, `private` or `port`; whoever asked says it in words.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def split_public(text: str) -> tuple[SplitResult, str]:
    """The parts of a web address, and its host with port as equal addresses share it.

    The host is in small letters, in ASCII, without trailing dot; a port stands there unless it is the scheme's own.
    Raises NotPublic.
    """
    parts = _split(text)
    if parts.username is not None or parts.password is not None:
        raise NotPublic("credentials")
    host, port = _host(parts), _port(parts)
    return parts, f"[{host}]{port}" if ":" in host else f"{host}{port}"


def is_public(address: IPAddress) -> bool:
    """Whether an address is one that anybody on the internet may reach.

    Addresses that carry another inside (IPv4-mapped, NAT64) count as that one; tunnels (6to4, Teredo) never count.
    """
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        if address in TRANSLATED:
            return is_public(IPv4Address(address.packed[-4:]))
        if address not in GLOBAL_UNICAST or address.sixtofour is not None or address.teredo is not None:
            return False
    return address.is_global and not (address.is_multicast or address.is_reserved)


def _split(text: str) -> SplitResult:
    scheme = re.match(r"(https?)://(?=[^/])", text, re.IGNORECASE)
    if scheme is None:
        raise NotPublic("scheme")
    if re.search(r"[\s\\\x00-\x1f\x7f]", text):
        raise NotPublic("not_web")
    try:
        return urlsplit(text)
    except ValueError:
        raise NotPublic("not_web") from None


def _host(parts: SplitResult) -> str:
    try:
        # Width variants and dots of other scripts become plain ones, as every browser makes them.
        host = unicodedata.normalize("NFKC", parts.hostname or "").encode("idna").decode("ascii").lower().rstrip(".")
    except UnicodeError:
        raise NotPublic("not_web") from None
    if address := _literal(host):
        if not is_public(address):
            raise NotPublic("private")
        return str(address)
    if "." not in host or any(host == suffix or host.endswith(f".{suffix}") for suffix in PRIVATE_SUFFIXES):
        raise NotPublic("private" if host else "not_web")
    if not HOST.fullmatch(host):
        raise NotPublic("not_web")
    return host


def _literal(host: str) -> IPAddress | None:
    """The address that a host spells out, also in shorthands that clients accept (127.1, 0x7f000001, 017700000001)."""
    try:
        return ip_address(host.strip("[]"))
    except ValueError:
        pass
    if not NUMERIC_LABEL.fullmatch(host.rpartition(".")[2]):
        return None
    try:
        return IPv4Address(socket.inet_aton(host))
    except OSError:
        raise NotPublic("not_web") from None


def _port(parts: SplitResult) -> str:
    try:
        port = parts.port
    except ValueError:
        raise NotPublic("not_web") from None
    if port is None or port == WEB_PORTS[parts.scheme]:
        return ""
    if port not in WEB_PORTS.values():
        raise NotPublic("port")
    return f":{port}"
