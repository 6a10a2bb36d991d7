"""The page of one 1-on-1 as each role sees it, and what its forms answer."""

from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client

from accounts.models import Membership, User
from assessments.reviewing import Mark, claim, decide
from mentoring.models import Mentor, OneOnOne
from mentoring.notes import save_private_note, save_shared_notes, shared_notes_of
from mentoring.records import ActionItem, Rating
from organizations.scope import scope
from tests.conftest import NOW, Cast
from tests.mentoring.given import DAY, WEDNESDAY, Mentoring, booked, recorded
from tests.mentoring.test_session_pages import of_lantaarn, queries, text_of
from tests.world import make_world

SignIn = Callable[[Membership | None], Client]
HTMX = {"HX-Request": "true"}
MINUTE = timedelta(minutes=1)
EVERYBODY = ("amira", "joris", "ilse", "ada")
SECRET = {"amira": "Amira keeps this to herself", "joris": "Joris keeps this to himself"}


@pytest.fixture
def one(given_page: Mentoring) -> OneOnOne:
    """Booked for Wednesday; it is Monday."""
    with of_lantaarn(given_page):
        Mentor.objects.update(video_link="https://meet.example/joris")
        return booked(given_page, agenda="Held-out sets")


@pytest.fixture
def held(given_page: Mentoring) -> OneOnOne:
    """Yesterday, and it was held."""
    with of_lantaarn(given_page):
        return recorded(given_page, start=NOW - DAY, status="held", settled_at=NOW, settled_by=given_page.cast.joris)


def address(one: OneOnOne, form: str = "") -> str:
    return f"/o/lantaarn/sessions/{one.pk}/{form and form + '/'}"


def answer(client: Client, one: OneOnOne, form: str, data: dict[str, Any], **headers: Any) -> tuple[int, str]:
    response = client.post(address(one, form), data, headers=headers.get("headers"))
    return response.status_code, unescape(response.content.decode())


# -- who sees what -----------------------------------------------------------------------------------------------------


def test_each_sees_what_is_theirs(given_page: Mentoring, sign_in: SignIn, one: OneOnOne) -> None:
    seen = {}
    for who in EVERYBODY:
        page = text_of(sign_in(getattr(given_page.cast, who)), address(one))
        words = {
            "join": "https://meet.example/joris", "look": "What to look at", "agenda": "Save the agenda",
            "write": "Save notes", "private": "Your private notes", "action": "Add an action item",
        }  # fmt: skip
        assert "Wednesday 25 November 2026, 10:30 (Amsterdam)" in page
        assert "Held-out sets" in page
        seen[who] = {key for key, word in words.items() if word in page}
    assert seen == {
        "amira": {"join", "agenda", "write", "private", "action"},
        "joris": {"join", "look", "write", "private", "action"},
        "ilse": {"look"},
        "ada": {"look"},
    }
    assert sign_in(given_page.cast.daan).get(address(one)).status_code == 404


def test_private_notes_stand_on_no_page_of_anybody_else(given_page: Mentoring, sign_in: SignIn, one: OneOnOne) -> None:
    cast = given_page.cast
    with of_lantaarn(given_page):
        for who, text in SECRET.items():
            save_private_note(one_on_one=one, text=text, revision=0, by=getattr(cast, who), now=NOW)
    pages = [
        address(one), "/o/lantaarn/sessions/", "/o/lantaarn/week/", "/o/lantaarn/home/", "/o/lantaarn/coverage/",
        "/o/lantaarn/coverage/hours.csv", f"/o/lantaarn/learners/{given_page.amira.pk}/", "/o/lantaarn/api/slots/",
        address(one, "move"), address(one, "cancel"), "/o/lantaarn/messages/",
    ]  # fmt: skip
    found = []
    for who in (*EVERYBODY, "daan"):
        client = sign_in(getattr(cast, who))
        for path in pages:
            response = client.get(path)
            body = response.getvalue().decode()
            found += [(who, path, author) for author, text in SECRET.items() if text in body]
    assert found == [("amira", address(one), "amira"), ("joris", address(one), "joris")]


def test_time_of_the_other_stands_beside_when_it_differs(given_page: Mentoring, sign_in: SignIn, one: OneOnOne) -> None:
    User.objects.filter(pk=given_page.cast.amira.user_id).update(time_zone="Asia/Kathmandu")
    page = text_of(sign_in(given_page.cast.amira), address(one))
    assert "15:15 (Kathmandu)" in page
    assert "10:30 (Amsterdam)" in page


def test_mentor_sees_work_that_waits_and_what_is_due(cast: Cast, sign_in: SignIn) -> None:
    world = make_world(cast)
    client = sign_in(cast.joris)
    title = world.project.title
    assert f"“{title}” waits for a review since" in text_of(client, address(world.one_on_one))
    with scope(cast.organization.pk):
        now = world.submission.submitted_at + DAY
        review = claim(submission=world.submission, reviewer=cast.joris, at=now)
        scores = {key: Mark(2, "Show the failing case.") for key in ("quality", "testing", "documentation")}
        decide(review=review, scores=scores, summary="Keep one file apart.", verdict="changes_requested", at=now)
    page = text_of(client, address(world.one_on_one))
    assert f"Changes requested on “{title}” on" in page
    assert f"/o/lantaarn/reviews/{world.submission.pk}/" in page
    assert "What to look at" not in text_of(sign_in(cast.amira), address(world.one_on_one))


