"""What the schedule calls milestones: kept in English, read in the language of the reader.

A curriculum's own titles in it stay as they are written. What was kept in another language is read as well.
"""

import re
from functools import lru_cache

from django.conf import settings
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from design.templatetags.design import hours

GATE = _("Level %(number)s gate")
#: `done` and `hours` are numbers as `design` writes them.
INSIDE = _("%(topic)s: %(done)s of %(hours)s hours")
UP_TO = _("%(module)s: up to %(topic)s")
COMPLETE = _("%(module)s: complete")
#: In the order in which a title is held against them.
WORDINGS = (GATE, INSIDE, UP_TO, COMPLETE)
KEPT_IN = "en"
NUMBERS = {"number": r"\d+", "done": r"[\d.,\s]+", "hours": r"[\d.,\s]+"}


def title_of(wording: Promise, **values: object) -> str:
    """The title as it is kept; numbers of type Decimal become hours."""
    with translation.override(KEPT_IN):
        return str(wording) % values


def hours_kept(value: float) -> str:
    """Hours as they stand in a title that is kept."""
    with translation.override(KEPT_IN):
        return hours(value)


def read_title(title: str) -> str:
    """A title in the reader's language, when the schedule made it; any other as it is."""
    return _read(title, translation.get_language() or KEPT_IN)


@lru_cache(maxsize=4096)
def _read(title: str, language: str) -> str:
    for language_kept, _name in settings.LANGUAGES:
        for wording in WORDINGS:
            if found := _pattern(wording, language_kept).fullmatch(title):
                values = found.groupdict()
                if wording is INSIDE:
                    values |= {name: hours(_number(values[name], language_kept)) for name in ("done", "hours")}
                return str(wording) % values
    return title


@lru_cache
def _pattern(wording: Promise, language: str) -> re.Pattern[str]:
    with translation.override(language):
        parts = re.split(r"%\((\w+)\)s", str(wording))
    names = (f"(?P<{name}>{NUMBERS.get(name, '.+')})" for name in parts[1::2])
    texts = map(re.escape, parts[::2])
    return re.compile("".join(part for pair in zip(texts, [*names, ""], strict=True) for part in pair), re.DOTALL)


def _number(text: str, language: str) -> float:
    group, point = (",", ".") if language == KEPT_IN else (".", ",")
    return float("".join(text.split()).replace(group, "").replace(point, "."))
