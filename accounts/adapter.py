"""What Gilde asks of django-allauth beyond its settings."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from django.contrib import messages
from django.contrib.sites.shortcuts import get_current_site
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.organizing import create_organization
from accounts.tasks import send_account_mail
from notifications.writing import html_part
from organizations.models import DEFAULT_HUE


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Mail leaves in the background, and a confirmed founder finds their organization made."""

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        about = {"request": self.request, "email": email, "current_site": get_current_site(self.request)}
        message = self.render_mail(template_prefix, email, {**about, **context})
        html = html_part(message.subject, message.body, sender="Gilde", hue=DEFAULT_HUE)
        send_account_mail.delay_on_commit(  # type: ignore[attr-defined]
            subject=message.subject, body=message.body, html=html, to=email, sender=message.from_email
        )

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        """Confirm, then make the organization that was named at sign-up; a second confirmation makes no second one."""
        user = User.objects.select_for_update().get(pk=email_address.user_id)
        if User.objects.filter(email=email_address.email).exclude(pk=user.pk).exists():
            # Somebody was invited at this address after it was asked for; one address is one person.
            messages.error(request, _("That address belongs to another account. Use another one, or sign in with it."))
            return False
        confirmed = bool(super().confirm_email(request, email_address))
        if confirmed and user.wished_organization:
            create_organization(
                name=user.wished_organization,
                admin=user,
                at=timezone.now(),
                language=user.language or "en",
                **({"time_zone": user.time_zone} if user.time_zone else {}),
            )
            user.wished_organization = ""
            user.save(update_fields=["wished_organization"])
        return confirmed
