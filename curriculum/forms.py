from typing import Any

from django import forms
from django.utils.translation import gettext as now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from curriculum.importing import Preview, find_curriculum, preview
from curriculum.models import Curriculum, CurriculumVersion
from curriculum.plan.nodes import PlanError, PlanProblem
from curriculum.plan.text import MAX_BYTES, decode_plan

NEW = "new"


class PlanForm(forms.Form):
    """A plan as a file or as text; `name` is the file's. `problems` are what makes it unreadable, with line numbers."""

    file = forms.FileField(
        label=_("Markdown or YAML file"),
        required=False,
        allow_empty_file=True,
        widget=forms.FileInput({"accept": ".md,.markdown,.txt,.yaml,.yml,text/markdown,text/plain,application/yaml"}),
    )
    text = forms.CharField(
        label=_("Or paste the plan"),
        required=False,
        strip=False,
        widget=forms.Textarea({"rows": 8, "spellcheck": "false", "autocomplete": "off"}),
    )

    source = ""
    name = ""
    preview: Preview | None = None
    problems: tuple[PlanProblem, ...] = ()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.errors:
            return cleaned
        file, text = cleaned.get("file"), cleaned.get("text", "")
        if file is None and not text.strip():
            self.add_error("file", now("Choose a file, or paste the plan."))
        elif file is not None and text.strip():
            self.add_error("file", now("Choose a file or paste the plan, not both."))
        else:
            self._read("text" if file is None else "file", file, text)
        return cleaned

    def _read(self, field: str, file: Any, text: str) -> None:
        try:
            # One byte more than allowed is enough to see that it is too much.
            source = text if file is None else decode_plan(file.read(MAX_BYTES + 1))
            self.source = source.replace("\r\n", "\n")  # browsers send a pasted text so
            self.name = "" if file is None else str(file.name)
            self.preview = preview(self.source, name=self.name)
        except PlanError as error:
            self.problems = error.problems
            words = ngettext(
                "There is %(number)s thing to mend in the plan. Nothing was imported.",
                "There are %(number)s things to mend in the plan. Nothing was imported.",
                len(error.problems),
            )
            self.add_error(field, words % {"number": len(error.problems)})


class DestinationForm(forms.Form):
    """Which curriculum the plan becomes a version of. `curriculum()` is None for a new one."""

    destination = forms.ChoiceField(label=_("Import as"), widget=forms.RadioSelect)
    title = forms.CharField(
        label=_("Title of the new curriculum"),
        required=False,
        max_length=200,
        help_text=_("Only for a new curriculum."),
    )

    def __init__(self, *args: Any, plan_title: str, **options: Any) -> None:
        likely = find_curriculum(plan_title)
        super().__init__(
            *args,
            **{"initial": {"destination": str(likely.pk) if likely else NEW, "title": plan_title[:200]}, **options},
        )
        self.curricula = {str(each.pk): each for each in Curriculum.objects.order_by("title")}
        self.fields["destination"].choices = [  # type: ignore[attr-defined]
            (NEW, _("A new curriculum")),
            *(
                (pk, now("The next version of “%(title)s”") % {"title": one.title})
                for pk, one in self.curricula.items()
            ),
        ]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("destination") == NEW and not cleaned.get("title"):
            self.add_error("title", now("Give the new curriculum a title."))
        return cleaned

    def chosen(self) -> Curriculum | None:
        """The curriculum that is ticked at this moment, whether or not the rest is right."""
        return self.curricula.get(str(self["destination"].value()))

    def curriculum(self) -> Curriculum | None:
        return self.curricula.get(self.cleaned_data["destination"])


class PublishForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason to publish with errors"),
        required=False,
        max_length=2000,
        widget=forms.Textarea({"rows": 3}),
        help_text=_("Staff see it beside the version."),
    )

    def __init__(self, *args: Any, errors_open: bool, **options: Any) -> None:
        super().__init__(*args, **options)
        if not errors_open:
            del self.fields["reason"]


class FindingForm(forms.Form):
    """Which finding is meant."""

    key = forms.CharField(
        widget=forms.HiddenInput,
        error_messages={"required": _("Choose a finding from the audit.")},
    )


class AcceptForm(FindingForm):
    note = forms.CharField(
        label=_("Why it may stay"),
        max_length=2000,
        widget=forms.Textarea({"rows": 2}),
        error_messages={"required": _("Write why this may stay as it is. Whoever reads the plan next sees it.")},
    )


class CompareForm(forms.Form):
    """Which version of the same curriculum to hold a version against."""

    def __init__(self, *args: Any, version: CurriculumVersion, **options: Any) -> None:
        super().__init__(*args, **options)
        others = CurriculumVersion.objects.filter(curriculum=version.curriculum_id).exclude(pk=version.pk)
        self.others = {str(each.pk): each for each in others.defer("source", "claims").order_by("-number")}
        earlier = (pk for pk, each in self.others.items() if each.number < version.number)
        self.likely = next(earlier, next(reversed(self.others), ""))
        self.fields["with"] = forms.ChoiceField(
            label=_("Compare with"),
            choices=[(pk, f"v{each.number}, {each.get_status_display()}") for pk, each in self.others.items()],
            initial=self.likely,
        )

    def other(self) -> CurriculumVersion | None:
        """The chosen version; unasked the one before, or the next when there is none. None for a wrong choice."""
        if self.is_bound and not self.is_valid():
            return None
        return self.others.get(self.cleaned_data["with"] if self.is_bound else self.likely)
