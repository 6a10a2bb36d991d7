"""Notes: nothing is overwritten, what was there is kept, and private ones are nobody else's."""

from datetime import timedelta
from itertools import pairwise

import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import HealthCheck, settings, strategies
from hypothesis import given as for_any

from mentoring.errors import MentoringError
from mentoring.models import OneOnOne
from mentoring.notes import (
    NOTES_LENGTH,
    SAME_SITTING,
    NotesChanged,
    private_note_of,
    save_private_note,
    save_shared_notes,
    shared_notes_of,
    versions_of,
)
from mentoring.records import PrivateNote, SharedNotes
from organizations.scope import NoAuthor, author_scope
from tests.conftest import NOW
from tests.examples import examples
from tests.mentoring.given import Mentoring, booked

MINUTE = timedelta(minutes=1)


@pytest.fixture
def one(given: Mentoring) -> OneOnOne:
    return booked(given)


def test_second_of_two_is_told_and_nothing_is_overwritten(given: Mentoring, one: OneOnOne) -> None:
    save_shared_notes(one_on_one=one, text="Mine", revision=0, by=given.cast.joris, now=NOW)
    with pytest.raises(NotesChanged) as caught:
        save_shared_notes(one_on_one=one, text="Hers", revision=0, by=given.cast.amira, now=NOW + MINUTE)
    told = caught.value
    assert (told.code, told.theirs, told.revision, told.name, told.at) == ("changed", "Mine", 1, "Joris Hoekema", NOW)
    kept = shared_notes_of(one)
    assert kept is not None
    assert (kept.text, kept.revision) == ("Mine", 1)


def test_who_saw_the_other_text_saves_in_its_place_or_below_it(given: Mentoring, one: OneOnOne) -> None:
    save_shared_notes(one_on_one=one, text="His", revision=0, by=given.cast.joris, now=NOW)
    below = save_shared_notes(one_on_one=one, text="Hers", revision=1, by=given.cast.amira, now=NOW, below=True)
    assert (below.text, below.revision) == ("His\n\nHers", 2)
    replaced = save_shared_notes(one_on_one=one, text="New", revision=2, by=given.cast.joris, now=NOW)
    assert replaced.text == "New"
    assert [(row.text, row.written_by.name) for row in versions_of(one)] == [
        ("His\n\nHers", "Amira Haddad"), ("His", "Joris Hoekema"),
    ]  # fmt: skip


def test_one_sitting_is_one_version(given: Mentoring, one: OneOnOne) -> None:
    for number in range(3):
        now = NOW + number * MINUTE
        save_shared_notes(one_on_one=one, text=f"Draft {number}", revision=number, by=given.cast.joris, now=now)
    assert versions_of(one) == []
    later = NOW + 2 * MINUTE + SAME_SITTING + MINUTE
    save_shared_notes(one_on_one=one, text="Next day", revision=3, by=given.cast.joris, now=later)
    assert [row.text for row in versions_of(one)] == ["Draft 2"]


def test_same_text_is_no_conflict_and_no_change(given: Mentoring, one: OneOnOne) -> None:
    save_shared_notes(one_on_one=one, text="Same\r\nlines  ", revision=0, by=given.cast.joris, now=NOW)
    again = save_shared_notes(one_on_one=one, text="Same\nlines", revision=0, by=given.cast.amira, now=NOW + MINUTE)
    assert (again.revision, again.written_by) == (1, given.cast.joris)


def test_revision_that_never_was_is_a_conflict(given: Mentoring, one: OneOnOne) -> None:
    with pytest.raises(NotesChanged):
        save_shared_notes(one_on_one=one, text="x", revision=7, by=given.cast.joris, now=NOW)
    assert not SharedNotes.objects.exists()


def test_others_and_cancelled_and_endless_are_refused(given: Mentoring, one: OneOnOne) -> None:
    for save in (save_shared_notes, save_private_note):
        for person in (given.cast.ilse, given.cast.daan, given.cast.ada):
            with pytest.raises(MentoringError) as caught:
                save(one_on_one=one, text="x", revision=0, by=person, now=NOW)
            assert caught.value.code == "not_yours"
        with pytest.raises(MentoringError) as caught:
            save(one_on_one=one, text="x" * (NOTES_LENGTH + 1), revision=0, by=given.cast.amira, now=NOW)
        assert caught.value.code == "too_long"
    OneOnOne.objects.update(status="cancelled")
    for save in (save_shared_notes, save_private_note):
        with pytest.raises(MentoringError) as caught:
            save(one_on_one=one, text="x", revision=0, by=given.cast.amira, now=NOW)
        assert caught.value.code == "cancelled"


