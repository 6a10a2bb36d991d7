from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from accounts.models import Membership
from assessments.gates import pass_level
from assessments.models import LevelDecision, OverrideRequest
from assessments.overriding import approve_override, ask_override, decline_override, withdraw_override
from notifications.models import Message
from tests.assessments.conftest import School
from tests.assessments.test_gates import finish_first_level
from tests.assessments.test_submissions import refused

TODAY = date(2026, 11, 24)
AT = datetime(2026, 11, 24, 12, tzinfo=UTC)


def ask(school: School, **changes: object) -> OverrideRequest:
    given = {"enrollment": school.amira, "level": school.levels[0], "by": school.cast.ilse, "on": TODAY, "at": AT}
    return ask_override(**given | {"reason": "Ten years"} | changes)  # type: ignore[arg-type]


def told() -> list[tuple[str, str]]:
    return [(row.kind, row.recipient.email) for row in Message.objects.order_by("pk").select_related("recipient")]


def test_somebody_else_approves_and_both_stand_in_the_decision(school: School) -> None:
    request = ask(school)
    ilse, ada, amira = (person.user.email for person in (school.cast.ilse, school.cast.ada, school.cast.amira))
    assert told() == [("override_asked", ada)]
    with refused("own_request"):
        approve_override(request=request, by=school.cast.ilse, at=AT)
    later = AT + timedelta(hours=1)
    answered = approve_override(request=request, by=school.cast.ada, at=later)
    decision = LevelDecision.objects.get()
    assert (answered.answer, answered.answered_by, answered.decision) == ("approved", school.cast.ada, decision)
    assert (decision.recorded_by, decision.approved_by, decision.override_reason, decision.effective_on) == (
        school.cast.ilse,
        school.cast.ada,
        "Ten years",
        TODAY,
    )
    assert [item["met"] for item in decision.evidence] == [False, False]
    assert told()[1:] == [("level_decided", amira), ("override_answered", ilse)]
    with refused("answered_already"):
        decline_override(request=request, by=school.cast.ada, at=later, note="No")


def test_declined_and_withdrawn_let_nobody_through(school: School) -> None:
    request = ask(school)
    with refused("asked_already"):
        ask(school, by=school.cast.ada)
    with refused("reason_needed"):
        decline_override(request=request, by=school.cast.ada, at=AT, note=" ")
    with refused("not_own_request"):
        withdraw_override(request=request, by=school.cast.ada, at=AT)
    assert decline_override(request=request, by=school.cast.ada, at=AT, note="Too early").note == "Too early"
    withdrawn = withdraw_override(request=ask(school), by=school.cast.ilse, at=AT)
    assert (withdrawn.answer, withdrawn.answered_by) == ("withdrawn", school.cast.ilse)
    assert not LevelDecision.objects.exists()


def test_exception_is_asked_only_where_one_is_needed_and_possible(school: School) -> None:
    with refused("reason_needed"):
        ask(school, reason=" ")
    Membership.objects.filter(pk=school.cast.ada.pk).update(joined_at=None)
    with refused("nobody_else"):
        ask(school)
    Membership.objects.filter(pk=school.cast.ada.pk).update(joined_at=AT)
    finish_first_level(school)
    with refused("nothing_missing"):
        ask(school)
    pass_level(enrollment=school.amira, level=school.levels[0], by=school.cast.ilse, on=TODAY, at=AT)
    with refused("already_passed"):
        ask(school)


def test_what_is_met_by_the_time_of_approval_is_no_exception(school: School) -> None:
    request = ask(school)
    finish_first_level(school)
    approve_override(request=request, by=school.cast.ada, at=AT)
    assert LevelDecision.objects.values_list("override_reason", "approved_by").get() == ("", None)


@pytest.mark.parametrize(
    "change",
    [
        {"answer": "approved", "answered_by": "ilse", "answered_at": AT, "decision": None},
        {"answer": "declined", "answered_by": "ilse", "answered_at": AT},
        {"answer": "declined", "answered_by": None},
        {"reason": ""},
    ],
)
def test_database_holds_that_somebody_else_answers(school: School, change: dict[str, object]) -> None:
    request = ask(school)
    if "answered_by" in change:
        change = {**change, "answered_by": school.cast.ilse if change["answered_by"] else None}
    with pytest.raises(IntegrityError), transaction.atomic():
        OverrideRequest.objects.filter(pk=request.pk).update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        LevelDecision.objects.create(
            enrollment=school.amira, level=school.levels[0], outcome="passed", effective_on=TODAY,
            recorded_by=school.cast.ilse, approved_by=school.cast.ilse,
        )  # fmt: skip
