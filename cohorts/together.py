"""What a learner's first page says of the others: their group, their partner, and what today brings them together."""

from dataclasses import dataclass
from datetime import datetime

from cohorts.check_in import OwnRow, own_today
from cohorts.gatherings import today_of
from cohorts.groups import group_of, members_on
from cohorts.models import Cohort, Enrollment, PairRound, PeerGroup, WrittenStandUp
from cohorts.pairs import partners_of
from cohorts.stand_ups import is_switched_on, is_working_day, own_day


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


def together_of(enrollment: Enrollment, *, now: datetime) -> Together:
    """For a learner whose cohort runs; of others there is nothing but their group."""
    day = today_of(enrollment.cohort, now)
    takes_part = enrollment.status == Enrollment.Status.ACTIVE and enrollment.cohort.status == Cohort.Status.RUNNING
    mates = [one for one in members_on(enrollment, on=day) if one.pk != enrollment.pk]
    paired = partners_of(enrollment, on=day) if takes_part else None
    writing = takes_part and is_switched_on(enrollment.cohort, on=own_day(enrollment, now))
    return Together(
        group=group_of(enrollment, on=day) if mates else None,
        mates=mates,
        round=paired[0] if paired else None,
        partners=paired[1] if paired else [],
        today=own_today(enrollment, at=now) if takes_part else [],
        writes_stand_ups=writing,
        asks_stand_up=writing and _is_missing(enrollment, now),
    )


def _is_missing(enrollment: Enrollment, now: datetime) -> bool:
    day = own_day(enrollment, now)
    if not is_working_day(enrollment.cohort, day):
        return False
    return not WrittenStandUp.objects.filter(enrollment=enrollment, day=day).exists()
