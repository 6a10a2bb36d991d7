"""What staff find about mentoring on a person's page."""

from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts import links
from accounts.models import Membership


def _links(person: Membership, viewer: Membership) -> Iterator[links.Link]:
    if not viewer.is_staff:
        return
    here = [viewer.organization.slug, person.pk]
    if person.is_mentor:
        yield links.Link(_("What they take on as a mentor"), reverse("mentoring:expertise", args=here))
    if person.is_mentor or not person.is_learner:
        yield links.Link(_("Hand over their learners and 1-on-1s"), reverse("mentoring:hand_over", args=here))


links.register(_links)
