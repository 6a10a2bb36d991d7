import csv
import io
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation
from pypdf import PdfReader

from accounts.models import Membership
from organizations.scope import scope
from outcomes.collecting.placement_records import Salary
from outcomes.models import PublicPageSwitch
from outcomes.reports import publishing
from outcomes.reports.graduates import HalfYear
from tests.conftest import Cast
from tests.outcomes.given import START, a_cohort, day, enrolled, graduate, placed

SignIn = Callable[[Membership | None], Client]
URL = "/o/lantaarn/success/reports/"
PUBLIC = "/outcomes/lantaarn/"
NOW = timezone.now()
#: The half-year whose graduates the public page is about, in the days of `given`.
PERIOD = HalfYear.holding(NOW.date()).before.before
GRADUATED = (PERIOD.starts_on - START).days + 20


@pytest.fixture
def story(cast: Cast) -> None:
    """Two cohorts with graduates of one half-year: 20 of 30 placed, 3 of them by the school; six left.

    Twelve more graduated a year before, six of whom are placed.
    """
    cache.clear()
    with scope(cast.organization.pk):
        cohort = a_cohort(name="=HYPERLINK(1)", slug="first")
        other = a_cohort(cohort.version, name="Utrecht", slug="second")
        for number in range(30):
            person = graduate(cohort if number < 18 else other, GRADUATED)
            if number < 20:
                placed(person, "1C" if number < 3 else "1A", GRADUATED + 30)
            if number < 7:
                Salary.objects.create(
                    enrollment=person, amount=51_111 + number, currency="EUR", effective_on=day(GRADUATED + 30)
                )
        for number in range(12):
            person = graduate(cohort, GRADUATED - 365)
            if number < 6:
                placed(person, "1A", GRADUATED - 300)
        for _ in range(6):
            enrolled(cohort, ("withdrawn", 100))


def texts(response: Any) -> str:
    return " ".join(unescape(response.content.decode()).split())


def rows(response: Any) -> list[list[str]]:
    return list(csv.reader(io.StringIO(b"".join(response.streaming_content).decode("utf-8-sig"))))


def test_report_on_graduates_for_the_staff_and_for_others(cast: Cast, story: None, sign_in: SignIn) -> None:
    client = sign_in(cast.ilse)
    staff, others = (client.get(f"{URL}graduates/{query}") for query in ("", f"?period={PERIOD.code}&seen_by=others"))
    shown = [
        {
            line.key: line.cells[1].count
            for line in page.context["lines"].situations
            if line.key in ("placed", "1A", "1C")
        }
        for page in (staff, others)
    ]

    assert shown == [{"placed": "20", "1A": "17", "1C": "3"}, {"placed": "20", "1A": "17", "1C": "–"}]
    assert "66.67%" in texts(staff)
    assert [row[6] for row in rows(client.get(f"{URL}graduates.csv?seen_by=others")) if row[4:6] == ["180", "1C"]] == [
        ""
    ]
    assert [row[6] for row in rows(client.get(f"{URL}graduates.csv")) if row[4:6] == ["180", "1C"]] == ["3"]


@pytest.mark.parametrize("path", ["graduates/", "graduates.csv"])
@pytest.mark.parametrize("query", ["period=1066-1", "period=%00", "seen_by=me"])
def test_question_that_cannot_be_read_says_so(cast: Cast, sign_in: SignIn, path: str, query: str) -> None:
    answer = sign_in(cast.ilse).get(f"{URL}{path}?{query}")

    assert answer.status_code == 422
    assert "is not there. Choose one from the list." in texts(answer)


