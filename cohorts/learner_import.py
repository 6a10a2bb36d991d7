"""Learners from a CSV file: read and checked first, with errors by row; then written all or none.

The file is UTF-8, separated by commas, semicolons or tabs, with a header. Rows are numbered as a spreadsheet shows
them: the header is row 1. It is safe to repeat: who is in the cohort already is left alone, and nobody is ever removed.
"""

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from io import StringIO
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.inviting import invite_many
from accounts.models import Membership, Role, User
from accounts.zones import check_zone
from cohorts.errors import CohortError
from cohorts.history import Entry, enroll_many
from cohorts.models import Cohort, Enrollment
from cohorts.pacing import check_date
from organizations.errors import DomainError

REQUIRED = ("email", "name")
OPTIONAL = ("external_id", "mentor_email", "seeks_job", "time_zone", "language", "starts_on")
COLUMNS = REQUIRED + OPTIONAL
MOST_ROWS = 5_000
MOST_BYTES = 2 * 1024 * 1024
LONGEST = {"email": 254, "name": 120, "external_id": 80, "mentor_email": 254}
YES, NO = {"yes", "y", "true", "1", "ja", "j"}, {"no", "n", "false", "0", "nee"}
#: A spreadsheet that opens a file of ours would run a cell that begins like this.
FORMULA = ("=", "+", "-", "@")


@dataclass(frozen=True, kw_only=True)
class LearnerRow:
    """A row of the file, read. `number` is its row in the spreadsheet."""

    number: int
    email: str
    name: str
    external_id: str = ""
    mentor_email: str = ""
    seeks_job: bool | None = None
    time_zone: str = ""
    language: str = ""
    starts_on: date | None = None

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "starts_on": self.starts_on and self.starts_on.isoformat()}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "LearnerRow":
        return cls(**{**values, "starts_on": values["starts_on"] and date.fromisoformat(values["starts_on"])})


@dataclass(frozen=True, order=True)
class RowError:
    """What is wrong in one row, and how to mend it."""

    number: int
    column: str
    message: str


@dataclass(frozen=True)
class Sheet:
    """What a file says: its rows, and what is wrong with them. Rows with errors are not among `rows`."""

    rows: tuple[LearnerRow, ...]
    errors: tuple[RowError, ...]


@dataclass(frozen=True)
class Check:
    """Rows against the cohort: those to enroll, those in it already (left as they are), and what is wrong."""

    new: tuple[LearnerRow, ...]
    present: tuple[LearnerRow, ...]
    errors: tuple[RowError, ...]


@dataclass(frozen=True)
class ImportReport:
    """How many learners were enrolled, how many of them wait for a seat, how many were invited, and who was there."""

    enrolled: int
    waiting: int
    invited: int
    present: int


# -- reading -----------------------------------------------------------------------------------------------------------


def read_csv(data: bytes) -> Sheet:
    """Read the file; every row is right or has its errors, duplicates within the file included.

    Raises CohortError for what is wrong with the whole: `too_large`, `not_utf8`, `empty_file`, `not_csv`,
    `wrong_columns`, `no_rows`, `too_many_rows`.
    """
    if len(data) > MOST_BYTES:
        raise CohortError("too_large", _("The file is larger than 2 MB. Split it and import the parts."))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise CohortError(
            "not_utf8", _("The file is not UTF-8. In your spreadsheet choose “CSV UTF-8” when you save it.")
        ) from None
    if not text.strip():
        raise CohortError("empty_file", _("The file is empty. It needs a header and one row per learner."))
    try:
        table = list(csv.reader(StringIO(text, newline=""), delimiter=_delimiter(text), strict=True))
    except csv.Error:
        raise CohortError(
            "not_csv", _("The file cannot be read as CSV: a quotation mark may be missing. Save it again as CSV UTF-8.")
        ) from None
    columns = _columns(table[0])
    cells = [(number, row) for number, row in enumerate(table[1:], start=2) if any(cell.strip() for cell in row)]
    if not cells:
        raise CohortError("no_rows", _("The file has a header and no learners. Add a row for each."))
    if len(cells) > MOST_ROWS:
        raise CohortError(
            "too_many_rows",
            _("The file has %(rows)s learners; at most %(most)s fit in one import. Split it and import the parts.")
            % {"rows": len(cells), "most": MOST_ROWS},
        )
    reading = [_read(number, row, columns) for number, row in cells]
    rows = [row for row, _errors in reading if row]
    errors = [error for _row, found in reading for error in found]
    errors += _duplicates(rows, "email", _("This email is in rows %(rows)s. Keep one of them."))
    errors += _duplicates(rows, "external_id", _("This external id is in rows %(rows)s. Keep one of them."))
    wrong = {error.number for error in errors}
    return Sheet(tuple(row for row in rows if row.number not in wrong), tuple(sorted(errors)))


