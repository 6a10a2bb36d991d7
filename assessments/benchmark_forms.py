"""Reporting a result on a benchmark, and judging one."""

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.utils.formats import get_format
from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from assessments import links as web_links
from assessments.benchmark_words import words_of
from assessments.benchmarks import LONGEST_DATASET, LONGEST_NOTE, NO_NUMBER, checked_value
from assessments.errors import AssessmentError
from assessments.link_forms import PLAIN
from cohorts.asks import COUNTED
from curriculum.models import Benchmark
from design.forms import DateInput

FIGURE = re.compile(r"[+-]?[0-9]{1,40}(?:[.,][0-9]{1,40})?")
#: As in 1,500: a thousand and a half, or one and a half.
GROUPED = re.compile(r"[+-]?[1-9][0-9]{0,2}(?P<mark>[.,])[0-9]{3}")


class FigureField(forms.CharField):
    """A number with a point or a comma before its decimals, in any language; refused where that is not sure."""

    def __init__(self, **options: Any) -> None:
        widget = forms.TextInput({"inputmode": "decimal", "autocomplete": "off"})
        super().__init__(max_length=100, widget=widget, **options)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        return read_figure(text) if text else None


def read_figure(text: str) -> Decimal:
    """Raises ValidationError for what is no number, or two at once: 1,500 is either in one language or another."""
    text = text.strip().removesuffix("%").strip().replace("\u2212", "-")
    if not FIGURE.fullmatch(text):
        raise forms.ValidationError(NO_NUMBER)
    grouped = GROUPED.fullmatch(text)
    if grouped and grouped["mark"] == get_format("THOUSAND_SEPARATOR"):
        words = {"text": text, "large": text.replace(grouped["mark"], "")}
        sentence = say("“%(text)s” can be read in two ways. Write %(large)s, or fewer decimals.")
        raise forms.ValidationError(sentence % words)
    try:
        return checked_value(Decimal(text.replace(",", ".")))
    except AssessmentError as error:
        raise forms.ValidationError(str(error)) from None


class ReportForm(forms.Form):
    """What was reached on one of the benchmarks, and where others can see it."""

    #: Where an error of the domain shows, by its code.
    FIELDS = {
        "benchmark_value": "value",
        "benchmark_dataset": "dataset",
        "benchmark_day": "measured_on",
        "benchmark_evidence": "evidence",
    }

    benchmark = forms.ChoiceField(
        label=_("Benchmark"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose the benchmark."), "invalid_choice": _("Choose the benchmark.")},
    )
    value = FigureField(
        label=_("What you measured"),
        help_text=_("A number in the unit of the benchmark, such as 97.2."),
        error_messages={"required": _("Write what you measured.")},
    )
    dataset = forms.CharField(
        label=_("Dataset"),
        help_text=_("On which data it was measured, such as the MNIST test set. Not needed for what is counted."),
        required=False,
        max_length=LONGEST_DATASET,
    )
    evidence = forms.CharField(
        label=_("Link to the evidence"),
        help_text=_("Where others can see the result: a log, a notebook, a leaderboard."),
        widget=forms.URLInput({"inputmode": "url", **PLAIN}),
        error_messages={"required": _("Add a link to where the result can be seen.")},
    )
    measured_on = forms.DateField(label=pgettext_lazy("day", "Measured on"), widget=DateInput())
    note = forms.CharField(
        label=_("Note"),
        help_text=_("How it was measured, or what changed."),
        required=False,
        max_length=LONGEST_NOTE,
        widget=forms.Textarea({"rows": 3}),
    )

    def __init__(self, data: Any = None, *, benchmarks: Sequence[Benchmark], on: date, chosen: str = "") -> None:
        known = {str(each.pk): each for each in benchmarks}
        first = chosen if chosen in known else next(iter(known), "")
        super().__init__(data, initial={"benchmark": first, "measured_on": on})
        self.known = known
        self.fields["benchmark"].choices = [(pk, words_of(each)) for pk, each in known.items()]  # type: ignore[attr-defined]
        if all(each.unit == COUNTED for each in benchmarks):
            del self.fields["dataset"]

    def clean_evidence(self) -> str:
        try:
            return web_links.normalize(self.cleaned_data["evidence"])
        except AssessmentError as error:
            raise forms.ValidationError(str(error)) from None

    def given(self) -> dict[str, Any]:
        """What `report_benchmark` takes."""
        data = self.cleaned_data
        return {
            "benchmark": self.known[data["benchmark"]],
            "value": data["value"],
            "dataset": data.get("dataset", ""),
            "evidence_url": data["evidence"],
            "note": data["note"],
            "measured_on": data["measured_on"],
        }


class VerdictForm(forms.Form):
    """The buttons say which: verified or rejected."""

    FIELDS = {"benchmark_reason": "reason"}

    answer = forms.ChoiceField(
        choices=[("verified", "verified"), ("rejected", "rejected")],
        widget=forms.HiddenInput,
        error_messages={
            "required": _("Verify the result, or reject it."),
            "invalid_choice": _("Verify the result, or reject it."),
        },
    )
    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("Needed to reject it: what does not hold, and how to mend it. The learner reads it."),
        required=False,
        max_length=LONGEST_NOTE,
        widget=forms.Textarea({"rows": 3}),
    )

    def given(self) -> dict[str, Any]:
        return {"is_verified": self.cleaned_data["answer"] == "verified", "reason": self.cleaned_data["reason"]}


def chosen_of(text: str) -> str:
    """The id of a benchmark in an address, or nothing."""
    try:
        return str(UUID(text))
    except ValueError:
        return ""
