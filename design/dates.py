"""Days in words, as the language in force writes them."""

from datetime import date

from django.utils.formats import date_format
from django.utils.translation import get_language


def written_day(day: date, form: str) -> str:
    """The day (or instant) in Django's date format `form`; "4 Dec" in English is "4 dec" in Dutch.

    Django's "M" puts a capital on the month in every language, which only English has.
    """
    if not (get_language() or "en").startswith("en"):
        form = form.replace("M", "b")
    return date_format(day, form, use_l10n=False)
