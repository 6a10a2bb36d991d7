"""The form with which gates of a cohort are told what to ask beside the curriculum."""

from django import forms
from django.utils.translation import gettext_lazy as _

from assessments.models import GateAsk
from cohorts.models import Cohort
from design.forms import DateInput


class GateAskForm(forms.Form):
    """A cohort, a kind of evidence, and from which day; without a day the cohort's gates ask for it no more."""

    #: Which field a refusal is about.
    FIELDS = {"ask_in_the_past": "day", "date_out_of_range": "day", "cohort_over": "cohort"}

    cohort = forms.ModelChoiceField(Cohort.objects.none(), label=_("Cohort"), empty_label=_("Choose a cohort"))
    evidence = forms.ChoiceField(label=_("What its gates ask for"), choices=GateAsk.Evidence)
    day = forms.DateField(
        label=_("In decisions from"),
        help_text=_("A day to come, so that learners see it beforehand. Levels that are passed stay passed."),
        required=False,
        widget=DateInput(),
    )

    def __init__(self, *args: object, **options: object) -> None:
        super().__init__(*args, **options)  # type: ignore[arg-type]
        cohorts = Cohort.objects.order_by("-starts_on", "name")
        self.fields["cohort"].queryset = cohorts  # type: ignore[attr-defined]
