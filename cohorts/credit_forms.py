"""Forms about specializations and credit for prior learning."""

import hashlib
from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from cohorts.forms import date_field
from cohorts.path import Path, PathModule, PathPart
from cohorts.tracks import OfferedTrack
from curriculum.models import Project, Topic

LONGEST_TEXT = 2000


class _DatedForm(forms.Form):
    """A day that is not ahead, and why."""

    def __init__(self, data: Any = None, *, on: date, **options: Any) -> None:
        super().__init__(data, initial={"on": on, **options.pop("initial", {})}, **options)
        self.latest = on

    def clean_on(self) -> date:
        on: date = self.cleaned_data["on"]
        if on > self.latest:
            raise forms.ValidationError(_t("Choose today or an earlier day."))
        return on


class EvidenceForm(forms.Form):
    """What shows that somebody knows something already, in words and perhaps a link."""

    evidence = forms.CharField(
        label=_("Evidence"),
        help_text=_(
            "What shows it: a diploma, a test, earlier work. It stays with the record, and the learner reads it."
        ),
        widget=forms.Textarea({"rows": 3}),
        max_length=LONGEST_TEXT,
    )
    link = forms.URLField(
        label=_("Link to the evidence"),
        required=False,
        max_length=500,
        assume_scheme="https",
        error_messages={"invalid": _("Enter a link that starts with https://")},
        widget=forms.URLInput({"autocomplete": "off", "autocapitalize": "off", "spellcheck": "false"}),
    )

    def clean_link(self) -> str:
        link: str = self.cleaned_data["link"]
        if link and not link.startswith(("https://", "http://")):
            raise forms.ValidationError(_t("Enter a link that starts with https://"))
        return link

    def told(self) -> str:
        """The words, and the link on a line of its own."""
        return "\n".join(filter(None, [self.cleaned_data["evidence"].strip(), self.cleaned_data["link"]]))


class CreditRequestForm(EvidenceForm):
    """A learner asks for credit."""

    FIELDS = {"credit_needs_evidence": "evidence"}

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        self.fields["evidence"].label = _("What did you make or learn before?")
        self.fields["evidence"].help_text = _(
            "What shows that you can do this: earlier work and what you did in it, a test, a diploma. Staff read it, "
            "and it stays with your record."
        )


class CreditAnswerForm(_DatedForm):
    """Staff grant what a learner asked for, or decline it."""

    on = date_field(_("Counts from"))
    answer = forms.ChoiceField(
        choices=[("granted", ""), ("declined", "")],
        error_messages={
            "required": _("Grant the credit or decline it."),
            "invalid_choice": _("Grant the credit or decline it."),
        },
        widget=forms.HiddenInput,
    )
    reason = forms.CharField(
        label=_("Why not"),
        required=False,
        help_text=_("Needed to decline. The learner reads it, and may ask again."),
        widget=forms.Textarea({"rows": 3}),
        max_length=LONGEST_TEXT,
    )
    FIELDS = {"reason_needed": "reason", "progress_out_of_order": "on", "date_out_of_range": "on"}


class PartsForm(forms.Form):
    """Topics, projects and whole modules of a path. Of a module all topics count, those that are done too."""

    def __init__(self, *args: Any, path: Path, **options: Any) -> None:
        super().__init__(*args, **options)
        self.path = path
        unknown = {"invalid_choice": _t("Choose from what is on this path.")}
        for name, label, choices in (
            ("parts", _t("Topics and projects"), [(str(part.id), part.title) for part in self._parts()]),
            ("modules", _t("Whole modules"), [(str(module.id), module.title) for module in self._modules()]),
        ):
            self.fields[name] = forms.TypedMultipleChoiceField(
                label=label, required=False, coerce=UUID, choices=choices, error_messages=unknown
            )

    def _modules(self) -> list[PathModule]:
        return [module for level in self.path.levels for module in level.modules]

    def _parts(self) -> list[PathPart]:
        return [part for level in self.path.levels for part in level.parts]

    @property
    def ticked(self) -> set[str]:
        """What is ticked, as sent: ids of parts and modules."""
        if not self.is_bound:
            return set(self.initial.get("parts", ()))
        return {str(value) for name in ("parts", "modules") for value in self[name].value() or ()}

    def chosen(self) -> set[UUID]:
        """The ids of the topics and projects that were chosen, one by one or by their module."""
        modules = set(self.cleaned_data["modules"])
        of_modules = {
            part.id
            for module in self._modules()
            if module.id in modules
            for part in module.parts
            if not part.is_project
        }
        return set(self.cleaned_data["parts"]) | of_modules

    def topics(self) -> list[Topic]:
        """In one query."""
        found = Topic.objects.filter(pk__in=self.chosen()).select_related("module__level")
        return list(found.order_by("module__level__number", "module__position", "position"))

    def projects(self) -> list[Project]:
        """In one query."""
        found = Project.objects.filter(pk__in=self.chosen()).select_related("level")
        return list(found.order_by("level__number", "position"))


