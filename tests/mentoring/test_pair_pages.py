"""The pages for regular 1-on-1s, booking on behalf, matching and handing over, as those who use them meet them."""

from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Membership, Role, User
from cohorts.models import Enrollment
from mentoring.models import Mentor, OneOnOne, TimeOff
from mentoring.relief import relieve
from mentoring.series_records import Series
from organizations.scope import scope
from tests.conftest import NOW, member
from tests.mentoring.given import DAY, WEDNESDAY, Mentoring, a_mentor, an_enrollment, booked

SignIn = Callable[[Membership | None], Client]
SLOT = "2026-11-25T09:30Z"


@pytest.fixture
def sofia(given_page: Mentoring) -> Mentor:
    with scope(given_page.cast.organization.pk):
        return a_mentor(member("Sofia Marchetti", "sofia@lantaarn.example", Role.MENTOR))


def text_of(response: Any) -> str:
    return unescape(response.content.decode())


def queries(client: Client, path: str) -> int:
    client.get(path)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200
    return len(captured)


def more_learners(given: Mentoring, mentor: Membership | None, number: int) -> list[Enrollment]:
    with scope(given.cast.organization.pk):
        found = []
        for place in range(number):
            learner = member(f"Learner {place}", f"learner{place}@lantaarn.example", Role.LEARNER)
            found.append(an_enrollment(given.cohort, learner, mentor))
        return found


# -- on behalf ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["ilse", "joris"])
def test_staff_and_mentor_book_from_the_learners_page(given_page: Mentoring, sign_in: SignIn, who: str) -> None:
    client, amira = sign_in(getattr(given_page.cast, who)), given_page.amira.pk
    assert f"/o/lantaarn/learners/{amira}/book/" in text_of(client.get(f"/o/lantaarn/learners/{amira}/"))
    page = client.get(f"/o/lantaarn/learners/{amira}/book/")
    assert f'value="{SLOT}"' in text_of(page)
    done = client.post(f"/o/lantaarn/learners/{amira}/book/", {"start": SLOT, "agenda": "Her thesis"}, follow=True)
    assert "The 1-on-1 of Amira Haddad is booked: Wed 25 Nov, 10:30. Both get a mail." in text_of(done)
    with scope(given_page.cast.organization.pk):
        one = OneOnOne.objects.get()
    assert (one.agenda, one.booked_by_id) == ("Her thesis", getattr(given_page.cast, who).pk)
    assert f"/o/lantaarn/sessions/{one.pk}/move/" in text_of(done)


def test_taken_time_is_told_and_the_note_is_kept(given_page: Mentoring, sign_in: SignIn) -> None:
    with scope(given_page.cast.organization.pk):
        booked(given_page, enrollment=given_page.daan, by=given_page.cast.daan)
    path = f"/o/lantaarn/learners/{given_page.amira.pk}/book/"
    response = sign_in(given_page.cast.ilse).post(path, {"start": SLOT, "agenda": "Her <thesis>"})
    assert response.status_code == 422
    assert "That time was taken a moment ago." in text_of(response)
    assert "Her <thesis>" in text_of(response)


# -- regularly ---------------------------------------------------------------------------------------------------------


def test_learner_sees_every_date_before_anything_is_booked(given_page: Mentoring, sign_in: SignIn) -> None:
    with scope(given_page.cast.organization.pk):
        TimeOff.objects.create(mentor=given_page.mentor, during=(WEDNESDAY + 13 * DAY, WEDNESDAY + 14.5 * DAY))
    client, path = sign_in(given_page.cast.amira), f"/o/lantaarn/learners/{given_page.amira.pk}/series/"
    assert path in text_of(client.get("/o/lantaarn/sessions/"))
    preview = client.post(path, {"start": SLOT, "rhythm": "fortnightly"})
    page = text_of(preview)
    assert "Every 2 weeks on Wednesday, 10:30 (Amsterdam)" in page
    assert [(row["day"].day, row["is_open"], row["label"]) for row in preview.context["rows"]] == [
        (25, True, "Wed 25 Nov, 10:30"), (9, False, "Thu 10 Dec, 09:00"), (23, True, "Wed 23 Dec, 10:30"),
        (6, True, "Wed 6 Jan, 10:30"), (20, True, "Wed 20 Jan, 10:30"),
    ]  # fmt: skip
    assert preview.context["rows"][1]["why"] == "The mentor is away then."
    with scope(given_page.cast.organization.pk):
        assert OneOnOne.objects.count() == 0
    sent = {"start": SLOT, "rhythm": "fortnightly", "agreed": "1", "on-2026-12-09": "", "on-2026-12-23": ""}
    done = client.post(path, sent, follow=True)
    assert "Every 2 weeks on Wednesday, 10:30 (Amsterdam): 3 1-on-1s are booked" in text_of(done)
    assert "/series/" in text_of(done)
    assert "Stop it" in text_of(client.get(path))


