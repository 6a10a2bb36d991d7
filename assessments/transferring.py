"""Work and decisions of a learner who goes on in another cohort: attempts go along, with their reviews and drafts, and
so do certificates; what was decided about levels stands with both enrollments.
"""

from datetime import datetime

from assessments.models import Certificate, LevelDecision, Submission, SubmissionDraft
from cohorts import transferring
from cohorts.models import Enrollment
from organizations.models import uuid7


def _take_along(source: Enrollment, target: Enrollment, at: datetime) -> None:
    Submission.objects.filter(enrollment=source).update(enrollment=target)
    written = SubmissionDraft.objects.filter(enrollment=target).values("project")
    SubmissionDraft.objects.filter(enrollment=source).exclude(project__in=written).update(enrollment=target)
    Certificate.objects.filter(enrollment=source).update(enrollment=target)
    key = ("level_id", "outcome", "effective_on", "recorded_at")
    present = set(LevelDecision.objects.filter(enrollment=target).values_list(*key))
    copies = []
    for row in LevelDecision.objects.filter(enrollment=source).order_by("recorded_at", "pk"):
        if tuple(getattr(row, name) for name in key) in present:
            continue
        row.pk, row.enrollment, row._state.adding = uuid7(), target, True
        copies.append(row)
    LevelDecision.objects.bulk_create(copies)


transferring.register(_take_along)
