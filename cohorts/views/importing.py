"""Learners from a file: choose it, say what its columns are, look at the difference, import; and take that back."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect

from accounts.gates import requires
from accounts.middleware import MemberRequest
from accounts.models import Role
from cohorts import import_undo, import_work, learner_import
from cohorts.errors import CohortError
from cohorts.heading import counts_of
from cohorts.history import free_seats
from cohorts.import_columns import FIELDS, is_history, shown
from cohorts.import_forms import ColumnsForm, LearnerFileForm
from cohorts.import_history import MOST_CHANGES
from cohorts.import_plan import Change, Does, Plan, Step
from cohorts.import_table import MOST_ROWS
from cohorts.learner_import import ImportChanged, ImportReport
from cohorts.models import Cohort, Enrollment, EnrollmentEvent, ImportFile, LearnerImport
from cohorts.sheets import csv_response
from cohorts.views.shared import cohort_named
from organizations.errors import DomainError

PER_PAGE = 50
#: Asks for the rows of which a part is left out.
NOTED = "noted"
#: In the address of who waits for the worker and looks whether it is done.
WAITED = "waited"
TONES = {Does.NEW: "ok", Does.CHANGED: "info", Does.REFUSED: "bad"}
ICONS = {
    Does.NEW: "user-plus", Does.CHANGED: "pencil", Does.REFUSED: "circle-alert", Does.UNCHANGED: "circle-check",
    Does.ABSENT: "circle-dashed",
}  # fmt: skip


@requires(Role.STAFF)
def choose_file(request: MemberRequest, organization: str, cohort: str) -> HttpResponseBase:
    found = cohort_named(cohort)
    form = LearnerFileForm(request.POST or None, request.FILES or None)
    if form.is_valid():
        try:
            file = learner_import.keep_file(
                cohort=found, name=form.file_name, data=form.cleaned_data["file"], by=request.membership,
                at=timezone.now(),
            )  # fmt: skip
        except CohortError as error:
            form.add_error("file", str(error))
        else:
            return redirect("cohorts:import_file", organization, cohort, file.pk)
    context = _heading(found) | {"form": form, "fields": FIELDS.values(), "most": MOST_ROWS, "changes": MOST_CHANGES}
    return render(request, "cohorts/import_learners.html", context, status=422 if form.is_bound else 200)


@requires(Role.STAFF)
def show_file(request: MemberRequest, organization: str, cohort: str, pk: UUID) -> HttpResponseBase:
    """The difference, once the columns are known; else, or when asked for, the columns. While a worker is at it: that.
    Later what became of it.
    """
    done = LearnerImport.objects.filter(pk=pk, cohort__slug=cohort).first()
    if done is not None:
        return _lead_to_done(request, done)
    file = _file(request, cohort, pk)
    if file.work:
        return _progress_page(request, file)
    if request.htmx and WAITED in request.GET:
        return HttpResponseClientRedirect(request.path)
    plan = learner_import.plan_of(file)
    if plan is not None and request.method != "POST" and "columns" not in request.GET:
        return _plan_page(request, file, plan, problem=file.problem)
    columns = shown(learner_import.table_of(file), file.columns)
    form = ColumnsForm(request.POST if request.method == "POST" else None, columns=columns)
    if form.is_valid():
        try:
            learner_import.read_columns(file=file, columns=form.chosen(), by=request.membership, at=timezone.now())
        except CohortError as error:
            form.add_error(None, str(error))
        else:
            return redirect("cohorts:import_file", organization, cohort, pk)
    context = _heading(file.cohort) | {"file": file, "form": form, "fields": FIELDS.values(), "problem": file.problem}
    return render(request, "cohorts/import_columns.html", context, status=422 if form.is_bound else 200)


@requires(Role.STAFF)
@require_POST
def apply(request: MemberRequest, organization: str, cohort: str, pk: UUID) -> HttpResponseBase:
    file = _file(request, cohort, pk)
    try:
        report = learner_import.start_import(
            file=file, digest=request.POST.get("digest", ""), by=request.membership, at=timezone.now()
        )
    except ImportChanged as error:
        return _plan_page(request, file, learner_import.plan_of(file) or Plan(()), problem=str(error))
    except DomainError as error:
        return _plan_page(request, file, learner_import.plan_of(file) or Plan(()), problem=str(error))
    if report is None:
        return redirect("cohorts:import_file", organization, cohort, pk)
    messages.success(request, _told(report))
    return redirect("cohorts:imports", organization, cohort)


@requires(Role.STAFF)
@require_safe
def errors_csv(request: MemberRequest, organization: str, cohort: str, pk: UUID) -> HttpResponseBase:
    """The refused rows as they were, each with its number and what to mend."""
    file = _file(request, cohort, pk)
    plan = learner_import.plan_of(file)
    if plan is None:
        raise Http404
    return csv_response(f"{file.cohort.slug}-errors", _refused_rows(file, plan))


@requires(Role.STAFF)
@require_safe
def list_imports(request: MemberRequest, organization: str, cohort: str) -> HttpResponse:
    found = cohort_named(cohort)
    page = Paginator(LearnerImport.objects.for_list(found), PER_PAGE).get_page(request.GET.get("page"))
    at_work = ImportFile.objects.filter(cohort=found).exclude(work="").order_by("asked_at", "pk")
    return render(request, "cohorts/imports.html", _heading(found) | {"page": page, "at_work": at_work})


@requires(Role.STAFF)
def undo(request: MemberRequest, organization: str, cohort: str, pk: UUID) -> HttpResponseBase:
    """What the import did, and what taking it back would do and leave; then, when it is agreed to, that."""
    found = cohort_named(cohort)
    done = get_object_or_404(LearnerImport.objects.select_related("recorded_by"), pk=pk, cohort=found, undoes=None)
    problem, undoings, undone = "", [], done.undone_by.select_related("recorded_by").first()
    try:
        if request.method != "POST" and undone is not None:
            rows = undone.rows.select_related("enrollment__learner__user").order_by("number", "pk")
            undoings = [import_undo.Undoing(row=row, reason=row.note) for row in rows]
        elif request.method == "POST":
            taken_back = import_undo.undo_import(done=done, by=request.membership, at=timezone.now())
            messages.success(request, _taken_back(taken_back))
            return redirect("cohorts:imports", organization, cohort)
        else:
            undoings = import_undo.plan_undo(done=done)
    except CohortError as error:
        problem = str(error)
    left = [undoing for undoing in undoings if undoing.reason]
    page = Paginator([*left, *(one for one in undoings if not one.reason)], PER_PAGE).get_page(request.GET.get("page"))
    context = _heading(found) | {"done": done, "page": page, "left": len(left), "problem": problem}
    context |= {"back": len(undoings) - len(left), "undone": undone}
    return render(request, "cohorts/undo_import.html", context, status=422 if problem else 200)


# -- what the pages show -----------------------------------------------------------------------------------------------


def _file(request: MemberRequest, cohort: str, pk: UUID) -> ImportFile:
    found = cohort_named(cohort)
    file = get_object_or_404(ImportFile.objects.select_related("uploaded_by"), pk=pk, cohort=found)
    file.cohort = found
    return file


def _progress_page(request: MemberRequest, file: ImportFile) -> HttpResponse:
    """What is being done with the file; who waits and looks again hears of nothing new, and the page stays as it is."""
    import_work.ask_again(file, at=timezone.now())
    if request.htmx:
        return HttpResponse(status=204)
    rows = len(learner_import.table_of(file).rows)
    return render(request, "cohorts/import_progress.html", _heading(file.cohort) | {"file": file, "rows": rows})


def _lead_to_done(request: MemberRequest, done: LearnerImport) -> HttpResponseBase:
    """To what the import did; who waited for it reads that it is done, in the list of imports."""
    if WAITED not in request.GET:
        return redirect("cohorts:undo_import", request.organization.slug, done.cohort.slug, done.pk)
    rows = done.rows.count()
    words = ngettext("%(number)s row of %(file)s is imported.", "%(number)s rows of %(file)s are imported.", rows)
    messages.success(request, words % {"number": rows, "file": done.file_name})
    there = reverse("cohorts:imports", args=[request.organization.slug, done.cohort.slug])
    return HttpResponseClientRedirect(there) if request.htmx else redirect(there)


def _heading(cohort: Cohort) -> dict[str, Any]:
    return {"cohort": cohort, "counts": counts_of(cohort)}


def _plan_page(request: MemberRequest, file: ImportFile, plan: Plan, *, problem: str = "") -> HttpResponse:
    chosen = request.GET.get("show", "")
    noted = [step for step in plan.steps if step.note]
    steps = [step for step in plan.steps if step.does == chosen or (chosen not in Does and step.does != Does.ABSENT)]
    page = Paginator(noted if chosen == NOTED else steps, PER_PAGE).get_page(request.GET.get("page"))
    free = max(free_seats(file.cohort, at=timezone.now()), 0)
    context = _heading(file.cohort) | {
        "file": file,
        "plan": plan,
        "page": page,
        "rows": [_row(step) for step in page],
        "segments": [(does, does.label, plan.count(does)) for does in Does if plan.count(does)],
        "chosen": chosen if chosen in (*Does, NOTED) else "",
        "noted": len(noted),
        "refused": plan.count(Does.REFUSED),
        "absent": plan.count(Does.ABSENT),
        "total": len(plan.steps) - plan.count(Does.ABSENT),
        "waiting": 0 if is_history(file.columns) else max(plan.count(Does.NEW) - free, 0),
        "problem": problem,
        "is_history": is_history(file.columns),
    }
    status = 422 if problem and request.method == "POST" else 200
    return render(request, "cohorts/import_preview.html", context, status=status)


def _row(step: Step) -> dict[str, Any]:
    does = Does(step.does)
    return {
        "step": step,
        "label": does.label,
        "tone": TONES.get(does, ""),
        "icon": ICONS[does],
        "changes": [_words(change) for change in step.changes],
        "errors": [(FIELDS[column].label if column in FIELDS else "", message) for column, message in step.errors],
    }


def _words(change: Change) -> dict[str, Any]:
    """A change in the reader's words."""
    before, after = change.before, change.after
    if change.field == "seeks_job":
        said = {"yes": _("yes"), "no": _("no"), "": ""}
        before, after = said[before], said[after]
    elif change.field == "status":
        before, after = "", _("%(status)s since %(date)s") % {
            "status": Enrollment.Status(after).label, "date": change.before
        }  # fmt: skip
    elif change.field == "reason":
        after = str(dict(EnrollmentEvent.Reason.choices).get(after, after))
    return {"label": FIELDS[change.field].label, "before": before, "after": after}


