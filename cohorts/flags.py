"""The reasons that hold, kept for lists and with their history: worked out for everyone every hour, and at once for the
learner about whom something was recorded.

What is kept says the same as `risk.reasons_of` for today; a list shows it for one query. Whenever a row of the roster
is made, its reasons are kept here too, and a flag that changes makes its row old: the two cannot disagree once the
roster is read.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import lru_cache, partial
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, TextField
from django.db.models.functions import Cast
from django.utils import timezone

from cohorts.models import Enrollment, Flag, FlagEvent, RosterChange, Snooze
from cohorts.risk import KINDS, Reason, in_order, reasons_of
from cohorts.standing import standings_of
from organizations.prepared import Prepared, among

Key = tuple[UUID, str]
#: So many learners are held at once while theirs is worked out.
BATCH = 500


@dataclass(frozen=True, kw_only=True)
class Changed:
    """How many reasons began and ended, and about whom anything is kept otherwise than before."""

    raised: int = 0
    cleared: int = 0
    enrollments: frozenset[UUID] = field(default=frozenset(), compare=False)


def watched() -> list[UUID]:
    """Everyone who takes part or is on leave, and who has a flag; in the order in which they are held."""
    flagged = Exists(Flag.objects.filter(enrollment=OuterRef("pk")))
    found = Enrollment.objects.filter(Q(status__in=[Enrollment.Status.ACTIVE, Enrollment.Status.ON_LEAVE]) | flagged)
    return list(found.order_by("pk").values_list("pk", flat=True))


def refresh_flags(*, enrollments: Collection[UUID], on: date, at: datetime | None = None) -> Changed:
    """Bring what is kept about these learners in line with the rules as of that day; doing it again changes nothing.

    The learners are held meanwhile: whoever records something about one of them waits, and works it out after us.
    `at` is when it is recorded, now unless given.
    """
    with transaction.atomic():
        people = list(
            Enrollment.including_void.filter(pk__in=enrollments)
            .select_related("cohort")
            .order_by("pk")
            .select_for_update(no_key=True, of=("self",))
        )
        reasons = reasons_of(standings_of([one for one in people if one.void_since is None], on=on), on=on)
        changed = keep_flags({one.pk for one in people}, reasons, on=on, at=at or timezone.now())
        # A row of the roster says the same: whatever made a flag another one makes it old.
        RosterChange.objects.bulk_create([RosterChange(enrollment_id=pk) for pk in changed.enrollments])
        return changed


def keep_flags(
    enrollments: Collection[UUID], reasons: Mapping[UUID, Sequence[Reason]], *, on: date, at: datetime
) -> Changed:
    """Keep these reasons of these learners, and that some began or ended. The caller holds the learners' locks."""
    kept = {(flag.enrollment_id, flag.key): flag for flag in Flag.objects.filter(enrollment__in=enrollments)}
    found = {(pk, one.key): one for pk, told in reasons.items() if pk in enrollments for one in told}
    gone = [flag for key, flag in kept.items() if key not in found or found[key].about != flag.about]
    left = {key: flag for key, flag in kept.items() if key in found and found[key].about == flag.about}
    new = {key: reason for key, reason in found.items() if key not in left}
    moved = [
        flag for key, flag in left.items() if (flag.since, flag.details) != (found[key].since, dict(found[key].details))
    ]
    for flag in moved:
        reason = found[flag.enrollment_id, flag.key]
        flag.since, flag.details = reason.since, dict(reason.details)
    Flag.objects.bulk_update(moved, ["since", "details"], batch_size=1000)
    if gone:
        Flag.objects.filter(pk__in=[flag.pk for flag in gone]).delete()
    Flag.objects.bulk_create(
        [
            Flag(
                enrollment_id=pk, key=key, about=reason.about, since=reason.since, details=dict(reason.details),
                raised_on=on, snooze=reason.snooze,
            )
            for (pk, key), reason in new.items()
        ],
        batch_size=1000,
    )  # fmt: skip
    told = [_event(FlagEvent.Kind.CLEARED, flag.enrollment_id, flag, on, at) for flag in gone]
    told += [_event(FlagEvent.Kind.RAISED, pk, reason, on, at) for (pk, _key), reason in new.items()]
    FlagEvent.objects.bulk_create(told, batch_size=1000)
    touched = {flag.enrollment_id for flag in (*gone, *moved)} | {pk for pk, _key in new}
    return Changed(raised=len(new), cleared=len(gone), enrollments=frozenset(touched))


