from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.html import escape

from accounts.models import Membership
from curriculum.importing import import_plan
from curriculum.models import CurriculumVersion
from curriculum.plan.markdown import read_plan
from curriculum.plan.nodes import Plan
from curriculum.plan.source import Form, write
from curriculum.plan.to_markdown import write_markdown
from curriculum.plan.to_yaml import write_yaml
from curriculum.publishing import publish
from curriculum.tree import plan_of
from organizations.scope import scope
from tests.cohorts.given import a_cohort
from tests.conftest import NOW, Cast
from tests.curriculum.plans import REAL, SMALL, real_plan, with_line

SignIn = Callable[[Membership | None], Client]
HOME = "/o/lantaarn/curriculum/"
IMPORT = f"{HOME}import/"
EVERYONE = ("ilse", "ada", "joris", "amira", "otto")


def a_version(cast: Cast, plan: Plan | None = None, *, published: bool = False, **options: Any) -> CurriculumVersion:
    with scope(cast.organization.pk):
        version = import_plan(plan=plan or read_plan(SMALL), by=cast.ilse, at=NOW, **options)
        if published:
            publish(version=version, by=cast.ilse, at=NOW, reason="As it is taught.")
        return version


def stored(cast: Cast, pk: UUID) -> CurriculumVersion:
    with scope(cast.organization.pk):
        return CurriculumVersion.objects.get(pk=pk)


def count_versions(cast: Cast) -> int:
    with scope(cast.organization.pk):
        return CurriculumVersion.objects.count()


def upload(client: Client, data: bytes, name: str = "plan.md") -> Any:
    return client.post(IMPORT, {"file": SimpleUploadedFile(name, data, "text/markdown")})


def token_in(response: Any) -> str:
    return str(response.context["token"])


# -- who may -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("get", "", [200, 200, 200, 403, 404]),
        ("get", "import/", [200, 200, 403, 403, 404]),
        ("post", "import/", [422, 422, 403, 403, 404]),
        ("get", "{pk}/", [200, 200, 200, 200, 404]),
        ("post", "{pk}/publish/", [422, 422, 403, 403, 404]),
        ("get", "{pk}/publish/", [405, 405, 403, 403, 404]),
    ],
)
def test_who_may_enter(cast: Cast, sign_in: SignIn, method: str, path: str, expected: list[int]) -> None:
    address = HOME + path.format(pk=a_version(cast, published=True).pk)
    answers = [getattr(sign_in(getattr(cast, name)), method)(address).status_code for name in EVERYONE]
    assert answers == expected


# -- the list ----------------------------------------------------------------------------------------------------------


def test_empty_list_says_how_it_fills(cast: Cast, sign_in: SignIn) -> None:
    page = sign_in(cast.ilse).get(HOME).content.decode()
    assert "No curriculum yet" in page
    assert f'href="{IMPORT}"' in page
    assert IMPORT not in sign_in(cast.joris).get(HOME).content.decode()


def test_list_shows_versions_with_status_hours_and_cohorts(cast: Cast, sign_in: SignIn) -> None:
    first = a_version(cast, published=True, title="Bread")
    a_version(cast, read_plan(with_line("# Baking", "# Baking more")), curriculum=first.curriculum)
    with scope(cast.organization.pk):
        for number in range(1, 5):
            a_cohort(version=first, name=f"Oven {number}", first_level=1, last_level=1)

    rows = sign_in(cast.ilse).get(HOME).context["rows"]

    assert [
        (row["curriculum"], row["number"], row["title"], row["status"], row["hours"], row["levels"], row["more"])
        for row in rows
    ] == [("Bread", 2, "Baking more", "draft", 100, 1, 0), ("Bread", 1, "Baking", "published", 100, 1, 1)]
    assert [len(row["cohorts"]) for row in rows] == [0, 3]


def test_list_takes_as_many_queries_for_three_versions_as_for_one(cast: Cast, sign_in: SignIn) -> None:
    client, counts = sign_in(cast.ilse), []
    for _number in range(3):
        version = a_version(cast, published=True)
        with scope(cast.organization.pk):
            a_cohort(version=version, name=f"Oven {version.pk}", first_level=1, last_level=1)
        client.get(HOME)
        with CaptureQueriesContext(connection) as queries:
            client.get(HOME)
        counts.append(len(queries))

    assert counts[0] == counts[1] == counts[2] <= 12


# -- import ------------------------------------------------------------------------------------------------------------


def test_preview_shows_the_tree_and_the_audit_and_writes_nothing(cast: Cast, sign_in: SignIn) -> None:
    response = upload(sign_in(cast.ilse), REAL.read_bytes())
    page = response.content.decode()

    assert response.status_code == 200
    assert [branch.level.hours for branch in response.context["branches"]] == [2000] * 5
    for expected in (
        "1.1 Python Programming",
        "lists 800 h",
        "Module “Python Programming” lists 800 hours of topics and projects; it says 700.",
        "line 31",
        "Final Capstone Project",
    ):
        assert expected in page
    assert count_versions(cast) == 0


