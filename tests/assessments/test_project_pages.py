from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Membership
from assessments.models import LinkCheck, Submission
from assessments.reviewing import Mark, claim
from assessments.submissions import withdraw
from cohorts.models import Enrollment, ProgressEvent
from curriculum.models import Project
from organizations.scope import scope
from tests.assessments.conftest import PROFICIENT, School, hand_in, judge, queries_of

SignIn = Callable[[Membership | None], Client]
LIST = "/o/lantaarn/projects/"
COMPLETE = {
    "repository": "https://git.example/amira/organizer",
    "commit": "v1",
    "note": "Start with cli.py.",
    "item_0": "on",
    "tests_pass": "on",
    "readme_explains": "on",
    "nothing_secret": "on",
}


@pytest.fixture
def school(cohort_of_two: School) -> School:
    return cohort_of_two


def page_of(project: Project) -> str:
    return f"{LIST}{project.pk}/"


def test_projects_list_says_how_each_stands(school: School, sign_in: SignIn) -> None:
    with scope(school.cast.organization.pk):
        judge(hand_in(school), school)
        hand_in(school, project=school.practice)
        ProgressEvent.objects.create(
            enrollment=school.amira, project=school.final, kind="credited", hours=30, effective_on="2026-03-01",
            evidence="Thesis",
        )  # fmt: skip
    response = sign_in(school.cast.amira).get(LIST)
    rows = [row for group in response.context["levels"] for row in group["rows"]]
    assert [(row["title"], row["status"], row["attempts"]) for row in rows] == [
        ("File organizer", "passed", 1),
        ("Data story", "submitted", 1),
        ("Evaluation harness", "credited", 0),
    ]
    assert "2 of 3 projects passed." in response.content.decode()


def test_projects_list_is_empty_before_enrollment(school: School, sign_in: SignIn) -> None:
    with scope(school.cast.organization.pk):
        newcomer = school.cast.joris
        newcomer.roles = ["mentor", "learner"]
        newcomer.save()
    assert "You are not in a cohort yet" in sign_in(newcomer).get(LIST).content.decode()


def test_projects_list_takes_as_many_queries_for_three_projects_as_for_one(school: School, sign_in: SignIn) -> None:
    with scope(school.cast.organization.pk):
        hand_in(school)
    client = sign_in(school.cast.amira)
    client.get(LIST)
    with_one = queries_of(client, LIST)
    assert with_one <= 12
    with scope(school.cast.organization.pk):
        hand_in(school, project=school.practice)
        judge(hand_in(school, project=school.final), school, "changes_requested")
    assert queries_of(client, LIST) == with_one


def test_submitting_a_complete_form(school: School, sign_in: SignIn) -> None:
    client = sign_in(school.cast.amira)
    response = client.post(f"{page_of(school.capstone)}submit/", COMPLETE, follow=True)
    assert response.redirect_chain == [(page_of(school.capstone), 302)]
    assert "Attempt 1 is submitted." in response.content.decode()
    with scope(school.cast.organization.pk):
        submission = Submission.objects.get()
        assert (submission.commit, submission.note, submission.submitted_by) == (
            "v1",
            "Start with cli.py.",
            school.cast.amira,
        )
        assert submission.checklist == [
            {"text": "Reads and writes files", "done": True},
            {"text": "Has a command line", "done": False},
        ]


def test_errors_tell_the_fix_and_lose_nothing(school: School, sign_in: SignIn) -> None:
    given = {
        "repository": "git.example/amira/organizer",
        "deployment": "http://192.168.1.1/demo",
        "video": "https://video.example/1",
        "note": "Start with <b>cli.py</b>.",
        "tests_pass": "on",
    }
    response = sign_in(school.cast.amira).post(f"{page_of(school.capstone)}submit/", given)
    assert response.status_code == 422
    assert response.context["form"].errors == {
        "repository": ["Enter a link that starts with https://"],
        "deployment": ["Enter a link that opens for others too, not one to your own computer or network."],
        "readme_explains": ["Confirm that your README explains how to run the project"],
        "nothing_secret": ["Confirm that there are no keys, tokens or personal data in the repository"],
    }
    html = response.content.decode()
    assert "<title>Error: File organizer" in html
    assert 'value="git.example/amira/organizer"' in html
    assert 'value="http://192.168.1.1/demo"' in html
    assert 'value="https://video.example/1"' in html
    assert '<details class="data" open>' in html
    assert "Start with &lt;b&gt;cli.py&lt;/b&gt;." in html
    with scope(school.cast.organization.pk):
        assert not Submission.objects.exists()


def test_capstone_form_asks_for_the_repository(school: School, sign_in: SignIn) -> None:
    response = sign_in(school.cast.amira).post(f"{page_of(school.capstone)}submit/", {**COMPLETE, "repository": ""})
    assert response.context["form"].errors == {"repository": ["Enter the link to your repository"]}


def test_practice_project_is_submitted_with_an_article_alone(school: School, sign_in: SignIn) -> None:
    response = sign_in(school.cast.amira).post(
        f"{page_of(school.practice)}submit/", {"article": "https://blog.example/story"}
    )
    assert response.status_code == 302


