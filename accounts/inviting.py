"""Invitations: a link by email that lets one person join one organization, once, within 14 days."""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.errors import AccountError, InvitationError
from accounts.models import Invitation, Membership, User, organization_id_of_token
from accounts.roles import check_may_give, in_order
from notifications.outbox import Draft, enqueue_many
from organizations.bulk import create_many
from organizations.models import Organization
from organizations.scope import required_organization_id, scope, without_scope

LIFETIME = timedelta(days=14)
#: Stands where a token goes in an address; tokens have no such sign.
PLACE = "~"


@dataclass(frozen=True)
class OpenInvitation:
    """What the reader of an invitation may know before they accept it."""

    organization: Organization
    user: User
    name: str
    roles: list[str]
    invited_by: str
    expires_at: datetime
    #: Whether the person has never confirmed their address: they set a name and a password instead of signing in.
    is_new: bool


def invite(*, email: str, name: str, roles: Iterable[str], by: Membership | None, at: datetime) -> Invitation:
    """Ask a person to join the organization in scope, with these roles besides those they have; None is the operator.

    Makes the user and the membership when missing. A new invitation replaces the open one. For somebody who has joined
    already it is recorded as accepted at once, and nothing is sent. The raw token is on the returned object alone.
    Raises AccountError `roles_not_yours`, or `no_role` when there is none.
    """
    address, wanted = User.objects.normalize_email(email), in_order(roles)
    if not wanted:
        raise AccountError("no_role", _("Choose at least one role."))
    with transaction.atomic():
        user, _made = User.objects.get_or_create(email=address, defaults={"password": make_password(None)})
        first = {"name": name or address, "roles": wanted}
        membership, made = Membership.objects.get_or_create(user=user, defaults=first)
        if made:
            check_may_give(roles=wanted, by=by)
        else:
            membership = Membership.objects.select_for_update().get(pk=membership.pk)
            check_may_give(roles=set(wanted) - set(membership.roles), by=by)
            membership.roles = in_order([*membership.roles, *wanted])
            if name and not membership.joined_at:
                membership.name = name
            membership.save(update_fields=["name", "roles"])
        membership.user = user
        return _issue(membership, by=by, at=at)


def invite_many(
    *, names: Mapping[str, str], roles: Iterable[str], by: Membership | None, at: datetime, send: bool = True
) -> dict[str, Membership]:
    """Invite many people at once as `invite` does one; `names` by email. Returns their memberships by email.

    Without `send` they are known here and hear nothing: they may be invited later.
    A dozen statements for any number of people. Raises AccountError `roles_not_yours` or `no_role`.
    """
    wanted, names = in_order(roles), {User.objects.normalize_email(email): name for email, name in names.items()}
    if not wanted:
        raise AccountError("no_role", _("Choose at least one role."))
    check_may_give(roles=wanted, by=by)
    with transaction.atomic():
        made = [User(email=email, password=make_password(None)) for email in sorted(names)]
        create_many(User.objects, made, ignore_conflicts=True)
        users = {user.pk: user for user in User.objects.filter(email__in=names)}
        first = [Membership(user=user, name=names[user.email] or user.email, roles=wanted) for user in users.values()]
        Membership.objects.bulk_create(first, ignore_conflicts=True, batch_size=1000)
        memberships = list(Membership.objects.filter(user__in=users).order_by("pk").select_for_update())
        changed = []
        for membership in memberships:
            membership.user = users[membership.user_id]
            before = membership.name, membership.roles
            membership.roles = in_order([*membership.roles, *wanted])
            if names[membership.user.email] and not membership.joined_at:
                membership.name = names[membership.user.email]
            if before != (membership.name, membership.roles):
                changed.append(membership)
        Membership.objects.bulk_update(changed, ["name", "roles"], batch_size=1000)
        if send:
            _issue_many(memberships, by=by, at=at)
    return {membership.user.email: membership for membership in memberships}


def resend(*, membership: Membership, by: Membership | None, at: datetime) -> Invitation:
    """Send a new invitation in place of the open one. Raises AccountError `joined`."""
    with transaction.atomic():
        locked = Membership.objects.select_for_update().get(pk=membership.pk)
        if locked.joined_at:
            raise AccountError("joined", _("%(name)s has joined already.") % {"name": locked.name})
        locked.user = membership.user
        return _issue(locked, by=by, at=at)


def revoke(*, membership: Membership, at: datetime) -> None:
    """Withdraw the open invitation: its link stops working. Raises AccountError `nothing_open`."""
    if not membership.invitations.open(at=at).update(revoked_at=at):
        raise AccountError(
            "nothing_open", _("%(name)s has no open invitation to withdraw.") % {"name": membership.name}
        )


def revoke_many(*, memberships: Iterable[Membership], at: datetime) -> int:
    """Withdraw every open invitation of these people; mails that have not left are not sent. Returns how many."""
    return Invitation.objects.open(at=at).filter(membership__in=memberships).update(revoked_at=at)


def _issue(membership: Membership, *, by: Membership | None, at: datetime) -> Invitation:
    """A new invitation with its mail queued; the open one is withdrawn."""
    [invitation] = _issue_many([membership], by=by, at=at)
    return invitation


