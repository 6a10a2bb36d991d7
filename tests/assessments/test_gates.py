from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from assessments import criteria
from assessments.certificates import certificates_of
from assessments.criteria import Place, Question, Requirement
from assessments.errors import AssessmentError
from assessments.gates import (
    consequences_of,
    evaluate,
    evaluate_all,
    evaluate_many,
    latest_decisions,
    pass_level,
    revoke,
)
from assessments.models import LevelDecision
from cohorts.history import record_status
from cohorts.models import EnrollmentEvent
from cohorts.progress import complete_topic, credit_topic, reopen_topic
from notifications.models import Message
from tests.assessments.conftest import SUBMITTED, School, hand_in, judge
from tests.assessments.test_submissions import refused

TODAY = date(2026, 11, 24)
AT = datetime(2026, 11, 24, 12, tzinfo=UTC)


def finish_first_level(school: School) -> None:
    loops, paths = school.topics
    complete_topic(enrollment=school.amira, topic=loops, by=school.cast.amira, on=date(2026, 3, 2))
    credit_topic(enrollment=school.amira, topic=paths, by=school.cast.ilse, on=date(2026, 3, 2), evidence="Diploma")
    judge(hand_in(school), school)


def pass_first_level(school: School, **changes: object) -> LevelDecision:
    given = {"enrollment": school.amira, "level": school.levels[0], "by": school.cast.ilse, "on": TODAY, "at": AT}
    given |= {"approved_by": school.cast.ada}
    return pass_level(**given | changes)  # type: ignore[arg-type]


def test_gate_says_what_each_criterion_needs(school: School) -> None:
    complete_topic(enrollment=school.amira, topic=school.topics[0], by=school.cast.amira, on=date(2026, 3, 2))
    report = evaluate(school.amira, school.levels[0], on=TODAY)
    assert [(each.key, each.title, each.met, each.detail) for each in report.requirements] == [
        ("topics", "All 2 topics are done or credited", False, "1 topic to go: Paths"),
        (f"project-{school.capstone.pk}", "File organizer", False, "A passing review of this capstone is needed"),
    ]
    assert not report.is_met


def test_gate_is_met_by_work_credit_and_passing_reviews(school: School) -> None:
    finish_first_level(school)
    first, last = evaluate_all(school.amira, on=TODAY)
    assert [(each.title, each.met, each.detail) for each in first.requirements] == [
        ("All 2 topics are done or credited", True, "2 done, 1 of them credited"),
        ("File organizer", True, "Attempt 1 passed on 23 November 2026, reviewed by Joris Hoekema"),
    ]
    assert first.is_met
    assert [(each.title, each.met) for each in last.requirements] == [
        ("Level 1 passed", False),
        ("Evaluation harness", False),
    ]


def test_gate_is_a_function_of_the_day(school: School) -> None:
    finish_first_level(school)
    assert not evaluate(school.amira, school.levels[0], on=date(2026, 3, 1)).requirements[0].met
    assert evaluate(school.amira, school.levels[0], on=date(2026, 3, 2)).requirements[0].met
    assert not evaluate(school.amira, school.levels[0], on=SUBMITTED.date() - timedelta(days=1)).is_met
    assert evaluate(school.amira, school.levels[0], on=SUBMITTED.date()).is_met


def test_topic_that_was_reopened_is_missing_again(school: School) -> None:
    finish_first_level(school)
    reopen_topic(enrollment=school.amira, topic=school.topics[0], by=school.cast.amira, on=date(2026, 5, 1))
    assert [each.key for each in evaluate(school.amira, school.levels[0], on=TODAY).missing] == ["topics"]


def test_practice_projects_and_other_peoples_reviews_do_not_count(school: School) -> None:
    judge(hand_in(school, project=school.practice), school)
    judge(hand_in(school, enrollment=school.daan), school)
    missing = evaluate(school.amira, school.levels[0], on=TODAY).missing
    assert [each.title for each in missing] == ["All 2 topics are done or credited", "File organizer"]


