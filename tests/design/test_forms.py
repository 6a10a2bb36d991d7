"""A plain Django form comes out with label, hint, error and the wiring that assistive technology needs."""

from typing import Any

import pytest
from django import forms
from django.template import Context, Template
from django.utils import translation

from design.forms import DateInput, DateTimeInput, TimeInput, field_errors


class Application(forms.Form):
    repository = forms.URLField(
        label="Link to your repository", help_text="We never write to it.", assume_scheme="https"
    )
    note = forms.CharField(required=False, widget=forms.Textarea)
    start = forms.DateField(label="First day", widget=DateInput)
    meet = forms.ChoiceField(
        label="How do you want to meet?",
        widget=forms.RadioSelect,
        choices=[("video", "By video"), ("here", "In person")],
    )
    days = forms.MultipleChoiceField(
        label="Days",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=[("mon", "Monday"), ("tue", "Tuesday")],
    )
    level = forms.ChoiceField(label="Level", choices=[("1", "One"), ("2", "Two")])
    password = forms.CharField(label="Password", widget=forms.PasswordInput(attrs={"placeholder": "Password"}))
    agreed = forms.BooleanField(label="No keys in the repository")
    token = forms.CharField(widget=forms.HiddenInput, required=False)


class Dates(forms.Form):
    first = forms.IntegerField()
    last = forms.IntegerField()

    def clean(self) -> dict[str, Any]:
        raise forms.ValidationError("The first day lies after the last. Choose an earlier one.")


def render(source: str, **context: object) -> str:
    return Template(source).render(Context(context))


def test_a_control_is_labelled_described_and_styled() -> None:
    html = str(Application()["repository"].as_field_group())
    assert '<label class="label" for="id_repository">Link to your repository</label>' in html
    assert '<div class="hint" id="id_repository_helptext">We never write to it.</div>' in html
    assert 'aria-describedby="id_repository_helptext"' in html
    assert 'class="input"' in html
    assert "aria-invalid" not in html


def test_an_invalid_control_points_at_its_error() -> None:
    html = str(Application({"repository": "not a link"})["repository"].as_field_group())
    assert '<div class="field invalid">' in html
    assert '<p class="error" id="id_repository_error">' in html
    assert 'aria-invalid="true"' in html
    assert 'aria-describedby="id_repository_helptext id_repository_error"' in html
    assert '<span class="vh">Error: </span>Enter a valid URL.</span>' in html


def test_the_summary_links_every_error_to_its_control() -> None:
    assert field_errors(Application({"level": "3"})) == [
        ("id_repository", "Fill in “Link to your repository”."),
        ("id_start", "Choose “First day”."),
        ("id_meet_0", "Choose “How do you want to meet?”."),
        ("id_level", "Select a valid choice. 3 is not one of the available choices."),
        ("id_password", "Fill in “Password”."),
        ("id_agreed", "Check the box “No keys in the repository”."),
    ]


def test_the_summary_comes_first_takes_focus_and_counts() -> None:
    html = str(Dates({"first": "1", "last": "x"}))
    assert html.startswith('<div class="error-summary" role="alert" tabindex="-1" aria-labelledby="form-errors">')
    assert '<h2 id="form-errors">2 things to fix</h2>' in html
    assert "<li>The first day lies after the last. Choose an earlier one.</li>" in html
    assert '<li><a href="#id_last">Enter a whole number.</a></li>' in html


@pytest.mark.parametrize("form", [Application(), Dates()])
def test_an_untouched_form_has_no_summary(form: forms.Form) -> None:
    assert "error-summary" not in str(form)
    assert field_errors(form) == []


def test_an_error_message_of_ones_own_is_kept() -> None:
    class Link(forms.Form):
        link = forms.CharField(error_messages={"required": "Enter a link that starts with https://"})

    assert field_errors(Link({})) == [("id_link", "Enter a link that starts with https://")]


def test_errors_of_several_forms_share_one_summary() -> None:
    first = Dates({"a-first": "1", "a-last": "2"}, prefix="a")
    second = Dates({"b-first": "", "b-last": "2"}, prefix="b")
    html = render("{% error_summary first second missing %}", first=first, second=second)
    assert html.count("error-summary") == 1
    assert "3 things to fix" in html
    assert 'href="#id_b-first"' in html


def test_labels_and_messages_are_escaped() -> None:
    class Nasty(forms.Form):
        field = forms.CharField(label="<i>x</i>")

    html = str(Nasty({}))
    assert "<i>" not in html
    assert "&lt;i&gt;x&lt;/i&gt;" in html


