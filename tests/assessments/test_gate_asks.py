"""What the gates of a cohort ask beside the curriculum: reviews by peers and for peers, and the portfolio."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone, translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Membership
from assessments.errors import AssessmentError
from assessments.gate_asks import ask_at_gates, asked_on, asks_in_force
from assessments.gates import evaluate, evaluate_all, pass_level
from assessments.models import GateAsk, PeerReview, PeerRound
from assessments.peer_reviewing import hand_in_peer_review
from assessments.peer_rounds import close_round, open_round
from assessments.portfolio import judge_portfolio
from cohorts.credit import grant_credit
from cohorts.errors import CohortError
from cohorts.models import Cohort, Enrollment
from cohorts.progress import complete_topic
from cohorts.transferring import transfer
from organizations.scope import scope
from tests.assessments.conftest import PROFICIENT, SUBMITTED, School, hand_in, judge, queries_of
from tests.assessments.test_peer_reviews import a_round, others, write
from tests.assessments.test_submissions import refused
from tests.examples import examples

SignIn = Callable[[Membership | None], Client]
Evidence = GateAsk.Evidence
NEW_YEAR = date(2027, 1, 1)
BEGUN = SUBMITTED - timedelta(days=60)
PAGE = "/o/lantaarn/settings/gates/"


def ask(cohort: Cohort, *kinds: str) -> None:
    """Asked since long, as gates of a cohort are that was told in time."""
    GateAsk.objects.bulk_create(
        GateAsk(cohort=cohort, evidence=kind, asked_from=date(2026, 10, 1), recorded_at=BEGUN) for kind in kinds
    )


@pytest.fixture
def asking(school: School) -> School:
    ask(school.cohort, *Evidence.values)
    return school


def credit(school: School) -> None:
    grant_credit(
        enrollment=school.amira, topics=[], projects=[school.capstone], by=school.cast.ilse, on=date(2026, 3, 1),
        at=SUBMITTED, evidence="Ten years",
    )  # fmt: skip


def told(enrollment: Enrollment, level: int = 1, on: date = NEW_YEAR) -> dict[str, tuple[bool, str]]:
    """What the gate of that level asks beside the curriculum, and how it stands."""
    report = evaluate_all(enrollment, on=on)[level - 1]
    return {
        row.key: (row.met, row.detail) for row in report.requirements if row.key.startswith(("peers-", "portfolio-"))
    }


def test_asks_what_was_chosen_from_the_day_that_was_chosen(school: School) -> None:
    assert told(school.amira) == {}
    ilse, day = school.cast.ilse, date(2026, 12, 1)
    ask_at_gates(cohort=school.cohort, evidence=Evidence.JUDGED, day=day, by=ilse, at=SUBMITTED)
    assert told(school.amira, on=day - timedelta(days=1)) == {}
    assert told(school.amira, on=day) == {"portfolio-judged": (False, "Not yet: File organizer")}
    assert [(row.evidence, row.asked_from) for row in asks_in_force()] == [("portfolio_judged", day)]
    ask_at_gates(cohort=school.cohort, evidence=Evidence.JUDGED, day=None, by=ilse, at=SUBMITTED + timedelta(days=9))
    assert asked_on(school.cohort.pk, day, until=SUBMITTED + timedelta(days=9)) == {"portfolio_judged"}
    assert (told(school.amira), asks_in_force()) == ({}, [])


def test_day_has_to_lie_ahead_and_the_cohort_to_go_on(school: School) -> None:
    given: dict[str, Any] = {"cohort": school.cohort, "evidence": Evidence.JUDGED, "by": school.cast.ada}
    with refused("ask_in_the_past"):
        ask_at_gates(**given, day=SUBMITTED.date(), at=SUBMITTED)
    with pytest.raises(CohortError):
        ask_at_gates(**given, day=date.max, at=SUBMITTED)
    school.cohort.status = Cohort.Status.COMPLETED
    with refused("cohort_over"):
        ask_at_gates(**given, day=NEW_YEAR, at=SUBMITTED)
    assert not GateAsk.objects.exists()


def test_peers_count_once_their_round_is_closed_and_what_one_gave_at_once(asking: School) -> None:
    people = [asking.amira, asking.daan, *others(asking, 1)]
    for enrollment in people:
        hand_in(asking, enrollment=enrollment)
    opened = a_round(asking)
    waiting = "%s of 2 received: what peers write counts once their round is closed"
    assert told(asking.amira) == {
        "peers-received": (False, waiting % 0),
        "peers-given": (False, "0 of 2 written; whoever submits is asked in the next round"),
        "portfolio-judged": (False, "Not yet: File organizer"),
        "portfolio-publishable": (False, "Not yet: File organizer"),
    }
    for review in PeerReview.objects.all():
        write(review)
    assert told(asking.amira)["peers-received"] == (False, waiting % 0)
    assert told(asking.amira)["peers-given"] == (True, "2 written, the last on 24 November 2026")
    close_round(opened=opened, at=SUBMITTED + timedelta(days=3))
    assert told(asking.amira)["peers-received"] == (True, "2 received, the last on 26 November 2026")
    assert told(asking.amira, on=date(2026, 11, 25))["peers-received"][0] is False
    # Level 2 asks for its own.
    assert told(asking.amira, level=2)["peers-given"][0] is False


def test_staff_who_write_in_a_peers_place_are_enough_and_only_the_one_who_wrote_nothing_misses_it(
    asking: School,
) -> None:
    for enrollment in (asking.amira, asking.daan):
        hand_in(asking, enrollment=enrollment)
    opened = a_round(asking)
    write(PeerReview.objects.get(giver=asking.amira))
    close_round(opened=opened, at=SUBMITTED + timedelta(days=3))
    met = {name: {key: row[0] for key, row in told(who).items()} for name, who in vars(asking).items() if who in (
        asking.amira, asking.daan)}  # fmt: skip
    assert [(name, row["peers-received"], row["peers-given"]) for name, row in met.items()] == [
        ("amira", False, True),  # there was one to review, and she did
        ("daan", False, False),
    ]
    for review in PeerReview.objects.for_staff():
        at = SUBMITTED + timedelta(days=4)
        hand_in_peer_review(review=review, marks=PROFICIENT, summary="Runs.", by=asking.cast.ilse, at=at)
    assert told(asking.amira)["peers-received"] == (True, "1 received, the last on 27 November 2026")
    assert told(asking.daan)["peers-received"] == (True, "2 received, the last on 27 November 2026")


def test_portfolio_is_met_by_a_judgement_and_by_one_that_found_it_ready(asking: School) -> None:
    attempt = hand_in(asking)
    judge(attempt, asking)
    judged: dict[str, Any] = {"submission": attempt, "by": asking.cast.joris}
    judge_portfolio(**judged, is_publishable=False, missing="A licence", at=SUBMITTED + timedelta(hours=1))
    last = "The last on 23 November 2026"
    assert told(asking.amira)["portfolio-judged"] == (True, last)
    assert told(asking.amira)["portfolio-publishable"] == (False, "Not yet: File organizer")
    judge_portfolio(**judged, is_publishable=True, at=SUBMITTED + timedelta(hours=2))
    judge_portfolio(**judged, is_publishable=False, missing="A name", at=SUBMITTED + timedelta(days=9))
    assert told(asking.amira)["portfolio-publishable"] == (True, last)
    assert told(asking.daan)["portfolio-judged"][0] is False


def test_credited_projects_show_no_work_to_look_at(asking: School) -> None:
    credit(asking)
    assert set(told(asking.amira).values()) == {
        (True, "Credited without work to review"), (True, "Credited without work to show"),
    }  # fmt: skip


def test_what_was_exchanged_goes_along_to_another_cohort(asking: School) -> None:
    for enrollment in (asking.amira, asking.daan):
        judge(hand_in(asking, enrollment=enrollment), asking)
    opened = a_round(asking, least=1)
    for review in PeerReview.objects.all():
        write(review)
    close_round(opened=opened, at=SUBMITTED + timedelta(days=1, hours=1))
    before = told(asking.amira)
    other = Cohort.objects.get(pk=asking.cohort.pk)
    other.pk, other.slug, other.name, other._state.adding = None, "blended-2027", "Blended 2027", True
    other.save(force_insert=True)
    ask(other, *Evidence.values)
    there = transfer(
        enrollment=asking.amira,
        cohort=other,
        effective_on=date(2026, 11, 26),
        by=None,
        at=SUBMITTED + timedelta(days=3),
    )
    assert told(there) == before
    assert before["peers-given"] == (True, "1 written, the last on 24 November 2026")


PIECES = st.lists(
    st.sampled_from(
        [
            "attempt",
            "pass",
            "changes",
            "open",
            "write",
            "write",
            "staff",
            "close",
            "ready",
            "not_ready",
            "credit",
            "topic",
        ]
    ),
    max_size=9,
)


def add(school: School, kind: str, at: datetime) -> None:
    amira, by = school.amira, school.cast.joris
    attempts = list(school.amira.submissions.order_by("-attempt"))
    match kind:
        case "attempt":
            hand_in(school, at=at)
            hand_in(school, enrollment=school.daan, at=at)
        case "pass" | "changes":
            for attempt in attempts[:1]:
                judge(attempt, school, {"pass": "pass", "changes": "changes_requested"}[kind], at=at)
        case "open":
            due_on = at.date() + timedelta(days=7)
            open_round(cohort=school.cohort, project=school.capstone, due_on=due_on, by=school.cast.ilse, at=at)
        case "write":
            for review in PeerReview.objects.to_write()[:1]:
                write(review, at=at)
        case "staff":
            for review in PeerReview.objects.unwritten_by_staff()[:1]:
                hand_in_peer_review(review=review, marks=PROFICIENT, summary="Runs.", by=school.cast.ilse, at=at)
        case "close":
            for opened in PeerRound.objects.filter(closed_at=None):
                close_round(opened=opened, at=at)
        case "ready" | "not_ready":
            missing = "" if kind == "ready" else "A name"
            for attempt in attempts[:1]:
                judge_portfolio(submission=attempt, is_publishable=kind == "ready", missing=missing, by=by, at=at)
        case "credit":
            credit(school)
        case "topic":
            complete_topic(enrollment=amira, topic=school.topics[0], by=by, on=date(2026, 3, 1))


@settings(max_examples=examples(10), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pieces=PIECES)
def test_adding_evidence_never_makes_a_criterion_unmet(asking: School, pieces: list[str]) -> None:
    undo: Any = transaction.savepoint()
    clock = count(1)

    def met() -> set[tuple[str, str]]:
        return {
            (name, row.key)
            for name, who in (("amira", asking.amira), ("daan", asking.daan))
            for row in evaluate(who, asking.levels[0], on=NEW_YEAR).requirements
            if row.met
        }

    with timezone.override("Europe/Amsterdam"):
        before = met()
        for piece in pieces:
            try:
                with transaction.atomic():
                    add(asking, piece, SUBMITTED + timedelta(hours=next(clock)))
            except (AssessmentError, CohortError):
                continue
            now = met()
            assert before <= now, piece
            before = now
    transaction.savepoint_rollback(undo)


def test_evidence_of_a_decision_is_told_to_every_reader_in_their_language(school: School) -> None:
    ask(school.cohort, Evidence.JUDGED)
    attempt = hand_in(school)
    judge(attempt, school)
    judge_portfolio(submission=attempt, is_publishable=True, by=school.cast.joris, at=SUBMITTED)
    for topic in school.topics:
        complete_topic(enrollment=school.amira, topic=topic, by=school.cast.amira, on=date(2026, 3, 2))
    with translation.override("nl"):
        pass_level(
            enrollment=school.amira, level=school.levels[0], by=school.cast.ilse, on=date(2026, 11, 24),
            at=SUBMITTED + timedelta(days=1),
        )  # fmt: skip
    english = [(row.title, row.detail) for row in evaluate_all(school.amira, on=NEW_YEAR)[0].shown]
    assert english == [
        ("All 2 topics are done or credited", "2 done, 0 of them credited"),
        ("File organizer", "Attempt 1 passed on 23 November 2026, reviewed by Joris Hoekema"),
        ("Capstones judged for the portfolio", "The last on 23 November 2026"),
    ]
    with translation.override("nl"):
        dutch = [(row.title, row.detail) for row in evaluate_all(school.amira, on=NEW_YEAR)[0].shown]
    assert dutch == [
        ("Alle 2 onderwerpen zijn afgerond of vrijgesteld", "2 afgerond, waarvan 0 vrijgesteld"),
        ("File organizer", "Poging 1 geslaagd op 23 november 2026, beoordeeld door Joris Hoekema"),
        ("Capstones beoordeeld voor het portfolio", "De laatste op 23 november 2026"),
    ]


class TestPages:
    def test_admin_asks_and_asks_no_more_and_learners_see_it_coming(
        self, cohort_of_two: School, sign_in: SignIn
    ) -> None:
        cast, soon = cohort_of_two.cast, timezone.localdate() + timedelta(days=30)
        client = sign_in(cast.ada)
        assert "Nothing: every gate asks for what its curriculum asks" in client.get(PAGE).content.decode()
        given = {
            "cohort": str(cohort_of_two.cohort.pk),
            "evidence": "peers_given",
            "day": soon.isoformat(),
            "do": "ask",
        }
        for changes, words in [
            ({"day": ""}, "Choose the first day on which it is asked."),
            ({"day": "2026-01-01"}, "Choose a day to come"),
            ({"evidence": "luck"}, "is not one of the available choices"),
            ({"cohort": str(cohort_of_two.capstone.pk)}, "Select a valid choice"),
        ]:
            response = client.post(PAGE, given | changes)
            assert (response.status_code, words in response.content.decode()) == (422, True)
        html = client.post(PAGE, given, follow=True).content.decode()
        assert "Two reviews written for peers" in html
        own = "/o/lantaarn/gates/"
        assert "Levels that are not passed by then will ask for more:" in sign_in(cast.amira).get(own).content.decode()
        client = sign_in(cast.ada)
        one = queries_of(client, PAGE)
        with scope(cast.organization.pk):
            ask(cohort_of_two.cohort, Evidence.JUDGED, Evidence.PUBLISHABLE)
        assert (queries_of(client, PAGE), one) == (one, one)
        assert one <= 12
        client.post(PAGE, {**given, "day": "", "do": "stop"})
        with scope(cast.organization.pk):
            assert [row.evidence for row in asks_in_force()] == ["portfolio_judged", "portfolio_publishable"]
