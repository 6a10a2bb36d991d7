"""A series in words."""

from datetime import date, datetime, time

from django.utils.dates import WEEKDAYS
from django.utils.formats import time_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from design.templatetags.design import zone_name
from mentoring.recurrence import Fate, Rhythm, place_in_month
from mentoring.series_records import Series

ORDINALS = {
    1: gettext_lazy("the first %(weekday)s"),
    2: gettext_lazy("the second %(weekday)s"),
    3: gettext_lazy("the third %(weekday)s"),
    4: gettext_lazy("the fourth %(weekday)s"),
    5: gettext_lazy("the last %(weekday)s"),
}
FATES: dict[str, str | Promise] = {
    Fate.NO_SUCH_TIME: gettext_lazy("The clock is put forward over that time."),
    Fate.BREAK: gettext_lazy("There is no program then."),
    Fate.TIME_OFF: gettext_lazy("The mentor is away then."),
    Fate.TAKEN: gettext_lazy("One of the two has something else then."),
    Fate.CAP_REACHED: gettext_lazy("The mentor takes no more 1-on-1s then."),
    Fate.OUTSIDE: gettext_lazy("The mentor does not offer that time."),
    Fate.TOO_SOON: gettext_lazy("That is too soon to prepare."),
}


def rhythm_words(series: Series, *, now: datetime) -> str:
    """ "Every 2 weeks on Wednesday, 10:30 (Amsterdam)", on the clock of where the mentor is. One query."""
    return words_of(series.rhythm, series.first_day, series.minute, zone=series.mentor.clock_at(now).key)


def words_of(rhythm: str, first_day: date, minute: int, *, zone: str) -> str:
    weekday = str(WEEKDAYS[first_day.weekday()])
    clock = {"time": time_format(time(minute // 60, minute % 60), "H:i"), "zone": zone_name(zone)}
    if rhythm == Rhythm.MONTHLY:
        place = str(ORDINALS[place_in_month(first_day)]) % {"weekday": weekday}
        return _("Every month on %(place)s, %(time)s (%(zone)s)") % {"place": place, **clock}
    if rhythm == Rhythm.FORTNIGHTLY:
        return _("Every 2 weeks on %(weekday)s, %(time)s (%(zone)s)") % {"weekday": weekday, **clock}
    return _("Every 4 weeks on %(weekday)s, %(time)s (%(zone)s)") % {"weekday": weekday, **clock}


def fate_words(fate: str) -> str:
    """Why a date is not booked, as a sentence; empty when it is open."""
    return str(FATES.get(fate, ""))
