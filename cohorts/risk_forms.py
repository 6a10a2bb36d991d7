"""Forms about who needs a person: letting a reason rest, and the numbers from which on reasons hold."""

from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cohorts.forms import date_field
from cohorts.snoozing import NOTE_LENGTH
from cohorts.thresholds import LIMITS, Limits

USUAL_DAYS = 7


class SnoozeForm(forms.Form):
    #: Where an error of the domain shows, by its code.
    FIELDS = {
        "note_missing": "note",
        "note_too_long": "note",
        "snooze_over": "until_on",
        "snooze_too_long": "until_on",
    }

    note = forms.CharField(
        label=_("Why it can rest"),
        max_length=NOTE_LENGTH,
        widget=forms.Textarea({"rows": 2}),
        help_text=_("Your colleagues read this. The learner does not."),
    )
    until_on = date_field(_("Comes back on"))

    def __init__(self, data: Any = None, *, on: date) -> None:
        super().__init__(data, initial={"until_on": on + timedelta(days=USUAL_DAYS)})


class ThresholdsForm(forms.Form):
    """A number for each threshold, those of the organization to begin with; an empty one is the stated default."""

    def __init__(self, *args: Any, limits: Limits, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for key, limit in LIMITS.items():
            stated = _("%(default)s unless you say otherwise.")
            self.fields[key] = forms.IntegerField(
                label=limit.title,
                required=False,
                min_value=limit.least,
                max_value=limit.most,
                initial=getattr(limits, key),
                help_text=f"{limit.hint} {stated % {'default': limit.default}}".strip(),
            )
