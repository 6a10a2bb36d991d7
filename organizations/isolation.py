"""What `migrate` does last: isolate every table with an organization, and only then let the application use it.

Found in the catalogue, not listed by hand, so that a new table cannot be forgotten: a table that is not isolated yet
is not granted to the application either. docs/tenancy.md tells the whole story.
"""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.db import connections, transaction

from organizations.models import AppendOnlyModel, TenantForeignKey
from organizations.scope import APP_ROLE

COLUMNS = """
SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
"""
EXISTING = """
SELECT conname FROM pg_constraint UNION SELECT polname FROM pg_policy
UNION SELECT tgname FROM pg_trigger WHERE NOT tgisinternal
"""
REFUSE_CHANGES = """
CREATE OR REPLACE FUNCTION refuse_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF current_user = 'gilde' THEN
    RAISE EXCEPTION 'Rows of % are facts: record another one instead of changing this.', TG_TABLE_NAME
      USING ERRCODE = 'restrict_violation', CONSTRAINT = TG_TABLE_NAME || '_append_only';
  END IF;
  RETURN coalesce(NEW, OLD);
END $$
"""

# What a person may see of themselves in every organization, for sign-in and the organization switcher.
OWN_ROWS = {"accounts_membership": "user_id"}
# What nobody but the member who wrote it may see or change, whatever their role: on top of the organization's policy.
AUTHORS_ALONE = {"mentoring_privatenote": "author_id"}

Columns = set[tuple[str, str]]
Guard = tuple[str, list[str]]


def isolate_after_migrate(using: str, **kwargs: Any) -> None:
    isolate(using)


def isolate(using: str = "default") -> None:
    """Give every tenant table its policy, keys and triggers, then grant; safe to repeat.

    Does nothing for a role that does not own the tables, such as the application flushing a test database.
    """
    with transaction.atomic(using), connections[using].cursor() as cursor:
        cursor.execute(
            "SELECT pg_get_userbyid(relowner) = current_user FROM pg_class WHERE relname = 'django_migrations'"
        )
        if cursor.fetchone() != (True,):
            return
        cursor.execute(COLUMNS)
        columns: Columns = set(cursor.fetchall())
        cursor.execute(EXISTING)
        existing = {name for (name,) in cursor.fetchall()}
        cursor.execute(REFUSE_CHANGES)
        for name, statements in [
            *_policies(columns),
            *_own_rows(columns),
            *_authors_alone(columns),
            *_references(columns),
            *_append_only(columns),
        ]:
            if name[:63] not in existing:
                for statement in statements:
                    cursor.execute(statement)
        cursor.execute(f"GRANT USAGE ON SCHEMA public TO {APP_ROLE}")
        cursor.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {APP_ROLE}")
        cursor.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {APP_ROLE}")


def _policies(columns: Columns) -> Iterator[Guard]:
    for table in sorted(table for table, column in columns if column == "organization_id"):
        if (table, "id") in columns:
            yield f"{table}_key", [f'ALTER TABLE "{table}" ADD CONSTRAINT "{table}_key" UNIQUE (organization_id, id)']
        yield (
            f"{table}_isolation",
            [
                f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY',
                f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY',
                # Bare current_setting: a subselect or an OR here costs the planner its indexes. Without a scope the
                # setting is missing or '', and the query fails instead of answering nothing.
                f'CREATE POLICY "{table}_isolation" ON "{table}" '
                "USING (organization_id = current_setting('app.organization_id')::uuid)",
            ],
        )


def _own_rows(columns: Columns) -> Iterator[Guard]:
    for table, column in OWN_ROWS.items():
        if (table, column) in columns:
            # Policies are ORed, so the isolation policy must not fail outside a scope on this table.
            yield (
                f"{table}_own_rows",
                [
                    f'DROP POLICY "{table}_isolation" ON "{table}"',
                    f'CREATE POLICY "{table}_isolation" ON "{table}" USING '
                    "(organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)",
                    f'CREATE POLICY "{table}_own_rows" ON "{table}" FOR SELECT USING '
                    f"({column} = nullif(current_setting('app.user_id', true), '')::uuid)",
                ],
            )


def _authors_alone(columns: Columns) -> Iterator[Guard]:
    for table, column in AUTHORS_ALONE.items():
        if (table, column) in columns:
            yield (
                f"{table}_author",
                [
                    f'CREATE POLICY "{table}_author" ON "{table}" AS RESTRICTIVE USING '
                    f"({column} = nullif(current_setting('app.author_id', true), '')::uuid)",
                ],
            )


def _references(columns: Columns) -> Iterator[Guard]:
    for model in apps.get_models(include_auto_created=True):
        for field in model._meta.local_fields:
            if not isinstance(field, TenantForeignKey):
                continue
            table, target = model._meta.db_table, field.related_model._meta.db_table
            if {(table, field.column), (target, "organization_id")} <= columns:  # not so while migrating backwards
                name = f"{table}_{field.column}_same_organization"
                yield (
                    name,
                    [
                        f'ALTER TABLE "{table}" ADD CONSTRAINT "{name}" '
                        f'FOREIGN KEY (organization_id, "{field.column}") '
                        f'REFERENCES "{target}" (organization_id, id) DEFERRABLE INITIALLY DEFERRED'
                    ],
                )


def _append_only(columns: Columns) -> Iterator[Guard]:
    for model in apps.get_models():
        table = model._meta.db_table
        if issubclass(model, AppendOnlyModel) and (table, "id") in columns:
            name = f"{table}_append_only"
            yield (
                name,
                [
                    f'CREATE TRIGGER "{name}" BEFORE UPDATE OR DELETE ON "{table}" '
                    "FOR EACH ROW EXECUTE FUNCTION refuse_changes()"
                ],
            )
