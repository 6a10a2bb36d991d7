from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Membership, Role
from cohorts.map_forms import MapForm
from cohorts.models import VersionMove
from cohorts.version_map import propose
from curriculum.models import CurriculumVersion, Topic
from organizations.scope import scope
from tests.cohorts.moves import copy_of, fresh, go, pairs_by
from tests.cohorts.studying import active, finish, running_cohort, topics_of
from tests.conftest import Cast, member
from tests.page_forms import forms_of

SignIn = Callable[[Membership | None], Client]


class World:
    """Amira has finished a topic; version 2 is published, in which that topic is called otherwise."""

    def __init__(self, cast: Cast) -> None:
        with scope(cast.organization.pk):
            self.cohort = running_cohort(starts_on=timezone.localdate() - timedelta(days=70))
            self.amira = active(self.cohort, cast.amira, since=self.cohort.starts_on)
            self.old = self.cohort.version
            self.topic = topics_of(self.cohort)[0]
            finish(self.amira, [self.topic], on=timezone.localdate())
            self.new, self.became = copy_of(self.old, published=False)
            Topic.objects.filter(pk=self.became[self.topic.pk]).update(title="Something else entirely")
            CurriculumVersion.objects.filter(pk=self.new.pk).update(status="published", published_at=timezone.now())
            self.new.refresh_from_db()
        self.organization = cast.organization.pk
        self.url = f"/o/lantaarn/cohorts/{self.cohort.slug}/version/"

    def again(self) -> tuple[CurriculumVersion, CurriculumVersion]:
        """Which versions the cohort and Amira follow now."""
        with scope(self.organization):
            fresh(self.cohort), fresh(self.amira)
            return self.cohort.version, self.amira.version


@pytest.fixture
def world(cast: Cast) -> World:
    return World(cast)


def sent(page: Any, path: str, step: str = "") -> dict[str, Any]:
    """The fields of the page's own form, as a browser would send them."""
    form = next(form for form in forms_of(page, path) if "to" in form.fields and form.method == "post")
    return {**form.fields, **({"step": step} if step else {})}


def text_of(response: Any) -> str:
    return unescape(response.content.decode())


def field_of(world: World, topic: Topic) -> str:
    with scope(world.organization):
        form = MapForm(propose(world.old, world.new))
        return next(row.name for row in form._rows() if row.node.id == topic.pk)


def test_from_choosing_to_undoing(world: World, cast: Cast, sign_in: SignIn) -> None:
    client = sign_in(cast.ilse)
    chosen = client.get(world.url)
    mapped = client.get(world.url, {"to": world.new.pk})
    name = field_of(world, world.topic)
    preview = client.post(world.url, sent(mapped, world.url) | {name: "1.1.1"})
    agreed = client.post(world.url, sent(preview, world.url, "agree") | {"note": "The new plan"}, follow=True)
    home = client.get("/o/lantaarn/cohorts/rotterdam-2026/settings/")
    there = world.again()
    undone = client.get(world.url + "undo/")
    form = next(form for form in forms_of(undone, world.url) if "agreed" in form.fields)
    back = client.post(world.url + "undo/", form.fields, follow=True)

    assert "AI engineer, v2" in text_of(chosen)
    assert "1 row to look at" in text_of(mapped)
    assert "1 of 1 count" in text_of(preview)
    assert "Rotterdam 2026 follows version 2 now. Today you can still undo it." in text_of(agreed)
    assert "The new plan" in text_of(home)
    assert there == (world.new, world.new)
    assert "The move is undone." in text_of(back)
    assert world.again() == (world.old, world.old)


def test_map_can_be_changed_again_after_the_preview(world: World, cast: Cast, sign_in: SignIn) -> None:
    client, name = sign_in(cast.ilse), field_of(world, world.topic)
    mapped = client.get(world.url, {"to": world.new.pk})
    preview = client.post(world.url, sent(mapped, world.url) | {name: "1.1.1; 1.1.2"})

    edited = client.post(world.url, sent(preview, world.url, "edit"))

    assert sent(edited, world.url)[name] == "1.1.1 Something else entirely; 1.1.2 Basics 2"
    assert "Chosen by you" in text_of(edited)


def test_what_is_typed_wrong_is_told_and_kept(world: World, cast: Cast, sign_in: SignIn) -> None:
    client, name = sign_in(cast.ilse), field_of(world, world.topic)
    fields = sent(client.get(world.url, {"to": world.new.pk}), world.url)

    response = client.post(world.url, fields | {name: "9.9.9 Nothing"})

    assert response.status_code == 422
    assert "1.1.1 Basics 1: Choose a topic of version 2 from the list, or leave this empty." in text_of(response)
    assert sent(response, world.url)[name] == "9.9.9 Nothing"
    assert f'href="#id_{name}"' in text_of(response)


def test_preview_that_is_out_of_date_is_shown_again(world: World, cast: Cast, sign_in: SignIn) -> None:
    client = sign_in(cast.ilse)
    preview = client.post(world.url, sent(client.get(world.url, {"to": world.new.pk}), world.url))
    with scope(world.organization):
        finish(world.amira, topics_of(world.cohort)[1:2], on=timezone.localdate())

    late = client.post(world.url, sent(preview, world.url, "agree"))
    agreed = client.post(world.url, sent(late, world.url, "agree"))

    assert (late.status_code, agreed.status_code) == (422, 302)
    assert "Something was recorded since you looked." in text_of(late)
    assert "1 of 2 count" in text_of(late)


