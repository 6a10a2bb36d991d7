"""Rubrics are made, changed as new versions, chosen and put away; what is under review keeps its version."""

from collections.abc import Callable

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import timezone

from accounts.models import Membership
from assessments.models import Criterion, Rubric
from assessments.reviewing import claim
from assessments.rubric_editing import change_rubric, texts_of
from assessments.rubrics import default_rubric, rubric_for
from curriculum.models import Project
from organizations.scope import scope
from tests.assessments.conftest import School, hand_in, judge, queries_of

SignIn = Callable[[Membership | None], Client]
RUBRICS = "/o/lantaarn/reviews/rubrics/"
LEVELS = ("not_yet", "developing", "proficient", "exemplary")


@pytest.fixture
def school(cohort_of_two: School) -> School:
    return cohort_of_two


@pytest.fixture
def standard(school: School) -> Rubric:
    with scope(school.cast.organization.pk):
        return default_rubric()


def written(*criteria: dict[str, str], initial: int = 0, **fields: str) -> dict[str, str]:
    """What the form sends."""
    sent = {
        "standard": "3",
        "criteria-TOTAL_FORMS": str(len(criteria)),
        "criteria-INITIAL_FORMS": str(initial),
        **({"title": "Code and documentation"} if initial else {}),
        **fields,
    }
    for number, criterion in enumerate(criteria):
        sent |= {f"criteria-{number}-{name}": text for name, text in criterion.items()}
    return sent


def criterion(title: str, **changes: str) -> dict[str, str]:
    return {
        "title": title,
        "question": f"How about {title}?",
        **{each: f"{title}: {each}" for each in LEVELS},
        **changes,
    }


def as_sent(rubric: Rubric) -> list[dict[str, str]]:
    return [
        {
            "key": each.key,
            "title": each.title,
            "question": each.question,
            **dict(zip(LEVELS, each.descriptions, strict=True)),
        }
        for each in rubric.criteria.order_by("position")
    ]


def family(school: School, title: str) -> str:
    with scope(school.cast.organization.pk):
        return str(Rubric.objects.filter(title=title).values_list("family", flat=True)[0])


def keys(rubric: Rubric) -> list[str]:
    return list(rubric.criteria.order_by("position").values_list("key", flat=True))


def test_rubric_is_made_and_chosen_for_a_kind_and_a_level(school: School, standard: Rubric, sign_in: SignIn) -> None:
    ilse = sign_in(school.cast.ilse)
    sent = written(
        criterion("Méthod"), criterion("Clarity"), dict.fromkeys(LEVELS, ""), title=" Research ", standard="4"
    )
    assert ilse.post(f"{RUBRICS}new/", sent)["Location"] == RUBRICS
    for kind, level, title in (("", "2", "Research"), ("module_capstone", "", "Code and documentation")):
        assert ilse.post(RUBRICS, {"kind": kind, "level": level, "rubric": family(school, title)}).status_code == 302
    html = ilse.get(RUBRICS).content.decode()
    assert "level 2" in html
    assert "Méthod, Clarity" in html
    with scope(school.cast.organization.pk):
        made = Rubric.objects.get(title="Research")
        assert (made.version, made.standard, made.created_by, keys(made)) == (
            1,
            4,
            school.cast.ilse,
            ["method", "clarity"],
        )
        final = hand_in(school, project=school.final)  # a module capstone of level 2: the kind goes before the level
        assert rubric_for(final) == standard
        Project.objects.filter(pk=school.final.pk).update(kind=Project.Kind.PRACTICE)
        final.project.refresh_from_db()
        assert rubric_for(final) == made
        assert rubric_for(hand_in(school)) == standard
    assert ilse.post(RUBRICS, {"kind": "", "level": "2", "rubric": "-"}).status_code == 302
    with scope(school.cast.organization.pk):
        assert rubric_for(final) == standard


