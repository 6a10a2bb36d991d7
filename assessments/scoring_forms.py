"""A score and a comment for each criterion of a rubric, and a word about the whole; a draft may lack anything."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from django import forms
from django.utils.translation import gettext_lazy as _

from assessments.models import Criterion, Rubric, Score
from assessments.reviewing import Mark

LONGEST_TEXT = 10_000


@dataclass(frozen=True)
class CriterionRow:
    """One question of the rubric as the page shows it."""

    criterion: Criterion
    score: forms.BoundField
    comment: forms.BoundField
    options: list[dict[str, Any]]


class Scored(Protocol):
    """A row that holds one criterion's score and comment."""

    criterion: Any
    value: int | None
    comment: str


class ScoringForm(forms.Form):
    summary = forms.CharField(
        label=_("Summary"),
        required=False,
        max_length=LONGEST_TEXT,
        widget=forms.Textarea({"rows": 3, "class": "voice"}),
    )

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        rubric: Rubric,
        scores: Iterable[Scored] = (),
        summary: str = "",
    ) -> None:
        self.criteria: list[Criterion] = list(rubric.criteria.order_by("position"))
        initial: dict[str, Any] = {"summary": summary}
        for score in scores:
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

    def rows(self) -> Iterator[CriterionRow]:
        for criterion in self.criteria:
            score = self[f"score_{criterion.key}"]
            picked = str(score.value())
            options = [
                {
                    "value": value,
                    "label": label,
                    "description": criterion.descriptions[value - 1] if len(criterion.descriptions) >= value else "",
                    "id": f"{score.auto_id}_{value - 1}",
                    "checked": str(value) == picked,
                }
                for value, label in Score.Value.choices
            ]
            yield CriterionRow(criterion, score, self[f"comment_{criterion.key}"], options)
