"""The history of one learner in one list, and what staff and mentors write down."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from accounts.gates import requires
from accounts.middleware import MemberRequest
from accounts.models import Role
from cohorts import learner_notes
from cohorts.chronicle import PAGE_SIZE, chronicle_of
from cohorts.errors import CohortError
from cohorts.models import Enrollment, LearnerNote
from cohorts.note_forms import NoteForm
from design.templatetags.design import zone_name

LAST_PAGE = 100
#: On the learner's page, which asks for them when it is open.
LATEST_SHOWN = 12


@requires(Role.STAFF, Role.MENTOR)
@require_safe
@vary_on_headers("HX-Request")  # a page and its fragment share an address; no cache may take one for the other
def timeline(request: MemberRequest, organization: str, pk: UUID) -> HttpResponse:
    """Everything that happened, all kinds or the one asked for; a page that is not there is the first."""
    enrollment = get_object_or_404(Enrollment.objects.for_page().visible_to(request.membership), pk=pk)
    is_fragment = bool(request.htmx) and not request.htmx.history_restore_request
    chronicle = chronicle_of(
        enrollment,
        viewer=request.membership,
        at=timezone.now(),
        kinds=[request.GET.get("kind", "")],
        page=_page(request.GET.get("page", "")),
        size=LATEST_SHOWN if is_fragment else PAGE_SIZE,
    )
    zone = zone_name(timezone.get_current_timezone_name())
    context = {"enrollment": enrollment, "chronicle": chronicle, "zone": zone}
    return render(request, "cohorts/_chronicle.html" if is_fragment else "cohorts/timeline.html", context)


@requires(Role.STAFF, Role.MENTOR)
@require_POST
def write_note(request: MemberRequest, organization: str, pk: UUID) -> HttpResponseBase:
    enrollment = get_object_or_404(Enrollment.objects.for_page().visible_to(request.membership), pk=pk)
    _refuse_about_oneself(request, enrollment)
    form = NoteForm(request.POST, author=request.membership)
    if form.is_valid():
        try:
            learner_notes.write_note(enrollment=enrollment, by=request.membership, **form.cleaned_data)
        except CohortError as error:
            form.add_error("text", str(error))
        else:
            messages.success(request, _("The note is kept."))
            return redirect("cohorts:learner", organization, enrollment.pk)
    return render(request, "cohorts/note.html", {"enrollment": enrollment, "form": form}, status=422)


@requires(Role.STAFF, Role.MENTOR)
def change_note(request: MemberRequest, organization: str, pk: UUID) -> HttpResponseBase:
    """One's own note, as it stood when the page was opened; `take_away` shows it nowhere any more."""
    note = get_object_or_404(
        LearnerNote.objects.select_related("enrollment__cohort", "enrollment__learner").exclude(text=""),
        pk=pk,
        recorded_by=request.membership,
    )
    form = NoteForm(request.POST if request.method == "POST" else None, author=request.membership, note=note)
    take_away = "take_away" in request.POST
    if take_away or form.is_valid():
        try:
            if take_away:
                learner_notes.take_away_note(note=note, by=request.membership)
            else:
                learner_notes.change_note(note=note, by=request.membership, **form.cleaned_data)
        except CohortError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("The note is taken away.") if take_away else _("The note is changed."))
            return redirect("cohorts:learner", organization, note.enrollment_id)
    context = {"enrollment": note.enrollment, "form": form, "note": note}
    return render(request, "cohorts/note.html", context, status=422 if form.is_bound else 200)


def _page(asked: str) -> int:
    """The number of the page asked for, the first when that is none."""
    return min(max(int(asked), 1), LAST_PAGE) if asked.isascii() and asked.isdecimal() and len(asked) < 9 else 1


def _refuse_about_oneself(request: MemberRequest, enrollment: Enrollment) -> None:
    if enrollment.learner_id == request.membership.pk:
        raise Http404
