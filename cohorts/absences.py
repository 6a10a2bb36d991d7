"""A reason to worry (METRICS, "At risk"): three absences in two weeks."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from uuid import UUID

from django.db.models import F
from django.utils.formats import date_format
from django.utils.translation import ngettext

from cohorts.models import AttendanceMark
from cohorts.risk import Reason, register_rule
from cohorts.standing import Standing

ABSENCES = 3
WINDOW = timedelta(days=14)


@register_rule
def absent_often(standings: Sequence[Standing], on: date) -> Iterable[tuple[UUID, Reason]]:
    """Marked absent three times or more in the last 14 days, the day itself included; excused is not absent."""
    active = [one.enrollment.pk for one in standings if one.is_active]
    marks = (
        AttendanceMark.objects.filter(
            enrollment__in=active, held__day__gt=on - WINDOW, held__day__lte=on, held__cancelled_at=None
        )
        .order_by("held", "enrollment", "-recorded_at", "-pk")
        .distinct("held", "enrollment")
        .annotate(day=F("held__day"))
        .values_list("enrollment", "status", "day")
    )
    days: dict[UUID, list[date]] = defaultdict(list)
    for pk, status, day in marks:
        if status == AttendanceMark.Status.ABSENT:
            days[pk].append(day)
    for pk, absent in days.items():
        if len(absent) < ABSENCES:
            continue
        text = ngettext("Absent %(times)s time since %(date)s", "Absent %(times)s times since %(date)s", len(absent))
        words = {"times": len(absent), "date": date_format(min(absent), "j F", use_l10n=False)}
        yield pk, Reason(key="absent", text=text % words, since=min(absent), icon="user-x", hot=True)
