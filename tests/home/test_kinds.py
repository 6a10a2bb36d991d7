"""Every kind of message that there is: how it is left, whether a muted cohort silences it, and what is urgent."""

from collections.abc import Callable

from django.core import signing
from django.test import Client

from notifications.kinds import KINDS, Urgency
from notifications.preferring import preferences_of
from notifications.unsubscribing import SALT
from organizations.scope import scope
from tests.conftest import Cast

#: Who mutes a cohort hears nothing of these.
MUTED = {
    "milestone_ahead", "milestone_overdue", "stand_up_missing", "staff_message", "seat_answered", "gate_open",
    "review_waiting", "peer_review_assigned", "peer_review_due", "peer_reviews_ready", "one_on_one_reminder",
    "one_on_one_unconfirmed", "series_missed", "series_ended", "presentation_reminder", "survey_asked",
    "survey_waiting",
}  # fmt: skip
#: What is asked of somebody by name, or booked, moved or cancelled.
BY_NAME = {
    "review_asked", "override_asked", "override_answered", "hand_over_asked", "hand_over_unanswered",
    "hand_over_returned", "hand_over_settled", "one_on_one_booked", "one_on_one_moved", "one_on_one_cancelled",
    "one_on_one_handed_over", "one_on_one_handed_away", "one_on_one_proposed", "presentation_scheduled",
    "presentation_changed", "presentation_cancelled", "presentation_panel_left",
}  # fmt: skip
#: What became of one's own work; and what is about no cohort.
OWN = {
    "review_decided",
    "level_decided",
    "certificate_revoked",
    "portfolio_judged",
    "presentation_decided",
    "benchmark_judged",
    "check_in",
    "mentor_offer_answered",
    "credit_answered",
    "digest",
}
MANDATORY = {"invitation", "seat_offered", "seat_withdrawn", "endpoint_switched_off", "staff_message_required"}
URGENT = {
    "one_on_one_booked", "one_on_one_moved", "one_on_one_cancelled", "one_on_one_handed_over",
    "one_on_one_handed_away", "one_on_one_reminder", "presentation_scheduled", "presentation_changed",
    "presentation_cancelled", "presentation_panel_left", "presentation_reminder",
}  # fmt: skip


def test_every_kind_is_silenced_by_a_muted_cohort_or_is_not_for_a_reason() -> None:
    free = {name: kind for name, kind in KINDS.items() if not kind.mandatory}
    assert KINDS.keys() - free.keys() == MANDATORY
    assert {name for name, kind in free.items() if kind.group is not None} == MUTED
    assert free.keys() - MUTED == BY_NAME | OWN
    assert {name for name, kind in KINDS.items() if kind.urgency == Urgency.BREAKS_QUIET} == URGENT


def test_every_kind_that_may_be_switched_off_is_with_one_click(cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    answers = {}
    for name in KINDS:
        token = signing.dumps([cast.organization.pk.hex, cast.amira.user.pk.hex, name], salt=SALT)
        answers[name] = client.post(f"/unsubscribe/{token}/").status_code
    assert answers == {name: 404 if kind.mandatory else 200 for name, kind in KINDS.items()}
    with scope(cast.organization.pk):
        preferences = preferences_of(cast.amira.user)
        assert {name for name in KINDS if preferences.email(name) == "off"} == KINDS.keys() - MANDATORY


def test_preferences_say_what_is_urgent_muted_and_fixed(cast: Cast, sign_in: Callable[..., Client]) -> None:
    page = sign_in(cast.amira).get("/o/lantaarn/notifications/settings/").content.decode()
    assert page.count("it comes all the same when it cannot wait") == len(URGENT)
    assert page.count("Always by email.") == len(MANDATORY) + 1
