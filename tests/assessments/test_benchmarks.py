"""Results on benchmarks: reported with evidence, judged by somebody else, asked at gates, counted over graduates."""

import contextlib
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django import forms
from django.db import DataError, IntegrityError, connection, transaction
from django.test import Client
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Membership, User
from assessments.benchmark_forms import read_figure
from assessments.benchmark_standing import benchmark_view
from assessments.benchmarks import judge_benchmark, report_benchmark, to_verify
from assessments.errors import AssessmentError
from assessments.gates import evaluate
from assessments.models import BenchmarkReport, BenchmarkVerdict, GateAsk, Submission
from assessments.submissions import withdraw
from cohorts.models import Cohort, Enrollment, ProgressEvent
from cohorts.transferring import transfer
from curriculum.models import Benchmark, CurriculumVersion, Project
from notifications.kinds import KINDS
from notifications.models import Message
from organizations.scope import scope
from outcomes.measuring.cases import Reason
from outcomes.measuring.cases import Standing as Stands
from outcomes.measuring.metrics import AsOf
from outcomes.models import TargetKey
from tests.api import body_of, post_json
from tests.assessments.conftest import SUBMITTED, School, hand_in, judge, queries_of
from tests.cohorts.moves import copy_of, fresh, go, pairs_by
from tests.conftest import Cast
from tests.examples import examples
from tests.outcomes.given import a_cohort, a_version, day, finished, graduate, noon, reviewed

SignIn = Callable[[Membership | None], Client]
TODAY = SUBMITTED.date()
LATER = SUBMITTED + timedelta(days=1)
EVIDENCE = "https://wandb.example/amira/run/7"


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django.utils.timezone.now", lambda: LATER)


def accuracy(project: Project, threshold: str = "97") -> Benchmark:
    return Benchmark.objects.create(
        project=project, position=1, metric="accuracy", comparison=">=", threshold=Decimal(threshold), unit="%"
    )


def report(submission: Submission, benchmark: Benchmark, value: str = "97.5", **changes: Any) -> BenchmarkReport:
    given: dict[str, Any] = {
        "submission": submission,
        "benchmark": benchmark,
        "value": Decimal(value),
        "dataset": "MNIST, test set",
        "evidence_url": EVIDENCE,
        "measured_on": TODAY,
        "by": submission.enrollment.learner,
        "at": SUBMITTED,
    }
    return report_benchmark(**given | changes)


def verify(reported: BenchmarkReport, by: Membership, at: Any = LATER, **changes: Any) -> BenchmarkVerdict:
    return judge_benchmark(**{"report": reported, "is_verified": True, "by": by, "at": at} | changes)


def code_of(call: Callable[..., object], *args: Any, **options: Any) -> str:
    with pytest.raises(AssessmentError) as refused:
        call(*args, **options)
    return refused.value.code


def ask_at_gates_of(school: School) -> None:
    begun = SUBMITTED - timedelta(days=60)
    GateAsk.objects.create(cohort=school.cohort, evidence="benchmarks", asked_from=date(2026, 10, 1), recorded_at=begun)


def states(school: School, project: Project | None = None) -> list[tuple[str, list[str]]]:
    found = benchmark_view(project or school.capstone, school.amira)
    return [(one.state, [result.state for result in one.results]) for one in found]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        *(({"value": Decimal(value)}, "benchmark_value") for value in ("NaN", "sNaN", "Infinity", "-Infinity")),
        *(({"value": Decimal(value)}, "benchmark_value") for value in ("1e400", "1e12", "0.1234567", "1e-400")),
        ({"dataset": " "}, "benchmark_dataset"),
        ({"dataset": "x" * 201}, "benchmark_text"),
        ({"evidence_url": ""}, "benchmark_evidence"),
        ({"evidence_url": "http://10.0.0.1/"}, "link_private"),
        ({"measured_on": TODAY + timedelta(days=1)}, "benchmark_day"),
        ({"measured_on": date(1, 1, 1)}, "benchmark_day"),
        ({"measured_on": date(9999, 12, 31)}, "benchmark_day"),
        ({"by": "daan"}, "not_yours"),
    ],
)
def test_what_cannot_be_reported(school: School, changes: dict[str, Any], code: str) -> None:
    if "by" in changes:
        changes = {"by": school.cast.daan}
    assert code_of(report, hand_in(school), accuracy(school.capstone), **changes) == code
    assert not BenchmarkReport.objects.exists()


