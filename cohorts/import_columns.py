"""Which column of a file says what: guessed from its name in English or Dutch, or as the organization said before."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from accounts.search import fold
from cohorts.errors import CohortError
from cohorts.import_table import Table
from cohorts.models import ColumnReading

SAMPLES = 3


@dataclass(frozen=True)
class Field:
    """What a column may say: what it is called, what goes in it, and names that files give it."""

    label: str | Promise
    note: str | Promise
    names: str = ""


FIELDS: dict[str, Field] = {
    "email": Field(
        _lazy("Email"),
        _lazy("Their email address; the invitation goes there."),
        "email, e mail, mail, email address, e mail address, emailadres, e mailadres, mailadres",
    ),
    "name": Field(
        _lazy("Name"),
        _lazy("First and last name."),
        "name, full name, learner, student, naam, volledige naam, deelnemer, cursist",
    ),
    "first_name": Field(
        _lazy("First name"),
        _lazy("When the name stands in several columns."),
        "first name, firstname, given name, voornaam, roepnaam",
    ),
    "infix": Field(
        _lazy("Infix"), _lazy("Such as van den."), "infix, prefix, tussenvoegsel, tussenvoegsels, voorvoegsel"
    ),
    "last_name": Field(
        _lazy("Last name"),
        _lazy("When the name stands in several columns."),
        "last name, lastname, surname, family name, achternaam, familienaam",
    ),
    "external_id": Field(
        _lazy("External id"),
        _lazy("Your own number for this learner; finds them again when their address changes."),
        "external id, externalid, id, student id, student number, learner id, number, extern id, externe id, nummer, "
        "studentnummer, deelnemernummer, kenmerk, relatienummer",
    ),
    "mentor_email": Field(
        _lazy("Mentor’s email"),
        _lazy("The address of a mentor of your organization."),
        "mentor email, mentor e mail, mentor, mentor mail, email mentor, e mail mentor, mentor emailadres, begeleider",
    ),
    "seeks_job": Field(
        _lazy("Seeks a job"),
        _lazy("yes or no: whether they look for a job after the program."),
        "seeks job, seeks a job, job seeker, looking for a job, zoekt werk, zoekt een baan, werkzoekend",
    ),
    "time_zone": Field(
        _lazy("Time zone"),
        _lazy("Such as Europe/Amsterdam; for people who are new here."),
        "time zone, timezone, zone, tijdzone",
    ),
    "language": Field(
        _lazy("Language"), _lazy("en or nl; for people who are new here."), "language, locale, taal"
    ),
    "starts_on": Field(
        _lazy("Starts on"),
        _lazy("Their first day as 2026-09-07, when it is not the cohort's."),
        "starts on, start, start date, startdate, startdatum, begindatum, eerste dag",
    ),
    "status": Field(
        _lazy("Status"),
        _lazy("What they became, such as active or withdrawn. With it the file is a history: a row for each change."),
        "status, new status, event, nieuwe status, gebeurtenis",
    ),
    "effective_on": Field(
        _lazy("In effect since"),
        _lazy("The day of that change, as 2026-09-07."),
        "effective on, effective date, date, in effect since, since, as of, ingangsdatum, datum, sinds, per",
    ),
    "reason": Field(
        _lazy("Reason"),
        _lazy("Why they left: work, health, family, pace and so on."),
        "reason, withdrawal reason, reden, reden van vertrek, reden uitval",
    ),
    "returns_on": Field(
        _lazy("Planned return"),
        _lazy("The last day of a leave, as 2026-09-07."),
        "returns on, return, return date, planned return, terug op, geplande terugkeer, terugkeer",
    ),
    "note": Field(
        _lazy("Note"), _lazy("Goes into the history as it is."), "note, notes, remark, comment, notitie, opmerking"
    ),
}  # fmt: skip
PARTS_OF_A_NAME = ("first_name", "infix", "last_name")
_KNOWN = {name: key for key, field in FIELDS.items() for name in (key.replace("_", " "), *field.names.split(", "))}


@dataclass(frozen=True)
class Column:
    """A column of the file as the page shows it: its name, some of its cells, and what it says ("" for nothing)."""

    name: str
    samples: list[str]
    field: str


def guess(header: Sequence[str]) -> list[str]:
    """For each column the field that it probably is; of two alike the first."""
    taken: set[str] = set()
    found = []
    for name in header:
        field = _KNOWN.get(fold(name), "")
        found.append("" if field in taken else field)
        taken.add(field)
    return found


def columns_of(header: Sequence[str]) -> list[str]:
    """As the organization read the same header before, else as guessed."""
    known = ColumnReading.objects.filter(header=_key(header)).first()
    if known is not None and len(known.columns) == len(header) and set(known.columns) <= {"", *FIELDS}:
        return list(known.columns)
    return guess(header)


def remember(header: Sequence[str], columns: Sequence[str]) -> None:
    """For the next file with this header."""
    ColumnReading.objects.update_or_create(header=_key(header), defaults={"columns": list(columns)})


def shown(table: Table, columns: Sequence[str]) -> list[Column]:
    """Each column with the first cells that say something."""
    cells: list[list[str]] = [[] for _name in table.header]
    for _number, row in table.rows:
        for found, cell in zip(cells, row, strict=False):
            if len(found) < SAMPLES and cell.strip():
                found.append(cell.strip()[:60])
        if all(len(found) == SAMPLES for found in cells):
            break
    return [Column(name, found, field) for name, found, field in zip(table.header, cells, columns, strict=True)]


def is_history(columns: Iterable[str]) -> bool:
    """Whether the rows are changes of status, several for one learner perhaps."""
    return "status" in columns


def check_columns(columns: Sequence[str]) -> None:
    """Raises CohortError `wrong_columns` with all that is wrong: fields that are there twice, or that are missing."""
    problems = []
    twice = [name for name, count in Counter(columns).items() if name and count > 1]
    if twice:
        problems.append(_("Two columns are the same: %(names)s. Leave one of them out.") % {"names": _labels(twice)})
    if not {"email", "external_id"} & set(columns):
        problems.append(_("No column says who it is about. Choose the one with the email address or the external id."))
    if is_history(columns):
        if "effective_on" not in columns:
            problems.append(_("A history needs the day of each change. Choose its column."))
    elif not {"name", "first_name", "last_name"} & set(columns) and "external_id" not in columns:
        problems.append(_("No column holds the name. Choose it, or the columns with its parts."))
    if problems:
        raise CohortError("wrong_columns", " ".join(problems))


def _labels(names: Iterable[str]) -> str:
    return ", ".join(str(FIELDS[name].label) for name in names)


def _key(header: Sequence[str]) -> str:
    return hashlib.sha256(json.dumps([fold(name) for name in header]).encode()).hexdigest()
