from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from curriculum.models import Project
from organizations.models import AppendOnlyModel, TenantForeignKey, uuid7


class Rubric(AppendOnlyModel):
    """What a review looks at. No version ever changes: a change is a new version of the same `family`, perhaps under
    another title.
    """

    family = models.UUIDField(default=uuid7, editable=False)
    title = models.CharField(_("title"), max_length=120)
    version = models.PositiveSmallIntegerField()
    standard = models.PositiveSmallIntegerField(default=3)
    created_by = TenantForeignKey(Membership, models.PROTECT, null=True, related_name="+", db_index=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta(AppendOnlyModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "family", "version"], name="rubric_version_once"),
            # Two who make the first rubric at once make one.
            models.UniqueConstraint(fields=["organization", "title", "version"], name="rubric_title_once"),
        ]

    def __str__(self) -> str:
        return f"{self.title}, version {self.version}"


class Criterion(AppendOnlyModel):
    """One question of a rubric, with a sentence for each of its four scores (1 not yet … 4 exemplary)."""

    rubric = TenantForeignKey(Rubric, models.CASCADE, related_name="criteria")
    position = models.PositiveSmallIntegerField()
    key = models.SlugField(max_length=40)
    title = models.CharField(max_length=120)
    question = models.CharField(max_length=300)
    descriptions = models.JSONField(default=list)

    class Meta(AppendOnlyModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "rubric", "position"], name="criterion_position_once"),
            models.UniqueConstraint(fields=["organization", "rubric", "key"], name="criterion_key_once"),
        ]

    def __str__(self) -> str:
        return self.title


#: What is looked at in a presentation, beside the kinds of projects whose work is reviewed.
PRESENTED = "presentation"


class RubricChoice(AppendOnlyModel):
    """From then on, work of that kind at that level is reviewed with the newest version of the rubric.

    `PRESENTED` stands for presentations, and is none of "every kind".

    Without a kind it is about every kind, without a level about every level; without a rubric the choice before is
    taken back.
    """

    rubric = TenantForeignKey(Rubric, models.PROTECT, null=True, related_name="+", db_index=False)
    kind = models.CharField(max_length=20, choices=[*Project.Kind.choices, (PRESENTED, _("Presentation"))], blank=True)
    level = models.PositiveSmallIntegerField(null=True)
    recorded_by = TenantForeignKey(Membership, models.PROTECT, related_name="+", db_index=False)
    recorded_at = models.DateTimeField()

    class Meta(AppendOnlyModel.Meta):
        indexes = [models.Index(fields=["organization", "kind", "level", "-recorded_at"], name="rubric_choice_latest")]


class RubricArchival(AppendOnlyModel):
    """A rubric, all its versions, was put away or taken out again."""

    rubric = TenantForeignKey(Rubric, models.PROTECT, related_name="+")
    is_archived = models.BooleanField()
    recorded_by = TenantForeignKey(Membership, models.PROTECT, related_name="+", db_index=False)
    recorded_at = models.DateTimeField()