def test_a_result_belongs_to_an_attempt_that_stands_at_its_project(school: School) -> None:
    benchmark, submission = accuracy(school.capstone), hand_in(school)
    assert code_of(report, submission, accuracy(school.final)) == "benchmark_elsewhere"
    first = report(submission, benchmark)
    assert code_of(report, submission, benchmark, at=LATER) == "benchmark_reported"
    again = report(submission, benchmark, "97.8", at=LATER, note="On the whole set.")
    assert states(school) == [("waiting", ["waiting", "replaced"])]
    assert code_of(verify, first, school.cast.joris) == "benchmark_replaced"
    assert list(to_verify(school.cast.joris)) == [again]
    withdraw(submission=submission, by=school.cast.amira, at=LATER)
    assert code_of(verify, again, school.cast.joris) == "withdrawn"
    assert code_of(report, submission, benchmark, "98") == "withdrawn"
    assert (states(school), list(to_verify(school.cast.joris))) == ([("", [])], [])


def test_somebody_else_verifies_once_and_staff_alone_say_otherwise(school: School) -> None:
    cast, benchmark = school.cast, accuracy(school.capstone)
    submission = hand_in(school)
    first = report(submission, benchmark)
    assert code_of(verify, first, cast.amira) == "not_a_reviewer"
    cast.amira.roles = ["learner", "mentor"]
    assert code_of(verify, first, cast.amira) == "own_work"
    assert code_of(verify, first, cast.joris, is_verified=False) == "benchmark_reason"
    verify(first, cast.joris, is_verified=False, reason="The run is on the training set.")
    assert code_of(verify, first, cast.joris) == "benchmark_judged"
    assert code_of(verify, first, cast.ilse) == "benchmark_reason"
    by_joris = report(submission, benchmark, "96.4", by=cast.joris, at=LATER)
    assert code_of(verify, by_joris, cast.joris) == "own_report"
    assert (list(to_verify(cast.joris)), list(to_verify(cast.ilse))) == ([], [by_joris])
    verify(by_joris, cast.ilse)
    assert states(school) == [("short", ["short", "rejected"])]
    verify(first, cast.ilse, reason="It is the test set after all.", at=LATER + timedelta(hours=1))
    assert states(school) == [("reached", ["short", "reached"])]
    assert BenchmarkVerdict.objects.count() == 3
    told = Message.objects.filter(kind="benchmark_judged").order_by("due_at", "pk")
    assert [KINDS[row.kind].reason_untrue(row, LATER) for row in told] == [
        "Somebody has judged it again since.", "", "",
    ]  # fmt: skip
    assert {row.recipient for row in told} == {cast.amira.user}


def test_the_database_holds_what_the_rules_say(school: School) -> None:
    reported = report(hand_in(school), accuracy(school.capstone))
    for by in (school.cast.amira, reported.recorded_by):
        with pytest.raises(IntegrityError, match="Somebody else"), transaction.atomic():
            BenchmarkVerdict.objects.create(report=reported, is_verified=True, decided_by=by, decided_at=LATER)
    with pytest.raises(IntegrityError, match="rejected_with_reason"), transaction.atomic():
        BenchmarkVerdict.objects.create(
            report=reported, is_verified=False, decided_by=school.cast.joris, decided_at=LATER
        )
    columns = ("organization_id", "submission_id", "benchmark_id", "dataset", "note", "measured_on", "recorded_by_id")
    same = ", ".join((*columns, "recorded_at"))
    for value, url in (("NaN", EVIDENCE), ("Infinity", EVIDENCE), ("1", "")):
        with pytest.raises((IntegrityError, DataError)), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO assessments_benchmarkreport (id, value, evidence_url, {same})"
                f" SELECT gen_random_uuid(), %s::numeric, %s, {same} FROM assessments_benchmarkreport",
                [value, url],
            )


