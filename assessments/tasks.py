"""Background work of assessment."""

from uuid import UUID

from celery import shared_task
from django.utils import timezone

from assessments import link_checks


@shared_task(name="assessments.tasks.check_links")
def check_links(submission_id: str) -> None:
    """Look at the links of a submission. A second run records a second look."""
    link_checks.check_links(submission_id=UUID(submission_id), at=timezone.now())
