"""What of the messages is asked for, by an address. Nothing in an address is an error."""

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.utils.translation import gettext as now
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from cohorts.models import Cohort, Enrollment
from notifications.kinds import KINDS
from notifications.models import Message, MessageQuerySet

ASKED = ("q", "kind", "cohort", "state")


class MessageFilter(forms.Form):
    """`state` has links of its own beside the form, which carries it along."""

    q = forms.CharField(label=_("Name or email"), required=False, widget=forms.TextInput({"type": "search"}))
    kind = forms.ChoiceField(label=_("Kind"), required=False)
    cohort = forms.ChoiceField(label=_("Cohort"), required=False)

    def __init__(self, data: Any) -> None:
        super().__init__(data, auto_id="f_%s")
        titles = sorted(((kind.name, str(kind.title)) for kind in KINDS.values()), key=lambda one: one[1].casefold())
        cohorts = Cohort.objects.order_by("-starts_on", "name").values_list("slug", "name")
        self.fields["kind"].choices = [("", now("Any kind")), *titles]  # type: ignore[attr-defined]
        self.fields["cohort"].choices = [("", now("Any cohort")), *cohorts]  # type: ignore[attr-defined]
        state = str(data.get("state", ""))
        self.state = state if state in Message.State.values else ""
        self.is_valid()

    def found(self) -> MessageQuerySet:
        """Messages of learners of the cohort, when one is asked for."""
        asked = self.cleaned_data
        found = Message.objects.select_related("recipient").order_by("-created_at", "-id")
        if self.state:
            found = found.filter(state=self.state)
        if asked.get("kind"):
            found = found.filter(kind=asked["kind"])
        if asked.get("q"):
            found = found.filter(recipient__in=Membership.objects.matching(asked["q"]).values("user"))
        if asked.get("cohort"):
            people = Enrollment.objects.filter(cohort__slug=asked["cohort"]).values("learner__user")
            found = found.filter(recipient__in=people)
        return found

    @property
    def is_asked(self) -> bool:
        return bool(self.state or any(self.cleaned_data.values()))

    def address(self, **changes: str) -> str:
        """The query of an address that asks for the same, but for the changes."""
        asked = {name: self.cleaned_data.get(name, "") for name in ASKED} | {"state": self.state} | changes
        return "?" + urlencode({name: value for name, value in asked.items() if value})
