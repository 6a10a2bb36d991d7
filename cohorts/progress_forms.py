from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.utils.formats import date_format
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from cohorts.models import MOST_WEEKLY_HOURS
from cohorts.path import Path
from cohorts.progress import monday_of
from design.forms import DateInput

WEEKS_OFFERED = 8


class StudyForm(forms.Form):
    """Hours studied in this week or one of the last."""

    hours = forms.DecimalField(
        label=_("Hours studied"), min_value=Decimal(0), max_value=Decimal(MOST_WEEKLY_HOURS), decimal_places=2
    )

    def __init__(self, data: Any = None, *, on: date) -> None:
        monday = monday_of(on)
        super().__init__(data, initial={"week": monday.isoformat()})
        weeks = [monday - timedelta(weeks=number) for number in range(WEEKS_OFFERED)]
        self.fields["week"] = forms.TypedChoiceField(
            label=_t("Week"), coerce=date.fromisoformat, choices=[(week.isoformat(), _week(week, on)) for week in weeks]
        )
        self.order_fields(["week", "hours"])


class CorrectionForm(forms.Form):
    """Staff set one topic right, and say why."""

    action = forms.ChoiceField(
        label=_("What is right"),
        widget=forms.RadioSelect,
        choices=[
            ("complete", _("Done by work")),
            ("credit", _("Credit for prior learning")),
            ("reopen", _("Not done")),
        ],
    )
    on = forms.DateField(label=_("Since"), widget=DateInput)
    reason = forms.CharField(
        label=_("Reason or evidence"),
        help_text=_("Stays with the record: what you saw, or who told you."),
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=2000,
    )

    def __init__(self, data: Any = None, *, path: Path, topic: str = "") -> None:
        super().__init__(data, initial={"on": path.on, "topic": topic})
        self.latest = path.on
        self.fields["topic"] = forms.TypedChoiceField(label=_t("Topic"), coerce=UUID, choices=_topics(path))
        self.order_fields(["topic", "action", "on", "reason"])

    def clean_on(self) -> date:
        on: date = self.cleaned_data["on"]
        if on > self.latest:
            raise forms.ValidationError(_t("Choose today or an earlier day."))
        return on


def _week(monday: date, on: date) -> str:
    day = date_format(monday, "j F", use_l10n=False)
    this_week = _t("This week, from %(day)s") if monday == monday_of(on) else _t("Week of %(day)s")
    return this_week % {"day": day}


def _topics(path: Path) -> list[tuple[str, Any]]:
    """By module; what is done says so."""
    done = _t("%(topic)s (done)")
    choices: list[tuple[str, Any]] = [("", _t("Choose a topic"))]
    for level in path.levels:
        for module in level.modules:
            topics = [
                (str(part.id), done % {"topic": part.title} if part.is_done else part.title)
                for part in module.parts
                if not part.is_project
            ]
            if topics:
                choices.append((f"{module.code} {module.title}", topics))
    return choices
