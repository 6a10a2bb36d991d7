"""A real browser on a real server. Missing Chromium fails the tests: a skip would hide that nobody looked."""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.http import HttpRequest, HttpResponseBase
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from accounts.models import Membership
from tests.conftest import session_of

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
# Playwright's loop runs in this thread, where Django would refuse the database for being asynchronous. It is not.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
expect.set_options(timeout=20_000)


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    if not Path(CHROMIUM).exists():
        pytest.fail(f"No browser at {CHROMIUM}. Install chromium (apt-get install chromium), or set CHROMIUM to yours.")
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
    yield browser
    browser.close()


@pytest.fixture(scope="session", autouse=True)
def _lasting_files() -> Iterator[None]:
    """A context asks once for each style, font and script, as browsers do of the real server."""
    with pytest.MonkeyPatch.context() as patch:
        serve = StaticFilesHandler.serve

        def serve_for_long(self: StaticFilesHandler, request: HttpRequest) -> HttpResponseBase:
            response = serve(self, request)
            response["Cache-Control"] = "max-age=3600"
            return response

        patch.setattr(StaticFilesHandler, "serve", serve_for_long)
        yield


NewContext = Callable[..., BrowserContext]


@pytest.fixture
def new_context(browser: Browser, live_server: LiveServer) -> Iterator[NewContext]:
    """Makes browser contexts on the live server; a console error (a broken policy, a missing file) fails the test."""
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def make(**options: object) -> BrowserContext:
        context = browser.new_context(
            **{"base_url": live_server.url, "locale": "en-GB", "viewport": {"width": 1440, "height": 900}, **options}
        )
        context.set_default_timeout(20_000)
        context.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        context.on("weberror", lambda error: errors.append(str(error.error)))
        contexts.append(context)
        return context

    yield make
    for context in contexts:
        context.close()
    expected = re.compile(
        r"status of (403|404|422)|ERR_INTERNET_DISCONNECTED|htmx:(sendError|afterRequest)"
    )  # what a test asks for on purpose
    assert [error for error in errors if not expected.search(error)] == []


def sign_in(page: Page, email: str, password: str = "correct horse") -> None:
    page.goto("/accounts/login/")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(re.compile(r"/(o|organizations)/"))


@pytest.fixture
def page_of(new_context: NewContext, live_server: LiveServer) -> Callable[..., Page]:
    """An empty page in a context of their own, in which that person is signed in."""

    def open_page(person: Membership, **options: object) -> Page:
        context = new_context(**options)
        session = {"name": settings.SESSION_COOKIE_NAME, "value": session_of(person.user), "url": live_server.url}
        context.add_cookies([session])
        return context.new_page()

    return open_page
