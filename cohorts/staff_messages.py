"""Messages that staff write to learners: written, planned, changed or cancelled until they go, and sent once.

Sending works out for whom it is, queues one message for each in the outbox under a key of its own, and notes who did
not get it and why, all in one transaction that holds the message: whoever sends it at the same time finds it sent.
"""

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urljoin
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import Case, Count, Exists, OuterRef, Q, QuerySet, Subquery, When
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.models import Membership
from cohorts.errors import CohortError
from cohorts.merge_fields import check_fields, fill
from cohorts.models import (
    AddressedCohort,
    Cohort,
    Enrollment,
    StaffMessage,
    StaffMessageRecipient,
    StaffMessageStep,
)
from cohorts.staff_audience import MOST, Addressee, addressees_of, check_complete
from cohorts.staff_mails import KIND, REQUIRED, context_of
from notifications.kinds import KINDS, register_queue
from notifications.models import Message
from notifications.outbox import BATCH, Draft, enqueue, enqueue_many
from notifications.records import Notice
from notifications.unsubscribing import links_for_preview
from notifications.writing import Written
from notifications.writing import write as compose
from organizations.bulk import create_many

logger = logging.getLogger(__name__)
Audience, State, What = StaffMessage.Audience, StaffMessage.State, StaffMessageStep.What
#: Nobody plans further ahead than this, and nothing goes later than this after its time.
AHEAD, LATE = timedelta(days=366), timedelta(days=1)
#: So many that went are offered to begin another one with.
EARLIER = 30


# -- writing -----------------------------------------------------------------------------------------------------------


def write(
    *,
    audience: str,
    by: Membership,
    now: datetime,
    subject: str = "",
    text: str = "",
    cohorts: Collection[Cohort] = (),
    statuses: Collection[str] = (),
    query: str = "",
    within: Cohort | None = None,
    chosen: Sequence[UUID] = (),
    is_mandatory: bool = False,
) -> StaffMessage:
    """A draft. Raises CohortError `nobody_chosen`, `too_many`, `unknown_field` or `broken_field`."""
    if audience == Audience.CHOSEN and not chosen:
        raise CohortError("nobody_chosen", _("Nobody is chosen. Tick the learners first."))
    if len(chosen) > MOST:
        words = {"number": len(chosen), "most": MOST}
        raise CohortError(
            "too_many", _("%(number)s learners are too many for one time. Choose %(most)s at most.") % words
        )
    _check(audience, subject, text, cohorts)
    with transaction.atomic():
        message = StaffMessage.objects.create(
            subject=subject, text=text, audience=audience, statuses=list(statuses), query=query, within=within,
            chosen=[str(pk) for pk in chosen], is_mandatory=is_mandatory, by=by, created_at=now,
        )  # fmt: skip
        if audience == Audience.CHOSEN:
            about = Cohort.objects.filter(pk__in=Enrollment.objects.filter(pk__in=chosen).values("cohort"))
            cohorts = list(about)
        elif within is not None:
            cohorts = [within]
        _address(message, cohorts)
        _note(message, What.WRITTEN, by=by, at=now)
    return message


def change(
    *,
    message: StaffMessage,
    subject: str,
    text: str,
    is_mandatory: bool,
    cohorts: Collection[Cohort] = (),
    statuses: Collection[str] = (),
    by: Membership,
    now: datetime,
) -> StaffMessage:
    """Say something else, or to other cohorts; what is planned stays planned when it is complete for everybody.

    Raises CohortError `not_open`, `unknown_field`, `broken_field`, and for a planned one what `plan` does.
    """
    _check(message.audience, subject, text, cohorts)
    with transaction.atomic():
        locked = _open(message)
        locked.subject, locked.text, locked.is_mandatory = subject, text, is_mandatory
        if locked.audience == Audience.COHORTS:
            locked.statuses = list(statuses)
            locked.addressed.exclude(cohort__in=[one.pk for one in cohorts]).delete()
            _address(locked, cohorts)
        locked.save()
        if locked.state == State.PLANNED:
            check_complete(locked, addressees_of(locked, now=now))
        _note(locked, What.CHANGED, by=by, at=now)
    return locked


def plan(*, message: StaffMessage, send_at: datetime, by: Membership, now: datetime) -> StaffMessage:
    """Let it go at that instant.

    Raises CohortError `not_open`, `in_the_past`, `too_far`, `empty`, `missing_field`, `nobody_chosen` or `too_many`.
    """
    if send_at <= now:
        raise CohortError("in_the_past", _("That time has passed. Choose a later one, or send it now."))
    if send_at > now + AHEAD:
        raise CohortError("too_far", _("That is more than a year ahead. Choose an earlier day."))
    with transaction.atomic():
        locked = _open(message)
        _check_written(locked)
        check_complete(locked, addressees_of(locked, now=now))
        locked.state, locked.send_at, locked.time_zone = State.PLANNED, send_at, zone_of(locked).key
        locked.planned_at = locked.planned_at or now
        locked.save(update_fields=["state", "send_at", "time_zone", "planned_at"])
        _note(locked, What.PLANNED, by=by, at=now)
    return locked


