"""What people write in Markdown, as HTML that is safe to show: no script, style, picture or heading of theirs."""

from typing import Any

import nh3
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

TAGS = {"p", "br", "hr", "strong", "em", "s", "code", "pre", "ul", "ol", "li", "blockquote", "a"}
ATTRIBUTES = {"a": {"href"}, "ol": {"start"}}
SCHEMES = {"http", "https", "mailto"}

# HTML is text, a picture is a link to it, and a heading a line in bold: the page has an outline of its own.
_MARKDOWN = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable("strikethrough").disable("image")
_MARKDOWN.add_render_rule("heading_open", lambda *_args: "<p><strong>")
_MARKDOWN.add_render_rule("heading_close", lambda *_args: "</strong></p>")


def render(text: Any) -> SafeString:
    """The text as HTML; its links are followed by no search engine and open nothing of this page."""
    html = nh3.clean(
        _MARKDOWN.render(str(text or "")),
        tags=TAGS,
        attributes=ATTRIBUTES,
        url_schemes=SCHEMES,
        link_rel="nofollow ugc noopener",
    )
    return mark_safe(html)  # noqa: S308 - sanitized just above
