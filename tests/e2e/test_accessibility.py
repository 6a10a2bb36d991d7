"""Every main page, as each role, as people meet it: in both languages, both themes, wide and narrow, by keyboard and
without a script. Axe looks for what WCAG 2.2 AA forbids; what it cannot see (focus, overflow, language) is asked here.
"""

import os
from collections.abc import Callable

import polib
import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import Membership
from mentoring.models import OneOnOne
from organizations.scope import scope
from outcomes.reports.graduates import HalfYear
from outcomes.reports.publishing import switch_public_page
from tests.conftest import Cast
from tests.e2e.conftest import NewContext
from tests.outcomes.given import START, a_cohort, graduate, placed
from tests.world import World, make_world

WCAG = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
    "resultTypes": ["violations"],
    "preload": {"assets": ["media"]},  # no rule of these reads style sheets, which would be fetched once more
}
WIDE, SMALLEST = 1440, 320
AXE = Axe()
IS_THOROUGH = "THOROUGH" in os.environ

OPEN = {
    "/": "Long programs, walked together",
    "/accounts/login/": "Pick up where you left off",
    "/accounts/signup/": "Start an organization",
    "/accounts/password/reset/": "Get a new password",
    "/invitations/nonsense/": "This invitation does not work",
}
OWN = {
    "/profile/": "Your profile",
    "/organizations/": "Your organizations",
    "/accounts/email/": "Your email address",
    "/accounts/password/change/": "Your password",
    "/accounts/2fa/": "Two-step sign-in",
}
LEARNER = {
    "home/": None,
    "search/?q=a": "Search",
    "path/": "Your path",
    "path/earlier/": "Results from earlier versions",
    "path/?level=all": "Your path",
    "path/?print=1": None,
    "path/tracks/": "Specializations",
    "path/tracks/{track}/": None,
    "gates/": "What each level asks",
    "certificates/": "Your certificates",
    "certificates/{certificate}/": None,
    "/certificates/lantaarn/{certificate_token}/": "This certificate is valid",
    "projects/": "Projects",
    "projects/{project}/": None,
    "projects/{project}/benchmarks/": "Report a result",
    "projects/accounts/": "Your accounts",
    "presentations/{presentation}/": None,
    "notifications/": "Notifications",
    "notifications/settings/": "Choose what you get",
    "messages/read/{sent}/": None,
    "check-in/": "Check in",
    "stand-up/": "Your stand-up",
    "sessions/": "Your 1-on-1s",
    "sessions/{one_on_one}/": None,
    "sessions/proposals/{proposal}/": "Times for a 1-on-1",
    "learners/{enrollment}/series/": "Meet regularly",
    "series/{series}/stop/": "Stop regular 1-on-1s",
    "surveys/answer/{participation}/": None,
    "path/projects/{credit_project}/credit/": "Ask for credit",
}
MENTOR = {
    "gatherings/": "Attendance today",
    "gatherings/{gathering}/": None,
    "week/": None,
    "sessions/{one_on_one}/": None,
    "coverage/{enrollment}/propose/": None,
    "availability/": "Availability",
    "availability/off/{time_off}/": "1-on-1s in your time off",
    "mentors/asked/": "Learners you are asked to take over",
    "mentors/{mentor}/": "What you take on",
    "reviews/": "To review",
    "reviews/{submission}/": None,
    "reviews/{submission}/benchmarks/": "Benchmarks",
    "benchmarks/{benchmark_report}/": None,
    "presentations/": "Presentations",
    "presentations/{presentation}/": None,
    "presentations/{presentation}/change/": "Change a presentation",
    "learners/{enrollment}/": None,
}
STAFF = {
    "reviews/settings/": "How reviews go",
    "reviews/rubrics/": "Rubrics",
    "reviews/rubrics/new/": "New rubric",
    "reviews/rubrics/{rubric}/": None,
    "reviews/rubrics/{rubric}/change/": None,
    "today/": "Today",
    "today/changes/": "Everything that changed",
    "today/due/": "The coming week",
    "risk/": "When somebody needs a person",
    "cohorts/": "Cohorts",
    "cohorts/new/": "New cohort",
    "curriculum/pace/": "Work out the pace",
    "cohorts/{cohort}/": None,
    "cohorts/{cohort}/milestones/": None,
    "cohorts/{cohort}/groups/": None,
    "cohorts/{cohort}/groups/arrange/": "Arrange groups",
    "cohorts/{cohort}/pairs/": None,
    "cohorts/{cohort}/pairs/next/": "Next round",
    "cohorts/{cohort}/attendance/": None,
    "cohorts/{cohort}/gatherings/new/": "Plan a gathering",
    "cohorts/{cohort}/stand-ups/": None,
    "gatherings/{gathering}/cancel/": None,
    "cohorts/{cohort}/breaks/": None,
    "cohorts/{cohort}/breaks/import/": None,
    "cohorts/{cohort}/waiting/": None,
    "cohorts/{cohort}/team/": None,
    "cohorts/{cohort}/messages/": None,
    "cohorts/{cohort}/reminders/": None,
    "cohorts/{cohort}/chats/": None,
    "cohorts/{cohort}/next/": None,
    "holidays/": "Holidays",
    "holidays/import/": "Import a calendar",
    "learners/{enrollment}/dates/": None,
    "cohorts/{cohort}/settings/": None,
    "cohorts/{cohort}/version/": None,
    "cohorts/{cohort}/version/undo/": None,
    "cohorts/{cohort}/import/": None,
    "cohorts/{cohort}/import/{file}/": None,
    "cohorts/{cohort}/import/{file}/?columns=1": None,
    "cohorts/{cohort}/imports/": None,
    "cohorts/{cohort}/imports/{learner_import}/": None,
    "search/?q=a": "Search",
    "learners/{enrollment}/": None,
    "learners/": "Learners",
    "learners/views/": "Views",
    "learners/views/new/": "Save this view",
    "learners/views/{view}/": None,
    "learners/many/": "Done for many",
    "learners/many/{bulk_action}/": "Assign mentor",
    "learners/{enrollment}/status/": None,
    "learners/{enrollment}/status/correct/": None,
    "learners/{enrollment}/transfer/undo/": None,
    "settings/leaving-reasons/": "Reasons for leaving",
    "peer-rounds/": "Peer review",
    "peer-rounds/open/": "Open a round of peer review",
    "portfolio/": "Portfolio",
    "benchmarks/": "Benchmarks",
    "presentations/settings/": "What has to be presented",
    "presentations/{presentation}/cancel/": "Call a presentation off",
    "learners/{enrollment}/version/": None,
    "learners/{enrollment}/version/undo/": None,
    "learners/{enrollment}/earlier/": "Results from earlier versions",
    "learners/{enrollment}/timeline/": None,
    "learners/{enrollment}/study/": "Correct study hours",
    "learners/notes/{note}/": None,
    "learners/{enrollment}/gates/": "Level gates",
    "overrides/{override}/": None,
    "certificates/{certificate}/": None,
    "learners/{enrollment}/credit/": "Credit for prior learning",
    "learners/{enrollment}/credit/take-back/": "Take credit back",
    "learners/{enrollment}/snooze/few_hours/": None,
    "learners/{enrollment}/track/": "Set the specialization",
    "curriculum/": "Curriculum",
    "curriculum/import/": "Import a plan",
    "curriculum/{version}/": None,
    "curriculum/{version}/audit/": "What does not add up",
    "curriculum/{version}/compare/": "Compare versions",
    "messages/": "Messages",
    "messages/written/": "Messages to learners",
    "messages/written/new/": "Write a message",
    "messages/written/{draft}/": None,
    "messages/written/{sent}/": None,
    "messages/preview/review_decided/": "Previews of mails",
    "notifications/": "Notifications",
    "notifications/settings/": "Choose what you get",
    "messages/rules/": "Reminder rules",
    "coverage/": None,
    "mentors/": "Mentors",
    "mentors/matching/": "Mentors for learners",
    "mentors/{mentor}/hand-over/": None,
    "learners/{enrollment}/book/": None,
    "sessions/{one_on_one}/": None,
}
ADMIN = {
    "people/": "People",
    "people/invite/": "Invite somebody",
    "people/{learner}/": None,
    "settings/": "Settings",
    "settings/ci/": "Automated tests",
    "settings/gates/": "What gates ask",
    "settings/webhooks/": "Webhooks",
    "settings/webhooks/new/": "Add webhook",
    "settings/webhooks/{webhook}/": None,
    "settings/webhooks/{webhook}/deliveries/{delivery}/": None,
    "success/": "Program success",
    "learners/{enrollment}/after-the-program/": None,
    "success/placement/": "Placed within 6 months",
    "credit-requests/": "Requests for credit",
    "credit-requests/{credit_request}/": None,
    "surveys/": "Surveys",
    "surveys/new/": "New survey",
    "surveys/new/?kind=exit": None,
    "surveys/{survey}/": None,
    "surveys/{survey}/edit/": "Change the survey",
    "surveys/{survey}/preview/": None,
    "surveys/{survey}/waves/new/": "Plan a wave",
    "surveys/waves/{wave}/end/": "End this wave now",
    "surveys/{survey}/results/": None,
    "success/targets/": "Targets",
    "success/targets/placement/": "Placed within 6 months",
    "success/reputation/record/": "Record a rank",
    "success/check-ins/": "Check-ins",
    "alumni/": "Alumni",
    "learners/{enrollment}/pathway/": None,
    "success/resources/": "Costs and staff",
    "success/resources/estimate/": "The estimate",
    "success/resources/cohorts/{cohort}/": None,
    "success/resources/cohorts/{cohort}/costs/record/": "Record a cost",
    "success/resources/cohorts/{cohort}/staffing/": "Record staffing",
    "success/reports/": "Reports",
    "success/reports/graduates/?seen_by=others": None,
    "success/reports/public/": None,
    "success/placements/": "Placements to verify",
    "success/placements/{placement}/": None,
    "settings/placements/": "Who verifies placements",
    "success/snapshots/": "Snapshots",
    "success/employers/": "Listed employers",
    "success/employers/add/": "Add employer",
}

