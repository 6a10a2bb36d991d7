"""Going over to another version of the curriculum, and undoing it on the same day."""

from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import Membership
from cohorts import carriers
from cohorts.carriers import Moving
from cohorts.carrying import BATCH, write_carries
from cohorts.errors import CohortError
from cohorts.models import Cohort, Enrollment, EnrollmentMove, MapPair, TrackChoice, VersionMove
from cohorts.move_plan import MovePlan, Subject, cohort_of, plan_move, plan_of_move
from cohorts.move_schedule import apply_change, drop_own, restore, rows_of
from cohorts.touching import touch
from cohorts.version_map import Pair, checked, nodes_of, reversed_pairs
from curriculum.models import CurriculumVersion


class MoveConflict(CohortError):
    """Somebody else was first, or what was shown is not so any more."""

    is_conflict = True


def move(
    *,
    subject: Subject,
    to: CurriculumVersion,
    pairs: Iterable[Pair],
    leaving: UUID,
    agreed: str,
    key: UUID | None,
    by: Membership | None,
    at: datetime,
    note: str = "",
) -> VersionMove:
    """Go over from the version `leaving`. `agreed` is the digest that was shown; a `key` sent twice moves once.

    Raises CohortError as `plan_move` does; MoveConflict `moved_meanwhile` or `changed_meanwhile`.
    """
    with transaction.atomic():
        locked = _locked(subject)
        if done := _done_already(key, by):
            return done
        if locked.version_id != leaving:
            raise _moved_meanwhile(locked)
        today = day_of(locked, at)
        plan = plan_move(subject=locked, to=to, pairs=pairs, today=today)
        return _carry_out(_agreed(plan, agreed), key=key, by=by, today=today, note=note)


# -- undoing -----------------------------------------------------------------------------------------------------------


def last_move(subject: Subject) -> VersionMove | None:
    """The last move of the cohort as a whole, or of this learner alone; None when there is none, or it was undone."""
    found = VersionMove.objects.filter(undone_by=None, undoes=None).select_related("from_version", "to_version")
    if isinstance(subject, Cohort):
        found = found.filter(cohort=subject)
    else:
        found = found.filter(cohort=None, legs__enrollment=subject)
    last = found.select_related("recorded_by").defer("schedule").order_by("recorded_at", "pk").last()
    if last is None or last.to_version_id != subject.version_id:
        return None
    if isinstance(subject, Enrollment) and not last.legs.filter(sequence=subject.moves.count()).exists():
        return None  # the cohort took them along since
    return last


def plan_undo(*, subject: Subject, today: date) -> MovePlan:
    """What undoing the last move would do: everyone who has not moved again goes back, with what happened since.

    Raises CohortError `nothing_to_undo`, or `too_late_to_undo` after the day of the move.
    """
    made = last_move(subject)
    if made is None:
        raise CohortError("nothing_to_undo", _("There is no move to undo."))
    if made.effective_on != today:
        raise CohortError(
            "too_late_to_undo",
            _("The move was on %(day)s and could be undone on that day. Move to version %(number)s instead.")
            % {"day": date_format(made.effective_on, "j F Y", use_l10n=False), "number": made.from_version.number},
        )
    old, new = nodes_of(made.to_version), nodes_of(made.from_version)
    pairs = checked(reversed_pairs(pairs_of(made)), old, new)
    return plan_of_move(subject, made.from_version, old, new, pairs, today, undoes=made)


def undo(*, subject: Subject, agreed: str, key: UUID | None, by: Membership | None, at: datetime) -> VersionMove:
    """Go back. What was recorded since comes along by the same map. Raises as `plan_undo` and `move` do."""
    with transaction.atomic():
        locked = _locked(subject)
        if done := _done_already(key, by):
            return done
        today = day_of(locked, at)
        plan = plan_undo(subject=locked, today=today)
        return _carry_out(_agreed(plan, agreed), key=key, by=by, today=today, note="")


def pairs_of(made: VersionMove) -> list[Pair]:
    rows = MapPair.objects.filter(move=made).values_list(
        "from_level", "to_level", "from_topic", "to_topic", "from_project", "to_project"
    )
    pairs = []
    for from_level, to_level, from_topic, to_topic, from_project, to_project in rows:
        if from_level:
            pairs.append(Pair("level", from_level, to_level))
        elif from_topic:
            pairs.append(Pair("topic", from_topic, to_topic))
        else:
            pairs.append(Pair("project", from_project, to_project))
    return pairs


def day_of(subject: Subject, at: datetime) -> date:
    """The day on the cohort's calendar."""
    return cohort_of(subject).today(at)


# -- carrying out ------------------------------------------------------------------------------------------------------


