"""A reason to worry (METRICS, "At risk"): three absences in two weeks."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy, ngettext

from cohorts.models import AttendanceMark, Break
from cohorts.risk import Kind, Reason, register_kind, register_rule
from cohorts.standing import Standing
from cohorts.thresholds import Limits


def _words(since: date, details: Mapping[str, Any], on: date) -> str:
    times = details["times"]
    text = ngettext("Absent %(times)s time since %(date)s", "Absent %(times)s times since %(date)s", times)
    return text % {"times": times, "date": date_format(since, "j F", use_l10n=False)}


ABSENT = register_kind(
    Kind(key="absent", title=gettext_lazy("Absences"), icon="user-x", words=_words, hot=True, is_dated=True)
)


@register_rule
def absent_often(standings: Sequence[Standing], on: date, limits: Limits) -> Iterable[tuple[UUID, Reason]]:
    """Marked absent so often or more in the last days, the day itself included; excused is not absent.

    As in the attendance rate, a weekly gathering on a day off does not count, also when the break was added later.
    """
    active = [one.enrollment.pk for one in standings if one.is_active]
    days_off = Break.objects.filter(
        Q(cohort=None) | Q(cohort=OuterRef("held__gathering__cohort")),
        starts_on__lte=OuterRef("held__day"),
        ends_on__gte=OuterRef("held__day"),
    )
    marks = (
        AttendanceMark.objects.filter(
            enrollment__in=active,
            held__day__gt=on - timedelta(days=limits.absence_days),
            held__day__lte=on,
            held__cancelled_at=None,
        )
        .exclude(Exists(days_off), held__gathering__weekdays__len__gt=0)
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
        if len(absent) < limits.absences:
            continue
        # Since when slides along with every day; it stays the same thing.
        yield pk, ABSENT.reason(since=min(absent), on=on, about="", details={"times": len(absent)})
