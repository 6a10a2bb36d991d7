"""How people like to look at rosters: named views, and columns that are remembered for each person."""

from collections.abc import Sequence
from typing import Any, Literal

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts.models import Membership
from cohorts.errors import CohortError
from cohorts.models import RosterPreference, RosterView
from cohorts.roster_query import COLUMNS, Query
from organizations.prepared import Prepared


def views_for(viewer: Membership) -> QuerySet[RosterView]:
    """One's own, and for staff what other staff share."""
    return _views(viewer.pk, with_shared=viewer.is_staff)


def list_views(viewer: Membership) -> list[RosterView]:
    """The same, read. One query."""
    return (_STAFF_VIEWS if viewer.is_staff else _OWN_VIEWS).rows(viewer=viewer.pk)


def _views(viewer: Any, *, with_shared: bool) -> QuerySet[RosterView]:
    mine = Q(owner=viewer)
    return RosterView.objects.filter(mine | Q(is_shared=True) if with_shared else mine).order_by("name", "pk")


_OWN_VIEWS = Prepared(lambda viewer: _views(viewer, with_shared=False))
_STAFF_VIEWS = Prepared(lambda viewer: _views(viewer, with_shared=True))
_PREFERENCE = Prepared(lambda member: RosterPreference.objects.filter(member=member).select_related("begins_with"))


def preference_of(viewer: Membership) -> RosterPreference:
    """What that person chose, or an unsaved row that says nothing."""
    return _PREFERENCE.first(member=viewer.pk) or RosterPreference(member=viewer)


def save_view(*, owner: Membership, name: str, query: Query, is_shared: bool) -> RosterView:
    """Keep a view under a name; the name once more replaces what was kept. Only staff share."""
    view, _is_new = RosterView.objects.update_or_create(
        owner=owner, name=name, defaults={"query": query.encoded(), "is_shared": is_shared and owner.is_staff}
    )
    return view


def change_view(*, view: RosterView, name: str, is_shared: bool) -> RosterView:
    """Rename, share or keep to oneself. Raises CohortError `view_name_taken`."""
    view.name, view.is_shared = name, is_shared and view.owner.is_staff
    try:
        with transaction.atomic():
            view.save(update_fields=["name", "is_shared"])
    except IntegrityError as error:
        raise CohortError("view_name_taken", _("You have a view of that name. Choose another one.")) from error
    return view


def begin_with(*, member: Membership, view: RosterView | None) -> None:
    """Let rosters begin with that view when the address asks for nothing; None for everyone on it."""
    RosterPreference.objects.update_or_create(member=member, defaults={"begins_with": view})


def remember_columns(*, member: Membership, columns: Sequence[str]) -> None:
    """Show those columns in that order; none of them for the usual ones."""
    kept = [column for column in dict.fromkeys(columns) if column in COLUMNS]
    RosterPreference.objects.update_or_create(member=member, defaults={"columns": kept})


def move_column(columns: Sequence[str], column: str, direction: Literal["up", "down"]) -> list[str]:
    """The columns with that one before or behind its neighbor; the first stays first, the last last."""
    moved = list(columns)
    if column in moved:
        place = moved.index(column)
        neighbor = place + (-1 if direction == "up" else 1)
        if 0 <= neighbor < len(moved):
            moved[place], moved[neighbor] = moved[neighbor], moved[place]
    return moved
