"""The search box: everybody finds what they may open, however they type it, and nothing else."""

from collections.abc import Callable
from copy import deepcopy
from html.parser import HTMLParser
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Membership, Role, User
from accounts.search import Query, first_of, fold
from cohorts.history import enroll
from cohorts.models import Enrollment
from organizations.scope import scope
from tests.cohorts.given import a_cohort
from tests.conftest import Cast, member
from tests.world import World

SignIn = Callable[[Membership | None], Client]
URL = "/o/lantaarn/search/"


@pytest.fixture
def world(db: None, shared_world: World) -> World:
    return deepcopy(shared_world)


@pytest.fixture
def cast(world: World) -> Cast:
    return world.cast


def found(client: Client, text: str, **asked: str) -> dict[str, list[str]]:
    """The titles of what is found, by kind."""
    response = client.get(URL, {"q": text, **asked})
    assert response.status_code == 200
    return {group["source"].key: [hit.title for hit in group["hits"]] for group in response.context["groups"]}


def urls(client: Client, text: str) -> set[str]:
    groups = client.get(URL, {"q": text}).context["groups"]
    return {hit.url for group in groups for hit in group["hits"]}


# -- words -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Zoë van den Berg", "zoe van den berg"),
        ("O’Neill-Smith", "o neill smith"),
        ("ŁUKASZ Ødegård", "lukasz odegard"),
        ("2.1 Transformers", "2 1 transformers"),
        ("  '; DROP | & ! <-> :* \\ ", "drop"),
        ("Дмитрий 李", "дмитрии 李"),
    ],
)
def test_words_are_compared_without_accents_capitals_and_signs(text: str, words: str) -> None:
    assert fold(text) == words


@given(st.text(max_size=40))
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


def test_the_database_folds_as_python_does(lantaarn: Cast) -> None:
    names = ["Zoë van den Berg", "O’Neill-Smith", "Łukasz Ødegård", "Дмитрий 李", "Iñigo—Müller 2e", "أميرة", "İpek"]
    with connection.cursor() as cursor:
        for name in names:
            cursor.execute("SELECT tsvector_to_array(search_words(%s))", [name])
            assert (name, cursor.fetchone()) == (name, (sorted(set(fold(name).split()), key=str.encode),))


# -- what is found -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "typed",
    ["zoe", "ZOË", "van berg", "berg zo", "oneil zoe".replace("oneil ", ""), "z.vandenberg", "@mail.exa", "A-17"],
)
def test_staff_find_a_learner_by_any_beginning(world: World, sign_in: SignIn, typed: str) -> None:
    with scope(world.cast.organization.pk):
        zoe = member("Zoë van den Berg", "z.vandenberg@mail.example", Role.LEARNER)
        enroll(cohort=world.cohort, learner=zoe, by=None, effective_on=world.cohort.starts_on, external_id="A-17")

    assert found(sign_in(world.cast.ilse), typed)["learners"] == ["Zoë van den Berg"]


def test_staff_find_who_is_invited_and_in_no_cohort(world: World, sign_in: SignIn) -> None:
    with scope(world.cast.organization.pk):
        member("Nour Aziz", "nour@mail.example", Role.LEARNER)
        member("Nour Both", "both@mail.example", Role.LEARNER, Role.MENTOR)

    assert found(sign_in(world.cast.ilse), "nour") == {"newcomers": ["Nour Aziz"], "people": ["Nour Both"]}
    assert found(sign_in(world.cast.joris), "nour") == {}
    with scope(world.cast.organization.pk):
        nour = Membership.objects.get(name="Nour Aziz")
        enroll(cohort=world.cohort, learner=nour, by=None, effective_on=world.cohort.starts_on)
    assert found(sign_in(world.cast.ilse), "nour aziz") == {"learners": ["Nour Aziz"]}


def test_letters_of_a_domain_find_nobody(world: World, sign_in: SignIn) -> None:
    assert found(sign_in(world.cast.ilse), "lantaa") == {}


