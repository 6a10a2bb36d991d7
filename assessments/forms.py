from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from assessments.errors import Gap
from assessments.models import Criterion, Review, Score
from assessments.reviewing import Mark, gaps_in
from design.forms import DateInput

LONGEST_TEXT = 10_000


@dataclass(frozen=True)
class CriterionRow:
    """One question of the rubric as the review page shows it."""

    criterion: Criterion
    score: forms.BoundField
    comment: forms.BoundField
    options: list[dict[str, Any]]


class ReviewForm(forms.Form):
    """Scores and comments for each criterion of the review's rubric, and a summary. A draft may lack anything."""

    summary = forms.CharField(
        label=_("Summary"),
        required=False,
        max_length=LONGEST_TEXT,
        widget=forms.Textarea({"rows": 3, "class": "voice"}),
    )

    def __init__(self, review: Review, data: Mapping[str, Any] | None = None) -> None:
        self.review = review
        self.criteria = list(review.rubric.criteria.order_by("position"))
        initial: dict[str, Any] = {"summary": review.summary}
        for score in review.scores.select_related("criterion"):
            initial[f"score_{score.criterion.key}"] = score.value
            initial[f"comment_{score.criterion.key}"] = score.comment
        super().__init__(data, initial=initial)
        for criterion in self.criteria:
            self.fields[f"score_{criterion.key}"] = forms.TypedChoiceField(
                label=criterion.title,
                choices=Score.Value.choices,
                coerce=int,
                empty_value=None,
                required=False,
                widget=forms.RadioSelect,
            )
            self.fields[f"comment_{criterion.key}"] = forms.CharField(
                label=_("Comment on %(criterion)s") % {"criterion": criterion.title.lower()},
                required=False,
                max_length=LONGEST_TEXT,
                widget=forms.Textarea({"rows": 2}),
            )
        self.order_fields(
            [*(f"{part}_{each.key}" for each in self.criteria for part in ("score", "comment")), "summary"]
        )

    def marks(self) -> dict[str, Mark]:
        """What was given on each criterion, also when other inputs are wrong."""
        return {
            each.key: Mark(
                self.cleaned_data.get(f"score_{each.key}"), self.cleaned_data.get(f"comment_{each.key}") or ""
            )
            for each in self.criteria
        }

    def summary_text(self) -> str:
        return str(self.cleaned_data.get("summary") or "")

    def gaps(self) -> list[Gap]:
        """What the draft lacks before it can be decided on: as it stands in the form, or was saved."""
        if self.is_bound:
            return gaps_in(self.review.rubric, self.marks(), criteria=self.criteria)
        saved = {
            each.key: Mark(self.initial.get(f"score_{each.key}"), self.initial.get(f"comment_{each.key}") or "")
            for each in self.criteria
        }
        return gaps_in(self.review.rubric, saved, criteria=self.criteria)

    def preview(self) -> dict[str, Any]:
        """What stands in the form, as the pages show a review."""
        marks = self.marks()
        scores = [
            {
                "criterion": each.title,
                "label": Score.Value(mark.value).label if mark.value is not None else "",
                "is_below": mark.value is not None and mark.value < Score.Value.PROFICIENT,
                "comment": mark.comment,
            }
            for each in self.criteria
            if (mark := marks[each.key])
        ]
        return {"scores": scores, "summary": self.summary_text()}

    def rows(self) -> Iterator[CriterionRow]:
        for criterion in self.criteria:
            score = self[f"score_{criterion.key}"]
            picked = str(score.value())
            options = [
                {
                    "value": value,
                    "label": label,
                    "description": criterion.descriptions[value - 1],
                    "id": f"{score.auto_id}_{value - 1}",
                    "checked": str(value) == picked,
                }
                for value, label in Score.Value.choices
            ]
            yield CriterionRow(criterion, score, self[f"comment_{criterion.key}"], options)


class GateForm(forms.Form):
    """The day a decision on a level counts from, and why, where that must be said."""

    on = forms.DateField(label=_("Counts from"), widget=DateInput)
    reason = forms.CharField(
        label=_("Reason"), required=False, max_length=LONGEST_TEXT, widget=forms.Textarea({"rows": 2})
    )


class ReasonForm(forms.Form):
    """Why something is refused or taken back."""

    reason = forms.CharField(
        label=_("Reason"), required=False, max_length=LONGEST_TEXT, widget=forms.Textarea({"rows": 2})
    )
