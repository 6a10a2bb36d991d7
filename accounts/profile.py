"""What a person says about themselves."""

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.errors import AccountError
from accounts.models import Membership, User
from accounts.organizing import memberships_of
from accounts.zones import check_zone
from organizations.scope import scope, without_scope


@without_scope
def change_profile(*, user: User, name: str, language: str, time_zone: str) -> User:
    """Save how the person is called, here and in every organization they joined, and how they read words and times.

    No language means the browser's, no zone the organization's. Raises AccountError `unknown_zone`.
    """
    if time_zone:
        check_zone(time_zone)
    with transaction.atomic():
        user.name, user.language, user.time_zone = name, language, time_zone
        user.save(update_fields=["name", "language", "time_zone"])
        for membership in memberships_of(user):
            with scope(membership.organization.pk):
                Membership.objects.filter(pk=membership.pk).update(name=name)
    return user


def choose_language(*, user: User, language: str) -> None:
    """Raises AccountError `unknown_language`."""
    check_language(language)
    user.language = language
    user.save(update_fields=["language"])


def check_language(language: str) -> str:
    """The language, when Gilde speaks it. Raises AccountError `unknown_language`."""
    if language not in User.Language.values:
        raise AccountError("unknown_language", _("Gilde speaks English and Dutch. Choose one of the two."))
    return language
