from uuid import UUID
from zoneinfo import ZoneInfo

from celery import shared_task
from django.db import transaction
from django.utils import timezone

from cohorts.flags import BATCH, refresh_flags, today_of_organization, watched
from cohorts.history import refresh_statuses
from organizations.models import Organization
from organizations.scope import scope
from organizations.tasks import PlatformTask


@shared_task
def refresh_all_statuses() -> None:
    """Start one task for each organization. Runs every hour: somewhere a day has begun."""
    for pk in Organization.objects.values_list("pk", flat=True):
        refresh_organization_statuses.delay(str(pk))


@shared_task
def refresh_organization_statuses(organization_id: str) -> None:
    """Let what was planned for today, on the organization's calendar, take effect."""
    organization = Organization.objects.get(pk=organization_id)
    with scope(UUID(organization_id)):
        refresh_statuses(on=timezone.localdate(timezone=ZoneInfo(organization.time_zone)))


@shared_task
def refresh_all_flags() -> None:
    """Start one task for each organization. Runs every hour: somewhere a day has begun."""
    for pk in Organization.objects.values_list("pk", flat=True):
        refresh_organization_flags.delay(str(pk))


@shared_task(base=PlatformTask)
def refresh_organization_flags(organization_id: str) -> None:
    """Work out who needs a person, in batches that are each committed: nobody who records something waits for all."""
    with scope(UUID(organization_id)):
        on, ids = today_of_organization(), watched()
    for first in range(0, len(ids), BATCH):
        with scope(UUID(organization_id)):
            refresh_flags(enrollments=ids[first : first + BATCH], on=on)


def queue_flags(organization_id: UUID) -> None:
    """Have it worked out again for the whole organization as soon as this transaction is committed."""
    transaction.on_commit(lambda: refresh_organization_flags.delay(str(organization_id)))
