import logging
from datetime import timedelta
from uuid import UUID

from celery import shared_task
from django.utils import timezone

from organizations.models import Organization
from organizations.scope import scope
from organizations.tasks import PlatformTask
from outcomes.errors import OutcomeError
from outcomes.keeping.kept_facts import forget_facts
from outcomes.keeping.snapshot_runs import open_run, take_next_day
from outcomes.keeping.snapshots import take_snapshots
from outcomes.surveys.records import Survey
from outcomes.surveys.waves import hold_survey

logger = logging.getLogger(__name__)

#: Well under the time limit of a task.
PATIENCE = timedelta(minutes=5)


@shared_task
def take_all_snapshots() -> None:
    """Start one task for each organization, so that one's trouble is not another's delay."""
    for pk in Organization.objects.values_list("pk", flat=True):
        take_organization_snapshots.delay(str(pk))


@shared_task
def take_organization_snapshots(organization_id: str) -> None:
    """Keep the numbers as of the last whole day on the organization's clock, and go on with a run that was left."""
    now = timezone.now()
    with scope(UUID(organization_id)):
        today = Organization.objects.get(pk=organization_id).today(now)
        take_snapshots(on=today - timedelta(days=1), at=now)
        forget_facts(before=today)
        run = open_run()
    if run is not None:
        carry_out_snapshot_run.delay(organization_id, str(run.pk))


@shared_task(base=PlatformTask)
def carry_out_snapshot_run(organization_id: str, run_id: str) -> None:
    """Take its days one by one, a transaction for each; after a while another task goes on."""
    until = timezone.now() + PATIENCE
    while timezone.now() < until:
        with scope(UUID(organization_id)):
            if not take_next_day(UUID(run_id), at=timezone.now()):
                return
    carry_out_snapshot_run.delay(organization_id, run_id)


@shared_task
def hold_all_surveys() -> None:
    """Start one task for each organization, so that one's trouble is not another's delay."""
    for pk in Organization.objects.values_list("pk", flat=True):
        hold_organization_surveys.delay(str(pk))


@shared_task(base=PlatformTask)
def hold_organization_surveys(organization_id: str) -> None:
    """Plan, begin and end waves, a transaction for each survey; one that fails is told about after the others."""
    now, problems = timezone.now(), []
    with scope(UUID(organization_id)):
        today = Organization.objects.get(pk=organization_id).today(now)
        surveys = list(Survey.objects.open().order_by("pk").values_list("pk", flat=True))
    for pk in surveys:
        try:
            with scope(UUID(organization_id)):
                hold_survey(pk, on=today, now=now)
        except OutcomeError as problem:
            logger.exception("A survey cannot be held.")
            problems.append(problem)
    if problems:
        raise problems[0]
