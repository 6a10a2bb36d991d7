"""The cells of a row, read: each is right or has its error with the fix. Nothing is asked of the database here."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.search import fold
from accounts.zones import check_zone
from cohorts.errors import CohortError
from cohorts.import_columns import PARTS_OF_A_NAME, is_history
from cohorts.import_table import Table
from cohorts.models import Enrollment, EnrollmentEvent, LeavingReason
from cohorts.pacing import check_date
from organizations.errors import DomainError

LONGEST = {"email": 254, "name": 120, "external_id": 80, "mentor_email": 254, "note": 2000}
YES, NO = {"yes", "y", "true", "1", "ja", "j"}, {"no", "n", "false", "0", "nee"}
#: A spreadsheet that opens a file of ours would run a cell that begins like this.
FORMULA = ("=", "+", "-", "@")
DATES = ("starts_on", "effective_on", "returns_on")


@dataclass(frozen=True, kw_only=True)
class LearnerRow:
    """A row of the file, read. `number` is its row in the spreadsheet; a `status` makes it part of a history."""

    number: int
    email: str = ""
    name: str = ""
    external_id: str = ""
    mentor_email: str = ""
    seeks_job: bool | None = None
    time_zone: str = ""
    language: str = ""
    starts_on: date | None = None
    status: str = ""
    effective_on: date | None = None
    reason: str = ""
    leaving_reason: LeavingReason | None = None
    returns_on: date | None = None
    note: str = ""


@dataclass(frozen=True, order=True)
class RowError:
    """What is wrong in one row, and how to mend it."""

    number: int
    column: str
    message: str


@dataclass(frozen=True)
class Sheet:
    """What a file says: its rows, and what is wrong with them. Rows with errors are not among `rows`.

    `named` are the addresses and external ids that stand in any row, also in a wrong one.
    """

    rows: tuple[LearnerRow, ...]
    errors: tuple[RowError, ...]
    named: frozenset[str] = frozenset()


def read_rows(table: Table, columns: Sequence[str], *, reasons: Iterable[LeavingReason] = ()) -> Sheet:
    """Every row is right or has its errors, duplicates within the file included; a history may repeat a learner.

    `reasons` are the organization's own for leaving.
    """
    own = _named(reasons)
    reading = [_read(number, row, columns, own) for number, row in table.rows]
    rows = [row for row, _errors in reading if row]
    errors = [error for _row, found in reading for error in found]
    if not is_history(columns):
        errors += _duplicates(rows, "email", _("This email is in rows %(rows)s. Keep one of them."))
        errors += _duplicates(rows, "external_id", _("This external id is in rows %(rows)s. Keep one of them."))
    wrong = {error.number for error in errors}
    keys = [place for place, name in enumerate(columns) if name in ("email", "external_id")]
    named = frozenset(
        row[place].strip().lower() for _number, row in table.rows for place in keys if place < len(row)
    ) - {""}
    return Sheet(tuple(row for row in rows if row.number not in wrong), tuple(sorted(errors)), named)


Named = dict[str, LeavingReason]


def _named(reasons: Iterable[LeavingReason]) -> Named:
    """By code and by their names in both languages; one that is used still before a retired one."""
    found: Named = {}
    for reason in sorted(reasons, key=lambda reason: not reason.is_retired):
        found |= {fold(name): reason for name in (reason.code, reason.name, reason.name_nl) if name}
    return found


def _read(
    number: int, cells: Sequence[str], columns: Sequence[str], own: Named
) -> tuple[LearnerRow | None, list[RowError]]:
    if any(cell.strip() for cell in cells[len(columns) :]):
        return None, [
            RowError(number, "", _("This row has more cells than the header. Put text with commas in quotes."))
        ]
    found = {name: cell.strip() for name, cell in zip(columns, cells, strict=False) if name}
    if parts := [found.pop(part) for part in PARTS_OF_A_NAME if found.get(part)]:
        found["name"] = found.get("name") or " ".join(parts)
    errors: list[RowError] = []
    values: dict[str, Any] = {}
    for name, text in found.items():
        if not text or name in PARTS_OF_A_NAME:
            continue
        try:
            if name == "reason":
                values |= _reason(text, own)
            else:
                values[name] = _value(name, text)
        except DomainError as error:
            errors.append(RowError(number, name, str(error)))
    errors += [RowError(number, name, message) for name, message in _missing(found, columns)]
    return (None, errors) if errors else (LearnerRow(number=number, **values), [])


def _missing(found: dict[str, str], columns: Sequence[str]) -> Iterator[tuple[str, str]]:
    if not found.get("email") and not found.get("external_id"):
        yield "email" if "email" in columns else "external_id", _("This cell is empty. Fill it in.")
    if is_history(columns):
        for name in ("status", "effective_on"):
            if not found.get(name):
                yield name, _("This cell is empty. Fill it in.")
    elif "name" in columns and not found.get("name"):
        yield "name", _("This cell is empty. Fill it in.")


def _value(name: str, text: str) -> str | bool | date:
    """The cell's meaning. Raises DomainError with what to do."""
    if not (text.replace("\n", "").replace("\r", "") if name == "note" else text).isprintable() or "\ufffd" in text:
        raise CohortError("cell_not_text", _("This cell holds a line break or another invisible sign. Remove it."))
    if len(text) > LONGEST.get(name, 80):
        raise CohortError("cell_too_long", _("At most %(most)s characters fit.") % {"most": LONGEST.get(name, 80)})
    if text.startswith(FORMULA):
        raise CohortError(
            "cell_is_formula",
            _("“%(start)s” at the beginning would be a formula in a spreadsheet. Remove it.") % {"start": text[0]},
        )
    if name in DATES:
        return _date(text)
    match name:
        case "email" | "mentor_email":
            return _email(text)
        case "seeks_job":
            return _yes_or_no(text)
        case "time_zone":
            return check_zone(text)
        case "language":
            return _language(text)
        case "status":
            return _word(text, _statuses(), _("Write one of these: %(words)s."))
    return text