def test_confirmed_preview_becomes_the_draft_of_a_new_curriculum(cast: Cast, sign_in: SignIn) -> None:
    client = sign_in(cast.ilse)
    token = token_in(upload(client, REAL.read_bytes()))

    response: Any = client.post(IMPORT, {"token": token, "destination": "new", "title": "AI engineer"})

    version = stored(cast, UUID(response.url.rstrip("/").rpartition("/")[2]))
    with scope(cast.organization.pk):
        assert (version.curriculum.title, version.number, version.status) == ("AI engineer", 1, "draft")
        assert (version.created_by, plan_of(version)) == (cast.ilse, real_plan())
        assert version.source == REAL.read_text(encoding="utf-8")
    assert client.get(response.url).status_code == 200


def test_confirmed_preview_becomes_the_next_version_of_a_curriculum(cast: Cast, sign_in: SignIn) -> None:
    first = a_version(cast, published=True)
    client = sign_in(cast.ilse)
    shown = client.post(IMPORT, {"text": with_line("**Goal**: Learners bake bread.", "**Goal**: They bake.")})

    assert shown.context["form"].initial == {"destination": str(first.curriculum_id), "title": "Baking"}
    client.post(IMPORT, {"token": token_in(shown), "destination": str(first.curriculum_id)})

    with scope(cast.organization.pk):
        assert list(
            CurriculumVersion.objects.filter(curriculum=first.curriculum_id)
            .order_by("number")
            .values_list("number", "status")
        ) == [(1, "published"), (2, "draft")]


def test_same_plan_makes_no_second_version(cast: Cast, sign_in: SignIn) -> None:
    first = a_version(cast)
    client = sign_in(cast.ilse)
    shown = client.post(IMPORT, {"text": SMALL.replace("\n", "\r\n")})

    response = client.post(IMPORT, {"token": token_in(shown), "destination": str(first.curriculum_id)}, follow=True)

    assert response.redirect_chain == [(f"{HOME}{first.pk}/", 302)]
    assert "says exactly this already. Nothing was imported." in response.content.decode()
    assert count_versions(cast) == 1


def test_new_curriculum_needs_a_title(cast: Cast, sign_in: SignIn) -> None:
    client = sign_in(cast.ilse)
    token = token_in(client.post(IMPORT, {"text": SMALL}))

    response = client.post(IMPORT, {"token": token, "destination": "new", "title": " "})

    assert response.status_code == 422
    assert response.context["form"].errors == {"title": ["Give the new curriculum a title."]}
    assert client.post(IMPORT, {"token": token, "destination": "new", "title": "Bread"}).status_code == 302
    assert count_versions(cast) == 1


@pytest.mark.parametrize("token", ["", "guessed"])
def test_preview_that_is_gone_writes_nothing(cast: Cast, sign_in: SignIn, token: str) -> None:
    sign_in(cast.ada).post(IMPORT, {"text": SMALL})

    response = sign_in(cast.ilse).post(IMPORT, {"token": token, "destination": "new", "title": "Bread"})

    assert response.status_code == 422
    assert "This preview is no longer current." in response.content.decode()
    assert count_versions(cast) == 0


def test_confirming_twice_imports_once(cast: Cast, sign_in: SignIn) -> None:
    client = sign_in(cast.ilse)
    answer = {"token": token_in(client.post(IMPORT, {"text": SMALL})), "destination": "new", "title": "Bread"}

    assert [client.post(IMPORT, answer).status_code for _time in range(2)] == [302, 422]
    assert count_versions(cast) == 1


BAD = [
    ("\n", "file", 0, "Choose a file, or paste the plan."),
    ("Just a few words.", "text", 0, "No level was found."),
    ("<!doctype html><title>Plan</title>", "text", 1, "This is a web page, not Markdown or YAML."),
    (SMALL + SMALL, "text", 34, "second"),
    (with_line("### 1.2 Oven (40 hours)", "### 1.1 Oven (40 hours)"), "text", 21, "The number 1.1 is used twice."),
    ("# " + "x" * (5 * 1024 * 1024), "text", 0, "The text is larger than 2 MB."),
]


@pytest.mark.parametrize(("text", "field", "line", "sentence"), BAD)
def test_bad_text_comes_back_with_line_numbers(
    cast: Cast, sign_in: SignIn, text: str, field: str, line: int, sentence: str
) -> None:
    response = sign_in(cast.ilse).post(IMPORT, {"text": text})
    page = response.content.decode()

    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]
    assert sentence in page
    assert [each.line for each in response.context["problems"][:1]] == ([] if text == "\n" else [line])
    assert escape(text) in page
    assert count_versions(cast) == 0