def _event(kind: FlagEvent.Kind, enrollment: UUID, flag: Flag | Reason, on: date, at: datetime) -> FlagEvent:
    told = {"key": flag.key, "about": flag.about, "since": flag.since}
    return FlagEvent(enrollment_id=enrollment, kind=kind, effective_on=on, recorded_at=at, **told)


# -- reading -----------------------------------------------------------------------------------------------------------


def flags_of(enrollments: Iterable[UUID], *, on: date) -> dict[UUID, list[Reason]]:
    """What is kept, in the words of the reader, as `reasons_of` gives it. One query for any number,
    and one more where somebody snoozed."""
    found: dict[UUID, list[Reason]] = defaultdict(list)
    rows = [row for row in _FLAGS.rows(enrollments=list(enrollments)) if row[1] in KINDS]
    snoozed = [pk for *_rest, pk in rows if pk]
    snoozes = {row.pk: row for row in _SNOOZES.rows(ids=snoozed)} if snoozed else {}
    # Learners of a cohort are late with the same things: what is said more than once is said from memory.
    told = lru_cache(partial(_told, on))
    for enrollment, key, about, since, details, snooze_id in rows:
        reason, snooze = told(key, about, since, details), snoozes.get(snooze_id)
        if snooze is not None and snooze.rests(about, on=on):
            reason = replace(reason, snooze=snooze)
        found[enrollment].append(reason)
    return {pk: in_order(reasons) for pk, reasons in found.items()}


def _told(on: date, key: str, about: str, since: date, details: str) -> Reason:
    return KINDS[key].reason(since=since, on=on, about=about, details=json.loads(details))


_FLAGS: Prepared[Any] = Prepared(
    lambda enrollments: Flag.objects.filter(among("enrollment", enrollments)).values_list(
        "enrollment_id", "key", "about", "since", Cast("details", TextField()), "snooze_id"
    )
)
_SNOOZES = Prepared(lambda ids: Snooze.objects.filter(among("pk", ids)).select_related("recorded_by"))


def reason_of(flag: Flag, *, on: date) -> Reason:
    """Its words as of that day. The flag comes with its snooze."""
    rests = flag.snooze is not None and flag.snooze.rests(flag.about, on=on)
    return KINDS[flag.key].reason(
        since=flag.since, on=on, about=flag.about, details=flag.details, snooze=flag.snooze if rests else None
    )


@dataclass(frozen=True, kw_only=True)
class Spell:
    """A reason that held from the day it was noticed until the day it was seen to hold no longer, if that came."""

    title: Any
    icon: str
    raised_on: date
    cleared_on: date | None


def spells_of(enrollment: Enrollment) -> Sequence[Spell]:
    """Everything that ever stood out about a learner, the latest first. One query."""
    running: dict[tuple[str, str], date] = {}
    told: list[tuple[str, date, date | None]] = []
    for event in FlagEvent.objects.filter(enrollment=enrollment).order_by("recorded_at", "pk"):
        which = (event.key, event.about)
        if event.kind == FlagEvent.Kind.RAISED:
            running[which] = event.effective_on
        elif which in running:
            told.append((event.key, running.pop(which), event.effective_on))
    told += [(key, raised, None) for (key, _about), raised in running.items()]
    told.sort(key=lambda one: (one[2] or date.max, one[1]), reverse=True)
    return [
        Spell(title=KINDS[key].title, icon=KINDS[key].icon, raised_on=raised, cleared_on=cleared)
        for key, raised, cleared in told
        if key in KINDS
    ]
