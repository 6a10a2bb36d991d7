"""For every tenant table, found and not listed: the application's role reaches no row of another organization."""

import pytest
from django.apps import apps
from django.core import checks
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from organizations.models import AppendOnlyModel, TenantForeignKey, TenantModel
from organizations.scope import scope
from tests.conftest import Cast
from tests.organizations.rows import as_author, row_of

TENANT_MODELS = [m for m in apps.get_models(include_auto_created=True) if issubclass(m, TenantModel)]
#: The models that belong to no organization. Whoever adds one says why here.
GLOBAL_MODELS = {
    "accounts.User": "a person may belong to several organizations",
    "organizations.Organization": "the address of a page must find it before anything else",
    "mentoring.CalendarFeed": "of the person, in every organization they belong to",
    "account.EmailAddress": "of the person",
    "account.EmailConfirmation": "of the person",
    "mfa.Authenticator": "of the person",
    "auth.Group": "Django's own, unused",
    "auth.Permission": "Django's own, unused",
    "contenttypes.ContentType": "Django's own",
    "sessions.Session": "of the browser",
    "accounts.User_groups": "Django's own, unused",
    "accounts.User_user_permissions": "Django's own, unused",
    "auth.Group_permissions": "Django's own, unused",
}


def label(model: type) -> str:
    return str(model._meta.label)  # type: ignore[attr-defined]


@pytest.mark.parametrize("model", TENANT_MODELS, ids=label)
def test_rows_of_another_organization_are_out_of_reach(model: type[TenantModel], cast: Cast) -> None:
    with scope(cast.elsewhere.pk):
        theirs = row_of(model)
    table = model._meta.db_table
    with scope(cast.organization.pk), connection.cursor() as cursor:
        cursor.execute(f'SELECT count(*) FROM "{table}" WHERE id = %s', [theirs.pk])
        assert cursor.fetchone() == (0,)
        cursor.execute(f'UPDATE "{table}" SET organization_id = organization_id WHERE id = %s', [theirs.pk])
        assert cursor.rowcount == 0
        cursor.execute(f'DELETE FROM "{table}" WHERE id = %s', [theirs.pk])
        assert cursor.rowcount == 0
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            cursor.execute(
                f'INSERT INTO "{table}" (id, organization_id) VALUES (gen_random_uuid(), %s)', [cast.elsewhere.pk]
            )
    with scope(cast.elsewhere.pk), as_author(getattr(theirs, "author", None)):
        assert model.objects.filter(pk=theirs.pk).exists()


@pytest.mark.parametrize("model", [m for m in TENANT_MODELS if issubclass(m, AppendOnlyModel)], ids=label)
def test_facts_are_never_changed_or_removed(model: type[TenantModel], cast: Cast) -> None:
    with scope(cast.organization.pk):
        row = row_of(model)
        table = model._meta.db_table
        for statement in (f'UPDATE "{table}" SET id = id WHERE id = %s', f'DELETE FROM "{table}" WHERE id = %s'):
            with pytest.raises(DatabaseError, match="are facts"), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement, [row.pk])


def test_every_reference_between_tenant_rows_has_its_composite_key(db: None) -> None:
    expected = {
        f"{model._meta.db_table}_{field.column}_same_organization"[:63]
        for model in TENANT_MODELS
        for field in model._meta.local_fields
        if isinstance(field, TenantForeignKey)
    }
    with connection.cursor() as cursor:
        cursor.execute("SELECT conname FROM pg_constraint WHERE conname LIKE '%%same_organiz%%' AND convalidated")
        present = {name for (name,) in cursor.fetchall()}
    assert {name for name in expected if "same_organiz" in name} - present == set()
    assert len(expected) > 60


def test_database_finds_no_leak(db: None) -> None:
    found = checks.run_checks(tags=[checks.Tags.database], include_deployment_checks=True, databases=["default"])
    assert [error for error in found if error.id == "gilde.E003"] == []


def test_a_leak_would_be_found(db: None) -> None:
    from organizations.checks import LEAKS

    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE forgotten (id uuid, organization_id uuid)")
        cursor.execute(LEAKS, ["gilde_owner"])
        assert [text for (text,) in cursor.fetchall()] == ["Table forgotten has organization_id but no forced policy"]


def test_models_without_an_organization_are_known() -> None:
    found = {label(m) for m in apps.get_models(include_auto_created=True) if not issubclass(m, TenantModel)}
    assert found == set(GLOBAL_MODELS)


def test_no_migration_is_missing(db: None) -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)
