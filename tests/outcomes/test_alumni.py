from datetime import timedelta

from accounts.models import Membership
from cohorts.models import Enrollment
from mentoring.models import Mentor, OneOnOne
from outcomes.measuring.cases import Counts
from outcomes.measuring.metrics import AsOf
from outcomes.models import TargetKey
from tests.conftest import Cast
from tests.outcomes.given import a_cohort, day, enrolled, graduate, noon

KEY = TargetKey.ALUMNI_MENTORING


def meeting(mentor: Membership, learner: Enrollment, on: int, status: str = "held") -> None:
    host, _ = Mentor.objects.get_or_create(membership=mentor, defaults={"time_zone": "Europe/Amsterdam"})
    OneOnOne.objects.create(
        mentor=host,
        enrollment=learner,
        mentor_person=mentor.user,
        learner_person=learner.learner.user,
        during=(noon(on), noon(on) + timedelta(minutes=45)),
        status=status,
    )


def test_holding_a_meeting_in_a_later_cohort_is_coming_back(lantaarn: Cast) -> None:
    first = a_cohort()
    later = enrolled(a_cohort(first.version, starts_on=day(700)), ("active", 700))
    earlier = enrolled(a_cohort(first.version, starts_on=day(500)), ("active", 500))
    back, cancelled, in_an_earlier_cohort, _away = (graduate(first) for _ in range(4))
    recent = graduate(first, 1000)
    meeting(back.learner, later, 800)
    meeting(cancelled.learner, later, 801, "cancelled")
    meeting(in_an_earlier_cohort.learner, earlier, 802)
    meeting(recent.learner, later, 1100)

    assert AsOf(day(1100)).measure(KEY).counts == Counts(numerator=1, denominator=4, pending=3, excluded=0, unknown=0)
    assert AsOf(day(799)).measure(KEY).counts == Counts(numerator=0, denominator=0, pending=7, excluded=0, unknown=0)


def test_graduates_count_after_twelve_months(lantaarn: Cast) -> None:
    graduate(a_cohort(), 600)

    assert [AsOf(day(on)).measure(KEY).counts for on in (964, 965)] == [
        Counts(0, 0, 1, 0, 0),
        Counts(0, 1, 0, 0, 0),
    ]