#: Whose pages, and in how many tests: short ones that run side by side.
PAGES_OF = {"amira": (LEARNER | OWN, 3), "joris": (MENTOR, 2), "ilse": (STAFF, 9), "ada": (ADMIN, 1)}

PageOf = Callable[..., Page]


@pytest.fixture
def world(cast: Cast) -> World:
    return make_world(cast)


@pytest.fixture(scope="module")
def dutch() -> dict[str, str]:
    catalog = polib.pofile(str(settings.BASE_DIR / "locale/nl/LC_MESSAGES/django.po"))
    return {entry.msgid: entry.msgstr for entry in catalog if not entry.msgctxt}


def in_organization(pages: dict[str, str | None], world: World) -> dict[str, str | None]:
    """The pages with the addresses of Amira's things."""
    keys = {
        "project": world.project.pk,
        "track": world.track.pk,
        "submission": world.submission.pk,
        "rubric": world.rubric.pk,
        "enrollment": world.enrollment.pk,
        "cohort": world.cohort.slug,
        "version": world.version.pk,
        "learner": world.cast.amira.pk,
        "one_on_one": world.one_on_one.pk,
        "proposal": world.proposal.pk,
        "series": world.series.pk,
        "time_off": world.time_off.pk,
        "mentor": world.cast.joris.pk,
        "view": world.view.pk,
        "bulk_action": world.bulk_action.pk,
        "gathering": f"{world.gathering.pk}/{world.gathering.first_day.isoformat()}",
        "file": world.file.pk,
        "learner_import": world.learner_import.pk,
        "note": world.note.pk,
        "webhook": world.webhook.pk,
        "delivery": world.delivery.pk,
        "draft": world.draft.pk,
        "sent": world.sent.pk,
        "certificate": world.certificate.pk,
        "certificate_token": world.certificate.token,
        "override": world.override.pk,
        "benchmark_report": world.benchmark_report.pk,
        "presentation": world.presentation.pk,
        "placement": world.placement.pk,
        "participation": world.participation.pk,
        "survey": world.participation.wave.survey_id,
        "wave": world.participation.wave_id,
        "credit_request": world.credit_request.pk,
        "credit_project": world.credit_request.project_id,
    }
    return {
        (path if path.startswith("/") else f"/o/lantaarn/{path}").format(**keys): heading
        for path, heading in pages.items()
    }


