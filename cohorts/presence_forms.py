"""Forms about groups, pairs, gatherings and stand-ups."""

from datetime import date
from typing import Any

from django import forms
from django.db.models import Q
from django.utils.dates import WEEKDAYS
from django.utils.text import capfirst
from django.utils.translation import gettext as now
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership, Role
from cohorts.forms import MemberChoiceField, date_field
from cohorts.groups import LEAST_SIZE, MOST_SIZE
from cohorts.models import LEAST_MINUTES, MOST_MINUTES, Cohort, Gathering, PairRound, WrittenStandUp
from cohorts.pairs import MOST_WEEKS
from cohorts.stand_ups import MOST_WORDS
from design.forms import TimeInput


class SizeForm(forms.Form):
    size = forms.TypedChoiceField(
        label=_("Learners in a group"),
        coerce=int,
        choices=[(number, str(number)) for number in range(LEAST_SIZE, MOST_SIZE + 1)],
        initial=4,
    )


class RoundForm(forms.Form):
    #: Where an error about a round shows, by its code.
    FIELDS = {"round_overlaps": "starts_on", "date_out_of_range": "starts_on", "weeks_out_of_range": "weeks"}

    within = forms.ChoiceField(label=_("Pairs from"), choices=PairRound.Within, widget=forms.RadioSelect)
    odd = forms.ChoiceField(label=_("If the number is odd"), choices=PairRound.Odd, widget=forms.RadioSelect)
    starts_on = date_field(_("First day"))
    weeks = forms.IntegerField(label=_("Weeks"), min_value=1, max_value=MOST_WEEKS)


class GatheringForm(forms.Form):
    """What a cohort comes together for: weekdays make it weekly."""

    #: Where an error about a gathering shows, by its code.
    FIELDS = {
        "before_start": "first_day",
        "date_out_of_range": "first_day",
        "not_in_order": "last_day",
        "takes_no_place": "weekdays",
        "no_such_time": "starts",
        "minutes_out_of_range": "minutes",
        "not_a_leader": "led_by",
    }

    kind = forms.ChoiceField(label=_("Kind"), choices=Gathering.Kind)
    title = forms.CharField(label=_("Title"), max_length=120, required=False)
    weekdays = forms.TypedMultipleChoiceField(
        label=_("Every week on"),
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Choose none for a gathering on one day."),
    )
    first_day = date_field(_("First day"))
    last_day = date_field(
        _("Last day"), required=False, help_text=_("Without it, it goes on until the cohort's last milestone.")
    )
    starts = forms.TimeField(label=_("Starts at"), widget=TimeInput)
    minutes = forms.IntegerField(label=_("Minutes"), min_value=LEAST_MINUTES, max_value=MOST_MINUTES, initial=60)
    place = forms.CharField(label=_("Place"), max_length=120, required=False)
    video_link = forms.URLField(label=_("Video link"), max_length=300, required=False, assume_scheme="https")
    led_by = MemberChoiceField(
        label=_("Led by"), required=False, queryset=Membership.objects.none(), empty_label=_("Nobody yet")
    )

    def __init__(self, *args: Any, cohort: Cohort, today: date, **options: Any) -> None:
        super().__init__(*args, **{"initial": {"first_day": max(today, cohort.starts_on)}, **options})
        self.fields["weekdays"].choices = [(day, capfirst(str(name))) for day, name in WEEKDAYS.items()]  # type: ignore[attr-defined]
        zone = cohort.time_zone.rpartition("/")[2].replace("_", " ")
        self.fields["starts"].help_text = now("On the clock of %(zone)s.") % {"zone": zone}
        leaders = Membership.objects.joined().filter(
            Q(roles__contains=[Role.MENTOR]) | Q(roles__contains=[Role.STAFF]) | Q(roles__contains=[Role.ADMIN])
        )
        self.fields["led_by"].queryset = leaders.order_by("name")  # type: ignore[attr-defined]


class StopForm(forms.Form):
    last_day = date_field(_("Last day"), help_text=_("What was recorded until then stays."))


class CancelForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"), max_length=200, required=False, help_text=_("The learners see it on their home page.")
    )


class CheckInForm(forms.Form):
    code = forms.CharField(
        label=_("Code"),
        max_length=20,
        widget=forms.TextInput(
            {"inputmode": "numeric", "autocomplete": "one-time-code", "autofocus": True, "class": "digits"}
        ),
    )


def _words(label: Any, hint: Any = "", *, required: bool = True) -> forms.CharField:
    return forms.CharField(
        label=label, help_text=hint, max_length=MOST_WORDS, required=required, widget=forms.Textarea({"rows": 2})
    )


class StandUpForm(forms.Form):
    yesterday = _words(_("What did you do since the last one?"))
    today = _words(_("What will you do today?"))
    blocked_by = _words(_("What blocks you?"), _("Your group, your mentor and staff see it first."), required=False)

    def __init__(self, data: Any = None, *, written: WrittenStandUp | None) -> None:
        known = {name: getattr(written, name) for name in self.base_fields} if written else {}
        super().__init__(data, initial=known)
