"""The forms of the editor: one for a node, one for what is added to it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.utils.formats import get_format
from django.utils.functional import Promise
from django.utils.translation import gettext as now
from django.utils.translation import gettext_lazy as _

from curriculum.audit.findings import plain
from curriculum.editing.content import (
    check_hours,
    check_text,
    check_title,
    fields_of,
    longest_title,
    may_lack_hours,
)
from curriculum.editing.desk import Desk, Place
from curriculum.editing.draft import Draft, Node
from curriculum.editing.requiring import numbers_in, read_required
from curriculum.editing.shape import Part
from curriculum.errors import CurriculumError
from curriculum.models import Module, VerificationMethod
from curriculum.plan.hours import read_hours

LABELS: Mapping[str, str | Promise] = {
    "summary": _("Summary"),
    "description": _("Description"),
    "note": _("Description"),
    "goal": _("Goal"),
    "focus": _("Focus"),
    "technologies": _("Technologies"),
    "milestone": _("Milestone"),
    "key_assessment": _("Key assessment"),
    "graduation_criteria": _("To pass this level"),
    "resources": _("Resources"),
    "deliverables": _("Deliverables"),
    "text": _("Text"),
}
MAX_LINES = 200
MAX_DEPTH = 6


class TitleField(forms.CharField):
    def __init__(self, limit: int) -> None:
        super().__init__(label=_("Title"), required=False, widget=forms.TextInput({"autocomplete": "off"}))
        self.limit = limit

    def clean(self, value: Any) -> str:
        with _told():
            return check_title(super().clean(value), limit=self.limit)


class HoursField(forms.CharField):
    """Hours as people write them: 1,200, 1.200, 4.5, 100h."""

    def __init__(self, *, required: bool) -> None:
        widget = forms.TextInput({"inputmode": "decimal", "autocomplete": "off", "placeholder": "–"})
        super().__init__(label=_("Hours"), required=False, widget=widget)
        self.needs_hours = required

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, Decimal):
            return value
        return plain(value).replace(".", get_format("DECIMAL_SEPARATOR"))

    def clean(self, value: Any) -> Decimal | None:
        text = super().clean(value)
        try:
            hours = read_hours(text)
        except ValueError as error:
            raise forms.ValidationError(now("Write hours as a number, such as 120 or 4.5.")) from error
        with _told():
            return check_hours(hours, required=self.needs_hours)


class TextField(forms.CharField):
    def __init__(self, label: str | Promise, help_text: str | Promise = "") -> None:
        widget = forms.Textarea({"rows": 2})
        super().__init__(label=str(label), required=False, strip=False, widget=widget, help_text=str(help_text))

    def clean(self, value: Any) -> Any:
        with _told():
            return check_text(super().clean(value))


class ChecklistField(TextField):
    """One line each; two spaces before it make it part of the line above."""

    def __init__(self) -> None:
        super().__init__(
            _("Checklist"),
            _("One line each; two spaces before it put it under the line above. “Latency <= 200 ms” is measured."),
        )

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, list):
            return value
        return "\n".join("  " * line["depth"] + line["text"] for line in value)

    def clean(self, value: Any) -> list[dict[str, Any]]:
        lines = [line for line in str(value or "").expandtabs(2).splitlines() if line.strip()]
        if len(lines) > MAX_LINES:
            raise forms.ValidationError(now("At most %(limit)s lines.") % {"limit": MAX_LINES})
        found: list[dict[str, Any]] = []
        for line in lines:
            text = " ".join(line.split())
            with _told():
                check_text(text)
            deepest = found[-1]["depth"] + 1 if found else 0
            indent = (len(line) - len(line.lstrip())) // 2
            found.append({"text": text, "depth": min(indent, deepest, MAX_DEPTH)})
        return found


class BreakdownField(TextField):
    """What the level says its modules take: one line each, the hours behind a colon."""

    def __init__(self) -> None:
        super().__init__(_("Stated breakdown"), _("One line for each module, such as “Python: 700”."))

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, list):
            return value
        return "\n".join(f"{share['title']}: {share['hours']}" for share in value)

    def clean(self, value: Any) -> list[dict[str, Any]]:
        lines = [line.strip() for line in str(value or "").splitlines() if line.strip()]
        if len(lines) > MAX_LINES:
            raise forms.ValidationError(now("At most %(limit)s lines.") % {"limit": MAX_LINES})
        return [self._share(line) for line in lines]

    def _share(self, line: str) -> dict[str, Any]:
        title, _colon, written = line.rpartition(":")
        try:
            hours = read_hours(written)
        except ValueError:
            hours = None
        if hours is None or not title.strip():
            raise forms.ValidationError(now("Write “%(line)s” as a title, a colon and hours.") % {"line": line[:60]})
        with _told():
            check_hours(hours, required=True)
            text = plain(hours)
            return {"title": check_title(title), "hours": text if "." in text else int(text)}


class RequiresField(forms.CharField):
    """The numbers of modules, as in “1.1, 1.2”."""

    def __init__(self) -> None:
        widget = forms.TextInput({"autocomplete": "off", "placeholder": "–"})
        help_text = _("The modules to be done before this one, by their numbers: “1.1, 1.2”.")
        super().__init__(label=_("Requires"), required=False, widget=widget, help_text=help_text)

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, tuple) else value

    def clean(self, value: Any) -> tuple[str, ...]:
        with _told():
            return numbers_in(check_text(super().clean(value)))


class _told:  # noqa: N801 - reads as a word
    """What a rule refuses becomes the message of the field."""

    def __enter__(self) -> None: ...

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, CurriculumError):
            raise forms.ValidationError(str(error), code=error.code) from error


class NodeForm(forms.Form):
    """What a node says. Without `full` it has the title and the hours alone, and the rest stays as it is.

    `seen` is the number of the last step when the node was shown. What is typed needs the `draft` to be understood.
    """

    seen = forms.IntegerField(min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput)

    def __init__(
        self,
        *args: Any,
        node: Node,
        values: Mapping[str, Any],
        full: bool,
        draft: Draft | None = None,
        **options: Any,
    ) -> None:
        headings = [cell["heading"] for cell in values.get("cells") or ()]
        cells = {f"cell{place}": cell["text"] for place, cell in enumerate(values.get("cells") or ())}
        super().__init__(*args, **{"initial": {**values, **cells}, "auto_id": f"{node.pk}-%s", **options})
        self.node, self.draft, self.is_full, self.headings = node, draft, full, headings
        names = fields_of(node)
        self.fields["title"] = TitleField(longest_title(node))
        if "hours" in names:
            self.fields["hours"] = HoursField(required=not may_lack_hours(node))
        for name in names[2 if "hours" in names else 1 :] if full else ():
            if name == "checklist":
                self.fields[name] = ChecklistField()
            elif name == "breakdown":
                self.fields[name] = BreakdownField()
            elif name == "requires":
                self.fields[name] = RequiresField()
            elif name == "cells":
                self.fields |= {f"cell{place}": TextField(heading) for place, heading in enumerate(headings)}
            else:
                self.fields[name] = TextField(LABELS[name])

    def clean_requires(self) -> list[UUID]:
        draft, node, seen = self.draft, self.node, self.cleaned_data.get("seen")
        assert draft is not None  # noqa: S101 - what is typed comes with it
        assert isinstance(node, Module)  # noqa: S101 - only modules have the field
        with _told():
            return read_required(draft, node, self.cleaned_data["requires"], seen=seen)

    @property
    def texts(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name not in ("seen", "title", "hours")]

    def said(self) -> dict[str, Any]:
        """The values to give the node."""
        own = (name for name in self.fields if name != "seen" and not name.startswith("cell"))
        values = {name: self.cleaned_data[name] for name in own}
        if any(name.startswith("cell") for name in self.fields):
            texts = [self.cleaned_data[f"cell{place}"] for place in range(len(self.headings))]
            pairs = zip(self.headings, texts, strict=True)
            values["cells"] = [{"heading": heading, "text": text} for heading, text in pairs if text]
        return values

    def typed(self) -> Iterable[tuple[str, str, str]]:
        """What was typed and differs from what is stored: label, typed, stored."""
        for name in self.fields:
            bound = self[name]
            stored = str(bound.field.prepare_value(bound.initial) or "")
            typed = str(bound.value() or "").replace("\r\n", "\n")
            if name != "seen" and typed.strip() != stored.strip():
                yield str(bound.label), typed, stored


class AddForm(forms.Form):
    part = forms.ChoiceField(label=_("What"))
    title = forms.CharField()
    hours = forms.CharField()

    def __init__(self, *args: Any, parent: Node, parts: Iterable[Part], **options: Any) -> None:
        super().__init__(*args, **{"auto_id": f"add-{parent.pk}-%s", **options})
        parts = list(parts)
        self.parent = parent
        self.fields["part"] = forms.ChoiceField(label=_("What"), choices=[(part.value, part.label) for part in parts])
        is_method = parts == [Part.METHOD]
        self.fields["title"] = TitleField(longest_title(VerificationMethod if is_method else type(parent)))
        self.fields["title"].widget.attrs["placeholder"] = _("Title")
        self.fields["hours"] = HoursField(required=False)


@dataclass(frozen=True, slots=True)
class Row:
    """A node on the page with its form, and the one to add parts to it."""

    place: Place
    form: NodeForm
    adding: AddForm | None
    parts: tuple["Row", ...]


def rows_of(
    desk: Desk, places: Iterable[Place], *, refused: NodeForm | None = None, adding: AddForm | None = None
) -> tuple[Row, ...]:
    """What was refused keeps what was typed."""
    return tuple(_row(desk, place, refused, adding) for place in places)


def _row(desk: Desk, place: Place, refused: NodeForm | None, adding: AddForm | None) -> Row:
    form = form_for(desk, place)
    if refused is not None and refused.node.pk == place.pk:
        form = refused
    empty = AddForm(parent=place.node, parts=place.addable) if place.addable else None
    is_sent = adding is not None and adding.parent.pk == place.pk
    return Row(place, form, adding if is_sent else empty, rows_of(desk, place.parts, refused=refused, adding=adding))


def form_for(desk: Desk, place: Place) -> NodeForm:
    return NodeForm(node=place.node, values=place.values | {"seen": desk.seen}, full=place.is_full)


def rewritten(sent: NodeForm, now_saved: NodeForm) -> list[str]:
    """The inputs that must say something else after saving: what was seen, and what was understood in another way."""
    swap: dict[str, str | bool] = {"hx-swap-oob": "true"}
    inputs = [str(now_saved["seen"].as_widget(attrs=swap))]
    for name in sent.fields:
        if name == "seen" or name not in now_saved.fields:
            continue
        typed, stored = (str(form[name].value() or "").replace("\r\n", "\n").strip() for form in (sent, now_saved))
        if typed != stored:
            inputs.append(str(now_saved[name].as_widget(attrs=swap)))
    return inputs
