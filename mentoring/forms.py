import contextlib
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, time
from typing import Any
from uuid import UUID

from django import forms
from django.forms import BaseFormSet, formset_factory
from django.utils import timezone
from django.utils.dates import WEEKDAYS, WEEKDAYS_ABBR
from django.utils.text import capfirst
from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _

from accounts.forms import ZoneField
from design.forms import DateInput, TimeInput
from mentoring.availability_rules import ClockWindow, WeeklyWindow
from mentoring.models import Mentor
from mentoring.notes import NOTES_LENGTH
from mentoring.offering import DAY, MOST_WINDOWS, Limits
from mentoring.ratings import COMMENT_LENGTH
from mentoring.records import ActionItem
from mentoring.session import AGENDA_LENGTH

NOTE_LENGTH = 2000
#: The windows that a week has room for, and rows that painting has emptied.
MOST_ROWS = 2 * MOST_WINDOWS
Choices = Sequence[tuple[Any, str]]


class SlotField(forms.Field):
    """An instant as `slot_days.slot_value` writes it."""

    default_error_messages = {"required": _("Pick one of the times."), "invalid": _("Pick one of the times.")}

    def to_python(self, value: Any) -> datetime | None:
        if not value:
            return None
        try:
            moment = datetime.fromisoformat(str(value))
            return moment.astimezone(UTC) if moment.tzinfo else self._refuse()
        except (ValueError, OverflowError):
            return self._refuse()

    def _refuse(self) -> datetime:
        raise forms.ValidationError(self.error_messages["invalid"], code="invalid")


class SlotForm(forms.Form):
    """A new time for a 1-on-1; `sequence` is that of the time on the page."""

    start = SlotField(label=_("Time"))
    sequence = forms.IntegerField(widget=forms.HiddenInput, min_value=0)


class BookForm(forms.Form):
    start = SlotField(label=_("Time"))
    agenda = forms.CharField(
        label=_("What would help most?"),
        required=False,
        max_length=NOTE_LENGTH,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class CancelForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=NOTE_LENGTH,
        help_text=_("The other reads it."),
        error_messages={"required": _("Write a reason, so that the other knows why.")},
        widget=forms.Textarea(attrs={"rows": 2}),
    )


# -- the 1-on-1 itself -------------------------------------------------------------------------------------------------


class AgendaForm(forms.Form):
    agenda = forms.CharField(
        label=_("What would help most?"),
        required=False,
        max_length=AGENDA_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class NotesForm(forms.Form):
    """Notes with the revision they were written upon.

    `onto` and `below` name a later one that the writer saw, to be replaced by these or to stand above them.
    """

    text = forms.CharField(
        label=_("Notes"),
        required=False,
        max_length=NOTES_LENGTH,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 8}),
        error_messages={"max_length": _("Notes hold 20,000 characters. Shorten them and save again.")},
    )
    revision = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2_000_000_000)
    onto = forms.IntegerField(required=False, min_value=0, max_value=2_000_000_000)
    below = forms.IntegerField(required=False, min_value=0, max_value=2_000_000_000)

    def writing(self) -> dict[str, Any]:
        """What the domain functions take. Only for a valid form."""
        told = (self.cleaned_data[name] for name in ("onto", "below", "revision"))
        return {"text": self.cleaned_data["text"], "revision": next(each for each in told if each is not None)}

    @property
    def goes_below(self) -> bool:
        return self.cleaned_data.get("below") is not None


class ActionForm(forms.Form):
    text = forms.CharField(
        label=_("What needs doing"), max_length=300, error_messages={"required": _("Write what is to be done.")}
    )
    doer = forms.ChoiceField(label=_("Who does it"), choices=ActionItem.Doer.choices)
    due_on = forms.DateField(label=_("By when"), required=False, widget=DateInput)


