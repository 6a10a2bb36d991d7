"""Places for apps above: what staff can do about a person elsewhere, linked from the person's page."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from accounts.models import Membership


class Link(NamedTuple):
    """Words and an address."""

    label: str
    url: str


#: Given the person and who looks at their page. No query.
Source = Callable[[Membership, Membership], Iterable[Link]]
_sources: list[Source] = []


def register(source: Source) -> None:
    """Add links to every person's page, once, when the app is ready."""
    _sources.append(source)


def links_for(person: Membership, *, viewer: Membership) -> list[Link]:
    return [link for source in _sources for link in source(person, viewer)]
