"""Forms about how reviews go: the days, who reviews which level, where a second reader is asked."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from assessments.assigning import PASSED_ON
from assessments.reminders import RULE
from assessments.reviewers import LevelReviewers
from notifications.rules import Rule

ANSWERS = {"yes": True, "no": False, "": None}


def _days(rule: Rule, label: Any, hint: Any) -> forms.IntegerField:
    return forms.IntegerField(label=label, help_text=hint, min_value=rule.least, max_value=rule.most)


class DaysForm(forms.Form):
    """The organization's own moments of the two rules about reviews, in working days."""

    reminded = _days(RULE, _("Working days until a reminder"), _("Counted from when somebody is asked."))
    passed_on = _days(
        PASSED_ON,
        _("Working days until it goes on"),
        _("From the mentor to a reviewer of the level, and from there to program staff."),
    )

    def amounts(self) -> dict[str, int]:
        return {RULE.name: self.cleaned_data["reminded"], PASSED_ON.name: self.cleaned_data["passed_on"]}


class LevelReviewerForm(forms.Form):
    """Somebody who reviews work of a level."""

    level = forms.ChoiceField(label=_("Level"))
    reviewer = forms.ModelChoiceField(Membership.objects.none(), label=_("Reviewer"), empty_label=_("Choose somebody"))

    def __init__(self, data: Any = None, *, levels: Iterable[LevelReviewers], people: Any) -> None:
        super().__init__(data)
        self.levels = {f"{each.curriculum.pk}:{each.number}": each for each in levels}
        self.fields["level"].choices = [  # type: ignore[attr-defined]
            (key, _("%(curriculum)s, level %(number)s") % {"curriculum": each.curriculum, "number": each.number})
            for key, each in self.levels.items()
        ]
        self.fields["reviewer"].queryset = people  # type: ignore[attr-defined]

    def chosen(self) -> LevelReviewers:
        return self.levels[self.cleaned_data["level"]]


class SecondReaderForm(forms.Form):
    """Whether final capstones have a second reader: everywhere, in one cohort, or for one project."""

    where = forms.ChoiceField(label=_("Where"))
    answer = forms.ChoiceField(
        label=_("Second reader"),
        required=False,
        initial="yes",
        choices=[("yes", _("Ask for one")), ("no", _("Ask for none")), ("", _("As elsewhere"))],
    )

    def __init__(self, data: Any = None, *, cohorts: Iterable[tuple[UUID, str]], projects: Iterable[Any]) -> None:
        super().__init__(data)
        self.fields["where"].choices = [  # type: ignore[attr-defined]
            ("", _("Everywhere")),
            (_("Cohort"), [(f"cohort:{pk}", name) for pk, name in cohorts]),
            (_("Final capstone"), [(f"project:{pk}", name) for pk, name in projects]),
        ]
        self.fields["where"].required = False

    def rule(self) -> dict[str, Any]:
        """What `second_reading.set_rule` takes."""
        kind, _colon, pk = self.cleaned_data["where"].partition(":")
        about = {f"{kind}_id": UUID(pk)} if pk else {}
        return {**about, "is_asked": ANSWERS[self.cleaned_data["answer"]]}