def test_second_member_of_staff_is_told(world: World, cast: Cast, sign_in: SignIn) -> None:
    client = sign_in(cast.ilse)
    preview = client.post(world.url, sent(client.get(world.url, {"to": world.new.pk}), world.url))
    with scope(world.organization):
        go(world.cohort, world.new, [], by=cast.ada, at=timezone.now())

    late = client.post(world.url, sent(preview, world.url, "agree"))

    assert late.status_code == 422
    assert "Ada Visser moved to version 2 meanwhile" in text_of(late)


def test_form_that_is_sent_twice_moves_once(world: World, cast: Cast, sign_in: SignIn) -> None:
    client = sign_in(cast.ilse)
    preview = client.post(world.url, sent(client.get(world.url, {"to": world.new.pk}), world.url))
    fields = sent(preview, world.url, "agree")

    answers = [client.post(world.url, fields).status_code for _time in range(2)]

    with scope(world.organization):
        assert (answers, VersionMove.objects.count()) == ([302, 302], 1)


WRONG: list[dict[str, Any]] = [
    {"to": "nonsense"},
    {"to": str(uuid4())},
    {"step": "agree", "map": "topic:x:y"},
    {"step": "agree", "map": f"topic:{uuid4()}:{uuid4()}"},
    {"step": "edit", "map": f"level:{uuid4()}:{uuid4()}"},
    {"step": "agree", "map": "", "leaving": str(uuid4())},
    {"step": "agree", "map": "", "agreed": "\x00", "key": "\x00"},
]


@pytest.mark.parametrize("wrong", WRONG)
def test_what_does_not_fit_is_refused(world: World, cast: Cast, sign_in: SignIn, wrong: dict[str, Any]) -> None:
    response = sign_in(cast.ilse).post(world.url, {"to": str(world.new.pk), **wrong})

    assert response.status_code == 422
    assert 'role="alert"' in text_of(response)
    assert world.again() == (world.old, world.old)


def test_versions_of_others_are_unknown(world: World, cast: Cast, sign_in: SignIn) -> None:
    with scope(cast.elsewhere.pk):
        theirs = running_cohort().version

    response = sign_in(cast.ilse).post(world.url, {"to": str(theirs.pk)})

    assert "Choose the version to move to." in text_of(response)


def test_one_learner_is_moved_apart_and_back(world: World, cast: Cast, sign_in: SignIn) -> None:
    client = sign_in(cast.ilse)
    url = f"/o/lantaarn/learners/{world.amira.pk}/version/"
    preview = client.post(url, sent(client.get(url, {"to": world.new.pk}), url))
    agreed = client.post(url, sent(preview, url, "agree"), follow=True)
    there = world.again()
    undone = client.get(url + "undo/")
    form = next(form for form in forms_of(undone, url) if "agreed" in form.fields)
    client.post(url + "undo/", form.fields)

    assert "Apart from the cohort" in text_of(agreed)
    assert there == (world.old, world.new)
    assert world.again() == (world.old, world.old)


def test_learner_reads_that_they_moved_and_where_their_results_are(world: World, cast: Cast, sign_in: SignIn) -> None:
    with scope(world.organization):
        go(world.cohort, world.new, pairs_by(world.became, world.old), at=timezone.now())
    client = sign_in(cast.amira)

    path, earlier = client.get("/o/lantaarn/path/"), client.get("/o/lantaarn/path/earlier/")
    home = client.get("/o/lantaarn/home/")
    seen = sign_in(cast.ilse).get(f"/o/lantaarn/learners/{world.amira.pk}/earlier/")

    assert "Your cohort moved to version 2 of the curriculum on" in text_of(path)
    assert "Something else entirely" in text_of(path)
    for page in (earlier, seen):
        assert "From version 1" in text_of(page)
        assert "Counts for: Something else entirely" in text_of(page)
    assert home.status_code == 200


def test_path_in_the_api_is_that_of_the_version_followed(world: World, cast: Cast, sign_in: SignIn) -> None:
    with scope(world.organization):
        go(world.cohort, world.new, pairs_by(world.became, world.old), at=timezone.now())

    told = sign_in(cast.amira).get("/o/lantaarn/api/me/path/").json()

    part = told["levels"][0]["modules"][0]["rows"][0]["parts"][0]
    assert (part["id"], part["title"], part["state"]) == (
        str(world.became[world.topic.pk]), "Something else entirely", "completed",
    )  # fmt: skip


def test_there_may_be_no_other_version(cast: Cast, sign_in: SignIn) -> None:
    with scope(cast.organization.pk):
        cohort = running_cohort()

    page = sign_in(cast.ilse).get(f"/o/lantaarn/cohorts/{cohort.slug}/version/")
    undo = sign_in(cast.ilse).get(f"/o/lantaarn/cohorts/{cohort.slug}/version/undo/")

    assert "There is no other version" in text_of(page)
    assert "There is no move to undo." in text_of(undo)


def test_pages_take_the_same_queries_for_one_learner_and_for_three(world: World, cast: Cast, sign_in: SignIn) -> None:
    client = sign_in(cast.ilse)
    fields = sent(client.get(world.url, {"to": world.new.pk}), world.url)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.post(world.url, fields).status_code == 200
        return sum(" FROM " in query["sql"] for query in captured)

    queries()  # what never changes is read once
    one = queries()
    with scope(world.organization):
        for name in ("Noor", "Sem"):
            learner = member(name, f"{name}@lantaarn.example", Role.LEARNER)
            finish(active(world.cohort, learner), topics_of(world.cohort)[:2], on=timezone.localdate())

    assert queries() == one <= 70
