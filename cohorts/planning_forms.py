"""What staff enter about a cohort's team, its waiting list, its next edition and its calendar."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from cohorts.forms import CohortForm, MemberChoiceField, date_field, leads
from cohorts.holidays import MOST_BYTES
from cohorts.models import MOST_OFFER_DAYS, Cohort, TeamMember


class TeamForm(forms.Form):
    """Somebody who joins the team."""

    #: Where an error shows, by its code.
    FIELDS = {"on_team_already": "member", "team_not_in_order": "ends_on"}

    member = MemberChoiceField(label=_("Who"), queryset=Membership.objects.none(), empty_label=_("Choose somebody"))
    role = forms.ChoiceField(label=_("Role"), choices=TeamMember.Role.choices)
    starts_on = date_field(_("First day"))
    ends_on = date_field(_("Last day"), required=False, help_text=_("Left empty: until further notice."))

    def __init__(self, *args: Any, cohort: Cohort, **options: Any) -> None:
        super().__init__(*args, **{"initial": {"starts_on": cohort.starts_on}, **options})
        self.fields["member"].queryset = leads()  # type: ignore[attr-defined]


class OfferingForm(forms.Form):
    """How the cohort offers seats."""

    offer_days = forms.IntegerField(
        label=_("Days that an offer stands"),
        min_value=1,
        max_value=MOST_OFFER_DAYS,
        help_text=_("The seat is held for so long."),
    )
    offers_itself = forms.BooleanField(
        label=_("Offer free seats by itself"),
        required=False,
        help_text=_("To the next in line who was offered none yet, within ten minutes. Otherwise staff offer by hand."),
    )


class PlaceForm(forms.Form):
    to_place = forms.IntegerField(label=_("Place in line"), min_value=1, max_value=100_000)
    reason = forms.CharField(label=_("Why"), max_length=1000)


class ReasonForm(forms.Form):
    """An offer out of turn, or one that is withdrawn, with why."""

    reason = forms.CharField(label=_("Why"), max_length=1000, required=False)


class AnswerForm(forms.Form):
    answer = forms.ChoiceField(choices=[("accept", ""), ("decline", "")])
    note = forms.CharField(
        label=_("Why not, if you like to say"), required=False, max_length=1000, widget=forms.Textarea({"rows": 2})
    )


class NextEditionForm(CohortForm):
    """The cohort that comes after one: as that was, with what it takes over."""

    takes_team = forms.BooleanField(label=_("Take the team along"), required=False)
    takes_breaks = forms.BooleanField(
        label=_("Take its own breaks along"),
        required=False,
        help_text=_("As many days after the start as they are now."),
    )


class CalendarFileForm(forms.Form):
    file = forms.FileField(
        label=_("Calendar file (.ics)"),
        allow_empty_file=True,
        widget=forms.ClearableFileInput({"accept": ".ics,text/calendar"}),
    )

    def clean_file(self) -> bytes:
        # One byte more than allowed is enough to see that it is too much.
        return bytes(self.cleaned_data["file"].read(MOST_BYTES + 1))


class OwnDateForm(forms.Form):
    due_on = date_field(_("Due on"))


class ShiftForm(forms.Form):
    """All that is ahead of a learner, some days later or earlier."""

    first = forms.DateField(widget=forms.HiddenInput)
    days = forms.IntegerField(label=_("Days later"), min_value=-365, max_value=365, help_text=_("Below zero: earlier."))
