"""The stored rows of the roster, brought up to date before anybody reads them.

A row is what `cohorts.roster` says of a learner on a day, nothing else: it is made by the same functions. What makes
one old is noted by the database itself (`cohorts.roster_triggers`), so a page pays for the learners about whom
something changed since anybody looked, and for everyone once a day, which an hourly task does ahead.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Exists, F, Q, QuerySet
from django.utils import timezone

from accounts.models import Membership
from cohorts.flags import keep_flags
from cohorts.models import Cohort, Enrollment, RosterChange, RosterRow
from cohorts.risk import Reason, counting, reasons_of
from cohorts.roster import ON_THE_PATH, word_for
from cohorts.standing import Milestones, Standing, standings_of
from organizations.asking import asked
from organizations.prepared import Prepared
from organizations.scope import wait_for_others

AT_ONCE = 1000
COMPUTED = [
    field.name for field in RosterRow._meta.concrete_fields if field.name not in ("id", "organization", "enrollment")
]


def fresh_rows(*, on: date, zone: ZoneInfo, cohort: Cohort | None = None) -> QuerySet[RosterRow]:
    """The rows of a cohort, or of the organization, as of a day on the clock of the zone. One query when all are."""
    if _is_stale(on, cohort):
        refresh_rows(on=on, zone=zone, cohort=cohort)
    rows = RosterRow.objects.all()
    return rows if cohort is None else rows.filter(cohort=cohort)


def rows_for(viewer: Membership, *, on: date, zone: ZoneInfo, cohort: Cohort | None = None) -> QuerySet[RosterRow]:
    """Everyone's for staff; for mentors only those of their own learners."""
    rows = fresh_rows(on=on, zone=zone, cohort=cohort)
    return rows if viewer.is_staff else rows.filter(mentor=viewer)


def refresh_rows(*, on: date, zone: ZoneInfo, cohort: Cohort | None = None) -> int:
    """Make again what is old or noted as changed; returns how many rows. Whoever was changed, of whatever cohort."""
    wait_for_others("roster")
    # Read before the facts: what changes meanwhile keeps its note, and is made again next time.
    changes = list(RosterChange.objects.values_list("pk", "enrollment_id", "cohort_id"))
    stale = _outdated(on, cohort).filter(pk__in=_of(cohort).values("pk"))
    people = set(stale.values_list("pk", flat=True)) | _changed(changes)
    RosterRow.objects.filter(enrollment__void_since__isnull=False).delete()
    at = timezone.now()
    with timezone.override(zone):
        ids = sorted(people)
        for first in range(0, len(ids), AT_ONCE):
            _store(ids[first : first + AT_ONCE], on, at)
    RosterChange.objects.filter(pk__in=[pk for pk, _enrollment, _cohort in changes]).delete()
    return len(people)


def _of(cohort: Cohort | None) -> QuerySet[Enrollment]:
    return Enrollment.objects.all() if cohort is None else Enrollment.objects.filter(cohort=cohort)


def _outdated(on: date, cohort: Cohort | None) -> QuerySet[Enrollment]:
    """Without a row of that day."""
    current = RosterRow.objects.filter(day=on)
    if cohort is not None:
        current = current.filter(cohort=cohort)
    return _of(cohort).exclude(pk__in=current.values("enrollment"))


def _is_stale(on: date, cohort: Cohort | None) -> bool:
    """Who has no row yet is noted as changed."""
    if cohort is None:
        [told] = _ANY_OLD.rows(on=on)
    else:
        [told] = _ANY_OLD_OF_COHORT.rows(on=on, cohort=cohort.pk)
    return any(told.values())


def _any_old(rows: QuerySet[RosterRow]) -> Any:
    return asked(changed=Exists(RosterChange.objects.all()), outdated=Exists(rows))


_ANY_OLD = Prepared(lambda on: _any_old(RosterRow.objects.exclude(day=on)))
_ANY_OLD_OF_COHORT = Prepared(lambda on, cohort: _any_old(RosterRow.objects.filter(cohort=cohort).exclude(day=on)))


def _changed(changes: Sequence[tuple[UUID, UUID | None, UUID | None]]) -> set[UUID]:
    if not changes:
        return set()
    found = Q(pk__in={enrollment for _pk, enrollment, _cohort in changes if enrollment})
    found |= Q(cohort__in={cohort for _pk, enrollment, cohort in changes if cohort and not enrollment})
    if any(enrollment is None and cohort is None for _pk, enrollment, cohort in changes):
        found = Q()
    return set(Enrollment.objects.filter(found).values_list("pk", flat=True))


def _store(ids: Iterable[UUID], on: date, at: datetime) -> None:
    # Before the facts are read. Whoever is held by somebody else is being changed, and is worked out after that.
    free = Enrollment.objects.filter(pk__in=ids).order_by("pk").select_for_update(no_key=True, skip_locked=True)
    held = set(free.values_list("pk", flat=True))
    people = list(Enrollment.objects.filter(pk__in=ids).select_related("cohort"))
    cohorts = list({enrollment.cohort_id for enrollment in people})
    milestones = Milestones(cohorts=cohorts, enrollments=[enrollment.pk for enrollment in people])
    standings = standings_of(people, on=on, milestones=milestones)
    reasons = reasons_of(standings, on=on)
    keep_flags(held, reasons, on=on, at=at)
    rows = [_row(one, reasons.get(one.enrollment.pk, []), milestones, on) for one in standings]
    RosterRow.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["organization", "enrollment"],
        update_fields=COMPUTED,
        batch_size=AT_ONCE,
    )


def _row(one: Standing, reasons: Sequence[Reason], milestones: Milestones, on: date) -> RosterRow:
    due, counted = one.next_milestone, counting(reasons)
    return RosterRow(
        enrollment=one.enrollment,
        cohort_id=one.enrollment.cohort_id,
        mentor_id=one.enrollment.mentor_id,
        track_id=one.enrollment.track_id,
        day=on,
        status=one.status,
        word=word_for(one, reasons, on=on),
        since=one.since,
        is_on_the_path=one.status in ON_THE_PATH,
        level=one.level,
        levels=one.levels,
        level_share=one.level_share,
        earned=one.earned,
        credited=one.credited,
        planned=one.planned,
        pace=one.pace,
        last_active=one.last_active,
        milestone=due.title if due else "",
        due_on=due.due_on if due else None,
        reached=[each.id for each in milestones.of_cohort(one.enrollment.cohort_id) if one.has_reached(each)],
        reasons=[reason.key for reason in counted],
        reasons_since=counted[0].since if counted else None,
    )


def flagged_first(rows: QuerySet[RosterRow]) -> QuerySet[RosterRow]:
    """Those at risk: the most reasons first, among equals the longest-standing, then who was enrolled first."""
    return rows.filter(reasons__len__gt=0).order_by(F("reasons__len").desc(), "reasons_since", "enrollment")
