import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.chat_formats import LONGEST, body_for
from notifications.chat_news import Post

EVIL = "<!channel> @everyone *x* <@U1> & [a](http://evil.example) `c`"


@pytest.mark.parametrize(
    ("format", "body"),
    [
        (
            "slack",
            {
                "text": "*Hi*\n&lt;!channel&gt; @\u200beveryone *x* &lt;@\u200bU1&gt; &amp; "
                "[a](http://evil.example) `c`"
                "\n<http://localhost:8000/o/x/>",
                "parse": "none",
                "link_names": False,
                "unfurl_links": False,
            },
        ),
        (
            "discord",
            {
                "content": "**Hi**\n\\<\\!channel\\> @\u200beveryone \\*x\\* \\<@\u200bU1\\> & "
                "\\[a\\]\\(http://evil\\.example\\) \\`c\\`\n<http://localhost:8000/o/x/>",
                "allowed_mentions": {"parse": []},
            },
        ),
        (
            "mattermost",
            {
                "text": "**Hi**\n<\\!channel\\> @\u200beveryone \\*x\\* <@\u200bU1\\> & "
                "\\[a\\]\\(http://evil\\.example\\) \\`c\\`\n<http://localhost:8000/o/x/>",
            },
        ),
    ],
)
def test_names_are_text_and_call_nobody(format: str, body: dict[str, object]) -> None:
    assert body_for(format, Post(title="Hi", lines=[EVIL], url="/o/x/")) == body


@given(title=st.text(min_size=1), lines=st.lists(st.text(), max_size=60))
def test_whatever_people_are_called_a_post_stays_short_and_calls_nobody(title: str, lines: list[str]) -> None:
    text = str(body_for("discord", Post(title=title, lines=lines))["content"])
    assert len(text) <= LONGEST + 500
    assert all(after.startswith("\u200b") for after in text.split("@")[1:])
