"""The pages of the roster: found, looked at in one's own way, exported, and done for many."""

import io
import zipfile
from collections.abc import Callable
from copy import deepcopy
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Membership
from cohorts.history import enroll
from cohorts.models import BulkAction, Enrollment, RosterPreference, RosterView
from cohorts.reasons import add_reason
from organizations.scope import scope
from tests.conftest import Cast
from tests.world import World

SignIn = Callable[[Membership | None], Client]
HERE = "/o/lantaarn/learners/"


@pytest.fixture
def world(db: None, shared_world: World) -> World:
    return deepcopy(shared_world)


@pytest.fixture
def cast(world: World) -> Cast:
    return world.cast


def text(response: Any) -> str:
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return str(content.decode())


def test_learners_of_all_cohorts_are_found(world: World, sign_in: SignIn) -> None:
    page = text(sign_in(world.cast.ilse).get(HERE, {"q": "amira"}))
    assert "Amira Haddad" in page
    assert "Daan Kuiper" not in page
    assert "1 of 2 learners" in page


def test_mentors_see_their_own_learners_and_can_do_nothing_for_many(world: World, sign_in: SignIn) -> None:
    client = sign_in(world.cast.joris)
    for address in (HERE, f"/o/lantaarn/cohorts/{world.cohort.slug}/"):
        page = text(client.get(address))
        assert "Amira Haddad" in page
        assert "Daan Kuiper" not in page
        assert 'name="pick"' not in page
    assert client.post(f"{HERE}many/new/", {"do": "status", "all": "1"}).status_code == 403


@pytest.mark.parametrize("address", [HERE, "/o/lantaarn/cohorts/rotterdam-2026/", f"{HERE}many/"])
def test_a_roster_costs_the_same_for_two_and_for_four(world: World, sign_in: SignIn, address: str) -> None:
    client = sign_in(world.cast.ilse)
    counts = []
    for people in ((), (world.cast.joris, world.cast.ada)):
        with scope(world.cast.organization.pk):
            for person in people:
                person.roles = [*person.roles, "learner"]
                person.save()
                enroll(cohort=world.cohort, learner=person, by=None, effective_on=timezone.localdate(), status="active")
        client.get(address)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address).status_code == 200
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_exports_hold_the_chosen_columns_and_no_formulas(world: World, sign_in: SignIn) -> None:
    client = sign_in(world.cast.ilse)
    with scope(world.cast.organization.pk):
        Membership.objects.filter(pk=world.cast.amira.pk).update(name="=HYPERLINK(1)")
    content = text(client.get(f"{HERE}roster.csv", {"cols": "mentor,since", "q": "amira@"}))
    assert content.splitlines()[0] == "\ufeffName,Email,External id,Mentor,Since"
    assert content.splitlines()[1].startswith("'=HYPERLINK(1),amira@lantaarn.example,,Joris Hoekema,20")
    response = client.get(f"/o/lantaarn/cohorts/{world.cohort.slug}/roster.xlsx", {"cols": "mentor"})
    with zipfile.ZipFile(io.BytesIO(b"".join(response.streaming_content))) as book:  # type: ignore[attr-defined]
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert "<t>=HYPERLINK(1)</t>" in sheet


def test_a_view_is_saved_shared_begun_with_and_deleted(world: World, sign_in: SignIn) -> None:
    ilse, ada = sign_in(world.cast.ilse), world.cast.ada
    back = f"{HERE}?q=amira&sort=name"
    assert ilse.post(f"{HERE}views/new/", {"back": back, "name": "Amiras", "is_shared": "on"}).url == back  # type: ignore[attr-defined]
    with scope(world.cast.organization.pk):
        view = RosterView.objects.get(name="Amiras")
    assert view.query.startswith("q=amira&sort=name&cols=cohort%2Cprogress")
    ilse.post(f"{HERE}views/{view.pk}/", {"action": "begin"})
    assert "1 of 2 learners" in text(ilse.get(HERE))
    assert "2 of 2 learners" in text(ilse.get(HERE, {"sort": "name"}))
    ilse.post(f"{HERE}views/{view.pk}/", {"action": "change", "name": "A", "is_shared": "on"})
    other = sign_in(ada)
    assert ">A</a>" in text(other.get(HERE))
    assert other.post(f"{HERE}views/{view.pk}/", {"action": "delete"}).status_code == 422
    ilse = sign_in(world.cast.ilse)
    ilse.post(f"{HERE}views/{view.pk}/", {"action": "delete"})
    with scope(world.cast.organization.pk):
        assert [view.name for view in RosterView.objects.all()] == ["By name"]
    assert "2 of 2 learners" in text(ilse.get(HERE))


def test_columns_are_remembered_for_each_person(world: World, sign_in: SignIn) -> None:
    ilse = sign_in(world.cast.ilse)
    ilse.post(f"{HERE}columns/", {"column": ["email", "hours", "nonsense"]})
    with scope(world.cast.organization.pk):
        assert RosterPreference.objects.get().columns == ["email", "hours"]
    page = text(ilse.get(HERE))
    assert "amira@lantaarn.example" in page
    assert "Last active</a>" not in page
    assert "Last active</a>" in text(sign_in(world.cast.ada).get(HERE))


