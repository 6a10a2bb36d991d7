from uuid import UUID

from celery import shared_task
from django.utils import timezone

from notifications.delivery import send_due
from notifications.kinds import REMINDER_QUEUES
from organizations.models import Organization
from organizations.scope import scope
from organizations.tasks import PlatformTask


@shared_task
def queue_all_reminders() -> None:
    """Start one task for each organization, so that one's trouble is not another's delay."""
    for pk in Organization.objects.values_list("pk", flat=True):
        queue_organization_reminders.delay(str(pk))


@shared_task
def queue_organization_reminders(organization_id: str) -> None:
    now = timezone.now()
    with scope(UUID(organization_id)):
        for queue in REMINDER_QUEUES:
            queue(now)


@shared_task
def send_all_due() -> None:
    """Start one task for each organization: a large one's backlog does not hold up a small one's reminder."""
    for pk in Organization.objects.values_list("pk", flat=True):
        send_organization_due.delay(str(pk))


@shared_task(base=PlatformTask)
def send_organization_due(organization_id: str) -> None:
    """Send until nothing is due; rounds are short, so that a stopping worker stops soon."""
    while True:
        now = timezone.now()
        report = send_due(organization_id=UUID(organization_id), now=now)
        if report.sent + report.skipped + report.failed == 0:
            return
