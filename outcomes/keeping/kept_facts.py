"""What a day's numbers are made of, kept by cohort: who looks again reads only the cohorts where something changed.

What makes a cohort's facts old is noted by the database itself (`outcomes.keeping.fact_triggers`), in the transaction
of the change. It is for the day that many look at, the one that is not over; any other day is read as a whole.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import date
from functools import cached_property
from typing import Any, get_type_hints
from uuid import UUID
from zlib import crc32

import numpy as np
from django.db import connection
from django.db.models import Q
from numpy.typing import NDArray

from cohorts.models import Cohort, Enrollment
from organizations.prepared import Prepared
from organizations.scope import required_organization_id, wait_for_others
from outcomes.measuring.benchmarks import BENCHMARKS
from outcomes.measuring.columns import Ids, Mask, uuids
from outcomes.measuring.metrics import AsOf
from outcomes.measuring.placement import OCCUPATIONS, Careers, careers_as_of
from outcomes.measuring.portfolio import JUDGED, Judged, portfolios_as_of
from outcomes.measuring.projects import PROJECTS, REQUIRED, Projects, projects_as_of
from outcomes.measuring.roster import CHAIN, FOLLOWED, ROSTER, Fate, Place, Roster, roster_as_of
from outcomes.models import DEFINITION_VERSION, FactChange, KeptFacts, PlacementStatus

#: (whose enrollment, of which cohort)
Change = tuple[UUID | None, UUID | None]


def _row_of(kind: type) -> list[tuple[str, str]]:
    """How a row of its columns is kept."""
    hints = get_type_hints(kind)
    kept = {Ids: "V16", Mask: "?"}
    return [(each.name, kept.get(hints[each.name], "<i4")) for each in fields(kind) if each.name != "on"]


ROW = np.dtype([("roster", _row_of(Roster)), ("projects", _row_of(Projects))])
CAREER = np.dtype(
    [("enrollment_id", "V16"), *(part for part in _row_of(Careers) if part[0] not in ("whose", "employers"))]
)
#: A release that reads or keeps something else does not take what the one before it kept.
SHAPE = crc32(
    repr((
        DEFINITION_VERSION, ROW, CAREER, [each.name for each in fields(Judged)], list(Place), list(Fate),
        PlacementStatus.values, CHAIN, FOLLOWED, ROSTER, REQUIRED, BENCHMARKS, PROJECTS, OCCUPATIONS, JUDGED,
    )).encode()
)  # fmt: skip

_OF_DAY = Prepared(lambda on, shape: KeptFacts.objects.filter(as_of=on, shape=shape))
_NOTES = Prepared(lambda: FactChange.objects.values_list("pk")[:1])


class Lately(AsOf):
    """The records as of a day, from what was kept of it and what changed since."""

    @cached_property
    def roster(self) -> Roster:
        return Roster(on=self.on.toordinal(), **_columns(self._learners["roster"]))

    @cached_property
    def projects(self) -> Projects:
        return Projects(**_columns(self._learners["projects"]))

    @cached_property
    def careers(self) -> Careers:
        rows = np.frombuffer(b"".join(bytes(row.careers) for row in self._kept), dtype=CAREER)
        columns = _columns(rows)
        row_of = self.roster.row_of
        return Careers(
            whose=np.array([row_of[pk] for pk in columns.pop("enrollment_id").tolist()], dtype=np.int64),
            employers=[name for row in self._kept for name in row.listed["employers"]],
            **columns,
        )

    @cached_property
    def portfolios(self) -> dict[UUID, list[Judged]]:
        return {
            UUID(pk): [Judged(title, is_good, date.fromordinal(said_on)) for title, is_good, said_on in found]
            for row in self._kept
            for pk, found in row.listed["portfolios"].items()
        }

    @cached_property
    def _learners(self) -> NDArray[np.void]:
        return np.frombuffer(b"".join(bytes(row.learners) for row in self._kept), dtype=ROW)

    @cached_property
    def _kept(self) -> list[KeptFacts]:
        """A row for each cohort; those that are old are made again."""
        kept = self._read()
        if _NOTES.first() or kept.keys() != self.cohorts.keys():
            # Read again under the lock: somebody else may have made them meanwhile.
            wait_for_others("facts")
            changed = _changed(_take_changes())
            if elsewhere := changed - self.cohorts.keys():
                KeptFacts.objects.filter(cohort__in=elsewhere).delete()
            kept = {pk: row for pk, row in self._read().items() if pk not in changed}
            old = [pk for pk in self.cohorts if pk not in kept]
            for row in _made(self.on, old, is_whole=not kept):
                kept[row.cohort_id] = row
        return list(kept.values())

    def _read(self) -> dict[UUID, KeptFacts]:
        rows = _OF_DAY.rows(on=self.on, shape=SHAPE)
        return {row.cohort_id: row for row in rows if row.cohort_id in self.cohorts}


def known_on(day: date, *, today: date, cohorts: Iterable[Cohort]) -> AsOf:
    """The records as of a day, for who has read the cohorts already."""
    known = Lately(day) if day == today else AsOf(day)
    known.cohorts = {cohort.pk: cohort for cohort in cohorts}
    return known


def forget_facts(*, before: date) -> None:
    """Remove what is kept of earlier days, and the notes that nobody needs then."""
    wait_for_others("facts")
    KeptFacts.objects.filter(as_of__lt=before).delete()
    if not KeptFacts.objects.exists():
        FactChange.objects.all().delete()


def _take_changes() -> list[Change]:
    """What was noted, and is no longer: whoever takes it reads the facts after it, and keeps what they say."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM outcomes_factchange WHERE organization_id = %s RETURNING enrollment_id, cohort_id",
            [required_organization_id()],
        )
        changes: list[Change] = cursor.fetchall()
    return changes


