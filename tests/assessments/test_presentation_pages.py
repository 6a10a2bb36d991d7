"""The pages of presentations: planned and changed by staff, scored by the panel, read by the learner."""

from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Membership, User
from assessments.models import PanelReview, Presentation, PresentationPolicy
from organizations.scope import scope
from tests.api import body_of
from tests.assessments.conftest import School, hand_in, judge, queries_of
from tests.assessments.test_presentations import plan, scored

SignIn = Callable[[Membership | None], Client]
LIST = "/o/lantaarn/presentations/"
DAY = timedelta(days=1)


@pytest.fixture
def held(cohort_of_two: School) -> Presentation:
    """Amira presented half an hour ago, before Joris and Ada."""
    with scope(cohort_of_two.cast.organization.pk):
        return presented(cohort_of_two)


def presented(school: School, days: int = 0, **changes: Any) -> Presentation:
    submission = hand_in(school, **changes)
    judge(submission, school)
    start = timezone.now() - timedelta(minutes=30) - days * DAY
    return plan(submission, school.cast, start=start, at=start - DAY)


def text_of(response: Any) -> str:
    return unescape(response.content.decode())


def test_planning_keeps_what_was_given_and_says_what_is_wrong(cohort_of_two: School, sign_in: SignIn) -> None:
    cast = cohort_of_two.cast
    with scope(cast.organization.pk):
        submission = hand_in(cohort_of_two)
        busy = plan(hand_in(cohort_of_two, enrollment=cohort_of_two.daan), cast, start=timezone.now() + DAY, panel=[])
    here = f"/o/lantaarn/reviews/{submission.pk}/presentation/"
    given = {
        "start": timezone.localtime(busy.starts_at).strftime("%Y-%m-%dT%H:%M"), "minutes": "45", "place": "Room 2.04",
        "chair": str(cast.joris.pk), "member_2": str(cast.ada.pk), "note": "Bring the **demo**.",
    }  # fmt: skip
    User.objects.filter(pk=cast.ilse.user_id).update(language="nl")
    client = sign_in(cast.ilse)
    wrong = client.post(here, given)
    page = text_of(wrong)
    assert (wrong.status_code, "Bring the **demo**." in page, "Niet vrij op dat moment: Joris" in page) == (
        422, True, True,
    )  # fmt: skip
    for field, value in (("minutes", "NaN"), ("chair", str(cast.amira.pk)), ("place", ""), ("start", "0001-01-01")):
        assert client.post(here, given | {field: value}).status_code == 422
    User.objects.filter(pk=cast.ilse.user_id).update(language="en")
    later = timezone.localtime(busy.ends_at + timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M")
    made = client.post(here, given | {"start": later}, follow=True)
    assert "Planned. Everybody who takes part gets an invitation by email." in text_of(made)
    assert "(Amsterdam)" in text_of(sign_in(cast.amira).get(made.redirect_chain[-1][0]))
    with scope(cast.organization.pk):
        presentation = Presentation.objects.get(submission=submission)
    client, change = sign_in(cast.ilse), f"{LIST}{presentation.pk}/change/"
    form = client.get(change).context["form"]
    again = {**given, "start": later, "sequence": "0", "minutes": "30", "reason": "Shorter."}
    assert [form[name].value() for name in ("chair", "member_2")] == [str(cast.joris.pk), str(cast.ada.pk)]
    assert client.post(change, again).status_code == 302
    stale = client.post(change, again)
    assert (stale.status_code, "changed meanwhile" in text_of(stale)) == (422, True)
    assert client.post(f"{LIST}{presentation.pk}/cancel/", {"reason": " "}).status_code == 422
    assert client.post(f"{LIST}{presentation.pk}/cancel/", {"reason": "Ill."}).status_code == 302
    assert "Ill." in text_of(client.get(f"{LIST}{presentation.pk}/"))


def test_the_panel_scores_alone_and_the_learner_reads_all_of_it_after(held: Presentation, sign_in: SignIn) -> None:
    organization = held.organization_id
    here = f"{LIST}{held.pk}/"
    with scope(organization):
        joris, ada, ilse = (Membership.objects.get(name__startswith=name) for name in ("Joris", "Ada", "Ilse"))
        amira = held.learner
        scored(held, ada, at=timezone.now())
    panelist = sign_in(joris)
    assert "1 presentation waits for you" in text_of(panelist.get("/o/lantaarn/reviews/"))
    assert "Why <strong>that</strong> model?" not in text_of(panelist.get(here))
    draft = {
        "score_story": "3", "score_depth": "1", "question_1": "Why?", "answered_1": "not",
        "summary": "Fine <script>alert(1)</script>",
    }  # fmt: skip
    assert panelist.post(f"{here}save/", draft).status_code == 302
    wrong = panelist.post(f"{here}hand-in/", draft | {"answer_2": "No question"})
    page = text_of(wrong)
    assert (wrong.status_code, "Write the question that this answers." in page) == (422, True)
    wrong = panelist.post(f"{here}hand-in/", draft)
    assert (wrong.status_code, "Choose a score for answers" in text_of(wrong)) == (422, True)
    whole = draft | {"score_answers": "4", "comment_depth": "Read on."}
    assert panelist.post(f"{here}hand-in/", whole).status_code == 302
    assert "Why <strong>that</strong> model?" in text_of(panelist.get(here))
    learner = sign_in(amira)
    assert "Read on." not in text_of(learner.get(here))
    assert body_of(learner.get("/o/lantaarn/api/presentations/"))["results"][0]["reviews"] is None
    panelist = sign_in(joris)
    assert panelist.post(f"{here}decide/", {"outcome": "repeat"}).status_code == 422
    assert panelist.post(f"{here}decide/", {"outcome": "pass", "decision": "**Well** told."}).status_code == 302
    learner = sign_in(amira)
    page = text_of(learner.get(here))
    for words in ("<strong>Well</strong> told.", "Read on.", "Not answered", "It stops.", "Why?"):
        assert words in page
    assert b"<script>alert" not in learner.get(here).content
    told = body_of(learner.get("/o/lantaarn/api/presentations/"))["results"]
    assert [(row["outcome"], row["panel"], len(row["reviews"])) for row in told] == [
        ("pass", ["Joris Hoekema", "Ada Visser"], 2),
    ]  # fmt: skip
    assert here in text_of(learner.get(f"/o/lantaarn/projects/{held.submission.project_id}/"))
    timeline = text_of(sign_in(ilse).get(f"/o/lantaarn/learners/{held.submission.enrollment_id}/timeline/"))
    assert "File organizer: the presentation passed" in timeline
    with scope(organization):
        assert PanelReview.objects.exclude(handed_in_at=None).count() == 2


def test_number_of_presentations_does_not_change_the_queries(cohort_of_two: School, sign_in: SignIn) -> None:
    school, cast = cohort_of_two, cohort_of_two.cast
    with scope(cast.organization.pk):
        first = presented(school)
        scored(first, cast.ada, cast.joris, at=timezone.now())
    project, api = f"/o/lantaarn/projects/{school.capstone.pk}/", "/o/lantaarn/api/presentations/"
    pages = ((cast.joris, LIST), (cast.joris, f"{LIST}{first.pk}/"), (cast.amira, project), (cast.joris, api))
    few = [queries_of(sign_in(person), page) for person, page in pages]
    with scope(cast.organization.pk):
        for number, (enrollment, project) in enumerate(
            ((school.daan, school.capstone), (school.amira, school.final)), start=1
        ):
            other = presented(school, enrollment=enrollment, project=project, days=number)
            scored(other, cast.ada, at=timezone.now())
    assert [queries_of(sign_in(person), page) for person, page in pages] == few
    assert [few[0] <= 12, few[3] <= 12] == [True, True], few


def test_staff_choose_what_has_to_be_presented(cohort_of_two: School, sign_in: SignIn) -> None:
    client, here = sign_in(cohort_of_two.cast.ilse), f"{LIST}settings/"
    past = client.post(here, {"day": "2026-01-01", "of": "all"})
    assert (past.status_code, "Choose a day to come" in text_of(past)) == (422, True)
    assert client.post(here, {"day": "2099-01-01", "of": "all"}).status_code == 302
    with scope(cohort_of_two.cast.organization.pk):
        assert not PresentationPolicy.objects.get().only_final
