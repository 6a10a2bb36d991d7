"""The people that search finds: those who teach and run the program, for staff. Learners are found in their cohorts."""

from collections.abc import Iterator, Sequence

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts import search
from accounts.models import Membership, Role
from accounts.roles import in_order


def _people(viewer: Membership, query: search.Query) -> QuerySet[Membership] | None:
    if not viewer.is_staff:
        return None
    found = Membership.objects.filter(roles__overlap=[Role.MENTOR, Role.STAFF, Role.ADMIN])
    found = found.filter(search.called(query) | query.in_email("user__email"))
    return found.order_by(query.closeness("name"), "name", "pk")


def _hits(viewer: Membership, people: Sequence[Membership]) -> Iterator[search.Hit]:
    words = {role.value: str(role.label) for role in Role}
    for person in people:
        yield search.Hit(
            title=person.name,
            url=reverse("accounts:person", args=[viewer.organization.slug, person.pk]),
            where=", ".join(words[role] for role in in_order(person.roles)),
        )


search.register(
    search.Source(key="people", title=_("Mentors and staff"), icon="handshake", rows=_people, hits=_hits, order=30)
)
