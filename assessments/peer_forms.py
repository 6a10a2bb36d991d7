"""Forms with which staff open rounds of peer review."""

from typing import Any
from uuid import UUID

from django import forms
from django.db.models import Count, Exists, OuterRef
from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from assessments.models import EACH, PeerReview, Submission
from cohorts.forms import date_field
from cohorts.models import Cohort, Enrollment
from curriculum.models import Project

GOING_ON = (Cohort.Status.ENROLLING, Cohort.Status.RUNNING)


def work_choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """Projects that learners of each cohort submitted and that were in no round yet, with how many did. One query."""
    had = PeerReview.objects.filter(submission=OuterRef("pk"))
    rows = (
        Submission.objects.filter(~Exists(had), withdrawn_at=None, enrollment__status=Enrollment.Status.ACTIVE)
        .filter(enrollment__cohort__status__in=GOING_ON)
        .values_list("enrollment__cohort", "enrollment__cohort__name", "project", "project__title")
        .annotate(learners=Count("enrollment", distinct=True))
        .order_by("-enrollment__cohort__starts_on", "enrollment__cohort__name", "-learners", "project__title")
    )
    groups: dict[str, list[tuple[str, str]]] = {}
    for cohort, name, project, title, learners in rows:
        words = ngettext("%(title)s (%(count)s learner)", "%(title)s (%(count)s learners)", learners)
        groups.setdefault(name, []).append((f"{cohort}:{project}", words % {"title": title, "count": learners}))
    return list(groups.items())


class OpenRoundForm(forms.Form):
    """Which work, until when, and how many reviews everybody gets in the end."""

    #: Where an error about a round shows, by its code.
    FIELDS = {
        "due_too_soon": "due_on", "due_too_late": "due_on", "date_out_of_range": "due_on", "round_open": "work",
        "nobody_submitted": "work", "other_curriculum": "work",
    }  # fmt: skip

    work = forms.ChoiceField(label=_("Work"), help_text=_("Who submits later joins the round until it is due."))
    due_on = date_field(_("To be done by"), help_text=_("The round ends with that day, or when all is written."))
    least = forms.TypedChoiceField(
        label=_("Reviews that everybody gets"), coerce=int, initial=EACH, widget=forms.RadioSelect,
        help_text=_("Who has fewer when the round ends gets one from program staff."),
    )  # fmt: skip

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["work"].choices = [("", say("Choose a project")), *work_choices()]  # type: ignore[attr-defined]
        least = [
            (number, ngettext("At least %(count)s", "At least %(count)s", number) % {"count": number})
            for number in (EACH, 1)
        ]
        self.fields["least"].choices = least  # type: ignore[attr-defined]

    def chosen(self) -> tuple[Cohort, Project]:
        cohort, _colon, project = self.cleaned_data["work"].partition(":")
        return Cohort.objects.get(pk=UUID(cohort)), Project.objects.get(pk=UUID(project))


class RuleForm(forms.Form):
    """Rounds of a project that open by themselves."""

    project = forms.ModelChoiceField(label=_("Project"), queryset=Project.objects.none(), empty_label=None)
    days = forms.IntegerField(label=_("Days to review"), min_value=1, max_value=28, initial=7)
    is_on = forms.BooleanField(label=_("Rounds open by themselves"), required=False, initial=True)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        followed = Cohort.objects.filter(status__in=GOING_ON).values("version")
        found = Project.objects.filter(version__in=followed).order_by("version", "position")
        self.fields["project"].queryset = found  # type: ignore[attr-defined]