def test_passing_records_the_evidence_as_it_stood(school: School) -> None:
    finish_first_level(school)
    decision = pass_first_level(school)
    assert (decision.outcome, decision.effective_on, decision.recorded_by, decision.override_reason) == (
        "passed",
        TODAY,
        school.cast.ilse,
        "",
    )
    assert decision.evidence == [
        {
            "key": "topics",
            "title": {
                "text": "The %(count)s topic is done or credited",
                "plural": "All %(count)s topics are done or credited",
                "count": 2,
                "values": {"count": 2},
            },
            "met": True,
            "detail": {
                "text": "%(done)s done, %(credited)s of them credited",
                "values": {"done": 2, "credited": 1},
            },
        },
        {
            "key": f"project-{school.capstone.pk}",
            "title": "File organizer",
            "met": True,
            "detail": {
                "parts": [
                    {
                        "text": "Attempt %(attempt)s passed on %(day)s, reviewed by %(name)s",
                        "values": {"attempt": 1, "day": {"day": "2026-11-23"}, "name": "Joris Hoekema"},
                    }
                ]
            },
        },
    ]
    # What was kept before is words in one language, and is shown as it is.
    before = {"key": "topics", "title": "Alle onderwerpen", "met": True, "detail": "2 klaar"}
    kept = Requirement.from_evidence(before)
    assert (kept.evidence(), kept.title) == (before, "Alle onderwerpen")
    assert evaluate(school.amira, school.levels[0], on=TODAY).passed_on == TODAY
    assert evaluate(school.amira, school.levels[1], on=TODAY).requirements[0].met


def test_missing_criteria_need_an_override_with_a_reason(school: School) -> None:
    with refused("gate_not_met"):
        pass_first_level(school, override_reason="  ")
    with refused("gate_not_met"):
        pass_first_level(school, override_reason="Taught this for ten years", approved_by=None)
    assert not LevelDecision.objects.exists()
    decision = pass_first_level(school, override_reason="Taught this for ten years")
    assert (decision.override_reason, decision.approved_by) == ("Taught this for ten years", school.cast.ada)
    assert [item["met"] for item in decision.evidence] == [False, False]


def test_reason_is_not_kept_where_none_was_needed(school: School) -> None:
    finish_first_level(school)
    decision = pass_first_level(school, override_reason="Just because")
    assert (decision.override_reason, decision.approved_by) == ("", None)


def test_level_is_passed_once(school: School) -> None:
    finish_first_level(school)
    pass_first_level(school)
    with refused("already_passed"):
        pass_first_level(school)


def test_gate_is_decided_on_days_that_have_come(school: School) -> None:
    finish_first_level(school)
    with refused("day_to_come"):
        pass_first_level(school, on=TODAY + timedelta(days=1))
    almost = datetime(2026, 11, 24, 23, 30, tzinfo=UTC)  # the 25th, in Amsterdam
    assert pass_first_level(school, on=TODAY + timedelta(days=1), at=almost).effective_on == date(2026, 11, 25)


def test_last_level_graduates_the_learner(school: School) -> None:
    finish_first_level(school)
    pass_first_level(school)
    judge(hand_in(school, project=school.final), school)
    pass_first_level(school, level=school.levels[1])
    school.amira.refresh_from_db()
    assert (school.amira.status, school.amira.status_since) == ("graduated", TODAY)
    assert (
        EnrollmentEvent.objects.filter(enrollment=school.amira).order_by("sequence").last().recorded_by
        == school.cast.ilse
    )  # type: ignore[union-attr]


def test_earlier_level_graduates_nobody(school: School) -> None:
    finish_first_level(school)
    pass_first_level(school)
    school.amira.refresh_from_db()
    assert school.amira.status == "active"


def test_failed_graduation_leaves_no_decision(school: School) -> None:
    record_status(
        enrollment=school.amira, to="withdrawn", effective_on=date(2026, 11, 1), reason="work", by=school.cast.ilse
    )
    with pytest.raises(Exception, match="cannot become"):
        pass_first_level(school, level=school.levels[1], override_reason="Anyway")
    assert not LevelDecision.objects.exists()


def test_pass_is_taken_back_by_another_fact(school: School) -> None:
    finish_first_level(school)
    passed = pass_first_level(school, on=date(2026, 11, 23))
    with refused("reason_needed"):
        revoke(enrollment=school.amira, level=school.levels[0], by=school.cast.ilse, on=TODAY, at=AT, reason=" ")
    revoked = revoke(
        enrollment=school.amira, level=school.levels[0], by=school.cast.ada, on=TODAY, at=AT, reason="Plagiarism"
    )
    assert list(LevelDecision.objects.order_by("effective_on")) == [passed, revoked]
    assert revoked.override_reason == "Plagiarism"
    assert evaluate(school.amira, school.levels[0], on=TODAY).passed_on is None
    assert evaluate(school.amira, school.levels[0], on=date(2026, 11, 23)).passed_on == date(2026, 11, 23)
    again = pass_first_level(school)
    assert latest_decisions(school.amira, on=TODAY) == {school.levels[0].pk: again}


