"""The page of one 1-on-1. Several forms stand on it, each with an address of its own; all come back to the page."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.gates import requires
from accounts.middleware import MemberRequest
from accounts.models import Role
from mentoring import actions, notes, ratings, settling
from mentoring import session as domain
from mentoring.errors import MentoringError
from mentoring.forms import ActionForm, AgendaForm, NotesForm, RatingForm
from mentoring.models import OneOnOne
from mentoring.notes import NotesChanged
from mentoring.records import ActionItem
from mentoring.views.one import about, find, home_of
from mentoring.wording import outcome_of

EVERYBODY = (Role.LEARNER, Role.MENTOR, Role.STAFF)
#: The two forms of notes, by the prefix of their fields and the id of their place on the page.
SHARED, PRIVATE = "shared", "private"


@requires(*EVERYBODY)
@require_safe
def session(request: MemberRequest, organization: str, pk: UUID) -> HttpResponse:
    return _page(request, find(request, pk))


@requires(*EVERYBODY)
@require_POST
def settle(request: MemberRequest, organization: str, pk: UUID) -> HttpResponseBase:
    one = find(request, pk)
    outcome, reason = request.POST.get("outcome", ""), request.POST.get("reason", "")
    settling.settle(one_on_one=one, outcome=outcome, reason=reason, by=request.membership, now=timezone.now())
    messages.success(request, _("How the 1-on-1 went is recorded."))
    return redirect(_address(one)) if request.POST.get("back") == "session" else home_of(request, one)


@requires(*EVERYBODY)
@require_POST
def write_agenda(request: MemberRequest, organization: str, pk: UUID) -> HttpResponseBase:
    one, form = find(request, pk), AgendaForm(request.POST, prefix="agenda")
    if form.is_valid():
        try:
            domain.write_agenda(one_on_one=one, by=request.membership, now=timezone.now(), **form.cleaned_data)
        except MentoringError as error:
            form.add_error("agenda", str(error))
        else:
            messages.success(request, _("Your agenda is saved."))
            return redirect(_address(one))
    return _page(request, one, agenda=form)


@requires(*EVERYBODY)
@require_POST
def write_notes(request: MemberRequest, organization: str, pk: UUID) -> HttpResponseBase:
    return _write(request, find(request, pk), SHARED)


@requires(*EVERYBODY)
@require_POST
def write_private(request: MemberRequest, organization: str, pk: UUID) -> HttpResponseBase:
    return _write(request, find(request, pk), PRIVATE)


@requires(*EVERYBODY)
@require_POST
def add_action(request: MemberRequest, organization: str, pk: UUID) -> HttpResponseBase:
    one, form, now = find(request, pk), ActionForm(request.POST, prefix="action"), timezone.now()
    if form.is_valid():
        try:
            actions.add_action(
                one_on_one=one, by=request.membership, now=now, today=timezone.localdate(now), **form.cleaned_data
            )
        except MentoringError as error:
            form.add_error("due_on" if error.code == "date_over" else "text", str(error))
        else:
            messages.success(request, _("The action item is added."))
            return redirect(f"{_address(one)}#actions")
    return _page(request, one, action=form)


@requires(*EVERYBODY)
@require_POST
def tick_action(request: MemberRequest, organization: str, pk: UUID) -> HttpResponseBase:
    rows = ActionItem.objects if request.membership.is_staff else actions.own_actions(request.membership)
    item = get_object_or_404(rows.filter(pk=pk))
    done = request.POST.get("done") == "1"
    actions.tick_action(item=item, done=done, by=request.membership, now=timezone.now())
    messages.success(request, _("Done: “%(text)s”.") % {"text": item.text} if done else _("The action item is open."))
    back = request.POST.get("next", "")
    ours = back.startswith("/") and url_has_allowed_host_and_scheme(back, allowed_hosts=None)
    return HttpResponseRedirect(back if ours else reverse("home:start", args=[organization]))


@requires(*EVERYBODY)
@require_POST
def rate(request: MemberRequest, organization: str, pk: UUID) -> HttpResponseBase:
    """One tap: saved as soon as a number is chosen, with a new page where scripts are off."""
    one, form, saved, now = find(request, pk), RatingForm(request.POST, prefix="rating"), None, timezone.now()
    if form.is_valid():
        try:
            saved = ratings.rate(one_on_one=one, by=request.membership, now=now, **form.cleaned_data)
        except MentoringError as error:
            form.add_error("score", str(error))
    if request.htmx:
        context = {"form": form, "saved": saved, "now": now}
        return render(request, "mentoring/_rating_state.html", context, status=200 if saved else 422)
    if saved is None:
        return _page(request, one, rating=form)
    messages.success(request, _("Your rating is saved. You can change it for 14 days."))
    return redirect(_address(one))


def _write(request: MemberRequest, one: OneOnOne, which: str) -> HttpResponse:
    """Save notes: quietly while somebody types, with a new page where scripts are off."""
    form, changed, saved, now = NotesForm(request.POST, prefix=which), None, None, timezone.now()
    if form.is_valid():
        try:
            saved = _save(one, which, form, request, now)
        except NotesChanged as error:
            changed = error
            form.add_error("text", str(error))
        except MentoringError as error:
            form.add_error("text", str(error))
    if request.htmx:
        context = {**about(request, one), "which": which, "saved": saved, "changed": changed, "form": form}
        return render(request, "mentoring/_notes_state.html", context, status=200 if saved else 422)
    if saved is None:
        return _page(request, one, changed=changed, **{which: form})
    messages.success(request, _("Your notes are saved."))
    return redirect(f"{_address(one)}#{which}")


def _save(one: OneOnOne, which: str, form: NotesForm, request: MemberRequest, now: Any) -> Any:
    writing = {"one_on_one": one, "by": request.membership, "now": now, **form.writing()}
    if which == PRIVATE:
        return notes.save_private_note(**writing)
    return notes.save_shared_notes(**writing, below=form.goes_below)


def _address(one: OneOnOne) -> str:
    return reverse("mentoring:session", args=[one.organization.slug, one.pk])


def _page(
    request: MemberRequest, one: OneOnOne, *, changed: NotesChanged | None = None, **failed: Form
) -> HttpResponse:
    now = timezone.now()
    shown = domain.session_of(one, viewer=request.membership, now=now)
    rating = shown.rating
    forms: dict[str, Form] = {
        "agenda": AgendaForm(initial={"agenda": one.agenda}, prefix="agenda"),
        SHARED: _notes_form(shown.notes, SHARED),
        PRIVATE: _notes_form(shown.private, PRIVATE),
        "action": ActionForm(initial={"doer": ActionItem.Doer.LEARNER}, prefix="action"),
        "rating": RatingForm(
            initial={"score": rating.score, "comment": rating.comment} if rating else None, prefix="rating"
        ),
        **failed,
    }
    context = {
        **about(request, one),
        "session": shown,
        "outcome": outcome_of(one, at=now),
        "forms": forms,
        "failed": next(iter(failed.values()), None),
        "failed_on": next(iter(failed), ""),
        "changed": changed,
        "outcomes": [choice for choice in OneOnOne.Status.choices if choice[0] in settling.OUTCOMES],
        "now": now,
    }
    return render(request, "mentoring/session.html", context, status=422 if failed else 200)


def _notes_form(kept: Any, which: str) -> NotesForm:
    initial = {"text": kept.text, "revision": kept.revision} if kept else {"revision": 0}
    return NotesForm(initial=initial, prefix=which)
