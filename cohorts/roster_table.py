"""The table of a roster: finished cells, so that a page of a hundred learners costs one query and some strings."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache, partial
from html import escape
from typing import Any, NamedTuple
from uuid import UUID

from django.core.paginator import Page
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from cohorts.models import Enrollment, EnrollmentEvent, RosterRow
from cohorts.models.milestone_title import read_title
from cohorts.moves import LEAVING
from cohorts.roster import days_ago, short_date
from cohorts.roster_query import COLUMNS, MOST_FIRST, SHOWN_FIRST, Query, reason_words
from design import drawing
from design.templatetags.design import avatar, hours, status

PAGE_SIZE = 100
NOBODY = UUID(int=0)
NUMBERS = frozenset({"hours", "pace"})


class Line(NamedTuple):
    """What is read of a learner, by the names below."""

    enrollment: UUID
    name: str
    email: str
    external_id: str
    cohort: str
    mentor: str | None
    track: str | None
    status: str
    word: str
    since: date | None
    is_on_the_path: bool
    level: int
    levels: int
    level_share: float
    earned: float
    credited: float
    planned: float
    pace: float | None
    last_active: date | None
    milestone: str
    due_on: date | None
    reasons: list[str]


FIELDS = (
    "enrollment", "enrollment__learner__name", "enrollment__learner__user__email", "enrollment__external_id",
    "cohort__name", "mentor__name", "track__title", "status", "word", "since", "is_on_the_path", "level", "levels",
    "level_share", "earned", "credited", "planned", "pace", "last_active", "milestone", "due_on", "reasons",
)  # fmt: skip


def lines_of(rows: QuerySet[RosterRow]) -> Iterator[Line]:
    """One query."""
    return map(Line._make, rows.values_list(*FIELDS))


def lines_on(page: Page[RosterRow]) -> list[Line]:
    """One query, or two of several pages: whose they are is settled before names are joined to every row."""
    rows: Any = page.object_list
    if not page.has_other_pages():
        return list(lines_of(rows))
    keys = list(rows.values_list("pk", flat=True))
    found = {pk: Line._make(values) for pk, *values in RosterRow.objects.filter(pk__in=keys).values_list("pk", *FIELDS)}
    return [found[pk] for pk in keys]


def columns_shown(query: Query, *, remembered: Sequence[str] = (), across: bool) -> tuple[str, ...]:
    """Those that the address names, else those that the person chose, else the usual ones."""
    usual = ("cohort", *SHOWN_FIRST) if across else SHOWN_FIRST
    wanted = query.columns or tuple(column for column in remembered if column in COLUMNS) or usual
    return tuple(column for column in wanted if across or column != "cohort") or usual


# -- on a page ---------------------------------------------------------------------------------------------------------


def heading_of(query: Query, columns: Sequence[str]) -> list[dict[str, str]]:
    """Per column its words, the order that a click asks for, and the one it is in now."""
    heading = []
    for key in ("name", *columns):
        first, other = (f"-{key}", key) if key in MOST_FIRST else (key, f"-{key}")
        heading.append(
            {
                "label": _("Learner") if key == "name" else str(COLUMNS[key]),
                "css": "num" if key in NUMBERS else "",
                "sort": other if query.sort == first else first,
                "order": {key: "ascending", f"-{key}": "descending"}.get(query.sort, ""),
            }
        )
    return heading


def rows_of(lines: Sequence[Line], columns: Sequence[str], *, on: date, slug: str, can_pick: bool) -> list[SafeString]:
    """Each learner's row of the table, as HTML."""
    before, after = (escape(part) for part in reverse("cohorts:learner", args=[slug, NOBODY]).split(str(NOBODY)))
    cells = _cells(on)
    drawn = [cells[column] for column in columns]
    pick = _("Select %(name)s") if can_pick else ""
    made = []
    for line in lines:
        name = escape(line.name)
        box = (
            f'<td class="pick"><input type="checkbox" name="pick" value="{line.enrollment}"'
            f' aria-label="{pick % {"name": name}}"></td>'
            if can_pick
            else ""
        )
        made.append(
            mark_safe(  # noqa: S308 - every text in it is escaped
                f'<tr>{box}<th scope="row"><span class="person">{_avatar(line.name)}'
                f'<a href="{before}{line.enrollment}{after}">{name}</a></span></th>'
                f"{''.join(cell(line) for cell in drawn)}</tr>"
            )
        )
    return made