def _issue_many(memberships: Sequence[Membership], *, by: Membership | None, at: datetime) -> list[Invitation]:
    Invitation.objects.open(at=at).filter(membership__in=memberships).update(revoked_at=at)
    invitations, mails = [], []
    before, after = reverse("accounts:accept_invitation", args=[PLACE]).split(PLACE)  # once, however many there are
    for membership in memberships:
        token = f"{required_organization_id().hex}.{secrets.token_urlsafe(32)}"
        invitation = Invitation(
            membership=membership,
            token_hash=Invitation.hash_of(token),
            invited_by=by,
            expires_at=at + LIFETIME,
            accepted_at=at if membership.joined_at else None,
        )
        invitations.append(invitation)
        if not membership.joined_at:
            invitation.token = token
            mails.append(
                Draft(
                    kind="invitation",
                    recipient_id=membership.user_id,
                    key=f"invitation:{invitation.pk}",
                    due_at=at,
                    payload={"path": f"{before}{token}{after}"},
                    subject_id=invitation.pk,
                    expires_at=invitation.expires_at,
                )
            )
    create_many(Invitation.objects, invitations)
    enqueue_many(mails)
    return invitations


@without_scope
def read_invitation(*, token: str, at: datetime) -> OpenInvitation:
    """What the link offers. Raises InvitationError `unknown`, `used`, `revoked` or `expired`."""
    organization = _organization_of(token)
    with scope(organization.pk):
        invitation = _open_invitation(token, at=at)
        membership = invitation.membership
        return OpenInvitation(
            organization=organization,
            user=membership.user,
            name=membership.name,
            roles=membership.roles,
            invited_by=invitation.invited_by.name if invitation.invited_by else "",
            expires_at=invitation.expires_at,
            is_new=not is_confirmed(membership.user),
        )


@without_scope
def accept(*, token: str, user: User, at: datetime) -> Membership:
    """Join as the signed-in person.

    Raises InvitationError as `read_invitation` does, and `not_yours` when it was sent to somebody else.
    """
    organization = _organization_of(token)
    with scope(organization.pk):
        invitation = _open_invitation(token, at=at, lock=True)
        membership: Membership = invitation.membership
        if membership.user_id != user.pk:
            raise InvitationError(
                "not_yours", _("This invitation was sent to somebody else. Sign out and open the link again.")
            )
        membership.joined_at = membership.joined_at or at
        membership.save(update_fields=["joined_at"])
        invitation.accepted_at = at
        invitation.save(update_fields=["accepted_at"])
    if not user.name:
        user.name = membership.name
        user.save(update_fields=["name"])
    membership.organization = organization
    return membership


@without_scope
def accept_as_new(*, token: str, name: str, password: str, language: str, at: datetime) -> Membership:
    """Join as a person who enters for the first time; holding the link proves that the address is theirs.

    Raises InvitationError as `accept` does, and `not_yours` when the person has confirmed their address before: they
    have to sign in.
    """
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=read_invitation(token=token, at=at).user.pk)
        if is_confirmed(user):
            raise InvitationError("not_yours", _("You have an account already. Sign in to accept the invitation."))
        user.name, user.language, user.wished_organization = name, language, ""
        # Whoever typed this address into the sign-up form before may have been somebody else: their password goes.
        user.set_password(password)
        user.save(update_fields=["name", "language", "wished_organization", "password"])
        EmailAddress.objects.filter(user=user).exclude(email=user.email).delete()
        EmailAddress.objects.update_or_create(user=user, email=user.email, defaults={"verified": True, "primary": True})
        membership = accept(token=token, user=user, at=at)
        with scope(membership.organization.pk):
            Membership.objects.filter(pk=membership.pk).update(name=name)
        membership.name, membership.user = name, user
    return membership


def is_confirmed(user: User) -> bool:
    """Whether the person has shown that their address is theirs; nobody else can sign in."""
    return bool(EmailAddress.objects.filter(user=user, verified=True).exists())


def _organization_of(token: str) -> Organization:
    pk = organization_id_of_token(token)
    organization = Organization.objects.filter(pk=pk).first() if pk else None
    if organization is None:
        raise _unknown()
    return organization


def _open_invitation(token: str, *, at: datetime, lock: bool = False) -> Invitation:
    found = Invitation.objects.filter(token_hash=Invitation.hash_of(token))
    found = found.select_related("membership__user", "invited_by")
    invitation = (found.select_for_update(of=("self", "membership")) if lock else found).first()
    if invitation is None:
        raise _unknown()
    if invitation.accepted_at:
        raise InvitationError("used", _("This invitation was accepted before. Sign in to go on."))
    if invitation.revoked_at:
        raise InvitationError(
            "revoked",
            _("This invitation was withdrawn or replaced. Use the newest email, or ask your program team for one."),
        )
    if invitation.expires_at <= at:
        raise InvitationError(
            "expired", _("This invitation worked for 14 days, and they are over. Ask your program team for a new one.")
        )
    return invitation


def _unknown() -> InvitationError:
    return InvitationError(
        "unknown", _("There is no such invitation. Check that you copied the whole link from the email.")
    )
