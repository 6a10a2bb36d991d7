"""How reviews go in this organization: who is asked, after how many days the next, where a second reader reads."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.gates import requires
from accounts.middleware import MemberRequest
from accounts.models import Role
from assessments import reviewers, second_reading
from assessments.assigning import PASSED_ON
from assessments.errors import AssessmentError
from assessments.models import LevelReviewer, SecondReaderRule
from assessments.reminders import RULE
from assessments.review_settings_forms import DaysForm, LevelReviewerForm, SecondReaderForm
from cohorts.models import Cohort
from curriculum.models import Project
from notifications.rules import offsets, set_offsets

SHOWN = 20


@requires(Role.STAFF)
def review_settings(request: MemberRequest, organization: str) -> HttpResponse:
    """Each form says by `what` which it is; the others are shown as they stand."""
    what = request.POST.get("what", "") if request.method == "POST" else ""
    levels = reviewers.reviewers_by_level()
    people = reviewers.possible_reviewers()
    amounts = offsets()
    initial = {"reminded": amounts[RULE.name], "passed_on": amounts[PASSED_ON.name]}
    cohorts = Cohort.objects.order_by("-starts_on", "name").values_list("pk", "name")
    finals = Project.objects.filter(kind=Project.Kind.FINAL_CAPSTONE).order_by("title", "pk")
    projects = [
        (pk, f"{title} (v{number})") for pk, title, number in finals.values_list("pk", "title", "version__number")
    ]
    given: dict[str, forms.Form] = {
        "days": DaysForm(request.POST if what == "days" else None, initial=initial),
        "reviewer": LevelReviewerForm(request.POST if what == "reviewer" else None, levels=levels, people=people),
        "second": SecondReaderForm(request.POST if what == "second" else None, cohorts=cohorts, projects=projects),
    }
    if request.method == "POST" and _saved(request, what, given.get(what)):
        messages.success(request, _("Saved."))
        return redirect("assessments:review_settings", organization)
    rules = SecondReaderRule.objects.select_related("cohort", "project", "recorded_by")
    context: dict[str, Any] = {
        **{f"{name}_form": form for name, form in given.items()},
        "levels": levels,
        "rules": rules.order_by("-recorded_at", "-pk")[:SHOWN],
        "everywhere": second_reading.rules_in_force().everywhere,
    }
    return render(request, "assessments/review_settings.html", context, status=422 if request.method == "POST" else 200)


def _saved(request: MemberRequest, what: str, form: Any) -> bool:
    now = timezone.now()
    if what == "remove":
        row = LevelReviewer.objects.filter(pk__in=_uuids(request.POST.get("row", ""))).first()
        if row is not None:
            reviewers.remove_reviewer(row=row)
        return row is not None
    if form is None or not form.is_valid():
        return False
    if what == "days":
        set_offsets(amounts=form.amounts(), by=request.user, now=now)
    elif what == "second":
        second_reading.set_rule(**form.rule(), by=request.membership, at=now)
    else:
        chosen = form.chosen()
        try:
            reviewers.add_reviewer(
                curriculum=chosen.curriculum,
                level=chosen.number,
                reviewer=form.cleaned_data["reviewer"],
                by=request.membership,
                at=now,
            )
        except AssessmentError as error:
            form.add_error("reviewer", str(error))
            return False
    return True


def _uuids(text: str) -> list[str]:
    field = forms.UUIDField()
    try:
        return [field.clean(text)]
    except forms.ValidationError:
        return []
