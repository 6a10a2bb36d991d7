"""Instants in words, on the clock and in the language in force."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from design.dates import written_day
from design.templatetags.design import status, zone_name
from mentoring.models import Mentor, OneOnOne


def spoken_time(moment: datetime) -> str:
    """ "Wednesday 9 December 2026, 10:30 (Amsterdam)", for mails, where nobody sees when they were written."""
    local = timezone.localtime(moment)
    return f"{written_day(local, 'l j F Y')}, {local:%H:%M} ({zone_name(str(local.tzinfo))})"


def time_for_both(moment: datetime, mentor: Mentor) -> str:
    """As `spoken_time`, with the mentor's clock of then beside it when it reads another time."""
    local, theirs = timezone.localtime(moment), moment.astimezone(mentor.clock_at(moment))
    if theirs.utcoffset() == local.utcoffset():
        return spoken_time(moment)
    with timezone.override(theirs.tzinfo):
        reading = f"{theirs:%H:%M}" if theirs.date() == local.date() else short_time(moment)
    words = {"time": reading, "zone": zone_name(str(theirs.tzinfo)), "name": mentor.membership.name}
    return f"{spoken_time(moment)}; {_('for %(name)s %(time)s (%(zone)s)') % words}"


def short_time(moment: datetime) -> str:
    """ "Wed 9 Dec, 10:30", for buttons and messages beside which the zone stands."""
    local = timezone.localtime(moment)
    return f"{written_day(local, 'D j M')}, {local:%H:%M}"


def mentor_clock(one_on_one: OneOnOne) -> ZoneInfo | None:
    """The mentor's zone, when their clock reads another time at the start than the clock in force."""
    start = one_on_one.starts_at
    zone = one_on_one.mentor.clock_at(start)
    return zone if start.astimezone(zone).utcoffset() != timezone.localtime(start).utcoffset() else None


def outcome_of(one_on_one: OneOnOne, *, at: datetime) -> SafeString:
    """How it went, as a tag with the status in words."""
    if one_on_one.is_unconfirmed(at=at):
        return status("unconfirmed")
    no_show = one_on_one.status in (OneOnOne.Status.LEARNER_NO_SHOW, OneOnOne.Status.MENTOR_NO_SHOW)
    return status("no_show" if no_show else one_on_one.status, one_on_one.get_status_display())


def week_key(moment: datetime, zone: ZoneInfo | None = None) -> str:
    """The ISO week of an instant as addresses have it: "2026-W50"."""
    year, week, _day = timezone.localtime(moment, zone).isocalendar()
    return f"{year}-W{week:02d}"
