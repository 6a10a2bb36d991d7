"""What to look at before talking with a learner. Apps above add what they know, as with panels.py."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db.models import Count, Q, Sum
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Membership
from cohorts.models import Enrollment, ProgressEvent
from cohorts.risk import reasons_of
from cohorts.standing import Standing, standings_of
from design.templatetags.design import hours

Kind = ProgressEvent.Kind


@dataclass(frozen=True, kw_only=True)
class Point:
    """One observation, with a page about it perhaps. `tells` is the key of the risk that it makes redundant."""

    text: str
    icon: str
    url: str = ""
    hot: bool = False
    tells: str = ""


#: Given the enrollment, who looks and the instant. A constant number of queries.
Source = Callable[[Enrollment, Membership, datetime], Iterable[Point]]
_sources: list[Source] = []


def register_source(source: Source) -> Source:
    """Add a source, once, when its app is ready."""
    _sources.append(source)
    return source


def briefing_of(enrollment: Enrollment, *, viewer: Membership, since: date | None, now: datetime) -> list[Point]:
    """What waits, what is due, what stands out, and what was done since a day (the last meeting).

    The enrollment comes with its cohort. A constant number of queries.
    """
    on = timezone.localdate(now)
    points = [point for source in _sources for point in source(enrollment, viewer, now)]
    [standing] = standings_of([enrollment], on=on)
    points += _milestone(standing, on)
    told = {point.tells for point in points}
    points += [
        Point(text=reason.text, icon=reason.icon, hot=reason.hot)
        for reason in reasons_of([standing], on=on).get(enrollment.pk, [])
        if reason.key not in told
    ]
    if since is not None:
        points.append(_progress(enrollment, since))
    return points


def _milestone(standing: Standing, on: date) -> Iterable[Point]:
    due = standing.next_milestone
    if due is None:
        return
    words = {"title": due.words, "date": date_format(due.due_on, "j F", use_l10n=False)}
    if due.due_on < on:
        text, overdue = _("Overdue: %(title)s, due on %(date)s") % words, True
    else:
        text, overdue = _("Next milestone: %(title)s, due on %(date)s") % words, False
    yield Point(text=text, icon="flag", hot=overdue, tells="milestone_overdue")


def _progress(enrollment: Enrollment, since: date) -> Point:
    done = Q(kind=Kind.COMPLETED)
    found = ProgressEvent.objects.filter(enrollment=enrollment, effective_on__gt=since).aggregate(
        parts=Count("pk", filter=done), hours=Sum("hours", filter=done)
    )
    words = {
        "parts": found["parts"],
        "hours": hours(found["hours"] or Decimal(0)),
        "date": date_format(since, "j F", use_l10n=False),
    }
    text = ngettext(
        "%(parts)s part finished (%(hours)s hours) since %(date)s",
        "%(parts)s parts finished (%(hours)s hours) since %(date)s",
        found["parts"],
    )
    return Point(text=text % words, icon="trending-up")
