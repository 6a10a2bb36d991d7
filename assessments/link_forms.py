from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from assessments import links as web_links
from assessments.errors import AssessmentError
from assessments.host_accounts import account_name
from assessments.models import AutomatedTestState
from assessments.named_tests import LONGEST, MOST
from assessments.repositories import hosts
from design.forms import DateInput

PLAIN = {"autocomplete": "off", "autocapitalize": "off", "spellcheck": "false"}


class HostAccountsForm(forms.Form):
    """One's account at each repository host that is known here."""

    def __init__(self, *args: Any, stated: Mapping[str, str], **options: Any) -> None:
        super().__init__(*args, **options)
        self.by_field = {f"account_{number}": host for number, host in enumerate(hosts())}
        for name, host in self.by_field.items():
            self.fields[name] = forms.CharField(
                label=host, required=False, max_length=400, initial=stated.get(host, ""), widget=forms.TextInput(PLAIN)
            )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        for name, host in self.by_field.items():
            try:
                data[name] = account_name(host, data.get(name) or "")
            except AssessmentError as error:
                self.add_error(name, str(error))
        return data

    def names(self) -> dict[str, str]:
        return {host: self.cleaned_data[name] for name, host in self.by_field.items()}


class RecordTestsForm(forms.Form):
    """How a reviewer saw the automated tests of an attempt go, and where others can see it."""

    state = forms.ChoiceField(
        label=_("How did the tests go?"),
        choices=[(state.value, state.label) for state in (AutomatedTestState.PASSED, AutomatedTestState.FAILED)],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose whether the tests passed or failed.")},
    )
    evidence = forms.CharField(
        label=_("Link to the result"),
        help_text=_("The page of the run, or of what you saw: others must be able to look at it too."),
        widget=forms.URLInput({"inputmode": "url", **PLAIN}),
        error_messages={"required": _("Add a link to where the result can be seen.")},
    )

    def clean_evidence(self) -> str:
        try:
            return web_links.normalize(self.cleaned_data["evidence"])
        except AssessmentError as error:
            raise forms.ValidationError(str(error)) from None


class TestNamesForm(forms.Form):
    """How checks that are tests are called, a pattern on each line."""

    __test__ = False  # for pytest, which takes it for tests

    patterns = forms.CharField(
        label=_("Names of tests, one on each line"),
        help_text=_(
            "A word of the check’s name, or all of it; * stands for any letters. “test*” finds “Tests (3.12)”."
        ),
        widget=forms.Textarea({"rows": 6, "spellcheck": "false"}),
        max_length=MOST * (LONGEST + 2),
    )

    def clean_patterns(self) -> list[str]:
        found = list(dict.fromkeys(filter(None, map(str.strip, self.cleaned_data["patterns"].splitlines()))))
        if len(found) > MOST or any(len(each) > LONGEST for each in found):
            words = {"most": MOST, "longest": LONGEST}
            raise forms.ValidationError(
                _("Keep to %(most)s names of at most %(longest)s letters.") % words, code="too_many_names"
            )
        if any(not each.strip("*?[]") for each in found):
            raise forms.ValidationError(
                _("A name of nothing but * would take every check for a test. Add some letters."), code="any_name"
            )
        return found


class AskForTestsForm(forms.Form):
    """From which day on cohorts start whose gates ask for automated tests."""

    day = forms.DateField(
        label=_("Ask for passed tests in cohorts that start on or after"),
        help_text=_(
            "Only where the curriculum names automated tests among its ways of verification. Empty asks nowhere."
        ),
        required=False,
        widget=DateInput(),
    )
