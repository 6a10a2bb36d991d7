"""Links as people paste them, turned into one form, and refused at once when they are plainly not on the public web.

Nothing here touches the network; `link_guard` settles what only a look-up can tell.
"""

import re
import socket
import unicodedata
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import SplitResult, quote, urlsplit, urlunsplit

from django.utils.translation import gettext_lazy as _

from assessments.errors import AssessmentError

LONGEST = 500
WEB_PORTS = {"http": 80, "https": 443}
PRIVATE_SUFFIXES = ("localhost", "local", "internal", "intranet", "lan", "home", "corp", "home.arpa")
TRACKING = re.compile(
    r"utm_\w+|fbclid|gclid|dclid|gbraid|wbraid|msclkid|mc_[ce]id|igshid|yclid|ref_src|_hsenc|_hsmi", re.IGNORECASE
)
SSH_SHORTHAND = re.compile(r"(?:ssh://)?(?:git@)(?P<host>[\w.-]+)[:/](?P<path>[^\s?#]+)")
NUMERIC_LABEL = re.compile(r"[0-9]+|0x[0-9a-f]*", re.IGNORECASE)
URL_CHARACTERS = "/%:@!$&'()*+,;=~-._?"
HOST = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z0-9-]{2,63}")
GLOBAL_UNICAST = IPv6Network("2000::/3")
TRANSLATED = IPv6Network("64:ff9b::/96")

Address = IPv4Address | IPv6Address


def normalize(link: str, *, repository: bool = False) -> str:
    """The link in the one form that equal links share.

    Lower-case host without trailing dot, no default port, no trailing slash, no tracking parameters; an SSH address of
    a repository becomes its web address, and a repository loses its `.git`.
    Raises AssessmentError, with the fix, for what is not an address on the public web.
    """
    text = unicodedata.normalize("NFC", link).strip()
    if len(text) > LONGEST:
        raise AssessmentError("link_too_long", _("Enter a link of at most 500 characters."))
    if shorthand := SSH_SHORTHAND.fullmatch(text):
        text, repository = f"https://{shorthand['host']}/{shorthand['path'].lstrip('/')}", True
    parts = _split(text)
    if parts.username is not None or parts.password is not None:
        raise AssessmentError("link_credentials", _("Remove the user name and password from the link."))
    host, port = _host(parts), _port(parts)
    path = quote(parts.path, safe=URL_CHARACTERS).rstrip("/")
    if repository:
        path = path.removesuffix(".git")
    normalized = urlunsplit(
        (
            parts.scheme,
            f"[{host}]{port}" if ":" in host else f"{host}{port}",
            path or "/",
            _query(parts),
            _fragment(parts),
        )
    )
    if len(normalized) > LONGEST:
        raise AssessmentError("link_too_long", _("Enter a link of at most 500 characters."))
    return normalized


def is_public(address: Address) -> bool:
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
        raise AssessmentError("link_scheme", _("Enter a link that starts with https://"))
    if re.search(r"[\s\\\x00-\x1f\x7f]", text):
        raise _no_web_address()
    try:
        return urlsplit(text)
    except ValueError:
        raise _no_web_address() from None


def _host(parts: SplitResult) -> str:
    try:
        # Width variants and dots of other scripts become plain ones, as every browser makes them.
        host = unicodedata.normalize("NFKC", parts.hostname or "").encode("idna").decode("ascii").lower().rstrip(".")
    except UnicodeError:
        raise _no_web_address() from None
    if address := _literal(host):
        if not is_public(address):
            raise _private()
        return str(address)
    if "." not in host or any(host == suffix or host.endswith(f".{suffix}") for suffix in PRIVATE_SUFFIXES):
        raise _private() if host else _no_web_address()
    if not HOST.fullmatch(host):
        raise _no_web_address()
    return host


def _literal(host: str) -> Address | None:
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
        raise _no_web_address() from None


def _port(parts: SplitResult) -> str:
    try:
        port = parts.port
    except ValueError:
        raise _no_web_address() from None
    if port is None or port == WEB_PORTS[parts.scheme]:
        return ""
    if port not in WEB_PORTS.values():
        raise AssessmentError("link_port", _("Enter a link without a port number, or with port 80 or 443."))
    return f":{port}"


def _query(parts: SplitResult) -> str:
    pairs = [pair for pair in parts.query.split("&") if pair and not TRACKING.fullmatch(pair.partition("=")[0])]
    return quote("&".join(pairs), safe=URL_CHARACTERS)


def _fragment(parts: SplitResult) -> str:
    return quote(parts.fragment, safe=URL_CHARACTERS)


def _private() -> AssessmentError:
    return AssessmentError(
        "link_private", _("Enter a link that opens for others too, not one to your own computer or network.")
    )


def _no_web_address() -> AssessmentError:
    return AssessmentError(
        "link_not_web", _("Enter the full link as your browser shows it, such as https://github.com/you/project")
    )
