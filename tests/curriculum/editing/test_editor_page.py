from collections.abc import Callable
from decimal import Decimal
from html import unescape
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Membership
from curriculum.accepting import accept
from curriculum.audit import audit
from curriculum.audit.fixes import fixes
from curriculum.editing.content import change
from curriculum.editing.draft import Draft
from curriculum.editing.fixing import fix_finding
from curriculum.editing.shape import Part, add, delete
from curriculum.editing.steps import undo
from curriculum.models import Curriculum, CurriculumVersion, DraftEdit
from curriculum.plan.nodes import Plan
from curriculum.publishing import publish
from curriculum.tree import plan_of
from organizations.scope import scope
from tests.conftest import NOW, Cast
from tests.curriculum.editing.given import TWO_LEVELS, a_draft, node, outline
from tests.curriculum.plans import SMALL, real_plan

SignIn = Callable[[Membership | None], Client]
HOME = "/o/lantaarn/curriculum/"
HTMX = {"hx-request": "true"}


class Desk:
    """The editor of one draft, as somebody uses it."""

    def __init__(self, cast: Cast, plan: Plan | str = SMALL) -> None:
        self.cast = cast
        with scope(cast.organization.pk):
            self.version = a_draft(cast, plan)

    @property
    def path(self) -> str:
        return f"{HOME}{self.version.pk}/edit/"

    def node(self, title: str) -> Any:
        with scope(self.cast.organization.pk):
            return node(self.version, title)

    def outline(self) -> list[str]:
        with scope(self.cast.organization.pk):
            return outline(self.version)

    def plan(self) -> Plan:
        with scope(self.cast.organization.pk):
            return plan_of(CurriculumVersion.objects.get(pk=self.version.pk))

    def open(self, client: Client, **query: Any) -> str:
        response = client.get(f"{self.path}?{urlencode(query)}")
        assert response.status_code == 200
        return page_of(response)

    def send(self, client: Client, title: str, /, *, htmx: bool = True, **typed: Any) -> Any:
        """What the form of the node sends; the title and hours are those it has when nothing else is typed."""
        at = self.node(title)
        hours = getattr(at, "hours", None)
        said = {"title": at.title, "hours": "" if hours is None else str(hours), "seen": 0, **typed}
        query = urlencode({"open": at.pk} | ({"full": at.pk} if "full" in typed else {}))
        return client.post(f"{self.path}{at.pk}/?{query}", said, headers=HTMX if htmx else None)

    def somebody_changes(self, title: str, /, **values: Any) -> None:
        with scope(self.cast.organization.pk):
            change(version=self.version, node=node(self.version, title).pk, values=values, by=self.cast.ada, at=NOW)


@pytest.fixture
def desk(cast: Cast) -> Desk:
    return Desk(cast)


def page_of(response: Any) -> str:
    return unescape(response.content.decode())


# -- from a version to its draft, and back -----------------------------------------------------------------------------


def a_published(cast: Cast) -> CurriculumVersion:
    with scope(cast.organization.pk):
        return publish(version=a_draft(cast), by=cast.ilse, at=NOW, reason="As it is taught.")


def test_edit_of_a_published_version_makes_the_next_draft(cast: Cast, sign_in: SignIn) -> None:
    version, client = a_published(cast), sign_in(cast.ilse)
    assert "Edit" in page_of(client.get(f"{HOME}{version.pk}/"))

    response = client.post(f"{HOME}{version.pk}/draft/", follow=True)

    with scope(cast.organization.pk):
        copy = CurriculumVersion.objects.get(curriculum=version.curriculum_id, number=2)
        assert (copy.status, copy.created_by, plan_of(copy)) == ("draft", cast.ilse, plan_of(version))
    assert response.redirect_chain == [(f"{HOME}{copy.pk}/edit/", 302)]
    assert "is a draft, the same as the version before." in page_of(response)


def test_draft_that_is_there_is_opened_and_no_second_one_made(cast: Cast, sign_in: SignIn) -> None:
    version, client = a_published(cast), sign_in(cast.ilse)
    first: Any = client.post(f"{HOME}{version.pk}/draft/")

    response = client.post(f"{HOME}{version.pk}/draft/", follow=True)

    assert response.redirect_chain[0][0] == first.url
    assert "is being edited already: here it is." in page_of(response)


def test_published_version_leads_back_to_its_page(cast: Cast, sign_in: SignIn) -> None:
    version = a_published(cast)
    response = sign_in(cast.ilse).get(f"{HOME}{version.pk}/edit/", follow=True)
    assert response.redirect_chain == [(f"{HOME}{version.pk}/", 302)]
    assert "“Edit” makes the next one." in page_of(response)