def test_change_is_a_new_version_and_what_is_under_review_keeps_its_own(
    school: School, standard: Rubric, sign_in: SignIn
) -> None:
    with scope(school.cast.organization.pk):
        submission = hand_in(school, at=timezone.now())
        review = claim(submission=submission, reviewer=school.cast.joris, at=timezone.now())
        rows = as_sent(standard)
    quality, testing, documentation = rows
    ilse = sign_in(school.cast.ilse)
    page = ilse.get(f"{RUBRICS}{standard.pk}/change/").content.decode()
    assert "Would the tests catch a regression?" in page
    changed = [quality, {**testing, "question": "Do tests fail when they should?"}, {**documentation, "DELETE": "on"}]
    response = ilse.post(f"{RUBRICS}{standard.pk}/change/", written(*changed, criterion("Quality control"), initial=3))
    with scope(school.cast.organization.pk):
        second = Rubric.objects.get(version=2)
        assert response["Location"] == f"{RUBRICS}{second.pk}/"
        assert keys(second) == ["quality", "testing", "quality-control"]
        assert second.criteria.get(key="testing").question == "Do tests fail when they should?"
        assert default_rubric() == second
        review.refresh_from_db()
        assert review.rubric == standard
        assert len(keys(standard)) == 3
    html = sign_in(school.cast.joris).get(f"/o/lantaarn/reviews/{submission.pk}/").content.decode()
    assert "This review keeps version 1 of “Code and documentation”, with which it began. Version 2 counts" in html
    assert "Could someone else run and judge this?" in html
    with scope(school.cast.organization.pk):
        assert judge(submission, school, at=timezone.now()).rubric == standard
        later = hand_in(school, project=school.practice)
        assert claim(submission=later, reviewer=school.cast.joris, at=timezone.now()).rubric == second
    old = sign_in(school.cast.ilse).get(f"{RUBRICS}{standard.pk}/").content.decode()
    assert "There is a newer version, 2." in old


WRONG: list[tuple[dict[str, str], str]] = [
    (written(title="Empty"), "Add at least one criterion"),
    (written(criterion("Same"), criterion("same"), title="Twice"), "Two criteria have the same title"),
    (written(criterion("Half", proficient=" "), title="Half"), "Fill in “Proficient”"),
    (written(criterion("Long", question="x" * 301), title="Long"), "at most 300 characters"),
    (written(criterion("Ok"), title="code and DOCUMENTATION"), "There is a rubric with this title"),
    (written(criterion("Ok")), "Fill in “Title”"),
    (written(*[criterion(f"C{number}") for number in range(9)], title="Many"), "at most 8"),
    ({"title": "No rows"}, "ManagementForm"),
]


@pytest.mark.parametrize(("sent", "message"), WRONG)
def test_what_is_wrong_is_said_and_kept(
    school: School, standard: Rubric, sign_in: SignIn, sent: dict[str, str], message: str
) -> None:
    response = sign_in(school.cast.ilse).post(f"{RUBRICS}new/", sent)
    assert response.status_code == 422
    assert message in response.content.decode()
    assert sent.get("title", "") in response.content.decode()
    with scope(school.cast.organization.pk):
        assert Rubric.objects.count() == 1


def test_two_who_change_at_once_do_not_overwrite_each_other(school: School, standard: Rubric, sign_in: SignIn) -> None:
    with scope(school.cast.organization.pk):
        rows = as_sent(standard)
        change_rubric(
            rubric=standard,
            title=standard.title,
            standard=4,
            criteria=texts_of(standard),
            by=school.cast.ada,
            at=timezone.now(),
        )
    ilse = sign_in(school.cast.ilse)
    url = f"{RUBRICS}{standard.pk}/change/"
    response = ilse.post(url, written(*rows[:2], {**rows[2], "title": "Docs"}, initial=3))
    assert response.status_code == 422
    assert "Ada Visser made version 2 meanwhile." in response.content.decode()
    assert "Docs" in response.content.decode()
    with scope(school.cast.organization.pk):
        last = Rubric.objects.get(version=2)
    same = ilse.post(f"{RUBRICS}{last.pk}/change/", written(*rows, initial=3, standard="4"))
    assert "Nothing is different, so there is no new version." in same.content.decode()


