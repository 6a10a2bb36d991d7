"""Two people for placements: what one records counts once another verified it, as of the day they did."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Membership, Role
from cohorts.models import Enrollment
from organizations.scope import scope
from outcomes.collecting.placement_records import PlacementPolicy, PlacementVerdict
from outcomes.collecting.placing import record_placement
from outcomes.collecting.verifying import choose_policy, decide_placement, needs_second, sent_back, to_verify
from outcomes.errors import OutcomeError
from outcomes.keeping.snapshots import kept_on, take_snapshots
from outcomes.measuring.cases import Reason, Standing
from outcomes.measuring.metrics import AsOf
from outcomes.models import Placement, TargetKey
from outcomes.reports.graduates import reported_status
from tests.conftest import Cast
from tests.outcomes.given import a_cohort, a_member, day, graduate

SignIn = Callable[[Membership | None], Client]
KEY, GRADUATED = TargetKey.PLACEMENT, 600
TODAY = day(900)
QUEUE = "/o/lantaarn/success/placements/"
JOB: dict[str, Any] = {
    "status": "1A",
    "effective_on": day(650),
    "employer": "Bol",
    "job_title": "ML engineer",
    "is_relevant": True,
    "evidence": "contract",
    "evidence_on": day(660),
}


def place(enrollment: Enrollment, by: Membership, **changes: Any) -> Placement:
    return record_placement(enrollment=enrollment, on=TODAY, by=by, **{**JOB, **changes})


def decide(placement: Placement, by: Membership, on: int, reason: str = "") -> PlacementVerdict:
    return decide_placement(
        placement=placement, is_verified=not reason, reason=reason, by=by, on=day(on), at=timezone.now()
    )


def case_of(on: int) -> tuple[Standing, Reason, str]:
    measure = AsOf(day(on)).measure(KEY)
    [case] = measure.cases
    [status] = measure.detail["statuses"]
    assert [row[1] for row in measure.detail["curve"]][-1] == (1.0 if case.standing is Standing.MET else 0.0)
    return case.standing, case.reason, status


def test_without_the_setting_one_person_is_enough(lantaarn: Cast) -> None:
    placement = place(graduate(a_cohort()), lantaarn.ilse)

    assert (needs_second(), placement.needs_second, placement.verified_by) == (False, False, lantaarn.ilse)
    assert case_of(850) == (Standing.MET, Reason.PLACED, "1A")
    with pytest.raises(OutcomeError) as refused:
        decide(placement, lantaarn.ada, 900)
    assert refused.value.code == "needs_no_second"


def test_what_one_person_recorded_counts_from_the_day_on_which_another_verified_it(lantaarn: Cast) -> None:
    choose_policy(needs_second=True, by=lantaarn.ada)
    placement = place(graduate(a_cohort()), lantaarn.ilse)

    assert (placement.needs_second, placement.verified_by, placement.is_waiting) == (True, None, True)
    assert case_of(850) == (Standing.UNKNOWN, Reason.UNVERIFIED, "3A")
    assert list(to_verify()) == [placement]
    decide(placement, lantaarn.ada, 860)

    assert case_of(859) == (Standing.UNKNOWN, Reason.UNVERIFIED, "3A")
    assert case_of(860) == (Standing.MET, Reason.PLACED, "1A")
    assert not to_verify().exists()
    known = [AsOf(day(on)).occupations[placement.enrollment_id] for on in (859, 860)]
    assert [reported_status(each, day(780)) for each in known] == ["3A", "1A"]  # in the report on graduates too


def test_what_was_sent_back_is_as_if_it_had_not_been_recorded(lantaarn: Cast) -> None:
    learner = graduate(a_cohort())
    place(learner, lantaarn.ilse, status="2B", is_relevant=False)
    choose_policy(needs_second=True, by=lantaarn.ada)
    better = place(learner, lantaarn.ilse)
    before = case_of(850)
    decide(better, lantaarn.ada, 860, "The contract is not signed.")

    assert before == case_of(859) == (Standing.UNKNOWN, Reason.UNVERIFIED, "3A")
    assert case_of(860) == (Standing.MISSED, Reason.OUT_OF_FIELD, "2B")
    assert (list(sent_back()), list(to_verify())) == ([better], [])
    again = place(learner, lantaarn.ada)
    assert (list(sent_back()), list(to_verify())) == ([], [again])


def test_correction_of_the_same_day_is_all_that_waits(lantaarn: Cast) -> None:
    choose_policy(needs_second=True, by=lantaarn.ada)
    learner = graduate(a_cohort())
    first = place(learner, lantaarn.ilse)
    second = place(learner, lantaarn.ilse, job_title="Data engineer")
    assert list(to_verify()) == [second]
    decide(second, lantaarn.ada, 860, "The other one was right.")

    assert list(to_verify()) == [first]


def test_the_choice_is_for_what_is_recorded_later_and_keeps_its_history(lantaarn: Cast) -> None:
    cohort = a_cohort()
    for is_on in (False, True, True, False):
        choose_policy(needs_second=is_on, by=lantaarn.ada)
    placement = place(graduate(cohort), lantaarn.ilse)
    choose_policy(needs_second=True, by=lantaarn.ada)
    seeking = {"status": "3A", "employer": "", "job_title": "", "is_relevant": False, "evidence": ""}
    free = place(graduate(cohort), lantaarn.ilse, **seeking, evidence_on=None)
    unreached = place(graduate(cohort), lantaarn.ilse, status="4", is_relevant=False, evidence="contact_log")

    changes = PlacementPolicy.objects.order_by("recorded_at", "pk").values_list("needs_second", flat=True)
    assert list(changes) == [True, False, True]
    assert [row.needs_second for row in (placement, free, unreached)] == [False, False, True]


def test_who_may_verify(lantaarn: Cast) -> None:
    choose_policy(needs_second=True, by=lantaarn.ada)
    colleague = a_member("Sam", Role.STAFF, Role.LEARNER)
    placement = place(graduate(a_cohort(), learner=colleague), lantaarn.ilse)
    found = []
    for by, reason in ((lantaarn.ilse, ""), (colleague, ""), (lantaarn.ada, " "), (lantaarn.ada, "")):
        try:
            decide_placement(
                placement=placement, is_verified=reason == "", by=by, on=TODAY, at=timezone.now(), reason=reason
            )
        except OutcomeError as refused:
            found.append(refused.code)
    with pytest.raises(OutcomeError) as twice:
        decide(placement, lantaarn.ada, 900)

    assert [*found, twice.value.code] == ["own_record", "own_placement", "reason_missing", "decided_already"]
    assert PlacementVerdict.objects.count() == 1


def test_the_database_refuses_whoever_recorded_it_and_a_return_without_a_reason(lantaarn: Cast) -> None:
    choose_policy(needs_second=True, by=lantaarn.ada)
    placement = place(graduate(a_cohort()), lantaarn.ilse)
    said: dict[str, Any] = {"placement": placement, "effective_on": TODAY, "recorded_at": timezone.now()}
    for by, is_verified, name in (
        (lantaarn.ilse, True, "placement_verified_by_somebody_else"),
        (placement.enrollment.learner, True, "placement_verified_by_somebody_else"),
        (lantaarn.ada, False, "placement_sent_back_with_reason"),
    ):
        with pytest.raises(IntegrityError, match=name if "reason" in name else "Somebody else"), transaction.atomic():
            PlacementVerdict.objects.create(recorded_by=by, is_verified=is_verified, **said)


def test_a_verdict_makes_the_numbers_that_were_kept_old(lantaarn: Cast) -> None:
    choose_policy(needs_second=True, by=lantaarn.ada)
    placement = place(graduate(a_cohort()), lantaarn.ilse)
    take_snapshots(on=day(870), at=timezone.now())
    kept = kept_on(day(870))
    decide(placement, lantaarn.ada, 860)

    assert (kept.measures[(None, KEY)].value, kept.computed_at is None) == (0.0, False)
    assert kept_on(day(870)).computed_at is None


# -- pages -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def waiting(cast: Cast) -> Placement:
    with scope(cast.organization.pk):
        choose_policy(needs_second=True, by=cast.ada)
        return place(graduate(a_cohort(name="Rotterdam 2024"), learner=cast.amira), cast.ilse, note="Seen on paper.")


def test_staff_verify_what_somebody_else_recorded(cast: Cast, waiting: Placement, sign_in: SignIn) -> None:
    url, own = f"{QUEUE}{waiting.pk}/", sign_in(cast.ilse).get(QUEUE).content.decode()
    refused = sign_in(cast.ilse).post(url, {"verdict": "verified"})
    today = sign_in(cast.ada).get("/o/lantaarn/today/").content.decode()
    page = sign_in(cast.ada).get(url).content.decode()
    empty = sign_in(cast.ada).post(url, {"verdict": "sent_back"})
    verified = sign_in(cast.ada).post(url, {"verdict": "verified"})
    again = sign_in(cast.ada).post(url, {"verdict": "sent_back", "reason": "Too late"})
    history = sign_in(cast.ilse).get(f"/o/lantaarn/learners/{waiting.enrollment_id}/placement/").content.decode()
    explained = sign_in(cast.ilse).get("/o/lantaarn/success/placement/").content.decode()

    assert "Waits for somebody else" in own
    assert "You recorded this. Somebody else has to verify it." in refused.content.decode()
    assert f"/success/placements/{waiting.pk}/" in today
    assert "Seen on paper." in page
    assert [each.status_code for each in (refused, empty, verified, again)] == [422, 422, 302, 422]
    assert "Say what is missing" in empty.content.decode()
    assert "Somebody has decided on this already." in again.content.decode()
    for text in (history, explained):
        assert "Ilse Brouwer" in text
        assert "Ada Visser" in text


def test_what_was_sent_back_stands_with_its_reason(cast: Cast, waiting: Placement, sign_in: SignIn) -> None:
    unverified = sign_in(cast.ilse).get("/o/lantaarn/success/placement/").content.decode()
    rows = b"".join(sign_in(cast.ilse).get("/o/lantaarn/success/placement.csv").streaming_content).decode()  # type: ignore[attr-defined]
    sign_in(cast.ada).post(f"{QUEUE}{waiting.pk}/", {"verdict": "sent_back", "reason": "No signature."})
    page = sign_in(cast.ilse).get(f"{QUEUE}?show=returned").content.decode()
    timeline = sign_in(cast.ilse).get(f"/o/lantaarn/learners/{waiting.enrollment_id}/timeline/").content.decode()

    assert "Recorded, and not verified by a second person: taken as seeking" in unverified
    assert "unknown,unverified" in rows
    for text in (page, timeline):
        assert "No signature." in text


def test_admins_choose_and_see_who_chose(cast: Cast, sign_in: SignIn) -> None:
    url = "/o/lantaarn/settings/placements/"
    empty = sign_in(cast.ada).post(url)
    chosen = sign_in(cast.ada).post(url, {"needs_second": "yes"})
    page = sign_in(cast.ada).get(url).content.decode()

    assert (empty.status_code, chosen.status_code) == (422, 302)
    assert "Two people" in page
    assert "could verify what they record" not in page
    with scope(cast.organization.pk):
        assert needs_second()


@pytest.mark.parametrize("show", ["", "returned"])
def test_queries_of_the_queue_do_not_grow(cast: Cast, sign_in: SignIn, show: str) -> None:
    client, counts = sign_in(cast.ada), []
    with scope(cast.organization.pk):
        choose_policy(needs_second=True, by=cast.ada)
    for more in (1, 2):
        with scope(cast.organization.pk):
            for _ in range(more):
                placement = place(graduate(a_cohort()), cast.ilse)
                if show:
                    decide(placement, cast.ada, 900, "Missing.")
        with CaptureQueriesContext(connection) as queries:
            page = client.get(QUEUE, {"show": show})
        counts.append(len([query for query in queries if "SAVEPOINT" not in query["sql"]]))
    assert len(page.context["page"]) == 3
    assert counts[0] == counts[1] <= 12
