"""A post in the words of each chat: escaped as its markup asks, and unable to call anybody.

Names and titles are other people's text. `@everyone`, `@here`, `<!channel>` and the like are never mentions here.
"""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urljoin

from django.conf import settings

from notifications.chat_news import Post
from notifications.endpoints import Endpoint

#: Nothing to see, and no mention any more.
ZERO_WIDTH = "\u200b"
#: Discord refuses more than 2,000 characters; the others take more than anybody reads.
LONGEST_TITLE, LONGEST_LINE, LONGEST = 200, 300, 1_500
MARKUP = re.compile(r"([\\`*_~|#\[\]()!+\-.>])")

Format = Endpoint.Format


def body_for(format: str, post: Post) -> dict[str, Any]:
    """What is posted as JSON."""
    return FORMATS[Format(format)](post)


def _slack(post: Post) -> dict[str, Any]:
    return {
        "text": _text(post, escape=escape_slack, bold="*{}*", link="<{url}>"),
        "parse": "none",
        "link_names": False,
        "unfurl_links": False,
    }


def _discord(post: Post) -> dict[str, Any]:
    return {
        "content": _text(post, escape=escape_discord, bold="**{}**", link="<{url}>"),
        "allowed_mentions": {"parse": []},
    }


def _mattermost(post: Post) -> dict[str, Any]:
    return {"text": _text(post, escape=escape_markdown, bold="**{}**", link="<{url}>")}


def escape_slack(text: str) -> str:
    """Slack's three characters; its markup for emphasis has no escape, and harms nothing."""
    return _uncalled(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def escape_markdown(text: str) -> str:
    return MARKUP.sub(r"\\\1", _uncalled(text))


def escape_discord(text: str) -> str:
    """There `<#123>` and the like are mentions too."""
    return escape_markdown(text).replace("<", "\\<")


def _uncalled(text: str) -> str:
    return " ".join(text.split()).replace("@", f"@{ZERO_WIDTH}")


def _text(post: Post, *, escape: Callable[[str], str], bold: str, link: str) -> str:
    title = bold.format(escape(_short(post.title, LONGEST_TITLE)))
    left = LONGEST - len(title)
    lines = []
    for line in post.lines:
        shown = escape(_short(line, LONGEST_LINE))
        if len(shown) + 1 > left:
            lines.append("…")
            break
        left -= len(shown) + 1
        lines.append(shown)
    if post.url:
        lines.append(link.format(url=urljoin(settings.SITE_URL, post.url)))
    return "\n".join([title, *lines])


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


FORMATS: dict[Format, Callable[[Post], dict[str, Any]]] = {
    Format.SLACK: _slack,
    Format.DISCORD: _discord,
    Format.MATTERMOST: _mattermost,
}
