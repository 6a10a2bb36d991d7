"""Mistakes that would let a tenant table escape its organization: found by `check`, at start and in the tests."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import AppConfig, apps
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections, models

from organizations.models import TenantForeignKey, TenantModel
from organizations.scope import OWNER_ROLE

LEAKS = """
SELECT 'Table ' || oid::regclass || ' has organization_id but no forced policy' FROM pg_class c
WHERE relkind IN ('r', 'p') AND NOT (relforcerowsecurity AND relrowsecurity
  AND EXISTS (SELECT FROM pg_policy WHERE polrelid = c.oid))
  AND EXISTS (SELECT FROM pg_attribute WHERE attrelid = c.oid AND attname = 'organization_id' AND NOT attisdropped)
UNION ALL
SELECT 'View ' || oid::regclass || ' runs as its owner, whom no policy binds' FROM pg_class
WHERE relnamespace = 'public'::regnamespace
  AND (relkind = 'm' OR relkind = 'v' AND NOT 'security_invoker=true' = ANY (coalesce(reloptions, '{}')))
UNION ALL
SELECT 'Role ' || rolname || ' bypasses policies' FROM pg_roles
WHERE rolname = current_user AND (rolsuper OR rolbypassrls) AND rolname <> %s
"""


@register
def references_stay_inside(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> Iterator[CheckMessage]:
    """A tenant row is referred to by a TenantForeignKey of a tenant row, and is unique within its organization only."""
    for model in apps.get_models(include_auto_created=True):
        tenant = issubclass(model, TenantModel)
        for field in model._meta.local_fields:
            related = field.related_model if field.is_relation else None
            to_tenant = isinstance(related, type) and issubclass(related, TenantModel)
            if to_tenant and not (tenant and isinstance(field, TenantForeignKey)):
                yield Error("Refer to tenant rows by TenantForeignKey, from tenant models.", obj=field, id="gilde.E001")
        if tenant:
            for names in _unique_sets(model):
                if "organization" not in names:
                    yield Error(f"Uniqueness of {names} must include organization.", obj=model, id="gilde.E002")


def _unique_sets(model: type[models.Model]) -> Iterator[Sequence[str]]:
    for field in model._meta.local_fields:
        if field.unique and not field.primary_key:
            yield [field.name]
    for constraint in model._meta.constraints:
        if isinstance(constraint, models.UniqueConstraint):
            yield constraint.fields


@register(Tags.database, deploy=True)
def tables_are_isolated(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **kwargs: Any
) -> Iterator[CheckMessage]:
    """Ask the database itself: `check --deploy --database default`, at the start of a container and in the tests."""
    for alias in databases or []:
        with connections[alias].cursor() as cursor:
            cursor.execute(LEAKS, [OWNER_ROLE])
            for (text,) in cursor.fetchall():
                yield Error(f"{text}. Run migrate as {OWNER_ROLE}.", id="gilde.E003")