def _changed(changes: Sequence[Change]) -> set[UUID]:
    """The cohorts in which those people were at any time, as a learner's history is told in the one they began in."""
    if not changes:
        return set()
    if (None, None) in changes:
        return set(Cohort.objects.values_list("pk", flat=True))
    people, cohorts = ({part for part in parts if part} for parts in zip(*changes, strict=True))
    learners = Enrollment.objects.filter(Q(pk__in=people) | Q(cohort__in=cohorts)).values("learner")
    found = Enrollment.objects.filter(learner__in=learners).values_list("cohort", flat=True)
    return {*found.distinct(), *cohorts}


def _made(on: date, cohorts: Collection[UUID], *, is_whole: bool) -> list[KeptFacts]:
    """Keep the facts of those cohorts, which may be all; one query for each kind of fact."""
    only = None if is_whole else cohorts
    roster = roster_as_of(on, only)
    projects, portfolios = projects_as_of(roster, on, only), portfolios_as_of(on, only)
    careers = careers_as_of(roster, on, only)
    learners = _packed(ROW, {"roster": vars(roster), "projects": vars(projects)}, len(roster))
    jobs = _packed(CAREER, {**vars(careers), "enrollment_id": roster.enrollment_ids[careers.whose]}, len(careers.whose))
    cohort_of = roster.cohort_ids[careers.whose]
    nobody = np.empty(0, dtype=np.int64)
    made = []
    for pk in cohorts:
        rows, of_cohort = roster.rows_by_cohort.get(pk, nobody), np.flatnonzero(cohort_of == np.void(pk.bytes))
        people = uuids(roster.enrollment_ids[rows])
        listed = {
            "employers": [careers.employers[row] for row in of_cohort.tolist()],
            "portfolios": {
                one.hex: [[each.title, each.is_publishable, each.on.toordinal()] for each in portfolios[one]]
                for one in people
                if one in portfolios
            },
        }
        made.append(
            KeptFacts(
                cohort_id=pk,
                as_of=on,
                shape=SHAPE,
                learners=learners[rows].tobytes(),
                careers=jobs[of_cohort].tobytes(),
                listed=listed,
            )
        )
    return KeptFacts.objects.bulk_create(
        made,
        update_conflicts=True,
        unique_fields=["organization", "cohort"],
        update_fields=["as_of", "shape", "learners", "careers", "listed"],
    )


def _packed(row: np.dtype[np.void], columns: Mapping[str, Any], size: int) -> NDArray[np.void]:
    """Columns, or groups of them, side by side."""
    rows = np.empty(size, dtype=row)
    for name in row.names or ():
        part = row[name]
        rows[name] = _packed(part, columns[name], size) if part.names else columns[name]
    return rows


def _columns(rows: NDArray[np.void]) -> dict[str, NDArray[Any]]:
    parts = {name: rows[name] for name in rows.dtype.names or ()}
    return {name: part.astype(np.int64) if part.dtype == "<i4" else part.copy() for name, part in parts.items()}
