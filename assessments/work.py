"""What assessment tells of a learner's projects to the pages about their path."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from assessments.models import Submission
from cohorts import work
from cohorts.models import Enrollment


def handed_in(enrollment: Enrollment, at: datetime) -> Mapping[UUID, work.Work]:
    """The latest attempt that shows with each project and was not withdrawn, in three queries."""
    found: dict[UUID, work.Work] = {}
    attempts = Submission.objects.filter(enrollment=enrollment, withdrawn_at=None).with_reviews()
    for attempt in attempts.prefetch_related("carried"):
        status, since = attempt.standing(at=at), attempt.verdict.submitted_at if attempt.verdict else None
        # What passed in another version may be half of what counts for a project of this one.
        elsewhere = {row.project_id for row in attempt.carried.all() if row.is_whole or status != "passed"}
        for project_id in {attempt.project_id, *elsewhere} - set(found):
            found[project_id] = work.Work(status=status, since=since or attempt.submitted_at)
    return found


work.register(handed_in)
