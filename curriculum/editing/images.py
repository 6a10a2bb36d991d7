"""Rows as JSON before and after a step: what changed, whether it still stands, and the way back."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import models

from curriculum.editing.draft import TREE, Draft
from curriculum.models import CurriculumVersion
from organizations.models import TenantModel

Image = dict[str, Any]
"""Column to value, in the types that JSON knows; hours without trailing zeros."""

_MODELS: tuple[type[TenantModel], ...] = (CurriculumVersion, *TREE)
MODELS: Mapping[str, type[TenantModel]] = {model.__name__: model for model in _MODELS}
VERSION_FIELDS = ("title", "summary", "claims")

SHIFTING = {"position", "number", "code", "level_id", "module_id", "parent_id", "claims"}
"""What changes in a row because others moved: no reason to tell somebody who is writing in it."""


@dataclass(frozen=True, slots=True)
class Change:
    """`before` is None for a row that was added, `after` for one that was deleted; otherwise both hold the columns
    that changed."""

    model: str
    id: UUID
    before: Image | None
    after: Image | None

    @property
    def is_shift(self) -> bool:
        return self.before is not None and self.after is not None and self.before.keys() <= SHIFTING

    def reversed(self) -> "Change":
        return Change(self.model, self.id, self.after, self.before)

    def as_json(self) -> dict[str, Any]:
        return {"model": self.model, "id": str(self.id), "before": self.before, "after": self.after}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Change":
        return cls(data["model"], UUID(data["id"]), data["before"], data["after"])


def columns(model: type[TenantModel]) -> "list[models.Field[Any, Any]]":
    """The columns of a row that a step may change."""
    fields = model._meta.concrete_fields
    if model is CurriculumVersion:
        return [field for field in fields if field.attname in VERSION_FIELDS]
    return [field for field in fields if field.attname not in ("id", "organization_id")]


def image_of(row: TenantModel) -> Image:
    return {field.attname: _plain(getattr(row, field.attname)) for field in columns(type(row))}


def _plain(value: object) -> Any:
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return str(value) if isinstance(value, UUID) else value


Images = dict[UUID, tuple[str, Image]]


def images_of(draft: Draft) -> Images:
    return {row.pk: (type(row).__name__, image_of(row)) for row in (draft.version, *draft.rows())}


def changes_between(before: Images, after: Images) -> list[Change]:
    """Deletions last row first, so that parts go before what they are part of; then the rest, parents first."""
    gone = [Change(model, pk, image, None) for pk, (model, image) in before.items() if pk not in after]
    changes = list(reversed(gone))
    for pk, (model, image) in after.items():
        if pk not in before:
            changes.append(Change(model, pk, None, image))
        elif image != (old := before[pk][1]):
            names = [name for name in image if image[name] != old[name]]
            changes.append(
                Change(model, pk, {name: old[name] for name in names}, {name: image[name] for name in names})
            )
    return changes


def still_stands(change: Change, rows: Images) -> bool:
    """Whether the row is as the change left it, in the columns that it changed."""
    found = rows.get(change.id)
    if change.after is None or found is None:
        return change.after is None and found is None
    return all(found[1].get(name) == value for name, value in change.after.items())


def applied(changes: Iterable[Change], rows: Images) -> Images:
    """The rows as the changes leave them."""
    rows = dict(rows)
    for change in changes:
        if change.after is None:
            rows.pop(change.id, None)
        else:
            _model, image = rows.get(change.id, ("", {}))
            rows[change.id] = (change.model, image | change.after)
    return rows


def write(changes: Iterable[Change]) -> None:
    """Delete, then update, then insert, one statement for each table: what shifts never meets what leaves or comes."""
    changes = list(changes)
    for model in reversed(_MODELS):
        gone = [change.id for change in changes if change.model == model.__name__ and change.after is None]
        if gone:
            model._default_manager.filter(pk__in=gone).delete()
    for name, model in MODELS.items():
        changed = {change.id: change.after for change in changes if change.model == name and change.before is not None}
        _update(model, {pk: image for pk, image in changed.items() if image is not None})
    for name, model in MODELS.items():
        added = [change for change in changes if change.model == name and change.before is None]
        model._default_manager.bulk_create(
            _set(model(id=change.id), change.after) for change in added if change.after is not None
        )


def _update(model: type[TenantModel], images: Mapping[UUID, Image]) -> None:
    if not images:
        return
    rows = list(model._default_manager.filter(pk__in=images))
    for row in rows:
        _set(row, images[row.pk])
    names = {name for image in images.values() for name in image}
    model._default_manager.bulk_update(rows, [field.name for field in columns(model) if field.attname in names])


def _set(row: TenantModel, image: Image) -> TenantModel:
    for field in columns(type(row)):
        if field.attname in image:
            target = field.target_field if isinstance(field, models.ForeignKey) else field
            setattr(row, field.attname, target.to_python(image[field.attname]))
    return row
