"""Ask a repository host's API, whose address and token the operator configured, and be a good guest there.

What was answered before is asked for again only if it changed. A host that wants to be left alone is. The token goes
to the configured address and nowhere else, and no redirect takes it away from there.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from time import monotonic
from typing import Any
from urllib.parse import urljoin, urlsplit

from assessments.repositories import Format, Host
from organizations.public_web import PublicWeb, Reply, Unanswered

SECONDS = 10.0
#: A tree of a hundred thousand files is about as large.
MOST_BYTES = 8_000_000
MOST_REDIRECTS = 3
LEAST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(days=1)
ACCEPTED = {Format.GITHUB: "application/vnd.github+json"}

Known = Mapping[str, Mapping[str, Any]]
#: Reads what matters from an answer's body and headers; it is kept, so it holds only what JSON can.
Read = Callable[[Any, Mapping[str, str]], Any]


class Missing(Exception):
    """There is no such thing at the host, or it is not for us to see: hosts do not tell the two apart."""


class Unknown(Exception):
    """The host did not say. `code` tells why, and `retry_at` when it may be asked again, where it said so.

    The codes are those of `organizations.public_web.Unanswered`, and `limited`, `token_refused`, `forbidden`,
    `unreadable`, `bad_redirect` and `http_…`.
    """

    def __init__(self, code: str, retry_at: datetime | None = None) -> None:
        super().__init__(code)
        self.code, self.retry_at = code, retry_at


def configured_web() -> PublicWeb:
    """Any address may be asked, a private one too: the operator named it, not somebody who hands in work."""
    return PublicWeb(is_allowed=lambda address: True)


@dataclass(kw_only=True)
class HostApi:
    """The questions of one look. `known` is what an earlier one was answered; `answers` becomes the same of this."""

    host: Host
    at: datetime
    known: Known = field(default_factory=dict)
    web: PublicWeb = field(default_factory=configured_web)
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)

    def get(self, path: str, read: Read) -> Any:
        """What `read` makes of the answer, or made of it before when it has not changed. Raises Missing or Unknown."""
        before = self.known.get(path, {})
        reply = self._ask(f"{self.host.base}{path}", before.get("tag", ""))
        if reply.status == 304 and before:
            self.answers[path] = dict(before)
            return before["read"]
        self._check(reply)
        try:
            found = read(json.loads(reply.body), reply.headers)
        except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
            # Another server than its configuration says, or an answer that was cut off at our limit.
            raise Unknown("unreadable") from None
        self.answers[path] = {"tag": reply.headers.get("etag", ""), "read": found}
        return found

    def _ask(self, url: str, tag: str) -> Reply:
        deadline = monotonic() + SECONDS
        try:
            for _hop in range(MOST_REDIRECTS + 1):
                reply = self.web.ask(url, deadline=deadline, headers=self._headers(tag), most_bytes=MOST_BYTES)
                location = reply.headers.get("location")
                if not (reply.status in (301, 302, 307, 308) and location):
                    return reply
                url = urljoin(url, location)
                if urlsplit(url)[:2] != urlsplit(self.host.base)[:2]:
                    raise Unknown("bad_redirect")
        except Unanswered as problem:
            raise Unknown(problem.code) from None
        except ValueError:
            pass
        raise Unknown("bad_redirect")

    def _headers(self, tag: str) -> dict[str, str]:
        headers = {
            "User-Agent": "Gilde repository look",
            "Accept": ACCEPTED.get(self.host.format, "application/json"),
            # Nothing is unpacked here, so that a small answer cannot become a large one.
            "Accept-Encoding": "identity",
        }
        if self.host.token:
            scheme = "token" if self.host.format == Format.GITEA else "Bearer"
            headers["Authorization"] = f"{scheme} {self.host.token}"
        return headers | ({"If-None-Match": tag} if tag else {})

    def _check(self, reply: Reply) -> None:
        if reply.status in (403, 429) and (until := self._limited_until(reply)):
            raise Unknown("limited", until)
        if reply.status in (404, 410):
            raise Missing
        if reply.status == 401:
            raise Unknown("token_refused")
        if reply.status == 403:
            raise Unknown("forbidden")
        if not 200 <= reply.status < 300:
            raise Unknown(f"http_{reply.status}")

    def _limited_until(self, reply: Reply) -> datetime | None:
        """When the host may be asked again, if it says that it was asked too often; within a day."""
        headers = reply.headers
        until = _moment(headers.get("retry-after", ""), self.at)
        spent = "0" in (headers.get("x-ratelimit-remaining"), headers.get("ratelimit-remaining"))
        if until is None and (spent or reply.status == 429):
            reset = headers.get("x-ratelimit-reset") or headers.get("ratelimit-reset") or ""
            until = _moment(reset, self.at) or self.at + timedelta(hours=1)
        return until and min(max(until, self.at + LEAST_WAIT), self.at + LONGEST_WAIT)


def _moment(words: str, at: datetime) -> datetime | None:
    """Hosts write seconds from now, seconds since 1970 or a date."""
    try:
        if words.isdecimal():
            number = min(int(words), 10**11)
            return datetime.fromtimestamp(number, UTC) if number > 10**9 else at + timedelta(seconds=number)
        moment = parsedate_to_datetime(words)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, TypeError, IndexError, OverflowError, OSError):
        return None
