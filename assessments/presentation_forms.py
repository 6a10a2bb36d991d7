"""Forms about presentations: planning one, what a member of the panel finds, the chair's decision."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from assessments.models import PanelQuestion, PanelReview, Presentation
from assessments.panel_scoring import MOST_QUESTIONS, Asked, Findings
from assessments.presenting import LARGEST_PANEL, LONGEST, SHORTEST
from assessments.review_forms import LONGEST_NOTE
from assessments.scoring_forms import LONGEST_TEXT, ScoringForm
from design.forms import DateInput, DateTimeInput
from design.templatetags.design import zone_name

BLANK_QUESTIONS = 2
LONGEST_QUESTION = 500


class PlanForm(forms.Form):
    """When, where and before whom. Everything about the panel is chosen among `people`."""

    #: Where an error shows, by its code.
    FIELDS = {
        "time_passed": "start", "time_too_far": "start", "clash": "start", "minutes": "minutes",
        "place_missing": "place", "panel_member": "chair", "reason_missing": "reason",
    }  # fmt: skip

    start = forms.DateTimeField(label=_("Begins"), widget=DateTimeInput)
    minutes = forms.IntegerField(label=_("Minutes"), min_value=SHORTEST, max_value=LONGEST, initial=45)
    place = forms.CharField(
        label=_("Place or link"), max_length=300, help_text=_("A room, or the address of the meeting.")
    )
    chair = forms.ChoiceField(label=_("Chair"), help_text=_("Decides once the panel has scored."))
    note = forms.CharField(
        label=_("What to prepare"),
        help_text=_("For the learner and the panel."),
        required=False,
        max_length=LONGEST_NOTE,
        widget=forms.Textarea({"rows": 3}),
    )

    def __init__(self, data: Any = None, *, people: Sequence[Membership], **options: Any) -> None:
        super().__init__(data, **options)
        self.people = {str(member.pk): member for member in people}
        names = [(key, member.name) for key, member in self.people.items()]
        self.fields["chair"].choices = [("", say("Choose somebody")), *names]  # type: ignore[attr-defined]
        for number in range(2, LARGEST_PANEL + 1):
            self.fields[f"member_{number}"] = forms.ChoiceField(
                label=say("Member %(number)s of the panel") % {"number": number},
                required=False,
                choices=[("", say("Nobody")), *names],
            )
        zone = zone_name(str(timezone.get_current_timezone()))
        self.fields["start"].help_text = say("On your clock (%(zone)s). Others see it on theirs.") % {"zone": zone}

    def clean_start(self) -> Any:
        start = self.cleaned_data["start"]
        return start.replace(second=0, microsecond=0)

    def given(self) -> dict[str, Any]:
        """What planning and changing take."""
        said = dict(self.cleaned_data)
        chosen = [said.pop(f"member_{number}") for number in range(2, LARGEST_PANEL + 1)]
        panel = [self.people[key] for key in chosen if key]
        return {**said, "chair": self.people[said["chair"]], "panel": panel}

    def member_fields(self) -> list[forms.BoundField]:
        """Beside the chair."""
        return [self[f"member_{number}"] for number in range(2, LARGEST_PANEL + 1)]


class ChangeForm(PlanForm):
    """The same for one that is planned, with why; `sequence` is that of what the page showed."""

    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("Everybody who takes part gets it by mail."),
        max_length=LONGEST_NOTE,
        widget=forms.Textarea({"rows": 2}),
    )
    sequence = forms.IntegerField(min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput)

    @classmethod
    def of(cls, presentation: Presentation, data: Any = None, *, people: Sequence[Membership]) -> "ChangeForm":
        chair, *others = [str(seat.member_id) for seat in presentation.panel] or [""]
        initial = {
            "start": presentation.starts_at,
            "minutes": presentation.minutes,
            "place": presentation.place,
            "note": presentation.note,
            "chair": chair,
            **{f"member_{number}": key for number, key in enumerate(others, start=2)},
            "sequence": presentation.sequence,
        }
        return cls(data, people=people, initial=initial)


class PanelForm(ScoringForm):
    """Scores and comments, the questions that were asked with their answers, and a word about the whole."""

    def __init__(
        self, presentation: Presentation, data: Mapping[str, Any] | None = None, *, review: PanelReview | None = None
    ) -> None:
        scores = list(review.scores.select_related("criterion")) if review is not None else []
        super().__init__(
            data,
            rubric=presentation.rubric,
            scores=scores,
            summary=review.summary if review is not None else "",
        )
        asked = list(review.questions.order_by("position")) if review is not None else []
        brought = sum(f"question_{number}" in data for number in range(1, MOST_QUESTIONS + 1)) if data else 0
        self.numbers = range(1, min(MOST_QUESTIONS, max(len(asked) + BLANK_QUESTIONS, brought)) + 1)
        for number, row in enumerate(asked, start=1):
            self.initial.update(
                {f"question_{number}": row.question, f"answered_{number}": row.answered, f"answer_{number}": row.answer}
            )
        for number in self.numbers:
            self._add_question(number)

    def _add_question(self, number: int) -> None:
        words = {"number": number}
        self.fields[f"question_{number}"] = forms.CharField(
            label=say("Question %(number)s") % words, required=False, max_length=LONGEST_QUESTION
        )
        self.fields[f"answered_{number}"] = forms.ChoiceField(
            label=say("How question %(number)s was answered") % words,
            required=False,
            choices=[("", "–"), *PanelQuestion.Answered.choices],
        )
        self.fields[f"answer_{number}"] = forms.CharField(
            label=say("What the answer to question %(number)s was") % words,
            required=False,
            max_length=LONGEST_TEXT,
            widget=forms.Textarea({"rows": 2}),
        )

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        for number in self.numbers:
            has_answer = said.get(f"answered_{number}") or said.get(f"answer_{number}")
            if has_answer and not said.get(f"question_{number}") and f"question_{number}" not in self.errors:
                self.add_error(f"question_{number}", say("Write the question that this answers."))
        return said

    def question_rows(self) -> list[list[forms.BoundField]]:
        return [[self[f"{part}_{number}"] for part in ("question", "answered", "answer")] for number in self.numbers]

    def findings(self) -> Findings:
        """What was written, also when some of it is wrong."""
        said = self.cleaned_data
        questions = [
            Asked(said[f"question_{number}"], said.get(f"answered_{number}") or "", said.get(f"answer_{number}") or "")
            for number in self.numbers
            if said.get(f"question_{number}")
        ]
        return Findings(marks=self.marks(), questions=questions, summary=self.summary_text())


class DecisionForm(forms.Form):
    """What the chair decides."""

    FIELDS = {"outcome_needed": "outcome", "summary_needed": "decision"}

    outcome = forms.ChoiceField(label=_("Outcome"), choices=Presentation.Outcome.choices, widget=forms.RadioSelect)
    decision = forms.CharField(
        label=_("For the learner"),
        help_text=_("What convinced the panel, or what has to be better the next time."),
        required=False,
        max_length=LONGEST_TEXT,
        widget=forms.Textarea({"rows": 3, "class": "voice"}),
    )


class CallOffForm(forms.Form):
    """Why a presentation does not take place."""

    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("Everybody who takes part gets it by mail."),
        max_length=LONGEST_NOTE,
        widget=forms.Textarea({"rows": 2}),
    )


class PolicyForm(forms.Form):
    """From which day on cohorts start whose gates ask for presentations, and of what."""

    day = forms.DateField(
        label=_("Ask for presentations in cohorts that start on or after"),
        help_text=_(
            "Only where the curriculum names presentations among its ways of verification. Empty asks nowhere."
        ),
        required=False,
        widget=DateInput,
    )
    of = forms.ChoiceField(
        label=_("Which capstones"),
        choices=[("final", _("Final capstones")), ("all", _("Every capstone"))],
        initial="final",
        widget=forms.RadioSelect,
    )
