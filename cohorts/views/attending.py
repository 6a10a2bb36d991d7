"""Attendance: today's gatherings, the sheet on which it is taken, and what it comes to."""

from datetime import timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from accounts.gates import requires
from accounts.middleware import MemberRequest
from accounts.models import Role
from cohorts import attendance as taking
from cohorts.check_in import close_check_in, is_check_in_open, open_check_in
from cohorts.errors import CohortError
from cohorts.gatherings import Days, Occurrence, hosted_by, occurrence_on
from cohorts.models import AttendanceMark, Cohort, Enrollment
from cohorts.presence import export_rows, recent, tallies_of, total_of, weeks_of
from cohorts.sheets import csv_response
from cohorts.views.cohort_pages import day_in, sees_everybody
from cohorts.views.shared import cohort_named, heading

GATHERINGS_SHOWN = 12
WORDS = {
    AttendanceMark.Status.PRESENT: "user-check",
    AttendanceMark.Status.LATE: "clock",
    AttendanceMark.Status.ABSENT: "user-x",
    AttendanceMark.Status.EXCUSED: "calendar-off",
}


@requires(Role.STAFF, Role.MENTOR)
def today(request: MemberRequest, organization: str) -> HttpResponse:
    """What the viewer takes attendance of today, each on the calendar of its cohort."""
    now = timezone.now()
    running = hosted_by(request.membership).filter(cohort__status=Cohort.Status.RUNNING)
    days = Days(running)
    # Around the world there are three days at once.
    around = days.between(*(now.astimezone(ZoneInfo(zone)).date() for zone in ("Etc/GMT+12", "Etc/GMT-14")))
    mine = [one for one in around if one.day == one.gathering.cohort.today(now)]
    marked = {held for held, _pk in taking.latest_marks([one.held for one in mine if one.held])}
    rows = [(one, one.held is not None and one.held.pk in marked) for one in mine]
    return render(request, "cohorts/today_gatherings.html", {"rows": rows, "now": now})


@requires(Role.STAFF, Role.MENTOR)
def attendance(request: MemberRequest, organization: str, cohort: str) -> HttpResponse:
    found, now = cohort_named(cohort), timezone.now()
    people = Enrollment.objects.filter(cohort=found).select_related("learner").order_by("learner__name", "pk")
    if not sees_everybody(request.membership, found):
        people = people.filter(mentor=request.membership)
    by_pk = {one.pk: one for one in people}
    taken = recent(found, list(by_pk), now=now)
    tallies = tallies_of(taken)
    planned = list(hosted_by(request.membership).filter(cohort=found).order_by("starts", "first_day", "pk"))
    day = found.today(now)
    ahead = [one for one in Days(planned).between(day, day + timedelta(days=14)) if one.ends_at > now][
        :GATHERINGS_SHOWN
    ]
    context = {
        **heading(found, "attendance"),
        "total": total_of(taken),
        "not_taken": sum(bool(one.marks) and not one.is_taken for one in taken),
        "weeks": weeks_of(taken),
        "learners": [(by_pk[pk], tallies[pk]) for pk in by_pk if pk in tallies],
        "past": [one for one in reversed(taken) if one.marks][:GATHERINGS_SHOWN],
        "ahead": ahead,
        "planned": planned,
        "mine": {one.pk for one in planned},
        "today": day,
    }
    return render(request, "cohorts/attendance.html", context)


@requires(Role.STAFF)
def attendance_csv(request: MemberRequest, organization: str, cohort: str) -> HttpResponseBase:
    found, now = cohort_named(cohort), timezone.now()
    return csv_response(f"{found.slug}-attendance-{found.today(now).isoformat()}", export_rows(found, now=now))


@requires(Role.STAFF, Role.MENTOR)
def sheet(request: MemberRequest, organization: str, pk: UUID, day: str) -> HttpResponse:
    return _sheet_page(request, _occurrence(request, pk, day))


