from uuid import UUID
from zoneinfo import ZoneInfo

from celery import shared_task
from django.utils import timezone

from cohorts.history import refresh_statuses
from cohorts.roster_rows import refresh_rows
from organizations.models import Organization
from organizations.scope import scope


@shared_task
def refresh_all_statuses() -> None:
    """Start one task for each organization. Runs every hour: somewhere a day has begun."""
    for pk in Organization.objects.values_list("pk", flat=True):
        refresh_organization_statuses.delay(str(pk))


@shared_task
def refresh_organization_statuses(organization_id: str) -> None:
    """Let what was planned for today, on the organization's calendar, take effect, and bring the roster to that day."""
    organization = Organization.objects.get(pk=organization_id)
    zone = ZoneInfo(organization.time_zone)
    today = timezone.localdate(timezone=zone)
    with scope(UUID(organization_id)):
        refresh_statuses(on=today)
        refresh_rows(on=today, zone=zone)
