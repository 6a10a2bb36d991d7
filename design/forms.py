"""How every form looks. `FORM_RENDERER` points here, so a plain Django form needs no code of its own."""

from __future__ import annotations

from typing import Any

from django import forms
from django.forms import BaseForm, BaseFormSet, BoundField
from django.forms.renderers import TemplatesSetting

BARE_CONTROLS = {"checkbox", "checkbox_select", "hidden", "multiple_hidden", "radio"}


class DesignRenderer(TemplatesSetting):
    """Renders forms, fields and widgets from `templates/design/forms/` and gives controls their class."""

    form_template_name = "design/forms/form.html"
    formset_template_name = "design/forms/formset.html"
    field_template_name = "design/forms/field.html"

    def render(self, template_name: str, context: dict[str, Any], request: Any = None) -> str:
        if "widget" in context:
            _dress(context["widget"])
        return super().render(template_name, context, request)


def _dress(widget: dict[str, Any]) -> None:
    for part in widget.get("subwidgets", ()):
        _dress(part)
    control = widget["template_name"].rpartition("/")[2].removesuffix(".html")
    if control in BARE_CONTROLS:
        return
    css = "select" if control == "select" and not widget["attrs"].get("multiple") else "input"
    widget["attrs"]["class"] = f"{css} {widget['attrs'].get('class', '')}".strip()


class DateInput(forms.DateInput):
    """The browser's own date picker, which speaks ISO 8601 in every language."""

    input_type = "date"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%d")


class TimeInput(forms.TimeInput):
    """The browser's own time picker, to the minute."""

    input_type = "time"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%H:%M")


class DateTimeInput(forms.DateTimeInput):
    """The browser's own picker for a local date and time, to the minute."""

    input_type = "datetime-local"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%dT%H:%M")


def field_errors(form: BaseForm | BaseFormSet[Any]) -> list[tuple[str, str]]:
    """Every error of a form or formset as (id of the control to go to, message); the id is empty for errors of the whole."""
    if not form.is_bound:
        return []
    if isinstance(form, BaseFormSet):
        whole = [("", str(error)) for error in form.non_form_errors()]
        return whole + [error for part in form.forms for error in field_errors(part)]
    found = [("", str(error)) for error in form.non_field_errors()]
    for bound in form:
        target = "" if bound.is_hidden else control_id(bound)
        found += [(target, str(error)) for error in bound.errors]
    return found


def control_id(bound: BoundField) -> str:
    """The id of the element that takes focus for this field: the first option of a group."""
    if bound.id_for_label:
        return bound.id_for_label
    return f"{bound.auto_id}_0" if bound.auto_id else ""
