"""Sending deliveries to webhooks and chats: one organization a turn, nobody waits for a slow one.

A delivery is claimed and written in one short transaction, posted outside any, and settled in another: no lock is held
while the other side takes its time. Only a process killed between its answer and our commit posts again, with the same
`webhook-id`.
"""

import json
import logging
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import InterfaceError, OperationalError
from django.db.models import Max
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from notifications.chat_formats import body_for
from notifications.chat_news import CHAT_NEWS
from notifications.endpoints import RESPONSE_LENGTH, Attempt, Delivery, DeliveryQuerySet, Endpoint
from notifications.signing import headers_for
from notifications.switching import switch_off
from organizations.models import Organization
from organizations.public_web import PublicWeb, Reply, Unanswered
from organizations.scope import scope, without_scope

logger = logging.getLogger(__name__)

USER_AGENT = "Gilde"
#: The whole exchange with an endpoint, and how much of its answer is read.
SECONDS, MOST_BYTES = 15.0, 2_000
#: A turn ends after so many seconds, and a claim outlasts what is posted in it.
TURN_SECONDS, LEASE = 20.0, timedelta(seconds=60)
#: Waits before the next attempt, three days in all; after the last one the delivery has failed.
BACKOFF = [
    timedelta(minutes=minutes) for minutes in (1, 5, 30, 2 * 60, 5 * 60, 10 * 60, 14 * 60, 20 * 60, 24 * 60)
]  # fmt: skip
#: An endpoint that does not answer is left alone this long, twice as long each time, at most the other.
REST, LONGEST_REST = timedelta(seconds=15), timedelta(minutes=10)
LONGEST_RETRY_AFTER = timedelta(days=1)
#: It is switched off when nothing was accepted for so long, or a chat refused so many in a row.
FAILING, LEAST_FAILURES, CHAT_REFUSALS = timedelta(days=3), 8, 5
#: Deliveries are kept, and can be replayed, so long after they were settled.
KEPT = timedelta(days=90)
#: So much news of one kind becomes one post.
MOST_AT_ONCE = 50
GONE, TOO_MANY = 410, 429
#: Of what a chat refuses otherwise, another attempt would be refused too.
TEMPORARY = frozenset({408, 425, TOO_MANY})

State = Delivery.State


@dataclass(frozen=True, kw_only=True)
class Parcel:
    """What is posted, for one delivery or for several that one post tells of; ours until `claim`.

    Without an address none of today's keys opens it (organizations/sealing.py).
    """

    endpoint_id: UUID
    ids: Sequence[UUID]
    claim: datetime
    address: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, kw_only=True)