def test_draft_is_discarded_after_asking_with_its_edits_and_what_was_accepted(desk: Desk, sign_in: SignIn) -> None:
    client, cast = sign_in(desk.cast.ilse), desk.cast
    desk.somebody_changes("Dough", hours=Decimal(70))
    with scope(cast.organization.pk):
        finding = audit(plan_of(desk.version))[0]
        accept(version=desk.version, key=finding.key, note="We know.", by=cast.ilse, at=NOW)
    address = f"{HOME}{desk.version.pk}/discard/"

    assert "1 change was made in it." in page_of(client.get(address))
    response = client.post(address, follow=True)

    assert "is discarded." in page_of(response)
    with scope(cast.organization.pk):
        left = [model.objects.count() for model in (CurriculumVersion, Curriculum, DraftEdit)]
    assert left == [0, 0, 0]


def test_discarding_a_draft_leaves_the_other_versions(cast: Cast, sign_in: SignIn) -> None:
    version, client = a_published(cast), sign_in(cast.ilse)
    made: Any = client.post(f"{HOME}{version.pk}/draft/")
    draft = made.url.split("/")[-3]

    assert client.post(f"{HOME}{draft}/discard/").status_code == 302
    refused = client.post(f"{HOME}{version.pk}/discard/")

    assert (refused.status_code, "Published versions are kept." in page_of(refused)) == (422, True)
    with scope(cast.organization.pk):
        assert list(CurriculumVersion.objects.values_list("pk", flat=True)) == [version.pk]


# -- the page ----------------------------------------------------------------------------------------------------------


def test_page_opens_one_level_or_module_at_a_time(cast: Cast, sign_in: SignIn) -> None:
    desk, client = Desk(cast, TWO_LEVELS), sign_in(cast.ilse)

    closed = desk.open(client)
    level = desk.open(client, open=desk.node("Bread").pk)
    module = desk.open(client, open=desk.node("Dough").pk)
    texts = desk.open(client, open=desk.node("Dough").pk, full=desk.node("Rye").pk)

    titles = ("Bread", "Pastry", "Dough", "Cake", "Flour", "Rye", "A loaf")
    shown = [[f'value="{title}"' in page for title in titles] for page in (closed, level, module)]
    assert shown == [
        [False, False, False, False, False, False, False],
        [True, False, True, False, False, False, False],
        [True, False, True, False, True, True, True],
    ]
    assert [f"{desk.node('Rye').pk}-resources" in page for page in (module, texts)] == [False, True]
    assert client.get(f"{desk.path}?open={uuid4()}&full=nonsense").status_code == 200


def test_page_shows_what_parts_add_up_to_and_what_the_audit_finds(cast: Cast, sign_in: SignIn) -> None:
    desk = Desk(cast, real_plan())
    page = desk.open(sign_in(cast.ilse), open=desk.node("Python Programming").pk)
    for expected in (
        "lists 800 h, 100 too many",
        "adds up to 2,000 h",
        "Module “Python Programming” lists 800 hours of topics and projects; it says 700.",
        "Set module 1.1 to 800 hours",
    ):
        assert expected in page


@pytest.mark.parametrize("kind", ["closed", "open", "save", "move"])
def test_number_of_queries_does_not_grow_with_the_plan(cast: Cast, sign_in: SignIn, kind: str) -> None:
    client, counts = sign_in(cast.ilse), []
    for plan in (SMALL, TWO_LEVELS, real_plan()):
        desk = Desk(cast, plan)
        with scope(cast.organization.pk):
            tree = Draft(desk.version)
            module = next(tree.module_list())
            topic = tree.topics[module.pk][0]
        acts: dict[str, Callable[[], Any]] = {
            "closed": lambda desk=desk: client.get(desk.path),
            "open": lambda desk=desk, pk=module.pk: client.get(f"{desk.path}?open={pk}"),
            "save": lambda desk=desk, topic=topic: desk.send(client, topic.title, title="New words"),
            "move": lambda desk=desk, topic=topic: desk.send(client, topic.title, do="down"),
        }
        client.get(desk.path)
        with CaptureQueriesContext(connection) as queries:
            assert acts[kind]().status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1] == counts[2] <= 120


# -- saving ------------------------------------------------------------------------------------------------------------