#: Asked at once: each question to the browser is a journey.
LOOK = """() => [
  document.documentElement.lang,
  [...document.querySelectorAll("h1")].map((heading) => heading.innerText.trim()),
]"""


def faults_by_axe(page: Page) -> list[str]:
    page.evaluate(AXE.axe_script)
    violations = page.evaluate("options => axe.run(options).then((results) => results.violations)", WCAG)
    return [f"{each['id']} {[node['html'][:120] for node in each['nodes'][:3]]}" for each in violations]


def faults_of(page: Page, pages: dict[str, str | None], dutch: dict[str, str]) -> list[str]:
    """Walks every other page in English, light and wide, and the rest in Dutch, dark and on the smallest phone.

    With `THOROUGH` all are walked in both.
    """
    found: list[str] = []
    page.emulate_media(reduced_motion="reduce")
    for turn, (language, width, theme) in enumerate((("en", WIDE, "light"), ("nl", SMALLEST, "dark"))):
        mine = [(path, heading) for place, (path, heading) in enumerate(pages.items()) if place % 2 == turn]
        page.goto("/")
        page.locator(f"form.lang button[value={language}]").first.click()
        page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
        for path, heading in pages.items() if IS_THOROUGH else mine:
            page.set_viewport_size({"width": width, "height": 900})
            page.goto(path)
            shown, headings = page.evaluate(LOOK)
            if shown != language:
                found.append(f"{path}: not in {language}")
            expected = heading if language == "en" or heading is None else dutch[heading]
            if len(headings) != 1 or (expected and headings != [expected]):
                found.append(f"{path}: h1 {headings} instead of {expected} in {language}")
            found += [f"{path} {width} {theme} {language}: {fault}" for fault in faults_by_axe(page)]
            if width != SMALLEST:
                page.set_viewport_size({"width": SMALLEST, "height": 900})
            if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                found.append(f"{path}: wider than {SMALLEST} px in {language}")
    return found


