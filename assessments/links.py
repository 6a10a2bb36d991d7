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
    r"utm_\w+|fbclid|gclid|gclsrc|dclid|gbraid|wbraid|gad_source|gad_campaignid|srsltid|msclkid|twclid|ttclid|li_fat_id"
    r"|mc_[ce]id|mkt_tok|igsh(?:id)?|yclid|ref_src|vero_id|_hsenc|_hsmi|_g[al]",
    re.IGNORECASE,
)
#: `git@host:owner/name`, and `ssh://git@host:22/owner/name`, whose port is that of SSH.
SSH_ADDRESS = re.compile(
    r"(?:(?:git\+)?ssh://git@(?P<named>[\w.-]+)(?::\d+)?/|git@(?P<short>[\w.-]+)[:/])(?P<path>[^\s?#]+)", re.IGNORECASE
)
#: Names of repository hosts that lead to the same repositories.
SAME_HOST = {
    "www.github.com": "github.com",
    "ssh.github.com": "github.com",
    "www.gitlab.com": "gitlab.com",
    "altssh.gitlab.com": "gitlab.com",
    "www.codeberg.org": "codeberg.org",
}
#: What the page of a repository's main branch, or an address to clone from, adds to that of the repository.
REPOSITORY_TAIL = re.compile(r"(?:\.git|/|(?:/-)?/tree/(?:main|master|HEAD)|/src/branch/(?:main|master))$")
ESCAPE = re.compile(r"%[0-9a-f]{2}", re.IGNORECASE)
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

    Lower-case host without trailing dot, no default port, no trailing slash, no tracking parameters. An SSH address of
    a repository becomes its web address; a repository loses its `.git` and the name of its main branch, but not that of
    another branch or a folder. Normalizing a second time changes nothing.
    Raises AssessmentError, with the fix, for what is not an address on the public web.
    """
    text = unicodedata.normalize("NFC", link).strip()
    if len(text) > LONGEST:
        raise AssessmentError("link_too_long", _("Enter a link of at most 500 characters."))
    if ssh := SSH_ADDRESS.fullmatch(text):
        text, repository = f"https://{ssh['named'] or ssh['short']}/{ssh['path'].lstrip('/')}", True
    try:
        parts, host = split_public(text)
    except NotPublic as refusal:
        raise AssessmentError(f"link_{refusal.code}", REFUSALS[refusal.code]) from None
    path = _quoted(parts.path).rstrip("/")
    if repository:
        host = SAME_HOST.get(host, host)
        while (shorter := REPOSITORY_TAIL.sub("", path)) != path:
            path = shorter
    normalized = urlunsplit((parts.scheme, host, path or "/", _query(parts), _quoted(parts.fragment)))
    if len(normalized) > LONGEST:
        raise AssessmentError("link_too_long", _("Enter a link of at most 500 characters."))
    return normalized


def _query(parts: SplitResult) -> str:
    pairs = [pair for pair in parts.query.split("&") if pair and not TRACKING.fullmatch(pair.partition("=")[0])]
    return _quoted("&".join(pairs))


def _quoted(text: str) -> str:
    """With escapes where an address needs them, in capitals as RFC 3986 has them."""
    return ESCAPE.sub(lambda escape: escape[0].upper(), quote(text, safe=URL_CHARACTERS))
