"""Capstones judged for the portfolio: what may be said, who reads it, and the number it makes."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from assessments.errors import AssessmentError
from assessments.models import PortfolioReview
from assessments.portfolio import judge_portfolio, portfolio_view, to_judge
from notifications.kinds import KINDS
from notifications.models import Message
from organizations.scope import scope
from outcomes.measuring.cases import Reason, Standing
from outcomes.measuring.metrics import AsOf
from outcomes.models import TargetKey
from tests.assessments.conftest import SUBMITTED, School, hand_in, judge, queries_of

LATER = SUBMITTED + timedelta(days=1)


def test_the_last_word_counts_and_what_was_said_before_stays(school: School) -> None:
    submission = hand_in(school)
    joris = school.cast.joris
    with pytest.raises(AssessmentError) as refused:
        judge_portfolio(submission=submission, is_publishable=True, by=joris, at=LATER)
    assert refused.value.code == "not_passed"
    judge(submission, school)
    assert list(to_judge(joris)) == [submission]
    with pytest.raises(AssessmentError) as refused:
        judge_portfolio(submission=submission, is_publishable=False, by=joris, at=LATER)
    assert refused.value.code == "missing_needed"
    first = judge_portfolio(
        submission=submission, is_publishable=False, missing="A picture of the result.", by=joris, at=LATER
    )
    measure = AsOf(LATER.date()).measure(TargetKey.PORTFOLIO_QUALITY)
    assert (measure.counts.numerator, measure.counts.denominator, measure.counts.pending) == (0, 1, 1)
    again = LATER + timedelta(days=1)
    judge_portfolio(submission=submission, is_publishable=True, note="Show it.", by=school.cast.ilse, at=again)
    said = portfolio_view(school.capstone, school.amira)
    assert [row.is_publishable for row in said] == [True, False]
    assert not to_judge(joris).exists()
    measure = AsOf(again.date()).measure(TargetKey.PORTFOLIO_QUALITY)
    assert [(case.entry.name, case.standing, case.reason, case.about) for case in measure.cases] == [
        ("Amira Haddad", Standing.MET, Reason.PUBLISHABLE, "File organizer"),
        ("Daan Kuiper", Standing.PENDING, Reason.UNDER_WAY, ""),
    ]
    assert AsOf(LATER.date()).measure(TargetKey.PORTFOLIO_QUALITY).value == 0
    message = Message.objects.get(subject_id=first.pk)
    assert KINDS[message.kind].reason_untrue(message, again) == "Somebody has judged it again since."


def test_a_mentor_judges_and_the_learner_reads_it(cohort_of_two: School, sign_in: Callable[..., Client]) -> None:
    school = cohort_of_two
    with scope(school.cast.organization.pk):
        submission = hand_in(school)
        judge(submission, school)
    client = sign_in(school.cast.joris)
    queries = queries_of(client, "/o/lantaarn/portfolio/")
    with scope(school.cast.organization.pk):
        for enrollment, project in ((school.daan, school.capstone), (school.amira, school.final)):
            judge(hand_in(school, enrollment=enrollment, project=project), school)
    assert queries_of(client, "/o/lantaarn/portfolio/") == queries <= 12
    here = f"/o/lantaarn/reviews/{submission.pk}/portfolio/"
    wrong = client.post(here, {"is_publishable": "no", "note": "Kept"})
    assert (wrong.status_code, "Kept" in wrong.content.decode()) == (422, True)
    assert client.post(here, {"is_publishable": "no", "missing": "Say **why**."}).status_code == 302
    page = sign_in(school.cast.amira).get(f"/o/lantaarn/projects/{school.capstone.pk}/").content.decode()
    assert "Say <strong>why</strong>." in page
    with scope(school.cast.organization.pk):
        assert PortfolioReview.objects.get().reviewer == school.cast.joris