def _cells(on: date) -> dict[str, Callable[[Line], str]]:
    """How each column shows a learner. What is said more than once on a page is said from memory."""
    labels = {column: escape(str(words)) for column, words in COLUMNS.items()}
    labels["active"] = escape(_("Active"))
    level_word, pace_word = escape(_("Level %(number)s")), escape(_("%(hours)s h"))
    whole = lru_cache(lambda number: hours(number, 0))
    due_date = lru_cache(partial(short_date, on=on))
    active = lru_cache(partial(days_ago, on=on))
    tag = lru_cache(status)
    title = lru_cache(lambda milestone: escape(read_title(milestone)))
    reason = lru_cache(lambda key: escape(reason_words(key)))

    def plain(column: str, css: str, text: str) -> str:
        return f'<td class="{css}" data-label="{labels[column]}">{text}</td>'

    def progress(line: Line) -> str:
        if not line.is_on_the_path:
            return '<td class="full"></td>'
        path = _mini_path(line.level, round(line.level_share, 2), line.levels)
        level = level_word % {"number": line.level}
        return f'<td class="full"><span class="person">{path}<span class="nowrap small">{level}</span></span></td>'

    def pace(line: Line) -> str:
        known = line.pace is not None and line.is_on_the_path
        return plain("pace", "num", pace_word % {"hours": whole(round(line.pace or 0))} if known else "–")

    def milestone(line: Line) -> str:
        if line.due_on is None or not line.is_on_the_path:
            return '<td class="full"></td>'
        return f'<td class="full">{title(line.milestone)} <small class="nowrap">{due_date(line.due_on)}</small></td>'

    return {
        "cohort": lambda line: plain("cohort", "muted", escape(line.cohort)),
        "progress": progress,
        "hours": lambda line: plain("hours", "num", whole(round(line.earned))),
        "pace": pace,
        "active": lambda line: plain("active", "tight", active(line.last_active)),
        "milestone": milestone,
        "mentor": lambda line: plain("mentor", "muted", escape(line.mentor or "–")),
        "status": lambda line: f'<td class="tight">{tag(line.word)}</td>',
        "reasons": lambda line: f'<td class="full small">{", ".join(map(reason, line.reasons))}</td>',
        "since": lambda line: plain("since", "tight", due_date(line.since) if line.since else "–"),
        "track": lambda line: plain("track", "", escape(line.track or "–")),
        "email": lambda line: f'<td class="full small">{escape(line.email)}</td>',
        "external_id": lambda line: plain("external_id", "tight", escape(line.external_id or "–")),
    }


@lru_cache(maxsize=4096)
def _mini_path(level: int, share: float, levels: int) -> SafeString:
    return drawing.mini_path(level, share, levels)


@lru_cache(maxsize=4096)
def _avatar(name: str) -> SafeString:
    return avatar(name)


def reasons_for_leaving(rows: QuerySet[RosterRow], *, on: date) -> dict[UUID, str]:
    """Why those of the rows who left by that day did, as the organization calls it. One query."""
    left = rows.order_by().filter(status__in=LEAVING).values("enrollment")
    events = EnrollmentEvent.objects.filter(enrollment__in=left, effective_on__lte=on).select_related("leaving_reason")
    deciding = events.order_by("enrollment", "-effective_on", "-sequence").distinct("enrollment")
    return {event.enrollment_id: event.reason_name for event in deciding}


# -- in a file ---------------------------------------------------------------------------------------------------------

#: What a column becomes in a spreadsheet: headings and values. Days are ISO 8601, numbers have a point.
Cell = str | float | None


def export_rows(lines: Iterator[Line], columns: Sequence[str], *, left: Mapping[UUID, str]) -> Iterator[list[Cell]]:
    """The heading, then each learner: name, email and external id, and the columns that were chosen.

    `left` says why those who left did.
    """
    headings: dict[str, list[str]] = {
        "cohort": [_("Cohort")],
        "progress": [_("Level"), _("Share of the level")],
        "hours": [_("Hours earned"), _("Hours credited"), _("Hours planned")],
        "pace": [_("Study hours a week")],
        "active": [_("Last active")],
        "milestone": [_("Next milestone"), _("Due")],
        "mentor": [_("Mentor")],
        "status": [_("Status"), _("How it goes"), _("Reason for leaving")],
        "reasons": [_("Reasons")],
        "since": [_("Since")],
        "track": [_("Specialization")],
    }
    kept = [column for column in columns if column in headings]
    yield [_("Name"), _("Email"), _("External id"), *(words for column in kept for words in headings[column])]
    labels = {value: str(label) for value, label in Enrollment.Status.choices}
    for line in lines:
        values: dict[str, tuple[Cell, ...]] = {
            "cohort": (line.cohort,),
            "progress": (line.level, round(line.level_share, 4)) if line.is_on_the_path else (None, None),
            "hours": (round(line.earned, 2), round(line.credited, 2), round(line.planned, 2)),
            "pace": (None if line.pace is None else round(line.pace, 2),),
            "active": (_iso(line.last_active),),
            "milestone": (read_title(line.milestone), _iso(line.due_on)),
            "mentor": (line.mentor or "",),
            "status": (labels[line.status], line.word, left.get(line.enrollment, "")),
            "reasons": ("; ".join(map(reason_words, line.reasons)),),
            "since": (_iso(line.since),),
            "track": (line.track or "",),
        }
        yield [line.name, line.email, line.external_id, *(value for column in kept for value in values[column])]


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""


def as_text(cells: Sequence[Any]) -> list[str]:
    """For a file of text: numbers with two decimals, nothing for what is not known."""
    return ["" if cell is None else f"{cell:.2f}" if isinstance(cell, float) else str(cell) for cell in cells]