def test_rubric_is_put_away_unless_work_is_reviewed_with_it(school: School, standard: Rubric, sign_in: SignIn) -> None:
    ilse = sign_in(school.cast.ilse)
    only = ilse.post(f"{RUBRICS}{standard.pk}/", {"archive": "in"})
    assert (only.status_code, "This is the only rubric." in only.content.decode()) == (422, True)
    ilse.post(f"{RUBRICS}new/", written(criterion("Method"), title="Research"))
    ilse.post(RUBRICS, {"rubric": family(school, "Research")})
    with scope(school.cast.organization.pk):
        research = Rubric.objects.get(title="Research")
        assert default_rubric() == research
    chosen = ilse.post(f"{RUBRICS}{research.pk}/", {"archive": "in"})
    assert (chosen.status_code, "Choose another rubric for it first." in chosen.content.decode()) == (422, True)
    assert ilse.post(f"{RUBRICS}{standard.pk}/", {"archive": "in"}).status_code == 302
    assert ilse.post(RUBRICS, {"rubric": str(standard.family)}).status_code == 422
    assert "Take out of the archive" in ilse.get(f"{RUBRICS}{standard.pk}/").content.decode()
    assert ilse.post(f"{RUBRICS}{standard.pk}/", {"archive": "out"}).status_code == 302
    assert ilse.post(RUBRICS, {"rubric": str(standard.family)}).status_code == 302


def test_title_changes_with_a_version_and_choices_stay(school: School, standard: Rubric, sign_in: SignIn) -> None:
    ilse = sign_in(school.cast.ilse)
    ilse.post(f"{RUBRICS}new/", written(criterion("Method"), title="Research"))
    ilse.post(RUBRICS, {"level": "2", "rubric": str(standard.family)})
    with scope(school.cast.organization.pk):
        rows = as_sent(standard)
        attempt = hand_in(school, at=timezone.now())
        claim(submission=attempt, reviewer=school.cast.joris, at=timezone.now())
    url = f"{RUBRICS}{standard.pk}/change/"
    assert 'value="Code and documentation"' in ilse.get(url).content.decode()
    taken = ilse.post(url, written(*rows, initial=3, title="RESEARCH"))
    assert (taken.status_code, "There is a rubric with this title." in taken.content.decode()) == (422, True)
    renamed = ilse.post(url, written(*rows, initial=3, title="Craft"), follow=True).content.decode()
    assert "Craft" in renamed
    assert "“Code and documentation”" in renamed  # of the version before
    assert "level 2" in ilse.get(RUBRICS).content.decode()
    again = ilse.post(f"{RUBRICS}new/", written(criterion("Method"), title="Code and documentation"))
    assert again.status_code == 422  # what was reviewed is named so
    page = sign_in(school.cast.joris).get(f"/o/lantaarn/reviews/{attempt.pk}/").content.decode()
    assert "This review keeps version 1 of “Code and documentation”" in page
    with scope(school.cast.organization.pk):
        assert default_rubric().title == rubric_for(hand_in(school, project=school.final)).title == "Craft"


def test_database_changes_no_version(school: School, standard: Rubric) -> None:
    with scope(school.cast.organization.pk):
        for change in (Rubric.objects.all().delete, lambda: Criterion.objects.update(title="Other")):
            with pytest.raises(DatabaseError, match="are facts"), transaction.atomic():
                change()


def test_queries_do_not_grow_with_the_rubrics(school: School, standard: Rubric, sign_in: SignIn) -> None:
    ilse = sign_in(school.cast.ilse)
    urls = [RUBRICS, f"{RUBRICS}{standard.pk}/"]
    with_one = [queries_of(ilse, url) for url in urls]
    assert max(with_one) <= 12
    for number in (1, 2):
        ilse.post(f"{RUBRICS}new/", written(criterion("Method"), title=f"Other {number}"))
        ilse.post(RUBRICS, {"rubric": f"Other {number}", "level": str(number)})
    with scope(school.cast.organization.pk):
        change_rubric(
            rubric=standard,
            title=standard.title,
            standard=4,
            criteria=texts_of(standard),
            by=school.cast.ada,
            at=timezone.now(),
        )
    assert [queries_of(ilse, url) for url in urls] == with_one
