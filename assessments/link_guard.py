"""Look at a link and where it leads, on the public web alone: each redirect is judged anew, and no body is read."""

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from urllib.parse import urljoin

from assessments.errors import AssessmentError
from assessments.links import normalize
from assessments.models import LinkCheck
from organizations.public_address import IPAddress, is_public
from organizations.public_web import PublicWeb, Resolve, Unanswered, resolve

MOST_REDIRECTS = 5
SECONDS = 10.0
HEADERS = {"User-Agent": "Gilde link check", "Accept": "*/*"}

Outcome = LinkCheck.Outcome


@dataclass(frozen=True)
class Answer:
    """What a look at a link gave. `detail` is a code: `http_404`, `timeout`, `unknown_host`, `private_address`, …

    `final_url` is where redirects led, when it opens there.
    """

    outcome: LinkCheck.Outcome
    detail: str = ""
    final_url: str = ""


@dataclass(frozen=True, kw_only=True)
class Guard:
    """What may be looked at. The defaults are the open web; tests put a server of their own in their place."""

    resolve: Resolve = resolve
    is_allowed: Callable[[IPAddress], bool] = is_public
    normalize: Callable[[str], str] = normalize
    seconds: float = SECONDS
    tls: ssl.SSLContext | None = None

    def look(self, url: str) -> Answer:
        """Follow the link to its end and tell how that went. Never raises for what the other side does."""
        deadline = monotonic() + self.seconds
        web = PublicWeb(resolve=self.resolve, is_allowed=self.is_allowed, tls=self.tls)
        try:
            for hop in range(MOST_REDIRECTS + 1):
                url = self.normalize(url)
                reply = web.ask(url, deadline=deadline, headers=HEADERS)
                location = reply.headers.get("location")
                if not (300 <= reply.status < 400 and location):
                    return _answer(reply.status, url if hop else "")
                url = urljoin(url, location)
        except AssessmentError as refusal:
            return Answer(Outcome.REFUSED, refusal.code)
        except Unanswered as problem:
            if problem.code == "private_address":
                return Answer(Outcome.REFUSED, problem.code)
            return Answer(Outcome.UNREACHABLE, "bad_redirect" if problem.code == "bad_address" else problem.code)
        except ValueError:  # a redirect to what is no address at all
            return Answer(Outcome.UNREACHABLE, "bad_redirect")
        return Answer(Outcome.UNREACHABLE, "too_many_redirects")


def _answer(status: int, final_url: str) -> Answer:
    if 200 <= status < 300:
        return Answer(Outcome.REACHABLE, final_url=final_url)
    # Who has had too many visitors says nothing of whether the page is there.
    outcome = Outcome.UNKNOWN if status == 429 else Outcome.UNREACHABLE
    return Answer(outcome, f"http_{status}")
