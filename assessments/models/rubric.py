from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from organizations.models import TenantForeignKey, TenantModel


class Rubric(TenantModel):
    """What a review looks at. A version never changes once a review used it; a change is a new version."""

    title = models.CharField(_("title"), max_length=120)
    version = models.PositiveSmallIntegerField()
    standard = models.PositiveSmallIntegerField(default=3)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "title", "version"], name="rubric_version_once")]

    def __str__(self) -> str:
        return f"{self.title}, version {self.version}"


class Criterion(TenantModel):
    """One question of a rubric, with a sentence for each of its four scores (1 not yet … 4 exemplary)."""

    rubric = TenantForeignKey(Rubric, models.CASCADE, related_name="criteria")
    position = models.PositiveSmallIntegerField()
    key = models.SlugField(max_length=40)
    title = models.CharField(max_length=120)
    question = models.CharField(max_length=300)
    descriptions = models.JSONField(default=list)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "rubric", "position"], name="criterion_position_once"),
            models.UniqueConstraint(fields=["organization", "rubric", "key"], name="criterion_key_once"),
        ]

    def __str__(self) -> str:
        return self.title
