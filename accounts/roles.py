"""Who may give which role, and the promise that an organization is never left without an admin."""

from collections.abc import Iterable

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.errors import AccountError
from accounts.models import Membership, Role

GIVEN_BY_ADMINS_ALONE = frozenset({Role.ADMIN, Role.STAFF})


def roles_given_by(membership: Membership) -> list[Role]:
    """The roles that this member may give to others, in the order of `Role`."""
    if membership.is_admin:
        return list(Role)
    return [role for role in Role if role not in GIVEN_BY_ADMINS_ALONE] if membership.is_staff else []


def in_order(roles: Iterable[str]) -> list[str]:
    """The roles, each once, in the order of `Role`. Raises ValueError for a word that is no role."""
    wanted = {Role(role) for role in roles}
    return [role.value for role in Role if role in wanted]


def check_may_give(*, roles: Iterable[str], by: Membership | None) -> None:
    """Raises AccountError `roles_not_yours` unless `by` may give all of them; the operator (None) may."""
    if by is not None and not {Role(role) for role in roles} <= set(roles_given_by(by)):
        raise AccountError(
            "roles_not_yours", _("Only an admin can make somebody staff or admin. Ask an admin to do it.")
        )


def change_roles(*, membership: Membership, roles: Iterable[str], by: Membership) -> Membership:
    """Replace the roles of a person.

    Raises AccountError: `admins_only` when `by` is no admin, `no_role` when none is left, `last_admin` when nobody else
    who has joined would be admin.
    """
    wanted = in_order(roles)
    if not by.is_admin:
        raise AccountError("admins_only", _("Only an admin can change roles. Ask an admin to do it."))
    if not wanted:
        raise AccountError("no_role", _("Choose at least one role."))
    with transaction.atomic():
        membership = _locked(membership)
        if Role.ADMIN not in wanted:
            _check_admin_remains(without=membership)
        membership.roles = wanted
        membership.save(update_fields=["roles"])
    return membership


def close_access(*, membership: Membership, by: Membership) -> Membership:
    """Let the person in no longer; what they did stays, and a new invitation lets them back in.

    Raises AccountError `admins_only` or `last_admin` as `change_roles` does.
    """
    if not by.is_admin:
        raise AccountError("admins_only", _("Only an admin can close somebody's access. Ask an admin to do it."))
    with transaction.atomic():
        membership = _locked(membership)
        _check_admin_remains(without=membership)
        membership.joined_at = None
        membership.save(update_fields=["joined_at"])
    return membership


def _locked(membership: Membership) -> Membership:
    """The row as it is now. All admins are locked first, in id order: two of them cannot demote each other at once."""
    list(Membership.objects.with_role(Role.ADMIN).order_by("pk").select_for_update())
    return Membership.objects.select_related("user").select_for_update(of=("self",)).get(pk=membership.pk)


def _check_admin_remains(*, without: Membership) -> None:
    if without.is_admin and without.joined_at:
        others = Membership.objects.joined().with_role(Role.ADMIN).exclude(pk=without.pk)
        if not others.exists():
            raise AccountError(
                "last_admin",
                _("%(name)s is the only admin. Make somebody else admin first.") % {"name": without.name},
            )
