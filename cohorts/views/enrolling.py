"""Learners on the roster: import, status and mentor."""

from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

from accounts.gates import requires
from accounts.middleware import MemberRequest
from accounts.models import Role
from cohorts import history, learner_import, mentors
from cohorts.errors import CohortError
from cohorts.forms import EnrollmentStatusForm, LearnerFileForm, MentorForm
from cohorts.heading import counts_of
from cohorts.learner_import import ImportReport, LearnerRow, Sheet
from cohorts.models import Cohort, Enrollment
from organizations.errors import DomainError

ROWS_SHOWN = 50
ERRORS_SHOWN = 100
SESSION_KEY = "learner_import"
#: What the file may hold, as the page explains it: column, what goes in it, whether every row needs it.
COLUMNS = [
    ("email", _lazy("Their email address; the invitation goes there."), True),
    ("name", _lazy("First and last name."), True),
    ("external_id", _lazy("Your own number for this learner."), False),
    ("mentor_email", _lazy("The address of a mentor of your organization."), False),
    ("seeks_job", _lazy("yes or no: whether they look for a job after the program."), False),
    ("time_zone", _lazy("Such as Europe/Amsterdam; for people who are new here."), False),
    ("language", _lazy("en or nl; for people who are new here."), False),
    ("starts_on", _lazy("Their first day as 2026-09-07, when it is not the cohort's."), False),
]


@requires(Role.STAFF)
def import_learners(request: MemberRequest, organization: str, cohort: str) -> HttpResponseBase:
    """First the file, of which nothing is written; then, with the token of what was shown, the writing."""
    found = get_object_or_404(Cohort.objects.for_list(), slug=cohort)
    if "token" in request.POST:
        return _import_shown(request, found)
    form = LearnerFileForm(request.POST or None, request.FILES or None)
    if form.is_valid():
        try:
            sheet = learner_import.read_csv(form.cleaned_data["file"])
        except CohortError as error:
            form.add_error("file", str(error))
        else:
            return _preview(request, found, sheet)
    return _upload_page(request, found, form)


@requires(Role.STAFF)
def record_status(request: MemberRequest, organization: str, pk: UUID) -> HttpResponseBase:
    enrollment = get_object_or_404(Enrollment.objects.for_page(), pk=pk)
    today = timezone.localdate(timezone=ZoneInfo(enrollment.cohort.time_zone))
    form = EnrollmentStatusForm(request.POST or None, enrollment=enrollment, today=today)
    if form.is_valid():
        said = form.cleaned_data
        other = said.pop("cohort", None)
        try:
            if said["to"] == history.Status.TRANSFERRED:
                said = {"cohort": other, "effective_on": said["effective_on"], "note": said["note"]}
                enrollment = history.transfer(enrollment=enrollment, by=request.membership, **said)
            else:
                history.record_status(enrollment=enrollment, by=request.membership, **said)
        except CohortError as error:
            form.add_error(form.FIELDS.get(error.code), str(error))
        else:
            messages.success(request, _("The history of %(name)s is up to date.") % {"name": enrollment.learner.name})
            return redirect("cohorts:learner", organization, enrollment.pk)
    context = {
        "enrollment": enrollment,
        "form": form,
        "ends": not history.MOVES[enrollment.status] - {history.Status.GRADUATED},
    }
    return render(request, "cohorts/record_status.html", context, status=422 if form.is_bound else 200)


@requires(Role.STAFF)
def assign_mentor(request: MemberRequest, organization: str, pk: UUID) -> HttpResponseBase:
    enrollment = get_object_or_404(Enrollment.objects.for_page(), pk=pk)
    form = MentorForm(request.POST or None, initial={"mentor": enrollment.mentor})
    if form.is_valid():
        try:
            mentors.assign_mentor(
                enrollment=enrollment,
                mentor=form.cleaned_data["mentor"],
                by=request.membership,
                at=timezone.now(),
                goes_over=form.goes_over,
            )
        except DomainError as error:
            form.add_error("mentor", str(error))
            if error.code == "full":
                form.ask_to_go_over()
        else:
            mentor = enrollment.mentor.name if enrollment.mentor else _("nobody")
            words = {"learner": enrollment.learner.name, "mentor": mentor}
            messages.success(request, _("The mentor of %(learner)s is %(mentor)s.") % words)
            return redirect("cohorts:learner", organization, enrollment.pk)
    context = {"enrollment": enrollment, "form": form}
    return render(request, "cohorts/assign_mentor.html", context, status=422 if form.is_bound else 200)


# -- the two steps of an import ----------------------------------------------------------------------------------------


def _preview(request: MemberRequest, cohort: Cohort, sheet: Sheet) -> HttpResponse:
    check = learner_import.check_rows(cohort=cohort, rows=sheet.rows)
    errors = sorted([*sheet.errors, *check.errors])
    context = {
        "cohort": cohort,
        "counts": counts_of(cohort),
        "errors": errors[:ERRORS_SHOWN],
        "errors_total": len(errors),
        "rows": check.new[:ROWS_SHOWN],
        "new": len(check.new),
        "present": len(check.present),
        "answers": _("yes,no,–"),
        "form": LearnerFileForm(),
    }
    if errors or not check.new:
        return render(request, "cohorts/import_preview.html", context, status=422 if errors else 200)
    # On the server, so that what is written is what was shown; the next file replaces it.
    token = get_random_string(22)
    request.session[SESSION_KEY] = {
        "cohort": str(cohort.pk), "token": token, "rows": [row.as_json() for row in check.new]
    }  # fmt: skip
    return render(request, "cohorts/import_preview.html", {**context, "token": token})


def _import_shown(request: MemberRequest, cohort: Cohort) -> HttpResponseBase:
    kept = request.session.get(SESSION_KEY, {})
    if (kept.get("cohort"), kept.get("token")) != (str(cohort.pk), request.POST["token"]):
        problem = _("This preview is no longer current. Nothing was imported; choose the file again.")
        return _upload_page(request, cohort, LearnerFileForm(), problem=problem)
    rows = [LearnerRow.from_json(values) for values in kept["rows"]]
    try:
        report = learner_import.import_learners(cohort=cohort, rows=rows, by=request.membership, at=timezone.now())
    except DomainError as error:
        return _upload_page(request, cohort, LearnerFileForm(), problem=str(error))
    del request.session[SESSION_KEY]
    messages.success(request, _told(report))
    return redirect("cohorts:overview", request.organization.slug, cohort.slug)


def _upload_page(request: MemberRequest, cohort: Cohort, form: LearnerFileForm, *, problem: str = "") -> HttpResponse:
    context = {"cohort": cohort, "counts": counts_of(cohort), "form": form, "problem": problem, "columns": COLUMNS}
    return render(request, "cohorts/import_learners.html", context, status=422 if form.is_bound or problem else 200)


def _told(report: ImportReport) -> str:
    words = ngettext("%(number)s learner enrolled", "%(number)s learners enrolled", report.enrolled)
    parts = [words % {"number": report.enrolled}]
    if report.waiting:
        parts.append(_("%(number)s of them wait for a seat") % {"number": report.waiting})
    if report.invited:
        parts.append(_("%(number)s invited by email") % {"number": report.invited})
    return ", ".join(parts) + "."
