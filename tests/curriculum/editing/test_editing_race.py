"""Two people at once, over connections of their own."""

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import Barrier
from uuid import UUID

import pytest
from django.db import connection

from accounts.models import Membership
from curriculum.editing.content import change
from curriculum.editing.draft import Draft
from curriculum.editing.shape import Part, add, move
from curriculum.editing.steps import NodeChanged
from curriculum.errors import CurriculumError
from curriculum.models import CurriculumVersion, DraftEdit
from curriculum.publishing import publish
from organizations.scope import scope
from tests.conftest import NOW, Cast
from tests.curriculum.editing.given import a_draft, node

pytestmark = pytest.mark.django_db(transaction=True)

Attempt = Callable[[], object]


@pytest.fixture
def version(cast: Cast) -> CurriculumVersion:
    with scope(cast.organization.pk):
        return a_draft(cast)


def race(cast: Cast, attempts: Sequence[Attempt]) -> Counter[str]:
    """All at the same moment, each in a transaction and over a connection of its own; how they ended."""
    gate = Barrier(len(attempts))

    def run(attempt: Attempt) -> str:
        try:
            gate.wait(timeout=30)
            with scope(cast.organization.pk):
                attempt()
        except CurriculumError as error:
            return error.code
        finally:
            connection.close()
        return "done"

    with ThreadPoolExecutor(len(attempts)) as pool:
        return Counter(pool.map(run, attempts))


def ids(cast: Cast, version: CurriculumVersion, *titles: str) -> list[UUID]:
    with scope(cast.organization.pk):
        return [node(version, title).pk for title in titles]


def test_of_eight_on_one_node_one_is_first_and_the_others_are_told(cast: Cast, version: CurriculumVersion) -> None:
    (water,) = ids(cast, version, "Water")

    def attempt(number: int, by: Membership) -> Attempt:
        return lambda: change(version=version, node=water, values={"title": f"Water {number}"}, seen=0, by=by, at=NOW)

    people = [cast.ilse, cast.ada]
    assert race(cast, [attempt(number, people[number % 2]) for number in range(8)]) == {"done": 1, "node_changed": 7}
    with scope(cast.organization.pk):
        assert DraftEdit.objects.count() == 1


def test_everybody_on_a_node_of_their_own_succeeds(cast: Cast, version: CurriculumVersion) -> None:
    titles = ("Wheat", "Rye", "Water", "Oven", "A loaf", "Build an oven")
    found = ids(cast, version, *titles)

    def attempt(pk: UUID, number: int) -> Attempt:
        hours = Decimal(number)
        return lambda: change(version=version, node=pk, values={"hours": hours}, seen=0, by=cast.ilse, at=NOW)

    assert race(cast, [attempt(pk, number) for number, pk in enumerate(found, start=1)]) == {"done": len(titles)}
    with scope(cast.organization.pk):
        assert [node(version, title).hours for title in titles] == [1, 2, 3, 4, 5, 6]
        sequences = DraftEdit.objects.order_by("sequence").values_list("sequence", flat=True)
        assert list(sequences) == [1, 2, 3, 4, 5, 6]


def test_places_stay_in_order_when_many_add_and_move(cast: Cast, version: CurriculumVersion) -> None:
    dough, water = ids(cast, version, "Dough", "Water")
    adds = [
        lambda number=number: add(
            version=version, parent=dough, part=Part.TOPIC, title=f"New {number}", by=cast.ada, at=NOW
        )
        for number in range(5)
    ]
    ups: list[Attempt] = [lambda: move(version=version, node=water, direction="up", seen=0, by=cast.ilse, at=NOW)]

    assert race(cast, [*adds, *ups]) == {"done": 6}
    with scope(cast.organization.pk):
        rows = Draft(version).topics[dough]
        assert [row.title for row in rows[:2]] == ["Water", "Flour"]
        assert sorted(row.title for row in rows[2:]) == [f"New {number}" for number in range(5)]


def test_edit_and_publishing_wait_for_each_other(cast: Cast, version: CurriculumVersion) -> None:
    (water,) = ids(cast, version, "Water")
    ended = race(
        cast,
        [
            lambda: change(version=version, node=water, values={"title": "Milk"}, seen=0, by=cast.ilse, at=NOW),
            lambda: publish(version=CurriculumVersion.objects.get(pk=version.pk), by=cast.ada, at=NOW, reason="Now."),
        ],
    )
    assert ended in ({"done": 2}, {"done": 1, "version_frozen": 1})
    with scope(cast.organization.pk):
        assert not CurriculumVersion.objects.get(pk=version.pk).is_draft


def test_who_is_told_names_the_first(cast: Cast, version: CurriculumVersion) -> None:
    (water,) = ids(cast, version, "Water")
    with scope(cast.organization.pk):
        change(version=version, node=water, values={"title": "Milk"}, seen=0, by=cast.ada, at=NOW)
    with scope(cast.organization.pk), pytest.raises(NodeChanged) as told:
        change(version=version, node=water, values={"title": "Beer"}, seen=0, by=cast.ilse, at=NOW)
    assert [edit.by for edit in told.value.edits] == [cast.ada]