def test_columns_are_moved_and_a_view_keeps_their_order(world: World, sign_in: SignIn) -> None:
    client, back = sign_in(world.cast.ilse), f"{HERE}?sort=name&cols=email%2Chours"
    pressed = client.post(f"{HERE}columns/", {"column": ["email", "hours", "since"], "up": "since", "back": back}).url  # type: ignore[attr-defined]
    assert pressed == f"{HERE}?sort=name&moved=since&way=up#roster-tools"
    page = text(client.get(pressed))
    assert [page.index(f">{label}</a>") for label in ("Email", "Since", "Hours")] == sorted(
        page.index(f">{label}</a>") for label in ("Email", "Since", "Hours")
    )
    assert '<details class="data columns" open>' in page
    assert 'name="up" value="since" autofocus' in page
    client.post(f"{HERE}columns/", {"column": ["email", "since"], "down": "since"})  # the last one stays the last
    client.post(f"{HERE}views/new/", {"back": back.partition("&")[0], "name": "Ordered"})
    with scope(world.cast.organization.pk):
        assert RosterPreference.objects.get().columns == ["email", "since"]
        assert RosterView.objects.get(name="Ordered").query == "sort=name&cols=email%2Csince"


def test_files_say_why_somebody_left_as_the_organization_calls_it(world: World, sign_in: SignIn) -> None:
    client = sign_in(world.cast.ilse)
    chosen = client.post(f"{HERE}many/new/", {"do": "status", "all": "1", "query": "q=amira"}).url  # type: ignore[attr-defined]
    with scope(world.cast.organization.pk):
        add_reason(name="Sailed away", name_nl="", category="moved")
    said = {"to": "withdrawn", "effective_on": timezone.localdate().isoformat()}
    assert client.post(chosen, said).status_code == 422
    assert client.post(chosen, said | {"reason": "nonsense"}).status_code == 422
    assert "Sailed away" in text(client.get(chosen))
    assert client.post(chosen, said | {"reason": "sailed-away"}).status_code == 200
    client.post(chosen, {"confirm": "1"})
    lines = text(client.get(f"{HERE}roster.csv", {"cols": "status", "sort": "name"})).splitlines()
    assert lines[0].endswith("Status,How it goes,Reason for leaving")
    assert [line.rpartition(",")[2] for line in lines[1:]] == ["Sailed away", ""]


def test_back_leads_nowhere_else(world: World, sign_in: SignIn) -> None:
    client = sign_in(world.cast.ilse)
    for back in ("https://evil.example/", "//evil.example", "/o/elsewhere/", "/o/lantaarn/\nx", ""):
        assert client.post(f"{HERE}columns/", {"back": back}).url == HERE  # type: ignore[attr-defined]


def test_many_are_put_on_leave_and_back(world: World, sign_in: SignIn) -> None:
    client = sign_in(world.cast.ilse)
    chosen = client.post(f"{HERE}many/new/", {"do": "status", "all": "1", "query": "q=amira", "back": HERE})
    address = chosen.url  # type: ignore[attr-defined]
    today = timezone.localdate()
    wrong = client.post(address, {"to": "on_leave", "effective_on": today.isoformat()})
    assert (wrong.status_code, "plans to return" in text(wrong)) == (422, True)
    said = {"to": "on_leave", "effective_on": today.isoformat(), "returns_on": (today + timedelta(days=30)).isoformat()}
    assert "Active → On leave" in text(client.post(address, said))
    assert client.post(address, {"confirm": "1"}).status_code == 302
    assert client.post(address, {"confirm": "1"}).status_code == 200
    with scope(world.cast.organization.pk):
        assert Enrollment.objects.get(pk=world.enrollment.pk).status == "on_leave"
    assert "Undo for everyone" in text(client.get(address))
    client.post(f"{address}undo/")
    with scope(world.cast.organization.pk):
        assert Enrollment.objects.get(pk=world.enrollment.pk).status == "active"


def test_nobody_chosen_is_told(world: World, sign_in: SignIn) -> None:
    client = sign_in(world.cast.ilse)
    page = text(client.post(f"{HERE}many/new/", {"do": "message", "pick": ["x"], "back": HERE}, follow=True))
    assert "Nobody is chosen" in page


@pytest.mark.parametrize("slug", ["nonsense", "\x00"])
def test_cohort_that_is_none_is_not_found(world: World, sign_in: SignIn, slug: str) -> None:
    client = sign_in(world.cast.ilse)
    assert client.post(f"{HERE}many/new/", {"do": "status", "all": "1", "cohort": slug}).status_code == 404


def test_a_draft_is_for_its_author_alone(world: World, sign_in: SignIn) -> None:
    client = sign_in(world.cast.ilse)
    client.post(f"{HERE}many/new/", {"do": "mentor", "pick": [str(world.enrollment.pk)]})
    with scope(world.cast.organization.pk):
        action = BulkAction.objects.exclude(pk=world.bulk_action.pk).get()
    assert sign_in(world.cast.ada).get(f"{HERE}many/{action.pk}/").status_code == 404


def test_a_message_shows_one_learner_as_they_will_read_it(world: World, sign_in: SignIn) -> None:
    client = sign_in(world.cast.ilse)
    address = client.post(f"{HERE}many/new/", {"do": "message", "pick": [str(world.enrollment.pk)]}).url  # type: ignore[attr-defined]
    unknown = client.post(address, {"subject": "Hi", "text": "{{ grade }}"})
    assert (unknown.status_code, "{{ grade }} is not a field" in text(unknown)) == (422, True)
    page = text(client.post(address, {"subject": "Hi {{ first_name }}", "text": "See {{ mentor }}."}, follow=True))
    assert "Hi Amira" in page
    assert "To: 1 chosen learner" in text(client.get(address))