class RatingForm(forms.Form):
    score = forms.TypedChoiceField(
        label=_("How useful was it?"),
        coerce=int,
        choices=[(number, str(number)) for number in range(1, 6)],
        error_messages={
            "required": _("Choose a number from 1 to 5."),
            "invalid_choice": _("Choose a number from 1 to 5."),
        },
    )
    comment = forms.CharField(
        label=_("What made it so?"),
        required=False,
        max_length=COMMENT_LENGTH,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


# -- coverage ----------------------------------------------------------------------------------------------------------


class ProposalForm(forms.Form):
    """Up to three of the free times."""

    note = forms.CharField(label=_("Note"), required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, data: Any, *, chosen: Iterable[str]) -> None:
        super().__init__(data)
        self.chosen = list(chosen)

    def starts(self) -> list[datetime]:
        """The chosen times; what is no instant is no choice."""
        field, found = SlotField(), []
        for value in self.chosen[:50]:
            with contextlib.suppress(forms.ValidationError):
                found.append(field.clean(value))
        return found


class CoverageForm(forms.Form):
    """What of a month to show. Nothing in an address is an error: what cannot be understood asks for nothing."""

    month = forms.ChoiceField(label=_("Month"), required=False)
    cohort = forms.TypedChoiceField(label=_("Cohort"), required=False, coerce=UUID, empty_value=None)
    mentor = forms.TypedChoiceField(label=_("Mentor"), required=False, coerce=UUID, empty_value=None)

    def __init__(self, data: Any, *, months: Choices, cohorts: Choices, mentors: Choices) -> None:
        super().__init__(data)
        self.fields["month"].choices = months  # type: ignore[attr-defined]
        self.fields["cohort"].choices = [("", say("Every cohort")), *cohorts]  # type: ignore[attr-defined]
        self.fields["mentor"].choices = [("", say("Every mentor")), *mentors]  # type: ignore[attr-defined]

    def chosen(self, name: str) -> UUID | None:
        self.is_valid()
        found: UUID | None = self.cleaned_data.get(name)
        return found


# -- what a mentor offers ----------------------------------------------------------------------------------------------


class WindowForm(forms.Form):
    """A window of one weekday; left empty it is none."""

    weekday = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=6)
    start = forms.TimeField(label=_("From"), required=False, widget=TimeInput)
    end = forms.TimeField(label=_("Until"), required=False, widget=TimeInput)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        check_window(self, "start", "end")
        return cleaned

    def window(self) -> WeeklyWindow | None:
        """The window, or None when the row is empty or to be removed. Only for a valid form."""
        start, end = self.cleaned_data.get("start"), self.cleaned_data.get("end")
        if start is None or end is None or self.cleaned_data.get("DELETE"):
            return None
        return WeeklyWindow(self.cleaned_data["weekday"], minute_of(start), minute_of(end))


class BaseWindows(BaseFormSet):  # type: ignore[type-arg]
    """The windows of a week, each weekday with an empty row for one more."""

    default_error_messages = {
        **BaseFormSet.default_error_messages,
        "too_many_forms": _("A week has room for 70 windows. Join those that touch, and save again."),
    }

    def add_fields(self, form: WindowForm, index: int | None) -> None:
        super().add_fields(form, index)
        form.fields["DELETE"].label = _("Remove")

    def clean(self) -> None:
        seen = set()
        for form in self.forms:
            window = form.window() if form.is_valid() else None
            if window is None:
                continue
            if (place := (window.weekday, window.start_minute)) in seen:
                raise forms.ValidationError(
                    say("%(day)s has two windows that start at %(time)s. Remove one of them.")
                    % {"day": capfirst(WEEKDAYS[window.weekday]), "time": form.cleaned_data["start"].strftime("%H:%M")}
                )
            seen.add(place)

    def windows(self) -> list[WeeklyWindow]:
        return [window for form in self.forms if form.is_valid() and (window := form.window())]

    def days(self) -> list[dict[str, Any]]:
        """The rows by weekday, as the page shows them."""
        rows: dict[str, list[WindowForm]] = {str(day): [] for day in range(7)}
        for form in self.forms:
            rows.get(str(form["weekday"].value()), []).append(form)
        return [
            {
                "number": day,
                "name": capfirst(WEEKDAYS[day]),
                "short": capfirst(WEEKDAYS_ABBR[day]),
                "forms": rows[str(day)],
            }
            for day in range(7)
        ]


WindowFormSet: type[BaseWindows] = formset_factory(  # type: ignore[assignment]
    WindowForm,
    formset=BaseWindows,
    extra=0,
    can_delete=True,
    max_num=MOST_ROWS,
    absolute_max=MOST_ROWS + 1,
    validate_max=True,
)


def windows_initial(windows: Iterable[WeeklyWindow]) -> list[dict[str, Any]]:
    """What `WindowFormSet` starts from: the windows, and an empty row for every weekday."""
    rows = [
        {"weekday": each.weekday, "start": time_of(each.start_minute), "end": time_of(each.end_minute)}
        for each in windows
    ]
    return rows + [{"weekday": weekday} for weekday in range(7)]


def _minutes(label: Any, least: int, most: int, **options: Any) -> forms.IntegerField:
    return forms.IntegerField(label=label, min_value=least, max_value=most, **options)


