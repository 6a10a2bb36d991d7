"""Who works with whom: peer groups that last, and pairs that change."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from cohorts.models.cohort import Cohort
from cohorts.models.enrollment import Enrollment
from organizations.models import AppendOnlyModel, TenantForeignKey, TenantModel


class PeerGroup(TenantModel):
    """A few learners of a cohort who help each other. Who is in it is told by its events."""

    cohort = TenantForeignKey(Cohort, models.CASCADE, related_name="peer_groups")
    number = models.PositiveSmallIntegerField()
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "cohort", "number"], name="peer_group_number_once"),
        ]

    def __str__(self) -> str:
        return str(_("Group %(number)s")) % {"number": self.number}


class GroupEvent(AppendOnlyModel):
    """From that day on the learner is in that group, or (None) in none; the latest recorded of a day counts."""

    enrollment = TenantForeignKey(Enrollment, models.CASCADE, related_name="group_events")
    group = TenantForeignKey(PeerGroup, models.PROTECT, null=True, related_name="events")
    effective_on = models.DateField()
    recorded_by = TenantForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta(AppendOnlyModel.Meta):
        indexes = [models.Index(fields=["organization", "enrollment", "effective_on"], name="group_history")]


class PairRound(TenantModel):
    """Some days for which everybody in a cohort has a partner, from the whole cohort or from their own peer group."""

    class Within(models.TextChoices):
        COHORT = "cohort", _("The whole cohort")
        GROUPS = "groups", _("Each peer group")

    class Odd(models.TextChoices):
        TRIPLE = "triple", _("Somebody joins a pair")
        BYE = "bye", _("Somebody has a round off")

    cohort = TenantForeignKey(Cohort, models.CASCADE, related_name="pair_rounds")
    number = models.PositiveIntegerField()
    within = models.CharField(max_length=8, choices=Within)
    odd = models.CharField(max_length=8, choices=Odd)
    starts_on = models.DateField()
    ends_on = models.DateField()
    made_by = TenantForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField(db_default=Now(), editable=False)
    undone_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "cohort", "number"],
                condition=models.Q(undone_at=None),
                name="pair_round_number_once",
            ),
            models.CheckConstraint(condition=models.Q(ends_on__gte=models.F("starts_on")), name="pair_round_in_order"),
        ]

    def __str__(self) -> str:
        return str(_("Round %(number)s")) % {"number": self.number}


class PairSeat(AppendOnlyModel):
    """A learner's place in a round. Two with the same `place` are a pair; an extra one joins it as the third.

    Somebody extra who is alone at their place has the round off.
    """

    round = TenantForeignKey(PairRound, models.CASCADE, related_name="seats")
    enrollment = TenantForeignKey(Enrollment, models.CASCADE, related_name="pair_seats")
    place = models.PositiveSmallIntegerField()
    is_extra = models.BooleanField(default=False)

    class Meta(AppendOnlyModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "round", "enrollment"], name="pair_seat_once"),
        ]
        indexes = [models.Index(fields=["organization", "enrollment"], name="pair_seat_by_learner")]
