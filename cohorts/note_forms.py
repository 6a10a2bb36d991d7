"""Forms about what staff and mentors write down of a learner, and about the hours of a week."""

from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from cohorts.forms import date_field
from cohorts.learner_notes import audiences_of
from cohorts.models import LONGEST_NOTE, MOST_WEEKLY_HOURS, LearnerNote


class NoteForm(forms.Form):
    """A note and who reads it."""

    text = forms.CharField(
        label=_("Note"), widget=forms.Textarea({"rows": 4}), max_length=LONGEST_NOTE,
        help_text=_("What the next person who opens this page should know."),
    )  # fmt: skip
    is_pinned = forms.BooleanField(label=_("Keep it on top"), required=False)

    def __init__(self, data: Any = None, *, author: Membership, note: LearnerNote | None = None) -> None:
        shown = {"text": note.text, "audience": note.audience, "is_pinned": note.is_pinned} if note else {}
        super().__init__(data, initial=shown, prefix=None if note else "note")
        choices = [(audience.value, audience.label) for audience in audiences_of(author)]
        self.fields["audience"] = forms.ChoiceField(label=_t("Who reads it"), choices=choices)
        self.order_fields(["text", "audience", "is_pinned"])


class StudyCorrectionForm(forms.Form):
    """Staff set the hours of a week right, and say why."""

    week = date_field(label=_("Week"), help_text=_("Any day of the week."))
    hours = forms.DecimalField(
        label=_("Hours studied"), min_value=Decimal(0), max_value=Decimal(MOST_WEEKLY_HOURS), decimal_places=2
    )
    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("Stays with the record, and the learner reads it."),
        widget=forms.Textarea({"rows": 3}),
        max_length=300,
    )
    #: Which field each error of the domain is about.
    FIELDS = {
        "reason_missing": "reason",
        "study_hours_out_of_range": "hours",
        "study_week_ahead": "week",
        "date_out_of_range": "week",
    }

    def __init__(self, data: Any = None, *, on: date) -> None:
        super().__init__(data, initial={"week": on})


class QuickStudyForm(forms.Form):
    """One tap: so many hours more, or fewer to take a tap back, in a week that holds the day `week`."""

    MOST_AT_ONCE = Decimal(12)

    add = forms.DecimalField(min_value=-MOST_AT_ONCE, max_value=MOST_AT_ONCE, decimal_places=2)
    week = forms.DateField()
    back = forms.ChoiceField(choices=[("home", "home"), ("path", "path")], required=False)
