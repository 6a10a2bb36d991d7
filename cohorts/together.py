"""What a learner's first page says of the others: their group, their partner, and what today brings them together."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from cohorts.check_in import OwnRow, own_today
from cohorts.gatherings import WORKING_DAYS
from cohorts.groups import group_on
from cohorts.models import Cohort, Enrollment, PairRound, PeerGroup, WrittenStandUp
from cohorts.pacing import DaysOff
from cohorts.pairs import partners_of
from cohorts.stand_ups import is_switched_on, own_day


@dataclass(frozen=True, kw_only=True)
class Known:
    """Whether a learner may have any of each; what they have not is not asked for.

    `writes` is whether the cohort writes stand-ups on the learner's day, `wrote` whether the learner did; None where
    that is not known.
    """

    group: bool = True
    pairs: bool = True
    gatherings: bool = True
    writes: bool | None = None
    wrote: bool | None = None


ANYTHING = Known()


@dataclass(frozen=True, kw_only=True)
class Together:
    """`partners` are empty in a round that is off; `asks_stand_up` until today's is written."""

    group: PeerGroup | None
    mates: list[Enrollment]
    round: PairRound | None
    partners: list[Enrollment]
    today: list[OwnRow]
    writes_stand_ups: bool
    asks_stand_up: bool

    @property
    def is_anything(self) -> bool:
        return bool(self.mates or self.round or self.today or self.writes_stand_ups)


def together_of(
    enrollment: Enrollment, *, days_off: Sequence[DaysOff], now: datetime, known: Known = ANYTHING
) -> Together:
    """For a learner whose cohort runs; of others there is nothing but their group. `days_off` are the cohort's."""
    day = enrollment.cohort.today(now)
    takes_part = enrollment.status == Enrollment.Status.ACTIVE and enrollment.cohort.status == Cohort.Status.RUNNING
    group, people = group_on(enrollment, on=day) if known.group else (None, [])
    mates = [one for one in people if one.pk != enrollment.pk]
    paired = partners_of(enrollment, on=day) if takes_part and known.pairs else None
    writing = takes_part and _writes(enrollment, known, now)
    return Together(
        group=group if mates else None,
        mates=mates,
        round=paired[0] if paired else None,
        partners=paired[1] if paired else [],
        today=own_today(enrollment, at=now, days_off=days_off) if takes_part and known.gatherings else [],
        writes_stand_ups=writing,
        asks_stand_up=writing and _is_missing(enrollment, known, days_off, now),
    )


def _writes(enrollment: Enrollment, known: Known, now: datetime) -> bool:
    if known.writes is not None:
        return known.writes
    return is_switched_on(enrollment.cohort, on=own_day(enrollment, now))


def _is_missing(enrollment: Enrollment, known: Known, days_off: Iterable[DaysOff], now: datetime) -> bool:
    day = own_day(enrollment, now)
    if day.weekday() not in WORKING_DAYS or any(span.first <= day <= span.last for span in days_off):
        return False
    if known.wrote is not None:
        return not known.wrote
    return not WrittenStandUp.objects.filter(enrollment=enrollment, day=day).exists()
