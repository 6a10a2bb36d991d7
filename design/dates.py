"""Days in words, as the language in force writes them."""

from datetime import date
from functools import lru_cache

from django.utils.formats import date_format
from django.utils.translation import get_language


def written_day(day: date, form: str) -> str:
    """The day (or instant) in Django's date format `form`; "4 Dec" in English is "4 dec" in Dutch.

    Django's "M" puts a capital on the month in every language, which only English has.
    """
    language = get_language() or "en"
    if not language.startswith("en"):
        form = form.replace("M", "b")
    # An instant may equal another and be written otherwise, in another zone.
    return _written(day, form, language) if type(day) is date else date_format(day, form, use_l10n=False)


@lru_cache(maxsize=4096)
def _written(day: date, form: str, language: str) -> str:
    """In that language, which is in force."""
    return date_format(day, form, use_l10n=False)
