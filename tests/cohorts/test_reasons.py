"""Reasons for leaving in the organization's own words: the list, its page, and what was recorded with them."""

from collections.abc import Callable
from datetime import date

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from accounts.models import Membership
from accounts.organizing import create_organization
from cohorts import reasons
from cohorts.errors import CohortError
from cohorts.history import enroll, record_status
from cohorts.models import Cohort, Enrollment, EnrollmentEvent, LeavingReason
from organizations.scope import scope
from outcomes.measuring.roster import Place, roster_as_of
from tests.cohorts.given import NOW, START, a_cohort
from tests.conftest import Cast

SignIn = Callable[[Membership | None], Client]
PAGE = "/o/lantaarn/settings/leaving-reasons/"
LEFT = date(2026, 12, 1)


def reason_of(code: str) -> LeavingReason:
    return LeavingReason.objects.get(code=code)


def codes() -> list[str]:
    return [reason.code for reason in LeavingReason.objects.offered()]


def left(cast: Cast, reason: LeavingReason) -> Enrollment:
    cohort = a_cohort(status=Cohort.Status.RUNNING)
    enrollment = enroll(cohort=cohort, learner=cast.amira, by=None, effective_on=START, status="active")
    record_status(
        enrollment=enrollment, to="withdrawn", effective_on=LEFT, by=cast.ilse, leaving_reason=reason, corrects=True
    )
    return enrollment


def test_new_organization_begins_with_one_reason_for_each_category(cast: Cast) -> None:
    made = create_organization(name="Nieuw", admin=cast.ada.user, at=NOW)

    with scope(made.pk):
        found = {reason.code: reason.category for reason in LeavingReason.objects.offered()}
        with translation.override("nl"):
            named = str(reason_of("work"))
    assert found == {value: value for value in EnrollmentEvent.Reason.values if value}
    assert named == "Werk of geld"


def test_own_reason_counts_as_its_category_whatever_it_is_called(lantaarn: Cast) -> None:
    made = reasons.add_reason(name="Called up", name_nl="Opgeroepen", category="military")
    enrollment = left(lantaarn, made)

    reasons.rename_reason(reason=made, name="National service", name_nl="")

    event = EnrollmentEvent.objects.told().get(to_status="withdrawn")
    assert (event.reason, event.reason_name, made.code, made.is_excused) == (
        "military", "National service", "called-up", True,
    )  # fmt: skip
    [entry] = roster_as_of(date(2027, 1, 1)).entries
    assert (entry.enrollment_id, entry.place) == (enrollment.pk, Place.EXCUSED)


def test_retired_reason_stays_with_what_was_recorded_and_is_refused_for_more(lantaarn: Cast) -> None:
    work = reason_of("work")
    enrollment = left(lantaarn, work)
    reasons.retire_reason(reason=work)

    assert "work" not in codes()
    assert EnrollmentEvent.objects.told().get(to_status="withdrawn").reason_name == "Work or money"
    record_status(enrollment=enrollment, to="active", effective_on=date(2027, 1, 1), by=None, corrects=True)
    with pytest.raises(CohortError) as refused:
        record_status(
            enrollment=enrollment, to="withdrawn", effective_on=date(2027, 2, 1), by=None, corrects=True,
            leaving_reason=reason_of("work"),
        )  # fmt: skip
    assert refused.value.code == "reason_retired"
    reasons.restore_reason(reason=reason_of("work"))
    assert codes()[-1] == "work"


@pytest.mark.parametrize(
    ("act", "code"),
    [
        (lambda: reasons.delete_reason(reason=reason_of("work")), "reason_in_use"),
        (lambda: reasons.add_reason(name=" health ", name_nl="", category="health"), "reason_name_taken"),
        (lambda: reasons.add_reason(name="Boredom", name_nl="", category=""), "category_unknown"),
        (lambda: reasons.rename_reason(reason=reason_of("work"), name="Health", name_nl=""), "reason_name_taken"),
        (lambda: [reasons.retire_reason(reason=one) for one in LeavingReason.objects.offered()], "last_reason"),
    ],
)
def test_list_refuses_what_would_spoil_it(lantaarn: Cast, act: Callable[[], object], code: str) -> None:
    left(lantaarn, reason_of("work"))

    with pytest.raises(CohortError) as refused:
        act()

    assert refused.value.code == code


def test_unused_reason_is_deleted_and_order_is_changed(lantaarn: Cast) -> None:
    reasons.delete_reason(reason=reason_of("moved"))
    reasons.move_reason(reason=reason_of("family"), direction="up")
    reasons.move_reason(reason=reason_of("work"), direction="up")
    reasons.move_reason(reason=reason_of("work"), direction="down")

    assert codes()[:4] == ["family", "work", "health", "pace"]
    assert "moved" not in codes()


# -- the page ----------------------------------------------------------------------------------------------------------


def test_staff_edit_the_list(cast: Cast, sign_in: SignIn) -> None:
    client = sign_in(cast.ilse)

    answers = [
        client.post(PAGE, {"name": "Boredom", "name_nl": "Verveling", "category": "expectations"}).status_code,
        client.post(f"{PAGE}?edit=boredom", {"name": "Wanted more", "name_nl": ""}).status_code,
        client.post(PAGE, {"up": "boredom"}).status_code,
        client.post(PAGE, {"retire": "work"}).status_code,
        client.post(PAGE, {"delete": "moved"}).status_code,
        client.post(PAGE, {"name": "Health", "category": "health"}).status_code,
        client.post(PAGE, {"name": "", "category": "dull"}).status_code,
        client.post(PAGE, {"retire": "nothing"}).status_code,
        client.get(f"{PAGE}?edit=%00").status_code,
    ]

    assert answers == [302, 302, 302, 302, 302, 422, 422, 404, 404]
    page = client.get(PAGE).content.decode()
    assert "Wanted more" in page
    assert "Boredom" not in page
    with scope(cast.organization.pk):
        assert {"work", "moved"}.isdisjoint(codes())


def test_page_takes_as_many_queries_for_one_reason_as_for_many(cast: Cast, sign_in: SignIn) -> None:
    client, counts = sign_in(cast.ilse), []
    client.get(PAGE)
    for _time in range(2):
        with CaptureQueriesContext(connection) as queries:
            client.get(PAGE)
        counts.append(len(queries))
        with scope(cast.organization.pk):
            LeavingReason.objects.exclude(code="work").delete()
    assert counts[0] == counts[1]
