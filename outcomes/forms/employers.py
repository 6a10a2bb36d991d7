from datetime import date

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from design.forms import DateInput
from outcomes.forms.shared import NO_DATE
from outcomes.models import ListedEmployer


class EmployerForm(forms.Form):
    #: Where an error of the domain shows, by its code.
    FIELDS = {"employer_name": "name", "employer_taken": "name", "employer_day": "effective_on"}

    name = forms.CharField(label=gettext_lazy("Name"), max_length=160)
    tier = forms.CharField(
        label=gettext_lazy("Tier"),
        required=False,
        max_length=60,
        help_text=gettext_lazy("Your own word, such as “FAANG” or “FAANG-adjacent”. Every tier counts."),
    )
    also_known_as = forms.CharField(
        label=gettext_lazy("Also known as"),
        required=False,
        max_length=2000,
        widget=forms.Textarea({"rows": 3}),
        help_text=gettext_lazy("Other names of the same employer, one on each line."),
    )
    effective_on = forms.DateField(
        label=gettext_lazy("Listed from"),
        widget=DateInput,
        input_formats=["%Y-%m-%d"],
        error_messages={"invalid": NO_DATE},
        help_text=gettext_lazy("An earlier day counts for the numbers of days since."),
    )

    def __init__(self, data: QueryDict | None = None, *, name: str, listed: ListedEmployer | None, today: date) -> None:
        known = {"tier": listed.tier, "also_known_as": "\n".join(listed.also_known_as)} if listed else {}
        super().__init__(data, initial={"name": listed.name if listed else name, "effective_on": today, **known})

    def clean_also_known_as(self) -> list[str]:
        names = [line.strip() for line in self.cleaned_data["also_known_as"].splitlines() if line.strip()]
        if too_long := next((name for name in names if len(name) > 160), None):
            raise ValidationError(_("“%(name)s…” is too long: 160 characters at most.") % {"name": too_long[:40]})
        return list(dict.fromkeys(names))
