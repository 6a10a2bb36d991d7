from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from assessments.models.repository_look import AutomatedTestState
from assessments.models.submission import Submission
from organizations.models import AppendOnlyModel, TenantForeignKey, TenantModel


class AutomatedTest(AppendOnlyModel):
    """How the automated tests of one commit of a repository went, as somebody or something told.

    `repository` is host and path in small letters. `name` tells apart what one source reports on a commit, such as the
    workflows of a repository; the latest row of each counts.
    """

    class Source(models.TextChoices):
        WEBHOOK = "webhook", _("Webhook")
        HOST = "host", _("Repository host")
        BY_HAND = "by_hand", _("Recorded by hand")

    repository = models.CharField(max_length=500)
    commit = models.CharField(max_length=64)
    state = models.CharField(max_length=8, choices=AutomatedTestState)
    source = models.CharField(max_length=8, choices=Source)
    name = models.CharField(max_length=200, blank=True)
    evidence_url = models.URLField(max_length=500, blank=True)
    #: The id that the sender gave the delivery: one that comes again is nothing new.
    delivery = models.CharField(max_length=100, blank=True)
    submission = TenantForeignKey(Submission, models.CASCADE, null=True, related_name="tests_by_hand")
    recorded_by = TenantForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    reported_at = models.DateTimeField()
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta(AppendOnlyModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "delivery"], condition=~models.Q(delivery=""), name="delivery_once"
            ),
            models.CheckConstraint(
                condition=~models.Q(source="by_hand")
                | models.Q(submission__isnull=False, recorded_by__isnull=False) & ~models.Q(evidence_url=""),
                name="tests_by_hand_have_evidence",
            ),
        ]
        indexes = [models.Index(fields=["organization", "repository", "commit"], name="tests_by_commit")]


class CiKey(TenantModel):
    """What the address and a secret of the organization's webhook for test results are made from.

    The address is named by `nonce`; secrets of one address differ by `part`, which is empty for its first. No secret
    can be made from this row alone: that takes the secret key of the installation.
    """

    nonce = models.CharField(max_length=32, editable=False)
    part = models.CharField(max_length=32, blank=True, editable=False)
    made_by = TenantForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()
    #: Until when results are taken under it; None while it is the one in use.
    ends_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "nonce", "part"], name="ci_secret_once"),
            models.UniqueConstraint(
                fields=["organization"], condition=models.Q(ends_at=None), name="ci_key_in_use_once"
            ),
        ]


class AutomatedTestPolicy(AppendOnlyModel):
    """From which day on cohorts have to start for their gates to ask for automated tests; None asks nowhere.

    The latest holds.
    """

    asked_from = models.DateField(null=True)
    recorded_by = TenantForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)


class TestNames(AppendOnlyModel):
    """How the organization's checks that are tests are called, a pattern on each line. The latest holds."""

    __test__ = False  # for pytest, which takes it for tests

    patterns = models.TextField()
    recorded_by = TenantForeignKey(Membership, models.PROTECT, null=True, related_name="+", db_index=False)
    recorded_at = models.DateTimeField()

    class Meta(AppendOnlyModel.Meta):
        indexes = [models.Index(fields=["organization", "-recorded_at"], name="test_names_latest")]
