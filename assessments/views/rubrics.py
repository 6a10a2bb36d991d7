"""Where program staff look after the rubrics."""

from uuid import UUID

from django.contrib import messages
from django.db.models import Count, Prefetch
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.gates import requires
from accounts.middleware import MemberRequest
from accounts.models import Role
from assessments import rubric_editing
from assessments.errors import AssessmentError
from assessments.models import Criterion, Review, Rubric, RubricArchival, RubricChoice, Score
from assessments.rubric_forms import AS_ELSEWHERE, BaseCriteria, RubricChoiceForm, RubricForm, criteria_formset
from assessments.rubrics import (
    archived_families,
    choices_in_force,
    default_rubric,
    first_family,
    newest,
    presented_alone,
)
from curriculum.models import Level


@requires(Role.STAFF)
def rubrics(request: MemberRequest, organization: str) -> HttpResponse:
    """Every rubric in its newest version, and what is reviewed with which."""
    put_away, chosen = archived_families(), choices_in_force()
    default = chosen.get(("", None)) or first_family(put_away | presented_alone(chosen))
    default = default or default_rubric().family  # which makes the first
    uses = dict(Review.objects.values_list("rubric__family").annotate(n=Count("pk")).order_by())
    rows = [
        {
            "rubric": rubric,
            "uses": uses.get(rubric.family, 0),
            "places": [_place(*place) for place, family in chosen.items() if family == rubric.family],
        }
        for rubric in _newest_versions()
    ]
    offered = [row["rubric"] for row in rows if row["rubric"].family not in put_away]
    form = RubricChoiceForm(request.POST if request.method == "POST" else None, rubrics=offered, levels=_levels())
    if form.is_valid():
        said = form.cleaned_data
        rubric_editing.choose_rubric(
            rubric=newest(UUID(said["rubric"])) if said["rubric"] != AS_ELSEWHERE else None,
            kind=said["kind"],
            level=int(said["level"]) if said["level"] else None,
            by=request.membership,
            at=timezone.now(),
        )
        messages.success(request, _("Saved. It holds for work that is taken from now on."))
        return redirect("assessments:rubrics", organization)
    context = {
        "rows": [row for row in rows if row["rubric"].family not in put_away],
        "archived": [row for row in rows if row["rubric"].family in put_away],
        "default": default,
        "form": form,
    }
    return render(request, "assessments/rubrics.html", context, status=422 if form.errors else 200)


@requires(Role.STAFF)
def rubric(request: MemberRequest, organization: str, pk: UUID) -> HttpResponse:
    """One version, with the others; archiving is posted here."""
    rubric, error = get_object_or_404(Rubric.objects.select_related("created_by"), pk=pk), None
    if request.method == "POST":
        is_archived = request.POST.get("archive") != "out"
        try:
            rubric_editing.set_archived(
                rubric=rubric, is_archived=is_archived, by=request.membership, at=timezone.now()
            )
        except AssessmentError as refusal:
            error = refusal
        else:
            messages.success(request, _("Archived.") if is_archived else _("It can be chosen again."))
            return redirect("assessments:rubric", organization, pk)
    versions = Rubric.objects.filter(family=rubric.family).select_related("created_by").order_by("-version")
    uses = dict(Review.objects.filter(rubric__in=versions).values_list("rubric").annotate(n=Count("pk")).order_by())
    last = newest(rubric.family)
    archival = RubricArchival.objects.filter(rubric__family=rubric.family).select_related("recorded_by")
    context = {
        "rubric": rubric,
        "criteria": rubric.criteria.order_by("position"),
        "scores": Score.Value.labels,
        "standard": Score.Value(rubric.standard).label,
        "versions": [{"rubric": version, "uses": uses.get(version.pk, 0)} for version in versions],
        "newest": last,
        "archival": archival.order_by("-recorded_at", "-pk").first(),
        "error": error,
    }
    return render(request, "assessments/rubric.html", context, status=422 if error else 200)


@requires(Role.STAFF)
def new_rubric(request: MemberRequest, organization: str) -> HttpResponse:
    data = request.POST if request.method == "POST" else None
    form, criteria = RubricForm(data), criteria_formset(data)
    if form.is_valid() & criteria.is_valid():
        try:
            rubric_editing.create_rubric(
                title=form.cleaned_data["title"],
                standard=form.cleaned_data["standard"],
                criteria=criteria.texts(),
                by=request.membership,
                at=timezone.now(),
            )
        except AssessmentError as error:
            form.add_error("title" if error.code == "title_taken" else None, str(error))
        else:
            messages.success(request, _("The rubric is made. Choose what is reviewed with it."))
            return redirect("assessments:rubrics", organization)
    return _form_page(request, form, criteria, None)


@requires(Role.STAFF)
def change_rubric(request: MemberRequest, organization: str, pk: UUID) -> HttpResponse:
    """The next version, from this one."""
    rubric = get_object_or_404(Rubric, pk=pk)
    data = request.POST if request.method == "POST" else None
    texts = rubric_editing.texts_of(rubric)
    form, criteria = RubricForm(data, rubric=rubric), criteria_formset(data, texts)
    if form.is_valid() & criteria.is_valid():
        try:
            made = rubric_editing.change_rubric(
                rubric=rubric,
                title=form.cleaned_data["title"],
                standard=form.cleaned_data["standard"],
                criteria=criteria.texts(),
                by=request.membership,
                at=timezone.now(),
            )
        except AssessmentError as error:
            form.add_error("title" if error.code == "title_taken" else None, str(error))
        else:
            said = _("Version %(number)s is made. Reviews that began keep theirs.") % {"number": made.version}
            messages.success(request, said)
            return redirect("assessments:rubric", organization, made.pk)
    return _form_page(request, form, criteria, rubric)


def _form_page(request: MemberRequest, form: RubricForm, criteria: BaseCriteria, rubric: Rubric | None) -> HttpResponse:
    context = {"form": form, "criteria": criteria, "rubric": rubric}
    status = 422 if request.method == "POST" else 200
    return render(request, "assessments/rubric_form.html", context, status=status)


def _newest_versions() -> list[Rubric]:
    last = Rubric.objects.order_by("family", "-version").distinct("family").values("pk")
    criteria = Prefetch("criteria", Criterion.objects.order_by("position"))
    return list(Rubric.objects.filter(pk__in=last).prefetch_related(criteria).order_by("title"))


def _levels() -> list[int]:
    return list(Level.objects.order_by("number").values_list("number", flat=True).distinct())


def _place(kind: str, level: int | None) -> str:
    """Where a rubric is chosen, in words."""
    if not kind and level is None:
        return _("everything else")
    labels = dict(RubricChoice._meta.get_field("kind").flatchoices)
    names = [str(labels[kind])] if kind else []
    if level is not None:
        names.append(_("level %(number)s") % {"number": level})
    return ", ".join(names)