def test_date_taken_meanwhile_shows_the_dates_again(given_page: Mentoring, sign_in: SignIn) -> None:
    with scope(given_page.cast.organization.pk):
        booked(given_page, start=WEDNESDAY + 14 * DAY, enrollment=given_page.daan, by=given_page.cast.daan)
    path = f"/o/lantaarn/learners/{given_page.amira.pk}/series/"
    sent = {"start": SLOT, "rhythm": "fortnightly", "agreed": "1", "on-2026-12-09": "2026-12-09T09:30Z"}
    response = sign_in(given_page.cast.amira).post(path, sent)
    assert response.status_code == 422
    assert "Wed 9 Dec, 10:30: That time was taken a moment ago." in text_of(response)
    assert "Book these dates" in text_of(response)
    with scope(given_page.cast.organization.pk):
        assert (Series.objects.count(), OneOnOne.objects.count()) == (0, 1)


@pytest.mark.parametrize(
    "sent",
    [
        {"start": "", "rhythm": "fortnightly"},
        {"start": SLOT, "rhythm": "daily"},
        {"start": "9999-12-31T23:59Z", "rhythm": "monthly"},
        {"start": "0001-01-01T00:00Z", "rhythm": "monthly", "agreed": "1"},
        {"start": SLOT, "rhythm": "monthly", "agreed": "1", "on-soon": "x"},
        {"start": SLOT, "rhythm": "monthly", "agreed": "1", "on-2026-11-25": "later"},
        {"start": SLOT, "rhythm": "monthly", "agreed": "1", "on-2026-11-25": "9999-12-31T23:59Z"},
        {"start": "2026-11-25T03:07Z", "rhythm": "monthly", "agreed": "1"},
    ],
)
def test_series_of_nonsense_is_refused_with_the_form(
    given_page: Mentoring, sign_in: SignIn, sent: dict[str, str]
) -> None:
    response = sign_in(given_page.cast.amira).post(f"/o/lantaarn/learners/{given_page.amira.pk}/series/", sent)
    assert response.status_code == 422
    assert response.context["form"].errors
    with scope(given_page.cast.organization.pk):
        assert (Series.objects.count(), OneOnOne.objects.count()) == (0, 0)


def test_stop_in_dutch_says_what_happens(given_page: Mentoring, sign_in: SignIn) -> None:
    User.objects.filter(pk=given_page.cast.amira.user_id).update(language="nl")
    client, path = sign_in(given_page.cast.amira), f"/o/lantaarn/learners/{given_page.amira.pk}/series/"
    client.post(path, {"start": SLOT, "rhythm": "four_weekly", "agreed": "1"})
    with scope(given_page.cast.organization.pk):
        series = Series.objects.get()
    stop = f"/o/lantaarn/series/{series.pk}/stop/"
    assert "Om de 4 weken op woensdag, 10:30 (Amsterdam)" in text_of(client.get(stop))
    assert client.post(stop, {"from_day": "2020-01-01", "reason": "Klaar"}).status_code == 422
    assert client.post(stop, {"from_day": "2026-11-24", "reason": "Klaar"}).status_code == 302
    assert client.get(stop).status_code == 404
    with scope(given_page.cast.organization.pk):
        assert set(OneOnOne.objects.values_list("status", flat=True)) == {"cancelled"}


# -- who stands in -----------------------------------------------------------------------------------------------------


def test_learner_books_with_who_stands_in(given_page: Mentoring, sign_in: SignIn, sofia: Mentor) -> None:
    first = WEDNESDAY.date()
    with scope(given_page.cast.organization.pk):
        relieve(
            enrollment=given_page.amira, mentor=sofia.membership, first_day=first, last_day=first + DAY,
            by=given_page.cast.ilse, now=NOW,
        )  # fmt: skip
    client, other = sign_in(given_page.cast.amira), sofia.membership_id
    page = text_of(client.get("/o/lantaarn/sessions/"))
    assert "Sofia Marchetti stands in for your mentor from 25 November to 26 November." in page
    theirs = client.get(f"/o/lantaarn/sessions/?with={other}")
    assert [day.date for day in theirs.context["offer"].days] == [first, first + DAY]
    assert client.post("/o/lantaarn/sessions/book/", {"start": SLOT, "with": other}).status_code == 302
    with scope(given_page.cast.organization.pk):
        assert OneOnOne.objects.get().mentor == sofia
    assert client.get("/o/lantaarn/sessions/?with=nobody").status_code == 200