def _refused_rows(file: ImportFile, plan: Plan) -> Iterator[list[str]]:
    table = learner_import.table_of(file)
    cells = dict(table.rows)
    width = len(table.header)
    yield [*table.header, _("Row"), _("Error")]
    for step in plan.steps:
        if step.errors:
            said = [
                f"{FIELDS[column].label}: {message}" if column in FIELDS else message
                for column, message in step.errors
            ]  # fmt: skip
            row = (cells.get(step.number, []) + [""] * width)[:width]
            yield [*row, str(step.number), " ".join(said)]


def _told(report: ImportReport) -> str:
    if report.done is None:
        return _("Everything in the file was there already. Nothing changed.")
    parts = []
    if report.enrolled:
        words = ngettext("%(number)s learner enrolled", "%(number)s learners enrolled", report.enrolled)
        parts.append(words % {"number": report.enrolled})
    if report.waiting:
        parts.append(_("%(number)s of them wait for a seat") % {"number": report.waiting})
    if report.changed:
        parts.append(
            ngettext("%(number)s learner changed", "%(number)s learners changed", report.changed)
            % {"number": report.changed}
        )
    if report.recorded:
        parts.append(
            ngettext("%(number)s status recorded", "%(number)s statuses recorded", report.recorded)
            % {"number": report.recorded}
        )
    if report.invited:
        parts.append(_("%(number)s invited by email") % {"number": report.invited})
    return ", ".join(parts) + "."


def _taken_back(undone: LearnerImport) -> str:
    kinds = list(undone.rows.values_list("kind", flat=True))
    words = ngettext("%(number)s row taken back.", "%(number)s rows taken back.", kinds.count("taken_back"))
    said = words % {"number": kinds.count("taken_back")}
    if left := kinds.count("left"):
        said += " " + _("%(number)s left as they are.") % {"number": left}
    return said
