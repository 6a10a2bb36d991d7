"""What a program is expected to take and what it took, as rows: estimates, costs and staffing (docs/resources.md)."""

from decimal import Decimal

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Membership
from cohorts.models import Cohort
from curriculum.models import Curriculum
from organizations.models import AppendOnlyModel, TenantForeignKey

#: The pairs of columns of an estimate, each with a lowest and a highest number.
RANGES = ("years", "once", "yearly", "person", "instructors", "assistants", "mentors", "staff")
#: No single amount and no amount of an estimate is above it: more is a slip of the hand.
MOST_MONEY = Decimal(100_000_000)
MOST_FTE = Decimal(500)


class StaffRole(models.TextChoices):
    INSTRUCTOR = "instructor", _("Instructors")
    ASSISTANT = "assistant", _("Assistants")
    MENTOR = "mentor", _("Mentors and career support")


def _money() -> "models.DecimalField[Decimal, Decimal]":
    return models.DecimalField(max_digits=11, decimal_places=2)


def _people() -> "models.DecimalField[Decimal, Decimal]":
    return models.DecimalField(max_digits=5, decimal_places=2)


class Estimate(AppendOnlyModel):
    """What a program for so many people is expected to take, from a day on; a change is another row.

    Of one curriculum, or of every curriculum that has none of its own. Staff are full-time people. A row that gives
    the estimate up repeats the numbers that were given up, and they hold no more.
    """

    curriculum = TenantForeignKey(Curriculum, models.CASCADE, null=True, related_name="estimates")
    people = models.PositiveSmallIntegerField()
    currency = models.CharField(max_length=3)
    years_low = models.DecimalField(max_digits=4, decimal_places=2)
    years_high = models.DecimalField(max_digits=4, decimal_places=2)
    once_low, once_high = _money(), _money()
    yearly_low, yearly_high = _money(), _money()
    person_low, person_high = _money(), _money()
    instructors_low, instructors_high = _people(), _people()
    assistants_low, assistants_high = _people(), _people()
    mentors_low, mentors_high = _people(), _people()
    staff_low, staff_high = _people(), _people()
    is_given_up = models.BooleanField(default=False)
    note = models.TextField(max_length=1000, blank=True)
    effective_on = models.DateField()
    recorded_by = TenantForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta(AppendOnlyModel.Meta):
        constraints = [
            models.CheckConstraint(condition=models.Q(people__gte=1), name="estimate_for_somebody"),
            models.CheckConstraint(condition=models.Q(currency__regex="^[A-Z]{3}$"), name="estimate_currency"),
            *(
                models.CheckConstraint(
                    condition=models.Q(
                        **{
                            f"{name}_low__gt" if name == "years" else f"{name}_low__gte": 0,
                            f"{name}_high__gte": models.F(f"{name}_low"),
                        }
                    ),
                    name=f"estimate_{name}_in_order",
                )
                for name in RANGES
            ),
        ]
        indexes = [models.Index(fields=["organization", "-effective_on"], name="estimate_history")]


class Cost(AppendOnlyModel):
    """An amount spent for a cohort on a day. To correct one is to take it back: a row of the same amount below zero."""

    class Kind(models.TextChoices):
        STAFF = "staff", _("Staff")
        HARDWARE = "hardware", _("Hardware")
        CREDITS = "credits", _("Cloud and model credits")
        SOFTWARE = "software", _("Software and platforms")
        ROOMS = "rooms", _("Rooms and events")
        OTHER = "other", pgettext_lazy("cost", "Other")

    cohort = TenantForeignKey(Cohort, models.CASCADE, related_name="costs")
    kind = models.CharField(_("kind"), max_length=8, choices=Kind)
    is_once = models.BooleanField(default=False)
    amount = models.DecimalField(max_digits=11, decimal_places=2)
    currency = models.CharField(max_length=3)
    effective_on = models.DateField()
    note = models.TextField(max_length=1000, blank=True)
    takes_back = TenantForeignKey("self", models.PROTECT, null=True, related_name="taken_back")
    recorded_by = TenantForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta(AppendOnlyModel.Meta):
        constraints = [
            models.CheckConstraint(
                condition=models.Q(takes_back=None, amount__gt=0) | models.Q(takes_back__isnull=False, amount__lt=0),
                name="cost_above_zero_or_taken_back",
            ),
            models.CheckConstraint(condition=models.Q(currency__regex="^[A-Z]{3}$"), name="cost_currency"),
            models.UniqueConstraint(
                fields=["organization", "takes_back"],
                condition=models.Q(takes_back__isnull=False),
                name="cost_taken_back_once",
            ),
        ]
        indexes = [models.Index(fields=["organization", "cohort", "-effective_on"], name="cost_history")]


class Staffing(AppendOnlyModel):
    """How many full-time people work for a cohort in a role from a day on, as somebody counted them."""

    cohort = TenantForeignKey(Cohort, models.CASCADE, related_name="staffing")
    role = models.CharField(_("role"), max_length=10, choices=StaffRole)
    fte = models.DecimalField(max_digits=5, decimal_places=2)
    effective_on = models.DateField()
    note = models.TextField(max_length=1000, blank=True)
    recorded_by = TenantForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta(AppendOnlyModel.Meta):
        constraints = [
            models.CheckConstraint(condition=models.Q(fte__gte=0, fte__lte=MOST_FTE), name="staffing_fte_in_range")
        ]
        indexes = [models.Index(fields=["organization", "cohort", "-effective_on"], name="staffing_history")]