def test_rule_found_by_the_domain_keeps_the_form(school: School, sign_in: SignIn) -> None:
    with scope(school.cast.organization.pk):
        hand_in(school)
    response = sign_in(school.cast.amira).post(f"{page_of(school.capstone)}submit/", COMPLETE)
    assert response.status_code == 422
    assert "Your last attempt still waits for review" in response.content.decode()
    assert "Start with cli.py." in response.content.decode()


def test_next_attempt_starts_from_the_links_of_the_last(school: School, sign_in: SignIn) -> None:
    with scope(school.cast.organization.pk):
        judge(
            hand_in(school, links={"repository": "https://git.example/amira/old", "paper": "https://arxiv.example/1"}),
            school,
            "changes_requested",
            scores={**PROFICIENT, "testing": Mark(2, "They end up in <script>CI output</script>.")},
        )
    html = sign_in(school.cast.amira).get(page_of(school.capstone)).content.decode()
    assert "Submit attempt 2" in html
    assert 'value="https://git.example/amira/old"' in html
    assert 'value="https://arxiv.example/1"' in html
    assert "Changes requested" in html
    assert "Keep forty prompts apart." in html
    assert "They end up in &lt;script&gt;CI output&lt;/script&gt;." in html


def test_a_hundred_links_are_refused_clearly_and_all_stay_on_the_page(school: School, sign_in: SignIn) -> None:
    many = [f"https://video.example/{number}" for number in range(100)]
    given = {**COMPLETE, "repository": ["https://git.example/a/b", "https://git.example/a/b"], "video": many}
    response = sign_in(school.cast.amira).post(f"{page_of(school.capstone)}submit/", given)
    assert response.status_code == 422
    assert response.context["form"].errors == {
        "video": ["Give at most 20 links; these are 102. Keep those that your reviewer needs."]
    }
    html = response.content.decode()
    assert all(f'value="{url}"' in html for url in (*many, "https://git.example/a/b"))
    response = sign_in(school.cast.amira).post(f"{page_of(school.capstone)}submit/", {**given, "video": ["x", many[0]]})
    assert response.context["form"].errors == {"video": ["Link 1: Enter a link that starts with https://"]}
    response = sign_in(school.cast.amira).post(f"{page_of(school.capstone)}submit/", {**given, "video": many[:3]})
    with scope(school.cast.organization.pk):
        assert list(Submission.objects.get().links.order_by("position").values_list("kind", "position")) == [
            ("repository", 1), ("video", 2), ("video", 3), ("video", 4),
        ]  # fmt: skip


def test_draft_is_saved_without_script_and_survives(school: School, sign_in: SignIn) -> None:
    client, save = sign_in(school.cast.amira), f"{page_of(school.capstone)}draft/"
    half = {"repository": ["git.example/typo", "https://git.example/two"], "note": "Half a", "item_0": "on"}
    opened = client.get(page_of(school.capstone)).context
    response = client.post(save, {**half, "page": opened["page_name"], "revision": opened["revision"]}, follow=True)
    html = response.content.decode()
    assert "Draft saved." in html
    later = sign_in(school.cast.amira)
    html = later.get(page_of(school.capstone)).content.decode()
    assert all(text in html for text in ('value="git.example/typo"', 'value="https://git.example/two"', "Half a<"))
    assert later.get(LIST).context["levels"][0]["rows"][0]["draft_saved_at"] is not None
    assert client.get(save).headers["Location"] == page_of(school.capstone)
    # A window that was opened before another one saved keeps its text, and says so.
    for headers in ({}, {"HX-Request": "true"}):
        response = client.post(save, {"note": "Old window", "page": "other", "revision": "0"}, headers=headers)
        assert response.status_code == 422
        assert "This draft was changed in another window" in response.content.decode()
        assert "Keep what is on this page" in response.content.decode()
    assert "Old window" in client.post(save, {"note": "Old window", "page": "other"}).content.decode()
    response = client.post(f"{page_of(school.capstone)}submit/", {**COMPLETE, "page": "other", "revision": "0"})
    assert (response.status_code, response.context["conflict"]) == (422, 1)
    assert "Start with cli.py." in response.content.decode()
    taken = client.post(save, {"note": "Old window", "page": "other", "revision": ["0", "1"]})
    assert taken.status_code == 302
    assert client.post(f"{page_of(school.capstone)}submit/", {**COMPLETE, "page": "other"}).status_code == 302
    assert client.post(save, {"note": "Too late"}, headers={"HX-Request": "true"}).status_code == 422
    assert "Too late" in client.post(save, {"note": "Too late"}).content.decode()


def test_taken_back_attempt_comes_again_whole(school: School, sign_in: SignIn) -> None:
    with scope(school.cast.organization.pk):
        attempt = hand_in(school, commit="v1", note="Start here.")
        withdraw(submission=attempt, by=school.cast.amira, at=timezone.now())
    html = sign_in(school.cast.amira).get(page_of(school.capstone)).content.decode()
    assert 'value="v1"' in html
    assert "Start here.</textarea>" in html