class LimitsForm(forms.ModelForm):  # type: ignore[type-arg]
    """Everything a mentor offers besides the hours."""

    duration = _minutes(_("Length (minutes)"), 10, 240)
    step = _minutes(_("A start every (minutes)"), 5, 240, help_text=_("Counted from the start of each window."))
    min_notice_hours = forms.IntegerField(
        label=_("Notice (hours)"),
        min_value=0,
        max_value=24 * 60,
        help_text=_("Nobody can book later than this before the start."),
    )
    max_days_ahead = forms.IntegerField(
        label=_("Days ahead"), min_value=1, max_value=366, help_text=_("How far ahead learners can book.")
    )
    buffer_before = _minutes(_("Free before (minutes)"), 0, 240)
    buffer_after = _minutes(_("Free after (minutes)"), 0, 240)
    max_per_day = forms.IntegerField(label=_("Most a day"), min_value=1, max_value=48, required=False)
    max_per_week = forms.IntegerField(label=_("Most a week"), min_value=1, max_value=200, required=False)
    time_zone = ZoneField(label=_("Time zone"), help_text=_("Your hours are on this clock, wherever learners are."))
    video_link = forms.URLField(
        label=_("Video link"),
        required=False,
        max_length=300,
        assume_scheme="https",
        help_text=_("Where you meet. It stands in every mail and on both pages."),
        error_messages={"invalid": _("Enter a link that starts with https://")},
    )

    field_order = ["duration", "step", "min_notice_hours"]

    class Meta:
        model = Mentor
        fields = [
            "duration", "step", "max_days_ahead", "buffer_before", "buffer_after", "max_per_day", "max_per_week",
            "time_zone", "video_link",
        ]  # fmt: skip

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.initial["min_notice_hours"] = -(-self.instance.min_notice // 60)
        self.fields["time_zone"].offer(self.instance.time_zone)  # type: ignore[attr-defined]

    def clean_video_link(self) -> str:
        link: str = self.cleaned_data["video_link"]
        if link and not link.startswith("https://"):
            raise forms.ValidationError(say("Enter a link that starts with https://"), code="invalid")
        return link

    def limits(self) -> Limits:
        told: Any = {name: self.cleaned_data[name] for name in self.Meta.fields}
        told["min_notice"] = self.cleaned_data["min_notice_hours"] * 60
        limits: Limits = told
        return limits


class ExceptionForm(forms.Form):
    """Other hours on one date, in up to two windows; none is a day off."""

    date = forms.DateField(label=_("Date"), widget=DateInput)
    start = forms.TimeField(label=_("From"), required=False, widget=TimeInput)
    end = forms.TimeField(label=_("Until"), required=False, widget=TimeInput)
    second_start = forms.TimeField(label=_("And from"), required=False, widget=TimeInput)
    second_end = forms.TimeField(label=_("Until"), required=False, widget=TimeInput)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        check_window(self, "start", "end")
        check_window(self, "second_start", "second_end")
        return cleaned

    def windows(self) -> list[ClockWindow]:
        pairs = ((self.cleaned_data[f"{which}start"], self.cleaned_data[f"{which}end"]) for which in ("", "second_"))
        return [ClockWindow(minute_of(start), minute_of(end)) for start, end in pairs if start is not None]


class DaysForm(forms.Form):
    """Days from the first to the last, both included."""

    first = forms.DateField(label=_("First day"), widget=DateInput)
    last = forms.DateField(label=_("Last day"), widget=DateInput)


class StayForm(DaysForm):
    """Days on which the hours are on another clock."""

    time_zone = ZoneField(label=_("Time zone"))

    field_order = ["time_zone", "first", "last"]


class PreviewForm(forms.Form):
    """Whose clock the preview is on; the viewer's when none is chosen."""

    zone = ZoneField(label=_("On a clock in"), required=False)

    def chosen(self) -> str:
        zone: str = self.cleaned_data.get("zone", "") if self.is_valid() else ""
        return zone or timezone.get_current_timezone_name()


class TimeOffForm(DaysForm):
    """Days away."""

    note = forms.CharField(label=_("Note"), required=False, max_length=200, help_text=_("Only you read it."))


def check_window(form: forms.Form, start_name: str, end_name: str) -> None:
    """Both ends or none; the same time twice is a slip, except midnight to midnight: the whole day."""
    if start_name in form.errors or end_name in form.errors:
        return
    start, end = form.cleaned_data.get(start_name), form.cleaned_data.get(end_name)
    if start is not None and end is None:
        form.add_error(end_name, say("Fill in when it ends."))
    elif end is not None and start is None:
        form.add_error(start_name, say("Fill in when it starts."))
    elif start is not None and start == end and start != time():
        form.add_error(
            end_name, say("It ends when it starts. Choose another end; midnight to midnight is a whole day.")
        )


def minute_of(reading: time) -> int:
    return reading.hour * 60 + reading.minute


def time_of(minute: int) -> time:
    return time(minute % DAY // 60, minute % 60)