def test_private_notes_are_their_authors_alone(given: Mentoring, one: OneOnOne) -> None:
    save_private_note(one_on_one=one, text="Amira's own", revision=0, by=given.cast.amira, now=NOW)
    save_private_note(one_on_one=one, text="Joris's own", revision=0, by=given.cast.joris, now=NOW)
    seen = {}
    for person in (given.cast.amira, given.cast.joris, given.cast.ilse, given.cast.ada, given.cast.daan):
        note = private_note_of(one, person)
        seen[person.name.split()[0]] = note.text if note else None
    assert seen == {"Amira": "Amira's own", "Joris": "Joris's own", "Ilse": None, "Ada": None, "Daan": None}


def test_private_notes_without_an_author_cannot_even_be_asked_for(given: Mentoring, one: OneOnOne) -> None:
    note = save_private_note(one_on_one=one, text="Mine", revision=0, by=given.cast.amira, now=NOW)
    for ask in (PrivateNote.objects.count, note.refresh_from_db):
        with pytest.raises(NoAuthor):
            ask()
    note.delete()  # asks for no row first; the database hides it
    kept = private_note_of(one, given.cast.amira)
    assert kept is not None
    assert kept.text == "Mine"


def test_the_database_itself_shows_private_notes_to_nobody_else(given: Mentoring, one: OneOnOne) -> None:
    note = save_private_note(one_on_one=one, text="Mine", revision=0, by=given.cast.amira, now=NOW)

    def seen_raw() -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM mentoring_privatenote")
            row = cursor.fetchone()
            assert row is not None
            return int(row[0])

    assert seen_raw() == 0
    with author_scope(given.cast.ada.pk):
        assert seen_raw() == 0
        with connection.cursor() as cursor:
            cursor.execute("UPDATE mentoring_privatenote SET author_id = %s", [given.cast.ada.pk])
            assert cursor.rowcount == 0
            cursor.execute("DELETE FROM mentoring_privatenote")
            assert cursor.rowcount == 0
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            PrivateNote.objects.create(
                one_on_one=one, author=given.cast.amira, text="Forged", revision=1, written_at=NOW
            )
    with author_scope(given.cast.amira.pk):
        assert seen_raw() == 1
        assert PrivateNote.objects.get() == note
    assert seen_raw() == 0


def test_the_scope_of_an_author_ends_with_an_error_and_does_not_nest(given: Mentoring, one: OneOnOne) -> None:
    with pytest.raises(ZeroDivisionError), author_scope(given.cast.amira.pk):
        raise ZeroDivisionError
    with author_scope(given.cast.amira.pk), pytest.raises(RuntimeError), author_scope(given.cast.joris.pk):
        pass
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(current_setting('app.author_id', true), '')")
        assert cursor.fetchone() == ("",)


def test_own_two_tabs_conflict_too(given: Mentoring, one: OneOnOne) -> None:
    save_private_note(one_on_one=one, text="First tab", revision=0, by=given.cast.amira, now=NOW)
    with pytest.raises(NotesChanged) as caught:
        save_private_note(one_on_one=one, text="Second tab", revision=0, by=given.cast.amira, now=NOW)
    assert caught.value.theirs == "First tab"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=examples(25), deadline=None)
@for_any(
    writes=strategies.lists(
        strategies.tuples(strategies.booleans(), strategies.integers(0, 4), strategies.sampled_from("abc")), max_size=8
    )
)
def test_no_text_is_ever_lost(given: Mentoring, writes: list[tuple[bool, int, str]]) -> None:
    """Whatever two people send with whatever revision: what was saved when the other took over is still there."""
    sid = transaction.savepoint()
    try:
        one, saved, revision = booked(given), [], 0
        for is_mentor, sent, letter in writes:
            by = given.cast.joris if is_mentor else given.cast.amira
            try:
                kept = save_shared_notes(one_on_one=one, text=letter, revision=sent, by=by, now=NOW)
            except NotesChanged:
                assert sent != revision
            else:
                if kept.revision != revision:
                    saved.append((by.pk, letter))
                revision = kept.revision
        handed_over = [text for (author, text), (other, _) in pairwise(saved) if author != other]
        assert [row.text for row in versions_of(one)][::-1] == handed_over
    finally:
        transaction.savepoint_rollback(sid)
