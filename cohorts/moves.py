"""The table of allowed moves in an enrollment's history, which the domain, the form and the tests share."""

from cohorts.models import Enrollment, EnrollmentEvent

Status = Enrollment.Status
Reason = EnrollmentEvent.Reason

#: The allowed moves. The empty status is that of somebody who is not on the roster yet.
MOVES: dict[str, frozenset[str]] = {
    "": frozenset({Status.APPLIED, Status.WAITING, Status.ENROLLED, Status.ACTIVE}),
    Status.APPLIED: frozenset({Status.WAITING, Status.ENROLLED, Status.WITHDRAWN, Status.DISMISSED}),
    Status.WAITING: frozenset({Status.ENROLLED, Status.WITHDRAWN}),
    Status.ENROLLED: frozenset({Status.ACTIVE, Status.WITHDRAWN, Status.DISMISSED, Status.TRANSFERRED}),
    Status.ACTIVE: frozenset(
        {Status.ON_LEAVE, Status.WITHDRAWN, Status.DISMISSED, Status.TRANSFERRED, Status.GRADUATED}
    ),
    # On leave again is a leave with another return date.
    Status.ON_LEAVE: frozenset(
        {Status.ON_LEAVE, Status.ACTIVE, Status.WITHDRAWN, Status.DISMISSED, Status.TRANSFERRED}
    ),
    # Back after leaving: the same enrollment goes on, and the withdrawal stays in its history.
    Status.WITHDRAWN: frozenset({Status.ENROLLED, Status.ACTIVE}),
    Status.DISMISSED: frozenset({Status.ENROLLED, Status.ACTIVE}),
    Status.TRANSFERRED: frozenset(),
    Status.GRADUATED: frozenset(),
}
#: Who holds one of the cohort's seats.
SEATED = frozenset({Status.ENROLLED, Status.ACTIVE, Status.ON_LEAVE, Status.GRADUATED})
LEAVING = frozenset({Status.WITHDRAWN, Status.DISMISSED})
#: What no correction takes back: it concerns another enrollment too.
TRANSFER_ONLY = frozenset({Status.TRANSFERRED})


def words(status: str) -> str:
    """The status as it stands within a sentence."""
    return str(Status(status).label).lower()
