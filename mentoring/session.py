"""One 1-on-1 as its page shows it: what to look at, notes, action items, how it went, and what the viewer may do."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Membership
from cohorts.briefing import Point, briefing_of
from mentoring import notes
from mentoring.actions import actions_at
from mentoring.errors import MentoringError
from mentoring.models import OneOnOne
from mentoring.ratings import rating_of
from mentoring.records import ActionItem, NotesVersion, OutcomeEvent, PrivateNote, Rating, SharedNotes
from mentoring.settling import CORRECTION, OUTCOMES

AGENDA_LENGTH = 2000


@dataclass(frozen=True, kw_only=True)
class Session:
    """`side` is "learner", "mentor" or empty for staff. What is not the viewer's is None or empty."""

    one_on_one: OneOnOne
    side: str
    last_met: datetime | None
    points: Sequence[Point]
    notes: SharedNotes | None
    versions: Sequence[NotesVersion]
    private: PrivateNote | None
    actions: Sequence[ActionItem]
    outcomes: Sequence[OutcomeEvent]
    rating: Rating | None
    may_write: bool
    may_join: bool
    may_move: bool
    may_write_agenda: bool
    may_settle: bool
    may_correct: bool
    may_rate: bool
    correctable_until: datetime | None


def session_of(one: OneOnOne, *, viewer: Membership, now: datetime) -> Session:
    """The page's content for the mentor, the learner or staff. A constant number of queries."""
    side, status = one.side_of(viewer), one.status
    before = OneOnOne.objects.filter(enrollment=one.enrollment_id, status=OneOnOne.Status.HELD)
    last = before.filter(during__endswith__lte=one.starts_at).order_by("-during").first()
    outcomes = list(OutcomeEvent.objects.filter(one_on_one=one).select_related("recorded_by").order_by("recorded_at"))
    recorded = outcomes[0].recorded_at if outcomes else one.settled_at
    until = recorded + CORRECTION if recorded and status in OUTCOMES else None
    is_booked, is_cancelled = status == OneOnOne.Status.BOOKED, status == OneOnOne.Status.CANCELLED
    rating = rating_of(one) if side == "learner" else None
    return Session(
        one_on_one=one,
        side=side,
        last_met=last.starts_at if last else None,
        points=[] if side == "learner" else _points(one, last, viewer, now),
        notes=notes.shared_notes_of(one),
        versions=notes.versions_of(one),
        private=notes.private_note_of(one, viewer) if side else None,
        actions=actions_at(one),
        outcomes=outcomes,
        rating=rating,
        may_write=bool(side) and not is_cancelled,
        may_join=is_booked and one.ends_at > now and bool(one.mentor.video_link),
        may_move=is_booked and one.starts_at > now,
        may_write_agenda=side == "learner" and is_booked and one.ends_at > now,
        may_settle=is_booked and one.starts_at <= now,
        may_correct=until is not None and (viewer.is_staff or (bool(side) and now < until)),
        may_rate=side == "learner" and status == OneOnOne.Status.HELD and (rating is None or rating.is_open(at=now)),
        correctable_until=until if until is not None and side and now < until else None,
    )


def write_agenda(*, one_on_one: OneOnOne, agenda: str, by: Membership, now: datetime) -> OneOnOne:
    """Replace what the learner wants to talk about, until the end of the 1-on-1.

    Raises MentoringError `not_yours`, `too_long` or `over`.
    """
    agenda = agenda.replace("\r\n", "\n").strip()
    if len(agenda) > AGENDA_LENGTH:
        raise MentoringError("too_long", _("Keep the agenda under 2,000 characters."))
    with transaction.atomic():
        locked = OneOnOne.objects.with_people().select_for_update(no_key=True, of=("self",)).get(pk=one_on_one.pk)
        if locked.side_of(by) != "learner":
            raise MentoringError("not_yours", _("The learner writes the agenda."))
        if locked.status != OneOnOne.Status.BOOKED or locked.ends_at <= now:
            raise MentoringError("over", _("This 1-on-1 is over or cancelled. Write it on the next one."))
        locked.agenda = agenda
        locked.save(update_fields=["agenda"])
    return locked


def _points(one: OneOnOne, last: OneOnOne | None, viewer: Membership, now: datetime) -> list[Point]:
    since = timezone.localtime(last.starts_at).date() if last else None
    return briefing_of(one.enrollment, viewer=viewer, since=since, now=now)
