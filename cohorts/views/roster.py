"""The roster of a cohort and of all cohorts: shown, exported, and looked at in one's own way."""

from dataclasses import replace
from datetime import date
from typing import Any, Literal
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import FileResponse, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django.views.decorators.vary import vary_on_headers

from accounts.gates import requires
from accounts.middleware import MemberRequest
from accounts.models import Role
from cohorts import roster_views
from cohorts.errors import CohortError
from cohorts.models import Cohort, RosterRow, RosterView
from cohorts.roster_forms import ViewForm
from cohorts.roster_query import COLUMNS, Query, chosen, facets_of, filters_of, read_query, segments_of
from cohorts.roster_rows import rows_for
from cohorts.roster_table import (
    PAGE_SIZE,
    as_text,
    columns_shown,
    export_rows,
    heading_of,
    lines_of,
    lines_on,
    reasons_for_leaving,
    rows_of,
)
from cohorts.sheets import csv_response, write_xlsx

#: The buttons beside a column that is shown.
DIRECTIONS: tuple[Literal["up", "down"], ...] = ("up", "down")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@requires(Role.STAFF, Role.MENTOR)
@vary_on_headers("HX-Request")  # a page and its fragment share an address; no cache may take one for the other
def learners(request: MemberRequest, organization: str) -> HttpResponse:
    context = roster_context(request, None, rows_seen(request, None))
    is_fragment = request.htmx and not request.htmx.history_restore_request
    template = "cohorts/_roster.html" if is_fragment else "cohorts/learners.html"
    return render(request, template, context | {"is_fragment": is_fragment})


@requires(Role.STAFF)
def roster_csv(request: MemberRequest, organization: str, cohort: str) -> HttpResponseBase:
    return _csv(request, get_object_or_404(Cohort, slug=cohort))


@requires(Role.STAFF)
def roster_xlsx(request: MemberRequest, organization: str, cohort: str) -> HttpResponseBase:
    return _xlsx(request, get_object_or_404(Cohort, slug=cohort))


@requires(Role.STAFF)
def learners_csv(request: MemberRequest, organization: str) -> HttpResponseBase:
    return _csv(request, None)


@requires(Role.STAFF)
def learners_xlsx(request: MemberRequest, organization: str) -> HttpResponseBase:
    return _xlsx(request, None)


@requires(Role.STAFF, Role.MENTOR)
@require_POST
def choose_columns(request: MemberRequest, organization: str) -> HttpResponseBase:
    """Those ticked, in the order in which they stand; a press of ↑ or ↓ moves one and leaves the list open."""
    columns, back = request.POST.getlist("column"), without_columns(back_to(request))
    for direction in DIRECTIONS:
        if moved := request.POST.get(direction):
            columns = roster_views.move_column(columns, moved, direction)
            joint = "&" if "?" in back else "?"
            back = f"{back}{joint}{urlencode({'moved': moved, 'way': direction})}#roster-tools"
    roster_views.remember_columns(member=request.membership, columns=columns)
    return redirect(back)


@requires(Role.STAFF, Role.MENTOR)
def save_view(request: MemberRequest, organization: str) -> HttpResponseBase:
    """The view that was looked at, under a name."""
    back = back_to(request)
    query = read_query(QueryDict(back.partition("?")[2].partition("#")[0].encode()))
    form = ViewForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        shown = columns_shown(query, remembered=roster_views.preference_of(request.membership).columns, across=True)
        view = roster_views.save_view(
            owner=request.membership, query=replace(query, columns=shown), **form.cleaned_data
        )
        messages.success(request, _("The view “%(name)s” is saved.") % {"name": view.name})
        return redirect(back)
    context = {"form": form, "back": back, "shares": request.membership.is_staff}
    return render(request, "cohorts/save_view.html", context, status=422 if form.is_bound else 200)


@requires(Role.STAFF, Role.MENTOR)
def list_views(request: MemberRequest, organization: str) -> HttpResponse:
    views = roster_views.views_for(request.membership).select_related("owner")
    begins_with = roster_views.preference_of(request.membership).begins_with_id
    return render(request, "cohorts/roster_views.html", {"views": views, "begins_with": begins_with})


@requires(Role.STAFF, Role.MENTOR)
def change_view(request: MemberRequest, organization: str, pk: UUID) -> HttpResponseBase:
    """Rename, share, begin with or delete: the first two and the last for its owner."""
    view = get_object_or_404(roster_views.views_for(request.membership).select_related("owner"), pk=pk)
    is_own = view.owner_id == request.membership.pk
    action = request.POST.get("action", "")
    form = ViewForm(
        request.POST if action == "change" else None, initial={"name": view.name, "is_shared": view.is_shared}
    )
    if action in ("begin", "stop"):
        roster_views.begin_with(member=request.membership, view=view if action == "begin" else None)
        return redirect("cohorts:list_views", organization)
    if action == "delete" and is_own:
        view.delete()
        messages.success(request, _("The view “%(name)s” is deleted.") % {"name": view.name})
        return redirect("cohorts:list_views", organization)
    if is_own and form.is_valid():
        try:
            roster_views.change_view(view=view, **form.cleaned_data)
        except CohortError as error:
            form.add_error("name", str(error))
        else:
            return redirect("cohorts:list_views", organization)
    context = {"view": view, "form": form, "is_own": is_own, "shares": request.membership.is_staff}
    return render(request, "cohorts/change_view.html", context, status=422 if request.method == "POST" else 200)