def _delimiter(text: str) -> str:
    return max(",;\t", key=text.partition("\n")[0].count)


def _columns(header: Sequence[str]) -> list[str]:
    columns = [name.strip().lower().replace(" ", "_").replace("-", "_") for name in header]
    missing = [name for name in REQUIRED if name not in columns]
    unknown = [shown.strip() for shown, name in zip(header, columns, strict=True) if name and name not in COLUMNS]
    twice = [name for name, count in Counter(columns).items() if name and count > 1]
    problems = []
    if missing:
        problems.append(_("Missing columns: %(names)s.") % {"names": ", ".join(missing)})
    if unknown:
        problems.append(_("Unknown columns: %(names)s.") % {"names": ", ".join(name[:40] for name in unknown[:10])})
    if twice:
        problems.append(_("Columns that are there twice: %(names)s.") % {"names": ", ".join(twice)})
    if problems:
        problems.append(_("The first row names the columns: %(names)s.") % {"names": ", ".join(COLUMNS)})
        raise CohortError("wrong_columns", " ".join(problems))
    return columns


def _read(number: int, cells: Sequence[str], columns: Sequence[str]) -> tuple[LearnerRow | None, list[RowError]]:
    if any(cell.strip() for cell in cells[len(columns) :]):
        return None, [
            RowError(number, "", _("This row has more cells than the header. Put text with commas in quotes."))
        ]
    found = {name: cell.strip() for name, cell in zip(columns, cells, strict=False) if name}
    values: dict[str, Any] = {}
    errors = []
    for name in (name for name in COLUMNS if found.get(name) or name in REQUIRED):
        try:
            values[name] = _value(name, found.get(name, ""))
        except DomainError as error:
            errors.append(RowError(number, name, str(error)))
    return (None, errors) if errors else (LearnerRow(number=number, **values), [])


def _value(name: str, text: str) -> str | bool | date:
    """The cell's meaning. Raises DomainError with what to do."""
    if not text:
        raise CohortError("cell_missing", _("This cell is empty. Fill it in."))
    if not text.isprintable():
        raise CohortError("cell_not_text", _("This cell holds a line break or another invisible sign. Remove it."))
    if len(text) > LONGEST.get(name, 80):
        raise CohortError("cell_too_long", _("At most %(most)s characters fit.") % {"most": LONGEST.get(name, 80)})
    if text.startswith(FORMULA):
        raise CohortError(
            "cell_is_formula",
            _("“%(start)s” at the beginning would be a formula in a spreadsheet. Remove it.") % {"start": text[0]},
        )
    match name:
        case "email" | "mentor_email":
            return _email(text)
        case "seeks_job":
            return _yes_or_no(text)
        case "time_zone":
            return check_zone(text)
        case "language":
            return _language(text)
        case "starts_on":
            return _date(text)
    return text


def _email(text: str) -> str:
    try:
        validate_email(text)
    except ValidationError:
        raise CohortError(
            "not_an_email", _("“%(text)s” is not an email address.") % {"text": text[:80]}
        ) from None  # fmt: skip
    return User.objects.normalize_email(text)


def _yes_or_no(text: str) -> bool:
    if text.lower() not in YES | NO:
        raise CohortError("not_yes_or_no", _("Write yes or no, or leave the cell empty when it was not asked."))
    return text.lower() in YES


def _language(text: str) -> str:
    if text.lower() not in User.Language.values:
        raise CohortError("unknown_language", _("Write en for English or nl for Dutch."))
    return text.lower()