class CreditForm(_DatedForm, EvidenceForm, PartsForm):
    """Credit to grant. It is granted once `shown` names what was sent, which only its preview does."""

    on = date_field(_("Counts from"))
    shown = forms.CharField(required=False, widget=forms.HiddenInput, max_length=64)
    field_order = ["parts", "modules", "evidence", "link", "on", "shown"]
    #: Where the page shows a domain error.
    FIELDS = {
        "credit_needs_evidence": "evidence", "nothing_chosen": "parts", "nothing_to_credit": "parts",
        "topic_has_subtopics": "parts", "topic_not_in_path": "parts", "project_not_in_path": "parts",
        "progress_out_of_order": "on", "date_out_of_range": "on",
    }  # fmt: skip

    def signature(self) -> str:
        """Of what is to be credited, on what and from when: another choice has another."""
        said = [*sorted(map(str, self.chosen())), self.told(), str(self.cleaned_data["on"])]
        return hashlib.sha256("\n".join(said).encode()).hexdigest()

    def is_confirmed(self) -> bool:
        return bool(self.cleaned_data["shown"] == self.signature())


class TakeBackForm(_DatedForm):
    """Credit that was a mistake."""

    on = date_field(_("Counts from"))
    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("The learner reads it."),
        widget=forms.Textarea({"rows": 3}),
        max_length=LONGEST_TEXT,
    )
    FIELDS = {
        "reason_needed": "reason", "nothing_chosen": "parts", "not_credited": "parts", "progress_out_of_order": "on",
        "date_out_of_range": "on",
    }  # fmt: skip

    def __init__(self, data: Any = None, *, on: date, parts: list[PathPart]) -> None:
        super().__init__(data, on=on)
        self.fields["parts"] = forms.TypedMultipleChoiceField(
            label=_t("Credit to take back"),
            coerce=UUID,
            choices=[
                (str(part.id), _t("%(title)s, %(hours)s h") % {"title": part.title, "hours": f"{part.hours:g}"})
                for part in parts
            ],
            widget=forms.CheckboxSelectMultiple,
            error_messages={"invalid_choice": _t("This is not credited any more. Look at the list again.")},
        )
        self.order_fields(["parts", "on", "reason"])


class TrackForm(_DatedForm):
    """The specialization that staff set for a learner."""

    on = date_field(_("Counts from"))
    reason = forms.CharField(
        label=_("Reason"),
        required=False,
        help_text=_("Needed once there is work on the specialization that the learner has."),
        widget=forms.Textarea({"rows": 3}),
        max_length=LONGEST_TEXT,
    )
    FIELDS = {
        "track_reason_needed": "reason", "choice_out_of_order": "on", "date_out_of_range": "on",
        "track_not_in_path": "track",
    }  # fmt: skip

    def __init__(self, data: Any = None, *, on: date, offered: list[OfferedTrack], chosen: str = "") -> None:
        super().__init__(data, on=on, initial={"track": chosen})
        self.fields["track"] = forms.TypedChoiceField(
            label=_t("Specialization"),
            coerce=UUID,
            choices=[(str(each.track.pk), each.track.title) for each in offered],
            widget=forms.RadioSelect,
        )
        self.order_fields(["track", "on", "reason"])