def test_page_with_a_fault_is_found(page_of: PageOf, cast: Cast, dutch: dict[str, str]) -> None:
    """Looking finds something when there is something: an image without a text, a heading too many, a wide block."""
    page = page_of(cast.ada)
    page.route(
        "**/profile/",
        lambda route: route.fulfill(
            content_type="text/html",
            body="<html><title>x</title><h1>A</h1><h1>B</h1><img src='data:,'><svg width='900'></svg></html>",
        ),
    )
    found = "\n".join(faults_of(page, {"/profile/": "Your profile"}, dutch))
    assert [word for word in ("image-alt", "instead of", "wider than 320", "not in en") if word not in found] == []


def test_open_pages(new_context: NewContext, dutch: dict[str, str]) -> None:
    page = new_context().new_page()
    assert faults_of(page, dict(OPEN), dutch) == []


@pytest.mark.parametrize(("who", "part"), [(who, part) for who in PAGES_OF for part in range(PAGES_OF[who][1])])
def test_pages_of_a_member(page_of: PageOf, world: World, dutch: dict[str, str], who: str, part: int) -> None:
    pages, parts = PAGES_OF[who]
    mine = dict(list(in_organization(pages, world).items())[part::parts])
    assert mine
    assert faults_of(page_of(getattr(world.cast, who)), mine, dutch) == []


def test_public_page(cast: Cast, new_context: NewContext, dutch: dict[str, str]) -> None:
    """What everybody reads of an organization, in both languages: with numbers that are told and some that are not."""
    now = timezone.now()
    graduated = (HalfYear.holding(now.date()).before.before.starts_on - START).days + 20
    with scope(cast.organization.pk):
        cohort = a_cohort()
        for number in range(21):
            person = graduate(cohort, graduated)
            if number < 12:
                placed(person, "1A", graduated + 30)
        switch_public_page(is_on=True, by=cast.ada, at=now)
    pages: dict[str, str | None] = {"/outcomes/lantaarn/": None, "/outcomes/lantaarn/?again": None}
    assert faults_of(new_context().new_page(), pages, dutch) == []


def focused(page: Page) -> tuple[str, str]:
    """What has the focus, and how it shows: the style of its outline."""
    name, outline = page.evaluate(
        """() => {
          const at = document.activeElement;
          return [at.textContent.trim() || at.outerHTML.slice(0, 120), getComputedStyle(at).outlineStyle];
        }"""
    )
    return name, outline


@pytest.mark.parametrize(
    ("who", "path", "action"),
    [
        ("amira", "path/", "Mark done"),
        ("joris", "availability/", "Save weekly hours"),
        ("ilse", "cohorts/", "New cohort"),
    ],
)
def test_keyboard_skips_to_the_content_and_reaches_the_action(
    page_of: PageOf, world: World, who: str, path: str, action: str
) -> None:
    person: Membership = getattr(world.cast, who)
    page = page_of(person)
    page.goto(f"/o/lantaarn/{path}")
    page.keyboard.press("Tab")
    assert focused(page) == ("Skip to content", "solid")
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    for _step in range(120):
        page.keyboard.press("Tab")
        name, outline = focused(page)
        assert outline != "none", f"{name} shows no focus"
        if name.startswith(action):
            return
    pytest.fail(f"the keyboard never reaches {action}")


def test_learner_needs_no_script(page_of: PageOf, world: World) -> None:
    page = page_of(world.cast.amira, java_script_enabled=False)
    page.goto("/o/lantaarn/path/")
    undo = page.locator("button[name=done][value='0']")
    expect(undo).to_have_count(0)
    page.locator("button[name=done][value='1']").first.click()
    expect(undo).to_have_count(1)
    page.goto("/o/lantaarn/sessions/")
    page.locator(".slots .choice").first.click()
    page.locator("form[action$='/book/'] button[type=submit]").click()
    expect(page.locator(".notice.ok, .toast").first).to_be_visible()
    with scope(world.cast.organization.pk):
        assert OneOnOne.objects.filter(enrollment=world.enrollment, status=OneOnOne.Status.BOOKED).count() == 2
