from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as now
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership, Role
from accounts.zones import zone_choices
from cohorts import lifecycle
from cohorts.errors import CohortError
from cohorts.lifecycle import Changes
from cohorts.models import Cohort
from cohorts.pacing import EARLIEST, LATEST, LEAST_SHARE, LEAST_WEEKLY_HOURS, MOST_WEEKLY_HOURS, WHOLE, check_date
from curriculum.models import CurriculumVersion, Format
from design.forms import DateInput

if TYPE_CHECKING:
    _ModelChoiceField = forms.ModelChoiceField[Membership]
else:
    _ModelChoiceField = forms.ModelChoiceField

MOST_LEVELS = 20
MOST_SEATS = 10_000
#: Where an error about a cohort's plan shows, by its code.
FIELDS = {
    "unknown_levels": "last_level",
    "no_hours": "last_level",
    "too_many_hours": "last_level",
    "too_long": "hours_per_week",
    "census_before_start": "census_on",
    "capacity_too_small": "capacity",
    "no_seats": "capacity",
    "weekly_hours_out_of_range": "hours_per_week",
    "breaks_leave_no_time": "starts_on",
    "has_begun": "starts_on",
    "name_missing": "name",
}


def date_field(label: Any, *, required: bool = True, help_text: Any = "") -> forms.DateField:
    """A day in the years in which a program can run."""
    widget = DateInput({"min": EARLIEST.isoformat(), "max": LATEST.isoformat()})
    return forms.DateField(
        label=label, required=required, help_text=help_text, widget=widget, validators=[_in_program_years]
    )


def _in_program_years(day: date) -> None:
    try:
        check_date(day)
    except CohortError as error:
        raise forms.ValidationError(str(error), error.code) from error


def weekly_hours_field(*, required: bool = True) -> forms.DecimalField:
    return forms.DecimalField(
        label=_("Hours a week"),
        required=required,
        min_value=LEAST_WEEKLY_HOURS,
        max_value=MOST_WEEKLY_HOURS,
        max_digits=5,
        decimal_places=1,
        error_messages={
            "min_value": _("Enter at least 1 hour a week."),
            "max_value": _("A week has 168 hours. Enter fewer."),
        },
        widget=forms.NumberInput({"step": "0.5"}),
    )


def capacity_field() -> forms.IntegerField:
    return forms.IntegerField(
        label=_("Capacity"),
        required=False,
        min_value=1,
        max_value=MOST_SEATS,
        help_text=_("Once the seats are taken, learners wait. Left empty: no limit."),
    )


def levels(label: Any) -> forms.IntegerField:
    return forms.IntegerField(label=label, min_value=1, max_value=MOST_LEVELS)


class MemberChoiceField(_ModelChoiceField):
    def label_from_instance(self, obj: Membership) -> str:
        return obj.name


def lead_field() -> MemberChoiceField:
    return MemberChoiceField(
        label=_("Lead"), required=False, queryset=Membership.objects.none(), empty_label=_("Nobody yet")
    )


