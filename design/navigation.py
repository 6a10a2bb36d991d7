"""What the shells need to know of one navigation entry; who may see which is decided elsewhere."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One line of the side navigation (staff shell) or one tab (learner shell).

    `icon` is a Lucide name. `count` is shown only when above zero. Consecutive entries
    with the same `group` stand under that heading in the staff shell.
    """

    label: str | Promise
    url: str
    icon: str
    current: bool = False
    count: int | None = None
    group: str | Promise = ""