def _locked(subject: Subject) -> Subject:
    """The cohort and everyone in it, or the one learner, held until the transaction ends; cohort first, then by id."""
    held = Cohort.objects.select_for_update(of=("self",), no_key=True).select_related("version")
    cohort = held.get(pk=cohort_of(subject).pk)
    people = Enrollment.objects.select_for_update(of=("self",), no_key=True).order_by("pk")
    if isinstance(subject, Cohort):
        list(people.filter(cohort=cohort).values_list("pk"))
        return cohort
    locked = people.select_related("version", "learner").get(pk=subject.pk)
    locked.cohort = cohort
    return locked


def _done_already(key: UUID | None, by: Membership | None) -> VersionMove | None:
    """The move that the same person agreed to with the same form."""
    return VersionMove.objects.filter(key=key, recorded_by=by).first() if key else None


def _agreed(plan: MovePlan, agreed: str) -> MovePlan:
    if plan.digest != agreed:
        raise MoveConflict(
            "changed_meanwhile",
            _("Something was recorded since you looked. This is what would happen now; look at it again and confirm."),
        )
    return plan


def _moved_meanwhile(subject: Subject) -> MoveConflict:
    moves = VersionMove.objects.filter(to_version=subject.version_id).select_related("recorded_by")
    about = {"cohort": subject} if isinstance(subject, Cohort) else {"legs__enrollment": subject}
    last = moves.filter(**about).order_by("recorded_at", "pk").last()
    if last is None or last.recorded_by is None:
        return MoveConflict("moved_meanwhile", _("The version was changed meanwhile. Look at where things stand now."))
    return MoveConflict(
        "moved_meanwhile",
        _("%(name)s moved to version %(number)s meanwhile, at %(time)s. Look at where things stand now.")
        % {
            "name": last.recorded_by.name,
            "number": subject.version.number,
            "time": date_format(timezone.localtime(last.recorded_at), "H:i"),
        },
    )


def _carry_out(plan: MovePlan, *, key: UUID | None, by: Membership | None, today: date, note: str) -> VersionMove:
    cohort = plan.cohort
    alone = plan.subject if isinstance(plan.subject, Enrollment) else None
    before = rows_of(cohort, alone)
    for leg in plan.legs:
        leg.enrollment.version, leg.enrollment.track_id = plan.to, leg.to_track
    people = [leg.enrollment for leg in plan.legs]
    Enrollment.objects.bulk_update(people, ["version", "track"], batch_size=BATCH)
    if alone is None:
        cohort.version = plan.to
        cohort.save(update_fields=["version"])
    if plan.undoes is not None and before == plan.undoes.schedule["after"]:
        restore(cohort=cohort, before=plan.undoes.schedule["before"], today=today, enrollment=alone)
    else:
        apply_change(cohort=cohort, change=plan.schedule, today=today, enrollment=alone)
        if alone is None:
            drop_own(cohort=cohort, today=today)
    made = VersionMove.objects.create(
        cohort=None if alone else cohort,
        from_version=plan.old.version,
        to_version=plan.to,
        effective_on=today,
        undoes=plan.undoes,
        schedule={"before": before, "after": rows_of(cohort, alone)},
        note=note.strip(),
        key=key,
        recorded_by=by,
    )
    _write_legs(plan, made)
    touch(*(each.pk for each in people))
    TrackChoice.objects.bulk_create(
        [
            TrackChoice(enrollment=leg.enrollment, track_id=leg.to_track, effective_on=leg.track_since, recorded_by=by)
            for leg in plan.legs
            if leg.to_track is not None and leg.track_since is not None
        ],
        batch_size=BATCH,
    )
    MapPair.objects.bulk_create(
        [
            MapPair(move=made, **{f"from_{pair.kind}_id": pair.old, f"to_{pair.kind}_id": pair.new})
            for pair in plan.pairs
        ],
        batch_size=BATCH,
    )
    write_carries(((leg.enrollment.pk, carry) for leg in plan.legs for carry in leg.carries), move=made, by=by)
    carriers.carry_along(
        Moving(
            move=made,
            enrollments=people,
            pairs=plan.pairs,
            left_at=plan.left_at,
            is_undo=plan.undoes is not None,
            by=by,
        )
    )
    return made


def _write_legs(plan: MovePlan, made: VersionMove) -> None:
    people = [leg.enrollment.pk for leg in plan.legs]
    known = EnrollmentMove.objects.filter(enrollment__in=people).values("enrollment").annotate(last=Max("sequence"))
    last = dict(known.values_list("enrollment", "last"))
    EnrollmentMove.objects.bulk_create(
        [
            EnrollmentMove(
                move=made,
                enrollment=leg.enrollment,
                sequence=last.get(leg.enrollment.pk, 0) + 1,
                from_track_id=leg.from_track,
                to_track_id=leg.to_track,
            )
            for leg in plan.legs
        ],
        batch_size=BATCH,
    )