def test_apostrophes_and_renaming(world: World, sign_in: SignIn) -> None:
    with scope(world.cast.organization.pk):
        Membership.objects.filter(pk=world.cast.daan.pk).update(name="Dan O'Neill")

    client = sign_in(world.cast.ilse)
    assert found(client, "o'neill")["learners"] == ["Dan O'Neill"]
    assert found(client, "neil")["learners"] == ["Dan O'Neill"]
    assert "learners" not in found(client, "kuiper")


def test_who_is_called_so_comes_before_who_is_called_so_too(world: World, sign_in: SignIn) -> None:
    with scope(world.cast.organization.pk):
        for name in ("Bo Adams", "Anne Bo", "Bo"):
            learner = member(name, f"{fold(name).replace(' ', '')}@x.example", Role.LEARNER)
            enroll(cohort=world.cohort, learner=learner, by=None, effective_on=world.cohort.starts_on)

    assert found(sign_in(world.cast.ilse), "bo")["learners"] == ["Bo", "Bo Adams", "Anne Bo"]


def test_kinds_and_where_things_are(world: World, sign_in: SignIn) -> None:
    client = sign_in(world.cast.ilse)

    assert found(client, "rotterdam") == {"cohorts": ["Rotterdam 2026"]}
    assert found(client, "joris") == {"people": ["Joris Hoekema"]}
    assert found(client, "1.1")["parts"][0].startswith("1.1 ")
    assert found(client, "work out") == {"pages": ["Work out the pace"]}
    assert found(client, "mess") == {"pages": ["Messages"]}


def test_pages_have_the_names_of_the_readers_language(world: World, sign_in: SignIn) -> None:
    User.objects.filter(pk=world.cast.ilse.user_id).update(language="nl")

    assert found(sign_in(world.cast.ilse), "berich") == {"pages": ["Berichten"]}


def test_a_code_finds_its_module_and_not_one_that_begins_alike(world: World, sign_in: SignIn) -> None:
    titles = found(sign_in(world.cast.ilse), "1.1")

    assert [title.split()[0] for title in titles["parts"]] == ["1.1"]
    assert [title.split()[0] for title in titles["projects"]] == ["1.1-C"]


# -- who finds what ----------------------------------------------------------------------------------------------------

LETTERS = "abcdefghijklmnoprstuvwz123"


@pytest.mark.parametrize("who", ["amira", "daan", "joris", "ilse", "ada"])
def test_whatever_is_found_opens(world: World, sign_in: SignIn, who: str) -> None:
    client = sign_in(getattr(world.cast, who))
    addresses = {url for letter in LETTERS for url in urls(client, letter)} | urls(client, "1.1") | urls(client, "@")

    assert len(addresses) > 8
    refused = {url: client.get(url, follow=True).status_code for url in addresses}
    assert {url: status for url, status in refused.items() if status != 200} == {}


def test_learners_find_no_other_learner_and_no_cohort(world: World, sign_in: SignIn) -> None:
    client = sign_in(world.cast.amira)

    assert (
        found(client, "daan") == found(client, "rotterdam") == found(client, "joris") == found(client, "kuiper") == {}
    )
    assert set(found(client, "a")) <= {"own_projects", "own_parts", "pages"}


def test_mentors_find_their_own_learners_alone(world: World, sign_in: SignIn) -> None:
    client = sign_in(world.cast.joris)

    assert found(client, "amira")["learners"] == ["Amira Haddad"]
    assert "learners" not in found(client, "daan")
    assert "people" not in found(client, "ilse")


def test_nothing_of_another_organization_is_found(world: World, sign_in: SignIn) -> None:
    cast = world.cast
    with scope(cast.elsewhere.pk):
        learner = member("Vera Ver", "vera@elsewhere.example", Role.LEARNER)
        enroll(cohort=a_cohort(name="Vreemd"), learner=learner, by=None, effective_on=world.cohort.starts_on)

    client = sign_in(cast.ilse)
    assert [found(client, text) for text in ("vera", "vreemd", "otto")] == [{}, {}, {}]
    assert sign_in(cast.otto).get(URL, {"q": "amira"}).status_code == 404


