from django.db import models

from organizations.models import TenantModel


class BadgeKey(TenantModel):
    """A key that an organization's credentials are signed with, until it is retired; the public half stays for good.

    The private half is encrypted, and forgotten when the key is retired.
    """

    public_jwk = models.JSONField()
    private_encrypted = models.TextField(blank=True)
    made_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["organization"], condition=models.Q(retired_at=None), name="badge_key_one_in_use"
            ),
            models.CheckConstraint(
                condition=models.Q(retired_at=None) & ~models.Q(private_encrypted="")
                | models.Q(retired_at__isnull=False, private_encrypted=""),
                name="badge_key_retired_is_forgotten",
            ),
        ]
