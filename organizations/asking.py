"""Small questions of one page, asked in one query."""

from typing import Any

from django.db.models import Aggregate, Count, IntegerField, Model, QuerySet, Subquery, Value
from django.db.models.expressions import BaseExpression, Combinable
from django.db.models.functions import Coalesce

from organizations.models import Organization
from organizations.scope import required_organization_id


def ask(**questions: BaseExpression | Combinable) -> dict[str, Any]:
    """The answers by name: of `Exists`, `Subquery`, `count_of` and the like. One query."""
    return dict(asked(**questions).get())


def asked(**questions: BaseExpression | Combinable) -> "QuerySet[Organization, Any]":
    """The query that answers them, to be `Prepared`: one row."""
    return Organization.objects.filter(pk=Value(required_organization_id())).values(**questions)


def total_of(rows: "QuerySet[Any]", aggregate: Aggregate) -> Subquery:
    """The aggregate over those rows; None when there are none."""
    by_organization = rows.order_by().values("organization")
    return Subquery(by_organization.annotate(in_all=aggregate).values("in_all"))


def count_of(rows: "QuerySet[Model, Any]") -> Coalesce:
    """How many rows there are."""
    return Coalesce(total_of(rows, Count("pk")), Value(0), output_field=IntegerField())