def test_what_is_typed_is_saved_and_only_what_follows_from_it_swapped(desk: Desk, sign_in: SignIn) -> None:
    response = desk.send(sign_in(desk.cast.ilse), "Water", hours="25,5")

    page = page_of(response)
    assert response.status_code == 200
    assert desk.outline()[5] == "1.1.2 Water (25.5)"
    assert 'id="tree"' not in page
    assert "lists 65.5 h, 5.5 too many" in page
    assert "Saved" in page
    assert "Undo: hours of 1.1.2 Water: 20 to 25.5" in page
    assert 'value="25.5"' in page  # as it was understood
    assert f'<input type="hidden" name="seen" value="1" hx-swap-oob="true" id="{desk.node("Water").pk}-seen">' in page


def test_without_a_script_a_form_saves_and_comes_back_to_its_place(desk: Desk, sign_in: SignIn) -> None:
    client = sign_in(desk.cast.ilse)
    flour = desk.node("Flour").pk

    response = desk.send(client, "Flour", title="<b>Grain</b>", do="down", htmx=False)

    assert response.url == f"{desk.path}?open={flour}#n-{flour}"
    assert desk.outline()[2:4] == ["1.1.1 Water (20)", "1.1.2 <b>Grain</b> (40)"]
    page = client.get(response.url).content.decode()
    assert "&lt;b&gt;Grain&lt;/b&gt;" in page
    assert "<b>Grain" not in page
    assert "Saved: move 1.1.1" in page


def test_texts_are_saved_when_they_are_shown(desk: Desk, sign_in: SignIn) -> None:
    client = sign_in(desk.cast.ilse)
    checklist = "Bake 3+ loaves\r\n  of rye\r\n        and eat them\r\n"

    desk.send(client, "A loaf", description="For a table.", checklist=checklist, full="1")
    desk.send(client, "Bread", breakdown="Dough: 60\nOven: 1.000", milestone="They bake.", full="1", seen=1)

    loaf, bread = desk.node("A loaf"), desk.node("Bread")
    assert loaf.checklist == [
        {"text": "Bake 3+ loaves", "depth": 0}, {"text": "of rye", "depth": 1}, {"text": "and eat them", "depth": 2},
    ]  # fmt: skip
    assert bread.stated_breakdown == [{"title": "Dough", "hours": 60}, {"title": "Oven", "hours": 1000}]
    assert (loaf.description, bread.milestone, bread.goal) == ("For a table.", "They bake.", "")


def test_cells_of_other_columns_are_saved(cast: Cast, sign_in: SignIn) -> None:
    plan = SMALL.replace("| Topic | Hours |\n|-------|-------|", "| Topic | Hours | Teacher |\n|---|---|---|")
    for title, cell in (
        ("**Flour** | 40", " Jo "),
        ("- Wheat | 30", " "),
        ("- Rye | 10", " "),
        ("**Water** | 20", " "),
    ):
        plan = plan.replace(f"| {title} |", f"| {title} |{cell}|")
    desk, client = Desk(cast, plan), sign_in(cast.ilse)
    assert "Teacher" in desk.open(client, full=desk.node("Rye").pk)

    desk.send(client, "Rye", cell0="An", resources="", deliverables="", full="1")

    assert desk.node("Rye").cells == [{"heading": "Teacher", "text": "An"}]


def test_nodes_are_added_moved_and_deleted(desk: Desk, sign_in: SignIn) -> None:
    client = sign_in(desk.cast.ilse)
    added = client.post(
        f"{desk.path}add/?open={desk.node('Dough').pk}",
        {"parent": desk.node("Dough").pk, "part": "topic", "title": "Salt", "hours": "5u"},
        headers=HTMX,
    )
    moved = desk.send(client, "Salt", do="move", to=desk.node("Oven").pk, seen=1)
    assert (added.status_code, moved.status_code) == (200, 200)
    assert "1.2.1 Salt (5)" in desk.outline()
    assert 'id="tree"' in page_of(moved)

    assert desk.send(client, "Oven", do="delete", seen=9).status_code == 200
    assert desk.outline()[-1] == "1.1-C A loaf"
    shared = desk.send(client, "Dough", do="evenly", seen=9)
    assert shared.status_code == 200
    assert "split the hours of 1.1 Dough" in page_of(shared)


def test_undo_and_redo(desk: Desk, sign_in: SignIn) -> None:
    client = sign_in(desk.cast.ilse)
    before = desk.plan()
    desk.send(client, "Flour", title="Grain")

    undone = client.post(f"{desk.path}undo/", headers=HTMX)
    assert desk.plan() == before
    assert "Redo: rename “1.1.1 Flour” to “Grain”" in page_of(undone)
    client.post(f"{desk.path}redo/")
    assert desk.node("Grain")
    assert client.post(f"{desk.path}redo/").status_code == 422
    client.post(f"{desk.path}undo/")
    refused = client.post(f"{desk.path}undo/", headers=HTMX)
    assert (refused.status_code, "There is nothing of yours to undo." in page_of(refused)) == (422, True)


