"""What of a roster is asked for, by an address that can be shared: filters, search, order and columns.

Nothing in an address is an error: what cannot be understood asks for nothing.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db import connection
from django.db.models import Case, F, IntegerField, OrderBy, Q, QuerySet, TextField, Value, When
from django.db.models.functions import Coalesce, Concat, Lower
from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _

from cohorts.models import Cohort, RosterRow
from cohorts.risk import KINDS
from cohorts.roster import DOING
from design.templatetags.design import STATUSES
from organizations.scope import required_organization_id

NOBODY = "none"
#: Every column, in the order in which they are offered, with what its heading says. The name always comes first.
COLUMNS = {
    "cohort": _("Cohort"),
    "progress": _("Progress"),
    "hours": _("Hours"),
    "pace": _("A week"),
    "active": _("Last active"),
    "milestone": _("Next milestone"),
    "mentor": _("Mentor"),
    "status": _("Status"),
    "reasons": _("At risk because"),
    "since": _("Since"),
    "track": _("Specialization"),
    "email": _("Email"),
    "external_id": _("External id"),
}
SHOWN_FIRST = ("progress", "hours", "pace", "active", "milestone", "mentor", "status")
#: Columns that begin with the most when one sorts by them.
MOST_FIRST = frozenset({"progress", "hours", "pace", "active", "reasons"})
DEFAULT_SORT = "-progress"
FILTERS = ("q", "status", "level", "mentor", "track", "reason", "format", "cohort")


@dataclass(frozen=True, kw_only=True)
class Query:
    """Empty values ask for all. `sort` is a column, `-` before it reverses; no `columns` means the usual ones."""

    q: str = ""
    status: str = ""
    level: int | None = None
    mentor: UUID | None = None
    is_without_mentor: bool = False
    track: UUID | None = None
    reason: str = ""
    format: str = ""
    cohort: UUID | None = None
    sort: str = DEFAULT_SORT
    columns: tuple[str, ...] = ()

    @property
    def is_filtered(self) -> bool:
        return self != Query(sort=self.sort, columns=self.columns)

    def encoded(self) -> str:
        """As the query of an address, with nothing in it that goes without saying."""
        asked: dict[str, Any] = {name: getattr(self, name) for name in FILTERS}
        asked |= {"mentor": NOBODY if self.is_without_mentor else self.mentor}
        asked |= {"sort": self.sort, "cols": ",".join(self.columns)}
        return urlencode({name: value for name, value in asked.items() if value})


def read_query(data: Mapping[str, str]) -> Query:
    """The query that an address says."""
    sort, mentor = _text(data, "sort"), _text(data, "mentor")
    columns = _text(data, "cols", 400)
    asked = list(COLUMNS) if columns == "all" else columns.split(",")
    level = _text(data, "level", 3)
    return Query(
        q=_text(data, "q"),
        status=word if (word := _text(data, "status")) in STATUSES else "",
        level=int(level) if level.isascii() and level.isdecimal() else None,
        mentor=_id(mentor),
        is_without_mentor=mentor == NOBODY,
        track=_id(_text(data, "track")),
        reason=_text(data, "reason", 40),
        format=_text(data, "format", 20),
        cohort=_id(_text(data, "cohort")),
        sort=sort if sort.removeprefix("-") in SORTS else DEFAULT_SORT,
        columns=tuple(dict.fromkeys(column for column in asked if column in COLUMNS)),
    )


def _text(data: Mapping[str, str], name: str, most: int = 120) -> str:
    return str(data.get(name, "")).replace("\x00", "").strip()[:most]


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


# -- asking the database -----------------------------------------------------------------------------------------------

STATUS_ORDER = Case(
    *(When(word=word, then=Value(place)) for place, word in enumerate(DOING)),
    default=Value(len(DOING)),
    output_field=IntegerField(),
)
NAME = Lower("enrollment__learner__name")
#: What is searched, in one piece: a word that is typed holds no space.
SAID = Concat(
    "enrollment__learner__name", Value(" "), "enrollment__learner__user__email", Value(" "), "enrollment__external_id",
    output_field=TextField(),
)  # fmt: skip
#: What each order compares, the smallest first; nothing known is less than anything, and a date to come is far away.
SORTS: dict[str, tuple[Any, ...]] = {
    "name": (NAME,),
    "cohort": (Lower("cohort__name"),),
    "progress": (F("is_on_the_path"), F("level"), F("level_share")),
    "hours": (F("earned"),),
    "pace": (Case(When(is_on_the_path=True, then=Coalesce(F("pace"), Value(-1.0))), default=Value(-1.0)),),
    "active": (F("last_active"),),
    "milestone": (F("due_on"),),
    "mentor": (Lower("mentor__name"),),
    "status": (STATUS_ORDER, F("word")),
    "reasons": (Coalesce(F("reasons__len"), Value(0)),),
    "since": (F("since"),),
    "track": (Lower("track__title"),),
    "email": (Lower("enrollment__learner__user__email"),),
    "external_id": (F("enrollment__external_id"),),
}
#: Empty ones of these stand behind everything that is known.
LATE = frozenset({"milestone", "mentor", "track"})


def chosen(rows: QuerySet[RosterRow], query: Query) -> QuerySet[RosterRow]:
    """The rows that were asked for, in the order asked for; equals by name."""
    found = rows.alias(said=SAID) if query.q else rows
    found = found.filter(_conditions(query))
    key, is_reversed = query.sort.removeprefix("-"), query.sort.startswith("-")
    empty_first = (key not in LATE) != is_reversed
    order = [
        OrderBy(each, descending=is_reversed, **{"nulls_first" if empty_first else "nulls_last": True})
        for each in SORTS[key]
    ]
    return found.order_by(*order, NAME, "enrollment")


def _conditions(query: Query) -> Q:
    found = Q()
    for word in query.q.split():
        found &= Q(said__icontains=word)
    if query.status:
        found &= Q(word=query.status)
    if query.level is not None:
        found &= Q(level=query.level, is_on_the_path=True)
    if query.is_without_mentor:
        found &= Q(mentor=None)
    if query.reason:
        found &= Q(reasons__contains=[query.reason])
    if query.format:
        found &= Q(cohort__format=query.format)
    for name in ("mentor", "track", "cohort"):
        if (value := getattr(query, name)) is not None:
            found &= Q(**{name: value})
    return found


# -- what can be asked -------------------------------------------------------------------------------------------------

#: Of all rows at once: how many have each value, the name of each mentor, track and cohort, and the cohort's format.
FACETS = """
WITH alike AS MATERIALIZED (
  SELECT word, CASE WHEN is_on_the_path THEN level END AS on_level, mentor_id, track_id, cohort_id, reasons,
    count(*) AS number
  FROM ({rows}) r GROUP BY 1, 2, 3, 4, 5, 6
)
SELECT told.kind, told.word, told.level, coalesce(told.mentor_id, told.track_id, told.cohort_id), told.number,
  coalesce(m.name, t.title, c.name), c.format
