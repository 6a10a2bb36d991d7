"""Surveys from the first click of staff to the answer on a phone and what is shown of it."""

import csv
import io
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Membership
from organizations.scope import scope
from outcomes.surveys.answering import path_of
from outcomes.surveys.records import Envelope, Participation, Survey, Wave
from outcomes.surveys.waves import hold_surveys
from tests.api import body_of, queries_of
from tests.conftest import Cast
from tests.outcomes.asking import a_survey, a_wave, end, heard, learners, say
from tests.outcomes.given import a_cohort, day

SignIn = Callable[[Membership | None], Client]
URL = "/o/lantaarn/surveys/"
NO_QUESTIONS = {"own-TOTAL_FORMS": "0", "own-INITIAL_FORMS": "0"}


def text_of(response: Any) -> str:
    return " ".join(unescape(response.content.decode()).split())


@pytest.fixture
def scoped(cast: Cast) -> Iterator[Cast]:
    """Everything made is there before anybody looks."""
    with scope(cast.organization.pk):
        yield cast


def test_survey_from_draft_to_results(cast: Cast, sign_in: SignIn) -> None:
    with scope(cast.organization.pk):
        learners(a_cohort(name="Rotterdam"), 6)
    today = timezone.localdate()
    client = sign_in(cast.ilse)
    own = {
        "own-TOTAL_FORMS": "2", "own-INITIAL_FORMS": "0", "own-0-text": "Which room?", "own-0-kind": "choice",
        "own-0-options": "The attic\nThe cellar\n", "own-1-kind": "score",
    }  # fmt: skip
    made = client.post(
        f"{URL}new/?kind=satisfaction",
        {"title": "How is it?", "introduction": "We mend one thing.", "answer_days": "14", "recommends": "on"} | own,
    )
    assert made.status_code == 302
    page = made["Location"]
    assert "A draft asks nobody." in text_of(client.get(page))
    assert "The attic" in text_of(client.get(f"{page}preview/"))
    client.post(f"{page}open/")
    planned = client.post(f"{page}waves/new/", {"asks_on": today, "closes_on": today + timedelta(days=7)})
    assert planned.status_code == 302
    with scope(cast.organization.pk):
        # The organization's day may have begun before ours.
        assert hold_surveys(now=timezone.now() + timedelta(days=1)).asked == 6
        links = [path_of(one) for one in Participation.objects.order_by("pk")]

    client.logout()
    for number, link in enumerate(links):
        asked = text_of(client.get(link))
        assert "All in all, how satisfied are you with the program?" in asked
        answers = {"q1": 5 - number % 2, "q2": 10, "q3": f"Keep <{number}>" if number else "", "q4": number % 2}
        thanks = client.post(link, answers)
        assert (thanks.status_code, "Thank you" in text_of(thanks)) == (200, True)
        assert "no-cache" in thanks["Cache-Control"]
    again = client.post(links[0], {"q1": 1})
    assert "You have answered this survey" in text_of(again)

    client = sign_in(cast.ilse)
    assert "6 of 6" in text_of(client.get(page))
    assert "No results yet" in text_of(client.get(f"{page}results/"))
    client.post(f"{page}close/")
    results = client.get(f"{page}results/")
    shown = text_of(results)
    for words in ("4.50", "95% interval 3.93–5.00", "100%", "5 comments, in no order", "Keep <3>", "+100", "The attic"):
        assert words in shown
    rows = list(csv.reader(io.StringIO(b"".join(client.get(f"{page}results.csv")).decode("utf-8-sig"))))
    assert rows[0] == [
        "question", "text", "kind", "answers", "mean", "low", "high", "answer", "count", "share",
    ]  # fmt: skip
    assert [row[7:] for row in rows[1:6]] == [
        ["1", "0", "0.0000"], ["2", "0", "0.0000"], ["3", "0", "0.0000"], ["4", "3", "0.5000"], ["5", "3", "0.5000"],
    ]  # fmt: skip
    chart = list(csv.reader(io.StringIO(b"".join(client.get(f"{page}results/q1.csv")).decode("utf-8-sig"))))
    assert chart[-2:] == [["4", "3", "50.0%"], ["5", "3", "50.0%"]]
    assert client.get(f"{page}results/q1.png").content.startswith(b"\x89PNG")
    assert [client.get(f"{page}results/{name}.png").status_code for name in ("trend", "q99")] == [404, 404]
    assert sorted(row[7] for row in rows if row[2] == "text") == [f"Keep <{number}>" for number in range(1, 6)]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"title": ""}, "Fill in “Title”."),
        ({"answer_days": "61"}, "60"),
        ({"every_months": "3"}, "Choose the day of the first wave."),
        ({"every_months": "5"}, "every_months"),
        ({"first_on": "tomorrow"}, "Enter a valid date."),
        (
            {"own-TOTAL_FORMS": "1", "own-0-text": "Which?", "own-0-kind": "choice", "own-0-options": "A"},
            "Give at least two different answers to choose from.",
        ),
        ({"own-TOTAL_FORMS": "1", "own-0-text": "x" * 301, "own-0-kind": "text"}, "300"),
    ],
)
def test_what_does_not_fit_is_said_and_kept(cast: Cast, sign_in: SignIn, data: dict[str, str], words: str) -> None:
    whole = {"title": "How is it?", "answer_days": "14", "introduction": "Because.", **NO_QUESTIONS, **data}
    page = sign_in(cast.ilse).post(f"{URL}new/?kind=satisfaction", whole)

    assert page.status_code == 422
    assert words in text_of(page)
    assert "Because." in text_of(page)
    with scope(cast.organization.pk):
        assert Survey.objects.count() == 0


