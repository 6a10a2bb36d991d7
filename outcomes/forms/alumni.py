from datetime import date

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from design.forms import DateInput
from outcomes.alumni_network.records import AlumniEntry, MentorOffer, Pathway, PathwayRecord
from outcomes.forms.shared import NO_DATE


class PathwayForm(forms.Form):
    """Where a graduate went."""

    #: Where an error of the domain shows, by its code.
    FIELDS = {"pathway_in_the_future": "effective_on", "pathway_too_early": "effective_on"}

    pathway = forms.ChoiceField(label=_("Pathway"), choices=Pathway.choices, widget=forms.RadioSelect)
    effective_on = forms.DateField(
        label=_("Since when"), widget=DateInput, input_formats=["%Y-%m-%d"], error_messages={"invalid": NO_DATE}
    )

    def __init__(self, data: QueryDict | None = None, *, latest: PathwayRecord | None, today: date) -> None:
        known = {"pathway": latest.pathway, "effective_on": latest.effective_on} if latest else {"effective_on": today}
        super().__init__(data, initial=known)


class AlumniEntryForm(forms.Form):
    """What a graduate shows in the directory: what is empty is not shown."""

    name = forms.CharField(label=_("Name"), max_length=120)
    shows_pathway = forms.BooleanField(label=_("Show my pathway"), required=False)
    employer = forms.CharField(label=_("Employer"), required=False, max_length=160)
    link = forms.URLField(
        label=_("Link"),
        required=False,
        max_length=500,
        assume_scheme="https",
        help_text=_("A profile or a site of yours."),
        error_messages={"invalid": _("Enter a link that starts with https://")},
    )
    contact = forms.CharField(
        label=_("How to reach you"), required=False, max_length=200, help_text=_("An email address, a number, a name.")
    )

    def __init__(self, data: QueryDict | None = None, *, entry: AlumniEntry | None, member: Membership) -> None:
        shown = {name: getattr(entry, name) for name in self.base_fields} if entry else {"name": member.name}
        super().__init__(data, initial=shown, prefix="entry")

    def clean_link(self) -> str:
        link: str = self.cleaned_data["link"]
        if link and not link.startswith(("https://", "http://")):
            raise forms.ValidationError(_("Enter a link that starts with https://"))
        return link


class OfferForm(forms.Form):
    note = forms.CharField(
        label=_("Anything staff should know"),
        required=False,
        max_length=500,
        widget=forms.Textarea({"rows": 3}),
        help_text=_("Which subjects, how often, from when. You set your hours yourself afterwards."),
    )


class AnswerForm(forms.Form):
    answer = forms.ChoiceField(choices=[(MentorOffer.Answer.ACCEPTED, ""), (MentorOffer.Answer.DECLINED, "")])
    reason = forms.CharField(required=False, max_length=500)
