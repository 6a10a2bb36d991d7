"""The mails that people get about who may enter."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from accounts.models import Invitation
from notifications.kinds import Kind, register
from notifications.models import Message


def _about(message: Message) -> UUID:
    """The invitation that `inviting` queued this message for."""
    return UUID(str(message.subject_id))


def _reason_not_open(message: Message, at: datetime) -> str:
    if Invitation.objects.open(at=at).filter(pk=_about(message)).exists():
        return ""
    return str(_("The invitation was accepted, withdrawn or replaced."))


def _invitation(message: Message) -> Mapping[str, Any]:
    invitation = Invitation.objects.select_related("invited_by").get(pk=_about(message))
    return {
        "invited_by": invitation.invited_by.name if invitation.invited_by else "",
        "expires_at": invitation.expires_at,
        "action_url": message.payload["path"],
        "action_label": _("Accept the invitation"),
    }


register(
    Kind(
        name="invitation",
        title=_("Invitation"),
        reason_untrue=_reason_not_open,
        context=_invitation,
        explanation=_("Somebody invited you to join. It holds the link that lets you in."),
        mandatory=True,
        in_app=False,
        secret=True,
    )
)
