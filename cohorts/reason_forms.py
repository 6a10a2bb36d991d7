from django import forms
from django.utils.translation import gettext_lazy as _

from cohorts.models import EnrollmentEvent

CATEGORIES = [(one.value, one.label) for one in EnrollmentEvent.Reason if one]


class ReasonForm(forms.Form):
    """What a reason for leaving is called."""

    name = forms.CharField(label=_("Name"), max_length=80)
    name_nl = forms.CharField(
        label=_("Name in Dutch"),
        max_length=80,
        required=False,
        help_text=_("For who reads Gilde in Dutch. Left empty, they read the name."),
    )


class NewReasonForm(ReasonForm):
    category = forms.ChoiceField(
        label=_("Counts as"),
        choices=[
            ("", _("Choose what it counts as")),
            *((one.value, one.label) for one in EnrollmentEvent.Reason if one),
        ],
        help_text=_("It stays, so that no number changes. Who died, is incarcerated or called up is excused."),
    )
