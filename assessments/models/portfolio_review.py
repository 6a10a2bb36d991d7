from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from assessments.models.submission import Submission
from organizations.models import AppendOnlyModel, TenantForeignKey


class PortfolioReview(AppendOnlyModel):
    """Whether a capstone that passed can be shown to the world as it is. Of several about one attempt the last counts.

    `missing` says what to do before it can be published.
    """

    submission = TenantForeignKey(Submission, models.CASCADE, related_name="portfolio_reviews")
    reviewer = TenantForeignKey(Membership, models.PROTECT, related_name="+")
    is_publishable = models.BooleanField(_("ready to publish"))
    note = models.TextField(_("note"), blank=True)
    missing = models.TextField(_("what is missing"), blank=True)
    recorded_at = models.DateTimeField()

    class Meta(AppendOnlyModel.Meta):
        constraints = [
            models.CheckConstraint(
                condition=models.Q(is_publishable=True, missing="")
                | models.Q(is_publishable=False) & ~models.Q(missing=""),
                name="not_publishable_says_what_is_missing",
            ),
        ]
        indexes = [models.Index(fields=["organization", "submission", "-recorded_at"], name="portfolio_review_latest")]
