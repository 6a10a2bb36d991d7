"""Presentations: planned with a panel, changed, called off. What is scored and decided stands in panel_scoring.py.

The people are locked before anything is checked, as for 1-on-1s: who is wanted twice at one time is found, and the
constraint `nobody_presents_twice_at_once` decides about what this organization cannot see.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import QuerySet
from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from assessments import presentation_mails as mails
from assessments.errors import AssessmentError
from assessments.models import Presentation, PresentationEvent, PresentationSeat, Review, Submission
from assessments.presentation_engagements import PRESENTATIONS
from assessments.presentation_rubric import presentation_rubric
from assessments.reviewers import possible_reviewers
from assessments.submissions import lock
from cohorts.engagements import engaged, lock_people
from cohorts.models import Enrollment
from curriculum.models import Project

LARGEST_PANEL = 5
SHORTEST, LONGEST = 10, 240
AHEAD = timedelta(days=366)

Role = PresentationSeat.Role
Event = PresentationEvent.Kind


def candidates(submission: Submission) -> "QuerySet[Membership]":
    """Who can sit on the panel: mentors and staff who have joined, never the learner; by name."""
    return possible_reviewers().exclude(pk=submission.enrollment.learner_id).select_related("user")


def schedule(
    *,
    submission: Submission,
    start: datetime,
    minutes: int,
    place: str,
    panel: Sequence[Membership],
    chair: Membership,
    note: str = "",
    by: Membership,
    at: datetime,
) -> Presentation:
    """Plan a presentation of an attempt; learner and panel get a mail with an invitation. The chair is of the panel.

    Raises AssessmentError: as `check_may_schedule` does, `panel_size`, `panel_member`, `panel_twice`, `time_passed`,
    `time_too_far`, `minutes`, `place_missing`, or `clash`.
    """
    people = _panel_of(chair, panel)
    with transaction.atomic():
        lock_people(submission.enrollment.learner.user, *(member.user for member in people))
        locked = lock(submission)
        check_may_schedule(locked, by=by)
        _check(locked, people, start=start, minutes=minutes, place=place, at=at)
        during = DateTimeTZRange(start, start + timedelta(minutes=minutes))
        everybody = [(locked.enrollment.learner, Role.LEARNER), *_roles(people)]
        _check_free([member for member, _role in everybody], during)
        made = Presentation.objects.create(
            submission=locked,
            rubric=presentation_rubric(level=locked.project.level.number, by=by, at=at),
            during=during,
            place=place.strip(),
            note=note.strip(),
            scheduled_by=by,
            scheduled_at=at,
        )
        _seat(made, everybody)
        record(made, Event.SCHEDULED, by=by, at=at)
        mails.tell_scheduled(made, at=at)
    return made


def change(
    *,
    presentation: Presentation,
    start: datetime,
    minutes: int,
    place: str,
    panel: Sequence[Membership],
    chair: Membership,
    note: str,
    reason: str,
    by: Membership,
    at: datetime,
    sequence: int,
) -> Presentation:
    """Give a planned presentation another time, place or panel; `sequence` is that of what the person saw.

    Everybody gets a mail with the reason, also who is on the panel no more. Raises AssessmentError as `schedule` does,
    and `not_yours`, `settled`, `changed` or `reason_missing`.
    """
    people = _panel_of(chair, panel)
    with transaction.atomic():
        seats = list(PresentationSeat.objects.filter(presentation=presentation).select_related("person"))
        lock_people(*(seat.person for seat in seats), *(member.user for member in people))
        locked = locked_presentation(presentation)
        check_may_change(locked, by=by)
        if locked.sequence != sequence:
            raise AssessmentError(
                "changed", _("This presentation was changed meanwhile. Look at what stands now, then save again.")
            )
        _check_reason(reason)
        _check(locked.submission, people, start=start, minutes=minutes, place=place, at=at)
        during = DateTimeTZRange(start, start + timedelta(minutes=minutes))
        everybody = [(locked.learner, Role.LEARNER), *_roles(people)]
        _check_free([member for member, _role in everybody], during, besides=locked)
        before, left = locked.starts_at, _leaving(locked, everybody)
        locked.during, locked.place, locked.note = during, place.strip(), note.strip()
        locked.sequence, locked.scheduled_at = locked.sequence + 1, at
        locked.save(update_fields=["during", "place", "note", "sequence", "scheduled_at"])
        PresentationSeat.objects.filter(presentation=locked).delete()
        _seat(locked, everybody)
        record(locked, Event.CHANGED, by=by, at=at, reason=reason)
        mails.tell_changed(locked, before=before, reason=reason.strip(), left=left, at=at)
    return locked


def cancel(*, presentation: Presentation, reason: str, by: Membership, at: datetime) -> Presentation:
    """Call a planned presentation off; everybody's time is free again, and they get a mail with the reason.

    Raises AssessmentError `not_yours`, `settled` or `reason_missing`.
    """
    with transaction.atomic():
        locked = locked_presentation(presentation)
        check_may_change(locked, by=by)
        _check_reason(reason)
        # Clients drop a cancelled meeting only when its sequence is higher than the one they know.
        locked.sequence += 1
        settle(locked, Presentation.Status.CANCELLED, by=by, at=at)
        PresentationSeat.objects.filter(presentation=locked).update(takes_time=False)
        record(locked, Event.CANCELLED, by=by, at=at, reason=reason)
        mails.tell_cancelled(locked, reason=reason.strip(), at=at)
    return locked


def record_no_show(*, presentation: Presentation, by: Membership, at: datetime) -> Presentation:
    """The learner did not come. Another presentation can be planned then.

    Raises AssessmentError `not_yours`, `settled` or `not_begun`.
    """
    with transaction.atomic():
        locked = locked_presentation(presentation)
        seat = locked.seat_of(by)
        if (seat is None or seat.role == Role.LEARNER) and not _may_plan(locked.submission, by):
            raise _not_yours()
        _check_planned(locked)
        if locked.starts_at > at:
            raise AssessmentError("not_begun", _("It has not begun yet. Change its time or call it off instead."))
        settle(locked, Presentation.Status.NO_SHOW, by=by, at=at)
        record(locked, Event.NO_SHOW, by=by, at=at)
    return locked


def check_may_schedule(submission: Submission, *, by: Membership) -> None:
    """Raise AssessmentError: `not_yours`, `no_capstone`, `withdrawn`, `not_active` or `presentation_open`."""
    if not _may_plan(submission, by):
        raise _not_yours()
    if submission.project.kind not in Project.CAPSTONES:
        raise AssessmentError("no_capstone", _("Only capstones are presented."))
    if submission.withdrawn_at is not None:
        raise AssessmentError("withdrawn", _("This attempt was withdrawn, so there is nothing to present."))
    if submission.enrollment.status != Enrollment.Status.ACTIVE:
        raise AssessmentError("not_active", _("The learner is not active now. Plan it when they are back."))
    if open_presentation(submission) is not None:
        raise AssessmentError("presentation_open", _("A presentation of this attempt is planned already."))


def check_may_change(presentation: Presentation, *, by: Membership) -> None:
    """Raise AssessmentError `not_yours` or `settled`."""
    seat = presentation.seat_of(by)
    is_chair = seat is not None and seat.role == Role.CHAIR
    if not is_chair and not _may_plan(presentation.submission, by):
        raise _not_yours()
    _check_planned(presentation)


def open_presentation(submission: Submission) -> Presentation | None:
    """The one that is planned or not decided on; there is one at most."""
    return Presentation.objects.undecided().filter(submission=submission).first()


def locked_presentation(presentation: Presentation) -> Presentation:
    """As it is now, held until the transaction ends."""
    rows = Presentation.objects.with_people().select_related("rubric")
    return rows.select_for_update(no_key=True, of=("self",)).get(pk=presentation.pk)


def settle(presentation: Presentation, status: str, *, by: Membership, at: datetime) -> None:
    presentation.status, presentation.settled_by, presentation.settled_at = status, by, at
    presentation.save(update_fields=["status", "outcome", "summary", "sequence", "settled_by", "settled_at"])


def record(presentation: Presentation, kind: str, *, by: Membership, at: datetime, reason: str = "") -> None:
    """Keep what happened as a fact."""
    PresentationEvent.objects.create(
        presentation=presentation,
        kind=kind,
        during=presentation.during,
        place=presentation.place,
        reason=reason.strip(),
        recorded_by=by,
        recorded_at=at,
    )


def _may_plan(submission: Submission, by: Membership) -> bool:
    """Staff, and who leads the learner's reviews: their mentor, who is asked to review, and who passed the attempt."""
    if by.pk == submission.enrollment.learner_id:
        return False
    if by.is_staff or (by.is_mentor and by.pk in (submission.enrollment.mentor_id, submission.assignee_id)):
        return True
    return by.is_mentor and Review.objects.final().filter(submission=submission, reviewer=by).exists()


