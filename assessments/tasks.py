"""Background work of assessment."""

from uuid import UUID

from celery import shared_task
from django.utils import timezone

from assessments import assigning, link_checks, peer_rounds
from assessments.models import PeerRound
from assessments.open_gates import cohorts_to_look_at, notice_open_gates
from organizations.models import Organization
from organizations.scope import scope
from organizations.tasks import PlatformTask

BATCH = 100


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


@shared_task(name="assessments.tasks.pass_all_reviews_on")
def pass_all_reviews_on() -> None:
    """Start one task for each organization. Runs every hour: somewhere a day has begun."""
    for pk in Organization.objects.values_list("pk", flat=True):
        pass_reviews_on.delay(str(pk))


@shared_task(name="assessments.tasks.pass_reviews_on", base=PlatformTask)
def pass_reviews_on(organization_id: str) -> None:
    """Ask the next for reviews that waited too long, in batches that are each committed."""
    now = timezone.now()
    with scope(UUID(organization_id)):
        pks = assigning.overdue_assignments(at=now)
    for first in range(0, len(pks), BATCH):
        with scope(UUID(organization_id)):
            assigning.pass_on(at=now, pks=pks[first : first + BATCH])


@shared_task
def notice_all_open_gates() -> None:
    """Start one task for each organization, so that one's trouble is not another's delay."""
    for pk in Organization.objects.values_list("pk", flat=True):
        notice_organization_open_gates.delay(str(pk))


@shared_task(base=PlatformTask)
def notice_organization_open_gates(organization_id: str) -> None:
    """Look at the gates of every active learner, a cohort at a time, so that nothing is locked for long."""
    with scope(UUID(organization_id)):
        cohorts = cohorts_to_look_at()
    for cohort in cohorts:
        with scope(UUID(organization_id)):
            notice_open_gates(cohort_id=cohort, at=timezone.now())


@shared_task
def settle_all_peer_rounds() -> None:
    """Start one task for each organization, so that one's trouble is not another's delay."""
    for pk in Organization.objects.values_list("pk", flat=True):
        settle_organization_peer_rounds.delay(str(pk))


@shared_task(base=PlatformTask)
def settle_organization_peer_rounds(organization_id: str) -> None:
    """Keep rounds of peer review up with who comes and leaves, close those that are due, and open those of rules."""
    now = timezone.now()
    with scope(UUID(organization_id)):
        rounds = list(PeerRound.objects.filter(closed_at=None).order_by("pk"))
    for opened in rounds:
        with scope(UUID(organization_id)):
            peer_rounds.settle_round(opened=opened, at=now)
    with scope(UUID(organization_id)):
        peer_rounds.open_by_rule(at=now)
