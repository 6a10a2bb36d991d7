"""Forms of surveys: for staff who make one and plan its waves, and the one that is answered."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from cohorts.forms import date_field
from cohorts.models import Cohort
from outcomes.surveys.answering import LONGEST
from outcomes.surveys.editing import MONTHS, MOST_OWN, Own
from outcomes.surveys.questions import options_of, text_of, values_of
from outcomes.surveys.records import Survey, SurveyQuestion

Kind = SurveyQuestion.Kind
BLANK_ROWS = 2
RUNNING = (Cohort.Status.ENROLLING, Cohort.Status.RUNNING, Cohort.Status.COMPLETED)


class SurveyForm(forms.Form):
    """What a survey is called, how long it takes answers and how often it asks."""

    #: Where an error of the rules shows, by its code.
    FIELDS = {"months_missing": "every_months", "first_day_missing": "first_on"}

    title = forms.CharField(label=_("Title"), max_length=120, help_text=_("It is the subject of the mail."))
    introduction = forms.CharField(
        label=_("Introduction"), max_length=1000, required=False, widget=forms.Textarea({"rows": 3}),
        help_text=_("Why you ask, and what you do with it. It stands in the mail and above the questions."),
    )  # fmt: skip
    answer_days = forms.IntegerField(label=_("Days to answer"), min_value=1, max_value=60, initial=14)
    every_months = forms.TypedChoiceField(label=_("How often"), coerce=int, empty_value=None, required=False)
    first_on = date_field(
        _("First wave on"), required=False, help_text=_("Everybody is mailed on that day, if the survey is open.")
    )
    asks_leavers = forms.BooleanField(
        label=_("Also ask who left in the last 180 days"), required=False,
        help_text=_("Their answers stand apart and are never mixed in."),
    )  # fmt: skip
    recommends = forms.BooleanField(
        label=_("Ask how likely they are to recommend the program, from 0 to 10"), required=False
    )

    def __init__(self, *args: Any, kind: str, **options: Any) -> None:
        super().__init__(*args, **options)
        is_rolling = Survey(kind=kind).is_rolling
        months = self.fields["every_months"]
        words = [
            (number, ngettext("Every month", "Every %(count)s months", number) % {"count": number}) for number in MONTHS
        ]
        if is_rolling:
            months.label, months.required = _("One wave is"), True
            words = [(number, ngettext("A month", "%(count)s months", number) % {"count": number}) for number in MONTHS]
            months.help_text = _("Results show once a wave is over and five people or more have answered.")
            months.initial = 1 if kind == Survey.Kind.ONE_ON_ONE else 3
            self.fields["answer_days"].help_text = _("Counted from the day on which somebody is asked.")
        else:
            words.insert(0, ("", say("Only the waves that I plan")))  # type: ignore[arg-type]
        months.choices = words  # type: ignore[attr-defined]
        dropped = ["first_on", "asks_leavers"] if is_rolling else []
        if kind in (Survey.Kind.ONE_ON_ONE, Survey.Kind.OWN):
            dropped.append("recommends")
        for name in dropped:
            del self.fields[name]

    def values(self) -> dict[str, Any]:
        """For the domain functions, of a valid form."""
        return {"recommends": False, **self.cleaned_data}


class OwnForm(forms.Form):
    key = forms.SlugField(max_length=40, required=False, widget=forms.HiddenInput)
    text = forms.CharField(label=_("Question"), max_length=300)
    kind = forms.ChoiceField(label=_("Answered by"), choices=Kind.choices, initial=Kind.SCORE)
    options = forms.CharField(
        label=_("Answers to choose from"), max_length=1600, required=False, widget=forms.Textarea({"rows": 3}),
        help_text=_("One on each line; only for one of several answers."),
    )  # fmt: skip
    is_required = forms.BooleanField(label=_("Must be answered"), required=False)

    def clean_options(self) -> tuple[str, ...]:
        lines = [line.strip() for line in self.cleaned_data["options"].splitlines() if line.strip()]
        if any(len(line) > 120 for line in lines):
            raise forms.ValidationError(say("Keep each answer under 120 characters."))
        return tuple(dict.fromkeys(lines))

    def own(self) -> Own:
        said = self.cleaned_data
        options = said["options"] if said["kind"] == Kind.CHOICE else ()
        return Own(said["kind"], said["text"], options, said["is_required"], said["key"])


class BaseOwn(forms.BaseFormSet):  # type: ignore[type-arg]
    """The organization's own questions, each a row, with empty rows for more."""

    def own(self) -> list[Own]:
        """What was written, in order, without rows left empty or taken out. Only when all is valid."""
        said = [form for form in self.forms if form.cleaned_data.get("text")]
        return [form.own() for form in said if not form.cleaned_data.get("DELETE")]


