from datetime import timedelta
from typing import Any

import pytest

from assessments.drafts import LONGEST_DRAFT, Given, draft_of, save_draft, start_of
from assessments.errors import AssessmentError, DraftConflict
from assessments.models import SubmissionDraft
from assessments.projects import attempts_at
from assessments.submissions import Seen, withdraw
from cohorts.models import Cohort
from cohorts.transferring import transfer, undo_transfer
from curriculum.models import CurriculumVersion
from tests.assessments.conftest import SUBMITTED, School, hand_in, judge
from tests.cohorts.moves import back, copy_of, go, pairs_by

HALF = Given(links={"repository": ["git@git.example"]}, note="See tests/te", done=["Has a command line"])


def save(school: School, given: Given = HALF, **changes: Any) -> SubmissionDraft:
    options = {"enrollment": school.amira, "project": school.capstone, "by": school.cast.amira, "at": SUBMITTED}
    return save_draft(given=given, **options | changes)


def test_draft_is_kept_as_typed_and_goes_with_the_attempt(school: School) -> None:
    save(school)
    again = save(school, {**HALF, "note": "See \x00tests"}, at=SUBMITTED + timedelta(minutes=1))
    kept = SubmissionDraft.objects.get()
    assert (kept.pk, kept.revision, kept.given) == (again.pk, 2, {**HALF, "note": "See tests"})
    assert kept.saved_at == SUBMITTED + timedelta(minutes=1)
    hand_in(school, project=school.practice)
    assert draft_of(school.amira, school.capstone) == kept
    hand_in(school)
    assert not SubmissionDraft.objects.exists()


def test_second_window_does_not_write_over_what_it_has_not_seen(school: School) -> None:
    phone, laptop = Seen(page="phone"), Seen(page="laptop")
    first = save(school, seen=phone)
    with pytest.raises(DraftConflict) as conflict:
        save(school, {"note": "From the laptop"}, seen=laptop)
    assert (conflict.value.revision, conflict.value.saved_at) == (first.revision, SUBMITTED)
    with pytest.raises(DraftConflict):
        hand_in(school, seen=laptop)
    # What the phone had on its way when it saved again is its own, and what says the same is no conflict.
    assert save(school, {**HALF, "note": "See tests/test_cli.py"}, seen=phone).revision == 2
    assert save(school, {**HALF, "note": "See tests/test_cli.py"}, seen=laptop).page == "laptop"
    assert save(school, {"note": "From the laptop"}, seen=Seen(3, "phone")).given == {"note": "From the laptop"}
    assert hand_in(school, seen=Seen(4, "laptop")).attempt == 1


def test_draft_is_refused_where_nothing_can_be_handed_in(school: School) -> None:
    hand_in(school)
    for code, changes in {
        "attempt_waiting": {},
        "not_yours": {"by": school.cast.ilse},
        "draft_too_long": {"project": school.practice, "given": Given(note="x" * LONGEST_DRAFT)},
    }.items():
        with pytest.raises(AssessmentError, check=lambda error, code=code: error.code == code):  # type: ignore[misc]
            save(school, **changes)
    assert not SubmissionDraft.objects.exists()


def test_draft_goes_along_to_what_the_project_became_and_back(school: School) -> None:
    save(school)
    CurriculumVersion.objects.filter(pk=school.cohort.version_id).update(status="published", published_at=SUBMITTED)
    school.cohort.refresh_from_db()
    new, became = copy_of(school.cohort.version)
    go(school.cohort, new, pairs_by(became, school.cohort.version), at=SUBMITTED)
    draft = SubmissionDraft.objects.get()
    assert (draft.project_id, draft.given) == (became[school.capstone.pk], HALF)
    back(school.cohort, at=SUBMITTED + timedelta(hours=1))
    assert SubmissionDraft.objects.get().project_id == school.capstone.pk


def test_draft_goes_along_to_another_cohort_and_back_and_replaces_none(school: School) -> None:
    save(school)
    other = Cohort.objects.get(pk=school.cohort.pk)
    other.pk, other.slug, other.name, other._state.adding = None, "blended-2027", "Blended 2027", True
    other.save(force_insert=True)
    at = SUBMITTED + timedelta(days=1)
    there = transfer(enrollment=school.amira, cohort=other, effective_on=at.date(), by=None, at=at)
    assert SubmissionDraft.objects.get().enrollment_id == there.pk
    later = save(school, {"note": "Written there"}, enrollment=there, project=school.practice, at=at)
    here = undo_transfer(enrollment=there, by=None, at=at)
    assert {(draft.enrollment_id, draft.project_id) for draft in SubmissionDraft.objects.all()} == {
        (here.pk, school.capstone.pk), (here.pk, later.project_id),
    }  # fmt: skip


def test_next_attempt_starts_from_the_last(school: School) -> None:
    links = {"repository": "https://git.example/a/b", "video": ["https://v.example/1", "https://v.example/2"]}
    checklist = [{"text": "Reads and writes files", "done": True}, {"text": "Has a command line", "done": False}]
    attempt = hand_in(school, links=links, commit="v1", note="Look here.", checklist=checklist)
    kept = {"repository": ["https://git.example/a/b"], "video": ["https://v.example/1", "https://v.example/2"]}
    assert start_of(attempts_at(school.capstone, school.amira)) == {"links": kept}
    withdraw(submission=attempt, by=school.cast.amira, at=SUBMITTED)
    assert start_of(attempts_at(school.capstone, school.amira)) == {
        "links": kept,
        "commit": "v1",
        "note": "Look here.",
        "done": ["Reads and writes files"],
    }
    judge(hand_in(school, at=SUBMITTED + timedelta(days=1)), school, "changes_requested")
    assert start_of(attempts_at(school.capstone, school.amira)) == {
        "links": {"repository": ["https://git.example/amira/rag-eval"]}
    }
