from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy

from cohorts.models import Enrollment


class IntentForm(forms.Form):
    seeks_job = forms.TypedChoiceField(
        label=gettext_lazy("After the program"),
        choices=[("yes", gettext_lazy("Yes, looking for a job")), ("no", gettext_lazy("No, not looking for a job"))],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose one of the two.")},
    )

    def __init__(self, data: QueryDict | None = None, *, enrollment: Enrollment) -> None:
        declared = {True: "yes", False: "no", None: None}[enrollment.seeks_job]
        super().__init__(data, initial={"seeks_job": declared})
