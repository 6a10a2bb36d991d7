from datetime import date

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from outcomes.reports.graduate_lines import name_of
from outcomes.reports.graduates import HalfYear, half_years

#: Half-years that can be chosen, however long ago the first cohort began.
MOST_PERIODS = 40


class PeriodForm(forms.Form):
    """Whose graduates, and whether small cells are hidden; it lives in the address.

    Nothing chosen is the half-year `latest`, with everything shown.
    """

    period = forms.ChoiceField(label=gettext_lazy("Graduates of"), required=False)
    seen_by = forms.ChoiceField(required=False, choices=[("", ""), ("others", "")], widget=forms.HiddenInput)

    def __init__(self, data: QueryDict, *, first: date | None, latest: HalfYear, today: date) -> None:
        asked = data.dict()
        super().__init__({**asked, "period": asked.get("period") or latest.code})
        self.periods = {
            period.code: period for period in half_years(min(first or today, latest.starts_on), today)[:MOST_PERIODS]
        }
        field = self.fields["period"]
        field.choices = [(code, name_of(period)) for code, period in self.periods.items()]  # type: ignore[attr-defined]
        for each in self.fields.values():
            each.error_messages["invalid_choice"] = _("“%(value)s” is not there. Choose one from the list.")

    @property
    def half_year(self) -> HalfYear:
        """Of a valid form."""
        return self.periods[self.cleaned_data["period"]]

    @property
    def is_hiding(self) -> bool:
        return bool(self.cleaned_data["seen_by"])