class Result:
    """What became of a parcel."""

    status: int | None = None
    problem: str = ""
    retry_after: timedelta | None = None
    response: str = ""
    milliseconds: int = 0

    @property
    def is_accepted(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def is_down(self) -> bool:
        """Whether anything else would fare alike just now."""
        return self.status is None or self.status >= 500


@without_scope
def post_due(
    *, organization_id: UUID, clock: Callable[[], datetime], web: PublicWeb | None = None, seconds: float = TURN_SECONDS
) -> bool:
    """Post what is due in the organization, one after another; True when time was up before all was."""
    organization = Organization.objects.filter(pk=organization_id).first()
    if organization is None:  # removed meanwhile, and its endpoints with it
        return False
    web, deadline = web or PublicWeb(), time.monotonic() + seconds
    while (parcel := _next_parcel(organization, clock())) is not None:
        if isinstance(parcel, Parcel):
            result = _post(parcel, web, clock())
            with scope(organization_id):
                _record(parcel, result, clock())
        if time.monotonic() >= deadline:
            return True
    return False


@without_scope
def forget_old(*, organization_id: UUID, now: datetime) -> int:
    """Remove what was settled longer ago than `KEPT`, with its attempts; return how many."""
    with scope(organization_id):
        _rows, by_model = Delivery.objects.filter(settled_at__lt=now - KEPT).delete()
    return by_model.get(Delivery._meta.label, 0)


@without_scope
def has_due(*, organization_id: UUID, now: datetime) -> bool:
    with scope(organization_id):
        return Delivery.objects.due(at=now).exists()


def _next_parcel(organization: Organization, now: datetime) -> Parcel | str | None:
    """Claim the oldest that is due, with what one post can tell beside it; "" when it was settled unsent."""
    with scope(organization.pk):
        first = _free(now).select_related("endpoint").first()
        if first is None:
            return None
        rows = [first]
        if first.endpoint.is_chat:
            alike = _free(now).filter(endpoint=first.endpoint, name=first.name).exclude(pk=first.pk)
            rows += list(alike[: MOST_AT_ONCE - 1])
            zone = ZoneInfo(organization.time_zone)
            with translation.override(organization.language), timezone.override(zone):
                return _chat_parcel(first.endpoint, rows, now) or ""
        body = json.dumps(first.payload, separators=(",", ":"), ensure_ascii=False).encode()
        is_readable = first.endpoint.is_readable
        headers = headers_for(first.endpoint, message_id=first.message_id, body=body, at=now) if is_readable else {}
        return _parcel(first.endpoint, rows, body, now, headers)


def _free(now: datetime) -> DeliveryQuerySet:
    rows = Delivery.objects.due(at=now)
    # A claim that ends later than one made now is of before the clock was set back.
    free = rows.exclude(claimed_until__gt=now, claimed_until__lte=now + LEASE)
    return free.select_for_update(skip_locked=True, of=("self",))


def _chat_parcel(endpoint: Endpoint, rows: Sequence[Delivery], now: datetime) -> Parcel | None:
    """One post about all that still holds; what does not is settled here."""
    held: list[Delivery] = []
    try:
        news = CHAT_NEWS[rows[0].name]
        for row in rows:
            late = row.expires_at is not None and row.expires_at <= now
            reason = _("Its moment had passed before it could be sent.") if late else news.reason_untrue(row, now)
            if reason:
                _settle(row, State.SKIPPED, now, reason)
            else:
                held.append(row)
        body = json.dumps(body_for(endpoint.format, news.compose(held))).encode() if held else b""
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:  # whatever news trip over is their trouble alone
        logger.exception("News %s could not be written.", rows[0].name)
        for row in rows:
            _settle(row, State.FAILED, now, f"{type(error).__name__}: {error}")
        return None
    return _parcel(endpoint, held, body, now, {}) if held else None


def _parcel(
    endpoint: Endpoint, rows: Sequence[Delivery], body: bytes, now: datetime, headers: Mapping[str, str]
) -> Parcel:
    ids = [row.pk for row in rows]
    Delivery.objects.filter(pk__in=ids).update(claimed_until=now + LEASE)
    headers = {"User-Agent": USER_AGENT, "Content-Type": "application/json", "Accept": "*/*", **headers}
    address = endpoint.address if endpoint.is_readable else ""
    return Parcel(endpoint_id=endpoint.pk, ids=ids, claim=now + LEASE, address=address, headers=headers, body=body)


def _post(parcel: Parcel, web: PublicWeb, now: datetime) -> Result:
    """Never raises for what the other side does."""
    began = time.monotonic()
    if not parcel.address:
        return Result(problem="unreadable")
    try:
        reply = web.ask(
            parcel.address,
            deadline=began + SECONDS,
            method="POST",
            headers=parcel.headers,
            content=parcel.body,
            most_bytes=MOST_BYTES,
        )
    except Unanswered as problem:
        return Result(problem=problem.code, milliseconds=_since(began))
    return Result(
        status=reply.status,
        retry_after=_retry_after(reply, now),
        response=_words(reply.body.decode(errors="replace"), RESPONSE_LENGTH),
        milliseconds=_since(began),
    )


def _record(parcel: Parcel, result: Result, now: datetime) -> None:
    """Write the attempt down, and what it means for the deliveries and the endpoint."""
    # First the endpoint, as whoever switches it: two of us cannot wait for each other.
    endpoint = Endpoint.objects.select_for_update().filter(pk=parcel.endpoint_id).first()
    rows = Delivery.objects.filter(pk__in=parcel.ids, state=State.PENDING, claimed_until=parcel.claim)
    ours = list(rows.select_for_update(of=("self",)).order_by("pk"))
    if endpoint is None or not ours:  # removed meanwhile, or taken over by another worker
        return
    counts = Attempt.objects.filter(delivery__in=ours).values("delivery").annotate(last=Max("number"))
    last = {row["delivery"]: row["last"] for row in counts}
    Attempt.objects.bulk_create(
        Attempt(
            delivery=row,
            number=last.get(row.pk, 0) + 1,
            at=now,
            status=result.status,
            problem=result.problem,
            milliseconds=result.milliseconds,
            response=result.response,
        )
        for row in ours
    )
    for row in ours:
        _decide(row, endpoint, result, now)
    _judge(endpoint, result, now)


def _decide(row: Delivery, endpoint: Endpoint, result: Result, now: datetime) -> None:
    row.attempts += 1
    if result.is_accepted:
        _settle(row, State.DELIVERED, now, "")
    elif _is_final(endpoint, result):
        _settle(row, State.FAILED, now, _("The other side refused it."))
    elif row.attempts > len(BACKOFF):
        _settle(row, State.FAILED, now, _("It was tried too often."))
    else:
        # Jitter, so that what failed together does not return together.
        wait = result.retry_after or BACKOFF[row.attempts - 1] * random.uniform(1, 1.25)  # noqa: S311
        row.next_attempt_at, row.claimed_until = now + wait, None
        row.save(update_fields=["next_attempt_at", "claimed_until", "attempts"])


def _is_final(endpoint: Endpoint, result: Result) -> bool:
    if result.status == GONE:
        return True
    return endpoint.is_chat and not result.is_down and result.status not in TEMPORARY


def _judge(endpoint: Endpoint, result: Result, now: datetime) -> None:
    """Leave an endpoint in peace that is down or overrun, and switch one off that has failed for long."""
    if result.is_accepted:
        endpoint.failing_since, endpoint.failures, endpoint.rests_until = None, 0, None
    elif result.status == TOO_MANY:
        endpoint.rests_until = now + (result.retry_after or LONGEST_REST)
    else:
        endpoint.failures += 1
        endpoint.failing_since = endpoint.failing_since or now
        if result.is_down:
            rest = min(REST * 2 ** min(endpoint.failures - 1, 10), LONGEST_REST)
            endpoint.rests_until = now + max(rest, result.retry_after or rest)
    endpoint.save(update_fields=["failing_since", "failures", "rests_until"])
    has_failed_long = (
        endpoint.failing_since is not None
        and now - endpoint.failing_since >= FAILING
        and endpoint.failures >= LEAST_FAILURES
    )
    refuses = endpoint.failures >= CHAT_REFUSALS and _is_final(endpoint, result)
    if endpoint.is_on and (result.status == GONE or has_failed_long or (endpoint.is_chat and refuses)):
        switch_off(endpoint, now=now)


def _settle(row: Delivery, state: State, now: datetime, reason: str) -> None:
    row.state, row.settled_at, row.reason, row.claimed_until = state, now, _words(reason, 300), None
    row.save(update_fields=["state", "settled_at", "reason", "claimed_until", "attempts"])


def _retry_after(reply: Reply, now: datetime) -> timedelta | None:
    """What the other side asks for, in seconds or as a date, up to a day; None when it says nothing to go by."""
    said = reply.headers.get("retry-after", "").strip()
    try:
        wait = timedelta(seconds=float(said))
    except (ValueError, OverflowError):
        try:
            until = parsedate_to_datetime(said)
        except ValueError:
            return None
        wait = (until if until.tzinfo else until.replace(tzinfo=UTC)) - now
    return min(wait, LONGEST_RETRY_AFTER) if wait > timedelta(0) else None


def _since(began: float) -> int:
    return int((time.monotonic() - began) * 1000)


def _words(text: str, length: int) -> str:
    """What PostgreSQL keeps of a text from elsewhere."""
    return text.replace("\x00", "")[:length]