# -- mentors -----------------------------------------------------------------------------------------------------------


def test_list_of_mentors_shows_places_and_who_left(given_page: Mentoring, sign_in: SignIn, sofia: Mentor) -> None:
    with scope(given_page.cast.organization.pk):
        Mentor.objects.filter(pk=sofia.pk).update(capacity=0, levels=[2], languages=["nl"], topics=["retrieval"])
        booked(given_page)
    client = sign_in(given_page.cast.ilse)
    page = text_of(client.get("/o/lantaarn/mentors/"))
    assert "Level 2 · Dutch" in page
    assert "0 of 0 taken" in page
    assert "1-on-1s that need somebody else" not in page
    with scope(given_page.cast.organization.pk):
        Membership.objects.filter(pk=given_page.cast.joris.pk).update(joined_at=None)
    page = text_of(client.get("/o/lantaarn/mentors/"))
    assert "1-on-1s that need somebody else" in page
    assert "1 booked 1-on-1, the first on" in page
    assert "Some booked 1-on-1s have a mentor who left." in text_of(client.get("/o/lantaarn/coverage/"))


def test_mentor_says_what_they_take_and_sees_what_is_wrong(given_page: Mentoring, sign_in: SignIn) -> None:
    path = f"/o/lantaarn/mentors/{given_page.cast.joris.pk}/"
    client = sign_in(given_page.cast.joris)
    assert path in text_of(client.get("/o/lantaarn/week/"))
    wrong = client.post(path, {"capacity": "-3", "topics": "x" * 61, "languages": "xx"})
    assert wrong.status_code == 422
    assert set(wrong.context["form"].errors) == {"capacity", "topics", "languages"}
    right = {"capacity": "6", "topics": " evals, retrieval ,evals", "languages": ["nl"]}
    assert client.post(path, right).headers["Location"] == "/o/lantaarn/week/"
    with scope(given_page.cast.organization.pk):
        row = Mentor.objects.get()
    assert (row.capacity, row.topics, row.languages) == (6, ["evals", "retrieval"], ["nl"])
    assert client.get(f"/o/lantaarn/mentors/{given_page.cast.ilse.pk}/").status_code == 404
    person = text_of(sign_in(given_page.cast.ada).get(f"/o/lantaarn/people/{given_page.cast.joris.pk}/"))
    assert path in person
    assert f"{path}hand-over/" in person


def test_staff_assign_those_ticked(given_page: Mentoring, sign_in: SignIn, sofia: Mentor) -> None:
    amira, daan = given_page.amira.pk, given_page.daan.pk
    with scope(given_page.cast.organization.pk):
        Enrollment.objects.update(mentor=None)
        Mentor.objects.filter(pk=sofia.pk).update(languages=["en"], capacity=8)
    client = sign_in(given_page.cast.ilse)
    page = client.get("/o/lantaarn/mentors/matching/")
    assert "speaks English, 40 hours a week in common, 0 of 8 places taken" in text_of(page)
    assert [row["chosen"] for row in page.context["rows"]] == [sofia.membership_id] * 2
    assert client.post("/o/lantaarn/mentors/matching/", {"learner": "x"}).status_code == 422
    wrong = client.post("/o/lantaarn/mentors/matching/", {"learner": [amira], f"mentor-{daan}": sofia.membership_id})
    assert "Choose a mentor for each learner that is ticked." in text_of(wrong)
    sent = {"learner": [amira], f"mentor-{amira}": sofia.membership_id, f"mentor-{daan}": sofia.membership_id}
    done = client.post("/o/lantaarn/mentors/matching/", sent, follow=True)
    assert "1 learner has a mentor now." in text_of(done)
    with scope(given_page.cast.organization.pk):
        assert Enrollment.objects.get(pk=amira).mentor_id == sofia.membership_id
        assert Enrollment.objects.get(pk=daan).mentor_id is None


