"""Forms about reviewing: a part of the queue, whom to ask, why somebody else should read too."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from assessments.queue import Wanted

LONGEST_NOTE = 2000


class QueueForm(forms.Form):
    """What of the queue is shown. A word that nobody offered is as good as none."""

    show = forms.ChoiceField(required=False, choices=[("", _("Everyone")), ("mine", _("Mine"))])
    cohort = forms.ChoiceField(label=_("Cohort"), required=False)
    level = forms.ChoiceField(label=_("Level"), required=False)
    due = forms.ChoiceField(
        label=_("Due"), required=False, choices=[("", _("Due at any time")), ("overdue", _("Overdue"))]
    )

    def __init__(self, data: Any, *, cohorts: Iterable[tuple[str, str]], levels: Iterable[int]) -> None:
        super().__init__(data)
        self.fields["cohort"].choices = [("", _("All cohorts")), *cohorts]  # type: ignore[attr-defined]
        self.fields["level"].choices = [  # type: ignore[attr-defined]
            ("", _("All levels")),
            *((str(number), _("Level %(number)s") % {"number": number}) for number in levels),
        ]

    def wanted(self) -> Wanted:
        self.is_valid()
        chosen = self.cleaned_data
        return Wanted(
            only_mine=chosen.get("show") == "mine",
            cohort=chosen.get("cohort") or "",
            level=int(chosen["level"]) if chosen.get("level") else None,
            only_overdue=chosen.get("due") == "overdue",
        )


class AskForm(forms.Form):
    """Whom staff ask to review an attempt."""

    reviewer = forms.ModelChoiceField(Membership.objects.none(), label=_("Reviewer"), empty_label=_("Choose somebody"))
    note = forms.CharField(
        label=_("Note to the reviewer"),
        required=False,
        max_length=LONGEST_NOTE,
        widget=forms.Textarea({"rows": 2}),
    )

    def __init__(self, data: Any = None, *, candidates: Any) -> None:
        super().__init__(data)
        self.fields["reviewer"].queryset = candidates  # type: ignore[attr-defined]


class SecondReadingForm(forms.Form):
    """Why somebody else should read this attempt as well."""

    reason = forms.CharField(
        label=_("Why should somebody else read this too?"),
        help_text=_("The second reader sees this, and not your scores."),
        max_length=LONGEST_NOTE,
        widget=forms.Textarea({"rows": 2}),
    )
