"""One whole journey on the real curriculum, in a browser, as four people, with a real worker, beat and mail server.

Ilse imports the plan, publishes it, makes a cohort and enrolls twenty; one of them accepts her invitation, studies and
submits; Joris offers time and reviews; she books a 1-on-1; reminders go out once; Ada sees the numbers.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from cohorts.models import Milestone
from notifications.models import Message
from organizations.scope import scope
from outcomes.models import Snapshot
from outcomes.tasks import take_all_snapshots
from tests.conftest import Cast
from tests.mail import MailServer
from tests.worker import await_idle, running_beat, running_worker

PLAN = Path(__file__).resolve().parent.parent / "data" / "ai-llm-engineer-plan.md"
NAMES = ["Sanne", *(f"Learner {number}" for number in range(2, 21))]


@pytest.fixture
def worker(live_server: LiveServer, mail_server: MailServer, settings: Any) -> Iterator[None]:
    settings.SITE_URL = live_server.url
    with running_worker(live_server.url):
        yield


def roster_csv() -> bytes:
    rows = [f"{name.lower().replace(' ', '.')}@example.org,{name} Visser,joris@lantaarn.example,yes" for name in NAMES]
    return "\n".join(["email,name,mentor_email,seeks_job", *rows]).encode()


def test_journey(
    cast: Cast,
    worker: None,
    mail_server: MailServer,
    page_of: Callable[..., Page],
    new_context: Callable[..., Any],
    tmp_path: Path,
) -> None:
    ilse = page_of(cast.ilse)
    import_and_publish(ilse)
    make_cohort(ilse)
    enroll_twenty(ilse)

    mails = mail_server.await_messages(20)
    invitation = next(mail for mail in mails if mail["To"] == "sanne@example.org")
    link = re.search(r"https?://\S+/invitations/\S+", invitation.get_body(("plain",)).get_content())  # type: ignore[union-attr]
    assert link is not None
    sanne = new_context(locale="nl-NL").new_page()
    accept(sanne, link.group())
    study_and_submit(sanne)

    joris = page_of(cast.joris)
    offer_time(joris)
    review(joris)

    book(sanne)
    remind_once(cast, mail_server, tmp_path / "beat.schedule")
    see_the_numbers(page_of(cast.ada), cast)


def import_and_publish(page: Page) -> None:
    page.goto("/o/lantaarn/curriculum/import/")
    page.locator("input[type=file]").set_input_files(PLAN)
    page.get_by_role("button", name="Check the plan").click()
    expect(page.get_by_text("Nothing is written yet.")).to_be_visible()
    expect(page.get_by_text("800").first).to_be_attached()
    page.get_by_role("button", name="Import as a draft").click()
    expect(page.get_by_text("10,000").first).to_be_visible()
    page.get_by_label("Reason").fill("It is taught like this; the hours are being revised.")
    page.get_by_role("button", name=re.compile("Publish")).click()
    expect(page.get_by_text("Published").first).to_be_visible()


def make_cohort(page: Page) -> None:
    page.goto("/o/lantaarn/cohorts/new/")
    page.get_by_label("Name", exact=True).fill("Rotterdam 2026")
    page.get_by_label("Format").select_option(label="Blended")
    page.get_by_label("Hours a week").fill("25")
    page.get_by_label("Start", exact=True).fill((timezone.localdate() - timedelta(days=7)).isoformat())
    page.get_by_role("button", name="Make cohort").click()
    page.goto("/o/lantaarn/cohorts/rotterdam-2026/milestones/")
    expect(page.get_by_text("Level 1 gate", exact=True)).to_be_visible()


def enroll_twenty(page: Page) -> None:
    page.goto("/o/lantaarn/cohorts/rotterdam-2026/import/")
    page.locator("input[type=file]").set_input_files(
        {"name": "learners.csv", "mimeType": "text/csv", "buffer": roster_csv()}
    )
    page.get_by_role("button", name="Check the file").click()
    page.get_by_role("button", name="Import 20 rows").click()
    for status in ("Enrolling", "Running"):
        page.goto("/o/lantaarn/cohorts/rotterdam-2026/status/")
        page.get_by_label(status).check()
        page.get_by_role("button", name="Record status").click()
    page.goto("/o/lantaarn/cohorts/rotterdam-2026/")
    expect(page.get_by_role("link", name="Sanne Visser")).to_be_visible()


def accept(page: Page, link: str) -> None:
    page.goto(link)
    page.locator("[name=password]").fill("a long and quiet sentence")
    page.locator("main form button[type=submit]").first.click()
    page.wait_for_url(re.compile("/o/lantaarn/"))
    page.goto("/o/lantaarn/home/")
    expect(page.locator("h1")).to_contain_text("Sanne")


def study_and_submit(page: Page) -> None:
    page.goto("/o/lantaarn/path/")
    mark = page.locator("button[name=done][value='1']")
    before = mark.count()
    mark.first.click()
    expect(page.locator("button[name=done][value='0']")).to_have_count(1)
    assert mark.count() == before - 1
    page.goto("/o/lantaarn/projects/")
    page.get_by_role("link", name=re.compile("File Organizer")).first.click()
    form = page.locator("form[action$='/submit/']")
    form.locator("[name=repository]").first.fill("http://localhost/secret")
    form.locator(".btn.primary").click()
    expect(page.locator(".error-summary")).to_be_visible()
    form.locator("[name=repository]").first.fill("https://github.com/sanne/file-organizer")
    for box in form.locator("input[type=checkbox]").all():
        box.check()
    form.locator(".btn.primary").click()
    expect(page.locator(".milestones")).to_be_visible()
    expect(page.locator("form[action$='/withdraw/']")).to_be_visible()


def offer_time(page: Page) -> None:
    page.goto("/o/lantaarn/availability/")
    page.get_by_text("Type the hours").click()
    for day in ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday"):
        group = page.get_by_role("group", name=day)
        group.get_by_label(f"{day}, from").fill("09:00")
        group.get_by_label(f"{day}, until").fill("17:00")
    page.get_by_role("button", name="Save weekly hours").click()
    expect(page.get_by_role("heading", name="What learners see")).to_be_visible()
    expect(page.get_by_text("09:00").first).to_be_attached()


def review(page: Page) -> None:
    page.goto("/o/lantaarn/reviews/")
    expect(page.get_by_text("Sanne Visser").first).to_be_visible()
    page.get_by_role("link", name=re.compile("File Organizer")).first.click()
    page.get_by_role("button", name="Start review").click()
    for scale in page.locator(".rubric .scale").all():
        scale.get_by_label("Proficient").check()
    page.get_by_label("Summary for Sanne").fill("Clear structure, and the tests say what it promises.")
    page.get_by_role("button", name="Pass", exact=True).click()
    expect(page.get_by_text("Sanne Visser gets an email with your feedback.")).to_be_visible()
    expect(page.get_by_role("heading", name="Nothing to review")).to_be_visible()


def book(page: Page) -> None:
    page.goto("/o/lantaarn/sessions/")
    page.locator(".slots .choice").first.click()
    page.locator("[name=agenda]").fill("How do I test code that moves files?")
    page.locator("form[action$='/book/'] button[type=submit]").click()
    expect(page.locator(".notice.ok").first).to_be_visible()
    page.goto("/o/lantaarn/home/")
    expect(page.locator(".notice.ok").first).to_be_visible()


def remind_once(cast: Cast, mail_server: MailServer, schedule: Path) -> None:
    """Beat queues and sends, round after round: the reminder that is due reaches the mail server once."""
    await_idle()
    before = len(mail_server.messages)
    with scope(cast.organization.pk):
        first = Milestone.objects.filter(enrollment=None).order_by("position")[:1]
        soon = timezone.localdate() + timedelta(days=2)
        Milestone.objects.filter(pk__in=[row.pk for row in first]).update(due_on=soon)
    with running_beat(schedule, REMINDERS_EVERY=1, DELIVERY_EVERY=1) as beat:
        mail_server.await_messages(before + 1)
        beat.await_rounds(2, "queue reminders", "send what is due")
    await_idle()
    with scope(cast.organization.pk):
        reminders = Message.objects.filter(kind="milestone_ahead")
        assert [(m.recipient.email, m.state, m.attempts) for m in reminders] == [("sanne@example.org", "sent", 1)]
        settled = Counter(Message.objects.values_list("state", flat=True))
        sent = [f"<{pk}@localhost>" for pk in Message.objects.filter(state="sent").values_list("pk", flat=True)]
    assert set(settled) <= {"sent", "skipped"}
    assert sorted(str(mail["Message-ID"]) for mail in mail_server.messages) == sorted(sent)


def see_the_numbers(page: Page, cast: Cast) -> None:
    take_all_snapshots.delay()
    await_idle()
    with scope(cast.organization.pk):
        assert Snapshot.objects.filter(key="retention_level_3", cohort=None).count() == 1
    page.goto("/o/lantaarn/success/")
    expect(page.get_by_role("link", name="Retention through level 3")).to_be_visible()
    expect(page.get_by_text("Too early to say").first).to_be_visible()
    page.get_by_role("link", name="Retention through level 3").click()
    expect(page.locator("h1")).to_contain_text("Retention")