def _date(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise CohortError(
            "not_a_date", _("“%(text)s” is not a date. Write it as 2026-09-07.") % {"text": text[:40]}
        ) from None  # fmt: skip
    check_date(day)
    return day


def _duplicates(rows: Iterable[LearnerRow], name: str, message: str) -> Iterator[RowError]:
    numbers: dict[str, list[int]] = {}
    for row in rows:
        if value := getattr(row, name):
            numbers.setdefault(value, []).append(row.number)
    for found in numbers.values():
        if len(found) > 1:
            listed = ", ".join(map(str, found[:10])) + ("…" if len(found) > 10 else "")
            yield from (RowError(number, name, message % {"rows": listed}) for number in found)


# -- checking against the cohort ---------------------------------------------------------------------------------------


def check_rows(*, cohort: Cohort, rows: Sequence[LearnerRow]) -> Check:
    """Which rows are new to the cohort, and what of them does not fit; three queries for any number of rows."""
    enrolled = Enrollment.objects.filter(cohort=cohort)
    present = set(enrolled.values_list("learner__user__email", flat=True))
    taken = set(enrolled.exclude(external_id="").values_list("external_id", flat=True))
    mentors = _mentors(rows)
    new = [row for row in rows if row.email not in present]
    errors = []
    for row in new:
        if row.external_id in taken:
            errors.append(
                RowError(row.number, "external_id", _("Another learner of this cohort has this external id."))
            )
        if row.mentor_email and row.mentor_email not in mentors:
            errors.append(
                RowError(row.number, "mentor_email", _("Nobody with this address is a mentor here. Invite them first."))
            )
        if row.starts_on and row.starts_on < cohort.starts_on:
            errors.append(RowError(row.number, "starts_on", _("This is before the start of the cohort.")))
    return Check(tuple(new), tuple(row for row in rows if row.email in present), tuple(sorted(errors)))


def _mentors(rows: Iterable[LearnerRow]) -> dict[str, Membership]:
    wanted = {row.mentor_email for row in rows if row.mentor_email}
    found = Membership.objects.with_role(Role.MENTOR).filter(user__email__in=wanted).select_related("user")
    return {mentor.user.email: mentor for mentor in found}


# -- writing -----------------------------------------------------------------------------------------------------------


def import_learners(*, cohort: Cohort, rows: Sequence[LearnerRow], by: Membership, at: datetime) -> ImportReport:
    """Invite and enroll the learners who are not in the cohort yet, all or none.

    They are enrolled as of today, or their own start when it lies before; in a running cohort they are active from
    their start, or from today. Raises CohortError `rows_have_errors` when a row no longer fits, and as `enroll_many`.
    """
    with transaction.atomic():
        check = check_rows(cohort=cohort, rows=rows)
        if check.errors:
            first = check.errors[0]
            raise CohortError(
                "rows_have_errors",
                _("Nothing was imported. Row %(number)s: %(message)s")
                % {"number": first.number, "message": first.message},
            )
        known = set(User.objects.filter(email__in=[row.email for row in check.new]).values_list("email", flat=True))
        mentors = _mentors(check.new)
        today = at.astimezone(ZoneInfo(cohort.time_zone)).date()
        names = {row.email: row.name for row in check.new}
        learners = invite_many(names=names, roles=[Role.LEARNER], by=by, at=at)
        entries = [_entry(row, learners[row.email], mentors.get(row.mentor_email), cohort, today) for row in check.new]
        strangers = []
        for row in check.new:
            if row.email not in known and (row.language or row.time_zone):
                person = learners[row.email].user
                person.language, person.time_zone = row.language, row.time_zone
                strangers.append(person)
        # Only of people whom this import made: what others chose is theirs.
        User.objects.bulk_update(strangers, ["language", "time_zone"], batch_size=1000)
        enrollments = enroll_many(cohort=cohort, entries=entries, by=by, at=at)
    return ImportReport(
        enrolled=len(enrollments),
        waiting=sum(enrollment.status == Enrollment.Status.WAITING for enrollment in enrollments),
        invited=sum(entry.learner.joined_at is None for entry in entries),
        present=len(check.present),
    )


def _entry(row: LearnerRow, learner: Membership, mentor: Membership | None, cohort: Cohort, today: date) -> Entry:
    active_on = row.starts_on
    if active_on is None and cohort.status == Cohort.Status.RUNNING:
        active_on = today
    return Entry(
        learner=learner,
        effective_on=min(today, active_on or today),
        active_on=active_on,
        external_id=row.external_id,
        seeks_job=row.seeks_job,
        mentor=mentor,
    )
