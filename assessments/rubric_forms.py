"""Forms about rubrics: writing one, and what is reviewed with which."""

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from assessments.models import PRESENTED, Rubric, Score
from assessments.rubric_editing import MOST_CRITERIA, CriterionText
from curriculum.models import Project

BLANK_ROWS = 3
AS_ELSEWHERE = "-"
LONGEST = 300


class RubricForm(forms.Form):
    title = forms.CharField(
        label=_("Title"), max_length=120, help_text=_("Versions that were made before keep theirs.")
    )
    standard = forms.TypedChoiceField(
        label=_("To pass, every criterion is at least"),
        choices=[(value, label) for value, label in Score.Value.choices if value > Score.Value.NOT_YET],
        coerce=int,
        initial=Score.Value.PROFICIENT.value,
    )

    def __init__(self, *args: Any, rubric: Rubric | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if rubric is not None:
            self.fields["title"].initial = rubric.title
            self.fields["standard"].initial = rubric.standard


class CriterionForm(forms.Form):
    key = forms.SlugField(max_length=40, required=False, widget=forms.HiddenInput)
    title = forms.CharField(label=_("Criterion"), max_length=120)
    question = forms.CharField(label=_("The question it asks"), max_length=LONGEST)
    not_yet = forms.CharField(label=_("Not yet"), max_length=LONGEST, widget=forms.Textarea({"rows": 2}))
    developing = forms.CharField(label=_("Developing"), max_length=LONGEST, widget=forms.Textarea({"rows": 2}))
    proficient = forms.CharField(label=_("Proficient"), max_length=LONGEST, widget=forms.Textarea({"rows": 2}))
    exemplary = forms.CharField(label=_("Exemplary"), max_length=LONGEST, widget=forms.Textarea({"rows": 2}))

    LEVELS = ("not_yet", "developing", "proficient", "exemplary")

    def level_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.LEVELS]

    def text(self) -> CriterionText:
        said = self.cleaned_data
        not_yet, developing, proficient, exemplary = (said[name] for name in self.LEVELS)
        return CriterionText(
            said["title"], said["question"], (not_yet, developing, proficient, exemplary), said.get("key") or ""
        )


class BaseCriteria(forms.BaseFormSet):  # type: ignore[type-arg]
    """The criteria of a rubric, each a row, with empty rows for more."""

    def texts(self) -> list[CriterionText]:
        """What was written, in order, without rows left empty or taken out. Only when all is valid."""
        said = [form for form in self.forms if form.cleaned_data.get("title")]
        return [form.text() for form in said if not form.cleaned_data.get("DELETE")]


CriteriaFormSet: type[BaseCriteria] = forms.formset_factory(  # type: ignore[assignment]
    CriterionForm,
    formset=BaseCriteria,
    extra=BLANK_ROWS,
    max_num=MOST_CRITERIA,
    validate_max=True,
    can_delete=True,
    absolute_max=MOST_CRITERIA + BLANK_ROWS,
)


def criteria_formset(data: Any = None, texts: Sequence[CriterionText] = ()) -> BaseCriteria:
    """A row for each criterion, and a few to fill in."""
    initial = [
        {
            "key": each.key,
            "title": each.title,
            "question": each.question,
            **dict(zip(CriterionForm.LEVELS, each.descriptions, strict=True)),
        }
        for each in texts
    ]
    return CriteriaFormSet(data, initial=initial, prefix="criteria")


class RubricChoiceForm(forms.Form):
    """Which rubric work of a kind, a level, both or neither is reviewed with."""

    kind = forms.ChoiceField(label=_("Kind of project"), required=False)
    level = forms.ChoiceField(label=_("Level"), required=False)
    rubric = forms.ChoiceField(label=_("Rubric"))

    def __init__(self, data: Any = None, *, rubrics: Iterable[Rubric], levels: Iterable[int]) -> None:
        super().__init__(data)
        choices = {
            "kind": [("", _("Every kind")), *Project.Kind.choices, (PRESENTED, _("Presentation"))],
            "level": [
                ("", _("Every level")),
                *((str(each), _("Level %(number)s") % {"number": each}) for each in levels),
            ],
            "rubric": [
                ("", _("Choose one")),
                (AS_ELSEWHERE, _("As elsewhere")),
                *((str(each.family), each.title) for each in rubrics),
            ],
        }
        for name, offered in choices.items():
            self.fields[name].choices = offered  # type: ignore[attr-defined]