def cancel(*, message: StaffMessage, by: Membership, now: datetime) -> StaffMessage:
    """Keep it from going; it stays to be read. Raises CohortError `not_open`."""
    with transaction.atomic():
        locked = _open(message)
        locked.state = State.CANCELLED
        locked.save(update_fields=["state"])
        _note(locked, What.CANCELLED, by=by, at=now)
    return locked


def earlier_ones() -> Sequence[StaffMessage]:
    """Messages that went, the newest first: a new one may begin with the words of one of them. One query."""
    return list(StaffMessage.objects.filter(state=State.SENT).order_by("-created_at", "-pk")[:EARLIER])


def words_of(message: StaffMessage | None) -> Mapping[str, Any]:
    """What it says, for another one to begin with; whom it went to is not part of that."""
    if message is None:
        return {}
    return {"subject": message.subject, "text": message.text, "is_mandatory": message.is_mandatory}


def zone_of(message: StaffMessage) -> ZoneInfo:
    """The zone in which its time is chosen: of the cohorts it is about when they share one, else the organization's."""
    zones = {one.cohort.time_zone for one in message.addressed.select_related("cohort")}
    return ZoneInfo(zones.pop() if len(zones) == 1 else message.organization.time_zone)


def _check(audience: str, subject: str, text: str, cohorts: Collection[Cohort]) -> None:
    if audience == Audience.COHORTS and not cohorts:
        raise CohortError("nobody_chosen", _("No cohort is chosen. Choose at least one."))
    check_fields(subject)
    check_fields(text)


def _check_written(message: StaffMessage) -> None:
    if not message.subject or not message.text:
        raise CohortError("empty", _("It says nothing yet. Write a subject and a text first."))


def _open(message: StaffMessage) -> StaffMessage:
    """The message, locked. Raises CohortError `not_open`."""
    locked = StaffMessage.objects.select_for_update(no_key=True, of=("self",)).select_related("organization", "within")
    found = locked.get(pk=message.pk)
    if found.state == State.SENT:
        raise CohortError("not_open", _("It was sent already. Write another one."))
    if found.state == State.CANCELLED:
        raise CohortError("not_open", _("It was cancelled. Write another one."))
    return found


def _address(message: StaffMessage, cohorts: Collection[Cohort]) -> None:
    create_many(
        AddressedCohort.objects,
        [AddressedCohort(message=message, cohort=cohort) for cohort in cohorts],
        ignore_conflicts=True,
    )


def _note(message: StaffMessage, what: str, *, by: Membership | None, at: datetime) -> None:
    StaffMessageStep.objects.create(message=message, what=what, by=by, at=at, send_at=message.send_at)


# -- sending -----------------------------------------------------------------------------------------------------------


def send(*, message: StaffMessage, by: Membership, now: datetime) -> StaffMessage:
    """Send it now; a second time changes nothing.

    Raises CohortError `not_open` for one that was cancelled, `empty`, `missing_field`, `nobody_chosen` or `too_many`.
    """
    with transaction.atomic():
        locked = StaffMessage.objects.select_for_update(no_key=True).get(pk=message.pk)
        if locked.state == State.SENT:
            return locked
        opened = _open(locked)
        _check_written(opened)
        people = addressees_of(opened, now=now)
        check_complete(opened, people)
        _deliver(opened, people, by=by, now=now)
    return opened


def send_planned(now: datetime) -> int:
    """Send what is planned for now or earlier; return for how many messages were queued.

    What could not go for a day becomes a draft again: by then it may say what is no longer so.
    """
    due = StaffMessage.objects.filter(state=State.PLANNED, send_at__lte=now).order_by("send_at", "pk")
    return sum(_send_planned(pk, now) for pk in due.values_list("pk", flat=True))


def _send_planned(pk: UUID, now: datetime) -> int:
    with transaction.atomic():
        rows = StaffMessage.objects.filter(pk=pk, state=State.PLANNED, send_at__lte=now)
        locked = rows.select_for_update(no_key=True, skip_locked=True, of=("self",)).select_related(
            "organization", "within", "by"
        )
        message = locked.first()
        if message is None or message.send_at is None:
            return 0
        try:
            people = addressees_of(message, now=now) if message.send_at > now - LATE else None
        except CohortError:  # too many by now: somebody has to look at it
            logger.warning("Message %s reaches too many.", pk)
            people = None
        if people is None:
            message.state = State.DRAFT
            message.save(update_fields=["state"])
            _note(message, What.MISSED, by=None, at=now)
            return 0
        return _deliver(message, people, by=None, now=now)


