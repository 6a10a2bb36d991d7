"""Doing something for many learners: choose, say what, look, confirm; and undo."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.gates import requires
from accounts.middleware import MemberRequest
from accounts.models import Role
from cohorts import bulk
from cohorts.bulk_forms import FORMS
from cohorts.bulk_undo import may_undo, undo
from cohorts.errors import CohortError
from cohorts.models import BulkAction, BulkItem, Cohort, Enrollment, StaffMessage
from cohorts.roster_query import chosen, read_query
from cohorts.staff_messages import write
from cohorts.views.roster import back_to, rows_seen, today_of

LISTED = 50
PEOPLE_SHOWN = 200


@requires(Role.STAFF)
def bulk_actions(request: MemberRequest, organization: str) -> HttpResponse:
    """What was done for many lately."""
    done = BulkAction.objects.exclude(done_at=None).select_related("by", "undone_by").order_by("-done_at")[:LISTED]
    return render(request, "cohorts/bulk_actions.html", {"actions": done})


@requires(Role.STAFF)
@require_POST
def choose_many(request: MemberRequest, organization: str) -> HttpResponseBase:
    """The learners who are ticked, or everyone who matches what the roster shows; then what to do for them."""
    back = back_to(request)
    kind = request.POST.get("do", "")
    try:
        if kind == BulkAction.Kind.MESSAGE:
            return redirect("cohorts:edit_message", organization, _message_to(request).pk)
        if kind in FORMS:
            action = bulk.choose(kind=kind, enrollments=_chosen(request), by=request.membership, back=back)
            return redirect("cohorts:bulk_action", organization, action.pk)
    except CohortError as error:
        messages.error(request, str(error))
    return redirect(back)


@requires(Role.STAFF)
def bulk_action(request: MemberRequest, organization: str, pk: UUID) -> HttpResponseBase:
    """Before it is done, for whoever chose: the form, then the preview; afterwards, for all staff: what was done."""
    action = get_object_or_404(BulkAction.objects.select_related("by__user", "organization"), pk=pk)
    if action.done_at is not None:
        return _done_page(request, action)
    open_ones = BulkAction.objects.filter(kind__in=FORMS).select_related("by", "organization")
    action = get_object_or_404(open_ones, pk=pk, by=request.membership)
    if "confirm" in request.POST and action.details:
        done = bulk.carry_out(action=action, now=timezone.now())
        messages.success(request, bulk.told_of(done))
        return redirect("cohorts:bulk_action", organization, action.pk)
    form = FORMS[action.kind](
        request.POST if request.method == "POST" else None, today=today_of(request)[0], **_said(action)
    )
    if form.is_valid():
        action.details = form.details()
        action.save(update_fields=["details"])
        return _preview_page(request, action)
    context = {"action": action, "form": form, "number": len(action.chosen)}
    return render(request, "cohorts/bulk_form.html", context, status=422 if form.is_bound else 200)


@requires(Role.STAFF)
@require_POST
def undo_bulk_action(request: MemberRequest, organization: str, pk: UUID) -> HttpResponseBase:
    action = get_object_or_404(BulkAction.objects.exclude(done_at=None).select_related("organization"), pk=pk)
    try:
        undo(action=action, by=request.membership, now=timezone.now())
    except CohortError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Undone, except for those who are named below, if any."))
    return redirect("cohorts:bulk_action", organization, action.pk)


def _cohort(request: MemberRequest) -> Cohort | None:
    """Of whose roster the form was sent; None for the one of all cohorts."""
    slug = request.POST.get("cohort", "")
    if "\x00" in slug:  # which PostgreSQL cannot even look for
        raise Http404
    return get_object_or_404(Cohort, slug=slug) if slug else None


def _message_to(request: MemberRequest) -> StaffMessage:
    """A draft to who is ticked, or to everyone who matches when it goes."""
    if not request.POST.get("all"):
        audience: dict[str, Any] = {"audience": StaffMessage.Audience.CHOSEN, "chosen": _chosen(request)}
    else:
        query = read_query(QueryDict(request.POST.get("query", "")[:1000])).encoded()
        audience = {"audience": StaffMessage.Audience.MATCHING, "query": query[:1000], "within": _cohort(request)}
    return write(**audience, by=request.membership, now=timezone.now())


def _chosen(request: MemberRequest) -> list[UUID]:
    cohort = _cohort(request)
    if request.POST.get("all"):
        found = chosen(rows_seen(request, cohort), read_query(QueryDict(request.POST.get("query", "")[:1000])))
        return list(found.values_list("enrollment", flat=True))
    ticked = {pk for each in request.POST.getlist("pick")[:10_000] if (pk := _id(each))}
    return list(Enrollment.objects.filter(pk__in=ticked).values_list("pk", flat=True))


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _said(action: BulkAction) -> dict[str, Any]:
    return {"initial": action.details} if action.details else {}


def _preview_page(request: MemberRequest, action: BulkAction) -> HttpResponse:
    results = bulk.preview(action=action, now=timezone.now())
    done = [one for one in results if one.is_done]
    left_out = [one for one in results if not one.is_done]
    context = {
        "action": action, "done": done[:PEOPLE_SHOWN], "left_out": left_out, "done_total": len(done),
        "more": max(len(done) - PEOPLE_SHOWN, 0),
    }  # fmt: skip
    return render(request, "cohorts/bulk_preview.html", context)


def _done_page(request: MemberRequest, action: BulkAction) -> HttpResponse:
    items = action.items.select_related("enrollment__learner", "enrollment__cohort").order_by(
        "enrollment__learner__name"
    )
    by_outcome = {outcome: [item for item in items if item.outcome == outcome] for outcome in BulkItem.Outcome.values}
    context = {"action": action, "may_undo": may_undo(action, now=timezone.now()), **by_outcome}
    return render(request, "cohorts/bulk_done.html", context)
