"""Files as people have them, read as rows: any encoding and separator, any names for the columns."""

import contextlib
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cohorts.errors import CohortError
from cohorts.import_columns import FIELDS, check_columns, columns_of, guess, is_history, remember
from cohorts.import_rows import LearnerRow, RowError, Sheet, read_rows
from cohorts.import_table import MOST_ROWS, decode, read_table
from tests.conftest import Cast


def sheet_of(data: bytes) -> Sheet:
    table = read_table(decode(data))
    columns = guess(table.header)
    check_columns(columns)
    return read_rows(table, columns)


def rows(*lines: str, header: str = "email,name") -> tuple[LearnerRow, ...]:
    sheet = sheet_of("\n".join([header, *lines]).encode())
    assert sheet.errors == ()
    return sheet.rows


def refusal(data: bytes) -> CohortError:
    with pytest.raises(CohortError) as refused:
        sheet_of(data)
    return refused.value


# -- reading -----------------------------------------------------------------------------------------------------------


def test_every_column_is_read() -> None:
    header = "email,name,external_id,mentor_email,seeks_job,time_zone,language,starts_on"
    line = " Sanne@Example.org ,Sanne de Wit,A-17,joris@lantaarn.example,Yes,America/Toronto,NL,2026-10-05"

    assert rows(line, header=header) == (
        LearnerRow(
            number=2, email="sanne@example.org", name="Sanne de Wit", external_id="A-17",
            mentor_email="joris@lantaarn.example", seeks_job=True, time_zone="America/Toronto", language="nl",
            starts_on=date(2026, 10, 5),
        ),
    )  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "email,name\nsanne@example.org,Sanne",
        "\ufeffemail,name\nsanne@example.org,Sanne\n",
        "email;name\r\nsanne@example.org;Sanne\r\n",
        "Name\tE-mail".replace("E-mail", "Email") + "\nSanne\tsanne@example.org",
        '"email","name"\n\n"sanne@example.org","Sanne"\n,\n',
        "email,name,,\nsanne@example.org,Sanne,,\n",
    ],
)
def test_files_of_any_spreadsheet_are_read(text: str) -> None:
    [row] = sheet_of(text.encode()).rows

    assert (row.email, row.name, row.seeks_job, row.starts_on) == ("sanne@example.org", "Sanne", None, None)


def test_rows_are_numbered_as_the_spreadsheet_does() -> None:
    found = sheet_of(b"email,name\na@example.org,A\n\nb@example.org,\n")

    assert [row.number for row in found.rows] == [2]
    assert found.errors == (RowError(4, "name", "This cell is empty. Fill it in."),)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty_file"),
        (b"\xef\xbb\xbf \n\n", "empty_file"),
        (b"email,name\nren\x81@example.org,Ren\x81", "not_text"),
        (b"e\x00m\x00a\x00i\x00l\x00,\x00n\x00a\x00m\x00e\x00\n\x00a\x00", "not_text"),
        (b"email,name\n", "no_rows"),
        (b"email,name\n,\n;\n".replace(b";", b" "), "no_rows"),
        (b'email,name\n"a@example.org,A', "not_csv"),
        (b"PK\x03\x04 not a table at all", "spreadsheet"),
        (b"email,name\n" + b"x" * (2 * 1024 * 1024), "too_large"),
    ],
)
def test_file_that_is_no_table_of_learners_is_refused(data: bytes, code: str) -> None:
    assert refusal(data).code == code


def test_encodings_of_older_programs_are_read() -> None:
    text = "email;naam\r\nzoe@example.org;Zoë “van” den Berg €\r\n"

    for encoding in ("utf-8", "utf-8-sig", "utf-16", "cp1252"):
        assert [row.name for row in sheet_of(text.encode(encoding)).rows] == ["Zoë “van” den Berg €"]


def test_separator_may_be_said_by_the_spreadsheet_itself() -> None:
    found = sheet_of(b"sep=;\nemail;name\na@example.org;A\nb@example.org;\n")

    assert [(row.number, row.name) for row in found.rows] == [(3, "A")]
    assert [error.number for error in found.errors] == [4]


@given(st.binary(max_size=300))
def test_any_bytes_are_a_table_or_are_refused(data: bytes) -> None:
    with contextlib.suppress(CohortError):
        table = read_table(decode(data))
        read_rows(table, guess(table.header))


def test_up_to_five_thousand_learners_fit_in_one_import() -> None:
    def file(count: int) -> bytes:
        return "\n".join(["email,name", *(f"l{number}@example.org,L" for number in range(count))]).encode()

    assert len(sheet_of(file(MOST_ROWS)).rows) == 5000
    assert "The file has 10000 learners; at most 5000 fit" in str(refusal(file(10_000)))