def test_workbook_holds_everything_and_runs_no_formula(cast: Cast, story: None, sign_in: SignIn) -> None:
    client = sign_in(cast.ilse)
    book = ZipFile(BytesIO(client.get(f"{URL}workbook.xlsx").getvalue()))
    sheets = [book.read(f"xl/worksheets/sheet{number}.xml").decode() for number in range(1, 5)]

    assert 'name="Graduates"' in book.read("xl/workbook.xml").decode()
    assert not any("<f>" in sheet for sheet in sheets)
    assert "=HYPERLINK(1)" in sheets[0]
    assert client.get(f"{URL}workbook.xlsx?on=2999-01-01").status_code == 422


def test_board_reads_two_pages_in_its_language_without_small_groups(cast: Cast, story: None, sign_in: SignIn) -> None:
    client = sign_in(cast.ilse)
    pages = {}
    for language in ("en", "nl"):
        with translation.override(language):
            cast.ilse.user.language = language
            cast.ilse.user.save(update_fields=["language"])
        answer = client.get(f"{URL}board.pdf")
        pages[language] = [page.extract_text() for page in PdfReader(BytesIO(answer.content)).pages]

    assert [len(found) for found in pages.values()] == [2, 2]
    assert "Outcomes for the board" in pages["en"][0]
    assert "measured target" in pages["en"][0]
    assert "Cohorts compared" in pages["en"][1]
    assert "Definition version 1" in pages["en"][1]
    assert "Outcomes for the board" not in pages["nl"][0]


def test_median_salary_is_exact_for_admins_alone(cast: Cast, story: None, sign_in: SignIn) -> None:
    """Seven of 20 placed earn 51,111 to 51,117. Others read it to the thousand, of the whole organization only."""
    pages, sheets = [], []
    for who, queries in ((cast.ada, ("",)), (cast.ilse, ("", "?cohort=first"))):
        client = sign_in(who)
        pages += [texts(client.get(f"{URL}graduates/{query}")) for query in ("", "?seen_by=others")]
        for query in queries:
            book = ZipFile(BytesIO(client.get(f"{URL}workbook.xlsx{query}").getvalue()))
            sheets.append(book.read("xl/worksheets/sheet4.xml"))
    sign_in(cast.ada).post(f"{URL}public/", {"on": ""})
    pages.append(texts(Client().get(PUBLIC)))
    boards = [
        " ".join(PdfReader(BytesIO(client.get(f"{URL}board.pdf{query}").content)).pages[0].extract_text().split())
        for query in ("", "?cohort=first")
    ]

    assert ["EUR 51,114" in page for page in pages] == [True, False, False, False, False]
    assert ["EUR 51,000" in page for page in pages] == [False, True, True, True, True]
    assert "to the thousand, told by 7 of 20 placed in field, 35.00%" in pages[-1]
    assert [b"51114" in sheet for sheet in sheets] == [True, False, False]
    assert [b"51000" in sheet for sheet in sheets] == [False, True, False]
    assert ["EUR 51,000" in board for board in boards] == [True, False]
    assert not any("5111" in text or "51,11" in text.replace("51,114", "") for text in [*pages, *boards])


@pytest.mark.parametrize("said", [{}, {"is_on": "1"}, {"on": "", "off": ""}])
def test_switch_that_does_not_say_which_way_turns_nothing(cast: Cast, sign_in: SignIn, said: dict[str, str]) -> None:
    cast.ada.user.language = "nl"
    cast.ada.user.save(update_fields=["language"])
    admin = sign_in(cast.ada)
    admin.post(f"{URL}public/", {"on": ""})
    answer = admin.post(f"{URL}public/", said)

    assert answer.status_code == 422
    assert "Er is niets veranderd" in texts(answer)
    with scope(cast.organization.pk):
        assert publishing.is_public()


def test_board_of_an_empty_organization(cast: Cast, sign_in: SignIn) -> None:
    answer = sign_in(cast.ada).get(f"{URL}board.pdf")

    assert "Too few to draw." in PdfReader(BytesIO(answer.content)).pages[1].extract_text()