def test_learner_and_reviewer_see_what_changed(school: School, sign_in: SignIn) -> None:
    with scope(school.cast.organization.pk):
        links = {"repository": "https://github.com/amira/files"}
        judge(hand_in(school, links=links, commit="v1"), school, "changes_requested")
        again = hand_in(school, links=links, commit="v2", note="Tests added.", at=timezone.now())
    for person, url in (
        (school.cast.amira, page_of(school.capstone)),
        (school.cast.joris, f"/o/lantaarn/reviews/{again.pk}/"),
    ):
        html = sign_in(person).get(url).content.decode()
        assert "What changed since attempt 1" in html
        assert 'href="https://github.com/amira/files/compare/v1...v2"' in html
        assert "Keep forty prompts apart." in html


def test_waiting_attempt_shows_where_it_is_and_can_be_withdrawn(school: School, sign_in: SignIn) -> None:
    with scope(school.cast.organization.pk):
        hand_in(school, at=timezone.now())
    client = sign_in(school.cast.amira)
    response = client.get(page_of(school.capstone))
    assert [step.state for step in response.context["steps"]] == ["done", "now", "", ""]
    assert response.context["steps"][2].title == "Joris Hoekema reviews"
    assert "Withdraw attempt 1" in response.content.decode()
    response = client.post(f"{page_of(school.capstone)}withdraw/", follow=True)
    assert "Attempt 1 is withdrawn." in response.content.decode()
    assert "Submit attempt 2" in response.content.decode()


def test_looked_at_links_bring_the_next_step_and_their_problem(school: School, sign_in: SignIn) -> None:
    with scope(school.cast.organization.pk):
        submission = hand_in(school, at=timezone.now())
        LinkCheck.objects.create(
            link=submission.links.get(), outcome="unreachable", detail="http_404", checked_at=timezone.now()
        )
    response = sign_in(school.cast.amira).get(page_of(school.capstone))
    assert [step.state for step in response.context["steps"]] == ["done", "done", "now", ""]
    assert "We could not open this link: there is no such page, or it is private." in response.content.decode()


def test_attempt_under_review_cannot_be_withdrawn(school: School, sign_in: SignIn) -> None:
    now = timezone.now()
    with scope(school.cast.organization.pk):
        claim(submission=hand_in(school, at=now), reviewer=school.cast.joris, at=now)
    client = sign_in(school.cast.amira)
    assert "Withdraw attempt" not in client.get(page_of(school.capstone)).content.decode()
    response = client.post(f"{page_of(school.capstone)}withdraw/")
    assert response.status_code == 422
    assert "Somebody is reviewing this attempt now." in response.content.decode()


def test_passed_project_has_no_form(school: School, sign_in: SignIn) -> None:
    with scope(school.cast.organization.pk):
        judge(hand_in(school), school)
    response = sign_in(school.cast.amira).get(page_of(school.capstone))
    assert response.context["form"] is None
    assert "There is nothing left to submit." in response.content.decode()


def test_learner_on_leave_reads_but_does_not_submit(school: School, sign_in: SignIn) -> None:
    with scope(school.cast.organization.pk):
        Enrollment.objects.filter(pk=school.amira.pk).update(status="on_leave")
    response = sign_in(school.cast.amira).get(page_of(school.capstone))
    assert response.context["form"] is None
    assert "it is “On leave” now" in response.content.decode()


def test_others_attempts_stay_theirs(school: School, sign_in: SignIn) -> None:
    with scope(school.cast.organization.pk):
        hand_in(school, note="Nobody else reads this.")
    client = sign_in(school.cast.daan)
    assert "Nobody else reads this." not in client.get(page_of(school.capstone)).content.decode()
    assert client.post(f"{page_of(school.capstone)}withdraw/").status_code == 404


def test_project_outside_ones_own_curriculum_is_not_found(school: School, sign_in: SignIn) -> None:
    with scope(school.cast.organization.pk):
        school.cohort.last_level = 1
        school.cohort.save()
    assert sign_in(school.cast.amira).get(page_of(school.final)).status_code == 404


def test_addresses_of_forms_lead_back_when_opened(school: School, sign_in: SignIn) -> None:
    client = sign_in(school.cast.amira)
    for form in ("submit", "withdraw"):
        assert client.get(f"{page_of(school.capstone)}{form}/").headers["Location"] == page_of(school.capstone)


@pytest.mark.parametrize("who", ["joris", "ilse", "ada"])
def test_projects_are_for_learners(school: School, sign_in: SignIn, who: str) -> None:
    client = sign_in(getattr(school.cast, who))
    assert client.get(LIST).status_code == 403
    assert client.post(f"{page_of(school.capstone)}submit/", COMPLETE).status_code == 403


def test_withdrawn_attempt_gives_way_to_the_feedback_before_it(school: School, sign_in: SignIn) -> None:
    with scope(school.cast.organization.pk):
        judge(hand_in(school), school, "changes_requested")
        later = timezone.now() + timedelta(minutes=1)
        withdraw(submission=hand_in(school, at=later), by=school.cast.amira, at=later)
    response = sign_in(school.cast.amira).get(LIST)
    assert response.context["levels"][0]["rows"][0]["status"] == "changes_requested"
