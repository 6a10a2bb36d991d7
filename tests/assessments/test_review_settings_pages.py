"""How reviews go: who reviews which level, the days, where a second reader reads; and asking on the page itself."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Membership
from assessments.assigning import PASSED_ON, choose
from assessments.models import LevelReviewer, Review, ReviewAssignment, SecondReaderRule, Submission
from assessments.reminders import RULE
from assessments.reviewing import Mark, ask_second_reader, claim, save_draft
from assessments.second_reading import rules_in_force
from curriculum.models import Curriculum, Project
from notifications.rules import offsets
from organizations.scope import scope
from tests.assessments.conftest import School, hand_in, judge, queries_of

SignIn = Callable[[Membership | None], Client]
SETTINGS, QUEUE = "/o/lantaarn/reviews/settings/", "/o/lantaarn/reviews/"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def school(cohort_of_two: School) -> School:
    return cohort_of_two


@pytest.fixture
def submission(school: School) -> Submission:
    with scope(school.cast.organization.pk):
        return hand_in(school, at=timezone.now() - timedelta(days=2))


def page_of(submission: Submission) -> str:
    return f"{QUEUE}{submission.pk}/"


def test_staff_say_who_reviews_a_level(school: School, sign_in: SignIn) -> None:
    with scope(school.cast.organization.pk):
        level = f"{Curriculum.objects.get().pk}:2"
    ilse = sign_in(school.cast.ilse)
    one = {"what": "reviewer", "level": level, "reviewer": str(school.cast.joris.pk)}
    assert ilse.post(SETTINGS, one).status_code == 302
    again = ilse.post(SETTINGS, one)
    assert (again.status_code, "Joris Hoekema reviews level 2 already." in again.content.decode()) == (422, True)
    for wrong in (
        {**one, "level": "x:9"},
        {**one, "reviewer": str(school.cast.daan.pk)},
        {"what": "remove", "row": "x"},
    ):
        assert ilse.post(SETTINGS, wrong).status_code == 422
    with scope(school.cast.organization.pk):
        row = LevelReviewer.objects.get()
        assert (row.level, row.reviewer, row.added_by) == (2, school.cast.joris, school.cast.ilse)
    assert "Joris Hoekema does not review level 2 anymore" in ilse.get(SETTINGS).content.decode()
    assert ilse.post(SETTINGS, {"what": "remove", "row": str(row.pk)}).status_code == 302
    with scope(school.cast.organization.pk):
        assert not LevelReviewer.objects.exists()


def test_staff_set_the_days_and_where_a_second_reader_reads(school: School, sign_in: SignIn) -> None:
    with scope(school.cast.organization.pk):
        Project.objects.filter(pk=school.final.pk).update(kind=Project.Kind.FINAL_CAPSTONE)
    ilse = sign_in(school.cast.ilse)
    assert ilse.post(SETTINGS, {"what": "days", "reminded": "2", "passed_on": "4"}).status_code == 302
    assert ilse.post(SETTINGS, {"what": "days", "reminded": "0", "passed_on": "400"}).status_code == 422
    for where in ("", f"cohort:{school.cohort.pk}", f"project:{school.final.pk}"):
        assert ilse.post(SETTINGS, {"what": "second", "where": where, "answer": "yes"}).status_code == 302
    assert ilse.post(SETTINGS, {"what": "second", "where": "project:x", "answer": "yes"}).status_code == 422
    with scope(school.cast.organization.pk):
        in_force = rules_in_force()
        amounts = offsets()
        assert SecondReaderRule.objects.count() == 3
    assert (amounts[RULE.name], amounts[PASSED_ON.name]) == (2, 4)
    assert (in_force.everywhere, in_force.cohorts, in_force.projects) == (
        True,
        {school.cohort.pk: True},
        {school.final.pk: True},
    )
    with_three = queries_of(ilse, SETTINGS)
    ilse.post(SETTINGS, {"what": "second", "where": "", "answer": "no"})
    assert queries_of(ilse, SETTINGS) == with_three <= 14


def test_staff_ask_somebody_else_on_the_page(school: School, submission: Submission, sign_in: SignIn) -> None:
    ilse = sign_in(school.cast.ilse)
    html = ilse.get(page_of(submission)).content.decode()
    assert "Joris Hoekema, since" in html
    assert "Goes on to the next after" in html
    wrong = ilse.post(f"{page_of(submission)}ask/", {"reviewer": str(school.cast.daan.pk), "note": "Kept"})
    assert (wrong.status_code, "Kept" in wrong.content.decode()) == (422, True)
    assert ilse.post(f"{page_of(submission)}ask/", {"reviewer": str(school.cast.ada.pk)}).status_code == 302
    with scope(school.cast.organization.pk):
        assert ReviewAssignment.objects.get(reason="chosen").reviewer == school.cast.ada
    assert sign_in(school.cast.ada).get(f"{QUEUE}?show=mine").context["rows"][0]["is_asked_of_me"]


def test_second_reader_reads_without_knowing_the_first(school: School, submission: Submission, sign_in: SignIn) -> None:
    joris = sign_in(school.cast.joris)
    assert joris.post(f"{page_of(submission)}second-reader/", {"reason": ""}).status_code == 422
    assert joris.post(f"{page_of(submission)}second-reader/", {"reason": "Not my topic."}).status_code == 302
    with scope(school.cast.organization.pk):
        judge(submission, school, "changes_requested", summary="Found by the first.", at=timezone.now())
    own = joris.get(page_of(submission)).content.decode()
    assert "Found by the first." in own
    assert "You have read this attempt." in own
    ilse = sign_in(school.cast.ilse)
    assert ilse.get(QUEUE).context["rows"][0]["readings"] == 1
    page = ilse.get(page_of(submission)).content.decode()
    assert "You are the second reader." in page
    assert "Joris Hoekema asked for it: “Not my topic.”" in page
    assert "Found by the first." not in page
    amira = sign_in(school.cast.amira).get(f"/o/lantaarn/projects/{school.capstone.pk}/").content.decode()
    assert ("In review" in amira, "Found by the first." in amira) == (True, False)
    noor_page = _disagree(school, submission, sign_in)
    assert "Two readers disagree. Your review is the third, and it is final" in noor_page
    assert "Found by the first." in noor_page
    with scope(school.cast.organization.pk):
        judge(submission, school, "pass", summary="Settled.", reviewer=school.cast.ada, at=timezone.now())
    final = sign_in(school.cast.amira).get(f"/o/lantaarn/projects/{school.capstone.pk}/").content.decode()
    assert (
        final.index("Settled.") < final.index("2 readings before it was decided") < final.index("Found by the first.")
    )


def _disagree(school: School, submission: Submission, sign_in: SignIn) -> str:
    """The second reader passes it; what staff who have not read it see then."""
    with scope(school.cast.organization.pk):
        judge(submission, school, "pass", reviewer=school.cast.ilse, at=timezone.now())
    return sign_in(school.cast.ada).get(page_of(submission)).content.decode()


def test_text_of_a_claim_that_ran_out_is_kept_copied_and_handed_over(
    school: School, submission: Submission, sign_in: SignIn
) -> None:
    with scope(school.cast.organization.pk):
        review = claim(submission=submission, reviewer=school.cast.joris, at=timezone.now() - timedelta(hours=1))
        marks = {"quality": Mark(2, "Names **hide** it")}
        save_draft(review=review, marks=marks, summary="Half", at=timezone.now() - timedelta(hours=1))
        claim(submission=submission, reviewer=school.cast.ilse, at=timezone.now())
    joris = sign_in(school.cast.joris)
    html = joris.get(page_of(submission)).content.decode()
    assert "Ilse Brouwer is reviewing this attempt, until at least" in html
    assert "What you wrote is kept below." in html
    assert "Names <strong>hide</strong> it" in html
    assert 'data-copy="Quality: Developing\nNames **hide** it\n\nHalf"' in html
    assert "Names" not in sign_in(school.cast.ilse).get(page_of(submission)).content.decode()
    joris = sign_in(school.cast.joris)
    assert joris.post(f"{page_of(submission)}hand-over/").status_code == 302
    assert "Handed over: whoever reviews this attempt sees it." in joris.get(page_of(submission)).content.decode()
    seen = sign_in(school.cast.ilse).get(page_of(submission)).content.decode()
    assert "Joris Hoekema handed over what they had written" in seen
    assert "Names <strong>hide</strong> it" in seen


def test_attempt_is_let_go_with_what_was_written(school: School, submission: Submission, sign_in: SignIn) -> None:
    joris = sign_in(school.cast.joris)
    joris.post(f"{page_of(submission)}claim/")
    response = joris.post(f"{page_of(submission)}release/", {"score_quality": "4", "summary": "So far"})
    assert response["Location"] == QUEUE
    with scope(school.cast.organization.pk):
        review = Review.objects.get()
        assert (review.is_live(at=timezone.now()), review.summary) == (False, "So far")
    again = joris.post(f"{page_of(submission)}release/")
    assert (again.status_code, "so there is nothing to release" in again.content.decode()) == (422, True)


def test_preview_shows_what_the_learner_would_read(school: School, submission: Submission, sign_in: SignIn) -> None:
    joris = sign_in(school.cast.joris)
    joris.post(f"{page_of(submission)}claim/")
    sent = {"score_quality": "2", "comment_quality": "A <b>risk</b>: **names**", "summary": "*Nearly*"}
    part = joris.post(f"{page_of(submission)}preview/", sent, headers=HTMX).content.decode()
    assert part.lstrip().startswith('<section class="panel stack" id="preview"')
    whole = joris.post(f"{page_of(submission)}preview/", sent)
    assert (whole.status_code, "A &lt;b&gt;risk&lt;/b&gt;: **names**</textarea>" in whole.content.decode()) == (
        200,
        True,
    )
    for html in (part, whole.content.decode()):
        assert "As Amira Haddad would read it" in html
        assert "A &lt;b&gt;risk&lt;/b&gt;: <strong>names</strong>" in html
        assert "<em>Nearly</em>" in html
    with scope(school.cast.organization.pk):
        assert Review.objects.get().summary == ""


def test_shortcuts_are_listed_and_turned_off(school: School, submission: Submission, sign_in: SignIn) -> None:
    joris = sign_in(school.cast.joris)
    page = joris.get(QUEUE).content.decode()
    assert ("Turn all shortcuts off" in page, "data-no-shortcuts" in page) == (True, False)
    assert joris.post("/shortcuts/", {"shortcuts": "off", "next": QUEUE})["Location"] == QUEUE
    page = joris.get(QUEUE).content.decode()
    assert ("Turn shortcuts on" in page, "data-no-shortcuts" in page) == (True, True)
    joris.post("/shortcuts/", {"shortcuts": "on", "next": QUEUE})
    assert "data-no-shortcuts" not in joris.get(QUEUE).content.decode()


def test_page_takes_as_many_queries_for_three_attempts_as_for_one(
    school: School, submission: Submission, sign_in: SignIn
) -> None:
    ilse = sign_in(school.cast.ilse)
    ilse.post(f"{page_of(submission)}claim/")
    with_one = queries_of(ilse, page_of(submission))
    assert with_one <= 30
    with scope(school.cast.organization.pk):
        judge(submission, school, "changes_requested", reviewer=school.cast.ilse, at=timezone.now())
        for _attempt in range(2):
            last = hand_in(school, at=timezone.now())
            claim(submission=last, reviewer=school.cast.ilse, at=timezone.now())
            if not _attempt:
                judge(last, school, "changes_requested", reviewer=school.cast.ilse, at=timezone.now())
    assert queries_of(ilse, page_of(last)) == with_one


def test_learner_is_told_who_is_asked_and_that_another_reads_too(
    school: School, submission: Submission, sign_in: SignIn
) -> None:
    page = f"/o/lantaarn/projects/{school.capstone.pk}/"
    with scope(school.cast.organization.pk):
        choose(submission=submission, reviewer=school.cast.ada, note="", by=school.cast.ilse, at=timezone.now())
    assert "Ada Visser reviews" in sign_in(school.cast.amira).get(page).content.decode()
    with scope(school.cast.organization.pk):
        ask_second_reader(submission=submission, reason="x", by=school.cast.ada, at=timezone.now())
        judge(submission, school, reviewer=school.cast.ada, at=timezone.now())
    assert "A second reader reads it too" in sign_in(school.cast.amira).get(page).content.decode()


def test_queue_tells_how_long_work_waits_and_shows_parts(
    school: School, submission: Submission, sign_in: SignIn
) -> None:
    with scope(school.cast.organization.pk):
        now = timezone.now()
        judge(
            hand_in(school, project=school.practice, at=now - timedelta(hours=60)), school, at=now - timedelta(hours=30)
        )
    joris = sign_in(school.cast.joris)
    page = joris.get(QUEUE)
    assert (page.context["median"], page.context["ninth_decile"]) == ("30 hours", "")
    html = page.content.decode()
    assert "2 attempts of the last 90 days" in html
    assert "not known yet" in html
    assert len(joris.get(f"{QUEUE}?cohort=blended-2026&level=1&due=").context["rows"]) == 1
    assert "Nothing like this waits" in joris.get(f"{QUEUE}?level=2").content.decode()
    nonsense = joris.get(f"{QUEUE}?cohort=%00&level=x&due=never&show=all")
    assert len(nonsense.context["rows"]) == 1
