"""Notes about a learner: who writes them, who reads them, and that nothing of them is lost."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Membership
from cohorts.errors import CohortError
from cohorts.learner_notes import change_note, notes_of, take_away_note, write_note
from cohorts.models import LONGEST_NOTE, Enrollment, LearnerNote
from organizations.scope import scope
from tests.cohorts.studying import active, running_cohort
from tests.conftest import Cast

SignIn = Callable[[Membership | None], Client]


@pytest.fixture
def amira(cast: Cast) -> Enrollment:
    with scope(cast.organization.pk):
        return active(running_cohort(), cast.amira, mentor=cast.joris)


def read_by(viewer: Membership, amira: Enrollment) -> list[str]:
    return [note.latest.text for note in notes_of(amira, viewer=viewer)]


def test_each_reads_what_is_meant_for_them(cast: Cast, amira: Enrollment) -> None:
    with scope(cast.organization.pk):
        for audience in ("staff", "mentors", "learner"):
            write_note(enrollment=amira, text=f"For {audience}", audience=audience, by=cast.ilse)
        read = {person.name: read_by(person, amira) for person in (cast.ilse, cast.joris, cast.amira)}
    assert read == {
        cast.ilse.name: ["For learner", "For mentors", "For staff"],
        cast.joris.name: ["For learner", "For mentors"],
        cast.amira.name: ["For learner"],
    }


def test_changed_note_replaces_what_it_said_and_keeps_it(cast: Cast, amira: Enrollment) -> None:
    with scope(cast.organization.pk):
        first = write_note(enrollment=amira, text="Calls on Monday", audience="staff", by=cast.ilse)
        change_note(note=first, text="Calls on Tuesday", audience="learner", by=cast.ilse)
        assert read_by(cast.amira, amira) == ["Calls on Tuesday"]
        assert [row.text for row in LearnerNote.objects.order_by("version")] == ["Calls on Monday", "Calls on Tuesday"]


def test_note_taken_away_is_read_by_nobody_and_stays_on_record(cast: Cast, amira: Enrollment) -> None:
    with scope(cast.organization.pk):
        note = write_note(enrollment=amira, text="Wrong person", audience="learner", by=cast.joris)
        take_away_note(note=note, by=cast.joris)
        assert [read_by(person, amira) for person in (cast.ilse, cast.joris, cast.amira)] == [[], [], []]
        assert LearnerNote.objects.count() == 2


def test_pinned_notes_come_first(cast: Cast, amira: Enrollment) -> None:
    with scope(cast.organization.pk):
        write_note(enrollment=amira, text="Pinned", audience="staff", by=cast.ilse, is_pinned=True)
        write_note(enrollment=amira, text="Later", audience="staff", by=cast.ilse)
        assert read_by(cast.ilse, amira) == ["Pinned", "Later"]


def test_wrong_notes_are_refused(cast: Cast, amira: Enrollment) -> None:
    with scope(cast.organization.pk):
        note = write_note(enrollment=amira, text="Mine", audience="staff", by=cast.ilse)
        change_note(note=note, text="Mine too", audience="staff", by=cast.ilse)
        attempts: list[tuple[str, Callable[[], object]]] = [
            ("note_empty", lambda: write_note(enrollment=amira, text=" \n", audience="staff", by=cast.ilse)),
            (
                "note_too_long",
                lambda: write_note(enrollment=amira, text="x" * (LONGEST_NOTE + 1), audience="staff", by=cast.ilse),
            ),
            ("audience_not_yours", lambda: write_note(enrollment=amira, text="x", audience="staff", by=cast.joris)),
            ("note_not_yours", lambda: change_note(note=note, text="x", audience="staff", by=cast.ada)),
            ("note_changed", lambda: change_note(note=note, text="x", audience="staff", by=cast.ilse)),
        ]
        for code, attempt in attempts:
            with pytest.raises(CohortError) as refused:
                attempt()
            assert refused.value.code == code
        assert read_by(cast.ilse, amira) == ["Mine too"]


def test_note_written_on_the_page_is_read_there_and_at_home(cast: Cast, amira: Enrollment, sign_in: SignIn) -> None:
    staff, url = sign_in(cast.ilse), f"/o/lantaarn/learners/{amira.pk}/"
    answer = staff.post(f"{url}notes/", {"note-text": "Well begun & half done", "note-audience": "learner"})
    assert (answer.status_code, answer["Location"]) == (302, url)
    assert "Well begun &amp; half done" in staff.get(url).content.decode()
    assert "Well begun &amp; half done" in sign_in(cast.amira).get("/o/lantaarn/home/").content.decode()


def test_refused_note_keeps_what_was_written(cast: Cast, amira: Enrollment, sign_in: SignIn) -> None:
    sent = {"note-text": "For staff only", "note-audience": "staff"}
    answer = sign_in(cast.joris).post(f"/o/lantaarn/learners/{amira.pk}/notes/", sent)
    assert (answer.status_code, "For staff only" in answer.content.decode()) == (422, True)


def test_author_changes_and_takes_away_on_a_page_of_its_own(cast: Cast, amira: Enrollment, sign_in: SignIn) -> None:
    with scope(cast.organization.pk):
        note = write_note(enrollment=amira, text="Tomorow", audience="mentors", by=cast.joris)
    mentor, url = sign_in(cast.joris), f"/o/lantaarn/learners/notes/{note.pk}/"
    assert "Tomorow" in mentor.get(url).content.decode()
    assert mentor.post(url, {"text": "Tomorrow", "audience": "mentors"}).status_code == 302
    stale = mentor.post(url, {"take_away": "1"})
    assert (stale.status_code, "changed meanwhile" in stale.content.decode()) == (422, True)
    with scope(cast.organization.pk):
        latest = LearnerNote.objects.current().get()
    mentor.post(f"/o/lantaarn/learners/notes/{latest.pk}/", {"take_away": "1"})
    with scope(cast.organization.pk):
        assert read_by(cast.joris, amira) == []


def test_staff_who_learn_here_do_not_write_about_themselves(cast: Cast, sign_in: SignIn) -> None:
    with scope(cast.organization.pk):
        cast.ilse.roles = ["staff", "learner"]
        cast.ilse.save()
        own = active(running_cohort(), cast.ilse)
    sent = {"note-text": "I am great", "note-audience": "staff"}
    assert sign_in(cast.ilse).post(f"/o/lantaarn/learners/{own.pk}/notes/", sent).status_code == 404


def test_old_notes_leave_the_first_page_unless_they_are_kept_on_top(cast: Cast, amira: Enrollment) -> None:
    with scope(cast.organization.pk):
        write_note(enrollment=amira, text="Now", audience="learner", by=cast.ilse)
        write_note(enrollment=amira, text="Always", audience="learner", by=cast.ilse, is_pinned=True)
        in_five_weeks = timezone.localdate() + timedelta(weeks=5)
        fresh = {note.latest.text: note.is_fresh(on=in_five_weeks) for note in notes_of(amira, viewer=cast.amira)}
    assert fresh == {"Always": True, "Now": False}