@pytest.mark.parametrize(
    ("data", "line", "sentence"),
    [
        (b"", 0, "There is no text."),
        (b"# Plan\n\x89PNG\r\n\x1a\n\xff", 2, "The file is not text in UTF-8."),
        (b"PK\x03\x04\x00\x00", 1, "The text has characters that no text editor writes."),
        (b"# " + b"x" * (5 * 1024 * 1024), 0, "The text is larger than 2 MB."),
    ],
)
def test_bad_file_is_refused_with_line_numbers(
    cast: Cast, sign_in: SignIn, data: bytes, line: int, sentence: str
) -> None:
    response = upload(sign_in(cast.ilse), data)

    assert response.status_code == 422
    assert [(each.line, str(each.sentence)) for each in response.context["problems"]] == [(line, sentence)]
    assert sentence in response.content.decode()
    assert count_versions(cast) == 0


CIRCLE = SMALL.replace("### 1.1 Dough (60 hours)", "### 1.1 Dough (60 hours)\n\nRequires: 1.2").replace(
    "### 1.2 Oven (40 hours)", "### 1.2 Oven (40 hours)\n\nRequires: 1.1"
)
LAUGHS = "\n".join(["title: a", "a: &a [1, 1, 1]", "b: &b [*a, *a, *a]", "levels: [*b, *b, *b]"])
BAD_FILES = [
    ("circle.md", CIRCLE, 11, "Requirements go round in a circle: 1.1 → 1.2 → 1.1."),
    ("twice.md", with_line("### 1.2 Oven (40 hours)", "### 1.1 Oven (40 hours)"), 21, "The number 1.1 is used twice."),
    ("negative.md", with_line("| - Wheat | 30 |", "| - Wheat | -30 |"), 14, "-30 hours cannot be planned."),
    ("absurd.md", with_line("| - Wheat | 30 |", "| - Wheat | 3000000 |"), 14, "3,000,000 hours cannot be planned."),
    (
        "cells.md",
        with_line("| - Wheat | 30 |", "| - Wheat |"),
        14,
        "This row has 1 cells; the heading of the table has 2.",
    ),
    ("two.md", SMALL + SMALL, 34, "A second plan begins here."),
    ("bomb.yaml", LAUGHS, 3, "“*a” refers to another place."),
    ("deep.yaml", "levels: " + "[" * 90_000, 1, "The text is nested too deep at this line."),
    ("tag.yml", "title: !!python/name:os.system a", 1, "“tag:yaml.org,2002:python/name:os.system” is a tag."),
    ("shape.yaml", "title: Baking\nlevels: 7\n", 2, "“levels” is no list."),
    ("markdown.yaml", SMALL, 3, "This is not YAML: did not find expected alphabetic or numeric character."),
    ("empty.yaml", "", 0, "There is no text."),
    ("large.yaml", "#" * (5 * 1024 * 1024 + 1), 0, "The text is larger than 2 MB."),
]


@pytest.mark.parametrize(("name", "text", "line", "sentence"), BAD_FILES, ids=[name for name, *_rest in BAD_FILES])
def test_bad_plan_is_refused_on_the_page_and_on_the_command_line(
    cast: Cast, sign_in: SignIn, tmp_path: Path, name: str, text: str, line: int, sentence: str
) -> None:
    response = upload(sign_in(cast.ilse), text.encode(), name)
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(CommandError) as refused:
        call_command("import_plan", str(tmp_path / name), "--organization", "lantaarn")

    assert response.status_code == 422
    assert (response.context["problems"][0].line, str(response.context["problems"][0].sentence)) == (line, sentence)
    assert escape(sentence) in response.content.decode()
    assert str(refused.value).startswith(f"{tmp_path / name}{f':{line}' if line else ''}: {sentence}")
    assert count_versions(cast) == 0


def test_plan_in_yaml_is_previewed_and_imported(cast: Cast, sign_in: SignIn) -> None:
    client = sign_in(cast.ilse)
    shown = upload(client, write_yaml(real_plan()).encode(), "plan.yaml")
    response: Any = client.post(IMPORT, {"token": token_in(shown), "destination": "new", "title": "AI"})

    version = stored(cast, UUID(response.url.rstrip("/").rpartition("/")[2]))
    with scope(cast.organization.pk):
        assert (plan_of(version), version.source) == (real_plan(), write_yaml(real_plan()))


def test_right_to_left_text_and_emoji_arrive_in_either_form(cast: Cast, sign_in: SignIn) -> None:
    plan = read_plan(SMALL.replace("Baking", "תוכנית 🎓").replace("Water", "مقدمة في بايثون 🐍"))
    for name, text in (("plan.md", write_markdown(plan)), ("plan.yaml", write_yaml(plan))):
        page = upload(sign_in(cast.ilse), text.encode(), name).content.decode()
        assert "<h1>תוכנית 🎓</h1>" in page
        assert "مقدمة في بايثون 🐍" in page


