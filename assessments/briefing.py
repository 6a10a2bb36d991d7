"""What assessment knows before somebody talks with a learner: work that waits for a review, and for changes."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import Membership
from assessments.models import Submission
from cohorts import briefing
from cohorts.models import Enrollment

SHOWN = 5


@briefing.register_source
def open_work(enrollment: Enrollment, viewer: Membership, now: datetime) -> Iterable[briefing.Point]:
    """The latest attempt at each project, when it waits for somebody; those that wait for the learner first."""
    attempts = Submission.objects.filter(enrollment=enrollment, withdrawn_at=None).with_reviews()
    attempts = attempts.prefetch_related("carried").select_related("project", "organization")
    latest: list[Submission] = []
    seen: set[UUID] = set()
    for attempt in attempts.order_by("-submitted_at", "-attempt"):
        shown_with = {attempt.project_id, *(row.project_id for row in attempt.carried.all())}
        if not shown_with & seen:  # an attempt in the version followed now answers one in the version left
            latest.append(attempt)
        seen |= shown_with
    points = [point for attempt in latest if (point := _point(attempt, now)) is not None]
    return sorted(points, key=lambda point: not point.hot)[:SHOWN]


def _point(attempt: Submission, now: datetime) -> briefing.Point | None:
    standing, words = attempt.standing(at=now), {"title": attempt.project.title}
    url = reverse("assessments:review", args=[attempt.organization.slug, attempt.pk])
    if standing in ("changes_requested", "failed") and attempt.verdict and attempt.verdict.submitted_at:
        words["date"] = _day(attempt.verdict.submitted_at)
        text = _("Changes requested on “%(title)s” on %(date)s") % words
        return briefing.Point(text=text, icon="rotate-ccw", url=url, hot=True, tells="changes_unanswered")
    if standing in ("submitted", "in_review"):
        words["date"] = _day(attempt.submitted_at)
        return briefing.Point(text=_("“%(title)s” waits for a review since %(date)s") % words, icon="inbox", url=url)
    return None


def _day(moment: datetime) -> str:
    return date_format(timezone.localtime(moment), "j F", use_l10n=False)