# -- anything that is typed --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "typed",
    ["x" * 10_000, "\x00", "a\x00b", "!!&|()<->:*", "'a' & !b:*", "\\", "'", '"', "%", "_", "‮مرحبا", "💥", "a " * 500,
     "'':*", "1e400", "\ud800".encode("utf-16", "surrogatepass").decode("utf-16", "replace")],
)  # fmt: skip
def test_anything_may_be_typed(world: World, sign_in: SignIn, typed: str) -> None:
    client = sign_in(world.cast.ilse)

    assert client.get(URL, {"q": typed}).status_code == 200
    assert (
        client.get(URL, {"q": typed, "kind": "learners", "page": "x"}, headers={"HX-Request": "true"}).status_code
        == 200
    )


@given(st.text(max_size=200))
def test_a_query_is_words_alone(text: str) -> None:
    query = Query.of(text)

    assert len(query.text) <= 100
    assert all(fold(word) == word for word in query.words)


def test_nothing_typed_or_found_says_what_can_be_found(world: World, sign_in: SignIn) -> None:
    client = sign_in(world.cast.ilse)

    assert "Learners by name, email or external id" in client.get(URL).content.decode()
    assert "Learners by name, email or external id" in client.get(URL, {"q": "zzzz"}).content.decode()
    assert "Your projects and the modules" in sign_in(world.cast.amira).get(URL).content.decode()


# -- the page and the list below the box -------------------------------------------------------------------------------


class _Options(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[dict[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if ("role", "option") in attrs:
            self.found.append(dict(attrs))


def test_typing_gets_a_list_of_options(world: World, sign_in: SignIn) -> None:
    response = sign_in(world.cast.ilse).get(URL, {"q": "amira"}, headers={"HX-Request": "true"})

    options = _Options()
    options.feed(response.content.decode())
    assert "<html" not in response.content.decode()
    assert [option["href"] for option in options.found] == [
        f"/o/lantaarn/learners/{world.enrollment.pk}/", f"{URL}?q=amira"
    ]  # fmt: skip


def test_all_of_a_kind_page_by_page(world: World, sign_in: SignIn) -> None:
    with scope(world.cast.organization.pk):
        learners = [member(f"Page {n:02}", f"page{n}@x.example", Role.LEARNER) for n in range(30)]
        for learner in learners:
            enroll(cohort=world.cohort, learner=learner, by=None, effective_on=world.cohort.starts_on)
    client = sign_in(world.cast.ilse)

    assert len(found(client, "page")["learners"]) == 5
    assert found(client, "page", kind="learners", page="2") == {"learners": [f"Page {n}" for n in range(25, 30)]}


def test_the_first_few_and_how_many_there_are_take_one_query(lantaarn: Cast) -> None:
    everybody = Membership.objects.order_by("name")
    names = list(everybody.values_list("name", flat=True))
    with CaptureQueriesContext(connection) as captured:
        rows, total = first_of(everybody, 2)
    assert ([row.name for row in rows], total, len(captured)) == (names[:2], len(names), 1)
    assert first_of(everybody.none(), 2) == first_of(None, 2) == ([], 0)
    assert first_of(["a", "b", "c"], 2) == (["a", "b"], 3)


def test_queries_do_not_grow_with_what_is_found(world: World, sign_in: SignIn) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert "learners" in found(client, "a")
        return len(captured)

    with scope(world.cast.organization.pk):
        a_cohort(name="A", version=world.version)
    client = sign_in(world.cast.ilse)
    queries()
    before = queries()
    with scope(world.cast.organization.pk):
        for number in range(3):
            learner = member(f"Another {number}", f"another{number}@x.example", Role.LEARNER)
            enroll(cohort=a_cohort(name=f"A {number}", version=world.version), learner=learner, by=None,
                   effective_on=world.cohort.starts_on)  # fmt: skip
        assert Enrollment.objects.count() > 3
    assert queries() == before