@pytest.mark.parametrize(
    ("language", "text", "value"),
    [
        ("en", "97.2", "97.2"), ("en", " 97,2 % ", "97.2"), ("nl", "97,2", "97.2"), ("nl", "0.975", "0.975"),
        ("en", "-12", "-12"), ("en", "\u221212.5", "-12.5"), ("nl", "1,500", "1.5"), ("en", "1500", "1500"),
        ("en", "1,500", None), ("nl", "1.500", None), ("en", "NaN", None), ("en", "Infinity", None),
        ("en", "1e400", None), ("en", "1e5", None), ("en", "²", None), ("nl", "9" * 30, None),
        ("nl", "0,1234567", None),
        ("en", "1.5.5", None), ("en", "", None),
    ],
)  # fmt: skip
def test_numbers_as_people_write_them(language: str, text: str, value: str | None) -> None:
    with translation.override(language):
        if value is None:
            with pytest.raises(forms.ValidationError):
                read_figure(text)
        else:
            assert read_figure(text) == Decimal(value)


def test_the_gate_asks_where_a_benchmark_is_set_and_asked_for(school: School) -> None:
    benchmark = accuracy(school.capstone)

    def gate() -> tuple[bool, str] | None:
        found = evaluate(school.amira, school.levels[0], on=TODAY + timedelta(days=3)).requirements
        return next(((one.met, one.detail) for one in found if one.key == "benchmarks"), None)

    assert gate() is None
    ask_at_gates_of(school)
    asked = "No verified result yet: File organizer, accuracy: at least 97 %"
    assert gate() == (False, asked)
    assert evaluate(school.amira, school.levels[1], on=TODAY).requirements[-1].key != "benchmarks"
    submission = hand_in(school)
    low = report(submission, benchmark, "90")
    verify(low, school.cast.joris, at=SUBMITTED)
    high = report(submission, benchmark, "97", at=LATER)
    assert gate() == (False, f"{asked} (a result waits to be verified)")
    verify(high, school.cast.joris)
    assert gate() == (True, "Reached and verified: 1 of 1")
    after = LATER + timedelta(hours=1)
    verify(report(submission, benchmark, "80", at=after), school.cast.joris, at=after)
    rejected = report(submission, benchmark, "99", at=after + timedelta(hours=1))
    verify(rejected, school.cast.joris, is_verified=False, reason="No.", at=after + timedelta(hours=1))
    assert gate() == (True, "Reached and verified: 1 of 1")
    verify(high, school.cast.ilse, is_verified=False, reason="Copied.", at=after + timedelta(hours=2))
    assert gate() == (False, asked)
    ProgressEvent.objects.create(
        enrollment=school.amira, project=school.capstone, kind="credited", hours=30, effective_on=TODAY, evidence="Work"
    )
    assert gate() is None


STEPS = st.lists(
    st.tuples(st.sampled_from(["measure", "verify", "reject", "attempt"]), st.integers(90, 99)), max_size=8
)


