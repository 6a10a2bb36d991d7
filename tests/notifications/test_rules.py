"""The table of reminder rules: every row says all there is to know, and its bounds hold."""

from datetime import timedelta

import pytest

from cohorts.reminders import FIRST
from notifications.errors import MessageError
from notifications.kinds import KINDS
from notifications.models import ReminderLook, RuleOffset
from notifications.rules import LOOK_BACK, RULES, looked_since, looking_back, register_rule, set_offsets
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
