"""Celery tasks run for the organization that enqueued them."""

from contextlib import nullcontext
from typing import Any
from uuid import UUID

from celery import current_task
from celery.contrib.django.task import DjangoTask

from organizations.scope import current_organization_id, scope


class OrganizationTask(DjangoTask):  # type: ignore[type-arg]
    """A task that carries its organization in a header and runs inside its scope, also as a later step of a chain."""

    abstract = True
    enters_scope = True

    def apply_async(self, *args: Any, headers: dict[str, Any] | None = None, **options: Any) -> Any:
        return super().apply_async(*args, headers=_stamped(headers), **options)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        pk = (self.request.headers or {}).get("organization_id")
        with scope(UUID(pk)) if pk and self.enters_scope else nullcontext():
            return super().__call__(*args, **kwargs)


class PlatformTask(OrganizationTask):
    """A task that opens its own scopes, whoever queued it: one for each organization, or one for each message."""

    abstract = True
    enters_scope = False


def _stamped(headers: dict[str, Any] | None) -> dict[str, Any]:
    running = (current_task.request.headers or {}) if current_task else {}
    pk = current_organization_id() or running.get("organization_id")
    return {**({"organization_id": str(pk)} if pk else {}), **(headers or {})}