def test_fix_of_a_finding_is_one_step(cast: Cast, sign_in: SignIn) -> None:
    desk, client = Desk(cast, real_plan()), sign_in(cast.ilse)
    before = desk.plan()
    finding = next(each for each in audit(before) if each.code == "module_hours" and each.place == "1.1")

    fixed = client.post(f"{desk.path}fix/", {"finding": finding.key, "fix": "scale"}, headers=HTMX)

    assert fixed.status_code == 200
    assert finding.key not in {each.key for each in audit(desk.plan())}
    assert "Undo: fix: Scale the topics to 700 hours" in page_of(fixed)
    again = client.post(f"{desk.path}fix/", {"finding": finding.key, "fix": "scale"}, headers=HTMX)
    assert (again.status_code, "this is no longer what it needs" in page_of(again)) == (422, True)
    client.post(f"{desk.path}undo/")
    assert desk.plan() == before


def test_every_fix_that_is_offered_mends_its_finding(cast: Cast, lantaarn: Cast) -> None:
    version = a_draft(cast, real_plan())
    plan = plan_of(version)
    offered = fixes(plan, audit(plan))
    for key, several in offered.items():
        for each in several:
            fix_finding(version=version, finding=key, fix=each.key, by=cast.ilse, at=NOW)
            fixed = plan_of(CurriculumVersion.objects.get(pk=version.pk))
            assert key not in {finding.key for finding in audit(fixed)}
            undo(version=version, by=cast.ilse, at=NOW)
    assert len(offered) == 3
    assert plan_of(CurriculumVersion.objects.get(pk=version.pk)) == plan


# -- what cannot be ----------------------------------------------------------------------------------------------------

TYPED = {
    "negative hours": ({"hours": "-5"}, "Hours cannot be less than 0."),
    "no number": ({"hours": "NaN"}, "Write hours as a number, such as 120 or 4.5."),
    "absurd hours": ({"hours": "100.001"}, "That is more than 100,000 hours, more than a working life."),
    "fine hours": ({"hours": "1,1234"}, "Round the hours to two decimals."),
    "hours left out": ({"hours": " "}, "Write the hours, such as 120."),
    "long title": ({"title": "y" * 301}, "The title has 301 characters. Shorten it to 200."),
    "no title": ({"title": " "}, "Give it a title."),
    "invisible": ({"title": "a\x07b"}, "This has invisible characters that no keyboard writes."),
    "long text": ({"note": "y" * 5001, "full": "1"}, "The text has 5001 characters. Shorten it to 5000."),
    "itself": ({"do": "move", "to": "Dough"}, "A part cannot go under itself."),
    "its own part": ({"do": "move", "to": "Flour"}, "A part cannot go under itself."),
    "nowhere": ({"do": "move", "to": "?"}, "Choose where to move it."),
    "not there": ({"do": "move", "to": "A loaf"}, "A part cannot go under itself."),
    "out of date": ({"seen": ""}, "This page is out of date. Open it again."),
}


@pytest.mark.parametrize("htmx", [True, False])
@pytest.mark.parametrize(("typed", "sentence"), TYPED.values(), ids=TYPED)
def test_what_cannot_be_is_said_at_the_field_and_nothing_is_lost(
    desk: Desk, sign_in: SignIn, typed: dict[str, str], sentence: str, htmx: bool
) -> None:
    before = desk.outline()
    sent = dict(typed)
    if "to" in sent and sent["to"] != "?":
        sent["to"] = str(desk.node(sent["to"]).pk)

    response = desk.send(sign_in(desk.cast.ilse), "Dough", htmx=htmx, **sent)

    page = page_of(response)
    assert response.status_code == 422
    assert sentence in page
    assert desk.outline() == before
    if htmx:
        assert response.headers["HX-Reswap"] == "none"
        assert 'name="title"' not in page  # the fields stay as they are
    else:
        assert all(value.strip() in page for name, value in typed.items() if name in ("title", "hours", "note"))


def test_only_level_is_not_deleted(desk: Desk, sign_in: SignIn) -> None:
    response = desk.send(sign_in(desk.cast.ilse), "Bread", do="delete")
    assert (response.status_code, "This is the only level" in page_of(response)) == (422, True)


