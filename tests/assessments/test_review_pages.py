from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Membership, User
from assessments.models import Review, Submission
from assessments.queue import Neighbors
from assessments.reviewing import Mark, claim, decide, save_draft
from assessments.submissions import withdraw
from organizations.scope import scope
from tests.assessments.conftest import PROFICIENT, School, hand_in, judge, queries_of

SignIn = Callable[[Membership | None], Client]
QUEUE = "/o/lantaarn/reviews/"
HTMX = {"HX-Request": "true"}
COMPLETE = {
    **{f"score_{key}": "3" for key in ("quality", "testing", "documentation")},
    "comment_testing": "The held-out set is right.",
    "summary": "A real step up.",
}


@pytest.fixture
def school(cohort_of_two: School) -> School:
    return cohort_of_two


@pytest.fixture
def submission(school: School) -> Submission:
    with scope(school.cast.organization.pk):
        return hand_in(school, at=timezone.now() - timedelta(days=2), note="Look at the drift threshold.")


def page_of(submission: Submission) -> str:
    return f"{QUEUE}{submission.pk}/"


def test_queue_shows_who_waits_and_who_reviews(school: School, submission: Submission, sign_in: SignIn) -> None:
    with scope(school.cast.organization.pk):
        claim(submission=submission, reviewer=school.cast.ilse, at=timezone.now())
        hand_in(school, enrollment=school.daan, at=timezone.now() - timedelta(days=20))
    response = sign_in(school.cast.joris).get(QUEUE)
    assert [
        (row["learner"], row["is_mine"], row["days"], row["claimed_by"], row["is_overdue"])
        for row in response.context["rows"]
    ] == [("Amira Haddad", True, 2, "Ilse Brouwer", False), ("Daan Kuiper", False, 20, "", True)]
    mine = sign_in(school.cast.joris).get(f"{QUEUE}?show=mine")
    assert [row["learner"] for row in mine.context["rows"]] == ["Amira Haddad"]


def test_empty_queue_is_good_news(school: School, sign_in: SignIn) -> None:
    client = sign_in(school.cast.ilse)
    assert "Work shows up here as soon as a learner submits it." in client.get(QUEUE).content.decode()
    assert "none of your own learners waits" in client.get(f"{QUEUE}?show=mine").content.decode()


def test_queue_takes_as_many_queries_for_three_attempts_as_for_one(
    school: School, submission: Submission, sign_in: SignIn
) -> None:
    client = sign_in(school.cast.joris)
    client.get(QUEUE)
    with_one = queries_of(client, QUEUE)
    assert with_one <= 12
    with scope(school.cast.organization.pk):
        claim(submission=hand_in(school, enrollment=school.daan), reviewer=school.cast.ilse, at=timezone.now())
        hand_in(school, project=school.practice)
    assert queries_of(client, QUEUE) == with_one


def test_reading_claims_nothing(school: School, submission: Submission, sign_in: SignIn) -> None:
    html = sign_in(school.cast.joris).get(page_of(submission)).content.decode()
    assert "Start review" in html
    assert "Look at the drift threshold." in html
    assert "Not looked at yet".lower() in html.lower()
    with scope(school.cast.organization.pk):
        assert not Review.objects.exists()


def test_whole_way_without_a_script(school: School, submission: Submission, sign_in: SignIn) -> None:
    client = sign_in(school.cast.joris)
    response = client.post(f"{page_of(submission)}claim/", follow=True)
    assert response.redirect_chain == [(page_of(submission), 302)]
    assert "Clear structure, typed, small functions, sensible errors." in response.content.decode()
    response = client.post(f"{page_of(submission)}draft/", {"score_quality": "4", "summary": "So far"}, follow=True)
    html = response.content.decode()
    assert "Draft saved." in html
    assert 'value="4" id="id_score_quality_3" checked' in html
    assert "testing has no score; documentation has no score" in html
    response = client.post(f"{page_of(submission)}decide/", {**COMPLETE, "verdict": "pass"}, follow=True)
    assert response.redirect_chain == [(QUEUE, 302)]
    assert "Decided. Amira Haddad gets an email with your feedback." in response.content.decode()
    with scope(school.cast.organization.pk):
        review = Review.objects.get()
        assert (review.verdict, review.reviewer, review.summary) == ("pass", school.cast.joris, "A real step up.")
    html = client.get(page_of(submission)).content.decode()
    assert "The held-out set is right." in html
    assert "Start review" not in html


def test_autosave_answers_with_the_state_alone(school: School, submission: Submission, sign_in: SignIn) -> None:
    client = sign_in(school.cast.joris)
    client.post(f"{page_of(submission)}claim/")
    response = client.post(f"{page_of(submission)}draft/", {"score_quality": "2"}, headers=HTMX)
    html = response.content.decode()
    assert response.status_code == 200
    assert html.startswith('<div class="stack gap-s" id="draft-state">')
    assert "Draft saved" in html
    assert "quality needs a comment; testing has no score; documentation has no score" in html
    with scope(school.cast.organization.pk):
        assert list(Review.objects.get().scores.filter(value=2).values_list("criterion__key", flat=True)) == ["quality"]


