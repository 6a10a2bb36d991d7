"""The text of a plan before it is read: is it text at all, and of a size that can be read?"""

import re

from django.utils.translation import gettext_lazy as _

from curriculum.plan.problems import Problems

MAX_BYTES = 2 * 1024 * 1024
"""Three times a plan in Markdown, twice one in YAML, that is twenty times the plan of five levels and 10,000 hours."""

MAX_LINES = 20_000
"""Twenty-five times the plan of five levels and 10,000 hours."""

_STRANGE = re.compile(r"[\x00-\x08\x0e-\x1f\ud800-\udfff]")


def decode_plan(data: bytes) -> str:
    """The text of an uploaded file. Raises ``PlanError`` when it is too large or not text in UTF-8."""
    problems = Problems()
    _check_size(len(data), problems)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise problems.stop(
            "not_text",
            line,
            _("The file is not text in UTF-8."),
            _("Save it as a text file with UTF-8 encoding and upload it again."),
        ) from error


def clean_text(text: str, *, max_lines: int | None = MAX_LINES) -> str:
    """The text with one kind of line ending. Raises ``PlanError`` when it cannot be a plan."""
    problems = Problems()
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    _check_size(len(text.encode(errors="surrogatepass")), problems)
    if not text.strip():
        raise problems.stop("empty", 0, _("There is no text."), _("Paste or upload a plan in Markdown or YAML."))
    strange = _STRANGE.search(text)
    if strange is not None:
        raise problems.stop(
            "not_text",
            text.count("\n", 0, strange.start()) + 1,
            _("The text has characters that no text editor writes."),
            _("Save the plan as a text file with UTF-8 encoding and upload it again."),
        )
    if text.lstrip()[:15].casefold().startswith(("<!doctype html", "<html", "<?xml")):
        raise problems.stop(
            "html",
            1,
            _("This is a web page, not Markdown or YAML."),
            _("Export the plan as Markdown and upload that."),
        )
    if max_lines is not None and text.count("\n") > max_lines:
        raise problems.stop(
            "too_many_lines",
            max_lines + 1,
            _("The text has more than %(limit)s lines."),
            _("Split it into several plans."),
            limit=max_lines,
        )
    return text


def _check_size(size: int, problems: Problems) -> None:
    if size > MAX_BYTES:
        raise problems.stop(
            "too_large",
            0,
            _("The text is larger than %(limit)s MB."),
            _("Leave out images and appendices, or split it into several plans."),
            limit=MAX_BYTES // 1024 // 1024,
        )
