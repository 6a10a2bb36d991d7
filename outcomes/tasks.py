from datetime import timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from celery import shared_task
from django.utils import timezone

from organizations.models import Organization
from organizations.scope import scope
from outcomes.snapshots import take_snapshots


@shared_task
def take_all_snapshots() -> None:
    """Start one task for each organization, so that one's trouble is not another's delay."""
    for pk in Organization.objects.values_list("pk", flat=True):
        take_organization_snapshots.delay(str(pk))


@shared_task
def take_organization_snapshots(organization_id: str) -> None:
    """Keep the numbers as of the last whole day on the organization's clock."""
    now = timezone.now()
    with scope(UUID(organization_id)):
        zone = ZoneInfo(Organization.objects.get(pk=organization_id).time_zone)
        take_snapshots(on=timezone.localdate(now, zone) - timedelta(days=1), at=now)
