"""The roster as lists need it: a row per enrollment, what makes rows out of date, and how people like to look at it."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from cohorts.models.cohort import Cohort
from cohorts.models.enrollment import Enrollment
from curriculum.models import Track
from organizations.models import TenantForeignKey, TenantModel


class RosterRow(TenantModel):
    """Where a learner stands on `day`, kept so that lists can filter and sort in the database.

    It is derived and can be made again at any time: `cohorts.roster_rows` does, for rows of an earlier day and for
    those about which a `RosterChange` was noted. `word` and the hours are those of `cohorts.roster` and
    `cohorts.standing`; `reached` are the cohort's milestones that count as reached; `reason_since` belongs to the
    reasons at risk by place.
    """

    enrollment = TenantForeignKey(Enrollment, models.CASCADE, related_name="+", db_index=False)
    cohort = TenantForeignKey(Cohort, models.CASCADE, related_name="+", db_index=False)
    mentor = TenantForeignKey(Membership, models.CASCADE, null=True, related_name="+", db_index=False)
    track = TenantForeignKey(Track, models.PROTECT, null=True, related_name="+", db_index=False)
    day = models.DateField()
    status = models.CharField(max_length=12)
    word = models.CharField(max_length=12)
    since = models.DateField(null=True)
    is_on_the_path = models.BooleanField()
    level = models.PositiveSmallIntegerField()
    levels = models.PositiveSmallIntegerField()
    level_share = models.FloatField()
    earned = models.FloatField()
    credited = models.FloatField()
    planned = models.FloatField()
    pace = models.FloatField(null=True)
    last_active = models.DateField(null=True)
    milestone = models.CharField(max_length=300, blank=True)
    due_on = models.DateField(null=True)
    reached = ArrayField(models.UUIDField(), default=list)
    reasons = ArrayField(models.CharField(max_length=40), default=list)
    reasons_since = models.DateField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "enrollment"], name="roster_row_once")]
        indexes = [
            models.Index(fields=["organization", "cohort"], name="roster_row_by_cohort"),
            models.Index(fields=["organization", "mentor"], name="roster_row_by_mentor"),
        ]

    def __str__(self) -> str:
        return f"{self.enrollment_id} on {self.day}"


class RosterChange(TenantModel):
    """Noted by triggers (`cohorts.roster_triggers`): something about an enrollment, a cohort or everyone changed.

    A row without an enrollment is about all of the cohort, one without either about the whole organization. Rows are
    only ever added and removed, so that whoever records a fact waits for nobody.
    """

    enrollment_id = models.UUIDField(null=True)
    cohort_id = models.UUIDField(null=True)

    class Meta(TenantModel.Meta):
        indexes = [models.Index(fields=["organization"], name="roster_change_by_organization")]

    def __str__(self) -> str:
        return str(self.enrollment_id or self.cohort_id or "everyone")


class RosterView(TenantModel):
    """A filter, an order and columns under a name: the address's query, which says all of it."""

    owner = TenantForeignKey(Membership, models.CASCADE, related_name="+", db_index=False)
    name = models.CharField(_("name"), max_length=60)
    query = models.CharField(max_length=1000)
    is_shared = models.BooleanField(_("shared with staff"), default=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "owner", "name"], name="roster_view_name_once"),
        ]

    def __str__(self) -> str:
        return self.name


class RosterPreference(TenantModel):
    """How somebody looks at rosters when the address asks for nothing: columns in order, and a view to begin with."""

    member = TenantForeignKey(Membership, models.CASCADE, related_name="+", db_index=False)
    columns = ArrayField(models.CharField(max_length=20), default=list)
    begins_with = TenantForeignKey(RosterView, models.SET_NULL, null=True, related_name="+", db_index=False)

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "member"], name="roster_preference_once")]

    def __str__(self) -> str:
        return str(self.member_id)