def test_text_that_is_too_long_is_refused_before_it_is_saved(
    school: School, submission: Submission, sign_in: SignIn
) -> None:
    client = sign_in(school.cast.joris)
    client.post(f"{page_of(submission)}claim/")
    given = {"summary": "x" * 10_001, "verdict": "pass"}
    quiet = client.post(f"{page_of(submission)}draft/", given, headers=HTMX)
    assert quiet.status_code == 422
    assert "Not saved: a text is too long." in quiet.content.decode()
    for action in ("draft", "decide"):
        response = client.post(f"{page_of(submission)}{action}/", given)
        assert response.status_code == 422
        assert "x" * 10_001 in response.content.decode()


def test_incomplete_review_comes_back_whole_with_its_gaps(
    school: School, submission: Submission, sign_in: SignIn
) -> None:
    client = sign_in(school.cast.joris)
    client.post(f"{page_of(submission)}claim/")
    given = {
        "score_quality": "3",
        "score_testing": "2",
        "comment_quality": "Good names",
        "verdict": "changes_requested",
    }
    response = client.post(f"{page_of(submission)}decide/", given)
    assert response.status_code == 422
    assert response.context["form"].errors == {
        "comment_testing": ["Say what testing needs: it is below proficient"],
        "score_documentation": ["Choose a score for documentation"],
        "summary": ["Write a summary: what works, then the one thing to change"],
    }
    html = response.content.decode()
    assert "<title>Error: Review" in html
    assert 'href="#id_score_documentation_0"' in html
    assert "Good names" in html
    assert "testing needs a comment; documentation has no score; there is no summary" in html
    assert 'value="2" id="id_score_testing_1" checked' in html


def test_live_claim_of_somebody_else_is_named(school: School, submission: Submission, sign_in: SignIn) -> None:
    with scope(school.cast.organization.pk):
        claim(submission=submission, reviewer=school.cast.ilse, at=timezone.now())
    client = sign_in(school.cast.joris)
    response = client.get(page_of(submission))
    assert response.status_code == 200
    assert "Ilse Brouwer is reviewing this attempt, until at least" in response.content.decode()
    assert "(Amsterdam)" in response.content.decode()
    assert client.post(f"{page_of(submission)}claim/").status_code == 422


def test_draft_of_an_expired_claim_is_still_there(school: School, submission: Submission, sign_in: SignIn) -> None:
    long_ago = timezone.now() - timedelta(hours=3)
    with scope(school.cast.organization.pk):
        review = claim(submission=submission, reviewer=school.cast.joris, at=long_ago)
        save_draft(review=review, marks={"quality": Mark(2, "Names get in the way")}, summary="Half", at=long_ago)
    client = sign_in(school.cast.joris)
    assert "Names get in the way" in client.get(page_of(submission)).content.decode()
    response = client.post(f"{page_of(submission)}decide/", {**COMPLETE, "verdict": "pass"})
    assert response.status_code == 302


def test_taken_over_claim_keeps_the_text_on_the_page(school: School, submission: Submission, sign_in: SignIn) -> None:
    with scope(school.cast.organization.pk):
        claim(submission=submission, reviewer=school.cast.joris, at=timezone.now() - timedelta(hours=1))
        claim(submission=submission, reviewer=school.cast.ilse, at=timezone.now())
    client = sign_in(school.cast.joris)
    quiet = client.post(f"{page_of(submission)}draft/", COMPLETE, headers=HTMX)
    assert quiet.status_code == 422
    assert "Ilse Brouwer is reviewing this attempt" in quiet.content.decode()
    assert "What you wrote is still on this page." in quiet.content.decode()
    assert "Draft saved" not in quiet.content.decode()
    for action in ("draft", "decide"):
        response = client.post(f"{page_of(submission)}{action}/", {**COMPLETE, "verdict": "pass"})
        assert response.status_code == 422
        assert "Ilse Brouwer is reviewing this attempt" in response.content.decode()
        assert "A real step up." in response.content.decode()


def test_second_reviewer_is_told_and_keeps_the_text(school: School, submission: Submission, sign_in: SignIn) -> None:
    with scope(school.cast.organization.pk):
        claim(submission=submission, reviewer=school.cast.joris, at=timezone.now() - timedelta(hours=1))
        judge(submission, school, "changes_requested", reviewer=school.cast.ilse, at=timezone.now())
    response = sign_in(school.cast.joris).post(f"{page_of(submission)}decide/", {**COMPLETE, "verdict": "pass"})
    assert response.status_code == 422
    html = response.content.decode()
    assert "Ilse Brouwer has decided on this attempt already: changes requested." in html
    assert "The held-out set is right." in html
    with scope(school.cast.organization.pk):
        assert Review.objects.submitted().get().reviewer == school.cast.ilse


