"""What a past day's numbers were said to be when they were first kept, where they are something else now."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from outcomes.keeping.lateness import LateEvent, late_events
from outcomes.keeping.snapshots import is_same
from outcomes.measuring.measures import Measure
from outcomes.models import TargetKey
from outcomes.scopes import Scope
from outcomes.showing.wording import value_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One number that is something else now."""

    was: Measure
    now: Measure

    @property
    def name(self) -> str:
        return str(TargetKey(self.now.key).label)

    @property
    def was_words(self) -> str:
        return value_of(self.was)

    @property
    def now_words(self) -> str:
        return value_of(self.now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """The numbers that changed since `told_at`, and what was recorded since about days up to theirs.

    `events` are the latest of the `recorded` ones.
    """

    told_at: datetime
    changes: list[Change]
    events: list[LateEvent]
    recorded: int

    @property
    def unlisted(self) -> int:
        return self.recorded - len(self.events)


def changed_since(
    told: Mapping[str, tuple[Measure, datetime]], measures: Mapping[str, Measure], *, scope: Scope, on: date
) -> Changed | None:
    """Compare what was told first of a scope, by key and with the instant, with its numbers now; None for the same."""
    changes = [
        Change(was=was, now=measures[key])
        for key, (was, _told_at) in told.items()
        if key in measures and not _is_same(was, measures[key])
    ]
    if not changes:
        return None
    told_at = min(told[change.now.key][1] for change in changes)
    events, recorded = late_events(scope=scope, on=on, at=told_at)
    order = list(measures)
    changes.sort(key=lambda change: order.index(change.now.key))
    return Changed(told_at=told_at, changes=changes, events=events, recorded=recorded)


def changed_row(changed: Changed) -> dict[str, Any]:
    """The same as JSON."""
    return {
        "first_computed_at": changed.told_at.isoformat(),
        "metrics": [
            {"key": change.now.key, "was": _figures(change.was), "now": _figures(change.now)}
            for change in changed.changes
        ],
        "recorded_since": changed.recorded,
        "events": [
            {
                "kind": event.kind.value, "learner": event.learner or None, "says": event.words,
                "effective_on": event.effective_on.isoformat(), "recorded_at": event.recorded_at.isoformat(),
                "recorded_by": event.by or None,
            }
            for event in changed.events
        ],
    }  # fmt: skip


def _figures(measure: Measure) -> dict[str, Any]:
    counts = measure.counts
    return {
        "value": measure.value, "low": measure.low, "high": measure.high, "numerator": counts.numerator,
        "denominator": counts.denominator, "pending": counts.pending, "excluded": counts.excluded,
        "unknown": counts.unknown,
    }  # fmt: skip


def _is_same(was: Measure, now: Measure) -> bool:
    return was.counts == now.counts and is_same([was.value, was.low, was.high], [now.value, now.low, now.high])
