"""Links as people paste them, turned into one form, and refused at once when they are plainly not on the public web.

Nothing here touches the network; `link_guard` settles what only a look-up can tell.
"""

import re
import unicodedata
from urllib.parse import SplitResult, quote, urlunsplit

from django.utils.translation import gettext_lazy as _

from assessments.errors import AssessmentError
from organizations.public_address import NotPublic, split_public

LONGEST = 500
TRACKING = re.compile(
    r"utm_\w+|fbclid|gclid|dclid|gbraid|wbraid|msclkid|mc_[ce]id|igshid|yclid|ref_src|_hsenc|_hsmi", re.IGNORECASE
)
SSH_SHORTHAND = re.compile(r"(?:ssh://)?(?:git@)(?P<host>[\w.-]+)[:/](?P<path>[^\s?#]+)")
URL_CHARACTERS = "/%:@!$&'()*+,;=~-._?"
REFUSALS = {
    "scheme": _("Enter a link that starts with https://"),
    "not_web": _("Enter the full link as your browser shows it, such as https://github.com/you/project"),
    "credentials": _("Remove the user name and password from the link."),
    "private": _("Enter a link that opens for others too, not one to your own computer or network."),
    "port": _("Enter a link without a port number, or with port 80 or 443."),
}


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
    try:
        parts, host = split_public(text)
    except NotPublic as refusal:
        raise AssessmentError(f"link_{refusal.code}", REFUSALS[refusal.code]) from None
    path = quote(parts.path, safe=URL_CHARACTERS).rstrip("/")
    if repository:
        path = path.removesuffix(".git")
    normalized = urlunsplit((parts.scheme, host, path or "/", _query(parts), _fragment(parts)))
    if len(normalized) > LONGEST:
        raise AssessmentError("link_too_long", _("Enter a link of at most 500 characters."))
    return normalized


def _query(parts: SplitResult) -> str:
    pairs = [pair for pair in parts.query.split("&") if pair and not TRACKING.fullmatch(pair.partition("=")[0])]
    return quote("&".join(pairs), safe=URL_CHARACTERS)


def _fragment(parts: SplitResult) -> str:
    return quote(parts.fragment, safe=URL_CHARACTERS)
