"""Who reviews whom, for any number of people who come and leave."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from assessments.peer_assignment import assign, mend

Edges = set[tuple[int, int]]


def shares(edges: Edges) -> tuple[Counter[int], Counter[int]]:
    return Counter(giver for giver, _to in edges), Counter(receiver for _from, receiver in edges)


@given(size=st.integers(0, 30), seed=st.integers(0, 1 << 20))
def test_everyone_gives_and_gets_two_as_far_as_their_number_allows(size: int, seed: int) -> None:
    people = list(range(size))
    edges = assign(people, each=2, seed=seed)
    gives, gets = shares(edges)
    expected = Counter(dict.fromkeys(people, max(0, min(2, size - 1))))
    assert +gives == +expected
    assert +gets == +expected
    assert all(giver != receiver for giver, receiver in edges)
    assert edges == assign(people, each=2, seed=seed)


@given(
    steps=st.lists(st.tuples(st.booleans(), st.integers(0, 40), st.sets(st.integers(0, 60))), max_size=15),
    seed=st.integers(0, 1 << 20),
)
def test_whoever_comes_or_leaves_nobody_is_stranded(steps: list[tuple[bool, int, set[int]]], seed: int) -> None:
    people: list[int] = []
    edges: Edges = set()
    kept: Edges = set()
    for number, (comes, who, written) in enumerate(steps):
        if comes or not people:
            people.append(number)
        else:
            gone = people.pop(who % len(people))
            kept = {edge for edge in kept if edge[0] != gone}
        before = set(kept)
        edges = mend(people, edges, kept=kept, each=2, seed=seed)
        gives, gets = shares(edges)
        assert before <= edges
        assert all(giver != receiver for giver, receiver in edges)
        assert all(gets[person] <= 2 for person in people)
        if len(people) > 1:
            assert all(gets[person] >= 1 for person in people)
        if not kept and len(people) > 2:
            assert {gets[person] for person in people} | {gives[person] for person in people} == {2}
        kept |= {edge for place, edge in enumerate(sorted(edges)) if place in written}


def test_partners_are_moved_apart_where_that_is_possible() -> None:
    partners = {(giver, receiver): 1 for giver in range(6) for receiver in range(6) if giver // 2 == receiver // 2}
    for seed in range(20):
        assert not assign(range(6), each=2, seed=seed, avoid=partners) & partners.keys()
    assert assign(range(2), each=2, seed=1, avoid=partners) == {(0, 1), (1, 0)}
