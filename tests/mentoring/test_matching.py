"""Which mentor fits whom: the points, the reasons, and what always holds of an assignment."""

from collections import Counter
from random import Random
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mentoring.matching import Candidate, Need, assign, hours_in_common, rank
from tests.examples import examples

OFFICE = tuple((day * 1440 + 540, day * 1440 + 1020) for day in range(5))


def a_candidate(number: int, **values: object) -> Candidate:
    options: dict[str, object] = {
        "key": UUID(int=number), "name": f"Mentor {number}", "levels": frozenset(), "topics": (),
        "languages": frozenset(), "capacity": None, "learners": 0, "windows": OFFICE, "offset": 60, **values,
    }  # fmt: skip
    return Candidate(**options)  # type: ignore[arg-type]


def a_need(number: int = 100, **values: object) -> Need:
    options: dict[str, object] = {
        "key": UUID(int=number), "level": 3, "subjects": ("3.1 Retrieval and search",), "language": "nl", "offset": 60,
        **values,
    }  # fmt: skip
    return Need(**options)  # type: ignore[arg-type]


def test_reasons_say_what_counts() -> None:
    fits = a_candidate(
        1, levels=frozenset({3}), languages=frozenset({"nl"}), topics=("retrieval", "robots"), capacity=8, learners=3
    )
    other = a_candidate(2, levels=frozenset({1, 2}), languages=frozenset({"en"}), windows=())
    first, second = rank(a_need(), [other, fits])
    assert first.words == (
        "takes level 3, speaks Dutch, knows retrieval, 40 hours a week in common, 3 of 8 places taken"
    )
    assert second.words == ("takes level 1, 2, not 3, does not speak Dutch, 0 hours a week in common, 0 learners now")
    assert (first.points, second.points) == (40 + 25 + 20 + 5 + 15 * 5 // 8, 7)


def test_nobody_is_proposed_without_a_place_or_for_themselves() -> None:
    full, self_ = a_candidate(1, capacity=2, learners=2), a_candidate(2)
    need = a_need(not_with=frozenset({self_.key}))
    assert rank(need, [full, self_]) == []
    assert assign([need], [full, self_]) == {need.key: None}


@pytest.mark.parametrize(
    ("ahead", "hours"),
    [
        (0, 40),
        (345 - 60, 40),  # Kathmandu: 9 to 17 in Amsterdam is until 21:45 there
        (-360, 15),  # New York: of 9 to 17 only the hours from 14 on are day there
        (9 * 60, 20),  # 18 to 2: four hours a day are before ten in the evening
    ],
)
def test_hours_in_common_are_those_of_the_learners_day(ahead: int, hours: int) -> None:
    assert hours_in_common(OFFICE, ahead=ahead) == hours


def test_hours_over_midnight_on_sunday_count_once() -> None:
    late = ((6 * 1440 + 1380, 7 * 1440 + 120),)
    assert hours_in_common(late, ahead=9 * 60) == 3


names = st.integers(1, 5)
windows = st.lists(
    st.tuples(st.integers(0, 6 * 1440), st.integers(30, 600)).map(lambda pair: (pair[0], pair[0] + pair[1])), max_size=4
)
mentors = st.builds(
    lambda levels, languages, capacity, learners, windows, offset, name: {
        "levels": frozenset(levels), "languages": frozenset(languages), "capacity": capacity, "learners": learners,
        "windows": tuple(windows), "offset": offset, "name": f"Mentor {name}",
    },
    st.sets(st.integers(1, 5)), st.sets(st.sampled_from(["en", "nl"])), st.none() | st.integers(0, 3),
    st.integers(0, 3), windows, st.integers(-720, 840), names,
)  # fmt: skip
learners = st.builds(
    lambda level, language, offset: {"level": level, "language": language, "offset": offset},
    st.integers(1, 5), st.sampled_from(["en", "nl", "fr"]), st.integers(-720, 840),
)  # fmt: skip


@settings(max_examples=examples(120), deadline=None)
@given(st.lists(mentors, max_size=5), st.lists(learners, max_size=6), st.randoms(use_true_random=False))
def test_assignment_holds(offers: list[dict[str, object]], wishes: list[dict[str, object]], dice: Random) -> None:
    """Never over capacity, nobody waits beside a free place, and the order in which they are given changes nothing."""
    candidates = [a_candidate(number, **offer) for number, offer in enumerate(offers)]
    needs = [a_need(100 + number, **wish) for number, wish in enumerate(wishes)]
    given = assign(needs, candidates)
    assert list(given) == sorted(need.key for need in needs)
    taken = Counter(match.candidate.key for match in given.values() if match)
    for one in candidates:
        assert one.places is None or taken[one.key] <= one.places
    if None in given.values():
        assert all(one.places is not None and taken[one.key] == one.places for one in candidates)

    shuffled, others = dice.sample(needs, len(needs)), dice.sample(candidates, len(candidates))
    assert assign(shuffled, others) == given
    for need in needs:
        ranked = rank(need, candidates)
        assert rank(need, others) == ranked
        assert [match.points for match in ranked] == sorted((match.points for match in ranked), reverse=True)
