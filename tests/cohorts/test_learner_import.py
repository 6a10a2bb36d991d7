from datetime import UTC, date, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Invitation, Membership, Role, User
from cohorts.errors import CohortError
from cohorts.history import enroll, statuses_as_of
from cohorts.learner_import import (
    MOST_ROWS,
    Check,
    ImportReport,
    LearnerRow,
    RowError,
    Sheet,
    check_rows,
    import_learners,
    read_csv,
)
from cohorts.models import Cohort, Enrollment
from notifications.models import Message
from organizations.scope import scope
from tests.cohorts.given import NOW, START, a_cohort
from tests.conftest import Cast

LATER = datetime(2026, 10, 1, 9, 0, tzinfo=UTC)


def rows(*lines: str, header: str = "email,name") -> tuple[LearnerRow, ...]:
    sheet = read_csv("\n".join([header, *lines]).encode())
    assert sheet.errors == ()
    return sheet.rows


def refusal(data: bytes) -> CohortError:
    with pytest.raises(CohortError) as refused:
        read_csv(data)
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
    [row] = read_csv(text.encode()).rows

    assert (row.email, row.name, row.seeks_job, row.starts_on) == ("sanne@example.org", "Sanne", None, None)


def test_rows_are_numbered_as_the_spreadsheet_does() -> None:
    found = read_csv(b"email,name\na@example.org,A\n\nb@example.org,\n")

    assert [row.number for row in found.rows] == [2]
    assert found.errors == (RowError(4, "name", "This cell is empty. Fill it in."),)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty_file"),
        (b"\xef\xbb\xbf \n\n", "empty_file"),
        ("email,name\nrené@example.org,René".encode("latin-1"), "not_utf8"),
        ("email,name\na@example.org,A".encode("utf-16"), "not_utf8"),
        (b"email,name\n", "no_rows"),
        (b"email,name\n,\n;\n".replace(b";", b" "), "no_rows"),
        (b'email,name\n"a@example.org,A', "not_csv"),
        (b"PK\x03\x04 not a table at all", "wrong_columns"),
        (b"email,name\n" + b"x" * (2 * 1024 * 1024), "too_large"),
    ],
)
def test_file_that_is_no_table_of_learners_is_refused(data: bytes, code: str) -> None:
    assert refusal(data).code == code


def test_wrong_header_names_what_is_missing_unknown_and_there_twice() -> None:
    assert str(refusal(b"e-mailadres,name,Phone,name\nx,y,z,y")) == (
        "Missing columns: email. Unknown columns: e-mailadres, Phone. Columns that are there twice: name. "
        "The first row names the columns: email, name, external_id, mentor_email, seeks_job, time_zone, language, "
        "starts_on."
    )


def test_up_to_five_thousand_learners_fit_in_one_import() -> None:
    def file(count: int) -> bytes:
        return "\n".join(["email,name", *(f"l{number}@example.org,L" for number in range(count))]).encode()

    assert len(read_csv(file(MOST_ROWS)).rows) == 5000
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
        ("starts_on", "5-10-2026", "“5-10-2026” is not a date. Write it as 2026-09-07."),
        ("starts_on", "1900-01-01", "1900-01-01 is not a date for a program. Choose one between 2000 and 2099."),
        ("starts_on", "9999-12-31", "9999-12-31 is not a date for a program. Choose one between 2000 and 2099."),
    ],
)
def test_cell_that_is_wrong_is_named_with_its_row_and_the_fix(column: str, cell: str, message: str) -> None:
    values = {"email": "sanne@example.org", "name": "Sanne", column: cell}
    quoted = ",".join('"' + value.replace('"', '""') + '"' for value in values.values())

    sheet = read_csv(f"{','.join(values)}\n{quoted}\n".encode())

    assert sheet == Sheet((), (RowError(2, column, message),))


