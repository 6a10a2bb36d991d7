"""How the tests of a handed-in commit stand, from what was told of it, and what gates ask of that."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from assessments.automated_tests import ask_from, commit_of, ever_passed, record_by_hand, reports_on, state_of
from assessments.gates import evaluate
from assessments.models import AutomatedTest, AutomatedTestPolicy, RepositoryLook, Submission
from curriculum.models import VerificationMethod
from tests.assessments.conftest import SUBMITTED, School, hand_in, judge
from tests.assessments.repository_host import SHA
from tests.assessments.test_submissions import refused
from tests.examples import examples

GITHUB = {"repository": "https://github.com/amira/rag-eval"}
OTHER_SHA = "2" * 40


def report(state: str = "passed", *, minutes: int = 0, **fields: Any) -> AutomatedTest:
    given = {
        "repository": "github.com/amira/rag-eval",
        "commit": SHA,
        "state": state,
        "source": "webhook",
        "name": "tests",
        "reported_at": SUBMITTED + timedelta(minutes=minutes),
    }
    return AutomatedTest(**given | fields)


def look_at(submission: Submission, commit: str = SHA, *, minutes: int = 1, **fields: Any) -> None:
    RepositoryLook.objects.create(
        link=submission.links.get(), outcome="found", commit=commit, looked_at=SUBMITTED + timedelta(minutes=minutes),
        **fields,
    )  # fmt: skip


def reload(submission: Submission) -> Submission:
    return Submission.objects.with_feedback().get(pk=submission.pk)


@pytest.mark.parametrize(
    ("links", "commit", "looks", "number"),
    [
        (GITHUB, SHA[:7].upper(), [], SHA[:7]),
        (GITHUB, SHA[:7], [SHA], SHA),
        (GITHUB, "v1.0", [], None),
        (GITHUB, "v1.0", [SHA], SHA),
        # Nothing was named: what was the last at the first look was handed in, and not what is pushed since.
        (GITHUB, "", [SHA, OTHER_SHA], SHA),
        (GITHUB, "", ["", OTHER_SHA], OTHER_SHA),
        ({"repository": f"{GITHUB['repository']}/tree/{SHA}"}, "", [], SHA),
        ({"notebook": "https://nb.example/1"}, SHA, [], None),
    ],
)
def test_commit_that_was_handed_in(
    school: School, links: dict[str, str], commit: str, looks: list[str], number: str | None
) -> None:
    submission = hand_in(school, project=school.practice, links=links, commit=commit)
    for minutes, told in enumerate(looks):
        look_at(submission, told, minutes=minutes)
    found = commit_of(reload(submission))
    assert found is None if number is None else found is not None and found.number == number


def test_reports_stand_with_the_attempt_whose_commit_it_is(school: School) -> None:
    first = hand_in(school, links=GITHUB, commit=SHA[:9])
    judge(first, school, "changes_requested")
    second = hand_in(school, links=GITHUB, commit=OTHER_SHA, at=SUBMITTED + timedelta(days=1))
    AutomatedTest.objects.bulk_create([
        report("failed"),
        report(commit=OTHER_SHA),
        report(commit="3" * 40),
        report(repository="github.com/daan/rag-eval"),
    ])  # fmt: skip
    found = reports_on([reload(first), reload(second)])
    assert {pk: [row.state for row in rows] for pk, rows in found.items()} == {
        first.pk: ["failed"],
        second.pk: ["passed"],
    }


@pytest.mark.parametrize(
    ("reports", "state"),
    [
        ([], ""),
        ([{"state": "running"}, {"state": "passed", "minutes": 1}], "passed"),
        # Told late: what was earlier does not count.
        ([{"state": "passed", "minutes": 1}, {"state": "running"}], "passed"),
        ([{"state": "passed"}, {"state": "failed", "name": "lint"}], "failed"),
        ([{"state": "passed"}, {"state": "running", "name": "lint"}], "running"),
        ([{"state": "failed", "source": "host"}, {"state": "passed", "minutes": 1}], "passed"),
        ([{"state": "failed"}, {"state": "passed", "source": "by_hand", "minutes": 1}], "passed"),
        ([{"state": "passed", "source": "by_hand"}, {"state": "failed", "minutes": 1}], "failed"),
    ],
)
def test_state_of_what_was_told(reports: list[dict[str, Any]], state: str) -> None:
    assert state_of(report(**one) for one in reports)[0] == state


TOLD = st.tuples(
    st.sampled_from(["passed", "failed", "running"]),
    st.sampled_from(range(10)),
    st.sampled_from(["tests", "lint"]),
    st.sampled_from(["webhook", "host", "by_hand"]),
)


@settings(max_examples=examples(60), deadline=None)
@given(st.lists(TOLD, max_size=7))
def test_more_reports_never_undo_that_tests_passed(told: list[tuple[str, int, str, str]]) -> None:
    reports = [report(state, minutes=minutes, name=name, source=source) for state, minutes, name, source in told]
    passed = [ever_passed(reports[:end]) is not None for end in range(len(reports) + 1)]
    assert passed == sorted(passed)


def test_reviewer_records_what_they_saw(school: School) -> None:
    submission = reload(hand_in(school, links=GITHUB, commit=SHA))
    record_by_hand(
        submission=submission, state="passed", evidence_url="https://ci.example/7?utm_source=x", by=school.cast.joris,
        at=SUBMITTED,
    )  # fmt: skip
    assert AutomatedTest.objects.values(
        "repository", "commit", "state", "source", "evidence_url", "submission", "recorded_by"
    ).get() == {
        "repository": "github.com/amira/rag-eval", "commit": SHA, "state": "passed", "source": "by_hand",
        "evidence_url": "https://ci.example/7", "submission": submission.pk, "recorded_by": school.cast.joris.pk,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("who", "state", "evidence", "code"),
    [
        ("amira", "passed", "https://ci.example/7", "own_tests"),
        ("daan", "passed", "https://ci.example/7", "own_tests"),
        ("joris", "running", "https://ci.example/7", "tests_state"),
        ("joris", "passed", " ", "tests_evidence"),
        ("joris", "passed", "http://localhost/", "link_private"),
    ],
)
def test_what_nobody_may_record(school: School, who: str, state: str, evidence: str, code: str) -> None:
    submission = reload(hand_in(school))
    with refused(code):
        record_by_hand(
            submission=submission, state=state, evidence_url=evidence, by=getattr(school.cast, who), at=SUBMITTED
        )
    assert not AutomatedTest.objects.exists()


class TestGate:
    """The gate of level 1 asks for the capstone; the curriculum and the organization may ask for its tests too."""

    @pytest.fixture
    def asking(self, school: School) -> School:
        VerificationMethod.objects.create(
            version=school.cohort.version, position=1, title="Automated Testing", text="Unit tests for all projects"
        )
        # As it stands for cohorts that start after it was chosen; this one started before, so that it is written here.
        AutomatedTestPolicy.objects.create(asked_from=school.cohort.starts_on)
        return school

    def requirement(self, school: School) -> tuple[bool, str] | None:
        report = evaluate(school.amira, school.levels[0], on=timezone.localdate() + timedelta(days=1))
        found = [row for row in report.requirements if row.key == "automated-tests"]
        return (found[0].met, found[0].detail) if found else None

    def test_asks_nothing_unless_both_ask(self, school: School) -> None:
        assert self.requirement(school) is None
        AutomatedTestPolicy.objects.create(asked_from=school.cohort.starts_on)
        assert self.requirement(school) is None
        VerificationMethod.objects.create(
            version=school.cohort.version, position=1, title="Geautomatiseerde tests", text="Voor alle projecten"
        )
        assert self.requirement(school) == (False, "No accepted attempt whose tests passed yet: File organizer")
        AutomatedTestPolicy.objects.create(asked_from=school.cohort.starts_on + timedelta(days=1))
        assert self.requirement(school) is None
        AutomatedTestPolicy.objects.create(asked_from=None)
        assert self.requirement(school) is None

    def test_is_met_by_an_accepted_attempt_whose_tests_passed(self, asking: School) -> None:
        submission = hand_in(asking, links=GITHUB, commit=SHA)
        report().save()
        assert self.requirement(asking) == (False, "No accepted attempt whose tests passed yet: File organizer")
        judge(submission, asking)
        met = (True, "Passed, the last on 23 November 2026")
        assert self.requirement(asking) == met
        # What fails later does not close it again.
        report("failed", minutes=60).save()
        assert self.requirement(asking) == met

    def test_day_to_choose_lies_ahead(self, school: School) -> None:
        today = date(2026, 11, 23)
        with refused("policy_in_the_past"):
            ask_from(day=today, by=school.cast.ada, today=today)
        ask_from(day=today + timedelta(days=1), by=school.cast.ada, today=today)
        ask_from(day=None, by=school.cast.ada, today=today)
        assert list(AutomatedTestPolicy.objects.order_by("recorded_at").values_list("asked_from", flat=True)) == [
            date(2026, 11, 24), None,
        ]  # fmt: skip
