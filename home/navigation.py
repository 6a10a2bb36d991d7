"""Which entries the shells show to whom."""

from collections.abc import Iterator
from functools import cache
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Membership
from design.navigation import Entry


def navigation(request: HttpRequest) -> dict[str, Any]:
    """`navigation` for the viewer's roles, and `search_url`; nothing outside an organization.

    The entries are made when a template draws them: fragments have none.
    """
    membership = getattr(request, "membership", None)
    if membership is None:
        return {"navigation": []}
    search_url = reverse("home:search", args=[request.organization.slug])  # type: ignore[attr-defined]
    return {"navigation": cache(lambda: list(_entries(request, membership))), "search_url": search_url}


def rows_for(membership: Membership) -> list[tuple[str, str, str, str]]:
    """The one list of entries: name of the route, label, icon and group."""
    rows: list[tuple[str, str, str, str]] = []
    if membership.is_learner:
        group = _("Learning") if membership.is_mentor or membership.is_staff else ""
        rows += [
            ("home:learner", _("Home"), "house", group),
            ("cohorts:path", _("Path"), "map-pin", group),
            ("assessments:projects", _("Projects"), "git-branch", group),
            ("mentoring:sessions", _("Sessions"), "calendar-days", group),
        ]
    if membership.is_mentor:
        group = _("Mentoring") if membership.is_staff or membership.is_learner else ""
        rows += [
            ("mentoring:week", _("Your week"), "calendar-days", group),
            ("mentoring:availability", _("Availability"), "clock", group),
        ]
    if membership.is_mentor or membership.is_staff:
        group = _("Program") if membership.is_mentor or membership.is_learner else ""
        if membership.is_staff:
            rows.append(("home:today", _("Today"), "inbox", group))
        rows += [
            ("cohorts:list", _("Cohorts"), "users", group),
            ("cohorts:learners", _("Learners"), "user-search", group),
            ("cohorts:today_gatherings", _("Attendance"), "clipboard-check", group),
            ("assessments:queue", _("To review"), "git-pull-request", group),
            ("curriculum:list", _("Curriculum"), "book-open", group),
            ("outcomes:alumni", _("Alumni"), "graduation-cap", group),
        ]
    if membership.is_staff:
        group = _("Organization")
        rows += [
            ("mentoring:coverage", _("1-on-1s"), "calendar-check", group),
            ("mentoring:mentors", _("Mentors"), "handshake", group),
            ("outcomes:success", _("Success"), "target", group),
            ("outcomes:surveys", _("Surveys"), "clipboard-list", group),
            ("accounts:people", _("People"), "user", group),
            ("home:messages", _("Messages"), "mail", group),
        ]
    if membership.is_admin:
        rows.append(("accounts:settings", _("Settings"), "settings", _("Organization")))
    return rows


def _entries(request: HttpRequest, membership: Membership) -> Iterator[Entry]:
    """The entries with their addresses; the longest address that fits is current."""
    rows = rows_for(membership)
    slug = request.organization.slug  # type: ignore[attr-defined]
    urls = [reverse(name, args=[slug]) for name, *_rest in rows]
    current = max((url for url in urls if request.path.startswith(url)), key=len, default="")
    for (_name, label, icon, group), url in zip(rows, urls, strict=True):
        yield Entry(label=label, url=url, icon=icon, current=url == current, group=group)
