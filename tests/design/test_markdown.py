"""What people write in Markdown is shown as they mean it, and does nothing."""

import re
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from design.markdown import render

REL = 'rel="nofollow ugc noopener"'


def test_markdown_is_rendered() -> None:
    text = (
        "# Tests\n\nLine 41 **leaks**,\nsee `log()`:\n\n- one\n- two\n\n```py\na < b\n```\n[docs](https://d.example/a)"
    )
    assert render(text) == (
        "<p><strong>Tests</strong></p><p>Line 41 <strong>leaks</strong>,<br>\nsee <code>log()</code>:</p>\n"
        "<ul>\n<li>one</li>\n<li>two</li>\n</ul>\n<pre><code>a &lt; b\n</code></pre>\n"
        f'<p><a href="https://d.example/a" {REL}>docs</a></p>\n'
    )
    assert (render(None), render("")) == ("", "")


def test_nothing_runs_loads_or_styles() -> None:
    text = (
        '<script>alert(1)</script> <p style="x" onclick="x">hi</p>\n\n'
        "![pixel](https://evil.example/p.png) [a](javascript:alert(1)) [b](data:text/html,x) <javascript:alert(1)>"
    )
    html = render(text)
    assert set(re.findall(r"<(\w+)", html)) == {"p", "a"}
    assert re.findall(r'href="([^"]*)"', html) == ["https://evil.example/p.png"]


PIECES = st.sampled_from([
    "<script>", "</script>", "<img src=x onerror=alert(1)>", "[x](", "javascript:", "data:", ")", "**", "`", "\n",
    "<svg", "onload=", '"', "'", ">", "&#x6a;", "<a href=", "# ", "- ", "![", "]", "\x00", "text",
])  # fmt: skip
TAGS = {"p", "br", "hr", "strong", "em", "s", "code", "pre", "ul", "ol", "li", "blockquote", "a"}


class Reader(HTMLParser):
    """Every tag with its attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


@given(st.lists(PIECES, max_size=20).map("".join))
def test_whatever_is_written_only_known_tags_and_addresses_come_out(text: str) -> None:
    for tag, attributes in Reader(render(text)).found:
        assert tag in TAGS
        assert set(attributes) <= {"href", "rel", "title", "start"}
        scheme = re.match(r"\s*([a-z][a-z0-9+.-]*):", attributes.get("href") or "", re.IGNORECASE)
        assert scheme is None or scheme[1].lower() in ("http", "https", "mailto")
