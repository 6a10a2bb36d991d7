from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _

from assessments import links as web_links
from assessments.drafts import Given
from assessments.errors import AssessmentError
from assessments.models import SubmissionLink
from assessments.scoring_forms import LONGEST_TEXT
from assessments.submissions import CAPSTONES, MOST_LINKS, too_many_links
from curriculum.models import Project

Kind = SubmissionLink.Kind

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


class LinksInput(forms.URLInput):
    """An input for each link that is given, all of one name, and one more for another."""

    template_name = "assessments/_links_input.html"

    def __init__(self) -> None:
        super().__init__({"inputmode": "url", "autocomplete": "off", "autocapitalize": "off", "spellcheck": "false"})

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> list[str]:
        given = data.getlist(name) if isinstance(data, QueryDict) else data.get(name, [])
        return [given] if isinstance(given, str) else list(given)

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        given = [value] if isinstance(value, str) else [each for each in value or () if each.strip()]
        context = super().get_context(name, "", attrs)
        first = context["widget"]["attrs"].pop("id", "")
        rows = given if len(given) >= MOST_LINKS else [*given, ""]
        context["rows"] = [
            {"value": each, "number": number, "id": first if number == 1 else f"{first}_{number}"}
            for number, each in enumerate(rows, start=1)
        ]
        context["most"] = MOST_LINKS
        return context


class LinksField(forms.Field):
    """Links of one kind, each on the public web. With several the error names the one that it is about."""

    widget = LinksInput

    def __init__(self, kind: SubmissionLink.Kind, label: Any, hint: Any = "") -> None:
        super().__init__(label=label, help_text=hint, required=False)
        self.kind = kind

    def to_python(self, value: Any) -> list[str]:
        given = [each.strip() for each in value if each.strip()]
        problems = []
        # Many are refused for being many: a hundred sentences about each would say less.
        for number, url in enumerate(given[: MOST_LINKS + 1], start=1):
            try:
                web_links.normalize(url, repository=self.kind == Kind.REPOSITORY)
            except AssessmentError as error:
                words = {"number": number, "problem": error}
                problems.append(say("Link %(number)s: %(problem)s") % words if len(given) > 1 else str(error))
        if problems and len(given) <= MOST_LINKS:
            raise forms.ValidationError(problems)
        return given


class SubmissionForm(forms.Form):
    """One attempt at a project: links, what to look at first, and what the learner confirms."""

    repository = LinksField(
        Kind.REPOSITORY, _("Link to your repository"), _("Your reviewer opens this link, so it must be public.")
    )
    commit = forms.CharField(
        label=_("Commit or tag"),
        help_text=_("Leave empty to submit the latest commit on the main branch."),
        required=False,
        max_length=80,
        widget=forms.TextInput({"autocomplete": "off", "autocapitalize": "off", "spellcheck": "false"}),
    )
    deployment = LinksField(Kind.DEPLOYMENT, _("Link to a demo"))
    article = LinksField(Kind.ARTICLE, _("Link to an article"))
    notebook = LinksField(Kind.NOTEBOOK, _("Link to a notebook"))
    video = LinksField(Kind.VIDEO, _("Link to a video"))
    paper = LinksField(Kind.PAPER, _("Link to a paper"))
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
    def holding(cls, project: Project, given: Given) -> "SubmissionForm":
        """A form in which this stands, unchecked."""
        initial: dict[str, Any] = {**given.get("links", {})}
        initial |= {"commit": given.get("commit", ""), "note": given.get("note", "")}
        form = cls(project, initial=initial)
        done, confirmed = given.get("done", ()), given.get("confirmed", ())
        form.initial.update({f"item_{number}": text in done for number, text in enumerate(form.items)})
        form.initial.update({name: name in confirmed for name in CONFIRMATIONS})
        return form

    def given(self) -> Given:
        """What stands in the form, right or wrong."""
        values = {name: self[name].value() for name in self.fields}
        links = {kind.value: [each for each in values[kind] or () if each.strip()] for kind in Kind}
        return {
            "links": {kind: urls for kind, urls in links.items() if urls},
            "commit": values["commit"] or "",
            "note": values["note"] or "",
            "done": [text for number, text in enumerate(self.items) if values[f"item_{number}"]],
            "confirmed": [name for name in CONFIRMATIONS if values[name]],
        }

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        number = sum(len(data.get(kind) or ()) for kind in Kind)
        if number > MOST_LINKS:
            self.add_error(max(Kind, key=lambda kind: len(data.get(kind) or ())), too_many_links(number))
        if self.project.kind in CAPSTONES or data.get("repository"):
            for name, (_label, message) in CONFIRMATIONS.items():
                if not data.get(name):
                    self.add_error(name, message)
        return data

    def links(self) -> dict[str, list[str]]:
        return {kind.value: self.cleaned_data.get(kind) or [] for kind in Kind}

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
        return any("".join(field.value() or ()).strip() or field.errors for field in self.more_link_fields())