def _panel_of(chair: Membership, panel: Iterable[Membership]) -> list[Membership]:
    """The chair first, everybody once."""
    return [chair, *(member for member in dict.fromkeys(panel) if member != chair)]


def _roles(people: Sequence[Membership]) -> list[tuple[Membership, Role]]:
    return [(member, Role.PANEL if place else Role.CHAIR) for place, member in enumerate(people)]


def _check(
    submission: Submission, people: Sequence[Membership], *, start: datetime, minutes: int, place: str, at: datetime
) -> None:
    if len(people) > LARGEST_PANEL:
        words = {"most": LARGEST_PANEL}
        raise AssessmentError("panel_size", say("A panel has %(most)s members at most, the chair included.") % words)
    for member in people:
        if member.pk == submission.enrollment.learner_id:
            raise AssessmentError("panel_member", _("The learner cannot be on their own panel."))
        if not (member.is_mentor or member.is_staff) or member.joined_at is None:
            sentence = say("%(name)s is neither mentor nor program staff now.")
            raise AssessmentError("panel_member", sentence % {"name": member.name})
    # Before any arithmetic: a time may lie centuries away.
    if start <= at:
        raise AssessmentError("time_passed", _("Choose a time to come."))
    if start > at + AHEAD:
        raise AssessmentError("time_too_far", _("Choose a time within a year."))
    if not SHORTEST <= minutes <= LONGEST:
        words = {"least": SHORTEST, "most": LONGEST}
        raise AssessmentError("minutes", say("Choose from %(least)s to %(most)s minutes.") % words)
    if not place.strip():
        raise AssessmentError("place_missing", _("Say where it is: a room, or a link to the meeting."))