FROM (
  SELECT CASE grouping(word, on_level, mentor_id, track_id, cohort_id) WHEN 15 THEN 'words' WHEN 23 THEN 'levels'
      WHEN 27 THEN 'mentors' WHEN 29 THEN 'tracks' ELSE 'cohorts' END AS kind,
    word, on_level AS level, mentor_id, track_id, cohort_id, sum(number)::int AS number
  FROM alike GROUP BY GROUPING SETS ((word), (on_level), (mentor_id), (track_id), (cohort_id))
  UNION ALL
  SELECT 'reasons', reason, NULL, NULL, NULL, NULL, sum(number)::int
  FROM alike, unnest(alike.reasons) reason GROUP BY reason
) told
LEFT JOIN accounts_membership m ON m.organization_id = %s AND m.id = told.mentor_id
LEFT JOIN curriculum_track t ON t.organization_id = %s AND t.id = told.track_id
LEFT JOIN cohorts_cohort c ON c.organization_id = %s AND c.id = told.cohort_id
"""


@dataclass(frozen=True, kw_only=True)
class Facets:
    """How many of everyone have each word, level and so on, whatever is asked for now."""

    words: Counter[str] = field(default_factory=Counter)
    levels: Counter[int] = field(default_factory=Counter)
    mentors: Counter[UUID | None] = field(default_factory=Counter)
    tracks: Counter[UUID] = field(default_factory=Counter)
    cohorts: Counter[UUID] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    names: dict[UUID, str] = field(default_factory=dict)
    formats: dict[UUID, str] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return self.words.total()

    def number_of(self, query: Query) -> int | None:
        """How many are asked for, where one of these counts says it already."""
        asked = [name for name in FILTERS if getattr(query, name) not in ("", None)]
        match asked + ["mentor"] * query.is_without_mentor:
            case []:
                return self.total
            case ["status"]:
                return self.words[query.status]
            case ["level"]:
                return self.levels[query.level or 0]
            case ["mentor"]:
                return self.mentors[query.mentor]
            case ["track"]:
                return self.tracks[query.track] if query.track else None
            case ["reason"]:
                return self.reasons[query.reason]
            case ["cohort"]:
                return self.cohorts[query.cohort] if query.cohort else None
        return None


def facets_of(rows: QuerySet[RosterRow]) -> Facets:
    """In one query."""
    plain = rows.order_by().values("word", "is_on_the_path", "level", "mentor_id", "track_id", "cohort_id", "reasons")
    sql, params = plain.query.get_compiler(connection=connection).as_sql()
    facets = Facets()
    with connection.cursor() as cursor:
        cursor.execute(FACETS.format(rows=sql), [*params, *[required_organization_id()] * 3])
        for kind, word, level, pk, number, name, form in cursor.fetchall():
            value = {"words": word, "reasons": word, "levels": level}.get(kind, pk)
            if value is not None or kind == "mentors":
                getattr(facets, kind)[value] = number
            if name is not None:
                facets.names[pk] = name
            if form is not None:
                facets.formats[pk] = form
    return facets


@dataclass(frozen=True, kw_only=True)
class Filter:
    """A list to choose from. `options` are value, label with its number, and whether it is chosen now."""

    name: str
    label: str
    everything: str
    options: list[tuple[str, str, bool]]


def filters_of(facets: Facets, query: Query, *, across: bool) -> list[Filter]:
    """The filters that choose between something; with cohort and format when the roster goes `across` cohorts."""
    level = say("Level %(number)s")
    made = [
        _filter("level", say("Level"), say("Any level"),
                [(number, level % {"number": number}, facets.levels[number]) for number in sorted(facets.levels)],
                query.level),
        _filter("mentor", say("Mentor"), say("Any mentor"),
                [*_by_name(facets.names, facets.mentors), (NOBODY, say("No mentor"), facets.mentors[None])],
                NOBODY if query.is_without_mentor else query.mentor),
        _filter("reason", say("At risk because"), say("Any reason"),
                sorted(((key, reason_words(key), number) for key, number in facets.reasons.items()),
                       key=lambda one: one[1]),
                query.reason),
        _filter("track", say("Specialization"), say("Any specialization"), _by_name(facets.names, facets.tracks),
                query.track),
    ]  # fmt: skip
    if across:
        formats: Counter[str] = Counter()
        for pk, number in facets.cohorts.items():
            formats[facets.formats[pk]] += number
        kinds = {value: str(label) for value, label in Cohort._meta.get_field("format").flatchoices}
        made = [
            _filter("cohort", say("Cohort"), say("Any cohort"), _by_name(facets.names, facets.cohorts), query.cohort),
            *made,
            _filter("format", say("Format"), say("Any format"), _by_name(kinds, formats), query.format),
        ]
    return [one for one in made if len(one.options) > 1 or any(is_chosen for *_rest, is_chosen in one.options)]


def reason_words(key: str) -> str:
    """The kind of reason at risk; its key, when no app knows the kind any more."""
    return str(KINDS[key].title) if key in KINDS else key


def _by_name(names: Mapping[Any, str], counts: Mapping[Any, int]) -> list[tuple[Any, str, int]]:
    named = ((key, names[key], number) for key, number in counts.items() if key in names)
    return sorted(named, key=lambda one: one[1].casefold())


def _filter(name: str, label: str, everything: str, options: list[tuple[Any, str, int]], now: Any) -> Filter:
    return Filter(
        name=name,
        label=label,
        everything=everything,
        options=[
            (str(value), f"{words} ({number})", str(value) == str(now))
            for value, words, number in options
            if number or str(value) == str(now)
        ],
    )


def segments_of(facets: Facets) -> list[dict[str, object]]:
    """The filter on how learners are doing: always those who ask for attention, the others when there are any."""
    words = [*DOING, *sorted(set(facets.words) - set(DOING))]
    return [
        {"word": word, "label": STATUSES[word][2], "count": facets.words[word]}
        for word in words
        if facets.words[word] or word in DOING[:3]
    ]
