from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from assessments import links as web_links
from assessments.errors import AssessmentError, Gap
from assessments.models import Criterion, Review, Score, Submission, SubmissionLink
from assessments.reviewing import Mark, gaps_in
from assessments.submissions import CAPSTONES
from curriculum.models import Project
from design.forms import DateInput

Kind = SubmissionLink.Kind
LONGEST_TEXT = 10_000

CONFIRMATIONS = {
    "tests_pass": (_("The tests pass in CI"), _("Confirm that the tests pass in CI")),
    "readme_explains": (
        _("The README explains how to run the project"),
        _("Confirm that your README explains how to run the project"),
    ),
    "nothing_secret": (
        _("There are no keys, tokens or personal data in the repository"),
        _("Confirm that there are no keys, tokens or personal data in the repository"),
    ),
}


def _link_field(label: Any, hint: Any = "") -> forms.CharField:
    attrs = {"inputmode": "url", "autocomplete": "off", "autocapitalize": "off", "spellcheck": "false"}
    return forms.CharField(label=label, help_text=hint, required=False, widget=forms.URLInput(attrs))


class SubmissionForm(forms.Form):
    """One attempt at a project: links, what to look at first, and what the learner confirms."""

    repository = _link_field(_("Link to your repository"), _("Your reviewer opens this link, so it must be public."))
    commit = forms.CharField(
        label=_("Commit or tag"),
        help_text=_("Leave empty to submit the latest commit on the main branch."),
        required=False,
        max_length=80,
        widget=forms.TextInput({"autocomplete": "off", "autocapitalize": "off", "spellcheck": "false"}),
    )
    deployment = _link_field(_("Link to a demo"))
    article = _link_field(_("Link to an article"))
    notebook = _link_field(_("Link to a notebook"))
    video = _link_field(_("Link to a video"))
    paper = _link_field(_("Link to a paper"))
    note = forms.CharField(
        label=_("What should your reviewer look at first?"),
        required=False,
        max_length=LONGEST_TEXT,
        widget=forms.Textarea({"rows": 4}),
    )

    MORE_LINKS = (Kind.ARTICLE, Kind.NOTEBOOK, Kind.VIDEO, Kind.PAPER)

    def __init__(self, project: Project, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.project = project
        if project.kind in CAPSTONES:
            self.fields["repository"].required = True
            self.fields["repository"].error_messages["required"] = _("Enter the link to your repository")
        self.items = [str(item["text"]) for item in project.checklist]
        for number, text in enumerate(self.items):
            self.fields[f"item_{number}"] = forms.BooleanField(label=text, required=False)
        for name, (label, _message) in CONFIRMATIONS.items():
            self.fields[name] = forms.BooleanField(label=label, required=False)

    @classmethod
    def after(cls, project: Project, previous: Submission | None) -> "SubmissionForm":
        """An empty form, with the links of the attempt before filled in."""
        links = previous.links.all() if previous is not None else []
        return cls(project, initial={link.kind: link.url for link in links})

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        for kind in Kind:
            if not data.get(kind):
                continue
            try:
                web_links.normalize(data[kind], repository=kind == Kind.REPOSITORY)
            except AssessmentError as error:
                self.add_error(kind, str(error))
        if self.project.kind in CAPSTONES or data.get("repository"):
            for name, (_label, message) in CONFIRMATIONS.items():
                if not data.get(name):
                    self.add_error(name, message)
        return data

    def links(self) -> dict[str, str]:
        return {kind.value: self.cleaned_data.get(kind) or "" for kind in Kind}

    def checklist(self) -> list[dict[str, Any]]:
        return [
            {"text": text, "done": bool(self.cleaned_data.get(f"item_{number}"))}
            for number, text in enumerate(self.items)
        ]

    # -- for the template ----------------------------------------------------------------------------------------------

    def item_fields(self) -> list[forms.BoundField]:
        return [self[f"item_{number}"] for number in range(len(self.items))]

    def confirmation_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in CONFIRMATIONS]

    def more_link_fields(self) -> list[forms.BoundField]:
        return [self[kind.value] for kind in self.MORE_LINKS]

    def shows_more_links(self) -> bool:
        return any(field.value() or field.errors for field in self.more_link_fields())


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