# -- what the pages have in common -------------------------------------------------------------------------------------


def today_of(request: MemberRequest) -> tuple[date, ZoneInfo]:
    """The organization's day, which its rosters share whoever looks."""
    zone = ZoneInfo(request.organization.time_zone)
    return timezone.localdate(timezone=zone), zone


def rows_seen(request: MemberRequest, cohort: Cohort | None) -> QuerySet[RosterRow]:
    """Everyone for staff; for mentors only their own learners."""
    on, zone = today_of(request)
    return rows_for(request.membership, on=on, zone=zone, cohort=cohort)


def roster_context(request: MemberRequest, cohort: Cohort | None, rows: QuerySet[RosterRow]) -> dict[str, Any]:
    """What `cohorts/_roster.html` shows: the page of the roster that was asked for, and what can be asked."""
    on, _zone = today_of(request)
    preference = roster_views.preference_of(request.membership)
    query = _query(request, preference.begins_with)
    across = cohort is None
    columns = columns_shown(query, remembered=preference.columns, across=across)
    facets = facets_of(rows)
    found = chosen(rows, query)
    pages = Paginator(found, PAGE_SIZE)
    if (known := facets.number_of(query)) is not None:
        pages.count = known
    page = pages.get_page(request.GET.get("page"))
    slug = request.organization.slug
    args = [slug] if cohort is None else [slug, cohort.slug]
    export = "learners" if cohort is None else "roster"
    return {
        "cohort": cohort,
        "rows": rows_of(lines_on(page), columns, on=on, slug=slug, can_pick=request.membership.is_staff),
        "page": page,
        "query": query,
        "asked": query.encoded(),
        "facets": facets,
        "filters": filters_of(facets, query, across=across),
        "segments": segments_of(facets),
        "columns": heading_of(query, columns),
        "offered": [(key, COLUMNS[key]) for key in COLUMNS if key not in columns and (across or key != "cohort")],
        "shown": [(key, COLUMNS[key]) for key in columns],
        "keeps_cohort": not across and ("cohort" in preference.columns or not preference.columns),
        "moved": request.GET.get("moved", ""),
        "way": request.GET.get("way", ""),
        "saved": roster_views.list_views(request.membership),
        "csv_url": reverse(f"cohorts:{export}_csv", args=args),
        "xlsx_url": reverse(f"cohorts:{export}_xlsx", args=args),
    }


def back_to(request: MemberRequest) -> str:
    """The roster that a form was sent from; the one of all cohorts when that is not one of ours."""
    back = request.POST.get("back") or request.GET.get("back") or ""
    here = f"/o/{request.organization.slug}/"
    is_ours = back.startswith(here) and url_has_allowed_host_and_scheme(back, allowed_hosts=None)
    return back if is_ours and back.isprintable() else reverse("cohorts:learners", args=[request.organization.slug])


def without_columns(address: str) -> str:
    """The roster as it was asked for, with the columns that the person chose in place of those of the address."""
    path, _mark, asked = address.partition("#")[0].partition("?")
    return path if not asked else f"{path}?{replace(read_query(QueryDict(asked.encode())), columns=()).encoded()}"


def _query(request: MemberRequest, begins_with: RosterView | None) -> Query:
    """What the address asks; an address that asks nothing begins with the view that was chosen for that."""
    if begins_with is not None and not request.GET:
        return read_query(QueryDict(begins_with.query))
    return read_query(request.GET)


def _exported(request: MemberRequest, cohort: Cohort | None) -> tuple[Any, str]:
    query = read_query(request.GET)
    remembered = roster_views.preference_of(request.membership).columns
    columns = columns_shown(query, remembered=remembered, across=cohort is None)
    rows, on = chosen(rows_seen(request, cohort), query), today_of(request)[0]
    left = reasons_for_leaving(rows, on=on) if "status" in columns else {}
    name = cohort.slug if cohort else request.organization.slug
    return export_rows(lines_of(rows), columns, left=left), f"{name}-{on.isoformat()}"


def _csv(request: MemberRequest, cohort: Cohort | None) -> HttpResponseBase:
    rows, name = _exported(request, cohort)
    # The scope ends with the view: what is read later than that would read nothing.
    read = list(rows)
    return csv_response(name, map(as_text, read))


def _xlsx(request: MemberRequest, cohort: Cohort | None) -> HttpResponseBase:
    rows, name = _exported(request, cohort)
    return FileResponse(write_xlsx(rows), as_attachment=True, filename=f"{name}.xlsx", content_type=XLSX)