class ShareField(forms.DecimalField):
    """A share of one that people read and write in percent; left empty it is the whole."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            required=False,
            min_value=LEAST_SHARE * 100,
            max_value=100,
            max_digits=4,
            decimal_places=1,
            widget=forms.NumberInput({"step": "0.1"}),
            error_messages={
                "min_value": _("Enter at least 1%%."),
                "max_value": _("A cohort takes at most 100%% of the planned hours."),
            },
            **options,
        )

    def clean(self, value: Any) -> Decimal:
        percent = super().clean(value)
        return WHOLE if percent is None else percent / 100

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(self.clean(data) != initial)
        except forms.ValidationError:
            return True

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, Decimal):
            return f"{(value * 100).normalize():f}"
        return value


def share_field() -> ShareField:
    return ShareField(
        label=_("Share of the planned hours, in percent"),
        help_text=_("For a program that is shorter than planned. Left empty: all of them."),
    )


class PacingForm(forms.Form):
    """What decides when a cohort ends."""

    version = forms.ModelChoiceField(label=_("Curriculum"), queryset=CurriculumVersion.objects.none(), empty_label=None)
    first_level = levels(_("First level"))
    last_level = levels(_("Last level"))
    hours_per_week = weekly_hours_field()
    hours_share = share_field()
    starts_on = date_field(_("Start"))

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        published = CurriculumVersion.objects.published().select_related("curriculum").order_by("-published_at")
        self.fields["version"].queryset = published  # type: ignore[attr-defined]


class CohortForm(PacingForm):
    """A new cohort."""

    name = forms.CharField(label=_("Name"), max_length=120)
    format = forms.ChoiceField(
        label=_("Format"),
        choices=Format.choices,
        help_text=_(
            "Self-paced has milestones every month, blended every 4 to 6 weeks, a bootcamp every week; "
            "each level ends in a gate."
        ),
    )
    census_on = date_field(
        _("Census date"),
        required=False,
        help_text=_("Who leaves before it is on no roster. Left empty: 14 days after the start."),
    )
    capacity = capacity_field()
    time_zone = forms.ChoiceField(label=_("Time zone"), choices=zone_choices)
    lead = lead_field()
    field_order = [
        "name", "version", "format", "first_level", "last_level", "hours_per_week", "starts_on", "hours_share",
        "census_on", "capacity", "time_zone", "lead",
    ]  # fmt: skip

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["lead"].queryset = leads()  # type: ignore[attr-defined]


class SettingsForm(forms.Form):
    """What may be changed of a cohort; once it has begun its start and first level stay."""

    name = forms.CharField(label=_("Name"), max_length=120)
    format = forms.ChoiceField(label=_("Format"), choices=Format.choices)
    first_level = levels(_("First level"))
    last_level = levels(_("Last level"))
    hours_per_week = weekly_hours_field()
    hours_share = share_field()
    starts_on = date_field(_("Start"))
    census_on = date_field(_("Census date"), help_text=_("Who leaves before it is on no roster."))
    capacity = capacity_field()
    time_zone = forms.ChoiceField(label=_("Time zone"), choices=zone_choices)
    lead = lead_field()

    def __init__(self, *args: Any, cohort: Cohort, **options: Any) -> None:
        super().__init__(*args, **{"initial": {name: getattr(cohort, name) for name in self.base_fields}, **options})
        self.fields["lead"].queryset = leads()  # type: ignore[attr-defined]
        if not lifecycle.may_move_start(cohort):
            for name in ("starts_on", "first_level"):
                self.fields[name].disabled = True
                self.fields[name].help_text = now("It stays: the cohort has begun.")

    def changes(self) -> Changes:
        """Only what differs, so that nothing is overwritten that this form did not show."""
        changes: Changes = {name: self.cleaned_data[name] for name in self.changed_data}  # type: ignore[assignment]
        return changes


def leads() -> Any:
    return Membership.objects.filter(roles__overlap=[Role.STAFF, Role.ADMIN, Role.MENTOR]).order_by("name")


class CohortStatusForm(forms.Form):
    to = forms.ChoiceField(label=_("New status"), widget=forms.RadioSelect)
    effective_on = date_field(_("In effect since"))
    note = forms.CharField(label=_("Note"), required=False, max_length=2000, widget=forms.Textarea({"rows": 2}))

    def __init__(self, *args: Any, cohort: Cohort, today: date, **options: Any) -> None:
        super().__init__(*args, **{"initial": {"effective_on": today}, **options})
        self.today = today
        moves = lifecycle.MOVES[cohort.status]
        self.fields["to"].choices = [choice for choice in Cohort.Status.choices if choice[0] in moves]  # type: ignore[attr-defined]

    def clean_effective_on(self) -> date:
        day: date = self.cleaned_data["effective_on"]
        if day > self.today:
            raise forms.ValidationError(now("A status is recorded when it has taken effect. Choose today or earlier."))
        return day


class DueForm(forms.Form):
    due_on = date_field(_("Due on"))


#: Where an error about a break shows, by its code.
BREAK_FIELDS = {
    "name_missing": "name",
    "break_not_in_order": "ends_on",
    "break_too_long": "ends_on",
    "breaks_cover_cohort": "ends_on",
    "breaks_leave_no_time": "ends_on",
    "too_long": "ends_on",
}


class CalendarBreakForm(forms.Form):
    """Days off for every cohort."""

    name = forms.CharField(label=_("Name"), max_length=120)
    starts_on = date_field(_("First day"))
    ends_on = date_field(_("Last day"))


class BreakForm(CalendarBreakForm):
    is_for_everyone = forms.BooleanField(
        label=_("For every cohort"), required=False, help_text=_("Moves every cohort that is not over, and new ones.")
    )

    def values(self, *, cohort: Cohort, today: date) -> dict[str, Any]:
        """What `cohorts.breaks` takes: the break of this cohort, or everyone's."""
        values = dict(self.cleaned_data)
        is_for_everyone = values.pop("is_for_everyone")
        return {**values, "cohort": None if is_for_everyone else cohort, "today": today}


class MentorForm(forms.Form):
    """A mentor, or nobody. `seen` is the mentor beside whose numbers the box to go over their places stood."""

    mentor = MemberChoiceField(
        label=_("Mentor"), required=False, queryset=Membership.objects.none(), empty_label=_("Nobody")
    )
    over = forms.BooleanField(label=_("Assign them all the same, with more learners than they take"), required=False)
    seen = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        members = Membership.objects.with_role(Role.MENTOR).select_related("user").order_by("name")
        self.fields["mentor"].queryset = members  # type: ignore[attr-defined]
        self.asks = False

    @property
    def goes_over(self) -> bool:
        """Whether the box was ticked for the mentor who is chosen now. Only for a valid form."""
        mentor = self.cleaned_data["mentor"]
        return mentor is not None and self.cleaned_data["over"] and self.cleaned_data["seen"] == mentor.pk

    def ask_to_go_over(self) -> None:
        """Show the box, not ticked, for the mentor who was chosen."""
        self.asks = True
        self.data = {"mentor": self.data["mentor"], "seen": self.data["mentor"]}
