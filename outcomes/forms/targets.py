from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from design.forms import DateInput
from outcomes.forms.shared import NO_DATE
from outcomes.measuring.reputation import WORST_RANK
from outcomes.measuring.targets import Goal, is_share, possible_values
from outcomes.models import Target, TargetKey

#: How a target is typed that is no share.
UNITS = {
    TargetKey.COMPLETION_YEARS: gettext_lazy("Years, %(direction)s"),
    TargetKey.SATISFACTION: gettext_lazy("Score from 1 to 5, %(direction)s"),
    TargetKey.REPUTATION: gettext_lazy("Rank, %(direction)s"),
}


class TargetForm(forms.Form):
    """What to aim for from a day on; shares are typed in percent. What is possible is the domain function's to say."""

    #: Where an error of the domain shows, by its code.
    FIELDS = {"target_out_of_range": "value", "target_day": "effective_on"}

    is_on = forms.BooleanField(
        label=gettext_lazy("Judge the number by a target"),
        required=False,
        help_text=gettext_lazy("Otherwise it is shown and never called met or missed."),
    )
    value = forms.DecimalField(required=False, max_digits=8, decimal_places=3)
    effective_on = forms.DateField(
        label=gettext_lazy("From"),
        widget=DateInput,
        input_formats=["%Y-%m-%d"],
        error_messages={"invalid": NO_DATE},
        help_text=gettext_lazy("Numbers of earlier days keep the target of their day."),
    )

    def __init__(self, data: QueryDict | None = None, *, goal: Goal, today: date) -> None:
        self.is_share = is_share(goal.key)
        value = goal.value * 100 if goal.value is not None and self.is_share else goal.value
        shown = None if value is None else Decimal(f"{value.normalize():f}")
        super().__init__(data, initial={"is_on": goal.is_on, "value": shown, "effective_on": today})
        field = self.fields["value"]
        words = {"direction": Target.Comparison(goal.comparison).label}
        unit = UNITS.get(TargetKey(goal.key), gettext_lazy("Percent, %(direction)s"))
        field.label = str(unit) % words
        field.help_text = _("Left empty, the number is reported without a verdict.")
        field.error_messages = dict.fromkeys(
            ("invalid", "max_digits", "max_decimal_places", "max_whole_digits"), possible_values(goal.key)
        )

    def clean_value(self) -> Decimal | None:
        value: Decimal | None = self.cleaned_data["value"]
        return value / 100 if value is not None and self.is_share else value

    def clean(self) -> dict[str, Any]:
        """What is no target has no number."""
        data = self.cleaned_data
        return data if data.get("is_on") else {**data, "value": None}


class RankForm(forms.Form):
    #: Where an error of the domain shows, by its code.
    FIELDS = {"rank_out_of_range": "rank", "rank_in_the_future": "effective_on", "rank_too_early": "effective_on"}

    ranking = forms.CharField(
        label=gettext_lazy("Ranking"),
        max_length=200,
        help_text=gettext_lazy("Who published it and what it ranks, such as “Course Report, AI bootcamps in NL”."),
    )
    rank = forms.IntegerField(
        label=gettext_lazy("Rank"),
        required=False,
        min_value=1,
        max_value=WORST_RANK,
        help_text=gettext_lazy("Empty if the program is not listed."),
    )
    effective_on = forms.DateField(
        label=gettext_lazy("Came out on"),
        widget=DateInput,
        input_formats=["%Y-%m-%d"],
        error_messages={"invalid": NO_DATE},
    )
    source_url = forms.URLField(
        label=gettext_lazy("Link to it"),
        required=False,
        max_length=500,
        assume_scheme="https",
        error_messages={"invalid": gettext_lazy("Enter an address such as https://example.org/ranking.")},
    )
    note = forms.CharField(
        label=gettext_lazy("Note"), required=False, max_length=1000, widget=forms.Textarea({"rows": 2})
    )

    def __init__(self, data: QueryDict | None = None, *, today: date) -> None:
        super().__init__(data, initial={"effective_on": today})