@settings(max_examples=examples(8), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_no_result_makes_a_benchmark_unmet_that_was_met(school: School, steps: list[tuple[str, int]]) -> None:
    undo: Any = transaction.savepoint()
    benchmark, attempt = accuracy(school.capstone), hand_in(school)
    ask_at_gates_of(school)
    was_met, at = False, SUBMITTED
    for kind, value in steps:
        at += timedelta(minutes=1)
        waiting = to_verify(school.cast.joris).first()
        with contextlib.suppress(AssessmentError), transaction.atomic():
            if kind == "measure":
                report(attempt, benchmark, str(value), at=at)
            elif kind == "attempt":
                judge(attempt, school, "changes_requested", at=at)
                attempt = hand_in(school, at=at)
            elif waiting is not None:
                verify(waiting, school.cast.joris, at=at, is_verified=kind == "verify", reason="Seen.")
        found = evaluate(school.amira, school.levels[0], on=TODAY + timedelta(days=3)).requirements
        is_met = next(one.met for one in found if one.key == "benchmarks")
        assert is_met >= was_met
        was_met = is_met
    transaction.savepoint_rollback(undo)


def test_results_go_along_to_another_version_and_another_cohort(school: School) -> None:
    benchmark = accuracy(school.capstone)
    CurriculumVersion.objects.filter(pk=school.cohort.version_id).update(status="published", published_at=SUBMITTED)
    school.cohort.refresh_from_db()
    fresh(school.amira)
    submission = hand_in(school)
    verify(report(submission, benchmark), school.cast.joris, at=SUBMITTED)
    new, became = copy_of(school.cohort.version, published=False)
    there = Project.objects.get(pk=became[school.capstone.pk])
    stricter = accuracy(there, "99")
    latency = Benchmark.objects.create(
        project=there, position=2, metric="latency", comparison="<=", threshold=200, unit="ms"
    )
    CurriculumVersion.objects.filter(pk=new.pk).update(status="published", published_at=SUBMITTED)

    go(school.cohort, CurriculumVersion.objects.get(pk=new.pk), pairs_by(became, school.cohort.version), at=SUBMITTED)
    fresh(school.amira)

    assert states(school, there) == [("reached", ["reached"]), ("", [])]
    verify(report(submission, latency, "180", at=LATER), school.cast.joris)
    assert states(school, there) == [("reached", ["reached"]), ("reached", ["reached"])]
    ask_at_gates_of(school)
    level = there.level
    found = evaluate(school.amira, level, on=TODAY + timedelta(days=3)).requirements
    assert [(one.met, one.detail) for one in found if one.key == "benchmarks"] == [
        (True, "Reached and verified: 2 of 2")
    ]
    assert stricter.threshold == 99

    values = {field.attname: getattr(school.cohort, field.attname) for field in Cohort._meta.concrete_fields}
    del values["id"]
    other = Cohort.objects.create(**values | {"slug": "utrecht", "name": "Utrecht"})
    continued = transfer(enrollment=school.amira, cohort=other, effective_on=TODAY, by=None, at=LATER)
    assert [one.state for one in benchmark_view(there, continued)] == ["reached", "reached"]


def test_a_learner_reports_on_a_phone_and_a_mentor_verifies(
    cohort_of_two: School, sign_in: SignIn, later: None
) -> None:
    school, cast = cohort_of_two, cohort_of_two.cast
    with scope(cast.organization.pk):
        benchmark = accuracy(school.capstone)
    here, project = (f"/o/lantaarn/projects/{school.capstone.pk}/{end}" for end in ("benchmarks/", ""))
    client = sign_in(cast.amira)
    assert "Hand in an attempt first" in client.get(here).content.decode()
    assert client.get(f"/o/lantaarn/projects/{school.practice.pk}/benchmarks/").status_code == 404
    with scope(cast.organization.pk):
        submission = hand_in(school)
    User.objects.filter(pk=cast.amira.user_id).update(language="nl")
    client = sign_in(cast.amira)
    sent = {"benchmark": benchmark.pk, "evidence": EVIDENCE, "measured_on": TODAY, "dataset": "MNIST", "note": "Zaad 7"}
    for wrong in ({"value": "NaN"}, {"value": "1.500"}, {"value": "97,25", "dataset": ""}):
        refused = client.post(here, sent | wrong)
        assert (refused.status_code, "Zaad 7" in refused.content.decode()) == (422, True)
    assert client.post(here, sent | {"value": "97,25"}).status_code == 302
    assert "97,25 %" in client.get(project).content.decode()

    client, queue = sign_in(cast.joris), "/o/lantaarn/benchmarks/"
    queries = queries_of(client, queue)
    with scope(cast.organization.pk):
        first = BenchmarkReport.objects.get()
        report(hand_in(school, enrollment=school.daan), benchmark, "98")
        newest = report(submission, benchmark, "98.5", by=cast.ilse, at=LATER + timedelta(hours=1))
    assert (queries_of(client, queue), queries <= 12) == (queries, True)
    assert "A newer result was reported since" in client.get(f"{queue}{first.pk}/").content.decode()
    asked = f"{queue}{newest.pk}/"
    page = client.get(asked).content.decode()
    assert all(words in page for words in ("98.5 %", "MNIST", EVIDENCE, "Once verified, the benchmark is reached."))
    refused = client.post(asked, {"answer": "rejected", "reason": ""})
    assert (refused.status_code, "Give the reason" in refused.content.decode()) == (422, True)
    assert client.post(asked, {"answer": "rejected", "reason": "Say <b>which</b> run."}).status_code == 302
    assert "98.5 %" in client.get(f"/o/lantaarn/reviews/{submission.pk}/").content.decode()
    again = sent | {"value": "98,5", "note": "", "measured_on": TODAY}
    assert client.post(f"/o/lantaarn/reviews/{submission.pk}/benchmarks/", again).status_code == 302
    assert "Say &lt;b&gt;which&lt;/b&gt; run." in sign_in(cast.amira).get(project).content.decode()
    ilse = sign_in(cast.ilse)
    assert "was rejected" in ilse.get(f"/o/lantaarn/learners/{school.amira.pk}/timeline/").content.decode()
    assert "Benchmarks to verify" in ilse.get("/o/lantaarn/today/").content.decode()


def test_the_api_reports_and_verifies(cohort_of_two: School, sign_in: SignIn, later: None) -> None:
    school, api = cohort_of_two, "/o/lantaarn/api/"
    with scope(school.cast.organization.pk):
        benchmark = accuracy(school.capstone)
        hand_in(school)
    here, client = f"{api}projects/{school.capstone.pk}/benchmarks/", sign_in(school.cast.amira)
    sent = {"benchmark": str(benchmark.pk), "value": "97.25", "evidence_url": EVIDENCE, "dataset": "MNIST"}
    for value in ("NaN", "Infinity", "1e400", "0.1234567", None, [], True):
        assert "value" in body_of(post_json(client, here, sent | {"value": value}), 422)["errors"]
    other = body_of(post_json(client, here, sent | {"benchmark": str(UUID(int=0))}), 422)
    assert other["code"] == "benchmark_elsewhere"
    made = body_of(post_json(client, here, sent), 201)
    assert (made["value"], made["state"], made["judged_by"]) == ("97.25", "waiting", None)
    client = sign_in(school.cast.joris)
    [row] = body_of(client.get(f"{api}benchmarks/"))["results"]
    assert (row["id"], row["threshold"], row["is_mine"]) == (made["id"], "97", True)
    verdict = f"{api}benchmarks/{made['id']}/verdict/"
    assert body_of(post_json(client, verdict, {"verified": False}), 422)["code"] == "benchmark_reason"
    judged = body_of(post_json(client, verdict, {"verified": True}))
    assert (judged["state"], judged["judged_by"]) == ("reached", school.cast.joris.name)
    [found] = body_of(sign_in(school.cast.amira).get(here))["benchmarks"]
    assert (found["state"], found["comparison"], len(found["results"])) == ("reached", ">=", 1)


def test_graduates_who_reached_every_benchmark(lantaarn: Cast) -> None:
    """Of those with a benchmarked project; without any judged result it is not known, and counts as not reached."""
    version = a_version(levels=2, measured=(1, 2))
    cohort = a_cohort(version, last_level=2)
    benchmarks = list(Benchmark.objects.filter(project__version=version).order_by("project__position"))

    def reach(learner: Enrollment, level: int, value: str, *, on: int = 500, verified: bool | None = True) -> None:
        submission = Submission.objects.filter(enrollment=learner, project__level__number=level).first() or reviewed(
            learner, level, 400, "pass"
        )
        made = BenchmarkReport.objects.create(
            submission=submission, benchmark=benchmarks[level - 1], value=Decimal(value), evidence_url=EVIDENCE,
            measured_on=day(on), recorded_by=learner.learner, recorded_at=noon(on),
        )  # fmt: skip
        if verified is not None:
            BenchmarkVerdict.objects.create(
                report=made, is_verified=verified, reason="Seen", decided_by=lantaarn.joris, decided_at=noon(on)
            )

    every, some, nothing, credited, waits = (graduate(cohort) for _number in range(5))
    for level in (1, 2):
        reach(every, level, "97")
        finished(credited, level, 100, "credited")
    reach(every, 1, "60", on=650)
    reach(some, 1, "98")
    reach(some, 2, "98", verified=False)
    reach(waits, 1, "98", verified=None)

    cases = {case.entry.enrollment_id: case for case in AsOf(day(700)).measure(TargetKey.BENCHMARK).cases}
    assert {pk: (case.standing, case.reason, case.number) for pk, case in cases.items()} == {
        every.pk: (Stands.MET, Reason.ALL_BENCHMARKS, 2),
        some.pk: (Stands.MISSED, Reason.MISSING_BENCHMARKS, 1),
        nothing.pk: (Stands.UNKNOWN, Reason.NO_BENCHMARK_RECORD, None),
        credited.pk: (Stands.EXCLUDED, Reason.NO_BENCHMARKS_ASKED, None),
        waits.pk: (Stands.UNKNOWN, Reason.NO_BENCHMARK_RECORD, None),
    }
    measure = AsOf(day(700)).measure(TargetKey.BENCHMARK)
    assert (measure.counts.numerator, measure.counts.denominator, measure.counts.unknown) == (1, 4, 2)
    before = {case.entry.enrollment_id: case.standing for case in AsOf(day(550)).measure(TargetKey.BENCHMARK).cases}
    assert set(before.values()) == {Stands.PENDING}
