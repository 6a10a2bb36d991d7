"""Times that a mentor or program staff propose to a learner who has no 1-on-1: one tap books one of them.

A proposal holds no time. What somebody else books meanwhile is gone from it, and when all of it is gone it is void.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Membership
from cohorts.engagements import lock_people
from cohorts.models import Enrollment
from mentoring.booking import book, why_not
from mentoring.calendars import horizon, read_calendar
from mentoring.errors import MentoringError
from mentoring.models import Mentor, OneOnOne
from mentoring.records import Proposal
from mentoring.wording import time_for_both
from notifications.kinds import Kind, register
from notifications.models import Message
from notifications.outbox import enqueue

KIND = "one_on_one_proposed"
MOST_TIMES = 3
LASTS = timedelta(days=7)
NOTE_LENGTH = 500
#: Hours of the learner's own clock at which a proposed 1-on-1 may start, as long as the mentor has any in them.
FIRST_HOUR, LAST_HOUR = 8, 20


def fitting_times(enrollment: Enrollment, *, now: datetime) -> list[datetime]:
    """The first free time of each of three days, by day for the learner where the mentor has that. Three queries."""
    free = _free(enrollment, now=now)
    zone = enrollment.zone
    awake = [start for start in free if FIRST_HOUR <= start.astimezone(zone).hour < LAST_HOUR]
    by_day = {start.astimezone(zone).date(): start for start in reversed(awake or free)}
    return sorted(by_day.values())[:MOST_TIMES]


def propose(
    *, enrollment: Enrollment, starts: Sequence[datetime], note: str, by: Membership, now: datetime
) -> Proposal:
    """Propose up to three free times of the learner's mentor; the learner gets a mail. It replaces an earlier proposal.

    Raises MentoringError: what `booking.why_not` says, `not_yours`, `no_times`, `too_many_times`, `too_long`, or
    `taken` when one of the times is not free.
    """
    chosen = sorted(set(starts))
    if not chosen:
        raise MentoringError("no_times", _("Pick at least one time."))
    if len(chosen) > MOST_TIMES:
        raise MentoringError("too_many_times", _("Propose three times at most."))
    if len(note.strip()) > NOTE_LENGTH:
        raise MentoringError("too_long", _("Keep the note under 500 characters."))
    if not by.is_staff and by.pk != enrollment.mentor_id:
        raise MentoringError("not_yours", _("Only their mentor and program staff propose times to a learner."))
    if error := why_not(mentor=enrollment.mentor, enrollment=enrollment):
        raise error
    with transaction.atomic():
        lock_people(enrollment.mentor.user, enrollment.learner.user)
        free = set(_free(enrollment, now=now))
        if not set(chosen) <= free:
            raise MentoringError("taken", _("One of these times is not free anymore. Pick another one."))
        Proposal.objects.filter(enrollment=enrollment, closed_at=None).update(closed_at=now)
        proposal = Proposal.objects.create(
            enrollment=enrollment,
            mentor=Mentor.objects.get(membership=enrollment.mentor_id),
            starts=chosen,
            note=note.strip(),
            proposed_by=by,
            proposed_at=now,
            expires_at=min(now + LASTS, chosen[-1]),
        )
        enqueue(
            kind=KIND,
            recipient=enrollment.learner.user,
            key=f"{KIND}:{proposal.pk}",
            due_at=now,
            subject_id=proposal.pk,
            expires_at=proposal.expires_at,
        )
    return proposal


def accept(*, proposal: Proposal, start: datetime, by: Membership, now: datetime) -> OneOnOne:
    """Book one of the proposed times, which answers the proposal. `by` is the learner.

    Raises as `booking.book` does, and MentoringError `not_yours`, `not_proposed`, `answered` or `expired`.
    """
    if by.pk != proposal.enrollment.learner_id:
        raise MentoringError("not_yours", _("These times were proposed to somebody else."))
    if start not in proposal.starts:
        raise MentoringError("not_proposed", _("Pick one of the times shown."))
    with transaction.atomic():
        # As everywhere: the people first, then what is theirs.
        lock_people(proposal.mentor.membership.user, proposal.enrollment.learner.user)
        locked = Proposal.objects.select_for_update(no_key=True).get(pk=proposal.pk)
        if locked.closed_at is not None:
            raise MentoringError("answered", _("This proposal was answered or replaced. Look at your 1-on-1s."))
        if not locked.is_open(at=now):
            raise MentoringError("expired", _("This proposal is over. Pick a time on the page of your 1-on-1s."))
        made = book(mentor=proposal.mentor, enrollment=proposal.enrollment, start=start, by=by, now=now)
        locked.closed_at, locked.one_on_one = now, made
        locked.save(update_fields=["closed_at", "one_on_one"])
    return made


def starts_left(proposal: Proposal, *, now: datetime) -> list[datetime]:
    """The proposed times that can be booked now; none when the proposal is over or void."""
    if not proposal.is_open(at=now) or proposal.enrollment.mentor_id != proposal.mentor.membership_id:
        return []
    free = set(_free(proposal.enrollment, now=now))
    return [start for start in proposal.starts if start in free]


def pending_proposal(enrollment: Enrollment, *, now: datetime) -> Proposal | None:
    """The open proposal of a learner who has booked nothing since it came. One query."""
    return pending_of(enrollment.pk, at=now).select_related("proposed_by").first()


def pending_of(enrollment: Any, *, at: Any) -> "QuerySet[Proposal]":
    """The same, of the enrollment with that id."""
    since = OneOnOne.objects.standing().filter(
        enrollment=OuterRef("enrollment"), scheduled_at__gte=OuterRef("proposed_at")
    )
    return Proposal.objects.open(at=at).filter(~Exists(since), enrollment=enrollment)


def _free(enrollment: Enrollment, *, now: datetime) -> list[datetime]:
    if enrollment.mentor_id is None or why_not(mentor=enrollment.mentor, enrollment=enrollment) is not None:
        return []
    calendar = read_calendar(mentor=enrollment.mentor_id, enrollment=enrollment, start=now)
    return calendar.free(start=now, end=horizon(calendar.mentor, now=now), now=now) if calendar else []


# -- the mail ----------------------------------------------------------------------------------------------------------


def _find(message: Message) -> Proposal | None:
    return Proposal.objects.with_people().filter(pk=UUID(str(message.subject_id))).first()


def _reason_untrue(message: Message, now: datetime) -> str:
    proposal = _find(message)
    if proposal is None or proposal.closed_at is not None:
        return _("The proposal was answered or replaced.")
    return "" if starts_left(proposal, now=now) else _("The proposed times are taken or over.")


def _context(message: Message) -> Mapping[str, Any]:
    proposal = Proposal.objects.with_people().get(pk=UUID(str(message.subject_id)))
    return {
        "name": proposal.enrollment.learner.first_name,
        "mentor": proposal.mentor.membership.name,
        "proposed_by": proposal.proposed_by.name,
        "note": proposal.note,
        "times": [time_for_both(start, proposal.mentor) for start in proposal.starts],
        "minutes": proposal.mentor.duration,
        "action_url": reverse("mentoring:proposal", args=[proposal.organization.slug, proposal.pk]),
        "action_label": _("Pick a time"),
    }


register(
    Kind(
        name=KIND,
        title=gettext_lazy("Times for a 1-on-1"),
        explanation=gettext_lazy("Your mentor or program staff propose times to you."),
        reason_untrue=_reason_untrue,
        context=_context,
    )
)
