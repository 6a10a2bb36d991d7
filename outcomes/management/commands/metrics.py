import json
from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from cohorts.models import Cohort
from cohorts.pacing import EARLIEST
from organizations.models import Organization
from organizations.scope import scope
from outcomes.keeping.snapshots import take_snapshots, told_first
from outcomes.measuring.measures import Measure
from outcomes.measuring.metrics import MEASURED, AsOf
from outcomes.measuring.targets import Goal, judge, targets_of
from outcomes.models import DEFINITION_VERSION
from outcomes.scopes import EVERYONE, Scope
from outcomes.showing.changes import Changed, changed_row, changed_since


class Command(BaseCommand):
    help = "Print every number of an organization or one cohort as of a day, with all its counts, from the events."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--organization", required=True, metavar="SLUG")
        parser.add_argument("--cohort", metavar="SLUG")
        parser.add_argument("--as-of", type=_day, metavar="DATE", help="YYYY-MM-DD; today when left out")
        parser.add_argument("--json", action="store_true", help="one JSON document instead of a table")
        parser.add_argument("--snapshot", action="store_true", help="also keep the numbers as of the day")

    def handle(self, *args: Any, **options: Any) -> None:
        organization = Organization.objects.filter(slug=options["organization"]).first()
        if organization is None:
            raise CommandError(f"There is no organization {options['organization']!r}.")
        now = timezone.now()
        today = organization.today(now)
        on = options["as_of"] or today
        if on > today:
            raise CommandError(f"{on} is in the future; numbers are known up to {today}.")
        if on < EARLIEST:
            raise CommandError(f"{on} is before any program; numbers are known from {EARLIEST} on.")
        with scope(organization.pk):
            chosen = _scope(options["cohort"])
            known, targets = AsOf(on), targets_of(chosen, on)
            measures = {}
            for number, key in enumerate(MEASURED, start=1):
                self.stderr.write(f"{number}/{len(MEASURED)} {key}")
                measures[key] = known.measure(key, chosen)
            rows = [_plain(measure, targets[key]) for key, measure in measures.items()]
            if options["snapshot"]:
                written = take_snapshots(
                    on=on,
                    at=now,
                    tell=lambda name, done, total: self.stderr.write(f"{done}/{total} {name or organization.name}"),
                )
                self.stderr.write(f"snapshots: {written} written")
            changed = None
            if on < today and chosen.is_kept:
                changed = changed_since(told_first(chosen, on), measures, scope=chosen, on=on)
        if options["json"]:
            document = {
                "organization": organization.slug,
                "cohort": options["cohort"],
                "as_of": on.isoformat(),
                "definition": DEFINITION_VERSION,
                "metrics": rows,
                "changed": changed_row(changed) if changed else None,
            }
            self.stdout.write(json.dumps(document, indent=2))
            return
        self.stdout.write(f"{organization.name}, as of {on}, definition {DEFINITION_VERSION}")
        self.stdout.write(_line("metric", *COLUMNS))
        for row in rows:
            self.stdout.write(_line(row["key"], *(_cell(row[name]) for name in COLUMNS)))
        for line in _changed_lines(changed):
            self.stdout.write(line)


COLUMNS = (
    "value", "low", "high", "numerator", "denominator", "pending", "excluded", "unknown", "target", "verdict", "method",
)  # fmt: skip


def _changed_lines(changed: Changed | None) -> Iterator[str]:
    if changed is None:
        return
    yield f"Changed since it was first computed, at {changed.told_at.isoformat(timespec='minutes')}:"
    for change in changed.changes:
        yield f"  {change.now.key}: {_cell(change.was.value)} -> {_cell(change.now.value)}"
    yield f"Recorded since, about days up to this one: {changed.recorded}"
    for event in changed.events:
        who = ", ".join(filter(None, (event.learner, event.words)))
        by = f" by {event.by}" if event.by else ""
        recorded = f"recorded {event.recorded_at:%Y-%m-%d %H:%M}{by}"
        yield f"  {event.kind.value}: {who}, as of {event.effective_on}, {recorded}"


def _day(text: str) -> date:
    return date.fromisoformat(text)


def _scope(slug: str | None) -> Scope:
    if not slug:
        return EVERYONE
    cohort = Cohort.objects.filter(slug=slug).first()
    if cohort is None:
        raise CommandError(f"There is no cohort {slug!r}.")
    return Scope(cohort_id=cohort.pk)


def _plain(measure: Measure, goal: Goal) -> dict[str, Any]:
    counts, found = measure.counts, judge(measure, goal)
    return {
        "key": measure.key,
        "value": measure.value,
        "low": measure.low,
        "high": measure.high,
        "numerator": counts.numerator,
        "denominator": counts.denominator,
        "pending": counts.pending,
        "excluded": counts.excluded,
        "unknown": counts.unknown,
        "target": f"{goal.comparison} {goal.value.normalize():f}" if goal.value is not None and goal.is_on else None,
        "verdict": found.value if found else None,
        "method": measure.method,
        "bounds": [measure.lowest, measure.highest],
        "detail": measure.detail,
    }


def _cell(value: Any) -> str:
    return "–" if value in (None, "") else f"{value:.4f}" if isinstance(value, float) else str(value)


def _line(*cells: str) -> str:
    widths = (20, 8, 8, 8, 9, 11, 7, 8, 7, 9, 14)
    return " ".join(cell.ljust(width) for cell, width in zip(cells, (*widths, 0), strict=True)).rstrip()
