from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from assessments.scoring_forms import LONGEST_TEXT


class PortfolioForm(forms.Form):
    """Ready to publish or not, and why."""

    #: Where an error shows, by its code.
    FIELDS = {"missing_needed": "missing", "nothing_missing": "missing"}

    is_publishable = forms.TypedChoiceField(
        label=_("Can it be published as it is?"),
        coerce=lambda word: word == "yes",
        choices=[("yes", _("Ready to publish")), ("no", _("Not yet"))],
        widget=forms.RadioSelect,
    )
    missing = forms.CharField(
        label=_("What is missing?"),
        help_text=_("Needed when it is not ready: what to do before it can be shown."),
        required=False,
        max_length=LONGEST_TEXT,
        widget=forms.Textarea({"rows": 3}),
    )
    note = forms.CharField(
        label=_("Note"),
        help_text=_("What makes it worth showing, or to whom."),
        required=False,
        max_length=LONGEST_TEXT,
        widget=forms.Textarea({"rows": 3, "class": "voice"}),
    )

    def given(self) -> dict[str, Any]:
        return dict(self.cleaned_data)
