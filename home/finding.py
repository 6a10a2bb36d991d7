"""The pages that search finds, by their names in the reader's language: the navigation, and what stands behind it."""

from collections.abc import Iterator, Sequence

from django.urls import reverse
from django.utils.translation import gettext as now
from django.utils.translation import gettext_lazy as _

from accounts import search
from accounts.models import Membership
from home.navigation import rows_for

Page = tuple[str, str]


def _pages(viewer: Membership, query: search.Query) -> list[Page]:
    """Label and address of those whose name has the words."""
    here = [viewer.organization.slug]
    pages = [(str(label), reverse(name, args=here)) for name, label, *_rest in rows_for(viewer)]
    pages += [(label, reverse(name, args=here)) for name, label in _behind(viewer)]
    pages += [(label, reverse(name)) for name, label in _own()]
    return [(label, url) for label, url in pages if query.matches(label)]


def _behind(viewer: Membership) -> Iterator[tuple[str, str]]:
    """Pages one step behind the navigation."""
    if viewer.is_learner:
        yield "cohorts:tracks", now("Specializations")
        yield "cohorts:own_earlier", now("Results from earlier versions")
    if viewer.is_mentor or viewer.is_staff:
        yield "cohorts:pace", now("Work out the pace")
    if viewer.is_staff:
        yield "cohorts:create", now("New cohort")
        yield "curriculum:import", now("Import a plan")
        yield "mentoring:match", now("Mentors for learners")
        yield "accounts:invite", now("Invite somebody")


def _own() -> list[tuple[str, str]]:
    """Pages about the person, in whichever organization."""
    return [
        ("accounts:profile", now("Your profile")),
        ("mfa_index", now("Sign-in and security")),
        ("account_email", now("Your email address")),
        ("account_change_password", now("Your password")),
        ("calendar:settings", now("Your calendar")),
        ("accounts:organizations", now("Your organizations")),
    ]


def _hits(viewer: Membership, pages: Sequence[Page]) -> Iterator[search.Hit]:
    for label, url in pages:
        yield search.Hit(title=label, url=url)


search.register(search.Source(key="pages", title=_("Pages"), icon="file-text", rows=_pages, hits=_hits, order=60))
