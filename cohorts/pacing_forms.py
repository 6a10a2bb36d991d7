"""What the planner asks: levels of a version, a start, hours a week or an end, breaks, and a share of the hours."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django import forms
from django.db.models import F
from django.utils.functional import cached_property
from django.utils.http import urlencode
from django.utils.translation import gettext as now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cohorts import forms as cohort_forms
from cohorts.breaks import LONGEST_BREAK
from cohorts.errors import CohortError
from cohorts.forms import date_field, levels, share_field, weekly_hours_field
from cohorts.models import Cohort
from cohorts.outlook import Outlook, outlook_of
from cohorts.pacing import LONGEST_YEARS, DaysOff, check_date, years_after
from cohorts.rescheduling import days_off_of
from curriculum.models import CurriculumVersion
from curriculum.plan.hours import WEEKS_PER_YEAR

MOST_BREAKS = 12
FEWEST_ROWS = 2
WEEKS, YEARS = "weeks", "years"
#: Where an error of the answer shows, by its code.
FIELDS = {
    **cohort_forms.FIELDS,
    "end_before_start": "ends_on",
    "breaks_leave_no_time": "ends_on",
    "date_out_of_range": "ends_on",
}


class DaysOffForm(forms.Form):
    """A break of one's own; a row that is left empty is none."""

    first = date_field(_("First day off"), required=False)
    last = date_field(_("Last day off"), required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        first, last = cleaned.get("first"), cleaned.get("last")
        if first and not last and "last" not in self.errors:
            self.add_error("last", now("Choose the last day of this break."))
        elif last and not first and "first" not in self.errors:
            self.add_error("first", now("Choose the first day of this break."))
        elif first and last and last < first:
            self.add_error("last", now("The last day lies before the first. Swap them."))
        elif first and last and (last - first).days >= LONGEST_BREAK:
            self.add_error("last", now("A break is at most a year long. Check the two dates."))
        return cleaned

    @property
    def days_off(self) -> DaysOff | None:
        first, last = self.cleaned_data.get("first"), self.cleaned_data.get("last")
        return DaysOff(first, last) if first and last else None


class PlannerForm(forms.Form):
    """Hours a week, an end or a length: one of them is enough, hours a week and one of the others answer both ways."""

    version = forms.ModelChoiceField(label=_("Curriculum"), queryset=CurriculumVersion.objects.none(), empty_label=None)
    first_level = levels(_("First level"))
    last_level = levels(_("Last level"))
    hours_share = share_field()
    starts_on = date_field(_("Start"))
    hours_per_week = weekly_hours_field(required=False)
    ends_on = date_field(_("Wanted end"), required=False)
    length = forms.DecimalField(
        label=_("Or a length"),
        required=False,
        min_value=0,
        max_digits=6,
        decimal_places=1,
        widget=forms.NumberInput({"step": "0.5"}),
    )
    unit = forms.ChoiceField(
        label=_("Weeks or years"),
        required=False,
        choices=[(WEEKS, pgettext_lazy("a length", "weeks")), (YEARS, pgettext_lazy("a length", "years"))],
    )
    without_breaks = forms.BooleanField(label=_("Leave out the organization’s breaks"), required=False)

    def __init__(self, values: Mapping[str, Any], *, offered: Any, cohort: Cohort | None = None) -> None:
        """`offered` are the versions to choose from; the breaks of `cohort` count as well."""
        super().__init__(values)
        self.cohort = cohort
        self.fields["version"].queryset = offered.select_related("curriculum").order_by(  # type: ignore[attr-defined]
            F("published_at").desc(nulls_last=True), "-created_at"
        )

    @cached_property
    def breaks(self) -> list[DaysOffForm]:
        """The rows of one's own breaks: those that are filled in, and two to fill in."""
        prefixes = [f"break-{number}" for number in range(1, MOST_BREAKS + 1)]
        filled = [
            place
            for place, prefix in enumerate(prefixes, start=1)
            if self.data.get(f"{prefix}-first") or self.data.get(f"{prefix}-last")
        ]
        rows = min(max(filled, default=0) + FEWEST_ROWS, MOST_BREAKS)
        return [DaysOffForm(self.data, prefix=prefix) for prefix in prefixes[:rows]]

    @property
    def parts(self) -> list[forms.Form]:
        """The form and its rows, for the summary of errors."""
        return [self, *self.breaks]

    @property
    def has_breaks(self) -> bool:
        return any(row.has_changed() for row in self.breaks)

    @property
    def query(self) -> str:
        """What was asked, as the address of the planner has it."""
        names = [*self.fields, *(row.add_prefix(name) for row in self.breaks for name in row.fields)]
        return urlencode({name: self.data[name] for name in names if self.data.get(name)})

    def is_valid(self) -> bool:
        rows = [row.is_valid() for row in self.breaks]
        return super().is_valid() and all(rows)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        given = {name for name in ("hours_per_week", "ends_on", "length") if self.data.get(name)}
        if not given:
            self.add_error("hours_per_week", now("Enter hours a week, an end or a length. One of them is enough."))
        elif {"ends_on", "length"} <= given:
            self.add_error("length", now("Enter an end or a length, not both."))
        elif cleaned.get("length") is not None and cleaned.get("starts_on"):
            cleaned["ends_on"] = self._end(cleaned)
        return cleaned

    def _end(self, cleaned: dict[str, Any]) -> date | None:
        """The last day of the length, or None with what is wrong with it."""
        start, length, unit = cleaned["starts_on"], cleaned["length"], cleaned.get("unit") or WEEKS
        if length > LONGEST_YEARS * (WEEKS_PER_YEAR if unit == WEEKS else 1):
            self.add_error("length", now("Enter at most %(years)s years.") % {"years": LONGEST_YEARS})
            return None
        end = years_after(start, length) if unit == YEARS else start + timedelta(days=int(length * 7) - 1)
        try:
            check_date(end)
        except CohortError as error:
            self.add_error("length", str(error))
            return None
        if end < start:
            self.add_error("length", now("Enter at least a week."))
            return None
        return end

    def outlook(self) -> Outlook | None:
        """The answer to what was asked; None when that cannot be answered, and the errors of the fields say why."""
        if not self.is_valid():
            return None
        asked = self.cleaned_data
        own = [days for row in self.breaks if (days := row.days_off)]
        try:
            return outlook_of(
                version=asked["version"],
                first_level=asked["first_level"],
                last_level=asked["last_level"],
                share=asked["hours_share"],
                starts_on=asked["starts_on"],
                hours_per_week=asked["hours_per_week"],
                by=asked["ends_on"],
                days_off=own if asked["without_breaks"] else [*days_off_of(self.cohort), *own],
            )
        except CohortError as error:
            self.add_error(self._field_of(error), str(error))
            return None

    def problems(self) -> list[str]:
        """What is wrong with what was typed, without what is still to be filled in."""
        return [
            str(message)
            for part in self.parts
            for name, messages in part.errors.items()
            if name == "__all__" or self.data.get(part.add_prefix(name))
            for message in messages
        ]

    def _field_of(self, error: CohortError) -> str | None:
        field = FIELDS.get(error.code)
        if field == "ends_on" and not self.cleaned_data.get("ends_on"):
            return "hours_per_week" if error.code == "breaks_leave_no_time" else None
        if field == "ends_on" and self.cleaned_data.get("length") is not None:
            return "length"
        return field