@pytest.mark.parametrize("who", EVERYBODY)
def test_page_asks_the_database_as_often_for_three_as_for_one(
    given_page: Mentoring, sign_in: SignIn, held: OneOnOne, who: str
) -> None:
    client, counts = sign_in(getattr(given_page.cast, who)), []
    for number in (1, 2, 3):
        with of_lantaarn(given_page):
            joris, amira = given_page.cast.joris, given_page.cast.amira
            ActionItem.objects.create(
                enrollment=given_page.amira, one_on_one=held, text=f"{number}", added_by=joris, added_at=NOW
            )
            save_shared_notes(
                one_on_one=held, text=f"{number}", revision=number - 1, by=joris if number % 2 else amira, now=NOW
            )
            recorded(given_page, start=NOW - 30 * number * DAY, status="held")
        if number != 2:
            counts.append(queries(client, address(held)))
    assert counts[0] == counts[1]


# -- agenda ------------------------------------------------------------------------------------------------------------


def test_learner_writes_the_agenda_until_the_end(
    given_page: Mentoring, sign_in: SignIn, one: OneOnOne, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = sign_in(given_page.cast.amira)
    assert answer(client, one, "agenda", {"agenda-agenda": "Another <thing>"})[0] == 302
    assert "Another <thing>" in text_of(client, address(one))
    status, page = answer(sign_in(given_page.cast.joris), one, "agenda", {"agenda-agenda": "His"})
    assert (status, "The learner writes the agenda." in page) == (422, True)
    monkeypatch.setattr("django.utils.timezone.now", lambda: WEDNESDAY + 45 * MINUTE)
    status, page = answer(sign_in(given_page.cast.amira), one, "agenda", {"agenda-agenda": "Too late"})
    assert (status, "This 1-on-1 is over or cancelled." in page) == (422, True)


# -- notes -------------------------------------------------------------------------------------------------------------


def test_notes_are_saved_by_a_button_and_while_typing(given_page: Mentoring, sign_in: SignIn, one: OneOnOne) -> None:
    client = sign_in(given_page.cast.joris)
    assert answer(client, one, "notes", {"shared-text": "By button", "shared-revision": 0})[0] == 302
    status, part = answer(client, one, "notes", {"shared-text": "Typed", "shared-revision": 1}, headers=HTMX)
    assert status == 200
    assert "Saved" in part
    assert 'role="status"' in part
    assert 'name="shared-revision" value="2" id="id_shared-revision" hx-swap-oob="true"' in part
    assert "<html" not in part


@pytest.mark.parametrize("headers", [None, HTMX])
def test_conflict_shows_both_texts_and_overwrites_nothing(
    given_page: Mentoring, sign_in: SignIn, one: OneOnOne, headers: dict[str, str] | None
) -> None:
    with of_lantaarn(given_page):
        save_shared_notes(one_on_one=one, text="His <words>", revision=0, by=given_page.cast.joris, now=NOW)
    client = sign_in(given_page.cast.amira)
    sent = {"shared-text": "Her <words>", "shared-revision": 0}
    status, page = answer(client, one, "notes", sent, headers=headers)
    assert status == 422
    assert "Joris Hoekema changed these notes meanwhile." in page
    assert "His <words></blockquote>" in page
    assert headers or "Her <words></textarea>" in page
    with of_lantaarn(given_page):
        kept = shared_notes_of(one)
        assert kept is not None
        assert kept.text == "His <words>"
    status, page = answer(client, one, "notes", {**sent, "shared-below": "1"}, headers=headers)
    assert status == (200 if headers else 302)
    with of_lantaarn(given_page):
        kept = shared_notes_of(one)
        assert kept is not None
        assert kept.text == "His <words>\n\nHer <words>"


def test_script_in_notes_stays_text(given_page: Mentoring, sign_in: SignIn, one: OneOnOne) -> None:
    with of_lantaarn(given_page):
        save_shared_notes(
            one_on_one=one, text="<script>alert(1)</script>", revision=0, by=given_page.cast.joris, now=NOW
        )
    for who in EVERYBODY:
        raw = sign_in(getattr(given_page.cast, who)).get(address(one)).content.decode()
        assert "<script>alert" not in raw
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in raw


@pytest.mark.parametrize("form", ["notes", "private"])
def test_a_megabyte_is_refused_and_kept_on_the_page(
    given_page: Mentoring, sign_in: SignIn, one: OneOnOne, form: str
) -> None:
    name, client = {"notes": "shared", "private": "private"}[form], sign_in(given_page.cast.amira)
    for headers in (None, HTMX):
        sent = {f"{name}-text": "x" * 1_000_000, f"{name}-revision": 0}
        status, page = answer(client, one, form, sent, headers=headers)
        assert status == 422
        assert "Notes hold 20,000 characters. Shorten them and save again." in page
        assert "What you wrote is still on this page." in page


def test_staff_write_no_notes(given_page: Mentoring, sign_in: SignIn, one: OneOnOne) -> None:
    for form, name in (("notes", "shared"), ("private", "private")):
        client = sign_in(given_page.cast.ilse)
        status, page = answer(client, one, form, {f"{name}-text": "x", f"{name}-revision": 0}, headers=HTMX)
        assert (status, "Only the mentor and the learner write notes" in page) == (422, True)


# -- action items, outcome, rating -------------------------------------------------------------------------------------


def test_action_item_is_added_shown_at_home_and_ticked_there(
    given_page: Mentoring, sign_in: SignIn, one: OneOnOne
) -> None:
    joris = sign_in(given_page.cast.joris)
    sent = {"action-text": "Read <it>", "action-doer": "learner", "action-due_on": "2026-12-01"}
    assert answer(joris, one, "actions", sent)[0] == 302
    amira = sign_in(given_page.cast.amira)
    for path in ("home/", "sessions/"):
        assert "Read <it>" in text_of(amira, f"/o/lantaarn/{path}")
    with of_lantaarn(given_page):
        item = ActionItem.objects.get()
    response = amira.post(f"/o/lantaarn/sessions/actions/{item.pk}/", {"done": "1", "next": "/o/lantaarn/home/"})
    assert (response.status_code, response["Location"]) == (302, "/o/lantaarn/home/")
    assert "From your 1-on-1s" not in text_of(amira, "/o/lantaarn/home/")
    away = amira.post(f"/o/lantaarn/sessions/actions/{item.pk}/", {"done": "0", "next": "https://evil.example/"})
    assert away["Location"] == "/o/lantaarn/"


def test_action_item_without_text_or_with_a_date_that_is_over(
    given_page: Mentoring, sign_in: SignIn, one: OneOnOne
) -> None:
    client = sign_in(given_page.cast.amira)
    for sent, said in (
        ({"action-text": " "}, "Write what is to be done."),
        ({"action-text": "Kept", "action-due_on": "2026-11-01"}, "That date is over."),
        ({"action-text": "x" * 301}, "at most 300 characters"),
    ):
        status, page = answer(client, one, "actions", {"action-doer": "learner", **sent})
        assert (status, said in page) == (422, True)
        assert sent["action-text"] in page


def test_outcome_is_corrected_on_the_page_and_shows_its_history(
    given_page: Mentoring, sign_in: SignIn, held: OneOnOne
) -> None:
    client = sign_in(given_page.cast.amira)
    assert "You can correct it until" in text_of(client, address(held))
    response = client.post(address(held, "settle"), {"outcome": "mentor_no_show", "back": "session"})
    assert response["Location"] == address(held)
    page = text_of(client, address(held))
    assert "Mentor did not come" in page
    assert "How useful was it?" not in page
    staff = sign_in(given_page.cast.ilse)
    assert "Program staff correct it with a reason." in text_of(staff, address(held))
    status, page = answer(staff, held, "settle", {"outcome": "held"})
    assert (status, "Write why the outcome is corrected." in page) == (422, True)
    assert answer(staff, held, "settle", {"outcome": "held", "reason": "Both agree"})[0] == 302
    assert "Both agree" in text_of(client, address(held))


def test_rating_with_one_tap_and_who_may(given_page: Mentoring, sign_in: SignIn, held: OneOnOne) -> None:
    client = sign_in(given_page.cast.amira)
    status, part = answer(client, held, "rating", {"rating-score": "4"}, headers=HTMX)
    assert (status, "Saved" in part, "<html" in part) == (200, True, False)
    assert answer(client, held, "rating", {"rating-score": "5", "rating-comment": "Good <questions>"})[0] == 302
    page = text_of(client, address(held))
    assert "You gave 5 of 5." in page
    assert "Good <questions></textarea>" in page
    with of_lantaarn(given_page):
        assert Rating.objects.get().score == 5
    for sent in ({"rating-score": "6"}, {"rating-score": ""}, {}):
        assert answer(client, held, "rating", sent)[0] == 422
    for who in ("joris", "ilse", "ada"):
        other = sign_in(getattr(given_page.cast, who))
        assert answer(other, held, "rating", {"rating-score": "1"})[0] == 422
        page = text_of(other, address(held))
        assert "How useful was it?" not in page
        assert "Good <questions>" not in page
    assert sign_in(given_page.cast.daan).post(address(held, "rating"), {"rating-score": "1"}).status_code == 404


def test_learner_is_asked_how_it_went_until_somebody_says(given_page: Mentoring, sign_in: SignIn) -> None:
    with of_lantaarn(given_page):
        asked = recorded(given_page, start=NOW - DAY, status="booked")
    client = sign_in(given_page.cast.amira)
    for path in ("/o/lantaarn/home/", "/o/lantaarn/sessions/", address(asked)):
        assert "It was held" in text_of(client, path)
    client.post(address(asked, "settle"), {"outcome": "held"})
    for path in ("/o/lantaarn/home/", "/o/lantaarn/sessions/", address(asked)):
        assert "It was held" not in text_of(client, path)
