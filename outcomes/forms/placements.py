import re
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy, pgettext_lazy

from design.forms import DateInput
from outcomes.collecting.check_ins import ANSWERS
from outcomes.collecting.placement_records import LEAST_SALARY, MOST_SALARY, Currency
from outcomes.collecting.salaries import NOT_A_SALARY
from outcomes.forms.shared import NO_DATE
from outcomes.models import CheckIn, Placement, PlacementStatus


class SalaryField(forms.IntegerField):
    """A gross base salary of a year, in whole units; thousands may be parted as people do."""

    widget = forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"})

    def __init__(self, **options: Any) -> None:
        messages = dict.fromkeys(("invalid", "min_value", "max_value"), NOT_A_SALARY)
        options = {"required": False, "min_value": LEAST_SALARY, "max_value": MOST_SALARY, **options}
        super().__init__(label=gettext_lazy("Gross salary a year"), error_messages=messages, **options)

    def to_python(self, value: Any) -> int | None:
        """45.000 is no 45 with decimals."""
        return super().to_python(re.sub(r"(?<=\d)[\s.,’'](?=\d{3}(?!\d))", "", value) if value else value)


def _currency() -> forms.ChoiceField:
    return forms.ChoiceField(
        label=gettext_lazy("Currency"), choices=Currency.choices, required=False, initial=Currency.EUR
    )


class CheckInForm(forms.Form):
    """What a graduate tells of themselves."""

    #: Where an error of the domain shows, by its code.
    FIELDS = {
        "employer_missing": "employer",
        "since_missing": "since",
        "since_in_the_future": "since",
        "since_too_early": "since",
        "salary_without_job": "salary",
        "salary_out_of_range": "salary",
    }

    situation = forms.ChoiceField(
        label=gettext_lazy("What do you do now?"), choices=list(ANSWERS.items()), widget=forms.RadioSelect
    )
    since = forms.DateField(
        label=gettext_lazy("Since when"),
        required=False,
        widget=DateInput,
        input_formats=["%Y-%m-%d"],
        error_messages={"invalid": NO_DATE},
        help_text=gettext_lazy("Not needed while you are looking, or not looking, for a job."),
    )
    employer = forms.CharField(label=gettext_lazy("Employer"), required=False, max_length=160)
    job_title = forms.CharField(label=pgettext_lazy("job", "Role"), required=False, max_length=160)
    salary = SalaryField(
        help_text=gettext_lazy(
            "Only if you like. You and the admins see it, nobody else; what is published is the median of five or more."
        )
    )
    currency = _currency()
    note = forms.CharField(
        label=gettext_lazy("Anything else we should know, or can help with"),
        required=False,
        max_length=1000,
        widget=forms.Textarea({"rows": 3}),
    )

    def __init__(self, data: QueryDict | None = None, *, latest: CheckIn | None) -> None:
        # Whoever finds the link of a mail reads the answer that it opens: never the salary.
        told = [name for name in self.base_fields if name not in ("salary", "currency")]
        super().__init__(data, initial={name: getattr(latest, name) for name in told} if latest else {})

    def clean_currency(self) -> str:
        return self.cleaned_data["currency"] or Currency.EUR.value


class PlacementForm(forms.ModelForm):  # type: ignore[type-arg]
    """What a graduate does from a day on. The rules that need the history are the domain function's."""

    #: Where an error of the domain shows, by its code.
    FIELDS = {"salary_without_job": "salary", "salary_out_of_range": "salary"}

    salary = SalaryField(help_text=gettext_lazy("Only if the graduate agrees. You can write it down; admins read it."))
    currency = _currency()

    class Meta:
        model = Placement
        fields = (
            "status", "effective_on", "employer", "job_title", "is_relevant", "evidence", "evidence_on", "note",
        )  # fmt: skip
        widgets = {
            "effective_on": DateInput,
            "evidence_on": DateInput,
            "note": forms.Textarea(attrs={"rows": 3}),
            "employer": forms.TextInput(attrs={"list": "employers"}),
        }
        labels = {"is_relevant": gettext_lazy("The role is relevant to the program")}
        help_texts = {
            "effective_on": gettext_lazy("The first day of this situation, from the graduation on."),
            "is_relevant": gettext_lazy("Only relevant roles in field (1A to 1E) count as placed."),
            "evidence": gettext_lazy("Needed for everything but seeking (3A). You stand for having seen it."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(value, f"{value} · {label}") for value, label in PlacementStatus.choices]
        self.fields["status"].choices = [("", "—"), *choices]  # type: ignore[attr-defined]
        self.fields["evidence"].choices = [("", "—"), *Placement.Evidence.choices]  # type: ignore[attr-defined]
        self.fields["evidence_on"].required = False
        for name in ("effective_on", "evidence_on"):
            self.fields[name].input_formats = ["%Y-%m-%d"]  # type: ignore[attr-defined]
            self.fields[name].error_messages["invalid"] = NO_DATE

    def clean_currency(self) -> str:
        return self.cleaned_data["currency"] or Currency.EUR.value

    def _post_clean(self) -> None:
        """The record is made by the domain function: nothing to check against the model here."""


class VerdictForm(forms.Form):
    """What a second person says of a placement."""

    #: Where an error of the domain shows, by its code.
    FIELDS = {"reason_missing": "reason"}

    verdict = forms.ChoiceField(
        choices=[("verified", gettext_lazy("Verified")), ("sent_back", gettext_lazy("Sent back"))],
        error_messages={"required": gettext_lazy("Choose one of the two.")},
    )
    reason = forms.CharField(
        label=gettext_lazy("What is missing"),
        required=False,
        max_length=1000,
        widget=forms.Textarea({"rows": 3}),
        help_text=gettext_lazy("Needed to send it back. Whoever recorded it reads this."),
    )


class PlacementPolicyForm(forms.Form):
    needs_second = forms.TypedChoiceField(
        label=gettext_lazy("Placements count"),
        choices=[
            ("no", gettext_lazy("as soon as they are recorded with evidence")),
            ("yes", gettext_lazy("once a second person verified the evidence")),
        ],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose one of the two.")},
    )
