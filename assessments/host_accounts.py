"""Which accounts at repository hosts people say are theirs."""

import re
from collections.abc import Mapping
from datetime import datetime

from django.utils.translation import gettext as say

from accounts.models import Membership
from assessments.errors import AssessmentError
from assessments.models import HostAccount
from assessments.repositories import hosts

NAME = re.compile(r"[\w.-]+(/[\w.-]+)*")


def accounts_of(membership: Membership) -> dict[str, str]:
    """The person's account at each host where they stated one, by the host's name."""
    rows = HostAccount.objects.filter(membership=membership).order_by("host", "-stated_at", "-id").distinct("host")
    return {row.host: row.name for row in rows if row.name}


def state_accounts(*, membership: Membership, names: Mapping[str, str], at: datetime) -> list[HostAccount]:
    """Record what changed; an empty name takes an account back. A name may be given as the address of its page.

    Raises AssessmentError `account_name`.
    """
    before = accounts_of(membership)
    clean = {host: account_name(host, name) for host, name in names.items()}
    return HostAccount.objects.bulk_create(
        HostAccount(membership=membership, host=host, name=name, stated_at=at)
        for host, name in clean.items()
        if host in hosts() and name != before.get(host, "")
    )


def account_name(host: str, text: str) -> str:
    """The name in what somebody wrote: `amira`, `@amira` or `https://github.com/amira`. Raises AssessmentError."""
    name = re.sub(rf"^(https?://)?(www\.)?{re.escape(host)}/", "", text.strip(), flags=re.IGNORECASE)
    name = name.strip("/").removeprefix("@")
    if name and not (NAME.fullmatch(name) and len(name) <= 300):
        raise AssessmentError(
            "account_name",
            say("Enter the name of your account at %(host)s only, as it stands in its address.") % {"host": host},
        )
    return name


def is_of_account(owner: str, account: str) -> bool:
    """Whether an owner is that account, or a group within it."""
    owner, account = owner.lower(), account.lower()
    return owner == account or owner.startswith(f"{account}/")
