"""One box for everything that the viewer may open."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from accounts.gates import requires
from accounts.middleware import MemberRequest
from accounts.models import Membership
from accounts.search import Query, Source, first_of, sources

SHOWN = 5
PER_PAGE = 25


@requires()
@require_safe
@vary_on_headers("HX-Request")
def search(request: MemberRequest, organization: str) -> HttpResponse:
    """A few of each kind as the viewer types; on the page all of a kind, when one is asked for."""
    query, chosen = Query.of(request.GET.get("q", "")), request.GET.get("kind", "")
    kinds = [source for source in sources() if source.key == chosen] or sources()
    only = len(kinds) == 1
    groups = []
    if query and only:
        groups = [_page(kinds[0], request.membership, query, request.GET.get("page"))]
    elif query:
        groups = [_first(source, request.membership, query) for source in kinds]
    shown = [group for group in groups if group["total"]]
    is_learner_alone = not (request.membership.is_staff or request.membership.is_mentor)
    context = {
        "query": query.text,
        "groups": shown,
        "only": only,
        "total": sum(group["total"] for group in shown),
        "shell": "learner.html" if is_learner_alone else "staff.html",
        "learner_alone": is_learner_alone,
    }
    if request.htmx and not request.htmx.history_restore_request:
        return render(request, "home/_found.html", context)
    return render(request, "home/search.html", context)


def _first(source: Source, viewer: Membership, query: Query) -> dict[str, Any]:
    """A few of the kind, and how many there are."""
    rows, total = first_of(source.rows(viewer, query), SHOWN)
    return {"source": source, "total": total, "hits": list(source.hits(viewer, rows)), "page": None}


def _page(source: Source, viewer: Membership, query: Query, number: str | None) -> dict[str, Any]:
    rows = source.rows(viewer, query)
    page = Paginator(() if rows is None else rows, PER_PAGE).get_page(number)
    return {
        "source": source,
        "total": page.paginator.count,
        "hits": list(source.hits(viewer, list(page))),
        "page": page,
    }
