from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Membership
from assessments.models import LevelDecision, OverrideRequest
from organizations.scope import scope
from tests.assessments.conftest import School, hand_in, judge

SignIn = Callable[[Membership | None], Client]


@pytest.fixture
def school(cohort_of_two: School) -> School:
    return cohort_of_two


def page_of(school: School) -> str:
    return f"/o/lantaarn/learners/{school.amira.pk}/gates/"


def today() -> str:
    return timezone.localdate().isoformat()


def test_gates_show_each_criterion_with_what_is_needed(school: School, sign_in: SignIn) -> None:
    with scope(school.cast.organization.pk):
        judge(hand_in(school), school)
    html = sign_in(school.cast.ilse).get(page_of(school)).content.decode()
    assert "2 topics to go: Loops, Paths" in html
    assert "reviewed by Joris Hoekema" in html
    assert "A passing review of this capstone is needed" in html
    assert "1 criterion missing" in html


@pytest.mark.parametrize("day", ["0001-01-01", "1900-01-01", "9999-12-31"])
def test_day_outside_all_programs_is_refused(school: School, sign_in: SignIn, day: str) -> None:
    response = sign_in(school.cast.ilse).post(f"{page_of(school)}1/", {"on": day, "reason": "Taught this"})
    assert response.status_code == 422
    assert f"{day} is not a date for a program. Choose one between 2000 and 2099." in response.content.decode()
    with scope(school.cast.organization.pk):
        assert not LevelDecision.objects.exists()


def test_exception_is_asked_approved_by_another_and_taken_back(school: School, sign_in: SignIn) -> None:
    client = sign_in(school.cast.ilse)
    given = {"on": today(), "reason": "", "outcome": "override"}
    response = client.post(f"{page_of(school)}1/", given)
    assert (response.status_code, "Write why the learner goes through" in response.content.decode()) == (422, True)
    asked = client.post(f"{page_of(school)}1/", {**given, "reason": "Ten years"}, follow=True).content.decode()
    assert "Your colleagues are asked." in asked
    with scope(school.cast.organization.pk):
        override = f"/o/lantaarn/overrides/{OverrideRequest.objects.get().pk}/"
    assert f'href="{override}"' in asked
    again = client.post(f"{page_of(school)}1/", {**given, "reason": "Ten years"}).content.decode()
    assert "This was asked already" in again
    own = client.post(override, {"answer": "approved"})
    assert (own.status_code, "Somebody else answers it." in own.content.decode()) == (422, True)
    sign_in(school.cast.ada)
    assert f'href="{override}"' in client.get("/o/lantaarn/today/").content.decode()
    declined = client.post(override, {"answer": "declined"})
    assert (declined.status_code, "Write why you decline" in declined.content.decode()) == (422, True)
    html = client.post(override, {"answer": "approved"}, follow=True).content.decode()
    assert "Amira Haddad passed level 1." in html
    assert "Approved by Ada" in html
    assert "is revoked, and its public page says so" in html  # what would hang on taking it back
    assert client.post(override, {"answer": "declined", "reason": "No"}).status_code == 422
    response = client.post(
        f"{page_of(school)}1/", {"on": today(), "reason": "Plagiarism", "outcome": "revoked"}, follow=True
    )
    assert "The pass of level 1 is taken back for Amira Haddad." in response.content.decode()
    with scope(school.cast.organization.pk):
        assert list(
            LevelDecision.objects.order_by("recorded_at").values_list("outcome", "override_reason", "approved_by")
        ) == [("passed", "Ten years", school.cast.ada.pk), ("revoked", "Plagiarism", None)]


def test_level_is_not_passed_while_a_criterion_is_missing(school: School, sign_in: SignIn) -> None:
    response = sign_in(school.cast.ilse).post(f"{page_of(school)}1/", {"on": today(), "outcome": "passed"})
    assert (response.status_code, "Not every criterion is met." in response.content.decode()) == (422, True)
    with scope(school.cast.organization.pk):
        assert not LevelDecision.objects.exists()


def test_learner_sees_what_each_level_asks_and_where(school: School, sign_in: SignIn) -> None:
    html = sign_in(school.cast.amira).get("/o/lantaarn/gates/").content.decode()
    assert f'<a class="strong" href="/o/lantaarn/projects/{school.capstone.pk}/">File organizer</a>' in html
    assert '<a class="strong" href="/o/lantaarn/path/">All 2 topics are done or credited</a>' in html
    told = sign_in(school.cast.amira).get("/o/lantaarn/api/me/gates/").json()
    assert told["gates"][0] == {
        "level": 1,
        "title": "Foundations",
        "is_met": False,
        "passed_on": None,
        "requirements": [
            {
                "key": "topics",
                "title": "All 2 topics are done or credited",
                "met": False,
                "detail": "2 topics to go: Loops, Paths",
            },
            {
                "key": f"project-{school.capstone.pk}",
                "title": "File organizer",
                "met": False,
                "detail": "A passing review of this capstone is needed",
            },
        ],
    }
    staff = sign_in(school.cast.ilse).get(f"/o/lantaarn/api/learners/{school.amira.pk}/gates/").json()
    assert staff == told


def test_wrong_date_comes_back_with_the_reason_kept(school: School, sign_in: SignIn) -> None:
    given = {"on": "soon", "reason": "Ten years", "outcome": "passed"}
    response = sign_in(school.cast.ilse).post(f"{page_of(school)}2/", given)
    assert response.status_code == 422
    assert 'href="#id_level_2_on"' in response.content.decode()
    assert "Ten years" in response.content.decode()


def test_gates_are_for_staff(school: School, sign_in: SignIn) -> None:
    for person in (school.cast.amira, school.cast.joris):
        assert sign_in(person).get(page_of(school)).status_code == 403
        assert sign_in(person).post(f"{page_of(school)}1/", {"on": today()}).status_code == 403
    assert sign_in(school.cast.otto).get(page_of(school)).status_code == 404


def test_level_that_is_not_there_is_not_found(school: School, sign_in: SignIn) -> None:
    client = sign_in(school.cast.ilse)
    assert client.post(f"{page_of(school)}9/", {"on": today()}).status_code == 404
    assert client.get(f"{page_of(school)}1/").headers["Location"] == page_of(school)


def test_learners_page_shows_work_and_levels(school: School, sign_in: SignIn) -> None:
    with scope(school.cast.organization.pk):
        submission = hand_in(school, at=timezone.now())
    html = sign_in(school.cast.ilse).get(f"/o/lantaarn/learners/{school.amira.pk}/").content.decode()
    assert "Work and levels" in html
    assert f"/o/lantaarn/reviews/{submission.pk}/" in html
    assert page_of(school) in html
