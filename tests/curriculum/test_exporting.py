"""Plans leave as files and come back the same: from the page, and on the command line."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Membership
from curriculum.importing import import_plan
from curriculum.models import Curriculum, CurriculumVersion
from curriculum.plan.markdown import read_plan
from curriculum.plan.nodes import Plan
from curriculum.plan.source import read_source
from organizations.scope import scope
from tests.conftest import NOW, Cast
from tests.curriculum.plans import SMALL, real_plan, with_line

SignIn = Callable[[Membership | None], Client]


def a_version(cast: Cast, plan: Plan, curriculum: Curriculum | None = None) -> CurriculumVersion:
    with scope(cast.organization.pk):
        return import_plan(plan=plan, curriculum=curriculum, by=cast.ilse, at=NOW)


def address(version: CurriculumVersion, suffix: str) -> str:
    return f"/o/lantaarn/curriculum/{version.pk}/plan.{suffix}"


# -- from the page -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("suffix", "media_type"), [("md", "text/markdown"), ("yaml", "application/yaml")])
def test_version_is_downloaded_as_a_plan(cast: Cast, sign_in: SignIn, suffix: str, media_type: str) -> None:
    version = a_version(cast, real_plan())

    for person in (cast.ilse, cast.joris):
        response = sign_in(person).get(address(version, suffix))
        assert (response.status_code, response["Content-Type"]) == (200, f"{media_type}; charset=utf-8")
        assert response["Content-Disposition"] == (
            f'attachment; filename="10000-uur-aillm-engineer-training-plan-v1.{suffix}"'
        )
        assert response["X-Content-Type-Options"] == "nosniff"
        assert read_source(response.content.decode(), name=f"plan.{suffix}") == real_plan()


def test_page_leads_staff_and_mentors_to_both_files(cast: Cast, sign_in: SignIn) -> None:
    version = a_version(cast, read_plan(SMALL))

    for person, shown in ((cast.ilse, True), (cast.joris, True), (cast.amira, False)):
        page = sign_in(person).get(f"/o/lantaarn/curriculum/{version.pk}/").content.decode()
        assert [f'href="{address(version, suffix)}"' in page for suffix in ("md", "yaml")] == [shown, shown]


def test_download_takes_as_many_queries_for_the_real_plan_as_for_a_small_one(cast: Cast, sign_in: SignIn) -> None:
    client, counts = sign_in(cast.joris), []
    for plan in (read_plan(SMALL), real_plan()):
        where = address(a_version(cast, plan), "md")
        client.get(where)
        with CaptureQueriesContext(connection) as queries:
            client.get(where)
        counts.append(len(queries))

    assert counts[0] == counts[1] <= 18


def test_other_forms_and_other_organizations_are_not_found(cast: Cast, sign_in: SignIn) -> None:
    version = a_version(cast, read_plan(SMALL))
    with scope(cast.elsewhere.pk):
        theirs = import_plan(plan=read_plan(SMALL), by=cast.otto, at=NOW)

    client = sign_in(cast.ilse)
    assert [client.get(address(version, suffix)).status_code for suffix in ("pdf", "exe", "markdown")] == [404] * 3
    assert client.get(address(theirs, "md")).status_code == 404
    assert client.post(address(version, "md")).status_code == 405


@pytest.mark.parametrize("suffix", ["md", "yaml"])
def test_importing_what_was_downloaded_changes_nothing(cast: Cast, sign_in: SignIn, suffix: str) -> None:
    version, client = a_version(cast, real_plan()), sign_in(cast.ilse)
    file = SimpleUploadedFile(f"plan.{suffix}", client.get(address(version, suffix)).content)

    shown = client.post("/o/lantaarn/curriculum/import/", {"file": file})
    answer = {"token": shown.context["token"], "destination": str(version.curriculum_id)}
    page = client.post("/o/lantaarn/curriculum/import/", answer, follow=True).content.decode()

    assert "says exactly this already. Nothing was imported." in page


# -- on the command line -----------------------------------------------------------------------------------------------


def export(*arguments: object) -> str:
    out = io.StringIO()
    call_command("export_plan", *map(str, arguments), "--organization", "lantaarn", stdout=out, stderr=io.StringIO())
    return out.getvalue()


def refusal(*arguments: object) -> str:
    with pytest.raises(CommandError) as refused:
        export(*arguments)
    return str(refused.value)


def test_newest_version_is_written_to_standard_output(cast: Cast) -> None:
    first = a_version(cast, read_plan(SMALL))
    changed = read_plan(with_line("**Goal**: Learners bake bread.", "**Goal**: They bake."))
    a_version(cast, changed, first.curriculum)

    assert read_plan(export("baking")) == changed
    assert read_plan(export("baking", "--version", 1)) == read_plan(SMALL)
    assert export("baking", "--format", "yaml").startswith("title: Baking\n")


@pytest.mark.parametrize(
    ("name", "options", "begins"),
    [
        ("plan.md", (), "# Baking\n"),
        ("plan.yaml", (), "title: Baking\n"),
        ("plan.yml", (), "title: Baking\n"),
        ("plan.txt", ("--format", "yaml"), "title: Baking\n"),
    ],
)
def test_file_has_the_form_of_its_name(
    cast: Cast, tmp_path: Path, name: str, options: tuple[str, ...], begins: str
) -> None:
    a_version(cast, read_plan(SMALL))

    assert export("baking", "--output", tmp_path / name, *options) == ""
    text = (tmp_path / name).read_text(encoding="utf-8")
    assert text.startswith(begins)
    assert read_source(text, name=name) == read_plan(SMALL)


def test_importing_the_file_again_makes_no_version(
    cast: Cast, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    a_version(cast, real_plan())
    for name in ("plan.md", "plan.yaml"):
        export("10000-uur-aillm-engineer-training-plan", "--output", tmp_path / name)
        call_command("import_plan", str(tmp_path / name), "--organization", "lantaarn")
        assert capsys.readouterr().out.endswith("says exactly this already; nothing was imported.\n")


def test_what_cannot_be_exported_is_said_in_one_line(cast: Cast, tmp_path: Path) -> None:
    assert refusal("baking") == "There is no curriculum “baking”. There is none yet."
    a_version(cast, read_plan(SMALL))

    assert refusal("cooking") == "There is no curriculum “cooking”. There are: baking."
    assert refusal("baking", "--version", 7) == "“baking” has no version 7; it has 1."
    assert refusal("baking", "--output", tmp_path) == f"{tmp_path}: Is a directory. Nothing was exported."
    with pytest.raises(CommandError) as refused:
        call_command("export_plan", "baking", "--organization", "nowhere")
    assert str(refused.value) == "There is no organization “nowhere”."


def test_help_explains(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        call_command("export_plan", "--help")
    told = " ".join(capsys.readouterr().out.split())

    assert "Importing the file again gives the same plan" in told
    for option in ("CURRICULUM_SLUG", "--organization SLUG", "--version N", "--format", "--output PATH"):
        assert option in told