def test_answer_that_is_missing_is_said_in_the_readers_language(scoped: Cast, client: Client) -> None:
    [asked] = a_wave(a_survey(), learners(a_cohort(), 1))
    Wave.objects.update(closes_on=timezone.localdate() + timedelta(days=3))
    with scope(scoped.organization.pk):
        link = path_of(asked)
    client.cookies["language"] = "nl"

    page = client.post(link, {"q1": "", "q2": "11", "q3": "Dit blijft staan"}, headers={"accept-language": "nl"})
    assert page.status_code == 422
    assert "Dit blijft staan" in text_of(page)
    assert "Kies een van de antwoorden" in text_of(page)
    assert (Envelope.objects.count(), Participation.objects.get().has_answered) == (0, False)


def test_staff_end_a_wave_and_read_first_what_that_does(scoped: Cast, sign_in: SignIn) -> None:
    today = scoped.organization.today()
    asked = a_wave(a_survey(title="How is <it>?"), learners(a_cohort(), 6))
    for one in asked[:4]:
        say(one, 4)
    wave = asked[0].wave
    Wave.objects.update(closes_on=today + timedelta(days=3))
    client = sign_in(scoped.ilse)
    page = f"{URL}{wave.survey_id}/"
    assert f"{URL}waves/{wave.pk}/end/" in text_of(client.get(page))

    before = text_of(client.get(f"{URL}waves/{wave.pk}/end/"))
    for words in ("“How is <it>?” has asked since", "4 of 6 answered", "Fewer than five people: nothing shows.",
                  "2 people have not answered", "They are not reminded any more."):  # fmt: skip
        assert words in before
    said = text_of(client.post(f"{URL}waves/{wave.pk}/end/", follow=True))
    assert "The wave is over. Fewer than five people answered, so nothing shows." in said
    assert f"Ended on {today:%-d %b %Y} by Ilse" in said
    assert "4 answers are kept sealed until there are five" in said
    for method in (client.get, client.post):
        again = method(f"{URL}waves/{wave.pk}/end/")
        assert (again.status_code, "This wave takes no answers" in text_of(again)) == (422, True)
    over = text_of(sign_in(None).get(path_of(asked[5])))
    assert f"took answers until {today:%-d %B %Y}." in over


def test_page_of_a_link_is_of_the_organization(scoped: Cast, client: Client) -> None:
    [asked] = a_wave(a_survey(), learners(a_cohort(), 1))
    page = client.get(path_of(asked))
    assert 'href="/certificates/lantaarn/tenant.css"' in text_of(page)
    assert f"<span>{scoped.organization.name}</span></a>" in text_of(page)
    assert 'content="noindex, nofollow"' in text_of(page)


def test_links_of_others_and_of_nobody(scoped: Cast, sign_in: SignIn) -> None:
    survey = a_survey()
    [asked] = a_wave(survey, learners(a_cohort(), 1))
    say(asked, 3)
    end([asked])
    link = path_of(asked)
    Participation.objects.update(has_answered=False)
    client = sign_in(None)
    found = {path: client.get(path) for path in (link, f"{link[:-2]}x/", "/surveys/nonsense/")}

    assert [one.status_code for one in found.values()] == [200, 404, 404]
    assert "This survey is over" in text_of(found[link])
    assert sign_in(scoped.amira).get(f"{URL}answer/{asked.pk}/").status_code == 404


def test_first_page_of_a_learner_names_what_waits(scoped: Cast, sign_in: SignIn) -> None:
    people = learners(a_cohort(), 1)
    type(people[0]).objects.filter(pk=people[0].pk).update(learner=scoped.amira)
    [asked] = a_wave(a_survey(title="How is <it>?"), people)
    client = sign_in(scoped.amira)

    assert "“How is <it>?” asks what you think" in text_of(client.get("/o/lantaarn/home/"))
    page = client.get(f"{URL}answer/{asked.pk}/")
    assert (page.status_code, page["Cache-Control"].count("no-store")) == (200, 1)
    Participation.objects.update(has_answered=True)
    assert "asks what you think" not in text_of(client.get("/o/lantaarn/home/"))