OwnFormSet: type[BaseOwn] = forms.formset_factory(  # type: ignore[assignment]
    OwnForm, formset=BaseOwn, extra=BLANK_ROWS, max_num=MOST_OWN, validate_max=True, can_delete=True,
    absolute_max=MOST_OWN + BLANK_ROWS,
)  # fmt: skip


def own_formset(data: Any = None, own: Sequence[Own] = ()) -> BaseOwn:
    initial = [
        {
            "key": each.key, "text": each.text, "kind": each.kind, "options": "\n".join(each.options),
            "is_required": each.is_required,
        }
        for each in own
    ]  # fmt: skip
    return OwnFormSet(data, initial=initial, prefix="own")


class WaveForm(forms.Form):
    """Which cohorts, from which day until which."""

    FIELDS = {
        "in_the_past": "asks_on", "closes_too_soon": "closes_on", "closes_too_late": "closes_on",
        "wave_overlaps": "asks_on",
    }  # fmt: skip

    asks_on = date_field(_("Begins on"), help_text=_("Everybody is mailed on that day."))
    closes_on = date_field(_("Last day to answer"), help_text=_("The results show the day after."))
    cohorts = forms.MultipleChoiceField(
        label=_("Cohorts"), required=False, widget=forms.CheckboxSelectMultiple,
        help_text=_("None chosen is all of them. Fewer than five answers of a cohort are shown with other cohorts."),
    )  # fmt: skip

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.found = {str(cohort.pk): cohort for cohort in Cohort.objects.for_list() if cohort.status in RUNNING}
        self.fields["cohorts"].choices = [(pk, cohort.name) for pk, cohort in self.found.items()]  # type: ignore[attr-defined]

    def values(self) -> dict[str, Any]:
        said = self.cleaned_data
        return {**said, "cohorts": [self.found[pk] for pk in said["cohorts"]]}


class AnswerForm(forms.Form):
    """The questions as somebody answers them: one tap each, and texts that may stay empty."""

    def __init__(self, data: Any = None, *, questions: Sequence[SurveyQuestion]) -> None:
        super().__init__(data)
        self.questions = {f"q{question.position}": question for question in questions}
        for name, question in self.questions.items():
            self.fields[name] = _field_of(question)

    def rows(self) -> list[dict[str, Any]]:
        """Each question with its bound field, its options as (value, label, id, chosen), and how it is drawn."""
        return [
            {"question": question, "field": self[name], "options": self._options(name), "scale": question.kind}
            for name, question in self.questions.items()
        ]

    def replies(self) -> dict[UUID, int | str]:
        """By question, of a valid form; what was left open is an empty text."""
        return {question.pk: self.cleaned_data[name] for name, question in self.questions.items()}

    def _options(self, name: str) -> list[tuple[str, str, str, bool]]:
        bound = self[name]
        choices = getattr(bound.field, "choices", ())
        chosen = str(bound.value() if bound.value() is not None else "")
        return [
            (str(value), str(label), f"{bound.auto_id}_{place}", str(value) == chosen)
            for place, (value, label) in enumerate(choices)
        ]


def _field_of(question: SurveyQuestion) -> forms.Field:
    common: dict[str, Any] = {"label": text_of(question), "required": question.is_required}
    if question.kind == Kind.TEXT:
        return forms.CharField(max_length=LONGEST, widget=forms.Textarea({"rows": 3}), **common)
    labels = options_of(question) or [str(value) for value in values_of(question)]
    choices = list(zip(values_of(question), labels, strict=True))
    errors = {"required": _("Choose one of the answers."), "invalid_choice": _("Choose one of the answers shown.")}
    return forms.TypedChoiceField(
        choices=choices, coerce=int, empty_value="", widget=forms.RadioSelect, error_messages=errors, **common
    )