def test_row_that_is_longer_than_the_header_is_named() -> None:
    [error] = read_csv(b"email,name\na@example.org,Wit, Sanne de\n").errors

    assert (error.number, error.message) == (
        2, "This row has more cells than the header. Put text with commas in quotes.",
    )  # fmt: skip


def test_duplicates_within_the_file_are_named_with_all_their_rows() -> None:
    sheet = read_csv(
        b"email,name,external_id\na@example.org,A,1\nb@example.org,B,2\nA@EXAMPLE.ORG,A again,3\nc@example.org,C,2\n"
    )

    assert sheet.rows == ()
    assert sheet.errors == (
        RowError(2, "email", "This email is in rows 2, 4. Keep one of them."),
        RowError(3, "external_id", "This external id is in rows 3, 5. Keep one of them."),
        RowError(4, "email", "This email is in rows 2, 4. Keep one of them."),
        RowError(5, "external_id", "This external id is in rows 3, 5. Keep one of them."),
    )


def test_rows_survive_the_session() -> None:
    for row in (
        *rows("a@example.org,A"),
        *rows("b@example.org,B,2026-10-05,no", header="email,name,starts_on,seeks_job"),
    ):
        assert LearnerRow.from_json(row.as_json()) == row


# -- checking ----------------------------------------------------------------------------------------------------------


def test_check_tells_new_from_present_and_names_what_does_not_fit(lantaarn: Cast) -> None:
    cohort = a_cohort()
    enroll(cohort=cohort, learner=lantaarn.amira, by=None, effective_on=START, external_id="7", at=NOW)
    read = rows(
        "amira@lantaarn.example,Amira,,,",
        "new@example.org,New,7,amira@lantaarn.example,2026-09-06",
        "fine@example.org,Fine,8,joris@lantaarn.example,2026-09-07",
        header="email,name,external_id,mentor_email,starts_on",
    )

    with CaptureQueriesContext(connection) as queries:
        check = check_rows(cohort=cohort, rows=read)

    assert len(queries) == 3
    assert check == Check(
        new=read[1:],
        present=read[:1],
        errors=(
            RowError(3, "external_id", "Another learner of this cohort has this external id."),
            RowError(3, "mentor_email", "Nobody with this address is a mentor here. Invite them first."),
            RowError(3, "starts_on", "This is before the start of the cohort."),
        ),
    )


# -- writing -----------------------------------------------------------------------------------------------------------


def test_import_invites_and_enrolls(lantaarn: Cast) -> None:
    cohort = a_cohort()
    read = rows(
        "new@example.org,Nadia el Idrissi,A-1,joris@lantaarn.example,yes,America/Toronto,nl",
        "daan@lantaarn.example,Daan again,A-2,,no,,en",
        header="email,name,external_id,mentor_email,seeks_job,time_zone,language",
    )

    report = import_learners(cohort=cohort, rows=read, by=lantaarn.ilse, at=NOW)

    assert report == ImportReport(enrolled=2, waiting=0, invited=1, present=0)
    assert list(
        Enrollment.objects.order_by("external_id").values_list(
            "learner__user__email", "learner__name", "external_id", "mentor", "seeks_job", "status", "status_since"
        )
    ) == [
        ("new@example.org", "Nadia el Idrissi", "A-1", lantaarn.joris.pk, True, "enrolled", NOW.date()),
        ("daan@lantaarn.example", "Daan Kuiper", "A-2", None, False, "enrolled", NOW.date()),
    ]
    stranger, daan = User.objects.get(email="new@example.org"), User.objects.get(pk=lantaarn.daan.user_id)
    assert (stranger.language, stranger.time_zone) == ("nl", "America/Toronto")
    assert (daan.language, daan.time_zone) == ("en", "Europe/Amsterdam")
    assert Membership.objects.get(user=stranger).roles == [Role.LEARNER]
    assert list(Message.objects.filter(kind="invitation").values_list("recipient__email", flat=True)) == [
        "new@example.org"
    ]