def _deliver(message: StaffMessage, people: Sequence[Addressee], *, by: Membership | None, now: datetime) -> int:
    getting = [one for one in people if not one.reason]
    author = message.by.name
    kind = REQUIRED if message.is_mandatory else KIND
    queued = enqueue_many(_draft(message, one, kind=kind, author=author, now=now) for one in getting)
    by_key: dict[str, UUID] = {}
    keys = [_key(message, one) for one in getting]
    for start in range(0, len(keys), BATCH):
        by_key |= dict(Message.objects.filter(key__in=keys[start : start + BATCH]).values_list("key", "pk"))
    facts = [
        StaffMessageRecipient(
            message=message,
            enrollment=one.enrollment,
            queued_id=None if one.reason else by_key[_key(message, one)],
            reason=one.reason[:300],
        )
        for one in people
    ]
    StaffMessageRecipient.objects.bulk_create(facts, batch_size=BATCH)
    _address(message, list({one.enrollment.cohort_id: one.enrollment.cohort for one in people}.values()))
    message.state, message.sent_at = State.SENT, now
    message.save(update_fields=["state", "sent_at"])
    _note(message, What.SENT, by=by, at=now)
    return queued


def _key(message: StaffMessage, one: Addressee) -> str:
    return f"{KIND}:{message.pk}:{one.enrollment.pk}"


def _draft(message: StaffMessage, one: Addressee, *, kind: str, author: str, now: datetime) -> Draft:
    return Draft(
        kind=kind,
        recipient_id=one.enrollment.learner.user_id,
        key=_key(message, one),
        due_at=now,
        subject_id=message.pk,
        payload={
            **words_for(message, one),
            "by": author,
            "message": str(message.pk),
            "enrollment": str(one.enrollment.pk),
            "cohort": str(one.enrollment.cohort_id),
        },
    )


def words_for(message: StaffMessage, one: Addressee) -> Mapping[str, Any]:
    """Subject and text for one learner, in their language; the text as Markdown too, where a name needs care there."""
    language = one.enrollment.learner.user.language or message.organization.language
    with translation.override(language):
        words = {"subject": " ".join(fill(message.subject, one.values).split()), "text": fill(message.text, one.values)}
        marked = fill(message.text, one.values, escapes=True)
    return words if marked == words["text"] else {**words, "markdown": marked}


def send_test(*, message: StaffMessage, as_read_by: Addressee, to: Membership, now: datetime) -> None:
    """Mail it to a member of staff, with the words of one learner; each press sends one."""
    words = words_for(message, as_read_by)
    key = f"{KIND}:test:{message.pk}:{to.pk}:{now.isoformat()}"
    payload = {**words, "subject": _("Test: %(subject)s") % words, "by": message.by.name, "is_test": True}
    enqueue(kind=REQUIRED, recipient=to.user, key=key, due_at=now, payload=payload)


def letter_to(message: StaffMessage, one: Addressee) -> Written:
    """The mail as that learner will read it, in their language and zone."""
    user, organization = one.enrollment.learner.user, message.organization
    kind = KINDS[REQUIRED if message.is_mandatory else KIND]
    zone = ZoneInfo(user.time_zone or organization.time_zone)
    with translation.override(user.language or organization.language), timezone.override(zone):
        url = urljoin(settings.SITE_URL, reverse("cohorts:read_message", args=[organization.slug, message.pk]))
        context = context_of({**words_for(message, one), "by": message.by.name}, url=url, is_mandatory=kind.mandatory)
        return compose(kind.name, context, organization, None if kind.mandatory else links_for_preview(organization))


# -- who got it --------------------------------------------------------------------------------------------------------


def recipients_of(message: StaffMessage) -> QuerySet[StaffMessageRecipient]:
    """Who did not get it first, then by name; with what was queued, and in `read_at` when they read it in Gilde."""
    notices = Notice.objects.filter(message=OuterRef("queued")).values("read_at")[:1]
    rows = message.recipients.select_related("enrollment__learner__user", "enrollment__cohort", "queued")
    return rows.annotate(read_at=Subquery(notices)).order_by(
        Case(When(queued=None, then=0), default=1), "enrollment__learner__name", "pk"
    )


@dataclass(frozen=True, kw_only=True)
class Counts:
    """What became of a message, in people."""

    meant: int
    skipped: int
    sent: int
    waiting: int
    not_sent: int
    failed: int
    read: int


def counts_of(message: StaffMessage) -> Counts:
    """One query."""
    read = Exists(Notice.objects.filter(message=OuterRef("queued"), read_at__isnull=False))
    states = {"sent": "sent", "waiting": "pending", "not_sent": "skipped", "failed": "dead"}
    found = message.recipients.annotate(is_read=read).aggregate(
        meant=Count("pk"),
        skipped=Count("pk", filter=Q(queued=None)),
        read=Count("pk", filter=Q(is_read=True)),
        **{name: Count("pk", filter=Q(queued__state=state)) for name, state in states.items()},
    )
    return Counts(**found)


register_queue(send_planned)
