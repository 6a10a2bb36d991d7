"""The next event in a learner's history, and a correction of what is there."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as now
from django.utils.translation import gettext_lazy as _

from cohorts.forms import date_field
from cohorts.models import Cohort, Enrollment, LeavingReason
from cohorts.moves import MOVES, Status
from cohorts.status_plan import Wish

#: Where an error of the history shows, by its code.
FIELDS = {
    "move_not_allowed": "to",
    "gate_needed": "to",
    "cohort_full": "to",
    "reason_missing": "reason",
    "reason_retired": "reason",
    "return_missing": "returns_on",
    "return_before_leave": "returns_on",
    "return_without_leave": "returns_on",
    "leave_overlaps": "returns_on",
    "before_last_event": "effective_on",
    "does_not_fit": "effective_on",
    "transfer_ahead": "effective_on",
    "transfer_not_corrected": "effective_on",
    "already_enrolled": "cohort",
    "cohort_closed": "cohort",
    "levels_missing": "cohort",
}


class StatusForm(forms.Form):
    """The next event. Graduation is not offered: it follows from the last gate."""

    corrects = False

    to = forms.ChoiceField(label=_("New status"), widget=forms.RadioSelect)
    effective_on = date_field(_("In effect since"), help_text=_("A day ahead makes it a plan."))
    returns_on = date_field(_("Planned return"), required=False, help_text=_("For a leave."))
    reason = forms.ModelChoiceField(
        label=_("Reason"),
        required=False,
        queryset=LeavingReason.objects.none(),
        to_field_name="code",
        empty_label=_("Choose a reason"),
        help_text=_("For who withdraws or is dismissed."),
    )
    cohort = forms.ModelChoiceField(
        label=_("Goes on in"),
        required=False,
        queryset=Cohort.objects.none(),
        empty_label=_("Choose a cohort"),
        help_text=_("For a transfer."),
    )
    note = forms.CharField(label=_("Note"), required=False, max_length=2000, widget=forms.Textarea({"rows": 2}))
    #: The last event that the person saw, so that nobody overwrites what somebody else recorded meanwhile.
    seen = forms.IntegerField(required=False, min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, enrollment: Enrollment, today: date, last: int, **options: Any) -> None:
        options["initial"] = {"effective_on": today, "seen": last, **options.get("initial", {})}
        super().__init__(data, **options)
        self.enrollment = enrollment
        self.offered = self.statuses()
        self.fields["to"].choices = [  # type: ignore[attr-defined]
            (value, label) for value, label in Status.choices if value in self.offered
        ]
        self.fields["reason"].queryset = LeavingReason.objects.offered()  # type: ignore[attr-defined]
        others = Cohort.objects.exclude(pk=enrollment.cohort_id).filter(
            status__in=[Cohort.Status.PLANNED, Cohort.Status.ENROLLING, Cohort.Status.RUNNING]
        )
        self.fields["cohort"].queryset = others.select_related("version").order_by("name")  # type: ignore[attr-defined]
        if Status.TRANSFERRED not in self.offered:
            del self.fields["cohort"]

    def statuses(self) -> frozenset[str]:
        return MOVES[self.enrollment.status] - {Status.GRADUATED}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("to") == Status.TRANSFERRED and not cleaned.get("cohort"):
            self.add_error("cohort", now("Choose the cohort in which the learner goes on."))
        return cleaned

    @property
    def wish(self) -> Wish:
        said = self.cleaned_data
        return Wish(
            to=said["to"],
            effective_on=said["effective_on"],
            returns_on=said["returns_on"],
            leaving_reason=said["reason"],
            note=said["note"],
            corrects=self.corrects,
        )


class HistoryForm(StatusForm):
    """What is to stand in the history from a day on that is past, whatever is recorded for it."""

    corrects = True

    def __init__(self, data: Any = None, **options: Any) -> None:
        super().__init__(data, **options)
        self.fields["to"].label = now("Status from that day on")
        self.fields["effective_on"].help_text = now(
            "On the day of a change, this replaces it; the status before it says that it did not happen."
        )

    def statuses(self) -> frozenset[str]:
        return frozenset(Status.values) - {Status.GRADUATED, Status.TRANSFERRED}
