"""Leaving one kind of mail with one click and without signing in (RFC 8058).

The link names person, kind and organization and is signed; it never expires, for mail is read late. It can do nothing
but switch that one kind's mail off and on again.
"""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any
from urllib.parse import urljoin
from uuid import UUID

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core import signing
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from notifications.kinds import KINDS, Kind
from notifications.models import Message
from notifications.preferring import preferences_of, set_email
from notifications.records import Preferences
from organizations.models import Organization
from organizations.scope import scope, without_scope

SALT = "notifications.unsubscribing"
#: Stands for the part of an address that is signed.
SIGNED = "signed-for-somebody"
Email = Preferences.Email


@dataclass(frozen=True)
class Links:
    """What the foot of a mail says about leaving it, and the headers that mail programs make a button of."""

    sentence: str
    stop_label: str
    stop_url: str
    choose_label: str
    choose_url: str

    @property
    def headers(self) -> dict[str, str]:
        return {"List-Unsubscribe": f"<{self.stop_url}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}


@dataclass(frozen=True)
class Subscription:
    """What a link is about: whose mail of which kind, in which organization."""

    organization: Organization
    person: Any
    kind: Kind


def links_in(message: Message, organization: Organization) -> Links | None:
    """In the language in force; None for mail that nobody may switch off."""
    kind = KINDS[message.kind]
    if kind.mandatory:
        return None
    token = signing.dumps([organization.pk.hex, UUID(str(message.recipient_id)).hex, kind.name], salt=SALT)
    return _links(token, organization)


def links_for_preview(organization: Organization) -> Links:
    """As they look; the link is nobody's and switches nothing off."""
    return _links("preview", organization)


def _links(token: str, organization: Organization) -> Links:
    links = _links_of_anybody(get_language(), settings.SITE_URL, organization.name, organization.slug)
    return replace(links, stop_url=links.stop_url.replace(SIGNED, token))


@lru_cache(maxsize=500)  # alike in all mails of an organization, but for whose it is
def _links_of_anybody(language: str | None, site_url: str, name: str, slug: str) -> Links:
    return Links(
        sentence=_("You get this mail because you take part in %(name)s.") % {"name": name},
        stop_label=_("Stop these mails"),
        stop_url=urljoin(site_url, reverse("notifications:unsubscribe", args=[SIGNED])),
        choose_label=_("Choose what you get"),
        choose_url=urljoin(site_url, f"/o/{slug}/notifications/settings/"),
    )


def subscription_of(token: str) -> Subscription | None:
    """What the link is about; None when it is not one of ours, or when person, kind or organization are gone."""
    try:
        organization_id, person_id, kind = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        return None
    organization = Organization.objects.filter(pk=organization_id).first()
    person = get_user_model().objects.filter(pk=person_id).first()
    if organization is None or person is None or kind not in KINDS or KINDS[kind].mandatory:
        return None
    return Subscription(organization, person, KINDS[kind])


@without_scope
def is_off(subscription: Subscription) -> bool:
    with scope(subscription.organization.pk):
        return preferences_of(subscription.person).email(subscription.kind.name) == Email.OFF


@without_scope
def unsubscribe(subscription: Subscription) -> str:
    """Switch the kind's mail off and return how it came until now; a second click changes nothing."""
    with scope(subscription.organization.pk):
        return set_email(person=subscription.person, kind=subscription.kind.name, email=Email.OFF)


@without_scope
def subscribe_again(subscription: Subscription, *, email: str) -> None:
    """Undo it: the mail comes as `email` says, or right away when it says nothing that this kind can do."""
    as_before = Email.DIGEST if email == Email.DIGEST and subscription.kind.in_digest else Email.NOW
    with scope(subscription.organization.pk):
        set_email(person=subscription.person, kind=subscription.kind.name, email=as_before)