def test_public_page_is_there_once_an_admin_switches_it_on(
    cast: Cast, story: None, sign_in: SignIn, client: Client
) -> None:
    admin = sign_in(cast.ada)
    before, preview = client.get(PUBLIC).status_code, admin.get(f"{URL}public/")
    admin.post(f"{URL}public/", {"on": ""})
    page = Client().get(PUBLIC)
    admin.post(f"{URL}public/", {"on": ""})
    admin.post(f"{URL}public/", {"off": ""})

    assert (before, preview.status_code, page.status_code, Client().get(PUBLIC).status_code) == (404, 200, 200, 404)
    # The preview is the page: from its heading on to its end both say the same.
    heading = "<h1>What became of learners at"
    beginnings = [texts(each).partition(heading)[2].partition("</dl> </section> ")[0] for each in (preview, page)]
    assert beginnings[0] == beginnings[1] != ""
    with scope(cast.organization.pk):
        switched = [(row.is_on, row.recorded_by) for row in PublicPageSwitch.objects.order_by("recorded_at")]
    assert switched == [(True, cast.ada), (False, cast.ada)]


def test_public_page_tells_numbers_and_nobody(cast: Cast, story: None, sign_in: SignIn) -> None:
    sign_in(cast.ada).post(f"{URL}public/", {"on": ""})
    page = Client().get(PUBLIC)
    text = texts(page)
    told = {card.key: card.value for card, is_told in page.context["cards"] if is_told}

    assert told["placement"] == "61.9%"
    assert told["completion_years"] != "–"
    assert told["capstones"] == "10% or less"  # none of the 42 has one, which would be said of each
    assert "n = 42, fewer than 5 did" in text
    assert "definition version 1" in text
    assert "95% CI" in text
    assert not any(name in text for name in ("Learner 0", "HYPERLINK", "Utrecht", "Amira", "Ada"))
    assert 'lang="nl"' in Client(headers={"accept-language": "nl"}).get(PUBLIC).content.decode()
    assert Client().get("/outcomes/nowhere/").status_code == 404
    assert Client().post(PUBLIC).status_code == 405


def test_public_page_counts_once_an_hour(cast: Cast, story: None, sign_in: SignIn) -> None:
    sign_in(cast.ada).post(f"{URL}public/", {"on": ""})
    Client().get(PUBLIC)
    with CaptureQueriesContext(connection) as queries:
        assert Client().get(PUBLIC).status_code == 200

    assert len([query for query in queries if "app.organization_id" not in query["sql"]]) <= 8


def test_public_page_says_the_same_all_half_year(cast: Cast, story: None) -> None:
    with scope(cast.organization.pk):
        half = HalfYear.holding(NOW.date())
        first, last = (publishing.published(today=on) for on in (half.starts_on, half.ends_on))
        placed(
            enrolled(a_cohort(), ("graduated", (half.starts_on - START).days + 1)),
            "1A",
            (half.starts_on - START).days + 2,
        )

        again = publishing.published(today=half.ends_on)
        told = [{key: one.value for key, one in found.measures.items()} for found in (first, last, again)]
        assert told[0] == told[1] == told[2]
        assert last.on == half.starts_on - timedelta(days=1)
        assert last.report.is_settled


def test_too_many_looks_are_turned_away(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("outcomes.views.reports.Throttle.rate", "1/min", raising=False)
    cache.clear()

    assert [Client().get(PUBLIC).status_code for _ in range(2)] == [404, 429]


@pytest.mark.parametrize("number", [1, 3])
def test_pages_take_as_many_queries_however_many_cohorts(cast: Cast, sign_in: SignIn, number: int) -> None:
    with scope(cast.organization.pk):
        for _ in range(number):
            graduate(a_cohort(), GRADUATED)
    client = sign_in(cast.ada)
    client.get(URL)
    counts = []
    for path in ("", "graduates/"):
        with CaptureQueriesContext(connection) as queries:
            client.get(f"{URL}{path}")
        counts.append(len([query for query in queries if "app.organization_id" not in query["sql"]]))

    assert max(counts) <= 12, counts