def test_staff_hand_over_and_see_what_is_left(given_page: Mentoring, sign_in: SignIn, sofia: Mentor) -> None:
    with scope(given_page.cast.organization.pk):
        one = booked(given_page)
    client, amira = sign_in(given_page.cast.ilse), given_page.amira.pk
    path = f"/o/lantaarn/mentors/{given_page.cast.joris.pk}/hand-over/"
    page = text_of(client.get(path))
    assert f'name="time-{one.pk}"' in page
    assert "Same time" in page
    to = {f"mentor-{amira}": sofia.membership_id, f"time-{one.pk}": SLOT}
    looked = client.post(path, {**to, "do": "apply", f"seen-{amira}": ""})
    assert "You changed a mentor. Look at the new times, then go on." in text_of(looked)
    to["do"], to[f"seen-{amira}"] = "apply", sofia.membership_id
    unticked = client.post(path, to)
    assert unticked.status_code == 422
    assert "Tick that you hand over without asking, or ask the mentors first." in text_of(unticked)
    to["without_asking"] = "1"
    taken = client.post(path, {**to, f"time-{one.pk}": "2026-11-25T03:00Z"})
    assert taken.status_code == 422
    assert "Sofia Marchetti does not offer that time." in text_of(taken)
    done = client.post(path, to, follow=True)
    assert "1 learner is handed over." in text_of(done)
    with scope(given_page.cast.organization.pk):
        assert OneOnOne.objects.get().mentor == sofia


def test_dates_away_that_make_no_sense_hand_over_nothing(given_page: Mentoring, sign_in: SignIn, sofia: Mentor) -> None:
    client, amira = sign_in(given_page.cast.ilse), given_page.amira.pk
    path = f"/o/lantaarn/mentors/{given_page.cast.joris.pk}/hand-over/"
    for query, sentence in (
        ("?first_day=2026-12-01&last_day=", "Fill in both days, or neither."),
        ("?first_day=2026-12-09&last_day=2026-12-01", "The last day lies before the first. Swap them."),
    ):
        sent = {
            "do": "apply",
            "without_asking": "1",
            f"mentor-{amira}": sofia.membership_id,
            f"seen-{amira}": sofia.membership_id,
        }
        response = client.post(path + query, sent)
        assert response.status_code == 422
        assert sentence in text_of(response)
    with scope(given_page.cast.organization.pk):
        assert Enrollment.objects.get(pk=amira).mentor_id == given_page.cast.joris.pk
    away = client.get(f"{path}?first_day=2026-11-24&last_day=2026-11-30")
    assert "Somebody stands in from 24 Nov 2026 to 30 Nov 2026" in text_of(away)


# -- the same number of queries ----------------------------------------------------------------------------------------


def test_pages_ask_the_same_number_of_questions_for_one_and_for_three(
    given_page: Mentoring, sign_in: SignIn, sofia: Mentor
) -> None:
    with scope(given_page.cast.organization.pk):
        Enrollment.objects.filter(pk=given_page.daan.pk).update(mentor=None)
        booked(given_page)
        off = TimeOff.objects.create(mentor=given_page.mentor, during=(WEDNESDAY - DAY, WEDNESDAY + 3 * DAY))
    client, joris = sign_in(given_page.cast.ada), given_page.cast.joris
    paths = [
        "/o/lantaarn/mentors/",
        "/o/lantaarn/mentors/matching/",
        f"/o/lantaarn/mentors/{joris.pk}/hand-over/",
        f"/o/lantaarn/availability/off/{off.pk}/",
    ]
    few = [queries(client, path) for path in paths]
    theirs, _unmatched = more_learners(given_page, joris, 2), None
    with scope(given_page.cast.organization.pk):
        TimeOff.objects.all().delete()
        for place, enrollment in enumerate(theirs, start=1):
            start = WEDNESDAY + place * DAY
            booked(given_page, start=start, enrollment=enrollment, by=enrollment.learner)
            learner = member(f"New {place}", f"new{place}@lantaarn.example", Role.LEARNER)
            an_enrollment(given_page.cohort, learner, None)
            a_mentor(member(f"Mentor {place}", f"mentor{place}@lantaarn.example", Role.MENTOR))
        off = TimeOff.objects.create(mentor=given_page.mentor, during=off.during)
    paths[-1] = f"/o/lantaarn/availability/off/{off.pk}/"
    assert [queries(client, path) for path in paths] == few
    assert max(few) <= 30
