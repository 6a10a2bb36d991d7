"""Notes on a 1-on-1, saved while they are written: those of the two, and those that each keeps for themselves.

Whoever saves names the revision they started from. When the notes were saved elsewhere meanwhile, nothing is written
and the error tells what stands there now.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import ClassVar

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Membership
from mentoring.errors import MentoringError
from mentoring.models import OneOnOne
from mentoring.records import NotesVersion, PrivateNote, SharedNotes
from organizations.scope import author_scope

NOTES_LENGTH = 20_000
#: Somebody who goes on writing within this time goes on with the same version.
SAME_SITTING = timedelta(minutes=15)


class NotesChanged(MentoringError):
    """The notes were saved elsewhere since the writer opened them; `theirs` stands there now, as `revision`."""

    is_conflict: ClassVar[bool] = True

    def __init__(self, *, theirs: str, revision: int, name: str, at: datetime) -> None:
        super().__init__("changed", _("These notes were changed meanwhile. Nothing is overwritten."))
        self.theirs, self.revision, self.name, self.at = theirs, revision, name, at


def shared_notes_of(one_on_one: OneOnOne) -> SharedNotes | None:
    return SharedNotes.objects.filter(one_on_one=one_on_one).select_related("written_by").first()


def versions_of(one_on_one: OneOnOne) -> Sequence[NotesVersion]:
    """Earlier versions of the shared notes, the latest first."""
    rows = NotesVersion.objects.filter(one_on_one=one_on_one).select_related("written_by")
    return list(rows.order_by("-revision")[:20])


def save_shared_notes(
    *, one_on_one: OneOnOne, text: str, revision: int, by: Membership, now: datetime, below: bool = False
) -> SharedNotes:
    """Save the notes of the two; `revision` is the one they were written upon, 0 for none.

    With `below` the text goes below what stands there. Saving what stands there already changes nothing. Raises
    MentoringError `not_yours`, `cancelled` or `too_long`, or NotesChanged.
    """
    with transaction.atomic():
        _check_writer(one_on_one, by)
        notes = shared_notes_of(one_on_one)
        text = _checked(text if not (below and notes) else f"{notes.text}\n\n{text}")
        if notes is None:
            if revision:
                raise NotesChanged(theirs="", revision=0, name="", at=now)
            return SharedNotes.objects.create(
                one_on_one=one_on_one, text=text, revision=1, written_by=by, written_at=now
            )
        if notes.text == text:
            return notes
        if notes.revision != revision:
            raise NotesChanged(
                theirs=notes.text, revision=notes.revision, name=notes.written_by.name, at=notes.written_at
            )
        if notes.text and (notes.written_by_id != by.pk or now - notes.written_at > SAME_SITTING):
            NotesVersion.objects.create(
                one_on_one=one_on_one, text=notes.text, revision=notes.revision,
                written_by=notes.written_by, written_at=notes.written_at,
            )  # fmt: skip
        notes.text, notes.revision, notes.written_by, notes.written_at = text, notes.revision + 1, by, now
        notes.save(update_fields=["text", "revision", "written_by", "written_at"])
    return notes


def private_note_of(one_on_one: OneOnOne, author: Membership) -> PrivateNote | None:
    """What that member wrote for themselves. Only ever ask for the person who looks."""
    with author_scope(author.pk):
        return PrivateNote.objects.filter(one_on_one=one_on_one).first()


def save_private_note(*, one_on_one: OneOnOne, text: str, revision: int, by: Membership, now: datetime) -> PrivateNote:
    """Save what `by` writes for themselves. Raises as `save_shared_notes` does."""
    with transaction.atomic():
        _check_writer(one_on_one, by)
        text = _checked(text)
        with author_scope(by.pk):
            note = PrivateNote.objects.filter(one_on_one=one_on_one).first()
            if note is None:
                return PrivateNote.objects.create(
                    one_on_one=one_on_one, author=by, text=text, revision=1, written_at=now
                )
            if note.text == text:
                return note
            if note.revision != revision:
                raise NotesChanged(theirs=note.text, revision=note.revision, name=by.name, at=note.written_at)
            note.text, note.revision, note.written_at = text, note.revision + 1, now
            note.save(update_fields=["text", "revision", "written_at"])
    return note


def _check_writer(one_on_one: OneOnOne, by: Membership) -> None:
    """Lock the 1-on-1, so that two who write their first word make one row, and check that `by` may write."""
    locked = OneOnOne.objects.with_people().select_for_update(no_key=True, of=("self",)).get(pk=one_on_one.pk)
    if not locked.side_of(by):
        raise MentoringError("not_yours", _("Only the mentor and the learner write notes on their 1-on-1."))
    if locked.status == OneOnOne.Status.CANCELLED:
        raise MentoringError("cancelled", _("This 1-on-1 was cancelled. Copy what you want to keep into the next one."))


def _checked(text: str) -> str:
    """The text as it is kept: one kind of line end, nothing after the last word."""
    text = text.replace("\r\n", "\n").rstrip()
    if len(text) > NOTES_LENGTH:
        raise MentoringError("too_long", _("Notes hold 20,000 characters. Shorten them and save again."))
    return text
