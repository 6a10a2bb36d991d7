import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from curriculum.models import Curriculum, CurriculumVersion
from curriculum.tree import plan_of
from organizations.scope import scope
from tests.conftest import Cast
from tests.curriculum.plans import REAL, SMALL, real_plan, with_line


@pytest.fixture
def plan_file(tmp_path: Path) -> Path:
    path = tmp_path / "plan.md"
    path.write_text(SMALL, encoding="utf-8")
    return path


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    call_command("import_plan", *map(str, arguments))
    return capsys.readouterr().out


def refusal(*arguments: object) -> str:
    with pytest.raises(CommandError) as refused:
        call_command("import_plan", *map(str, arguments))
    return str(refused.value)


def versions(cast: Cast) -> list[tuple[str, int, str]]:
    with scope(cast.organization.pk):
        rows = CurriculumVersion.objects.order_by("curriculum__created_at", "number")
        return list(rows.values_list("curriculum__title", "number", "status"))


def test_plan_is_imported_once_however_often_it_is_run(
    cast: Cast, plan_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = run(capsys, plan_file, "--organization", "lantaarn")
    second = run(capsys, plan_file, "--organization", "lantaarn")

    assert first.splitlines()[0] == (
        "Baking: 100 hours; levels: 1, modules: 2, projects: 2, targets: 0, lines not understood: 0."
    )
    assert first.splitlines()[-1] == "Baking, v1 is imported as a draft of “Baking”."
    assert second.splitlines()[-1] == "Baking, v1 says exactly this already; nothing was imported."
    assert versions(cast) == [("Baking", 1, "draft")]


def test_changed_plan_is_the_next_version_of_the_same_curriculum(
    cast: Cast, plan_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(capsys, plan_file, "--organization", "lantaarn", "--title", "Bread school", "--publish")
    plan_file.write_text(with_line("**Goal**: Learners bake bread.", "**Goal**: They bake."), encoding="utf-8")
    run(capsys, plan_file, "--organization", "lantaarn")

    assert versions(cast) == [("Bread school", 1, "published"), ("Bread school", 2, "draft")]


def test_dry_run_writes_nothing_and_needs_no_organization(
    cast: Cast, plan_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(capsys, plan_file, "--dry-run").splitlines()[-1] == "Nothing is written."
    run(capsys, plan_file, "--dry-run", "--organization", "lantaarn")

    with scope(cast.organization.pk):
        assert not Curriculum.objects.exists()


def test_json_holds_the_tree_and_the_findings(cast: Cast, capsys: pytest.CaptureFixture[str]) -> None:
    told: dict[str, Any] = json.loads(run(capsys, REAL, "--dry-run", "--json"))

    assert [(level["number"], level["title"], level["hours"]) for level in told["levels"]][:2] == [
        (1, "Foundations", 2000),
        (2, "Machine Learning", 2000),
    ]
    algebra = told["levels"][0]["modules"][1]["topics"][0]
    assert [(topic["title"], topic["hours"]) for topic in algebra["subtopics"]] == [
        ("Vectors, matrices, operations", 60),
        ("Eigenvalues, eigenvectors", 40),
        ("Matrix decomposition (SVD)", 50),
        ("Applications to ML", 50),
    ]
    assert [project["code"] for project in told["levels"][0]["modules"][3]["projects"]] == ["1.4-P1", "1.4-P2"]
    assert [len(told[part]) for part in ("tracks", "targets", "formats", "unparsed")] == [4, 13, 3, 0]
    assert [(each["code"], each["place"], each["expected"], each["found"]) for each in told["findings"]][:3] == [
        ("module_hours", "1.1", "700", "800"),
        ("module_hours", "2.1", "800", "950"),
        ("topic_hours", "2.1.3", "300", "360"),
    ]
    assert (told["hours"], told["version"]) == (10000, None)


def test_json_names_the_version_that_was_written(cast: Cast, capsys: pytest.CaptureFixture[str]) -> None:
    told = json.loads(run(capsys, REAL, "--organization", "lantaarn", "--json"))

    with scope(cast.organization.pk):
        version = CurriculumVersion.objects.get()
        assert told["version"] == {"id": str(version.pk), "number": 1, "status": "draft"}
        assert plan_of(version) == real_plan()


def test_unparsed_lines_are_named(plan_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan_file.write_text(SMALL + "\n| Shoe | Size |\n|---|---|\n| Left | 43 |\n", encoding="utf-8")

    told = json.loads(run(capsys, plan_file, "--dry-run", "--json"))

    assert [each["line"] for each in told["unparsed"]] == [35]
    assert "line 35 was not understood: " in run(capsys, plan_file, "--dry-run")


def test_publishing_with_errors_needs_a_reason_and_writes_nothing_without(
    cast: Cast, capsys: pytest.CaptureFixture[str]
) -> None:
    assert refusal(REAL, "--organization", "lantaarn", "--publish") == (
        "Errors are open. Write why the version is published all the same, or accept or mend each of them. "
        "The reason goes behind --reason; nothing was imported."
    )
    assert versions(cast) == []

    arguments = (REAL, "--organization", "lantaarn", "--publish", "--reason", "As it is taught.")
    assert run(capsys, *arguments).endswith("It is published.\n")
    assert run(capsys, *arguments).endswith("says exactly this already; nothing was imported.\n")
    assert [status for _title, _number, status in versions(cast)] == ["published"]


def test_draft_that_is_there_already_is_published(
    cast: Cast, plan_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(capsys, plan_file, "--organization", "lantaarn")
    run(capsys, plan_file, "--organization", "lantaarn", "--publish")

    assert versions(cast) == [("Baking", 1, "published")]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "Name the organization with --organization, or add --dry-run."),
        (("--dry-run", "--publish"), "--dry-run writes nothing; leave out --publish."),
        (("--organization", "nowhere"), "There is no organization “nowhere”. Nothing was imported."),
    ],
)
def test_wrong_arguments_say_what_to_do(cast: Cast, plan_file: Path, arguments: tuple[str, ...], sentence: str) -> None:
    assert refusal(plan_file, *arguments) == sentence


def test_files_that_are_no_plan_are_refused_in_one_line(tmp_path: Path) -> None:
    missing, binary, empty = tmp_path / "missing.md", tmp_path / "binary.md", tmp_path / "empty.md"
    binary.write_bytes(b"# Plan\n\xff\xfe")
    empty.write_text("")

    assert refusal(missing, "--dry-run") == f"{missing}: No such file or directory. Nothing was imported."
    assert refusal(tmp_path, "--dry-run") == f"{tmp_path}: Is a directory. Nothing was imported."
    assert refusal(binary, "--dry-run") == (
        f"{binary}:2: The file is not text in UTF-8. Save it as a text file with UTF-8 encoding and upload it again."
    )
    assert refusal(empty, "--dry-run") == f"{empty}: There is no text. Paste or upload a plan in Markdown or YAML."


def test_every_problem_has_its_line(plan_file: Path) -> None:
    broken = with_line("### 1.2 Oven (40 hours)", "### 1.1 Oven").replace("| **Water** | 20 |", "| **Water** | lots |")
    plan_file.write_text(broken, encoding="utf-8")

    assert [line.split(": ")[0] for line in refusal(plan_file, "--dry-run").splitlines()] == [
        f"{plan_file}:16",
        f"{plan_file}:21",
        f"{plan_file}:21",
    ]


def test_help_explains(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        call_command("import_plan", "--help")
    told = " ".join(capsys.readouterr().out.split())
    assert "a plan that the newest version says already makes no second draft" in told
    for option in ("--organization", "--title", "--dry-run", "--json", "--publish", "--reason"):
        assert option in told
