"""Who meets their mentor, and who has not for too long. A 1-on-1 that was held counts; a booked one is shown apart."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import F, Max, Min, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import Membership
from cohorts import risk
from cohorts.models import Enrollment
from cohorts.standing import Standing
from cohorts.thresholds import Limits
from mentoring.models import OneOnOne
from organizations.prepared import Prepared


class DayInZone(models.Func):
    """The date of an instant, the first expression, on the clock of the zone that the second names."""

    template = "(%(expressions)s)::date"
    arg_joiner = " AT TIME ZONE "
    output_field = models.DateField()


@dataclass(frozen=True, kw_only=True)
class Met:
    """A learner and when they last met their mentor; `booked` is the next 1-on-1 of this month, if there is one."""

    enrollment: Enrollment
    last: datetime | None
    booked: datetime | None


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """A mentor's learners in a month: how many had a 1-on-1 that was held, and the others, longest unseen first."""

    month: date
    learners: int
    unseen: list[Met]

    @property
    def met(self) -> int:
        return self.learners - len(self.unseen)

    @property
    def share(self) -> float:
        return self.met / self.learners if self.learners else 1.0


def coverage_of(mentor: Membership, *, now: datetime) -> Coverage:
    """The month of `now`, in the zone in force. One query."""
    first = timezone.localtime(now).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    following = (first + timedelta(days=32)).replace(day=1)
    rows = _MET.rows(mentor=mentor.pk, now=now, following=following)
    known = [Met(enrollment=row, last=row.last_held, booked=row.next_booked) for row in rows]
    unseen = [met for met in known if met.last is None or met.last < first]
    return Coverage(month=first.date(), learners=len(known), unseen=unseen)


def _met(mentor: Any, now: Any, following: Any) -> Any:
    """A mentor's learners, each with when they met last and the next 1-on-1 until then, the longest unseen first."""
    held = Q(one_on_ones__status=OneOnOne.Status.HELD)
    booked = Q(one_on_ones__status=OneOnOne.Status.BOOKED, one_on_ones__during__startswith__range=(now, following))
    return (
        Enrollment.objects.filter(mentor=mentor)
        .enrolled_now()
        .select_related("learner")
        .only("organization", "learner", "status", "learner__name")
        .annotate(
            last_held=Max("one_on_ones__during__startswith", filter=held),
            next_booked=Min("one_on_ones__during__startswith", filter=booked),
        )
        .order_by(F("last_held").asc(nulls_first=True), "learner__name")
    )


_MET: Prepared[Any] = Prepared(_met)


def _words(since: date, details: Mapping[str, Any], on: date) -> str:
    if details["last"] is None:
        days = (on - since).days
        text = ngettext("No 1-on-1 yet in %(days)s day", "No 1-on-1 yet in %(days)s days", days)
    else:
        days = (on - date.fromisoformat(details["last"])).days
        text = ngettext("No 1-on-1 for %(days)s day", "No 1-on-1 for %(days)s days", days)
    return text % {"days": days}


NO_ONE_ON_ONE = risk.register_kind(
    risk.Kind(key="no_one_on_one", title=gettext_lazy("No 1-on-1"), icon="calendar-clock", words=_words)
)


@risk.register_rule
def no_one_on_one(standings: Sequence[Standing], on: date, limits: Limits) -> Iterable[tuple[UUID, risk.Reason]]:
    """No 1-on-1 held for so many days, counted from the start or return when that is later."""
    active = {one.enrollment.pk: one for one in standings if one.is_active}
    day = DayInZone(F("during__startswith"), F("enrollment__cohort__time_zone"))
    held = OneOnOne.objects.filter(enrollment__in=active, status=OneOnOne.Status.HELD)
    met: dict[UUID, date] = dict(
        held.annotate(day=day).filter(day__lte=on).values_list("enrollment").annotate(last=Max("day"))
    )
    for pk, one in active.items():
        last = met.get(pk)
        since = max(filter(None, (last, one.since)), default=None)
        if since is None or (on - since).days < limits.one_on_one_days:
            continue
        details = {"last": last.isoformat() if last else None}
        yield pk, NO_ONE_ON_ONE.reason(since=since, on=on, details=details)
