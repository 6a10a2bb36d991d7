"""Any sequence of events, recorded in any order, late and ahead, against an oracle that paints days one by one."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cohorts.errors import CohortError
from cohorts.history import LEAVING, MOVES, enroll, preview_status, record_status, refresh_statuses, statuses_as_of
from cohorts.models import Enrollment, EnrollmentEvent
from cohorts.status_plan import Wish
from cohorts.timeline import spans
from organizations.models import uuid7
from tests.cohorts.given import START, a_cohort
from tests.conftest import Cast
from tests.examples import examples

Status = Enrollment.Status
DAYS = 400
#: Days that pass, the status, the day of effect from today, whether it corrects, the length of a leave.
STEPS = st.lists(
    st.tuples(
        st.integers(0, 15),
        st.sampled_from([one for one in Status.values if one != Status.TRANSFERRED]),
        st.integers(-40, 30),
        st.booleans(),
        st.integers(1, 40),
    ),
    max_size=14,
)


def day(number: int) -> date:
    return START + timedelta(days=number)


@dataclass
class Days:
    """What each day shows, painted; `marks` are the days on which something was recorded to begin."""

    painted: list[str] = field(default_factory=lambda: [Status.ACTIVE.value] * DAYS)
    marks: set[int] = field(default_factory=lambda: {0})

    def paint(self, to: str, since: int, today: int, length: int) -> None:
        later = sorted(mark for mark in self.marks if mark > since)
        until = DAYS
        is_past = bool(later) and later[0] <= today
        is_kept = bool(later) and to == Status.ON_LEAVE and later[0] >= since + length
        if is_past or (is_kept and self.painted[later[0]] in MOVES[Status.ON_LEAVE]):
            until = later[0]
        self.painted[since:until] = [to] * (until - since)
        self.marks.add(since)


@settings(max_examples=examples(24), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_every_day_shows_what_was_recorded_for_it(lantaarn: Cast, steps: list[tuple[int, str, int, bool, int]]) -> None:
    with transaction.atomic():
        enrollment = enroll(
            cohort=a_cohort(), learner=lantaarn.amira, by=None, effective_on=START, status=Status.ACTIVE, at=at(0)
        )
        days, today = Days(), 0
        for pause, to, offset, corrects, length in steps:
            today += pause
            refresh_statuses(on=day(today))
            enrollment.refresh_from_db()
            since = max(today + offset, 0)
            wish = Wish(
                to=to, effective_on=day(since), corrects=corrects, reason="work" if to in LEAVING else "",
                returns_on=day(since + length) if to == Status.ON_LEAVE else None,
                decision=uuid7() if to == Status.GRADUATED else None,
            )  # fmt: skip
            before = list(EnrollmentEvent.objects.order_by("sequence").values())
            try:
                foreseen = preview_status(enrollment=enrollment, wish=wish, at=at(today)).after
                record_status(enrollment=enrollment, by=lantaarn.ilse, at=at(today), **vars(wish))
            except CohortError:
                assert list(EnrollmentEvent.objects.order_by("sequence").values()) == before
                continue
            assert list(EnrollmentEvent.objects.order_by("sequence").values())[: len(before)] == before
            days.paint(to, since, today, length)
            told = spans(enrollment.events.all())
            assert [span.same_as for span in told] == [span.same_as for span in foreseen]
            stored = Enrollment.objects.get(pk=enrollment.pk)
            assert (enrollment.status, stored.status) == (days.painted[today],) * 2
            check_days(enrollment, days)
        transaction.set_rollback(True)


def at(number: int) -> datetime:
    return datetime.combine(day(number), time(12), UTC)


def check_days(enrollment: Enrollment, days: Days) -> None:
    """By the spans for every day, in the database for those around the marks; and each change is an allowed one."""
    events = list(enrollment.events.all())
    shown: dict[int, str] = {}
    for span in spans(events):
        until = (span.until - START).days if span.until else DAYS
        shown |= dict.fromkeys(range((span.since - START).days, until), span.status)
    assert [shown[number] for number in range(DAYS)] == days.painted
    for mark in days.marks:
        for number in (mark - 1, mark):
            found = statuses_as_of([enrollment], on=day(number)).get(enrollment.pk)
            assert found == (days.painted[number] if number >= 0 else None)
    for number in range(1, DAYS):
        before, after = days.painted[number - 1 : number + 1]
        if before != after:
            recorded = [event for event in events if event.effective_on == day(number)]
            assert after in MOVES[before] or len(recorded) > 1, (before, after)
