"""What stands beside placements: whether a second person has to verify them, who did, and salaries."""

from django.db import models
from django.db.models.functions import Now

from accounts.models import Membership
from cohorts.models import Enrollment
from organizations.models import AppendOnlyModel, TenantForeignKey, TenantModel
from outcomes.models import Placement

#: What a gross base salary of a year can be; less or more is of a month, or a slip.
LEAST_SALARY, MOST_SALARY = 1_000, 99_999_999


class PlacementPolicy(AppendOnlyModel):
    """Whether placements recorded from now on count only once a second person verified them. The latest holds."""

    needs_second = models.BooleanField(default=False)
    recorded_by = TenantForeignKey(Membership, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)


class PlacementVerdict(AppendOnlyModel):
    """A second person looked at the evidence of a placement: it is right, or it goes back with a reason.

    One for each record: what was sent back is recorded again. Neither the graduate nor whoever recorded it may: the
    database refuses.
    """

    placement = TenantForeignKey(Placement, models.CASCADE, related_name="verdicts")
    is_verified = models.BooleanField()
    reason = models.TextField(max_length=1000, blank=True)
    effective_on = models.DateField()
    recorded_by = TenantForeignKey(Membership, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta(AppendOnlyModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "placement"], name="placement_verified_once"),
            models.CheckConstraint(
                condition=models.Q(is_verified=True) | ~models.Q(reason=""), name="placement_sent_back_with_reason"
            ),
        ]


class Currency(models.TextChoices):
    EUR = "EUR", "EUR"
    GBP = "GBP", "GBP"
    USD = "USD", "USD"
    AUD = "AUD", "AUD"
    CAD = "CAD", "CAD"
    CHF = "CHF", "CHF"
    CZK = "CZK", "CZK"
    DKK = "DKK", "DKK"
    INR = "INR", "INR"
    NOK = "NOK", "NOK"
    PLN = "PLN", "PLN"
    SEK = "SEK", "SEK"


class Salary(TenantModel):
    """Gross base salary of a year, for what a graduate does from a day on; by nobody when the graduate said it.

    Apart from placements, so that nothing that shows or sends those can show it: admins and the graduate alone see it
    (salaries.py). No fact for good: the graduate may take it back, and then it is gone.
    """

    enrollment = TenantForeignKey(Enrollment, models.CASCADE, related_name="salaries")
    amount = models.PositiveIntegerField()
    currency = models.CharField(max_length=3, choices=Currency)
    effective_on = models.DateField()
    recorded_by = TenantForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta(TenantModel.Meta):
        constraints = [
            models.CheckConstraint(
                condition=models.Q(amount__gte=LEAST_SALARY, amount__lte=MOST_SALARY), name="salary_is_of_a_year"
            ),
        ]
        indexes = [models.Index(fields=["organization", "enrollment", "effective_on"], name="salary_history")]
