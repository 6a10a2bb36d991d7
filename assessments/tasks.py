"""Background work of assessment."""

from uuid import UUID

from celery import shared_task
from django.utils import timezone

from assessments import link_checks
from organizations.models import Organization
from organizations.tasks import PlatformTask


@shared_task(name="assessments.tasks.check_links", base=PlatformTask)
def check_links(organization_id: str, submission_id: str) -> None:
    """Look at the links of a submission. A second run records a second look."""
    link_checks.check_submission(
        organization_id=UUID(organization_id), submission_id=UUID(submission_id), at=timezone.now()
    )


@shared_task
def recheck_all_links() -> None:
    """Start one task for each organization, so that the many links of one are not another's delay."""
    for pk in Organization.objects.values_list("pk", flat=True):
        recheck_organization_links.delay(str(pk))


@shared_task(base=PlatformTask)
def recheck_organization_links(organization_id: str) -> None:
    """Look at what is due, for one turn. Runs every hour; what is left waits for the next."""
    link_checks.check_what_is_due(organization_id=UUID(organization_id), clock=timezone.now)
