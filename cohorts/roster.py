"""How learners are doing, in one word, and how a roster writes days."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cohorts.models import Enrollment
from cohorts.risk import Reason, counting
from cohorts.standing import Standing
from design.dates import written_day

Status = Enrollment.Status
#: Of these there is a place on the path; the others have not begun or have gone.
ON_THE_PATH = (Status.ACTIVE, Status.ON_LEAVE, Status.GRADUATED)
#: How an active learner is doing; every other status speaks for itself.
DOING = ("at_risk", "slipping", "on_track", "ahead")
NOBODY = UUID(int=0)


def word_for(standing: Standing, reasons: Sequence[Reason], *, on: date) -> str:
    """How a learner is doing, in one word, by the first of these that holds.

    Not active: the status of the enrollment, or *at risk* when the leave is overdue. *At risk*: any reason of `risk`
    holds that nobody snoozed. *Slipping*: a milestone has passed that is not reached. *Ahead*: the next milestone by
    date is reached already. Otherwise *on track*.
    """
    if counting(reasons):
        return "at_risk"
    if not standing.is_active:
        return standing.status
    missing = standing.next_milestone
    if missing is not None and missing.due_on < on:
        return "slipping"
    coming = next((due for due in standing.milestones if due.due_on >= on), None)
    return "ahead" if coming is not None and standing.has_reached(coming) else "on_track"


def days_ago(day: date | None, *, on: date) -> str:
    """ "Today", "Yesterday" or "9 days ago"; a dash for never."""
    if day is None:
        return "–"
    days = (on - day).days
    if days < 2:
        return _("Yesterday") if days == 1 else _("Today")
    return ngettext("%(days)s day ago", "%(days)s days ago", days) % {"days": days}


def short_date(day: date, *, on: date) -> str:
    """ "4 Dec", with the year when it is another one."""
    return written_day(day, "j M" if day.year == on.year else "j M Y")