def test_what_is_refused_is_told_in_dutch_and_keeps_the_text(
    school: School, submission: Submission, sign_in: SignIn
) -> None:
    now = timezone.now()
    with scope(school.cast.organization.pk):
        User.objects.filter(pk__in=[school.cast.joris.user_id, school.cast.amira.user_id]).update(language="nl")
        claim(submission=submission, reviewer=school.cast.joris, at=now - timedelta(hours=1))
        claim(submission=submission, reviewer=school.cast.ilse, at=now)
    school.cast.joris.user.refresh_from_db()
    school.cast.amira.user.refresh_from_db()
    client, sent = sign_in(school.cast.joris), {**COMPLETE, "verdict": "pass"}

    def told() -> str:
        response = client.post(f"{page_of(submission)}decide/", sent)
        assert response.status_code == 422
        html = response.content.decode()
        assert "A real step up." in html
        assert 'lang="nl"' in html
        return html

    assert "Ilse Brouwer beoordeelt deze poging" in told()
    with scope(school.cast.organization.pk):
        review = Review.objects.get(reviewer=school.cast.ilse)
        decide(review=review, scores=PROFICIENT, summary="Still to do.", verdict="changes_requested", at=now)
    assert "Ilse Brouwer heeft al over deze poging beslist" in told()
    links = [f"https://video.example/{number}" for number in range(100)]
    page = f"/o/lantaarn/projects/{school.capstone.pk}/submit/"
    response = sign_in(school.cast.amira).post(page, {"repository": "https://git.example/a/b", "video": links})
    assert response.status_code == 422
    assert "Geef hoogstens 20 links; dit zijn er 101." in response.content.decode()


def test_withdrawn_attempt_says_so(school: School, submission: Submission, sign_in: SignIn) -> None:
    with scope(school.cast.organization.pk):
        withdraw(submission=submission, by=school.cast.amira, at=timezone.now())
    html = sign_in(school.cast.joris).get(page_of(submission)).content.decode()
    assert "Amira Haddad withdrew this attempt" in html
    assert "Start review" not in html


def test_feedback_is_markdown_and_never_markup(school: School, submission: Submission, sign_in: SignIn) -> None:
    nasty = "**Good**\n<script>alert(1)</script><img src=x onerror=alert(1)>\n[x](javascript:1) [y](https://y.example)"
    with scope(school.cast.organization.pk):
        judge(submission, school, "changes_requested", summary=nasty, scores={**PROFICIENT, "testing": Mark(2, nasty)})
    html = sign_in(school.cast.amira).get(f"/o/lantaarn/projects/{school.capstone.pk}/").content.decode()
    safe = (
        "<p><strong>Good</strong><br>\n&lt;script&gt;alert(1)&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;<br>\n"
        '[x](javascript:1) <a href="https://y.example" rel="nofollow ugc noopener">y</a></p>'
    )
    assert html.count(safe) == 2
    assert "alert(1)</script>" not in html


def test_earlier_attempts_stand_beside_the_work(school: School, submission: Submission, sign_in: SignIn) -> None:
    with scope(school.cast.organization.pk):
        judge(submission, school, "changes_requested", summary="Keep prompts apart.")
        second = hand_in(school, at=timezone.now())
    response = sign_in(school.cast.ilse).get(page_of(second))
    assert [attempt["number"] for attempt in response.context["earlier"]] == [1]
    assert "Keep prompts apart." in response.content.decode()


def test_neighbours_follow_the_queue(school: School, submission: Submission, sign_in: SignIn) -> None:
    with scope(school.cast.organization.pk):
        second = hand_in(school, enrollment=school.daan, at=timezone.now())
    client = sign_in(school.cast.joris)
    first_page, second_page = client.get(page_of(submission)).context, client.get(page_of(second)).context
    assert first_page["neighbors"] == Neighbors(previous=None, next=second.pk, waiting=2)
    assert second_page["neighbors"] == Neighbors(previous=submission.pk, next=None, waiting=2)


def test_posting_a_review_that_was_never_started_is_not_found(
    school: School, submission: Submission, sign_in: SignIn
) -> None:
    client = sign_in(school.cast.joris)
    assert client.post(f"{page_of(submission)}draft/", COMPLETE).status_code == 404
    assert client.post(f"{page_of(submission)}decide/", COMPLETE).status_code == 404


def test_addresses_of_forms_lead_back_when_opened(school: School, submission: Submission, sign_in: SignIn) -> None:
    client = sign_in(school.cast.joris)
    for form in ("claim", "draft", "decide"):
        assert client.get(f"{page_of(submission)}{form}/").headers["Location"] == page_of(submission)


def test_reviews_are_not_for_learners(school: School, submission: Submission, sign_in: SignIn) -> None:
    client = sign_in(school.cast.amira)
    assert [client.get(QUEUE).status_code, client.get(page_of(submission)).status_code] == [403, 403]
    assert client.post(f"{page_of(submission)}claim/").status_code == 403


def test_work_of_another_organization_is_not_found(school: School, submission: Submission, sign_in: SignIn) -> None:
    client = sign_in(school.cast.otto)
    assert client.get(page_of(submission)).status_code == 404
    assert client.get(f"/o/elsewhere/reviews/{submission.pk}/").status_code == 404
