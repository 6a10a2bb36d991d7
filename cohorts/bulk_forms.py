"""What is asked before something is done for many learners."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as now
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership, Role
from cohorts.forms import MemberChoiceField, date_field
from cohorts.history import LEAVING
from cohorts.models import BulkAction, Enrollment, LeavingReason

Status = Enrollment.Status
#: A transfer goes to a cohort of one's own, and graduation follows from the last gate: both are done one by one.
OFFERED = (Status.ENROLLED, Status.ACTIVE, Status.ON_LEAVE, Status.WITHDRAWN, Status.DISMISSED, Status.WAITING)


class BulkStatusForm(forms.Form):
    to = forms.ChoiceField(
        label=_("New status"),
        widget=forms.RadioSelect,
        choices=[(one.value, one.label) for one in OFFERED],
    )
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
    note = forms.CharField(label=_("Note"), required=False, max_length=2000, widget=forms.Textarea({"rows": 2}))

    def __init__(self, *args: Any, today: date, **options: Any) -> None:
        super().__init__(*args, **{"initial": {"effective_on": today}, **options})
        self.fields["reason"].queryset = LeavingReason.objects.offered()  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """What is wrong for everyone is said here, once; what is wrong for some, beside their names."""
        said = super().clean() or {}
        to, starts_on, returns_on = said.get("to"), said.get("effective_on"), said.get("returns_on")
        if to in LEAVING and not said.get("reason"):
            self.add_error("reason", now("Choose a reason: why somebody left is counted."))
        if to == Status.ON_LEAVE and not returns_on and "returns_on" not in self.errors:
            self.add_error("returns_on", now("Enter the day on which the learner plans to return."))
        if to and to != Status.ON_LEAVE and returns_on:
            self.add_error("returns_on", now("Only a leave has a day of return. Leave that field empty."))
        if starts_on and returns_on and returns_on <= starts_on:
            self.add_error("returns_on", now("The return lies before the leave. Choose a later day."))
        if to not in LEAVING:
            said["reason"] = None
        return said

    def details(self) -> dict[str, Any]:
        days = {name: self.cleaned_data[name] for name in ("effective_on", "returns_on")}
        reason = self.cleaned_data["reason"]
        texts = {name: self.cleaned_data[name] for name in ("to", "note")} | {"reason": reason.code if reason else ""}
        return texts | {name: day.isoformat() if day else None for name, day in days.items()}


class BulkMentorForm(forms.Form):
    mentor = MemberChoiceField(
        label=_("Mentor"), required=False, queryset=Membership.objects.none(), empty_label=_("Nobody")
    )

    def __init__(self, *args: Any, today: date, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["mentor"].queryset = Membership.objects.with_role(Role.MENTOR).order_by("name")  # type: ignore[attr-defined]

    def details(self) -> dict[str, Any]:
        mentor = self.cleaned_data["mentor"]
        return {"mentor": str(mentor.pk) if mentor else None}


FORMS: dict[str, type[Any]] = {
    BulkAction.Kind.STATUS: BulkStatusForm,
    BulkAction.Kind.MENTOR: BulkMentorForm,
}
