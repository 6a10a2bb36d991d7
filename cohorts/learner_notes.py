"""Notes that staff and mentors keep about a learner, each with who reads it.

A note is a thread of texts: changing it adds one, taking it away adds an empty one, and nothing is lost. Only its
author changes a note. What is written for the learner too stands on their first page.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Membership
from cohorts.errors import CohortError
from cohorts.models import LONGEST_NOTE, Enrollment, LearnerNote

Audience = LearnerNote.Audience
FRESH_FOR = timedelta(weeks=4)


@dataclass(frozen=True, kw_only=True)
class Note:
    """A note as it stands. `written_at` is when it began; it was changed when that is not when it was last recorded."""

    latest: LearnerNote
    written_at: datetime

    @property
    def is_changed(self) -> bool:
        return self.latest.version > 1

    def is_fresh(self, *, on: date) -> bool:
        """Whether it still belongs on the learner's first page: kept on top, or of the last four weeks."""
        return self.latest.is_pinned or timezone.localdate(self.latest.recorded_at) > on - FRESH_FOR


def audiences_of(author: Membership) -> list[Audience]:
    """Whom the author may write for; a mentor writes nothing that they would not read themselves."""
    return list(Audience) if author.is_staff else [Audience.MENTORS, Audience.LEARNER]


def notes_of(enrollment: Enrollment, *, viewer: Membership) -> list[Note]:
    """What the viewer reads about the learner: what is kept on top, then the latest first. One query."""
    rows = LearnerNote.objects.filter(enrollment=enrollment).select_related("recorded_by").order_by("version")
    threads: dict[UUID, list[LearnerNote]] = {}
    for row in rows:
        threads.setdefault(row.thread, []).append(row)
    notes = [Note(latest=versions[-1], written_at=versions[0].recorded_at) for versions in threads.values()]
    read = [note for note in notes if note.latest.text and may_read(note.latest, viewer, enrollment)]
    return sorted(read, key=lambda note: (note.latest.is_pinned, note.written_at), reverse=True)


def may_read(note: LearnerNote, viewer: Membership, enrollment: Enrollment) -> bool:
    """Whether a note of a learner is meant for somebody who may open that learner, or is the learner."""
    if viewer.is_staff:
        return True
    if enrollment.learner_id == viewer.pk:
        return note.audience == Audience.LEARNER
    return note.audience != Audience.STAFF


def readable_by(viewer: Membership, enrollment: Enrollment) -> Q:
    """The same as a condition on notes of that learner."""
    if viewer.is_staff:
        return Q()
    if enrollment.learner_id == viewer.pk:
        return Q(audience=Audience.LEARNER)
    return ~Q(audience=Audience.STAFF)


def write_note(
    *, enrollment: Enrollment, text: str, audience: str, by: Membership, is_pinned: bool = False
) -> LearnerNote:
    """Begin a note. Raises CohortError: `note_empty`, `note_too_long`, `audience_not_yours`."""
    _check(text, audience, by)
    return LearnerNote.objects.create(
        enrollment=enrollment, thread=uuid4(), version=1, audience=audience, text=text.strip(), is_pinned=is_pinned,
        recorded_by=by,
    )  # fmt: skip


def change_note(*, note: LearnerNote, text: str, audience: str, by: Membership, is_pinned: bool = False) -> LearnerNote:
    """Put another text in place of `note`, which the author had before them.

    Raises CohortError: `note_not_yours`, `note_changed` when it was changed or taken away meanwhile, and what
    `write_note` raises.
    """
    _check(text, audience, by)
    return _add(note, text=text.strip(), audience=audience, is_pinned=is_pinned, by=by)


def take_away_note(*, note: LearnerNote, by: Membership) -> LearnerNote:
    """Show the note nowhere any more; its texts stay on record. Raises CohortError as `change_note` does."""
    return _add(note, text="", audience=note.audience, is_pinned=False, by=by)


def _check(text: str, audience: str, by: Membership) -> None:
    if not text.strip():
        raise CohortError("note_empty", _("Write the note first."))
    if len(text) > LONGEST_NOTE:
        raise CohortError(
            "note_too_long", _("A note holds up to %(most)s characters. Make it shorter.") % {"most": LONGEST_NOTE}
        )
    if audience not in audiences_of(by):
        raise CohortError("audience_not_yours", _("Choose who reads the note from the list."))


def _add(note: LearnerNote, *, text: str, audience: str, is_pinned: bool, by: Membership) -> LearnerNote:
    if note.recorded_by_id != by.pk:
        raise CohortError("note_not_yours", _("Only who wrote a note can change it."))
    changed = CohortError("note_changed", _("This note was changed meanwhile. Look at it as it stands now."))
    if not note.text:
        raise changed
    try:
        with transaction.atomic():
            return LearnerNote.objects.create(
                enrollment_id=note.enrollment_id, thread=note.thread, version=note.version + 1, audience=audience,
                text=text, is_pinned=is_pinned, recorded_by=by,
            )  # fmt: skip
    except IntegrityError:  # the one constraint that can fail: somebody added that version
        raise changed from None
