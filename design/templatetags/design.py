"""The tags and filters of every page. Registered as builtins: no `{% load %}` needed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from django.forms import BaseForm, BaseFormSet, BoundField
from django.template import Context, Library
from django.template.defaultfilters import date as dated
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, ngettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from lucide.templatetags.lucide import lucide

from design import drawing
from design.dates import written_day
from design.forms import drop_echo, field_errors
from design.markdown import render as render_markdown

register = Library()

STATUSES: dict[str, tuple[str, str, str | Promise]] = {
    # how a learner is doing
    "ahead": ("info", "trending-up", _("Ahead")),
    "on_track": ("ok", "circle-check", _("On track")),
    "slipping": ("warn", "clock", _("Slipping")),
    "at_risk": ("bad", "triangle-alert", _("At risk")),
    # verdicts on a target
    "met": ("ok", "circle-check", _("On target")),
    "close": ("info", "circle-dot", _("Too close to call")),
    "below": ("bad", "triangle-alert", _("Below target")),
    "early": ("", "hourglass", _("Too early to say")),
    # cohorts
    "planned": ("", "circle-dashed", _("Planned")),
    "enrolling": ("info", "circle-dot", _("Enrolling")),
    "running": ("ok", "circle-dot", _("Running")),
    "completed": ("", "circle-check", _("Completed")),
    "cancelled": ("", "x", _("Cancelled")),
    # enrollments
    "applied": ("info", "inbox", _("Applied")),
    "waiting": ("", "hourglass", _("Waiting")),
    "enrolled": ("info", "circle-dot", _("Enrolled")),
    "active": ("ok", "circle-check", _("Active")),
    "on_leave": ("", "circle-dashed", _("On leave")),
    "withdrawn": ("", "log-out", _("Withdrawn")),
    "dismissed": ("", "log-out", _("Dismissed")),
    "transferred": ("", "git-branch", _("Transferred")),
    "graduated": ("ok", "graduation-cap", _("Graduated")),
    # submissions and reviews
    "draft": ("", "pencil", pgettext_lazy("status", "Draft")),
    "submitted": ("info", "send", _("Submitted")),
    "in_review": ("info", "circle-dot", _("In review")),
    "passed": ("ok", "circle-check", _("Passed")),
    "changes_requested": ("warn", "rotate-ccw", _("Changes requested")),
    "failed": ("bad", "circle-alert", _("Failed")),
    "overdue": ("bad", "flag", _("Overdue")),
    # 1-on-1s
    "booked": ("info", "calendar-check", _("Booked")),
    "held": ("ok", "circle-check", pgettext_lazy("1-on-1", "Held")),
    "no_show": ("warn", "circle-alert", _("No-show")),
    "unconfirmed": ("", "circle-question-mark", _("Unconfirmed")),
    # presentations
    "scoring": ("info", "hourglass", _("Waiting for the panel")),
    "to_repeat": ("warn", "rotate-ccw", _("To be repeated")),
    # curriculum versions
    "published": ("ok", "circle-check", _("Published")),
    "archived": ("", "circle-dashed", _("Archived")),
}


@register.simple_tag
@lru_cache(maxsize=512)
def icon(name: str, css: str = "") -> SafeString:
    """An inline Lucide icon in the size of the text around it. Raises IconDoesNotExist for an unknown name."""
    drawn = lucide(name, size=None)
    inner = re.sub(r"\s*\n\s*", "", drawn[drawn.index(">") + 1 :]).replace(" />", "/>")
    opening = format_html('<svg class="{}" viewBox="0 0 24 24" aria-hidden="true">', f"icon {css}".strip())
    return opening + mark_safe(inner)  # noqa: S308 - a drawing from the icon package


@register.simple_tag
def tag(label: str, tone: str = "", icon_name: str = "") -> SafeString:
    """A small label. `tone` is ok, info, warn, bad or empty."""
    css = f"tag {tone}".strip()
    return format_html('<span class="{}">{}{}</span>', css, icon(icon_name) if icon_name else "", label)


@register.simple_tag
def status(key: str, label: str = "") -> SafeString:
    """A status in words with its icon and tone. `label` replaces the words; a key we do not know needs one."""
    tone, icon_name, words = STATUSES.get(str(key), ("", "circle-dashed", label))
    if not (label or words):
        raise KeyError(f"{key!r} has no words; pass label=")
    return tag(label or str(words), tone, icon_name)


@register.simple_tag
def avatar(name: str, css: str = "") -> SafeString:
    """Initials on a tint that stays with the name. Decorative: the name stands next to it."""
    tint = sum(map(ord, name)) % 6 + 1
    return format_html(
        '<span class="{}" aria-hidden="true">{}</span>', f"avatar av{tint} {css}".strip(), initials(name)
    )


def initials(name: str) -> str:
    """ "Nadia el Idrissi" gives NI: particles in lower case do not count, unless there is nothing else."""
    words = name.split()
    capital = [word for word in words if word[0].isupper()] or words
    if not capital:
        return "?"
    letters = capital[0][0] + (capital[-1][0] if len(capital) > 1 else "")
    return letters.upper()


# -- numbers and times -------------------------------------------------------------------------------------------------


@register.filter
def hours(value: Decimal | float | int | None, decimals: int | None = None) -> str:
    """3640 gives 3,640 (nl: 3.640); a part of an hour shows one decimal unless `decimals` says otherwise."""
    if value is None:
        return "–"
    if decimals is None:
        tenths = _rounded(value, 1)
        decimals = 0 if tenths == int(tenths) else 1
    return number_format(_rounded(value, decimals), decimal_pos=decimals, force_grouping=True)


@register.filter
def percent(share: Decimal | float | int | None, decimals: int = 0) -> str:
    """0.746 gives 75%; `None` gives a dash."""
    if share is None:
        return "–"
    return f"{number_format(_rounded(Decimal(str(share)) * 100, decimals), decimal_pos=decimals)}%"


def _rounded(value: Decimal | float, decimals: int) -> Decimal:
    """Half up, as people round; `number_format` alone would cut the rest off."""
    return Decimal(str(value)).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)


@register.simple_tag
def local_time(moment: datetime, style: str = "short", zone: ZoneInfo | None = None) -> SafeString:
    """An instant on the viewer's clock, with the zone named: "Wed 9 Dec, 10:30 (Amsterdam)".

    `style="long"` writes the date out, `style="time"` gives the time only. `zone` shows somebody
    else's clock. The year appears when it is not the current one.
    """
    local = timezone.localtime(moment, zone)
    this_year = local.year == timezone.localtime(timezone.now(), zone).year
    day = {"short": "D j M", "long": "l j F", "time": ""}[style]
    if day and (style == "long" or not this_year):
        day += " Y"
    parts = [written_day(local, form) for form in (day, "H:i") if form]
    return format_html(
        '<time datetime="{}">{} ({})</time>',
        local.isoformat(timespec="minutes"),
        ", ".join(parts),
        zone_name(str(local.tzinfo)),
    )


@register.filter
def age(moment: datetime) -> str:
    """How long ago, in whole days of the viewer's calendar: "today", "1 day", "6 days"."""
    days = (timezone.localdate() - timezone.localdate(moment)).days
    if days < 1:
        return gettext("today")
    return ngettext("%(days)s day", "%(days)s days", days) % {"days": days}


