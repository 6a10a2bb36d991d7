from uuid import UUID

from celery import shared_task
from django.utils import timezone

from mentoring.series import continue_series
from mentoring.series_records import Series
from organizations.models import Organization
from organizations.scope import scope
from organizations.tasks import PlatformTask


@shared_task
def continue_all_series() -> None:
    """Start one task for each organization, so that one's trouble is not another's delay."""
    for pk in Organization.objects.values_list("pk", flat=True):
        continue_organization_series.delay(str(pk))


@shared_task(base=PlatformTask)
def continue_organization_series(organization_id: str) -> None:
    """Book what the horizon of each mentor has reached; a series at a time, so that locks are short."""
    now = timezone.now()
    with scope(UUID(organization_id)):
        ids = list(Series.objects.running().order_by("pk").values_list("pk", flat=True))
    for pk in ids:
        with scope(UUID(organization_id)):
            continue_series(series=Series.objects.with_people().get(pk=pk), now=now)