def test_a_group_of_choices_is_a_fieldset_with_native_controls() -> None:
    html = str(Application()["meet"].as_field_group())
    assert html.startswith('<fieldset class="field">')
    assert "<legend>How do you want to meet?</legend>" in html
    assert (
        '<label class="check" for="id_meet_0"><input type="radio" name="meet" value="video" required id="id_meet_0">'
        in html
    )


def test_a_group_with_an_error_describes_the_fieldset() -> None:
    html = str(Application({})["meet"].as_field_group())
    assert '<fieldset class="field invalid" aria-describedby="id_meet_error" aria-invalid="true">' in html


def test_a_single_checkbox_stands_before_its_label() -> None:
    html = str(Application()["agreed"].as_field_group())
    assert (
        '<label class="check" for="id_agreed"><input type="checkbox" name="agreed" required id="id_agreed"><span>'
        in html
    )


def test_what_may_stay_empty_says_so() -> None:
    assert '<span class="hint">(optional)</span>' in Application()["note"].as_field_group()
    assert "optional" not in Application()["repository"].as_field_group()
    assert "optional" not in render("{% field form.note optional=False %}", form=Application())


def test_a_password_can_be_shown_once_a_script_is_there() -> None:
    html = str(Application()["password"].as_field_group())
    assert 'data-reveal="id_password" aria-pressed="false" hidden>' in html


def test_a_placeholder_that_repeats_the_label_is_left_out() -> None:
    assert "placeholder" not in Application()["password"].as_field_group()


@pytest.mark.parametrize("name", ["repository", "note", "start", "level", "password"])
def test_every_control_gets_its_class(name: str) -> None:
    assert ('class="select"' if name == "level" else 'class="input"') in str(Application()[name])


def test_a_class_of_ones_own_is_kept() -> None:
    class Voice(forms.Form):
        words = forms.CharField(widget=forms.Textarea(attrs={"class": "voice"}))

    assert 'class="input voice"' in str(Voice()["words"])


def test_parts_of_a_compound_control_are_styled_too() -> None:
    class Born(forms.Form):
        day = forms.DateField(widget=forms.SelectDateWidget(years=[2026]))

    assert str(Born()["day"]).count('class="select"') == 3


def test_hidden_fields_come_along_without_a_label() -> None:
    html = str(Application())
    assert '<input type="hidden" name="token" id="id_token">' in html
    assert "Token" not in html


@pytest.mark.parametrize(
    ("widget", "value", "shown"),
    [
        (DateInput(), "2026-12-09", 'type="date" name="x" value="2026-12-09"'),
        (TimeInput(), "10:30:00", 'type="time" name="x" value="10:30:00"'),
        (DateTimeInput(), "2026-12-09T10:30", 'type="datetime-local" name="x" value="2026-12-09T10:30"'),
    ],
)
def test_native_pickers_speak_iso_in_every_language(widget: forms.Widget, value: str, shown: str) -> None:
    with translation.override("nl"):
        assert shown in widget.render("x", value)


def test_a_native_date_is_written_and_read_back_in_dutch() -> None:
    class Day(forms.Form):
        day = forms.DateField(widget=DateInput)

    with translation.override("nl"):
        form = Day({"day": "2026-12-09"})
        assert form.is_valid()
        assert 'value="2026-12-09"' in str(Day(initial=form.cleaned_data)["day"])


def test_field_takes_label_hint_and_a_link_across() -> None:
    html = render(
        '{% field form.password label="Secret" hint="Twelve signs." aside_url="/reset/" aside_label="Forgot it?" %}',
        form=Application(),
    )
    assert ">Secret</label>" in html
    assert 'id="id_password_helptext">Twelve signs.</div>' in html
    assert 'aria-describedby="id_password_helptext"' in html
    assert '<a class="small" href="/reset/">Forgot it?</a>' in html


def test_old_ways_to_render_a_form_look_the_same() -> None:
    form = Application()
    assert form.as_p() == form.as_div() == str(form)


def test_a_formset_has_one_summary_for_all_its_rows() -> None:
    rows = forms.formset_factory(Dates, extra=0)
    data = {"form-TOTAL_FORMS": "2", "form-INITIAL_FORMS": "0"} | {
        f"form-{row}-{name}": "1" for row in range(2) for name in ("first", "last")
    }
    html = str(rows(data | {"form-1-last": ""}))
    assert html.count("error-summary") == 1
    assert "3 things to fix" in html
    assert 'name="form-TOTAL_FORMS"' in html


def test_the_title_warns_of_errors_only_when_there_are_any() -> None:
    source = "{% error_prefix %}"
    assert render(source, anything=Application({})) == "Error: "
    assert render(source, anything=Application(), other="text") == ""
    assert render(source, rows=forms.formset_factory(Dates)()) == ""
