from collections.abc import Collection
from uuid import UUID

from celery import shared_task
from django.db import transaction
from django.utils import timezone

from cohorts.flags import BATCH, refresh_flags, watched
from cohorts.history import refresh_statuses
from cohorts.import_work import take_up
from cohorts.learner_import import work_on
from cohorts.models import Cohort
from cohorts.offering import settle_offers
from cohorts.roster_rows import refresh_rows
from cohorts.touching import register_listener
from organizations.models import Organization
from organizations.scope import required_organization_id, scope
from organizations.tasks import PlatformTask


@shared_task
def refresh_all_statuses() -> None:
    """Start one task for each organization. Runs every hour: somewhere a day has begun."""
    for pk in Organization.objects.values_list("pk", flat=True):
        refresh_organization_statuses.delay(str(pk))


@shared_task
def refresh_organization_statuses(organization_id: str) -> None:
    """Let what was planned for today, on the organization's calendar, take effect, and bring the roster to that day."""
    organization = Organization.objects.get(pk=organization_id)
    today = organization.today()
    with scope(UUID(organization_id)):
        refresh_statuses(on=today)
        refresh_rows(on=today, zone=organization.zone)


@shared_task
def settle_all_offers() -> None:
    """Start one task for each organization, so that one's trouble is not another's delay."""
    for pk in Organization.objects.values_list("pk", flat=True):
        settle_organization_offers.delay(str(pk))


@shared_task(base=PlatformTask)
def settle_organization_offers(organization_id: str) -> None:
    """Let offers expire and free seats be offered, a cohort at a time, so that locks are short."""
    now = timezone.now()
    with scope(UUID(organization_id)):
        cohorts = list(Cohort.objects.with_line().order_by("pk"))
    for cohort in cohorts:
        with scope(UUID(organization_id)):
            settle_offers(cohort=cohort, at=now)


@shared_task
def refresh_all_flags() -> None:
    """Start one task for each organization. Runs every hour: somewhere a day has begun."""
    for pk in Organization.objects.values_list("pk", flat=True):
        refresh_organization_flags.delay(str(pk))


@shared_task(base=PlatformTask)
def refresh_organization_flags(organization_id: str) -> None:
    """Work out who needs a person, in batches that are each committed: nobody who records something waits for all."""
    with scope(UUID(organization_id)):
        on, ids = Organization.in_scope().today(), watched()
    for first in range(0, len(ids), BATCH):
        with scope(UUID(organization_id)):
            refresh_flags(enrollments=ids[first : first + BATCH], on=on)


@shared_task(name="cohorts.tasks.work_on_import", base=PlatformTask)
def work_on_import(organization_id: str, file_id: str) -> None:
    """Check or import a file that is too long for a request. A second run finds nothing to do."""
    with scope(UUID(organization_id)):
        file = take_up(UUID(file_id))
    if file is not None:
        with scope(UUID(organization_id)):
            work_on(file, at=timezone.now())


@register_listener
def refresh_touched(enrollments: Collection[UUID]) -> None:
    """At once for as many as a person waits for; for more of them, such as after an import, in the background."""
    if len(enrollments) > BATCH:
        refresh_organization_flags.delay(str(required_organization_id()))
    else:
        refresh_flags(enrollments=enrollments, on=Organization.in_scope().today())


def queue_flags(organization_id: UUID) -> None:
    """Have it worked out again for the whole organization as soon as this transaction is committed."""
    transaction.on_commit(lambda: refresh_organization_flags.delay(str(organization_id)))
