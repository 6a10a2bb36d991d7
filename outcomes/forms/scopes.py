from collections.abc import Iterable
from datetime import date

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from cohorts.models import Cohort
from curriculum.models import Format
from design.forms import DateInput
from outcomes.forms.shared import NO_DATE
from outcomes.scopes import Scope

EARLIEST = date(2000, 1, 1)


class ScopeForm(forms.Form):
    """Which cohorts, as of which day; it lives in the address of the page. Nothing chosen is everybody, today."""

    cohort = forms.ChoiceField(label=gettext_lazy("Cohort"), required=False)
    curriculum = forms.ChoiceField(label=gettext_lazy("Curriculum"), required=False)
    format = forms.ChoiceField(label=gettext_lazy("Format"), required=False)
    started = forms.ChoiceField(label=gettext_lazy("Started"), required=False)
    on = forms.DateField(
        label=pgettext_lazy("date", "As of"),
        required=False,
        widget=DateInput,
        input_formats=["%Y-%m-%d"],
        error_messages={"invalid": NO_DATE},
    )

    def __init__(self, data: QueryDict, *, cohorts: Iterable[Cohort], today: date) -> None:
        # The field shows the day that is meant; links keep what was asked, so that today stays today.
        super().__init__({**data.dict(), "on": data.dict().get("on") or today.isoformat()})
        self.asked = data.dict()
        self.today = today
        self.cohorts = {cohort.slug: cohort for cohort in cohorts}
        versions = {cohort.version_id: str(cohort.version) for cohort in self.cohorts.values()}
        years = sorted({cohort.starts_on.year for cohort in self.cohorts.values()}, reverse=True)
        self._offer("cohort", _("All cohorts"), [(slug, cohort.name) for slug, cohort in self.cohorts.items()])
        self._offer("curriculum", _("All curricula"), [(str(pk), title) for pk, title in versions.items()])
        self._offer("format", _("All formats"), [(value, str(label)) for value, label in Format.choices])
        self._offer(
            "started", _("All years"), [(str(year), _("Started in %(year)s") % {"year": year}) for year in years]
        )

    def _offer(self, name: str, everything: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        field.choices = [("", everything), *choices]  # type: ignore[attr-defined]
        field.error_messages["invalid_choice"] = _("“%(value)s” is not there. Choose one from the list.")

    def clean_on(self) -> date:
        on: date | None = self.cleaned_data["on"]
        if on is None:
            return self.today
        if on > self.today:
            raise ValidationError(
                _("That day is in the future: numbers are known up to today, %(today)s.")
                % {"today": self.today.isoformat()}
            )
        if on < EARLIEST:
            raise ValidationError(_("Choose a day from 2000 on."))
        return on

    @property
    def scope(self) -> Scope:
        """Of a valid form."""
        chosen = self.cleaned_data
        return Scope(
            cohort_id=self.cohorts[chosen["cohort"]].pk if chosen["cohort"] else None,
            format=chosen["format"],
            version_id=next(
                (c.version_id for c in self.cohorts.values() if str(c.version_id) == chosen["curriculum"]), None
            ),
            start_year=int(chosen["started"]) if chosen["started"] else None,
        )

    @property
    def day(self) -> date:
        """The as-of date, of a valid form."""
        day: date = self.cleaned_data["on"]
        return day
