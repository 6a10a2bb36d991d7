import logging
import time
from uuid import UUID

from celery import shared_task
from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.core.cache import cache
from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone

from notifications.carrier import HostAway
from notifications.delivery import send_due
from notifications.kinds import REMINDER_QUEUES
from notifications.models import Lane
from notifications.posting import LEASE, forget_old, has_due, post_due
from notifications.rounds import ROUND_SECONDS, TURN, send_round
from notifications.rules import looking_back
from organizations.models import Organization
from organizations.scope import scope
from organizations.tasks import PlatformTask

logger = logging.getLogger(__name__)


@shared_task
def queue_all_reminders() -> None:
    """Start one task for each organization, so that one's trouble is not another's delay."""
    for pk in Organization.objects.values_list("pk", flat=True):
        queue_organization_reminders.apply_async((str(pk),), expires=settings.REMINDERS_EVERY)


@shared_task(base=PlatformTask)
def queue_organization_reminders(organization_id: str) -> None:
    """Queue what each source has; one that fails is told about after the others had their turn."""
    now, problems = timezone.now(), []
    with scope(UUID(organization_id)), looking_back(now=now):
        for queue in REMINDER_QUEUES:
            try:
                with transaction.atomic():
                    queue(now)
            except (OperationalError, InterfaceError):
                raise
            except SoftTimeLimitExceeded:
                logger.warning("Reminders of %s take too long; the next run goes on.", organization_id)
                break
            except Exception as problem:
                logger.exception("%s failed.", getattr(queue, "__name__", queue))
                problems.append(problem)
    if problems:
        raise problems[0]


@shared_task
def send_all_due() -> None:
    """Start a round in each lane. A round that nobody had time for is dropped: the next one does the same."""
    for lane in Lane:
        send_lane.apply_async((lane.value,), queue=lane.queue, expires=settings.DELIVERY_EVERY)


@shared_task(base=PlatformTask)
def send_lane(lane: int) -> None:
    """Send for some seconds, organizations in turn; what is left is for another round, behind what waits already."""
    try:
        is_left = send_round(lane=Lane(lane), clock=timezone.now)
    except HostAway as problem:
        logger.warning("The mail host is away: %s. Messages wait for the next round.", problem)
        return
    if is_left:
        _go_on(Lane(lane))


@shared_task(base=PlatformTask)
def send_organization_due(organization_id: str, lane: int) -> None:
    """One turn for an organization that has just queued something; the rest waits for its turn in a round."""
    chosen, deadline = Lane(lane), time.monotonic() + ROUND_SECONDS
    try:
        report = send_due(
            organization_id=UUID(organization_id), now=timezone.now(), lane=chosen, limit=TURN, deadline=deadline
        )
    except HostAway as problem:
        logger.warning("The mail host is away: %s. Messages wait for the next round.", problem)
        return
    if report.total >= TURN or time.monotonic() >= deadline:
        _go_on(chosen)


def _go_on(lane: Lane) -> None:
    # The more rounds wait, the more are dropped: their number does not grow with the backlog.
    send_lane.apply_async((lane.value,), queue=lane.queue, expires=2 * ROUND_SECONDS)


# -- webhooks and chats ------------------------------------------------------------------------------------------------


@shared_task(base=PlatformTask)
def post_all_due() -> None:
    """Start a turn for each organization that has something due for its webhooks and chats."""
    for pk in Organization.objects.values_list("pk", flat=True):
        if has_due(organization_id=pk, now=timezone.now()):
            post_organization_due.apply_async((str(pk),), expires=settings.DELIVERY_EVERY)


@shared_task(base=PlatformTask)
def post_organization_due(organization_id: str) -> None:
    """One turn, unless another worker has one for it: slow endpoints of an organization keep one worker busy."""
    turn = f"posting:{organization_id}"
    if not cache.add(turn, True, timeout=LEASE.total_seconds()):
        return
    try:
        post_due(organization_id=UUID(organization_id), clock=timezone.now)
    finally:
        cache.delete(turn)
    # Also what was written while this turn kept others away.
    if has_due(organization_id=UUID(organization_id), now=timezone.now()):
        post_organization_due.apply_async((organization_id,))


@shared_task(base=PlatformTask)
def forget_old_deliveries() -> None:
    for pk in Organization.objects.values_list("pk", flat=True):
        forget_old(organization_id=pk, now=timezone.now())