def test_file_and_text_together_are_refused(cast: Cast, sign_in: SignIn) -> None:
    response = sign_in(cast.ilse).post(IMPORT, {"text": SMALL, "file": SimpleUploadedFile("plan.md", SMALL.encode())})

    assert response.status_code == 422
    assert response.context["form"].errors == {"file": ["Choose a file or paste the plan, not both."]}


@pytest.mark.parametrize("form", ["markdown", "yaml"])
def test_markup_in_a_plan_is_shown_as_text(cast: Cast, sign_in: SignIn, form: Form) -> None:
    client = sign_in(cast.ilse)
    attack = "<script>alert(1)</script>"
    plan = read_plan(SMALL.replace("Baking", attack).replace("Water", attack).replace("Oven", attack))
    shown = client.post(IMPORT, {"text": write(plan, form)})
    imported = client.post(IMPORT, {"token": token_in(shown), "destination": "new", "title": attack}, follow=True)

    for page in (shown.content.decode(), imported.content.decode(), client.get(HOME).content.decode()):
        assert escape(attack) in page
        assert attack not in page


def test_lines_that_were_not_understood_are_shown(cast: Cast, sign_in: SignIn) -> None:
    response = sign_in(cast.ilse).post(IMPORT, {"text": SMALL + "\n| Shoe | Size |\n|---|---|\n| Left | 43 |\n"})

    assert [each.line for each in response.context["plan"].unparsed] == [35]
    assert "Lines that were not understood" in response.content.decode()


# -- a version ---------------------------------------------------------------------------------------------------------


def test_learner_reads_the_tree_without_audit_or_publishing(cast: Cast, sign_in: SignIn) -> None:
    version = a_version(cast, real_plan())
    page = sign_in(cast.amira).get(f"{HOME}{version.pk}/").content.decode()

    assert 'data-audience="learner"' in page
    assert "1.1 Python Programming" in page
    for hidden in ("What does not add up", "lists 800 h", "publish/", "Lines that were not understood", IMPORT):
        assert hidden not in page


def test_staff_see_findings_with_place_expected_and_found(cast: Cast, sign_in: SignIn) -> None:
    response = sign_in(cast.ilse).get(f"{HOME}{a_version(cast, real_plan()).pk}/")
    page = response.content.decode()

    assert (response.context["errors"], response.context["tally"]) == (8, "8 errors, 6 warnings")
    assert 'href="#n-2.1">2.1 ML Fundamentals &amp; Algorithms</a>' in page
    assert "Expected 800 · Found 950" in page
    assert "Expected 10,000 · Found 1,992" in page
    assert "Take 150 hours off the parts, or raise the whole to 950 hours." in page


def test_draft_is_published(cast: Cast, sign_in: SignIn) -> None:
    version = a_version(cast)

    response = sign_in(cast.ilse).post(f"{HOME}{version.pk}/publish/", follow=True)

    assert response.redirect_chain == [(f"{HOME}{version.pk}/", 302)]
    assert "Baking, v1 is published. Cohorts can follow it now." in response.content.decode()
    assert stored(cast, version.pk).status == "published"


def test_publishing_with_errors_asks_for_a_reason(cast: Cast, sign_in: SignIn) -> None:
    version = a_version(cast, real_plan())
    client, address = sign_in(cast.ilse), f"{HOME}{version.pk}/publish/"

    refused = client.post(address, {"reason": ""})
    assert (refused.status_code, list(refused.context["form"].errors)) == (422, ["reason"])
    assert stored(cast, version.pk).status == "draft"

    page = client.post(address, {"reason": "Hours are <b>revised</b>."}, follow=True).content.decode()
    assert "Hours are &lt;b&gt;revised&lt;/b&gt;." in page
    assert stored(cast, version.pk).published_by_id == cast.ilse.pk


def test_publishing_a_published_version_says_what_to_do(cast: Cast, sign_in: SignIn) -> None:
    version = a_version(cast, published=True)

    response = sign_in(cast.ilse).post(f"{HOME}{version.pk}/publish/", {"reason": "Again"})

    assert response.status_code == 422
    assert "This version is published already." in response.content.decode()


def test_version_of_another_organization_is_not_found(cast: Cast, sign_in: SignIn) -> None:
    with scope(cast.elsewhere.pk):
        theirs = import_plan(plan=read_plan(SMALL), by=cast.otto, at=NOW)

    assert sign_in(cast.ilse).get(f"{HOME}{theirs.pk}/").status_code == 404
    assert sign_in(cast.ilse).post(f"{HOME}{theirs.pk}/publish/").status_code == 404
