"""Editing a draft: every change is saved by itself, as one step that can be undone."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django.views.decorators.vary import vary_on_headers

from accounts.gates import requires
from accounts.middleware import MemberRequest
from accounts.models import Role
from curriculum import drafting
from curriculum.editing import content, shape, sharing, steps
from curriculum.editing.desk import desk_of, shown_values
from curriculum.editing.draft import Draft, Node
from curriculum.editing.fixing import fix_finding
from curriculum.editing.shape import Part
from curriculum.editing.steps import NodeChanged
from curriculum.editing_forms import AddForm, NodeForm, form_for, rows_of
from curriculum.errors import CurriculumError
from curriculum.models import CurriculumVersion, DraftEdit

#: What a button of a node does beside saving it.
ACTIONS: dict[str, Callable[..., DraftEdit | None]] = {
    "up": lambda **given: shape.move(direction="up", **given),
    "down": lambda **given: shape.move(direction="down", **given),
    "delete": shape.delete,
    "evenly": lambda **given: sharing.split_hours(share="evenly", **given),
    "in_proportion": lambda **given: sharing.split_hours(share="in_proportion", **given),
}


@requires(Role.STAFF)
@require_POST
def draft(request: MemberRequest, organization: str, pk: UUID) -> HttpResponseBase:
    version = get_object_or_404(CurriculumVersion, pk=pk)
    found, is_new = drafting.next_draft(version=version, by=request.membership, at=timezone.now())
    if is_new:
        messages.success(request, _("%(version)s is a draft now, the same as before. Change it here.") % {"version": found})
    elif found.pk != version.pk:
        messages.info(request, _("%(version)s is being edited already: here it is.") % {"version": found})
    return redirect("curriculum:edit", organization, found.pk)


@requires(Role.STAFF)
def discard(request: MemberRequest, organization: str, pk: UUID) -> HttpResponseBase:
    """Asks first: with a draft go its edits, and nothing can bring them back."""
    version, problem = get_object_or_404(CurriculumVersion.objects.for_page(), pk=pk), ""
    if request.method == "POST":
        try:
            drafting.discard(version=version)
        except CurriculumError as error:
            problem = str(error)
        else:
            messages.success(request, _("%(version)s is discarded.") % {"version": version})
            return redirect("curriculum:list", organization)
    context = {"version": version, "problem": problem, "edits": version.edits.count()}
    return render(request, "curriculum/discard.html", context, status=422 if problem else 200)


@requires(Role.STAFF)
@vary_on_headers("HX-Request")
def edit(request: MemberRequest, organization: str, pk: UUID) -> HttpResponseBase:
    version = get_object_or_404(CurriculumVersion.objects.for_page(), pk=pk)
    if not version.is_draft:
        messages.info(request, _("This version is published and never changes. “Edit” makes the next one."))
        return redirect("curriculum:version", organization, pk)
    is_fragment = request.htmx and not request.htmx.history_restore_request
    return _page(request, version, "curriculum/edit_changed.html" if is_fragment else "curriculum/edit.html")


@requires(Role.STAFF)
@require_POST
def change_node(request: MemberRequest, organization: str, pk: UUID, node: UUID) -> HttpResponseBase:
    """Saves what was typed in the node, and then does what its button says."""
    version = get_object_or_404(CurriculumVersion, pk=pk)
    tree = Draft(version)
    found, form = tree.find(node), None
    try:
        if found is None:
            steps.explain_missing(version, node)
            raise Http404
        form = _form_of(tree, found, request)
        if not form.is_valid():
            return _refused(request, version, form)
        given = {"version": version, "node": node, "by": request.membership, "at": timezone.now()}
        seen = int(request.POST["keep"]) if request.POST.get("keep", "").isdecimal() else form.cleaned_data["seen"]
        done = content.change(values=form.said(), seen=seen, **given)
        acted = _act(request, given | {"seen": done.sequence if done else seen})
    except CurriculumError as error:
        return _refused(request, version, form, error)
    above = next((each for each in tree.within(tree.version) if found in tree.parts(each)), None)
    return _done(request, version, done, is_shape=acted, gone_to=above if request.POST.get("do") == "delete" else None)


@requires(Role.STAFF)
@require_POST
def add(request: MemberRequest, organization: str, pk: UUID) -> HttpResponseBase:
    version = get_object_or_404(CurriculumVersion, pk=pk)
    tree = Draft(version)
    parent = tree.find(_uuid(request.POST.get("parent")) or pk)
    if parent is None:
        raise Http404
    form = AddForm(request.POST, parent=parent, parts=shape.may_hold(tree, parent))
    if form.is_valid():
        part = Part(form.cleaned_data["part"])
        texts = {"title": form.cleaned_data["title"], "hours": form.cleaned_data["hours"]}
        given: dict[str, Any] = {"version": version, "by": request.membership, "at": timezone.now()}
        try:
            _new, done = shape.add(parent=parent.pk, part=part, **texts, **given)
        except CurriculumError as error:
            if error.code == "version_frozen":
                raise
            form.add_error("title", str(error))
        else:
            return _done(request, version, done, is_shape=True)
    return _page(request, version, _answer(request), adding=form, status=422)


@requires(Role.STAFF)
@require_POST
def undo(request: MemberRequest, organization: str, pk: UUID) -> HttpResponseBase:
    return _take(request, pk, steps.undo)


@requires(Role.STAFF)
@require_POST
def redo(request: MemberRequest, organization: str, pk: UUID) -> HttpResponseBase:
    return _take(request, pk, steps.redo)


@requires(Role.STAFF)
@require_POST
def fix(request: MemberRequest, organization: str, pk: UUID) -> HttpResponseBase:
    chosen = {"finding": request.POST.get("finding", ""), "fix": request.POST.get("fix", "")}
    return _take(request, pk, lambda **given: fix_finding(**chosen, **given))


# -- one change --------------------------------------------------------------------------------------------------------


def _form_of(tree: Draft, node: Node, request: MemberRequest) -> NodeForm:
    return NodeForm(request.POST, node=node, values=shown_values(tree, node), full="full" in request.POST)


def _act(request: MemberRequest, given: dict[str, Any]) -> bool:
    """Does what the button says; whether the tree looks different for it."""
    do = request.POST.get("do", "save")
    if do == "move":
        parent = _uuid(request.POST.get("to"))
        if parent is None:
            raise CurriculumError("not_there", _("Choose where to move it."))
        shape.move_under(parent=parent, **given)
    elif do == "renumber":
        shape.renumber(version=given["version"], level=given["node"], by=given["by"], at=given["at"])
    elif do in ACTIONS:
        ACTIONS[do](**given)
    else:
        return False
    return True


def _take(request: MemberRequest, pk: UUID, act: Callable[..., DraftEdit]) -> HttpResponseBase:
    """A step of the whole draft: nothing is typed that could be lost."""
    version = get_object_or_404(CurriculumVersion, pk=pk)
    try:
        done = act(version=version, by=request.membership, at=timezone.now())
    except CurriculumError as error:
        if error.code == "version_frozen":
            raise
        return _page(request, version, _answer(request), problem=str(error), status=422)
    return _done(request, version, done, is_shape=True)


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text or "")
    except ValueError:
        return None


# -- the answers -------------------------------------------------------------------------------------------------------


def _answer(request: MemberRequest) -> str:
    return "curriculum/edit_changed.html" if request.htmx else "curriculum/edit.html"


def _done(
    request: MemberRequest,
    version: CurriculumVersion,
    done: DraftEdit | None,
    *,
    is_shape: bool,
    saved: NodeForm | None = None,
    gone_to: Node | None = None,
) -> HttpResponseBase:
    """After a change: what it changed on the page; without htmx the page anew, where it was."""
    if request.htmx:
        if saved is not None and not is_shape:
            return _page(request, version, "curriculum/edit_saved.html", saved=saved, saved_at=timezone.now())
        return _page(request, version, "curriculum/edit_changed.html", saved_at=timezone.now(), gone_to=gone_to)
    if done is not None:
        messages.success(request, _("Saved: %(step)s") % {"step": done})
    query = {name: request.GET[name] for name in ("open", "full") if _uuid(request.GET.get(name))}
    if gone_to is not None:
        query = {"open": str(gone_to.pk)}
    page = reverse("curriculum:edit", args=[request.organization.slug, version.pk])
    anchor = query.get("full") or query.get("open")
    return redirect(page + (f"?{urlencode(query)}" if query else "") + (f"#n-{anchor}" if anchor else ""))


def _refused(
    request: MemberRequest, version: CurriculumVersion, form: NodeForm | None, error: CurriculumError | None = None
) -> HttpResponseBase:
    """Nothing is written, and what was typed stays on the page, next to what is stored now."""
    if error is not None and error.code == "version_frozen":
        raise error
    if form is None:  # the node is gone, so there is no place of its own for what was typed
        typed = " · ".join(request.POST[name] for name in ("title", "hours") if request.POST.get(name))
        return _page(request, version, _answer(request), problem=str(error), typed=typed, status=422)
    conflict = error if isinstance(error, NodeChanged) else None
    if error is not None and conflict is None:
        form.add_error(None, str(error))
    template = "curriculum/edit_refused.html" if request.htmx else "curriculum/edit.html"
    return _page(request, version, template, refused=form, conflict=conflict, status=422)


def _page(
    request: MemberRequest,
    version: CurriculumVersion,
    template: str,
    *,
    gone_to: Node | None = None,
    status: int = 200,
    refused: NodeForm | None = None,
    adding: AddForm | None = None,
    **shown: Any,
) -> HttpResponse:
    opened, full = (_uuid(request.GET.get(name)) for name in ("open", "full"))
    if gone_to is not None:
        opened, full = gone_to.pk, None
    version = CurriculumVersion.objects.for_page().get(pk=version.pk)
    desk = desk_of(version, by=request.membership, opened=opened, full=full)
    here = {name: pk for name, pk in (("open", desk.opened), ("full", desk.full)) if pk}
    forms = {"refused": refused, "adding": adding}
    context = {
        "desk": desk,
        "version": version,
        "edit_url": reverse("curriculum:edit", args=[request.organization.slug, version.pk]),
        "here": f"?{urlencode(here)}" if here else "",
        "whole": rows_of(desk, [desk.whole], **forms)[0],
        "levels": rows_of(desk, desk.levels, **forms),
        "last": rows_of(desk, desk.final_capstones, **forms),
        "methods": rows_of(desk, desk.methods, **forms),
        "highest": max((level.number for level in desk.plan.levels), default=1),
        **tallies(desk.judged),
        **forms,
        **shown,
    }
    return render(request, template, context, status=status)
