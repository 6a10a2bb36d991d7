"""How every form looks. `FORM_RENDERER` points here, so a plain Django form needs no code of its own."""

from __future__ import annotations

from typing import Any

from django import forms
from django.forms import BaseForm, BaseFormSet, BoundField
from django.forms.renderers import TemplatesSetting
from django.utils.translation import gettext

BARE_CONTROLS = {"checkbox", "checkbox_select", "hidden", "multiple_hidden", "radio"}


class DesignRenderer(TemplatesSetting):
    """Renders forms, fields and widgets from `templates/design/forms/` and gives controls their class."""

    form_template_name = "design/forms/form.html"
    formset_template_name = "design/forms/formset.html"
    field_template_name = "design/forms/field.html"

    def render(self, template_name: str, context: dict[str, Any], request: Any = None) -> str:
        if "widget" in context:
            _dress(context["widget"])
        elif isinstance(context.get("field"), BoundField):
            drop_echo(context["field"])
            context = {**context, "errors": field_messages(context["field"])}
        return super().render(template_name, context, request)


def _dress(widget: dict[str, Any]) -> None:
    for part in widget.get("subwidgets", ()):
        _dress(part)
    control = widget["template_name"].rpartition("/")[2].removesuffix(".html")
    if control in BARE_CONTROLS:
        return
    css = "select" if control == "select" and not widget["attrs"].get("multiple") else "input"
    widget["attrs"]["class"] = f"{css} {widget['attrs'].get('class', '')}".strip()


def drop_echo(bound: BoundField) -> None:
    """A placeholder that repeats the label says nothing and looks like an answer."""
    attrs, label = bound.field.widget.attrs, str(bound.label).casefold()
    echo = str(attrs.get("placeholder", "")).casefold()
    if echo and (echo in label or label in echo):
        del attrs["placeholder"]


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


def field_messages(bound: BoundField) -> list[str]:
    """The errors of one field. Where Django says only "This field is required." we name the field and what to do."""
    said: list[str] = []
    for error in bound.errors.as_data():
        plain = error.code == "required" and str(error.message) == str(forms.Field.default_error_messages["required"])
        said += [_missing(bound)] if plain else list(error.messages)
    return said


def _missing(bound: BoundField) -> str:
    kind = getattr(bound.field.widget, "input_type", "")
    if kind == "checkbox" and not bound.use_fieldset:
        message = gettext("Check the box “%(label)s”.")
    elif bound.use_fieldset or kind in {"select", "date", "datetime-local", "time", "file"}:
        message = gettext("Choose “%(label)s”.")
    else:
        message = gettext("Fill in “%(label)s”.")
    return message % {"label": bound.label}


def field_errors(form: BaseForm | BaseFormSet[Any]) -> list[tuple[str, str]]:
    """Every error of a form or formset as (id of its control, message); the id is empty for errors of the whole."""
    if not form.is_bound:
        return []
    if isinstance(form, BaseFormSet):
        whole = [("", str(error)) for error in form.non_form_errors()]
        return whole + [error for part in form.forms for error in field_errors(part)]
    found = [("", str(error)) for error in form.non_field_errors()]
    for bound in form:
        target = "" if bound.is_hidden else control_id(bound)
        found += [(target, message) for message in field_messages(bound)]
    return found


def control_id(bound: BoundField) -> str:
    """The id of the element that takes focus for this field: the first option of a group."""
    if bound.id_for_label:
        return bound.id_for_label
    return f"{bound.auto_id}_0" if bound.auto_id else ""
