from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.gates import requires
from accounts.middleware import MemberRequest
from accounts.models import Role
from cohorts.models import Enrollment
from outcomes.collecting.placing import graduation_of, record_placement
from outcomes.collecting.salaries import salaries_seen_by
from outcomes.collecting.verifying import needs_second, with_verdicts
from outcomes.errors import OutcomeError
from outcomes.forms.placements import PlacementForm
from outcomes.measuring.employers import employers_as_of
from outcomes.models import CheckIn, Placement
from outcomes.views.shared import today_of


@requires(Role.STAFF)
def place(request: MemberRequest, organization: str, pk: UUID) -> HttpResponse:
    enrollment = get_object_or_404(Enrollment.objects.select_related("learner", "cohort"), pk=pk)
    today = today_of(request)
    told = _told(request, enrollment)
    form = PlacementForm(request.POST or None, initial=told)
    if request.method == "POST" and form.is_valid():
        try:
            record_placement(enrollment=enrollment, on=today, by=request.membership, **form.cleaned_data)
        except OutcomeError as error:
            form.add_error(form.FIELDS.get(error.code), str(error))
        else:
            messages.success(request, _("Recorded for %(name)s.") % {"name": enrollment.learner.name})
            return redirect("outcomes:record_placement", organization=organization, pk=pk)
    context = {
        "form": form,
        "enrollment": enrollment,
        "graduated_on": graduation_of(enrollment),
        "employers": employers_as_of(today).employers,
        "history": with_verdicts(Placement.objects.filter(enrollment=enrollment)).order_by(
            "-effective_on", "-recorded_at", "-pk"
        ),
        "needs_second": needs_second(),
        "salaries": salaries_seen_by(request.membership, [enrollment]),
    }
    return render(request, "outcomes/record_placement.html", context, status=422 if form.errors else 200)


def _told(request: MemberRequest, enrollment: Enrollment) -> dict[str, Any]:
    """What the graduate's check-in says, to begin the record with; the evidence is theirs until somebody saw better."""
    try:
        row = CheckIn.objects.filter(enrollment=enrollment, pk=UUID(request.GET.get("check_in", ""))).first()
    except ValueError:
        return {}
    if row is None:
        return {}
    return {
        "status": row.situation,
        "effective_on": max(row.since or timezone.localdate(row.answered_at), graduation_of(enrollment) or date.min),
        "employer": row.employer,
        "job_title": row.job_title,
        "evidence": Placement.Evidence.STATEMENT,
        "evidence_on": timezone.localdate(row.answered_at),
    }
