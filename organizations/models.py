import os
import time
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, TypeVar, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from django.core.validators import MaxValueValidator, RegexValidator
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.functions import Now
from django.db.models.lookups import Exact
from django.db.models.sql.compiler import SQLCompiler
from django.db.models.sql.where import AND
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from organizations.scope import current_organization_id, required_organization_id


def uuid7() -> UUID:
    """A UUID that sorts by time of creation (RFC 9562, version 7)."""
    value = time.time_ns() // 1_000_000 << 80 | int.from_bytes(os.urandom(10))
    return UUID(int=value & ~(0xF << 76 | 0x3 << 62) | 0x7 << 76 | 0x2 << 62)


#: The hue of Gilde itself, and of organizations that chose none.
DEFAULT_HUE = 218


class Organization(models.Model):
    """The tenant. Its row alone is visible to everybody: the address of a page must find it before anything else."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    slug = models.SlugField(
        _("address"),
        unique=True,
        max_length=40,
        validators=[RegexValidator(r"^[a-z0-9][a-z0-9-]*$", _("Use small letters, digits and hyphens."))],
    )
    name = models.CharField(_("name"), max_length=120)
    brand_hue = models.PositiveSmallIntegerField(
        _("brand hue"), default=DEFAULT_HUE, validators=[MaxValueValidator(359)]
    )
    language = models.CharField(_("language"), max_length=5, default="en")
    time_zone = models.CharField(_("time zone"), max_length=64, default="Europe/Amsterdam")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=models.Q(brand_hue__lt=360), name="organization_hue_is_an_angle"),
        ]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def in_scope(cls) -> "Organization":
        """The one in whose scope this runs. Raises NoOrganization outside of one; one query."""
        return cls.objects.get(pk=required_organization_id())

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    def today(self, now: datetime | None = None) -> date:
        """The day on its calendar, now or at that instant."""
        return timezone.localdate(now, self.zone)


class InScope(models.Func):
    """Whether a row belongs to the organization in scope, asked when the query runs and not when it is written."""

    output_field = models.BooleanField()

    def as_sql(  # type: ignore[override]
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **extra_context: Any
    ) -> tuple[str, tuple[Any, ...]]:
        organization_id = required_organization_id()
        column, params = compiler.compile(self.source_expressions[0])
        return f"{column} = %s", (*params, organization_id)


class PersonAsRange(models.Func):
    """A person, or what else has a UUID, as a range of one number: for exclusion constraints without btree_gist."""

    template = "int8range(uuid_hash_extended(%(expressions)s, 0), uuid_hash_extended(%(expressions)s, 0), '[]')"


M = TypeVar("M", bound=models.Model, covariant=True)


class TenantManager(models.Manager[M]):
    """Sees the rows of the organization in scope; raises NoOrganization when a query runs without one."""

    def get_queryset(self) -> models.QuerySet[M]:
        queryset = super().get_queryset()
        organization = cast("models.Field[Any, Any]", self.model._meta.get_field("organization"))
        # Like `.filter(InScope(F("organization")))` without looking the name up again for every query: 0.1 ms each.
        queryset.query.where.add(InScope(organization.get_col(queryset.query.get_initial_alias())), AND)
        return queryset


class TenantForeignKey(models.ForeignKey[Any, Any]):
    """A reference to a row of the same organization; isolation.py gives it a composite key in the database."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "db_constraint": False})

    def get_extra_restriction(  # type: ignore[override]
        self, alias: str | None, related_alias: str | None
    ) -> "Exact[Any] | None":
        """Join on the organization too, which keeps joins within one shard and estimates right."""
        if not (alias and related_alias):
            return None
        theirs, ours = (
            cast("models.Field[Any, Any]", model._meta.get_field("organization"))
            for model in (self.related_model, self.model)
        )
        return Exact(theirs.get_col(alias), ours.get_col(related_alias))


class TenantModel(models.Model):
    """A row that belongs to one organization, guarded as docs/tenancy.md describes."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(
        Organization, models.CASCADE, default=current_organization_id, editable=False, db_index=False, related_name="+"
    )
    if not TYPE_CHECKING:  # the stubs give every model a manager of its own type already
        objects = TenantManager()

    class Meta:
        abstract = True
        base_manager_name = "objects"

    def validate_constraints(self, exclude: Any = None) -> None:
        """Check uniqueness within the organization, although forms do not show that field."""
        super().validate_constraints(set(exclude or ()) - {"organization"})


class AppendOnlyModel(TenantModel):
    """A fact that is never changed or removed; isolation.py puts a trigger on its table that refuses both."""

    class Meta(TenantModel.Meta):
        abstract = True
