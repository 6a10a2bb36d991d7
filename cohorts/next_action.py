"""The one thing that staff would best do about a learner now, as a link to where it is done."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.urls import reverse
from django.utils.translation import gettext as _

from cohorts.models import Cohort, Enrollment
from cohorts.risk import Reason, counting

Status = Enrollment.Status
#: The page on which it is done, and its icon.
ICONS = {
    "cohorts:assign_mentor": "user-plus",
    "cohorts:record_status": "refresh-cw",
    "assessments:gates": "award",
    "mentoring:book_for": "calendar-plus",
}


@dataclass(frozen=True, kw_only=True)
class NextAction:
    """What to do, where, and why that and nothing else."""

    label: str
    url: str
    icon: str
    why: str


def next_action(
    enrollment: Enrollment, reasons: Sequence[Reason], *, on: date, slug: str, is_path_done: bool = False
) -> NextAction | None:
    """By the status first, then by what is missing, then by the longest-standing reason that counts; None when nothing
    needs doing. The enrollment comes with its cohort and mentor; `slug` is the organization's.
    """
    counted = counting(reasons)
    match enrollment.status:
        case Status.ON_LEAVE if counted:
            found = ("cohorts:record_status", _("Record status"), counted[0].text)
        case Status.APPLIED:
            found = ("cohorts:record_status", _("Record status"), _("The application waits for an answer."))
        case Status.ENROLLED if enrollment.cohort.status == Cohort.Status.RUNNING and _has_come(enrollment, on):
            found = ("cohorts:record_status", _("Record status"), _("The cohort is running, and they have not begun."))
        case Status.ACTIVE if enrollment.mentor_id is None:
            found = ("cohorts:assign_mentor", _("Assign mentor"), _("Nobody mentors them."))
        case Status.ACTIVE if is_path_done:
            found = ("assessments:gates", _("Look at the level gates"), _("Everything on their path is done."))
        case Status.ACTIVE if counted:
            found = ("mentoring:book_for", _("Book 1-on-1"), counted[0].text)
        case _:
            return None
    route, label, why = found
    url = reverse(route, args=[slug, enrollment.pk])
    return NextAction(label=label, url=url, icon=ICONS[route], why=why)


def _has_come(enrollment: Enrollment, on: date) -> bool:
    return enrollment.status_since is not None and enrollment.status_since <= on
