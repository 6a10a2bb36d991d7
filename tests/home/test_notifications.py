"""A person's own notifications: the list, the bell, and choosing what to get."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Membership, User
from cohorts.history import enroll
from cohorts.models import Cohort
from notifications.kinds import KINDS
from notifications.models import Message
from notifications.preferring import preferences_of
from notifications.records import Notice
from organizations.scope import scope
from tests.cohorts.given import a_cohort
from tests.conftest import Cast
from tests.page_forms import forms_of
from tests.world import World, make_world

LIST = "/o/lantaarn/notifications/"
SETTINGS = f"{LIST}settings/"
SignIn = Callable[..., Client]


def tell(cast: Cast, person: Membership, *titles: str, days_ago: int = 0) -> list[Notice]:
    at = timezone.now() - timedelta(days=days_ago)
    made = []
    with scope(cast.organization.pk):
        for title in titles:
            message = Message.objects.create(
                kind="review_decided", key=title, recipient=person.user, state="sent", due_at=at, next_attempt_at=at,
                settled_at=at,
            )  # fmt: skip
            made.append(
                Notice.objects.create(
                    person=person.user,
                    message=message,
                    kind=message.kind,
                    titles={"en": title, "nl": title},
                    path="/o/lantaarn/path/",
                    posted_at=at,
                )
            )
    return made


def words(response: Any) -> str:
    return unescape(response.content.decode())


def unread(page: str) -> str:
    found = re.search(r'<span class="unread"[^>]*>(\d+\+?)<', page)
    return found[1] if found else ""


def test_list_shows_ones_own_by_day_and_the_bell_counts(cast: Cast, sign_in: SignIn) -> None:
    tell(cast, cast.amira, "Yesterday's <news>", days_ago=1)
    tell(cast, cast.amira, "News of today")
    tell(cast, cast.daan, "Not Amira's")
    page = words(sign_in(cast.amira).get(LIST))
    assert page.index("News of today") < page.index("Yesterday's <news>")
    assert "Not Amira's" not in page
    assert page.count('class="happened"') == 2
    assert unread(page) == "2"
    assert unread(words(sign_in(cast.joris).get(LIST))) == ""


def test_opening_one_reads_it_and_leads_to_what_it_is_about(cast: Cast, sign_in: SignIn) -> None:
    first, _second = tell(cast, cast.amira, "One", "Two")
    client = sign_in(cast.amira)
    response = client.get(f"{LIST}{first.pk}/")
    assert (response.status_code, response["Location"]) == (302, "/o/lantaarn/path/")
    assert unread(words(client.get(LIST))) == "1"
    assert sign_in(cast.daan).get(f"{LIST}{first.pk}/").status_code == 404


def test_all_are_read_at_once(cast: Cast, sign_in: SignIn) -> None:
    tell(cast, cast.amira, "One", "Two")
    client = sign_in(cast.amira)
    assert client.post(f"{LIST}read/").status_code == 302
    page = words(client.get(LIST))
    assert unread(page) == ""
    assert "Mark all as read" not in page


def test_bell_costs_no_query_of_its_own_and_says_nothing_when_nothing_changed(cast: Cast, sign_in: SignIn) -> None:
    client = sign_in(cast.amira)
    client.get(f"{LIST}bell/")
    asked = []
    for titles in ([], ["One"], ["Two", "Three"]):
        tell(cast, cast.amira, *titles)
        with CaptureQueriesContext(connection) as captured:
            response = client.get(f"{LIST}bell/?shown=0")
        asked.append(sum("notifications_notice" in query["sql"] for query in captured))
        assert sum(query["sql"].startswith("SELECT") and "set_config" not in query["sql"] for query in captured) == 3
    assert asked == [1, 1, 1]
    assert unread(words(response)) == "3"
    assert client.get(f"{LIST}bell/?shown=3").status_code == 204


def test_many_unread_are_not_counted_out(cast: Cast, sign_in: SignIn) -> None:
    tell(cast, cast.amira, *(f"News {number}" for number in range(100)))
    assert unread(words(sign_in(cast.amira).get(LIST))) == "99+"


def test_list_takes_as_many_queries_for_three_as_for_one(cast: Cast, sign_in: SignIn) -> None:
    client, counts = sign_in(cast.amira), []
    for titles in (["One"], ["Two", "Three"]):
        tell(cast, cast.amira, *titles)
        with CaptureQueriesContext(connection) as captured:
            client.get(LIST)
        counts.append(len(captured))
    assert counts[0] == counts[1]


def answers(client: Client) -> dict[str, Any]:
    """What the page of preferences would send as it stands."""
    page = client.get(SETTINGS)
    form = next(form for form in forms_of(page, SETTINGS) if "digest_hour" in form.fields)
    return {name: value for name, value in form.fields.items() if name != "csrfmiddlewaretoken"}


def test_every_kind_is_listed_in_plain_words_and_what_is_fixed_is_said(cast: Cast, sign_in: SignIn) -> None:
    for language in ("en", "nl"):
        User.objects.filter(pk=cast.amira.user_id).update(language=language)
        page = words(sign_in(cast.amira).get(SETTINGS))
        for kind in KINDS.values():
            if kind.name != "digest":
                assert str(kind.title) in page
                assert str(kind.explanation) in page
                assert (f'name="email-{kind.name}"' in page) is not kind.mandatory


def test_every_kind_says_in_both_languages_when_it_comes() -> None:
    assert [kind.name for kind in KINDS.values() if not kind.explanation] == []


def test_preferences_are_saved_whole(cast: Cast, sign_in: SignIn) -> None:
    client = sign_in(cast.amira)
    sent = answers(client) | {
        "email-milestone_ahead": "digest",
        "email-one_on_one_booked": "off",
        "quiet_from": "22:00",
        "quiet_until": "07:30",
        "digest_rhythm": "4",
        "digest_hour": "8",
    }
    del sent["list-stand_up_missing"]
    assert client.post(SETTINGS, sent).status_code == 302
    with scope(cast.organization.pk):
        saved = preferences_of(cast.amira.user)
    assert saved.emails == {"milestone_ahead": "digest", "one_on_one_booked": "off"}
    assert (saved.silent, str(saved.quiet_from), str(saved.quiet_until)) == (
        ["stand_up_missing"],
        "22:00:00",
        "07:30:00",
    )
    assert (saved.digest_weekday, saved.digest_hour) == (4, 8)
    page = words(client.get(SETTINGS))
    assert re.findall(r'<input type="checkbox" name="(list-\w+)"(?! [^>]*checked)', page) == ["list-stand_up_missing"]
    assert answers(client) == sent | {"list-stand_up_missing": "on"}  # ticking it would send this


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"quiet_from": "22:00"}, "Give both ends of the quiet hours, or neither."),
        ({"quiet_from": "22:00", "quiet_until": "22:00"}, "Quiet hours end at another time than they begin."),
        ({"quiet_from": "late"}, "Enter a valid time."),
        ({"digest_hour": "24"}, "24 is not one of the available choices."),
        ({"email-stand_up_missing": "digest"}, "digest is not one of the available choices."),
    ],
)
def test_what_does_not_fit_is_said_and_nothing_is_saved(
    cast: Cast, sign_in: SignIn, wrong: dict[str, str], said: str
) -> None:
    client = sign_in(cast.amira)
    response = client.post(SETTINGS, answers(client) | {"email-milestone_ahead": "off"} | wrong)
    assert response.status_code == 422
    assert said in words(response)
    assert '<option value="off" selected>' in words(response)
    with scope(cast.organization.pk):
        assert preferences_of(cast.amira.user).emails == {}


@pytest.fixture
def world(cast: Cast) -> World:
    return make_world(cast)


def test_mentor_of_several_cohorts_mutes_one_and_keeps_it_muted(world: World, sign_in: SignIn) -> None:
    cast = world.cast
    client = sign_in(cast.joris)
    assert "muted" not in answers(client)
    with scope(cast.organization.pk):
        other = a_cohort(name="Utrecht 2026", version=world.version, status=Cohort.Status.RUNNING)
        enroll(
            cohort=other, learner=cast.daan, by=cast.ilse, effective_on=other.starts_on, status="active",
            mentor=cast.joris,
        )  # fmt: skip
    assert client.post(SETTINGS, answers(client) | {"muted": [str(other.pk)]}).status_code == 302
    assert client.post(SETTINGS, answers(client) | {"muted": [str(world.topic.pk)]}).status_code == 422
    with scope(cast.organization.pk):
        assert preferences_of(cast.joris.user).muted_groups == [other.pk]
        message = Message(kind="one_on_one_reminder", subject_id=world.one_on_one.pk)
        assert KINDS["one_on_one_reminder"].group(message) == world.cohort.pk  # type: ignore[misc]