def test_what_is_not_passed_cannot_be_taken_back(school: School) -> None:
    with refused("not_passed"):
        revoke(enrollment=school.amira, level=school.levels[0], by=school.cast.ilse, on=TODAY, at=AT, reason="x")


def test_decisions_are_made_in_order(school: School) -> None:
    pass_first_level(school, override_reason="Knows it")
    with refused("before_last_decision"):
        revoke(
            enrollment=school.amira,
            level=school.levels[0],
            by=school.cast.ilse,
            on=date(2026, 11, 1),
            at=AT,
            reason="x",
        )


def test_pass_below_a_later_pass_stays(school: School) -> None:
    school.cohort.last_level = 3
    school.cohort.save()
    for level in school.levels:
        pass_first_level(school, level=level, override_reason="Knows it")
    with refused("later_level_passed"):
        revoke(enrollment=school.amira, level=school.levels[0], by=school.cast.ilse, on=TODAY, at=AT, reason="x")


def test_taking_the_last_level_back_takes_the_graduation_back(school: School) -> None:
    for level in school.levels:
        pass_first_level(school, level=level, override_reason="Knows it")
    reports = evaluate_all(school.amira, on=TODAY)
    school.amira.refresh_from_db()
    hanging = consequences_of(school.amira, reports, certificates_of(school.amira))
    first, last = (hanging[level.pk] for level in school.levels)
    assert (first.later, first.graduated_on, last.later, last.graduated_on) == ((2,), TODAY, (), TODAY)
    assert [one.title for one in last.certificates] == ["AI engineer", "Engineer"]
    revoke(enrollment=school.amira, level=school.levels[1], by=school.cast.ilse, on=TODAY, at=AT, reason="Copied")
    school.amira.refresh_from_db()
    assert school.amira.status == "active"
    assert [(one.title, one.is_valid) for one in certificates_of(school.amira)] == [
        ("AI engineer", False),
        ("Engineer", False),
        ("Foundations", True),
    ]
    assert [(message.kind, message.recipient) for message in Message.objects.order_by("pk")] == [
        ("level_decided", school.amira.learner.user)
    ] * 3


def test_level_outside_the_cohort_is_refused(school: School) -> None:
    school.cohort.last_level = 1
    school.cohort.save()
    with pytest.raises(AssessmentError, match="not part of the learner’s cohort"):
        pass_first_level(school, level=school.levels[1], override_reason="x")


def test_all_gates_take_as_many_queries_as_one(school: School, django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
    finish_first_level(school)
    school.amira.cohort  # noqa: B018 - known to every caller
    with django_assert_num_queries(11):
        evaluate_all(school.amira, on=TODAY)
    with django_assert_num_queries(11):
        evaluate(school.amira, school.levels[0], on=TODAY)
    school.daan.cohort  # noqa: B018
    with django_assert_num_queries(11):
        both = evaluate_many([school.amira, school.daan], on=TODAY)
    assert both == {person.pk: evaluate_all(person, on=TODAY) for person in (school.amira, school.daan)}
    assert [[report.is_met for report in reports] for reports in both.values()] == [[True, False], [False, False]]


def test_each_kind_of_evidence_adds_what_it_asks(school: School) -> None:
    def of_level_one(question: Question) -> Iterator[tuple[UUID, UUID, Requirement]]:
        for enrollment, level, projects in question.asked():
            if level.number == 1:
                titles = ", ".join(project.title for project in projects)
                place = Place("assessments:review", (str(enrollment.pk),))
                yield (
                    enrollment.pk,
                    level.pk,
                    Requirement(key="talk", title="A talk", met=False, detail=titles, staff_place=place),
                )

    criteria.register(position=7)(of_level_one)
    try:
        first, last = evaluate_all(school.amira, on=TODAY)
    finally:
        criteria.unregister(of_level_one)
    talk = first.requirements[-1]
    assert (talk.key, talk.detail) == ("talk", "File organizer")
    assert talk.staff_place is not None
    assert talk.staff_place.url("lantaarn") == f"/o/lantaarn/reviews/{school.amira.pk}/"
    assert talk.evidence() == {"key": "talk", "title": "A talk", "met": False, "detail": "File organizer"}
    assert "talk" not in [each.key for each in last.requirements]