@pytest.mark.parametrize(
    ("column", "cell", "message"),
    [
        ("email", "sanne", "“sanne” is not an email address."),
        (
            "email",
            "=cmd|'/C calc'!A0@example.org",
            "“=” at the beginning would be a formula in a spreadsheet. Remove it.",
        ),
        (
            "name",
            '=HYPERLINK("http://evil.example")',
            "“=” at the beginning would be a formula in a spreadsheet. Remove it.",
        ),
        ("name", "@SUM(1)", "“@” at the beginning would be a formula in a spreadsheet. Remove it."),
        ("external_id", "-1+1", "“-” at the beginning would be a formula in a spreadsheet. Remove it."),
        ("name", "San\nne", "This cell holds a line break or another invisible sign. Remove it."),
        ("name", "San\x00ne", "This cell holds a line break or another invisible sign. Remove it."),
        ("name", "x" * 121, "At most 120 characters fit."),
        ("external_id", "x" * 81, "At most 80 characters fit."),
        ("mentor_email", "joris", "“joris” is not an email address."),
        ("seeks_job", "maybe", "Write yes or no, or leave the cell empty when it was not asked."),
        ("time_zone", "Europe/Atlantis", "“Europe/Atlantis” is not a time zone. Choose one such as Europe/Amsterdam."),
        ("language", "fr", "Write en for English or nl for Dutch."),
        ("starts_on", "soon", "“soon” is not a date. Write it as 2026-09-07."),
        ("starts_on", "31-02-2026", "“31-02-2026” is not a date. Write it as 2026-09-07."),
        (
            "starts_on",
            "5-10-2026",
            "“5-10-2026” may be two different days. Write it as 2026-09-07: year, month, day.",
        ),
        ("starts_on", "1900-01-01", "1900-01-01 is not a date for a program. Choose one between 2000 and 2099."),
        ("starts_on", "9999-12-31", "9999-12-31 is not a date for a program. Choose one between 2000 and 2099."),
    ],
)
def test_cell_that_is_wrong_is_named_with_its_row_and_the_fix(column: str, cell: str, message: str) -> None:
    values = {"email": "sanne@example.org", "name": "Sanne", column: cell}
    quoted = ",".join('"' + value.replace('"', '""') + '"' for value in values.values())

    sheet = sheet_of(f"{','.join(values)}\n{quoted}\n".encode())

    assert (sheet.rows, sheet.errors) == ((), (RowError(2, column, message),))


def test_row_that_is_longer_than_the_header_is_named() -> None:
    [error] = sheet_of(b"email,name\na@example.org,Wit, Sanne de\n").errors

    assert (error.number, error.message) == (
        2, "This row has more cells than the header. Put text with commas in quotes.",
    )  # fmt: skip


def test_duplicates_within_the_file_are_named_with_all_their_rows() -> None:
    sheet = sheet_of(
        b"email,name,external_id\na@example.org,A,1\nb@example.org,B,2\nA@EXAMPLE.ORG,A again,3\nc@example.org,C,2\n"
    )

    assert sheet.rows == ()
    assert sheet.errors == (
        RowError(2, "email", "This email is in rows 2, 4. Keep one of them."),
        RowError(3, "external_id", "This external id is in rows 3, 5. Keep one of them."),
        RowError(4, "email", "This email is in rows 2, 4. Keep one of them."),
        RowError(5, "external_id", "This external id is in rows 3, 5. Keep one of them."),
    )


@pytest.mark.parametrize("text", ["2026-09-25", "25-9-2026", "25/09/2026", "25.09.2026"])
def test_date_that_can_be_one_day_only_is_read(text: str) -> None:
    [row] = rows(f"a@example.org,A,{text}", header="email,name,startdatum")

    assert row.starts_on == date(2026, 9, 25)


# -- columns -----------------------------------------------------------------------------------------------------------


def test_columns_are_guessed_in_both_languages() -> None:
    assert guess(["E-mailadres", "Voornaam", "Tussenvoegsel", "Achternaam", "Deelnemernummer", "Schoenmaat"]) == [
        "email", "first_name", "infix", "last_name", "external_id", "",
    ]  # fmt: skip
    assert guess(["Email address", "E-mail", "Status", "Ingangsdatum", "Reden"]) == [
        "email", "", "status", "effective_on", "reason",
    ]  # fmt: skip


def test_a_name_may_stand_in_parts() -> None:
    [row] = rows("zoe@example.org,Zoë,van den,Berg", header="email,voornaam,tussenvoegsel,achternaam")

    assert row.name == "Zoë van den Berg"


def test_every_field_is_guessed_from_its_own_name() -> None:
    assert guess(list(FIELDS)) == list(FIELDS)


def test_what_was_chosen_by_hand_comes_back_for_the_same_header(lantaarn: Cast) -> None:
    header = ["Wie", "Adres"]
    assert columns_of(header) == ["", ""]

    remember(header, ["name", "email"])

    assert columns_of([" WIE", "adres"]) == ["name", "email"]
    assert columns_of(["Adres", "Wie"]) == ["", ""]


@pytest.mark.parametrize(
    ("columns", "problem"),
    [
        (["name"], "No column says who it is about."),
        (["email", "language"], "No column holds the name."),
        (["email", "name", "name"], "Two columns are the same: Name. Leave one of them out."),
        (["email", "status"], "A history needs the day of each change."),
    ],
)
def test_columns_that_do_not_do_say_what_is_missing(columns: list[str], problem: str) -> None:
    with pytest.raises(CohortError, match=problem):
        check_columns(columns)


def test_history_has_words_of_both_languages() -> None:
    header = "email,status,ingangsdatum,reden"
    read = rows("a@example.org,Actief,2026-09-07,", "a@example.org,gestopt,2026-10-01,Gezondheid", header=header)

    assert is_history(guess(header.split(",")))
    assert [(row.status, row.reason) for row in read] == [("active", ""), ("withdrawn", "health")]