def _check_free(people: Sequence[Membership], during: DateTimeTZRange, *, besides: Presentation | None = None) -> None:
    """Raise AssessmentError `clash` with the names of who is in a presentation or a 1-on-1 then."""
    names = {member.user_id: member.name for member in people}
    taken = _presenting(names, during, besides)
    for rows in engaged(names.keys(), during, besides=PRESENTATIONS):
        taken |= set(rows.values_list("engaged", flat=True))
    if taken:
        raise _clash(sorted(names[person] for person in taken if person in names))


def _presenting(people: Collection[UUID], during: DateTimeTZRange, besides: Presentation | None) -> set[UUID]:
    rows = PresentationSeat.objects.filter(takes_time=True, person__in=people, during__overlap=during)
    if besides is not None:
        rows = rows.exclude(presentation=besides)
    return set(rows.values_list("person", flat=True))


def _seat(presentation: Presentation, people: Iterable[tuple[Membership, Role]]) -> None:
    try:
        with transaction.atomic():
            PresentationSeat.objects.bulk_create(
                PresentationSeat(
                    presentation=presentation, member=member, person=member.user, role=role, during=presentation.during
                )
                for member, role in people
            )
    except IntegrityError as error:
        if "nobody_presents_twice_at_once" not in str(error):
            raise
        raise _clash([]) from None
    # What was read with the presentation is old now.
    getattr(presentation, "_prefetched_objects_cache", {}).pop("seats", None)


def _leaving(presentation: Presentation, people: Iterable[tuple[Membership, Role]]) -> list[PresentationSeat]:
    stay = {member.pk for member, _role in people}
    return [seat for seat in presentation.seats.all() if seat.member_id not in stay]


def _clash(names: Sequence[str]) -> AssessmentError:
    if not names:
        return AssessmentError(
            "clash", _("One of them is in another presentation at that time. Nothing was changed; pick another time.")
        )
    sentence = say("Not free at that time: %(names)s. Nothing was changed; pick another time.")
    return AssessmentError("clash", sentence % {"names": ", ".join(names)})


def _check_reason(reason: str) -> None:
    if not reason.strip():
        raise AssessmentError("reason_missing", _("Write a reason, so that the others know why."))


def _check_planned(presentation: Presentation) -> None:
    if presentation.status != Presentation.Status.PLANNED:
        raise AssessmentError("settled", _("It was held, called off or settled already, and stays as it is."))


def _not_yours() -> AssessmentError:
    return AssessmentError("not_yours", _("Presentations are planned by program staff and by who reviews the learner."))