def test_small_groups_stay_hidden_whatever_is_asked_for(scoped: Cast, sign_in: SignIn) -> None:
    large = a_cohort(name="Rotterdam")
    small = a_cohort(large.version, name="Utrecht")
    survey = a_survey()
    heard(survey, [*learners(large, 6), *learners(small, 4)], [5] * 6 + [1] * 4)
    client = sign_in(scoped.ilse)
    page = client.get(f"{URL}{survey.pk}/results/")

    assert [row["name"] for row in page.context["crowds"]] == ["Rotterdam, Utrecht"]
    [(release, crowd)] = [(page.context["release"], page.context["crowds"][0]["crowd"])]
    for query in (f"?crowd={crowd.pk}", f"?release={release.pk}&crowd={small.pk}", "?release=1&crowd=2"):
        found = client.get(f"{URL}{survey.pk}/results/{query}").context["findings"]
        assert (found.answered, found.told[0].rows[0][1]) == (10, 4)
    assert found.told[2].is_hidden


def test_optional_answers_of_a_crowd_hide_with_the_next(scoped: Cast, sign_in: SignIn) -> None:
    cohorts, survey = [a_cohort(name=name) for name in ("A", "B", "C")], a_survey()
    asked = a_wave(survey, [one for cohort in cohorts for one in learners(cohort, 6)])
    for place, one in enumerate(asked):
        # Of the first cohort two recommend, of the others all.
        say(one, 5, 10 if place not in range(4) else "")
    end(asked)
    page = sign_in(scoped.ilse).get(f"{URL}{survey.pk}/results/")

    hidden = {}
    for row in page.context["crowds"]:
        told = sign_in(scoped.ilse).get(f"{URL}{survey.pk}/results/?crowd={row['crowd'].pk}").context["findings"].told
        hidden[row["name"]] = [one.is_hidden for one in told[:2]]
    assert page.context["findings"].told[1].n == 14
    assert sorted(map(tuple, hidden.values())) == [(False, False), (False, True), (False, True)]
    assert hidden["A"] == [False, True]


def test_api_tells_what_the_page_tells(scoped: Cast, sign_in: SignIn) -> None:
    survey = a_survey(recommends=False)
    heard(survey, learners(a_cohort(), 6), [5, 5, 4, 4, 3])
    client = sign_in(scoped.ilse)
    [row] = body_of(client.get("/o/lantaarn/api/surveys/"))["results"]
    found = body_of(client.get(f"/o/lantaarn/api/surveys/{survey.pk}/"))

    assert row == {
        "id": str(survey.pk), "title": "How is it going?", "kind": "satisfaction", "status": "open",
        "latest": {
            "asks_from": "2024-01-01", "closes_on": "2024-01-15", "status": "closed", "asked": 6, "answered": 5,
        },
    }  # fmt: skip
    [release] = found["releases"]
    score, comment = release["questions"]
    assert (release["group"], release["asked"], release["answered"]) == ("here", 6, 5)
    assert [(row["answer"], row["answers"]) for row in score["counts"]] == [
        ("1", 0), ("2", 0), ("3", 1), ("4", 2), ("5", 2),
    ]  # fmt: skip
    assert (score["mean"]["value"], score["top_two"]["value"], score["net"]) == (4.2, 0.8, None)
    assert (comment["is_hidden"], comment["comments"]) == (True, [])


def test_queries_do_not_grow(scoped: Cast, sign_in: SignIn) -> None:
    client, counts = sign_in(scoped.ilse), []
    survey = a_survey()
    for turn in (1, 2):
        for number in range(turn):
            cohorts = [a_cohort() for _number in range(turn)]
            people = [one for cohort in cohorts for one in learners(cohort, 5)]
            heard(a_survey(), people, [4] * len(people))
            heard(survey, people, [5] * len(people), on=60 * (2 * turn + number))
        pages = (URL, f"{URL}{survey.pk}/", f"{URL}{survey.pk}/results/", f"/o/lantaarn/api/surveys/{survey.pk}/")
        counts.append([queries_of(client, page) for page in pages])

    assert counts[0] == counts[1]
    assert max(counts[0]) <= 12


def test_success_shows_the_number_and_nobody(scoped: Cast, sign_in: SignIn) -> None:
    heard(a_survey(), learners(a_cohort(), 6), [5, 5, 4, 4, 3, 3])
    client = sign_in(scoped.ada)
    page = client.get(f"/o/lantaarn/success/satisfaction/?on={day(30)}")
    found = client.get(f"/o/lantaarn/success/satisfaction.csv?on={day(30)}")

    shown = text_of(page)
    for words in ("4.00", "3.06–4.94", "4.5 of 5", "There is no list", "Gave 4 or 5", "4 of 6"):
        assert words in shown
    assert b"".join(found).decode("utf-8-sig").split() == ["score,answers", "1,0", "2,0", "3,2", "4,2", "5,2"]
    assert date.fromisoformat("2024-01-31") == day(30)
