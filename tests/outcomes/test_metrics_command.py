import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from organizations.scope import scope
from outcomes.models import Snapshot, TargetKey
from tests.conftest import Cast
from tests.outcomes.given import a_cohort, graduate, placed

COUNTS = ("value", "numerator", "denominator", "pending", "excluded", "unknown")


@pytest.fixture
def told(cast: Cast) -> Cast:
    with scope(cast.organization.pk):
        cohort = a_cohort(slug="rotterdam")
        placed(graduate(cohort), "1A", 650)
        graduate(cohort)
        a_cohort(cohort.version, slug="utrecht")
    return cast


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("metrics", "--organization", "lantaarn", *arguments, stdout=out, stderr=StringIO())
    return out.getvalue()


def test_every_number_with_its_counts(told: Cast) -> None:
    document = json.loads(run("--as-of", "2026-06-15", "--json"))
    [placement] = [row for row in document["metrics"] if row["key"] == "placement"]

    assert {name: placement[name] for name in COUNTS} == {
        "value": 0.5, "numerator": 1, "denominator": 2, "pending": 0, "excluded": 0, "unknown": 1,
    }  # fmt: skip
    assert (placement["target"], placement["verdict"], placement["method"]) == (
        ">= 0.85", "too_early", "Wilson 95 %",
    )  # fmt: skip
    assert [row["key"] for row in document["metrics"]] == list(TargetKey.values)


def test_one_cohort(told: Cast) -> None:
    document = json.loads(run("--as-of", "2026-06-15", "--cohort", "utrecht", "--json"))

    assert {row["denominator"] for row in document["metrics"]} == {0}


def test_table_for_reading(told: Cast) -> None:
    lines = run("--as-of", "2026-06-15").splitlines()

    assert lines[0] == "Lantaarn Academy, as of 2026-06-15, definition 1"
    assert next(line.split()[:5] for line in lines if line.startswith("placement")) == [
        "placement", "0.5000", "0.0945", "0.9055", "1",
    ]  # fmt: skip


def test_snapshot_keeps_them(told: Cast) -> None:
    run("--as-of", "2026-06-15", "--snapshot")

    with scope(told.organization.pk):
        assert Snapshot.objects.count() == 39


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--as-of", "2999-01-01"], "in the future"),
        (["--as-of", "soon"], "invalid"),
        (["--cohort", "nowhere"], "There is no cohort"),
    ],
)
def test_wrong_question(told: Cast, arguments: list[str], message: str) -> None:
    with pytest.raises(CommandError, match=message):
        run(*arguments)


def test_unknown_organization(db: None) -> None:
    with pytest.raises(CommandError, match="There is no organization"):
        run()