def _word(text: str, words: dict[str, str], message: str) -> str:
    if fold(text) not in words:
        raise CohortError("unknown_word", message % {"words": ", ".join(sorted(set(words.values())))})
    return words[fold(text)]


@lru_cache(maxsize=1)
def _statuses() -> dict[str, str]:
    """Every status by its own name and by its names in the languages of Gilde."""
    return _names([choice for choice in Enrollment.Status.choices if choice[0] != Enrollment.Status.TRANSFERRED])


def _reason(text: str, own: Named) -> dict[str, str | LeavingReason]:
    """One of the organization's own by name or code, else the category that it is counted as."""
    _value("note", text)  # text like any other
    if (reason := own.get(fold(text))) is not None:
        return {"leaving_reason": reason, "reason": reason.category}
    if fold(text) in _reasons():
        return {"reason": _reasons()[fold(text)]}
    offered = sorted({str(reason) for reason in own.values() if not reason.is_retired} or set(_reasons().values()))
    raise CohortError(
        "unknown_word",
        _("This is not a reason here. Write one of these: %(words)s.") % {"words": ", ".join(offered)},
    )


@lru_cache(maxsize=1)
def _reasons() -> dict[str, str]:
    return _names([choice for choice in EnrollmentEvent.Reason.choices if choice[0]])


def _names(choices: Iterable[tuple[str, Any]]) -> dict[str, str]:
    found = {fold(value): value for value, _label in choices}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            found |= {fold(str(label)): value for value, label in choices}
    return found


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
    """ISO, or a day first where it can be nothing else: who writes 5-10-2026 may mean May or October."""
    numbers = text.replace("/", "-").replace(".", "-").split("-")
    day = None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        if len(numbers) == 3 and all(number.isdecimal() and number.isascii() for number in numbers):
            first, second, year = map(int, (*numbers[:2], numbers[2][:4]))
            if 1 <= first <= 12 and 1 <= second <= 12 and first != second and len(numbers[2]) == 4:
                raise CohortError(
                    "ambiguous_date",
                    _("“%(text)s” may be two different days. Write it as 2026-09-07: year, month, day.")
                    % {"text": text[:40]},
                ) from None
            if len(numbers[2]) == 4:
                try:
                    day = date(year, second, first)
                except ValueError:
                    day = None
    if day is None:
        raise CohortError("not_a_date", _("“%(text)s” is not a date. Write it as 2026-09-07.") % {"text": text[:40]})
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
