"""Editing a draft: every change is saved by itself, as one step that can be undone."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Literal
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
from django_htmx.http import reswap

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
from curriculum.editing_forms import AddForm, NodeForm, form_for, rewritten, rows_of
from curriculum.errors import CurriculumError, version_frozen
from curriculum.models import CurriculumVersion, DraftEdit
from curriculum.views.auditing import tallies

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
        messages.success(request, _("%(version)s is a draft, the same as the version before.") % {"version": found})
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
    version = _draft(pk)
    tree = Draft(version)
    found, form = tree.find(node), None
    try:
        if found is None:
            raise steps.missing(version, node)
        values = shown_values(tree, found)
        form = NodeForm(request.POST, node=found, values=values, full="full" in request.POST, draft=tree)
        if not form.is_valid():
            return _refused(request, version, form)
        keep = request.POST.get("keep", "")
        seen = int(keep) if re.fullmatch(r"[0-9]{1,9}", keep) else form.cleaned_data["seen"]
        given: dict[str, Any] = {"version": version, "node": node, "by": request.membership, "at": timezone.now()}
        done = content.change(values=form.said(), seen=seen, **given)
        acted = _act(request, given | {"seen": done.sequence if done else seen})
    except CurriculumError as error:
        return _refused(request, version, form, error)
    if not acted:
        return _done(request, version, done, saved=form)
    return _done(request, version, acted, show=_show_after(request, tree, found))


@requires(Role.STAFF)
@require_POST
def add(request: MemberRequest, organization: str, pk: UUID) -> HttpResponseBase:
    version = _draft(pk)
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
            return _done(request, version, done)
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
    chosen: dict[str, Any] = {"finding": request.POST.get("finding", ""), "fix": request.POST.get("fix", "")}
    return _take(request, pk, lambda **given: fix_finding(**chosen, **given))


def _draft(pk: UUID) -> CurriculumVersion:
    """Raises CurriculumError, which the middleware answers, when the version is published by now."""
    version = get_object_or_404(CurriculumVersion, pk=pk)
    if not version.is_draft:
        raise version_frozen()
    return version


# -- one change --------------------------------------------------------------------------------------------------------


def _act(request: MemberRequest, given: dict[str, Any]) -> DraftEdit | Literal[True] | None:
    """Does what the button says; None for the one that only saves."""
    do = request.POST.get("do", "save")
    if do == "move":
        parent = _uuid(request.POST.get("to"))
        if parent is None:
            raise CurriculumError("not_there", _("Choose where to move it."))
        return shape.move_under(parent=parent, **given) or True
    if do == "renumber":
        return shape.renumber(version=given["version"], level=given["node"], by=given["by"], at=given["at"]) or True
    return ACTIONS[do](**given) or True if do in ACTIONS else None


def _show_after(request: MemberRequest, tree: Draft, node: Node) -> dict[str, UUID]:
    """What to open, and where the focus goes, when the node is not where it was."""
    do = request.POST.get("do")
    if do == "move":
        return {"opened": UUID(request.POST["to"]), "focus": node.pk}
    if do != "delete":
        return {}
    above = next(each for each in tree.within(tree.version) if node in tree.parts(each))
    siblings = [each for each in tree.siblings(node) if each.pk != node.pk]
    before = [each for each in tree.siblings(node) if each.pk < node.pk]
    near = (before or siblings or [above])[-1 if before else 0]
    return {"opened": above.pk, "focus": near.pk}


def _take(request: MemberRequest, pk: UUID, act: Callable[..., DraftEdit]) -> HttpResponseBase:
    """A step of the whole draft: nothing is typed that could be lost."""
    version = get_object_or_404(CurriculumVersion, pk=pk)
    try:
        done = act(version=version, by=request.membership, at=timezone.now())
    except CurriculumError as error:
        if error.code == "version_frozen":
            raise
        return _page(request, version, _answer(request), problem=str(error), status=422)
    return _done(request, version, done)


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
    done: DraftEdit | Literal[True] | None,
    *,
    saved: NodeForm | None = None,
    show: Mapping[str, UUID] | None = None,
) -> HttpResponseBase:
    """After a change: what it changed on the page; without htmx the page anew, where it was."""
    if request.htmx:
        template = "curriculum/edit_changed.html" if saved is None else "curriculum/edit_saved.html"
        return _page(request, version, template, saved=saved, saved_at=timezone.now(), show=show)
    if isinstance(done, DraftEdit):
        messages.success(request, _("Saved: %(step)s") % {"step": done})
    query = {name: request.GET[name] for name in ("open", "full") if _uuid(request.GET.get(name))}
    if show:
        query = {"open": str(show["opened"])}
    page = reverse("curriculum:edit", args=[request.organization.slug, version.pk])
    anchor = query.get("full") or query.get("open")
    return redirect(page + (f"?{urlencode(query)}" if query else "") + (f"#n-{anchor}" if anchor else ""))


def _refused(
    request: MemberRequest, version: CurriculumVersion, form: NodeForm | None, error: CurriculumError | None = None
) -> HttpResponseBase:
    """Nothing is written, and what was typed stays on the page, next to what is stored now."""
    if error is not None and error.code == "version_frozen":
        raise error
    if error is not None and error.code == "not_here":
        raise Http404
    if form is None:  # the node is gone, so there is no place of its own for what was typed
        typed = " · ".join(request.POST[name] for name in ("title", "hours") if request.POST.get(name))
        return _page(request, version, _answer(request), problem=str(error), typed=typed, status=422)
    conflict = error if isinstance(error, NodeChanged) else None
    if error is not None and conflict is None:
        form.add_error(None, str(error))
    template = "curriculum/edit_refused.html" if request.htmx else "curriculum/edit.html"
    page = _page(request, version, template, refused=form, conflict=conflict, status=422)
    return reswap(page, "none")


def _page(
    request: MemberRequest,
    version: CurriculumVersion,
    template: str,
    *,
    show: Mapping[str, UUID] | None = None,
    status: int = 200,
    refused: NodeForm | None = None,
    adding: AddForm | None = None,
    saved: NodeForm | None = None,
    **shown: Any,
) -> HttpResponse:
    opened, full = (_uuid(request.GET.get(name)) for name in ("open", "full"))
    if show:
        opened, full = show["opened"], None
    if refused is not None:  # what was typed is shown, whatever was open
        opened, full = opened or refused.node.pk, refused.node.pk if refused.is_full else full
    version = CurriculumVersion.objects.for_page().get(pk=version.pk)
    desk = desk_of(version, by=request.membership, opened=opened, full=full)
    here = {name: pk for name, pk in (("open", desk.opened), ("full", desk.full)) if pk}
    forms: dict[str, Any] = {"refused": refused, "adding": adding}
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
        "focus": show["focus"] if show else None,
        **tallies(desk.judged),
        **forms,
        **shown,
    }
    if saved is not None:
        around = desk.around(saved.node.pk)
        context |= {"saved": saved, "around": around, "inputs": rewritten(saved, form_for(desk, around[0]))}
    return render(request, template, context, status=status)
