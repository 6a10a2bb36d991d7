"""Alumni, as rows: the pathway each took, what they chose to show of themselves, and who offers to mentor."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Membership
from organizations.models import AppendOnlyModel, TenantForeignKey, TenantModel


class Pathway(models.TextChoices):
    RESEARCH = "research", _("Research")
    INDUSTRY = "industry", _("Industry")
    OWN_COMPANY = "own_company", _("Own company")
    ACADEMIC = "academic", pgettext_lazy("pathway", "Academic")
    OTHER = "other", pgettext_lazy("pathway", "Other")


class PathwayRecord(AppendOnlyModel):
    """Where a graduate went, from a day on, as they or staff recorded it. The latest day counts, of a day the last."""

    member = TenantForeignKey(Membership, models.CASCADE, related_name="pathways")
    pathway = models.CharField(max_length=12, choices=Pathway)
    effective_on = models.DateField()
    recorded_by = TenantForeignKey(Membership, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta(AppendOnlyModel.Meta):
        indexes = [models.Index(fields=["organization", "member", "-effective_on"], name="pathway_history")]


class AlumniEntry(TenantModel):
    """What a graduate shows of themselves in the directory. It is theirs: who leaves the directory removes the row."""

    member = TenantForeignKey(Membership, models.CASCADE, related_name="+")
    name = models.CharField(max_length=120)
    shows_pathway = models.BooleanField(default=False)
    employer = models.CharField(max_length=160, blank=True)
    link = models.URLField(max_length=500, blank=True)
    contact = models.CharField(max_length=200, blank=True)
    changed_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "member"], name="alumnus_listed_once"),
            models.CheckConstraint(condition=~models.Q(name=""), name="alumnus_listed_by_name"),
        ]


class MentorOffer(TenantModel):
    """A graduate offers to mentor; staff accept, which makes them a mentor, or decline; or the graduate withdraws."""

    class Answer(models.TextChoices):
        ACCEPTED = "accepted", _("Accepted")
        DECLINED = "declined", _("Declined")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    member = TenantForeignKey(Membership, models.CASCADE, related_name="mentor_offers")
    note = models.TextField(max_length=500, blank=True)
    offered_at = models.DateTimeField()
    answer = models.CharField(max_length=9, choices=Answer, blank=True)
    reason = models.TextField(max_length=500, blank=True)
    answered_by = TenantForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "member"], condition=models.Q(answer=""), name="mentor_offer_once_at_a_time"
            ),
            models.CheckConstraint(
                condition=models.Q(answer="", answered_by=None, answered_at=None)
                | (~models.Q(answer="") & models.Q(answered_by__isnull=False, answered_at__isnull=False)),
                name="mentor_offer_answer_has_somebody",
            ),
        ]
        indexes = [models.Index(fields=["organization", "answer", "offered_at"], name="mentor_offer_waiting")]
