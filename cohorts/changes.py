"""What a new schedule changes, as a page shows it before anybody agrees to it."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from operator import itemgetter
from typing import Any

from django.utils.translation import gettext as _

from cohorts.models import Cohort, Milestone
from cohorts.models.milestone_title import read_title
from cohorts.schedule import Difference

ROWS_SHOWN = 40


@dataclass(frozen=True)
class Effect:
    """What happens to the schedule of one cohort."""

    cohort: Cohort
    difference: Difference

    @property
    def ends_on(self) -> date | None:
        return self.difference.ends_on

    @property
    def summary(self) -> str:
        """In words: "12 moved, 3 added"."""
        kinds = [told["kind"] for told in self._ordered]
        counts = [
            (kinds.count("moved"), _("%(number)s moved")),
            (kinds.count("added"), _("%(number)s added")),
            (kinds.count("removed"), _("%(number)s removed")),
        ]
        return ", ".join(words % {"number": number} for number, words in counts if number) or _("nothing changes")

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The first changes in order of the path: kind (added, moved or removed), title, day before and day after."""
        return self._ordered[:ROWS_SHOWN]

    @property
    def more(self) -> int:
        """How many changes `rows` leaves out."""
        return max(len(self._ordered) - ROWS_SHOWN, 0)

    @cached_property
    def _ordered(self) -> list[dict[str, Any]]:
        """One that goes while one of the same kind and title comes is the same to people: it moves, if at all."""
        difference = self.difference
        rows: list[tuple[Decimal, dict[str, Any]]] = []
        leaving: dict[tuple[str, str], list[Milestone]] = defaultdict(list)
        for row in difference.removed:
            leaving[row.kind, row.words].append(row)
        for move in difference.moved:
            row, due_on = move.milestone, move.due_on
            told = {"kind": "moved", "title": row.words, "before": row.due_on, "after": due_on}
            rows.append((row.through_hours, told))
        for draft in difference.added:
            told = {"kind": "added", "title": read_title(draft.title), "before": None, "after": draft.due_on}
            if twins := leaving[draft.kind, read_title(draft.title)]:
                told |= {"kind": "moved", "before": twins.pop(0).due_on}
            if told["before"] != told["after"]:
                rows.append((draft.through_hours, told))
        for row in (row for rows_left in leaving.values() for row in rows_left):
            told = {"kind": "removed", "title": row.words, "before": row.due_on, "after": None}
            rows.append((row.through_hours, told))
        return [told for _through, told in sorted(rows, key=itemgetter(0))]


def digest_of(effects: Iterable[Effect]) -> str:
    """The same for the same changes: whoever agrees to them sends it back, so that nobody agrees to others."""
    told = [
        (
            str(effect.cohort.pk),
            sorted((str(move.milestone.pk), move.due_on.isoformat()) for move in effect.difference.moved),
            [(draft.title, draft.due_on.isoformat()) for draft in effect.difference.added],
            sorted(str(milestone.pk) for milestone in effect.difference.removed),
        )
        for effect in effects
    ]
    return hashlib.sha256(repr(told).encode()).hexdigest()
