"""One valid row of any tenant model, made from its fields; what constraints ask beyond types stands in SPECIAL."""

from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django.contrib.postgres.fields import ArrayField, DateRangeField, DateTimeRangeField
from django.db import models

from accounts.models import Membership, User
from organizations.models import TenantModel
from organizations.scope import author_scope

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
SPECIAL: dict[str, dict[str, Any]] = {
    "accounts.Membership": {"roles": ["learner"]},
    "curriculum.CurriculumVersion": {"status": "draft", "published_at": None},
    "cohorts.Cohort": {"first_level": 1, "last_level": 5, "hours_per_week": Decimal(25)},
    "cohorts.EnrollmentEvent": {"to_status": "active", "returns_on": None},
    "cohorts.ProgressEvent": {"project": None, "kind": "completed"},
    "cohorts.Offer": {"expires_at": NOON + timedelta(days=3)},
    "cohorts.StudyLog": {"week": date(2026, 11, 23)},
    "cohorts.Gathering": {"starts": time(9, 30), "minutes": 15},
    "assessments.Review": {"verdict": "", "submitted_at": None},
    "assessments.PortfolioReview": {"is_publishable": False},
    "assessments.PeerReview": {"giver": None, "submitted_at": None},
    "assessments.Presentation": {"outcome": "", "settled_at": None},
    "assessments.LevelDecision": {"outcome": "passed"},
    "assessments.OverrideRequest": {"answer": ""},
    "assessments.BadgeKey": {"private_encrypted": "sealed"},
    "mentoring.ActionItem": {"done_at": None, "done_by": None},
    "notifications.Message": {"state": "pending", "settled_at": None},
    "outcomes.Placement": {"status": "3A"},
    "outcomes.CheckIn": {"number": 30},
    "outcomes.Cost": {"currency": "EUR"},
    "outcomes.Estimate": {"currency": "EUR"},
    "outcomes.Salary": {"amount": 45_000},
    "outcomes.Crowd": {"asked": 9, "answered": 7, "people": 6},
    "outcomes.Answer": {"value": 4, "text": ""},
    "outcomes.Envelope": {"sealed": b"sealed"},
}
#: What may be null, and is not in a row that is valid.
NEEDED = ("topic", "from_topic", "to_topic")


def row_of(model: type[TenantModel]) -> TenantModel:
    """Make and save a row in the organization in scope, with the rows that it refers to."""
    special = SPECIAL.get(model._meta.label, {})
    values: dict[str, Any] = {}
    for field in model._meta.local_fields:
        if field.name in special or field.primary_key or field.name == "organization":
            continue
        if field.has_default() or field.has_db_default():
            continue
        if field.null and field.name not in NEEDED:
            continue
        values[field.name] = _value(field, model)
    with as_author(values.get("author")):
        return model.objects.create(**values, **special)


def as_author(author: Membership | None) -> AbstractContextManager[None]:
    """The scope in which what that member wrote for themselves is visible; none for rows without an author."""
    return author_scope(author.pk) if author is not None else nullcontext()


def _value(field: "models.Field[Any, Any]", model: type[TenantModel]) -> Any:
    if isinstance(field, models.ForeignKey):
        related = field.related_model
        if related is User:
            return User.objects.create(email=f"{uuid4().hex}@example.org")
        return row_of(related)
    if field.choices and not field.blank:
        return next(value for value, _label in field.flatchoices if value != "")
    by_type: list[tuple[type, Any]] = [
        (ArrayField, []),
        (DateRangeField, (NOON.date(), NOON.date() + timedelta(days=1))),
        (DateTimeRangeField, (NOON, NOON + timedelta(minutes=45))),
        (models.DateTimeField, NOON),
        (models.DateField, NOON.date()),
        (models.UUIDField, uuid4()),
        (models.JSONField, {}),
        (models.BinaryField, b"bytes"),
        (models.BooleanField, False),
        (models.DecimalField, Decimal(1)),
        (models.IntegerField, 1),
        (models.FloatField, 1.0),
        (models.URLField, "https://example.org/"),
        (models.CharField, "" if field.blank else uuid4().hex[: min(field.max_length or 32, 32)]),
        (models.TextField, "text"),
    ]
    return next(value for kind, value in by_type if isinstance(field, kind))
