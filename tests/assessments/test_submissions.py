from datetime import UTC, date, datetime, timedelta

import pytest

from assessments.errors import AssessmentError
from assessments.models import Submission
from assessments.reviewing import CLAIM, claim
from assessments.submissions import submit, withdraw
from cohorts.history import record_status
from curriculum.models import Curriculum, CurriculumVersion, Level, Project
from tests.assessments.conftest import SUBMITTED, School, hand_in, judge

LATER = SUBMITTED + timedelta(days=1)


def refused(code: str) -> "pytest.RaisesExc[AssessmentError]":
    return pytest.raises(AssessmentError, check=lambda error: error.code == code)


def test_submission_records_what_was_given(school: School) -> None:
    submission = hand_in(
        school,
        links={"repository": "git@git.example:amira/rag-eval.git", "deployment": "https://demo.example/", "video": " "},
        commit=" 7c1e9f2 ",
        note="See tests/test_holdout.py.",
        checklist=[{"text": "Reads and writes files", "done": True}],
    )
    assert (submission.attempt, submission.commit, submission.note) == (1, "7c1e9f2", "See tests/test_holdout.py.")
    assert submission.checklist == [{"text": "Reads and writes files", "done": True}]
    assert list(submission.links.order_by("kind").values_list("kind", "url", "normalized_url")) == [
        ("deployment", "https://demo.example/", "https://demo.example/"),
        ("repository", "git@git.example:amira/rag-eval.git", "https://git.example/amira/rag-eval"),
    ]


def test_links_are_looked_at_once_the_submission_is_committed(
    school: School, django_capture_on_commit_callbacks, monkeypatch: pytest.MonkeyPatch
) -> None:  # type: ignore[no-untyped-def]
    sent = []
    monkeypatch.setattr(
        "celery.current_app.send_task", lambda name, *_args, **options: sent.append((name, options.get("args")))
    )
    with django_capture_on_commit_callbacks(execute=True):
        submission = hand_in(school)
        assert sent == []
    organization_id = str(school.cast.organization.pk)
    looks = [args for name, args in sent if name == "assessments.tasks.check_links"]
    assert looks == [[organization_id, str(submission.pk)]]


def test_capstone_needs_a_repository(school: School) -> None:
    with refused("repository_needed"):
        hand_in(school, links={"deployment": "https://demo.example/"})


def test_practice_project_is_content_with_any_link(school: School) -> None:
    submission = hand_in(school, project=school.practice, links={"notebook": "https://nb.example/1"})
    assert submission.links.get().kind == "notebook"
    with refused("link_needed"):
        hand_in(school, enrollment=school.daan, project=school.practice, links={})


def test_private_link_is_refused_and_nothing_is_recorded(school: School) -> None:
    with refused("link_private"):
        hand_in(school, links={"repository": "http://192.168.1.10/rag-eval"})
    assert not Submission.objects.exists()


def test_one_attempt_waits_at_a_time(school: School) -> None:
    hand_in(school)
    with refused("attempt_waiting"):
        hand_in(school)
    assert hand_in(school, enrollment=school.daan).attempt == 1


@pytest.mark.parametrize("verdict", ["changes_requested", "fail"])
def test_after_changes_were_requested_comes_a_new_attempt(school: School, verdict: str) -> None:
    first = hand_in(school)
    judge(first, school, verdict)
    assert hand_in(school, at=LATER).attempt == 2
    assert list(Submission.objects.order_by("attempt").values_list("attempt", "submitted_at")) == [
        (1, SUBMITTED),
        (2, LATER),
    ]


def test_nothing_is_left_to_submit_after_a_pass(school: School) -> None:
    judge(hand_in(school), school)
    with refused("already_passed"):
        hand_in(school, at=LATER)


def test_only_active_learners_submit(school: School) -> None:
    record_status(
        enrollment=school.amira, to="on_leave", effective_on=date(2026, 11, 1), returns_on=date(2027, 1, 1), by=None
    )
    with refused("not_active"):
        hand_in(school)


def test_somebody_else_does_not_submit_for_a_learner_but_staff_may(school: School) -> None:
    with refused("not_yours"):
        hand_in(school, by=school.cast.daan)
    assert hand_in(school, by=school.cast.ilse).submitted_by == school.cast.ilse


def test_project_of_another_curriculum_is_refused(school: School) -> None:
    other = CurriculumVersion.objects.create(
        curriculum=Curriculum.objects.create(slug="web", title="Web"), number=1, title="Web"
    )
    level = Level.objects.create(version=other, number=1, title="HTML", hours=1)
    project = Project.objects.create(version=other, level=level, position=1, kind="practice_project", title="Page")
    with refused("other_curriculum"):
        hand_in(school, project=project)


def test_project_beyond_the_cohorts_levels_is_refused(school: School) -> None:
    school.cohort.last_level = 1
    school.cohort.save()
    with refused("other_curriculum"):
        hand_in(school, project=school.final)


def test_withdrawn_attempt_stays_on_record_and_keeps_its_number(school: School) -> None:
    first = hand_in(school)
    withdraw(submission=first, by=school.cast.amira, at=LATER)
    assert not Submission.objects.awaiting_review().exists()
    assert hand_in(school, at=LATER).attempt == 2
    assert list(Submission.objects.order_by("attempt").values_list("attempt", "withdrawn_at")) == [
        (1, LATER),
        (2, None),
    ]
    with refused("already_withdrawn"):
        withdraw(submission=first, by=school.cast.amira, at=LATER)


def test_withdraw_is_too_late_once_a_review_is_being_written(school: School) -> None:
    submission = hand_in(school)
    claim(submission=submission, reviewer=school.cast.joris, at=LATER)
    with refused("in_review"):
        withdraw(submission=submission, by=school.cast.amira, at=LATER + timedelta(minutes=5))
    withdrawn = withdraw(submission=submission, by=school.cast.amira, at=LATER + CLAIM)
    assert withdrawn.standing(at=LATER + CLAIM) == "withdrawn"


def test_decided_attempt_cannot_be_withdrawn(school: School) -> None:
    submission = hand_in(school)
    judge(submission, school, "changes_requested")
    with refused("already_decided"):
        withdraw(submission=submission, by=school.cast.amira, at=LATER)


def test_only_the_learner_and_staff_withdraw(school: School) -> None:
    submission = hand_in(school)
    with refused("not_yours"):
        withdraw(submission=submission, by=school.cast.joris, at=LATER)
    assert withdraw(submission=submission, by=school.cast.ilse, at=LATER).withdrawn_at == LATER


def test_submit_takes_the_time_it_is_given(school: School) -> None:
    at = datetime(2026, 3, 1, 12, tzinfo=UTC)
    submission = submit(
        enrollment=school.amira,
        project=school.capstone,
        links={"repository": "https://git.example/a/b"},
        by=school.cast.amira,
        at=at,
    )
    assert submission.submitted_at == at