def test_import_again_changes_nothing(lantaarn: Cast) -> None:
    cohort, read = a_cohort(), rows("new@example.org,New")
    import_learners(cohort=cohort, rows=read, by=lantaarn.ilse, at=NOW)

    more = rows("new@example.org,Renamed", "another@example.org,Another")
    report = import_learners(cohort=cohort, rows=more, by=lantaarn.ilse, at=LATER)

    assert report == ImportReport(enrolled=1, waiting=0, invited=1, present=1)
    assert Membership.objects.get(user__email="new@example.org").name == "New"
    assert Invitation.objects.count() == Enrollment.objects.count() == 2


def test_import_writes_all_or_nothing(lantaarn: Cast) -> None:
    cohort = a_cohort()
    read = rows(
        "a@example.org,A,joris@lantaarn.example", "b@example.org,B,nobody@example.org", header="email,name,mentor_email"
    )

    with pytest.raises(CohortError, match=r"Nothing was imported. Row 3: Nobody with this address is a mentor here"):
        import_learners(cohort=cohort, rows=read, by=lantaarn.ilse, at=NOW)

    assert not Enrollment.objects.exists()
    assert not User.objects.filter(email__endswith="example.org").exists()


def test_import_into_a_cohort_that_is_over_leaves_nobody_behind(lantaarn: Cast) -> None:
    cohort = a_cohort(status=Cohort.Status.COMPLETED)

    with pytest.raises(CohortError) as refused:
        import_learners(cohort=cohort, rows=rows("a@example.org,A"), by=lantaarn.ilse, at=NOW)

    assert refused.value.code == "cohort_closed"
    assert not User.objects.filter(email="a@example.org").exists()


def test_learners_of_a_running_cohort_are_active_from_their_start(lantaarn: Cast) -> None:
    cohort = a_cohort(status=Cohort.Status.RUNNING)
    read = rows(
        "past@example.org,Past,2026-09-07", "now@example.org,Now,", "soon@example.org,Soon,2026-11-02",
        header="email,name,starts_on",
    )  # fmt: skip

    import_learners(cohort=cohort, rows=read, by=lantaarn.ilse, at=LATER)

    made = {one.learner.user.email[:4]: one for one in Enrollment.objects.select_related("learner__user")}
    assert {name: (one.status, one.status_since) for name, one in made.items()} == {
        "past": ("active", date(2026, 9, 7)),
        "now@": ("active", LATER.date()),
        "soon": ("enrolled", LATER.date()),
    }
    assert statuses_as_of([made["soon"]], on=date(2026, 11, 2)) == {made["soon"].pk: "active"}


def test_learners_beyond_the_seats_wait(lantaarn: Cast) -> None:
    read = rows("a@example.org,A", "b@example.org,B", "c@example.org,C")

    report = import_learners(cohort=a_cohort(capacity=2), rows=read, by=lantaarn.ilse, at=NOW)

    assert (report.enrolled, report.waiting) == (3, 1)
    assert Enrollment.objects.get(status="waiting").learner.user.email == "c@example.org"


def test_person_known_elsewhere_keeps_what_they_chose(cast: Cast) -> None:
    with scope(cast.organization.pk):
        read = rows("otto@elsewhere.example,Otto,nl,America/Toronto", header="email,name,language,time_zone")
        import_learners(cohort=a_cohort(), rows=read, by=cast.ilse, at=NOW)

    otto = User.objects.get(email="otto@elsewhere.example")
    assert (otto.language, otto.time_zone) == ("en", "Europe/Amsterdam")


def test_queries_do_not_grow_with_the_rows(lantaarn: Cast) -> None:
    def queries(first: int, count: int) -> int:
        read = rows(*(f"l{number}@example.org,L" for number in range(first, first + count)))
        with CaptureQueriesContext(connection) as captured:
            import_learners(cohort=cohort, rows=read, by=lantaarn.ilse, at=NOW)
        return len(captured)

    cohort = a_cohort()
    assert queries(0, 1) == queries(1, 30)