@pytest.mark.parametrize("htmx", [True, False])
def test_what_cannot_be_added_is_kept_in_its_field(desk: Desk, sign_in: SignIn, htmx: bool) -> None:
    client, sent, before = sign_in(desk.cast.ilse), {"parent": desk.node("Dough").pk, "part": "topic"}, desk.outline()
    headers = HTMX if htmx else None
    query = f"?open={desk.node('Dough').pk}"
    for typed, sentence in (
        ({"title": "", "hours": "5"}, "Give it a title."),
        ({"title": "Salt", "hours": "much"}, "Write hours as a number"),
        ({"title": "Salt", "hours": "5", "part": "level"}, "Select a valid choice"),
    ):
        response = client.post(f"{desk.path}add/{query}", sent | typed, headers=headers)
        assert (response.status_code, typed["title"] in page_of(response)) == (422, True)
        assert sentence in page_of(response) or "part" in typed
    assert desk.outline() == before


def test_second_of_two_sees_both_values_and_decides(desk: Desk, sign_in: SignIn) -> None:
    desk.somebody_changes("Water", title="Milk")
    client, water = sign_in(desk.cast.ilse), desk.node("Milk").pk
    typed = {"title": "Cold water", "hours": "20", "seen": "0"}
    address = f"{desk.path}{water}/?open={water}"

    for headers in (HTMX, None):
        response = client.post(address, typed, headers=headers)
        page = page_of(response)
        assert response.status_code == 422
        assert "Ada Visser changed this at" in page
        assert "rename “1.1.2 Water” to “Milk”" in page
        assert "Milk" in page
        assert "Cold water" in page
        assert 'name="keep" value="1"' in page
    assert desk.node("Milk")

    assert client.post(address, typed | {"keep": "1"}, headers=HTMX).status_code == 200
    assert desk.node("Cold water").pk == water


def test_node_that_somebody_deleted_says_so_and_repeats_what_was_typed(desk: Desk, sign_in: SignIn) -> None:
    cast, water = desk.cast, desk.node("Water").pk
    with scope(cast.organization.pk):
        delete(version=desk.version, node=water, by=cast.ada, at=NOW)

    response = sign_in(cast.ilse).post(
        f"{desk.path}{water}/", {"title": "Cold water", "hours": "20", "seen": "0"}, headers=HTMX
    )

    assert response.status_code == 422
    assert "Ada Visser deleted this at" in page_of(response)
    assert "You typed: Cold water · 20" in page_of(response)


def test_version_that_was_published_meanwhile_is_not_edited(desk: Desk, sign_in: SignIn) -> None:
    client, water = sign_in(desk.cast.ilse), desk.node("Water").pk
    desk.send(client, "Flour", title="Grain")
    with scope(desk.cast.organization.pk):
        publish(version=desk.version, by=desk.cast.ada, at=NOW, reason="As it is taught.")
    before = desk.outline()
    tries = [
        (f"{water}/", {"title": "Milk", "hours": "20", "seen": "9"}),
        ("add/", {"part": "level", "title": "Cake"}),
        ("undo/", {}),
        ("fix/", {"finding": "x", "fix": "y"}),
    ]

    for path, sent in tries:
        for headers in (HTMX, None):
            response = client.post(desk.path + path, sent, headers=headers)
            assert response.status_code == 422
            assert "This version is published and never changes." in page_of(response)
    assert desk.outline() == before


def test_ids_of_another_organization_or_version_are_not_found(desk: Desk, sign_in: SignIn) -> None:
    other = Desk(desk.cast)
    client = sign_in(desk.cast.ilse)
    said = {"title": "Mine", "hours": "1", "seen": "0"}
    for pk in (other.node("Water").pk, uuid4()):
        assert client.post(f"{desk.path}{pk}/", said).status_code == 404
        assert client.post(f"{desk.path}add/", {"parent": pk, "part": "topic", "title": "Mine"}).status_code == 404
    assert sign_in(desk.cast.otto).get(desk.path).status_code == 404


def test_two_add_at_once_and_both_stand(desk: Desk) -> None:
    cast = desk.cast
    with scope(cast.organization.pk):
        parent = node(desk.version, "Dough").pk
        for person, title in ((cast.ilse, "Salt"), (cast.ada, "Yeast")):
            add(version=desk.version, parent=parent, part=Part.TOPIC, title=title, by=person, at=NOW)
    assert desk.outline()[6:8] == ["1.1.3 Salt", "1.1.4 Yeast"]
