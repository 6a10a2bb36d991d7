from datetime import timedelta

from django.core import mail

from accounts.inviting import invite, revoke
from accounts.models import Invitation, Role
from notifications.delivery import send_due
from notifications.models import Message
from organizations.scope import scope
from tests.conftest import NOW, Cast


def invite_noor(cast: Cast) -> Invitation:
    with scope(cast.organization.pk):
        return invite(email="noor@example.org", name="Noor", roles=[Role.LEARNER], by=cast.ilse, at=NOW)


def test_invitation_mail_carries_the_link_and_reads_as_plain_text(cast: Cast) -> None:
    cast.organization.name = "Smith & Sons’ <b>Academy</b>"
    cast.organization.save()
    invitation = invite_noor(cast)
    assert send_due(organization_id=cast.organization.pk, now=NOW).sent == 1
    [message] = mail.outbox
    assert (message.to, message.subject) == (["noor@example.org"], "Your invitation to Smith & Sons’ <b>Academy</b>")
    assert "Ilse Brouwer invites you to join Smith & Sons’ <b>Academy</b>." in message.body
    assert "works until 7 December 2026" in message.body
    assert f"http://localhost:8000/invitations/{invitation.token}/" in message.body
    html = str(message.alternatives[0][0])  # type: ignore[attr-defined]
    assert "Smith &amp; Sons’ &lt;b&gt;Academy&lt;/b&gt;" in html
    assert "<b>Academy" not in html


def test_invitation_that_was_withdrawn_before_its_mail_left_is_not_sent(cast: Cast) -> None:
    invitation = invite_noor(cast)
    with scope(cast.organization.pk):
        revoke(membership=invitation.membership, at=NOW)
    report = send_due(organization_id=cast.organization.pk, now=NOW + timedelta(minutes=1))
    assert (report.sent, report.skipped, mail.outbox) == (0, 1, [])
    with scope(cast.organization.pk):
        assert Message.objects.get().reason == "The invitation was accepted, withdrawn or replaced."
