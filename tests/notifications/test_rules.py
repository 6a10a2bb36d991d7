"""The table of reminder rules: every row says all there is to know, and its bounds hold."""

from datetime import timedelta
from uuid import UUID

import pytest

from cohorts.reminders import FIRST
from notifications.errors import MessageError
from notifications.kinds import KINDS
from notifications.models import ReminderLook, RuleOffset
from notifications.rules import (
    LOOK_BACK,
    RULES,
    looked_since,
    looking_back,
    offsets,
    register_rule,
    rules_in_force,
    set_offsets,
)
from tests.conftest import NOW, Cast


def test_every_rule_is_complete_and_within_its_bounds() -> None:
    assert {rule.kind for rule in RULES.values()} <= KINDS.keys()
    for rule in RULES.values():
        words = (rule.what, rule.moment, rule.until, rule.audience, rule.still_true, rule.channel)
        assert all(str(text) for text in words)
        assert rule.least <= rule.default <= rule.most
        if rule.longer_than:
            assert rule.default > RULES[rule.longer_than].default


def test_two_rules_cannot_have_one_name() -> None:
    assert register_rule(FIRST) is FIRST
    with pytest.raises(ValueError, match="milestone_ahead_first already"):
        register_rule(type(FIRST)(**{**FIRST.__dict__, "default": 9}))


@pytest.mark.parametrize(
    ("amounts", "code"),
    [
        ({"milestone_ahead_first": 31}, "offset_out_of_range"),
        ({"milestone_ahead_first": 3, "milestone_ahead_second": 4}, "offset_order"),
        ({"one_on_one_first": 2, "one_on_one_second": 2}, "offset_order"),
    ],
)
def test_offsets_that_make_no_sense_are_refused(lantaarn: Cast, amounts: dict[str, int], code: str) -> None:
    with pytest.raises(MessageError) as caught:
        set_offsets(amounts=amounts, by=lantaarn.ilse.user, now=NOW)
    assert caught.value.code == code
    assert not RuleOffset.objects.exists()


def test_what_is_as_it_was_is_no_fact(lantaarn: Cast) -> None:
    assert set_offsets(amounts={"stand_up_missing": 15}, by=lantaarn.ilse.user, now=NOW) == 0
    assert set_offsets(amounts={"stand_up_missing": 16}, by=lantaarn.ilse.user, now=NOW) == 1
    assert set_offsets(amounts={"stand_up_missing": 16}, by=lantaarn.ilse.user, now=NOW) == 0


def test_looking_back_begins_where_the_last_look_was_and_is_bounded(lantaarn: Cast) -> None:
    hour = timedelta(hours=1)
    with looking_back(now=NOW):
        assert looked_since(now=NOW) == NOW  # nobody looked before
    with looking_back(now=NOW + hour):
        assert looked_since(now=NOW + hour) == NOW
    with looking_back(now=NOW + 2 * LOOK_BACK):
        assert looked_since(now=NOW + 2 * LOOK_BACK) == NOW + LOOK_BACK
    with looking_back(now=NOW):  # a clock that was set back
        pass
    assert ReminderLook.objects.get().looked_at == NOW + 2 * LOOK_BACK


# -- of one cohort -----------------------------------------------------------------------------------------------------

ROOM, OTHER_ROOM = UUID(int=1), UUID(int=2)


def amounts_of(group_id: UUID | None) -> tuple[int, int]:
    amounts = offsets().of(group_id)
    return amounts["milestone_ahead_first"], amounts["stand_up_missing"]


def test_cohort_has_its_own_moments_and_the_organizations_where_it_has_none(lantaarn: Cast) -> None:
    ilse = lantaarn.ilse.user
    own = {"milestone_ahead_first": 3, "stand_up_missing": 15}
    assert set_offsets(amounts=own, by=ilse, now=NOW, group_id=ROOM) == 1
    assert set_offsets(amounts={"stand_up_missing": 10, "milestone_ahead_first": 9}, by=ilse, now=NOW) == 2
    assert [amounts_of(group) for group in (None, ROOM, OTHER_ROOM)] == [(9, 10), (3, 10), (9, 10)]
    found = offsets()
    assert (found.least("milestone_ahead_first"), found.most("milestone_ahead_first")) == (3, 9)
    here = {row.rule.name: (row.amount, row.above, row.own is not None) for row in rules_in_force(ROOM)}
    assert (here["milestone_ahead_first"], here["stand_up_missing"]) == ((3, 9, True), (10, 10, False))


def test_moment_is_given_up_for_what_holds_above(lantaarn: Cast) -> None:
    ilse, later = lantaarn.ilse.user, NOW + timedelta(hours=1)
    set_offsets(amounts={"milestone_ahead_first": 9}, by=ilse, now=NOW)
    set_offsets(amounts={"milestone_ahead_first": 3}, by=ilse, now=NOW, group_id=ROOM)
    for count in (1, 0):
        assert set_offsets(amounts={"milestone_ahead_first": None}, by=ilse, now=later, group_id=ROOM) == count
    assert amounts_of(ROOM) == (9, 15)
    assert set_offsets(amounts={"milestone_ahead_first": None}, by=ilse, now=later) == 1
    assert amounts_of(ROOM) == (7, 15)
    assert RuleOffset.objects.count() == 4


def test_first_comes_before_second_in_every_cohort(lantaarn: Cast) -> None:
    ilse = lantaarn.ilse.user
    set_offsets(amounts={"milestone_ahead_first": 3}, by=ilse, now=NOW, group_id=ROOM)
    for amounts, group in (({"milestone_ahead_second": 3}, ROOM), ({"milestone_ahead_second": 5}, None)):
        with pytest.raises(MessageError) as caught:
            set_offsets(amounts=amounts, by=ilse, now=NOW, group_id=group)
        assert caught.value.code == "offset_order"
