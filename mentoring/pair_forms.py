"""Forms about a pair: 1-on-1s that come back, who meets whom, and what a mentor is good at."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _

from design.forms import DateInput
from mentoring.expertise import MOST_LEARNERS, MOST_TOPICS, TOPIC_LENGTH, Expertise
from mentoring.forms import NOTE_LENGTH, SlotField
from mentoring.matching import LANGUAGES
from mentoring.models import Mentor
from mentoring.series_records import Series

DATE_PREFIX = "on-"


class SeriesForm(forms.Form):
    """When a series begins and how often it comes back; with the dates of a preview, the time chosen for each."""

    start = SlotField(label=_("Time"))
    rhythm = forms.ChoiceField(
        label=_("How often"),
        choices=Series.Rhythm.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose how often you meet.")},
    )

    def chosen(self) -> dict[date, datetime | None]:
        """The time chosen for each date, None to skip it. Raises ValidationError for what is no time or date."""
        return {
            _day(name.removeprefix(DATE_PREFIX)): SlotField(required=False).clean(value)
            for name, value in self.data.items()
            if name.startswith(DATE_PREFIX)
        }


class StopSeriesForm(forms.Form):
    from_day = forms.DateField(
        label=_("From"), widget=DateInput, help_text=_("On the mentor's clock. What is booked before this day stays.")
    )
    reason = forms.CharField(
        label=_("Reason"),
        max_length=NOTE_LENGTH,
        help_text=_("The other reads it in the mail about each 1-on-1 that is cancelled."),
        error_messages={"required": _("Write a reason, so that the other knows why.")},
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class ExpertiseForm(forms.Form):
    """What staff match learners by."""

    levels = forms.TypedMultipleChoiceField(
        label=_("Levels"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple,
        help_text=_("None ticked: any level may come."),
    )  # fmt: skip
    languages = forms.MultipleChoiceField(
        label=_("Languages"), choices=LANGUAGES.items(), required=False, widget=forms.CheckboxSelectMultiple
    )
    topics = forms.CharField(
        label=_("Topics"),
        required=False,
        help_text=_("What is known best, with commas between: retrieval, evaluation."),
        max_length=1000,
    )
    capacity = forms.IntegerField(
        label=_("Places for learners"),
        required=False,
        min_value=0,
        max_value=MOST_LEARNERS,
        help_text=_("The most at once. Matching never goes over it."),
    )

    def __init__(self, data: Any = None, *, mentor: Mentor, levels: Iterable[int]) -> None:
        said = {
            "levels": mentor.levels,
            "languages": mentor.languages,
            "topics": ", ".join(mentor.topics),
            "capacity": mentor.capacity,
        }
        super().__init__(data, initial=said)
        numbers = sorted({*levels, *mentor.levels})
        self.fields["levels"].choices = [(number, say("Level %(number)s") % {"number": number}) for number in numbers]  # type: ignore[attr-defined]

    def clean_topics(self) -> list[str]:
        topics = list(dict.fromkeys(word.strip() for word in self.cleaned_data["topics"].split(",") if word.strip()))
        if len(topics) > MOST_TOPICS:
            raise ValidationError(say("Name twelve topics at most."), code="too_many")
        if any(len(topic) > TOPIC_LENGTH for topic in topics):
            raise ValidationError(say("Keep each topic under 60 characters."), code="too_long")
        return topics

    def expertise(self) -> Expertise:
        told: Any = {name: self.cleaned_data[name] for name in self.fields}
        expertise: Expertise = told
        return expertise


class AwayForm(forms.Form):
    """For how long somebody else takes over: for good when there are no dates."""

    first_day = forms.DateField(label=_("First day"), required=False, widget=DateInput)
    last_day = forms.DateField(label=_("Last day"), required=False, widget=DateInput)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        first, last = cleaned.get("first_day"), cleaned.get("last_day")
        if not self.errors and (first is None) != (last is None):
            self.add_error("last_day" if last is None else "first_day", say("Fill in both days, or neither."))
        if first and last and last < first:
            self.add_error("last_day", say("The last day lies before the first. Swap them."))
        return cleaned


class AskForm(forms.Form):
    """Until when the mentors who are asked to take over can answer, and what they should know."""

    answer_by = forms.DateField(
        label=_("Answer by"),
        widget=DateInput,
        help_text=_("Whoever has not answered by the end of this day comes back to you."),
        error_messages={"required": _("Choose the day by which they answer.")},
    )
    note = forms.CharField(
        label=_("What they should know"),
        required=False,
        max_length=NOTE_LENGTH,
        help_text=_("They read it in the mail and beside the learners."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )


def ids_in(data: Mapping[str, Any], prefix: str) -> dict[UUID, str]:
    """The values of fields named by a prefix and an id, as `mentor-0198…`; other names are left out."""
    found = {}
    for name, value in data.items():
        if name.startswith(prefix) and (pk := uuid_of(name.removeprefix(prefix))):
            found[pk] = str(value)
    return found


def uuid_of(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def time_of_slot(text: str) -> datetime | None:
    """The instant that a slot's value names; None for anything else."""
    try:
        moment: datetime | None = SlotField(required=False).clean(text)
    except ValidationError:
        return None
    return moment


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValidationError(say("Look at the dates again.")) from None
