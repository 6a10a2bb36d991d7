"""Who pairs with whom: by the circle while the same people stay, and as new as can be when they come and go."""

from collections import Counter
from collections.abc import Sequence
from functools import cache
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from cohorts.rotation import History, Turn, matching, next_turn, third_to
from tests.examples import examples


class Story:
    """Rounds one after another, with what was paired before."""

    def __init__(self) -> None:
        self.paired: Counter[frozenset[int]] = Counter()
        self.extra: Counter[int] = Counter()

    @property
    def history(self) -> History[int]:
        return History(Counter(self.paired), Counter(self.extra))

    def round(self, people: Sequence[int]) -> Turn[int]:
        turn = next_turn(people, self.history)
        self.paired.update(frozenset(pair) for pair in turn.pairs)
        if turn.extra is not None:
            self.extra[turn.extra] += 1
        return turn


def most_new(people: tuple[int, ...], story: History[int]) -> int:
    """The most pairs that never paired in any way to pair all of them, tried out."""

    @cache
    def best(left: tuple[int, ...]) -> int:
        if not left:
            return 0
        one, *others = left
        return max(
            (story.times(one, other) == 0) + best(tuple(each for each in others if each != other)) for other in others
        )

    return best(people)


@given(size=st.integers(2, 31))
@settings(max_examples=40, deadline=None)
def test_the_same_people_all_pair_once_before_anybody_repeats(size: int) -> None:
    story, people = Story(), list(range(size))
    rounds = size - 1 if size % 2 == 0 else size
    for _round in range(rounds):
        story.round(people)
    assert story.paired == Counter({frozenset(pair): 1 for pair in combinations(people, 2)})
    assert story.extra == (Counter(dict.fromkeys(people, 1)) if size % 2 else Counter())
    for _round in range(rounds):
        story.round(people)
    assert set(story.paired.values()) == {2}


@given(
    changes=st.lists(
        st.tuples(st.sets(st.integers(0, 9), max_size=3), st.sets(st.integers(0, 9), max_size=3)), max_size=14
    )
)
@settings(max_examples=examples(60), deadline=None)
def test_whoever_joins_or_leaves_no_more_repeat_than_must(changes: list[tuple[set[int], set[int]]]) -> None:
    story, here = Story(), [0, 1, 2, 3, 4, 5]
    for joined, left in changes:
        here = [one for one in here if one not in left] + sorted(joined - left - set(here))
        before = story.history
        turn = story.round(here)
        seated = [one for pair in turn.pairs for one in pair] + ([turn.extra] if turn.extra is not None else [])
        assert sorted(seated) == sorted(here)
        if len(here) < 2:
            continue
        new = sum(before.times(*pair) == 0 for pair in turn.pairs)
        if turn.extra is None:
            assert new == most_new(tuple(sorted(here)), before)
            continue
        fewest = min(before.extra.get(one, 0) for one in here)
        assert before.extra.get(turn.extra, 0) == fewest
        possible = [
            most_new(tuple(sorted(one for one in here if one != extra)), before)
            for extra in here
            if before.extra.get(extra, 0) == fewest
        ]
        assert new == max(possible)


@given(changes=st.lists(st.sets(st.integers(0, 11), min_size=2), min_size=1, max_size=12))
@settings(max_examples=examples(50), deadline=None)
def test_two_who_repeat_had_nobody_new_among_the_others_who_repeat(changes: list[set[int]]) -> None:
    story = Story()
    for people in changes:
        before = story.history
        turn = story.round(sorted(people))
        repeated = [one for pair in turn.pairs if before.times(*pair) for one in pair]
        assert all(before.times(one, other) for one, other in combinations(repeated, 2))


@given(size=st.integers(1, 9), data=st.data())
@settings(max_examples=150, deadline=None)
def test_a_matching_is_a_largest_one(size: int, data: st.DataObject) -> None:
    possible = list(combinations(range(size), 2))
    edges = data.draw(st.sets(st.sampled_from(possible))) if possible else set()
    mates = matching(size, [[b if a == one else a for a, b in sorted(edges) if one in (a, b)] for one in range(size)])
    pairs = {(one, mate) for one, mate in enumerate(mates) if one < mate}
    assert pairs <= edges
    assert all(mates[mate] == one for one, mate in enumerate(mates) if mate >= 0)
    largest = next(
        number
        for number in range(size // 2, -1, -1)
        if any(len({v for e in some for v in e}) == 2 * number for some in combinations(sorted(edges), number))
    )
    assert len(pairs) == largest


def test_a_third_joins_the_pair_they_paired_with_least() -> None:
    history = History({frozenset((1, 5)): 2, frozenset((3, 5)): 1}, {})
    assert third_to(5, [(1, 2), (3, 4)], history) == 1
    assert third_to(6, [(1, 2), (3, 4)], history) == 0


def test_nobody_and_somebody_alone_make_no_pair() -> None:
    assert next_turn([], History()) == Turn([])
    assert next_turn([7], History()) == Turn([], 7)