@register.filter("date", expects_localtime=True)
def written_date(value: date | str | None, form: str = "") -> str:
    """Django's `date`, with the month as the language writes it."""
    return written_day(value, form) if form and isinstance(value, date) else str(dated(value, form or None))


def zone_name(key: str) -> str:
    """The city of an IANA zone: America/New_York gives New York."""
    return key.rpartition("/")[2].replace("_", " ")


# -- texts that people wrote -------------------------------------------------------------------------------------------


@register.filter
def markdown(text: str | None) -> SafeString:
    """What people wrote in Markdown, as HTML that is safe to show."""
    return render_markdown(text)


_ADDRESS = re.compile(r"https?://[^\s<>\"'`]+", re.IGNORECASE)


@register.filter
def linked(text: str | None) -> SafeString:
    """The text with every http(s) address in it as a link that tells the other site nothing; all else is escaped.

    Punctuation after an address, and a bracket that it does not open, belong to the sentence.
    """
    text, parts, end = text or "", [], 0
    for found in _ADDRESS.finditer(text):
        address = found[0].rstrip(".,;:!?…*_")
        while address.endswith(")") and address.count(")") > address.count("("):
            address = address[:-1].rstrip(".,;:!?…*_")
        parts.append(escape(text[end : found.start()]))
        parts.append(format_html('<a href="{0}" rel="noopener noreferrer">{0}</a>', address))
        end = found.start() + len(address)
    parts.append(escape(text[end:]))
    return SafeString("".join(parts))


# -- drawings ----------------------------------------------------------------------------------------------------------


@register.simple_tag
def mini_path(level: int, share: float, levels: int = 5, label: str = "") -> SafeString:
    return drawing.mini_path(level, float(share), levels, label)


@register.simple_tag
def segment(share: float, here: bool = False, ticks: Iterable[float] = ()) -> SafeString:
    return drawing.segment(float(share), here, ticks)


@register.simple_tag
def meter(share: float, label: str) -> SafeString:
    return drawing.meter(float(share), label)


@register.simple_tag
def spark(values: list[float], label: str) -> SafeString:
    return drawing.spark(values, label)


@register.simple_tag
def level_class(level: int, levels: int = 5) -> str:
    return drawing.level_class(level, levels)


@register.simple_tag
def level(number: int, levels: int = 5, name: str = "") -> SafeString:
    """The level's number with its color; `name` replaces "Level 3"."""
    words = name or gettext("Level %(number)s") % {"number": number}
    return format_html('<span class="lvl {}">{}</span>', drawing.level_class(number, levels), words)


# -- forms -------------------------------------------------------------------------------------------------------------


@register.simple_tag
def field(bound: BoundField, **options: Any) -> SafeString:
    """One field with label, hint and error.

    Options: `label`, `hint`, `optional=False` (no "(optional)"), and `aside_url` with `aside_label`
    for a link across from the label.
    """
    drop_echo(bound)
    if "label" in options:
        bound.label = options["label"]
    if "hint" in options:
        bound.help_text = options["hint"]
    return bound.render(context={**bound.get_context(), **options})


@register.inclusion_tag("design/forms/error_summary.html")
def error_summary(*forms: BaseForm | BaseFormSet[Any] | Sequence[BaseForm] | str | None) -> dict[str, Any]:
    """All errors of the given forms, each linked to its control; a list counts as the forms in it.

    A form the page does not have counts for none.
    """
    given = [each for form in forms for each in (form if isinstance(form, list) else [form])]
    present = [form for form in given if isinstance(form, BaseForm | BaseFormSet)]
    prefix = next((str(form.prefix) for form in present if form.prefix), "form")
    return {"errors": [error for form in present for error in field_errors(form)], "heading_id": f"{prefix}-errors"}


@register.simple_tag(takes_context=True)
def error_prefix(context: Context) -> str:
    """ "Error: " for the page title as soon as any bound form in the context has errors."""
    for value in context.flatten().values():
        if isinstance(value, BaseForm | BaseFormSet) and value.is_bound and field_errors(value):
            return gettext("Error:") + " "
    return ""
