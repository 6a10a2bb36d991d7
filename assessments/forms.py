from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from assessments.errors import Gap
from assessments.models import Review, Score
from assessments.reviewing import Mark, gaps_in
from assessments.scoring_forms import LONGEST_TEXT, ScoringForm
from design.forms import DateInput


class ReviewForm(ScoringForm):
    """Scores and comments for each criterion of the review's rubric, and a summary."""

    def __init__(self, review: Review, data: Mapping[str, Any] | None = None) -> None:
        self.review = review
        super().__init__(
            data,
            rubric=review.rubric,
            scores=review.scores.select_related("criterion"),
            summary=review.summary,
        )

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
