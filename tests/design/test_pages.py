"""What must hold for every template and every page: the strict content policy, icons that exist, errors that help."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.urls import reverse

from design.navigation import Entry
from design.templatetags.design import STATUSES, icon

ROOT = Path(settings.BASE_DIR)
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
INLINE = re.compile(
    r"""\sstyle\s*=|<style|\son[a-z]+\s*=|javascript:|<script(?![^>]*\b(src=|type="application/json"))"""
)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_no_template_has_what_the_content_policy_forbids(path: Path) -> None:
    text = path.read_text()
    if path.name == "mail.html":  # where mail is read there is no policy, and no stylesheet
        text = text.replace("<style>", "", 1)
    assert INLINE.findall(text) == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_every_icon_named_in_a_template_exists(path: Path) -> None:
    for name in re.findall(r"""{%\s*icon\s+["']([^"']+)""", path.read_text()):
        assert icon(name)


def test_every_icon_of_a_status_exists() -> None:
    assert all(icon(name) for _, name, _ in STATUSES.values())


def test_the_stylesheet_uses_files_that_exist_and_no_other_host() -> None:
    sheet = Path(str(finders.find("css/app.css")))
    files = re.findall(r'url\("?([^")]+)', sheet.read_text())
    assert len(files) == 4
    assert all((sheet.parent / name).resolve().is_file() for name in files)


@pytest.mark.parametrize(
    ("template", "heading"),
    [
        ("400.html", "We could not read that request"),
        ("403.html", "This page is not open to you"),
        ("403_csrf.html", "The form was open too long"),
        ("404.html", "There is nothing at this address"),
        ("429.html", "Too many attempts"),
        ("500.html", "Something broke on our side"),
    ],
)
def test_error_pages_need_neither_request_nor_database(template: str, heading: str) -> None:
    html = render_to_string(template)
    assert f"<h1>{heading}</h1>" in html
    assert '<a class="btn primary" href="/">' in html


def test_a_broken_rule_says_which() -> None:
    assert "<p>That time was taken a moment ago.</p>" in render_to_string(
        "422.html", {"error": "That time was taken a moment ago."}
    )


def shell(template: str, **context: object) -> str:
    return render_to_string(template, context | {"request": None})


def test_staff_shell_groups_its_entries_and_marks_the_current_one() -> None:
    html = shell(
        "staff.html",
        navigation=[
            Entry(label="Today", url="/today/", icon="inbox", current=True),
            Entry(label="Submissions", url="/submissions/", icon="git-branch", count=14),
            Entry(label="Sessions", url="/sessions/", icon="calendar-days", count=0),
            Entry(label="Success", url="/success/", icon="target", group="Organization"),
        ],
    )
    assert re.findall(r'<li><a href="([^"]+)"( aria-current="page")?>', html) == [
        ("/today/", ' aria-current="page"'),
        ("/submissions/", ""),
        ("/sessions/", ""),
        ("/success/", ""),
    ]
    assert re.findall(r'<span class="count">(\d+)</span>', html) == ["14"]
    assert '<p class="nav-label" id="nav-2">Organization</p>' in html


@pytest.mark.parametrize("template", ["staff.html", "learner.html", "public.html"])
def test_a_shell_has_a_skip_link_one_main_and_a_live_region(template: str) -> None:
    html = shell(template)
    assert '<a class="skip" href="#main">' in html
    assert html.count("<main") == 1
    assert '<div class="toasts" id="toasts" role="status">' in html


@pytest.mark.parametrize(
    ("theme", "attribute"), [("dark", 'data-theme="dark"'), ("light", 'data-theme="light"'), ("", None), ("x><", None)]
)
def test_the_theme_is_what_the_server_was_told(theme: str, attribute: str | None) -> None:
    opening = re.search(r"<html[^>]*>", shell("learner.html", theme=theme))
    assert opening is not None
    assert ("data-theme" in opening[0]) == (attribute is not None)
    assert attribute is None or attribute in opening[0]


def test_sign_in_offers_a_passkey_and_a_way_back_to_a_lost_password(client: Client, db: None) -> None:
    html = client.get(reverse("account_login")).content.decode()
    assert 'id="passkey_login"' in html
    assert f'<a class="small" href="{reverse("account_reset_password")}">' in html


def test_sign_in_with_nothing_filled_in_says_what_to_do(client: Client, db: None) -> None:
    html = client.post(reverse("account_login"), {}).content.decode()
    assert "<title>Error: Sign in" in html
    assert '<a href="#id_login">Fill in “Email”.</a>' in html


def test_preferences_are_forms_that_come_back_here() -> None:
    request = RequestFactory().get("/o/lantaarn/cohorts/?level=3")
    html = render_to_string("design/preferences.html", {"request": request})
    assert html.count('<input type="hidden" name="next" value="/o/lantaarn/cohorts/?level=3">') == 2
    assert re.findall(r'name="theme" value="(\w+)"', html) == ["dark", "light"]
