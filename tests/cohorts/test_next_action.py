"""What staff would best do about a learner now."""

from datetime import timedelta

import pytest

from accounts.models import Membership
from cohorts.models import Cohort, Enrollment, Snooze
from cohorts.next_action import next_action
from cohorts.risk import LEAVE_OVERDUE, NO_ACTIVITY, Reason
from tests.cohorts.studying import TODAY

DAY = timedelta(days=1)
MENTOR = Membership(name="Joris Hoekema")
QUIET = NO_ACTIVITY.reason(since=TODAY - 20 * DAY, on=TODAY, details={"started": True})
LATE = LEAVE_OVERDUE.reason(since=TODAY - 3 * DAY, on=TODAY)
RESTED = NO_ACTIVITY.reason(since=TODAY - 20 * DAY, on=TODAY, details={"started": True}, snooze=Snooze(note="Ill"))


@pytest.mark.parametrize(
    ("status", "mentor", "reasons", "is_path_done", "expected"),
    [
        ("active", MENTOR, [], False, None),
        ("active", MENTOR, [RESTED], False, None),
        ("active", None, [QUIET], False, ("Assign mentor", "mentor/")),
        ("active", MENTOR, [QUIET], False, ("Book 1-on-1", "book/")),
        ("active", MENTOR, [], True, ("Look at the level gates", "gates/")),
        ("on_leave", MENTOR, [], False, None),
        ("on_leave", MENTOR, [LATE], False, ("Record status", "status/")),
        ("applied", None, [], False, ("Record status", "status/")),
        ("enrolled", None, [], False, ("Record status", "status/")),
        ("withdrawn", None, [], False, None),
        ("graduated", MENTOR, [], True, None),
    ],
)
def test_status_comes_first_then_what_is_missing_then_what_stands_out(
    status: str,
    mentor: Membership | None,
    reasons: list[Reason],
    is_path_done: bool,
    expected: tuple[str, str] | None,
) -> None:
    enrollment = Enrollment(
        cohort=Cohort(status=Cohort.Status.RUNNING), mentor=mentor, status=status, status_since=TODAY
    )
    action = next_action(enrollment, reasons, on=TODAY, slug="lantaarn", is_path_done=is_path_done)
    found = None if action is None else (action.label, action.url.rpartition(str(enrollment.pk) + "/")[2])
    assert found == expected


def test_who_begins_with_a_cohort_that_is_not_running_yet_waits_with_it() -> None:
    enrollment = Enrollment(cohort=Cohort(status=Cohort.Status.ENROLLING), status="enrolled", status_since=TODAY)
    assert next_action(enrollment, [], on=TODAY, slug="lantaarn") is None


def test_a_plan_to_enroll_is_not_due_before_its_day() -> None:
    enrollment = Enrollment(cohort=Cohort(status=Cohort.Status.RUNNING), status="enrolled", status_since=TODAY + DAY)
    assert next_action(enrollment, [], on=TODAY, slug="lantaarn") is None