@requires(Role.STAFF, Role.MENTOR)
@require_POST
def mark(request: MemberRequest, organization: str, pk: UUID, day: str) -> HttpResponseBase:
    """One tap: one learner's mark, or with the empty one nothing any more."""
    occurrence = _occurrence(request, pk, day)
    try:
        asked = UUID(request.POST.get("learner", ""))
    except ValueError:
        return _sheet_page(request, occurrence, problem=_("Choose a learner of this cohort."))
    people = Enrollment.objects.select_related("learner").filter(cohort=occurrence.gathering.cohort_id)
    enrollment = get_object_or_404(people, pk=asked)
    known = taking.latest_marks([occurrence.held], enrollments=[asked]) if occurrence.held else {}
    before = next((one.status for one in known.values()), "")
    try:
        taking.mark(
            occurrence=occurrence, enrollment=enrollment, status=request.POST.get("status", ""), by=request.membership,
            at=timezone.now(),
        )  # fmt: skip
    except CohortError as error:
        if request.htmx:  # the middleware says it beside the sheet
            raise
        return _sheet_page(request, occurrence, problem=str(error))
    if not request.htmx:
        return redirect(f"{_url(occurrence, organization)}#row-{enrollment.pk}")
    occurrence = _occurrence(request, pk, day)
    lines = taking.sheet_of(occurrence)
    context = _sheet_context(occurrence, lines)
    context["line"] = next(line for line in lines if line.enrollment.pk == enrollment.pk)
    context["before"] = before
    return render(request, "cohorts/_sheet_changed.html", context)


@requires(Role.STAFF, Role.MENTOR)
@require_POST
def mark_rest(request: MemberRequest, organization: str, pk: UUID, day: str) -> HttpResponseBase:
    """The same for everybody left, and back."""
    occurrence, now = _occurrence(request, pk, day), timezone.now()
    change = taking.take_back_rest if "undo" in request.POST else taking.mark_rest
    try:
        number = change(occurrence=occurrence, status=request.POST.get("status", ""), by=request.membership, at=now)
    except CohortError as error:
        return _sheet_page(request, occurrence, problem=str(error))
    if "undo" in request.POST:
        said = ngettext("%(number)s mark is taken back.", "%(number)s marks are taken back.", number)
    else:
        said = ngettext("%(number)s learner is marked.", "%(number)s learners are marked.", number)
    messages.success(request, said % {"number": number})
    undo = f"?undo={request.POST['status']}" if number and "undo" not in request.POST else ""
    return redirect(f"{_url(occurrence, organization)}{undo}")


@requires(Role.STAFF, Role.MENTOR)
@require_POST
def show_code(request: MemberRequest, organization: str, pk: UUID, day: str) -> HttpResponseBase:
    """A new code for those who are there to check in with, or none any more."""
    occurrence = _occurrence(request, pk, day)
    try:
        if "close" in request.POST:
            close_check_in(occurrence=occurrence)
        else:
            open_check_in(occurrence=occurrence, by=request.membership, at=timezone.now())
    except CohortError as error:
        return _sheet_page(request, occurrence, problem=str(error))
    return redirect(_url(occurrence, organization))


def _occurrence(request: MemberRequest, pk: UUID, day: str) -> Occurrence:
    gathering = get_object_or_404(hosted_by(request.membership), pk=pk)
    found = occurrence_on(gathering, day_in(day))
    if found is None:
        raise Http404
    return found


def _url(occurrence: Occurrence, organization: str) -> str:
    return reverse("cohorts:sheet", args=[organization, occurrence.gathering.pk, occurrence.day.isoformat()])


def _sheet_context(occurrence: Occurrence, lines: list[taking.Line]) -> dict[str, object]:
    now = timezone.now()
    counts = taking.counts_of(lines)
    return {
        "occurrence": occurrence,
        "lines": lines,
        "counts": [(value, label, WORDS[value], counts[value]) for value, label in _statuses()],
        "unmarked": counts[""],
        "statuses": [(value, label, WORDS[value]) for value, label in _statuses()],
        "is_open": occurrence.day <= occurrence.gathering.cohort.today(now) and not occurrence.is_cancelled,
        "shows_code": is_check_in_open(occurrence, now),
        "is_today": occurrence.day == occurrence.gathering.cohort.today(now),
        "zone": occurrence.gathering.cohort.zone,
    }


def _statuses() -> list[tuple[AttendanceMark.Status, str]]:
    return [(value, str(value.label)) for value in AttendanceMark.Status]


def _sheet_page(request: MemberRequest, occurrence: Occurrence, *, problem: str = "") -> HttpResponse:
    undo = request.GET.get("undo", "")
    context = {
        **_sheet_context(occurrence, taking.sheet_of(occurrence)),
        "problem": problem,
        "undo": undo if undo in AttendanceMark.Status.values else "",
    }
    return render(request, "cohorts/sheet.html", context, status=422 if problem else 200)
