from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from organizations.models import AppendOnlyModel, TenantForeignKey


class AutomatedTestState(models.TextChoices):
    """How the automated tests of a commit went."""

    PASSED = "passed", _("Passed")
    FAILED = "failed", _("Failed")
    RUNNING = "running", _("Running")


class RepositoryLook(AppendOnlyModel):
    """What a repository's host told of it and of the commit that was handed in, when it was asked.

    What is not known is None, or empty where no word stands for it; `license` is "" for none and None for unknown.
    """

    class Outcome(models.TextChoices):
        FOUND = "found", _("Found")
        MISSING = "missing", _("Not there, or private")
        UNKNOWN = "unknown", _("Not known")

    link = TenantForeignKey("assessments.SubmissionLink", models.CASCADE, related_name="looks")
    outcome = models.CharField(max_length=8, choices=Outcome)
    #: Why nothing is known: `limited`, `token_refused`, `forbidden`, `timeout`, `http_502`, …
    detail = models.CharField(max_length=40, blank=True)
    retry_at = models.DateTimeField(null=True)
    owner = models.CharField(max_length=300, blank=True)
    is_private = models.BooleanField(null=True)
    license = models.CharField(max_length=80, null=True)  # noqa: DJ001 - none is another fact than not known
    pushed_at = models.DateTimeField(null=True)
    commit_exists = models.BooleanField(null=True)
    #: The commit in full: the one that was named, else the last of the main branch.
    commit = models.CharField(max_length=64, blank=True)
    has_readme = models.BooleanField(null=True)
    has_tests = models.BooleanField(null=True)
    tests_state = models.CharField(max_length=8, choices=AutomatedTestState, blank=True)
    #: Per address asked: the tag of the answer, and what was read from it, for when it is the same the next time.
    answers = models.JSONField(default=dict)
    looked_at = models.DateTimeField()

    class Meta(AppendOnlyModel.Meta):
        indexes = [models.Index(fields=["organization", "link", "-looked_at"], name="repository_look_latest")]


class HostAccount(AppendOnlyModel):
    """What a member says their account at a repository host is. The latest holds; an empty one takes it back."""

    membership = TenantForeignKey(Membership, models.CASCADE, related_name="host_accounts")
    host = models.CharField(max_length=100)
    name = models.CharField(max_length=300, blank=True)
    stated_at = models.DateTimeField()

    class Meta(AppendOnlyModel.Meta):
        indexes = [
            models.Index(fields=["organization", "membership", "host", "-stated_at"], name="host_account_latest")
        ]
