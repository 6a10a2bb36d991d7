from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import connection, transaction

from curriculum.errors import CurriculumError, frozen_versions_explained
from curriculum.importing import import_plan
from curriculum.models import (
    Benchmark,
    Curriculum,
    CurriculumVersion,
    Level,
    Module,
    Project,
    Requirement,
    Topic,
    Track,
    VerificationMethod,
)
from curriculum.plan.markdown import read_plan
from curriculum.plan.nodes import Plan
from curriculum.publishing import publish
from curriculum.tree import plan_of
from organizations.models import TenantModel, uuid7
from organizations.scope import scope
from tests.conftest import NOW, Cast
from tests.curriculum.plans import SMALL, real_plan


def test_sound_draft_is_published(lantaarn: Cast) -> None:
    version = import_plan(plan=read_plan(SMALL), by=lantaarn.ilse, at=NOW)

    publish(version=version, by=lantaarn.ilse, at=NOW)

    stored = CurriculumVersion.objects.get(pk=version.pk)
    assert (stored.status, stored.published_by, stored.published_at, stored.publish_reason) == (
        "published", lantaarn.ilse, NOW, "",
    )  # fmt: skip


def test_plan_with_errors_is_published_with_a_reason_only(lantaarn: Cast) -> None:
    version = import_plan(plan=real_plan(), by=lantaarn.ilse, at=NOW)

    with pytest.raises(CurriculumError) as refused:
        publish(version=version, by=lantaarn.ilse, at=NOW, reason="  ")
    assert refused.value.code == "reason_needed"
    assert CurriculumVersion.objects.get(pk=version.pk).is_draft

    publish(version=version, by=lantaarn.ilse, at=NOW, reason=" Hours are being revised. ")
    assert CurriculumVersion.objects.get(pk=version.pk).publish_reason == "Hours are being revised."


def test_version_is_published_once(lantaarn: Cast) -> None:
    version = import_plan(plan=read_plan(SMALL), by=None, at=NOW)
    publish(version=version, by=None, at=NOW)

    with pytest.raises(CurriculumError) as refused:
        publish(version=version, by=lantaarn.ada, at=NOW, reason="Again")

    assert refused.value.code == "not_a_draft"
    assert CurriculumVersion.objects.get(pk=version.pk).published_by is None


def test_version_without_levels_is_not_published(lantaarn: Cast) -> None:
    curriculum = Curriculum.objects.create(slug="empty", title="Empty")
    version = CurriculumVersion.objects.create(curriculum=curriculum, number=1, title="Empty")

    with pytest.raises(CurriculumError) as refused:
        publish(version=version, by=None, at=NOW, reason="Why not")

    assert refused.value.code == "no_levels"


TREE = (Level, Module, Requirement, Topic, Track, Project, Benchmark, VerificationMethod)


def plan_with_a_requirement() -> Plan:
    """The real plan, of which the second module requires the first."""
    plan = real_plan()
    level, *levels = plan.levels
    first, second, *modules = level.modules
    modules = [first, replace(second, requires=(first.code,)), *modules]
    return replace(plan, levels=(replace(level, modules=tuple(modules)), *levels))


def published(cast: Cast) -> CurriculumVersion:
    version = import_plan(plan=plan_with_a_requirement(), by=cast.ilse, at=NOW)
    return publish(version=version, by=cast.ilse, at=NOW, reason="As it is taught.")


def changes_of(model: type[TenantModel]) -> tuple[str, str]:
    table = model._meta.db_table
    column, value = {Benchmark: ("metric", "'Other'"), Requirement: ("position", "9")}.get(model, ("title", "'Other'"))
    return (
        f"UPDATE {table} SET {column} = {value}",
        f"INSERT INTO {table} SELECT * FROM {table} LIMIT 1",
    )


@pytest.fixture
def owner_connection(db: None) -> Iterator[psycopg.Connection]:
    """A connection of the owner's role to the test database; what it does is undone."""
    login = {key: settings.OWNER_DATABASE[key.upper()] for key in ("user", "password")}
    with psycopg.connect(**{**connection.get_connection_params(), **login}) as owner:
        yield owner
        owner.rollback()


@contextmanager
def refused_as_frozen() -> Iterator[None]:
    """The block is refused, and nothing of it stays."""
    with pytest.raises(CurriculumError) as refused, frozen_versions_explained(), transaction.atomic():
        yield
    assert refused.value.code == "version_frozen"


@pytest.mark.parametrize("model", TREE)
def test_tree_of_a_published_version_is_not_changed_by_the_orm(lantaarn: Cast, model: type[TenantModel]) -> None:
    version = published(lantaarn)
    row = model.objects.all()[0]

    with refused_as_frozen():
        row.save()
    with refused_as_frozen():
        row.delete()
    with refused_as_frozen():
        model.objects.update(organization=row.organization)
    with refused_as_frozen():
        row.pk = uuid7()
        row._state.adding = True
        row.save()

    assert plan_of(version) == plan_with_a_requirement()


@pytest.mark.parametrize("model", TREE)
def test_tree_of_a_published_version_is_not_changed_by_sql(lantaarn: Cast, model: type[TenantModel]) -> None:
    published(lantaarn)
    for statement in (*changes_of(model), f"DELETE FROM {model._meta.db_table}"):
        with refused_as_frozen(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_row_is_not_moved_into_a_published_version(lantaarn: Cast) -> None:
    version = published(lantaarn)
    draft = import_plan(plan=read_plan(SMALL), by=None, at=NOW)
    level = Level.objects.get(version=draft)
    level.version, level.number = version, 6

    with refused_as_frozen():
        level.save()


def test_published_version_itself_is_only_archived(lantaarn: Cast) -> None:
    version = published(lantaarn)
    row = CurriculumVersion.objects.filter(pk=version.pk)
    changes: list[dict[str, Any]] = [
        {"title": "Other"},
        {"claims": {}},
        {"status": "draft", "published_at": None},
        {"status": "archived", "publish_reason": "Other"},
    ]

    for change in changes:
        with refused_as_frozen():
            row.update(**change)
    with refused_as_frozen():
        version.curriculum.delete()
    assert row.update(status="archived") == 1
    with refused_as_frozen():
        row.update(status="published")


def test_draft_is_changed_and_deleted(lantaarn: Cast) -> None:
    version = import_plan(plan=real_plan(), by=None, at=NOW)

    assert Topic.objects.update(title="Other") == 223
    version.curriculum.delete()

    assert [model.__name__ for model in (*TREE, CurriculumVersion, Curriculum) if model.objects.exists()] == []


def test_owner_changes_no_published_tree_either_but_deletes_an_organization(
    transactional_db: None, cast: Cast, owner_connection: psycopg.Connection
) -> None:
    with scope(cast.organization.pk):
        published(cast)
    for model in TREE:
        for statement in changes_of(model):
            with pytest.raises(psycopg.errors.RestrictViolation), owner_connection.transaction():
                owner_connection.execute(statement.encode())
    everything: tuple[type[TenantModel], ...] = (*reversed(TREE), CurriculumVersion, Curriculum)
    for each in everything:
        assert owner_connection.execute(f"DELETE FROM {each._meta.db_table}".encode()).rowcount > 0
