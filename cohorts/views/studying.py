"""Study hours: a tap on a phone, and staff who set a week right."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.gates import requires
from accounts.middleware import MemberRequest
from accounts.models import Role
from cohorts import progress
from cohorts.errors import CohortError
from cohorts.models import Enrollment
from cohorts.note_forms import QuickStudyForm, StudyCorrectionForm
from cohorts.studied import study_of, week_of

WEEKS_SHOWN = 12
#: Where the widget stands, by what it says of itself.
PAGES = {"home": "home:learner", "path": "cohorts:path"}


@requires(Role.LEARNER)
@require_POST
def add_study(request: MemberRequest, organization: str) -> HttpResponseBase:
    """Hours more in a week, or fewer; the widget comes back with what the week comes to."""
    enrollment, today = Enrollment.objects.current_of(request.membership), timezone.localdate()
    if enrollment is None:
        raise Http404
    form, problem = QuickStudyForm(request.POST), _("Choose how many hours to add.")
    if form.is_valid():
        said, problem = form.cleaned_data, ""
        try:
            progress.add_study(
                enrollment=enrollment, week=said["week"], hours=said["add"], by=request.membership, on=today
            )
        except CohortError as error:
            problem = str(error)
    back = "home" if request.POST.get("back") == "home" else "path"
    if request.htmx:
        return _widget(request, enrollment, form=form, problem=problem, back=back)
    if problem:
        messages.error(request, problem)
    return redirect(f"{reverse(PAGES[back], args=[organization])}#study")


@requires(Role.STAFF)
def correct_study(request: MemberRequest, organization: str, pk: UUID) -> HttpResponseBase:
    enrollment = get_object_or_404(Enrollment.objects.for_page(), pk=pk)
    today = timezone.localdate()
    form = StudyCorrectionForm(request.POST if request.method == "POST" else None, on=today)
    if form.is_valid():
        try:
            progress.correct_study(enrollment=enrollment, by=request.membership, on=today, **form.cleaned_data)
        except CohortError as error:
            form.add_error(form.FIELDS.get(error.code), str(error))
        else:
            messages.success(request, _("The correction is recorded."))
            return redirect("cohorts:learner", organization, enrollment.pk)
    context = {"enrollment": enrollment, "form": form, "study": study_of(enrollment, on=today, weeks=WEEKS_SHOWN)}
    return render(request, "cohorts/correct_study.html", context, status=422 if form.is_bound else 200)


def _widget(
    request: MemberRequest, enrollment: Enrollment, *, form: QuickStudyForm, problem: str, back: str
) -> HttpResponse:
    today = timezone.localdate()
    said = form.cleaned_data
    context = {
        "week": week_of(enrollment, week=said.get("week") or today, on=today), "problem": problem, "back": back,
        "can_mark": True, "is_answer": True, "take_back": "" if problem or said["add"] <= 0 else -said["add"],
    }  # fmt: skip
    return render(request, "cohorts/_study.html", context, status=422 if problem else 200)
