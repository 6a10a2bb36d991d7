"""No hidden cell can be worked out, nor bounded to one value, from what is shown; linear programs are the judge."""

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from outcomes.measuring.measures import SMALLEST_CELL
from outcomes.reports.hiding import Key, Sum, hidden_cells, table_sums
from tests.examples import examples

COUNTS = st.one_of(st.integers(0, 6), st.integers(0, 60))


def bounds(key: Key, counts: Mapping[Key, int], sums: Sequence[Sum], hidden: frozenset[Key]) -> tuple[float, float]:
    """The least and most that somebody can find out of a cell who sees all that is not hidden.

    The sums of a network have integral vertices, so that the real bounds are those of whole counts.
    """
    unknown = [cell for cell in counts if cell in hidden]
    left, right = [], []
    for row in sums:
        signs = {row.total: -1, **dict.fromkeys(row.parts, 1)}
        left.append([signs.get(cell, 0) for cell in unknown])
        right.append(-sum(sign * counts[cell] for cell, sign in signs.items() if cell not in hidden))
    goal = [float(cell == key) for cell in unknown]
    found = []
    for direction in (1, -1):
        answer = linprog([direction * one for one in goal], A_eq=left or None, b_eq=right or None, method="highs")
        found.append(answer.fun * direction if answer.status == 0 else direction * float("-inf"))
    return found[0], found[1]


def assert_nothing_is_told(counts: Mapping[Key, int], sums: Sequence[Sum], hidden: frozenset[Key]) -> None:
    assert {key for key, count in counts.items() if count < SMALLEST_CELL} <= hidden
    for key in hidden:
        least, most = bounds(key, counts, sums, hidden)
        assert most - least > 0.5, (key, least, most)


@given(
    table=st.integers(1, 3).flatmap(
        lambda wide: st.lists(st.lists(COUNTS, min_size=wide, max_size=wide), min_size=1, max_size=3)
    )
)
def test_table_with_its_totals_tells_nothing_small(table: list[list[int]]) -> None:
    """Cohorts are rows, what became of people are columns, the organization is the total."""
    rows, columns = [f"row {n}" for n in range(len(table))], [f"column {n}" for n in range(len(table[0]))]
    counts: dict[Key, int] = {
        (row, column): table[i][j] for i, row in enumerate(rows) for j, column in enumerate(columns)
    }
    counts |= {(row, "all"): sum(table[i]) for i, row in enumerate(rows)}
    counts |= {("all", column): sum(line[j] for line in table) for j, column in enumerate(columns)}
    counts["all", "all"] = sum(map(sum, table))
    sums = table_sums(rows, columns, "all")

    assert_nothing_is_told(counts, sums, hidden_cells(counts, sums))


@settings(max_examples=examples(50))
@given(leaves=st.lists(COUNTS, min_size=4, max_size=4), apart=st.lists(COUNTS, min_size=2, max_size=2), data=st.data())
def test_groups_of_groups_tell_nothing_small(leaves: list[int], apart: list[int], data: st.DataObject) -> None:
    """Two windows that count the same people, in groups of groups, with who is pending and who never counts."""
    a, b, c, d = leaves
    total, declared = a + b + c + d + apart[0] + apart[1], apart[1]
    first = a + b + c + d
    moved = data.draw(st.integers(0, first))
    counts: dict[Key, int] = {
        "a": a, "b": b, "c": c, "d": d, "ab": a + b, "cd": c + d, "now": first, "pending": apart[0],
        "declared": declared, "all": total, "e": moved, "f": first - moved, "then": first, "later": apart[0],
    }  # fmt: skip
    sums = [
        Sum("ab", ("a", "b")), Sum("cd", ("c", "d")), Sum("now", ("ab", "cd")), Sum("then", ("e", "f")),
        Sum("all", ("now", "pending", "declared")), Sum("all", ("then", "later", "declared")),
    ]  # fmt: skip

    assert_nothing_is_told(counts, sums, hidden_cells(counts, sums))


def test_second_cell_is_hidden_and_the_totals_stay() -> None:
    counts: dict[Key, int] = {"full-time": 43, "contract": 9, "school": 3, "employed": 55}

    assert hidden_cells(counts, [Sum("employed", ("full-time", "contract", "school"))]) == {"school", "contract"}


def test_two_small_cells_need_no_third_unless_both_are_none() -> None:
    def hidden(**parts: int) -> set[Key]:
        counts: dict[Key, int] = dict(parts)
        counts["total"] = sum(parts.values())
        return set(hidden_cells(counts, [Sum("total", tuple(parts))]))

    assert hidden(a=3, b=1, c=20) == {"a", "b"}
    assert hidden(a=0, b=0, c=20, d=30) == {"a", "b", "c"}
    assert hidden(a=7, b=20) == set()
    assert hidden(a=1) == {"a", "total"}


def test_what_nobody_is_shown_is_not_told_by_a_difference() -> None:
    counts: dict[Key, int] = {"left by level 5": 22, "left by level 3": 20, "between": 2}
    sums = [Sum("left by level 5", ("left by level 3", "between"))]

    assert hidden_cells(counts, sums, unpublished=["between"]) == {"between", "left by level 3"}


@pytest.mark.parametrize(
    ("counts", "sums"),
    [
        ({"a": 1, "b": 2, "t": 4}, [Sum("t", ("a", "b"))]),
        ({"a": 1, "t": 1, "u": 1, "v": 1}, [Sum("t", ("a",)), Sum("u", ("a",)), Sum("v", ("a",))]),
        ({"a": 0, "b": 0, "c": 0}, [Sum("c", ("a", "b")), Sum("b", ("a", "c"))]),
    ],
)
def test_sums_that_cannot_be_are_refused(counts: dict[Key, int], sums: list[Sum]) -> None:
    with pytest.raises(ValueError, match=r"add up|more than two|no network"):
        hidden_cells(counts, sums)


def test_two_ways_at_one_price_need_no_order_among_their_cells() -> None:
    """One more of "a" is one less of "few", one less of it one more of ("none", 1): a tuple is not under a word."""
    counts: dict[Key, int] = {"all": 11, "a": 1, ("none", 1): 0, "few": 2, "many": 8}
    sums = [Sum("all", ("a", ("none", 1), "few", "many"))]

    assert_nothing_is_told(counts, sums, hidden_cells(counts, sums))
