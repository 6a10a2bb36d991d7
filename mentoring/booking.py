"""Booking, moving, cancelling and handing over 1-on-1s; settling.py says how they went.

The two people are locked in id order before anything is checked: attempts on one person's time wait for each other for
milliseconds and never deadlock, and the constraint `nobody_meets_two_at_once` decides about what this organization
cannot see.
"""

from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Membership
from cohorts.engagements import lock_people
from cohorts.models import Enrollment
from mentoring import mails
from mentoring.announcing import BOOKED, CANCELLED, MOVED, announce_one_on_one
from mentoring.availability import ClosedReason
from mentoring.calendars import Calendar, horizon, read_calendar
from mentoring.errors import MentoringError, SlotTaken
from mentoring.models import Mentor, OneOnOne
from mentoring.relief import stands_in
from mentoring.series_records import Series

Status = OneOnOne.Status

TAKEN = gettext_lazy("That time was taken a moment ago. Your note is kept; pick another time.")
CLOSED: dict[ClosedReason, str | Promise] = {
    ClosedReason.OUTSIDE: gettext_lazy("%(mentor)s does not offer that time. Pick one of the times shown."),
    ClosedReason.TOO_SOON: gettext_lazy("That is too soon for %(mentor)s to prepare. Pick a later time."),
    ClosedReason.TOO_FAR: gettext_lazy("%(mentor)s does not plan that far ahead. Pick an earlier time."),
    ClosedReason.TIME_OFF: gettext_lazy("%(mentor)s is away then. Pick another time."),
    ClosedReason.TAKEN: TAKEN,
    ClosedReason.CAP_REACHED: gettext_lazy("%(mentor)s takes no more 1-on-1s then. Pick another day."),
}


def open_slots(
    *, mentor: Mentor, enrollment: Enrollment, start: datetime, end: datetime, now: datetime
) -> list[datetime]:
    """Starts in `[start, end)` that `book` accepts from the learner now, in UTC and in order.

    What either has at another organization is not known here; `book` finds out.
    """
    if why_not(mentor=mentor.membership, enrollment=enrollment) is not None:
        return []
    calendar = read_calendar(mentor=mentor.membership_id, enrollment=enrollment, start=start, end=end)
    return calendar.free(start=start, end=end, now=now) if calendar else []


def book(
    *,
    mentor: Mentor,
    enrollment: Enrollment,
    start: datetime,
    by: Membership,
    now: datetime,
    agenda: str = "",
    series: Series | None = None,
    series_day: date | None = None,
) -> OneOnOne:
    """Book the learner's 1-on-1 with their mentor; `by` is one of the two, or staff on behalf. Both get a mail.

    With a `series` it stands for the date `series_day` of that.
    Raises SlotTaken, or MentoringError: `not_yours`, `no_mentor`, `not_active`, `on_leave`, `own_mentor`, `break`, or a
    ClosedReason (`outside`, `too_soon`, `too_far`, `time_off`, `cap_reached`).
    """
    with transaction.atomic():
        lock_people(mentor.membership.user, enrollment.learner.user)
        enrollment = _locked_enrollment(enrollment)
        _check_side(by, mentor.membership_id, enrollment)
        mentor = _check_open(enrollment, mentor=mentor, start=start, now=now).mentor
        one_on_one = OneOnOne(
            mentor=mentor,
            enrollment=enrollment,
            mentor_person=mentor.membership.user,
            learner_person=enrollment.learner.user,
            during=_during(start, mentor),
            buffer_before=mentor.buffer_before,
            buffer_after=mentor.buffer_after,
            agenda=agenda.strip(),
            booked_by=by,
            scheduled_at=now,
            series=series,
            series_day=series_day,
        )
        _save(one_on_one)
        mails.tell_booked(one_on_one, now=now)
        announce_one_on_one(BOOKED, one_on_one, now=now)
    return one_on_one


def move(*, one_on_one: OneOnOne, start: datetime, by: Membership, now: datetime, sequence: int) -> OneOnOne:
    """Give a booked 1-on-1 another time; `sequence` is that of the time which the person saw.

    Raises as `book` does, and MentoringError `over` (begun, settled or cancelled) or `changed` (moved meanwhile).
    """
    with transaction.atomic():
        lock_people(one_on_one.mentor_person, one_on_one.learner_person)
        locked = _locked(one_on_one)
        _check_side(by, locked.mentor.membership_id, locked.enrollment)
        _check_ahead(locked, now)
        if locked.sequence != sequence:
            raise MentoringError(
                "changed", _("This 1-on-1 was moved meanwhile. Look at its new time and choose again.")
            )
        calendar = _check_open(
            _locked_enrollment(locked.enrollment), mentor=locked.mentor, start=start, now=now, without=locked
        )
        before = locked.starts_at
        _give_time(locked, calendar.mentor, start=start, now=now)
        mails.tell_moved(locked, before=before, now=now)
        announce_one_on_one(MOVED, locked, now=now)
    return locked


def hand_over(*, one_on_one: OneOnOne, to: Mentor, start: datetime, by: Membership, now: datetime) -> OneOnOne:
    """Give a booked 1-on-1 another mentor, who is the learner's own by then or stands in; all three get a mail.

    It stays the same row, with its agenda. `by` is its mentor of before, the one who takes it over, or staff.
    Raises as `book` does, and MentoringError `over`.
    """
    with transaction.atomic():
        lock_people(one_on_one.mentor_person, one_on_one.learner_person, to.membership.user)
        locked = _locked(one_on_one)
        if by.pk not in (locked.mentor.membership_id, to.membership_id) and not by.is_staff:
            raise MentoringError("not_yours", _("Only its mentor and program staff hand a 1-on-1 to somebody else."))
        _check_ahead(locked, now)
        calendar = _check_open(_locked_enrollment(locked.enrollment), mentor=to, start=start, now=now, without=locked)
        before = locked.mentor
        locked.mentor, locked.mentor_person = calendar.mentor, to.membership.user
        _give_time(locked, calendar.mentor, start=start, now=now)
        mails.tell_handed_over(locked, before=before.membership, now=now)
        announce_one_on_one(MOVED, locked, now=now)
    return locked


def cancel(*, one_on_one: OneOnOne, reason: str, by: Membership, now: datetime) -> OneOnOne:
    """Cancel a 1-on-1 that has not begun; its time is free again. Both get a mail with the reason.

    Raises MentoringError `not_yours`, `reason_missing` or `over`.
    """
    if not reason.strip():
        raise MentoringError("reason_missing", _("Write a reason, so that the other knows why."))
    with transaction.atomic():
        locked = _locked(one_on_one)
        _check_side(by, locked.mentor.membership_id, locked.enrollment)
        _check_ahead(locked, now)
        locked.status, locked.cancel_reason = Status.CANCELLED, reason.strip()
        locked.settled_at, locked.settled_by = now, by
        # Clients drop a cancelled meeting only when its sequence is higher than the one they know.
        locked.sequence += 1
        locked.save(update_fields=["status", "cancel_reason", "settled_at", "settled_by", "sequence"])
        mails.tell_cancelled(locked, now=now)
        announce_one_on_one(CANCELLED, locked, now=now)
    return locked


def why_not(*, mentor: Membership | None, enrollment: Enrollment, at: datetime | None = None) -> MentoringError | None:
    """What keeps the learner from booking with this mentor, at that instant or whatever the time, or None."""
    if enrollment.status == Enrollment.Status.ON_LEAVE:
        return MentoringError("on_leave", _("No 1-on-1s can be booked during leave. That is possible again on return."))
    if enrollment.status != Enrollment.Status.ACTIVE:
        return MentoringError(
            "not_active",
            _("1-on-1s are for active learners; the status is “%(status)s” now. Ask program staff to change it.")
            % {"status": enrollment.get_status_display()},
        )
    if mentor is None:
        return MentoringError("no_mentor", _("There is no mentor yet. Ask program staff to assign one."))
    is_theirs = enrollment.mentor_id == mentor.pk or stands_in(mentor=mentor, enrollment=enrollment, at=at)
    if not is_theirs or not mentor.is_mentor or mentor.joined_at is None:
        return MentoringError(
            "no_mentor", _("%(name)s is not the mentor now. Ask program staff who is.") % {"name": mentor.name}
        )
    return None


def mentor_for(enrollment: Enrollment, *, stand_in: Membership | None = None) -> Mentor:
    """The learner's mentor, or who stands in, as somebody who offers time. Raises MentoringError `no_mentor`."""
    member = stand_in or enrollment.mentor
    found = Mentor.objects.filter(membership=member).select_related("membership__user").first() if member else None
    if found is None:
        raise why_not(mentor=member, enrollment=enrollment) or _no_times()
    return found


def _locked_enrollment(enrollment: Enrollment) -> Enrollment:
    rows = Enrollment.objects.select_related("learner__user", "mentor__user", "cohort")
    return rows.select_for_update(no_key=True, of=("self",)).get(pk=enrollment.pk)


def _locked(one_on_one: OneOnOne) -> OneOnOne:
    rows = OneOnOne.objects.with_people().select_for_update(no_key=True, of=("self",))
    return rows.get(pk=one_on_one.pk)


def _check_side(by: Membership, mentor_id: object, enrollment: Enrollment) -> None:
    if by.pk not in (mentor_id, enrollment.learner_id) and not by.is_staff:
        raise MentoringError("not_yours", _("This 1-on-1 is between two other people. Ask one of them."))


def _check_ahead(one_on_one: OneOnOne, now: datetime) -> None:
    if one_on_one.status != Status.BOOKED or one_on_one.starts_at <= now:
        raise MentoringError(
            "over",
            _("This 1-on-1 has begun, or was cancelled or settled. Book another one."),
        )


def _check_open(
    enrollment: Enrollment, *, mentor: Mentor, start: datetime, now: datetime, without: OneOnOne | None = None
) -> Calendar:
    """The calendar around `start`, when a meeting may start then."""
    if error := why_not(mentor=mentor.membership, enrollment=enrollment, at=start):
        raise error
    # Before any arithmetic: a link from elsewhere may hold a time centuries away.
    if start <= now:
        raise _closed(ClosedReason.TOO_SOON, mentor)
    if start > horizon(mentor, now=now):
        raise _closed(ClosedReason.TOO_FAR, mentor)
    if _is_taken(enrollment, mentor, start, without):
        raise _closed(ClosedReason.TAKEN, mentor)
    calendar = read_calendar(
        mentor=mentor.membership_id,
        enrollment=enrollment,
        start=start,
        end=start + timedelta(minutes=1),
        without=without,
    )
    if calendar is None:
        raise _no_times()
    if calendar.is_in_break(at=start):
        raise MentoringError("break", _("There is no program on that day. Pick another time."))
    for reason in calendar.why_closed(at=start, now=now):
        raise _closed(reason, mentor)
    return calendar


def _is_taken(enrollment: Enrollment, mentor: Mentor, start: datetime, without: OneOnOne | None) -> bool:
    """Whether one of the two meets somebody at that very instant. The calendar would tell too, and much else.

    Asked first, so that those who come second hold the locks of the two for a moment only, however many they are.
    """
    people = [mentor.membership.user_id, enrollment.learner.user_id]
    theirs = Q(mentor_person__in=people) | Q(learner_person__in=people)
    found = OneOnOne.objects.standing().filter(theirs, during__contains=start)
    return found.exclude(pk=without.pk).exists() if without else found.exists()


def _no_times() -> MentoringError:
    return MentoringError("no_mentor", _("The mentor offers no times yet. Ask them when they will."))


def _closed(reason: ClosedReason, mentor: Mentor) -> MentoringError:
    family = SlotTaken if reason == ClosedReason.TAKEN else MentoringError
    return family(reason.value, str(CLOSED[reason]) % {"mentor": mentor.membership.name})


def _during(start: datetime, mentor: Mentor) -> DateTimeTZRange:
    return DateTimeTZRange(start, start + timedelta(minutes=mentor.duration))


def _give_time(one_on_one: OneOnOne, mentor: Mentor, *, start: datetime, now: datetime) -> None:
    one_on_one.during = _during(start, mentor)
    one_on_one.sequence += 1
    one_on_one.scheduled_at = now
    one_on_one.buffer_before, one_on_one.buffer_after = mentor.buffer_before, mentor.buffer_after
    _save(one_on_one)


def _save(one_on_one: OneOnOne) -> None:
    """Save, and tell what the database refused; the error's own words name keys and stay here."""
    try:
        with transaction.atomic():
            one_on_one.save()
    except IntegrityError as error:
        raise _told(error) from None


def _told(error: IntegrityError) -> Exception:
    constraint = getattr(getattr(error.__cause__, "diag", None), "constraint_name", "")
    if constraint == "nobody_meets_two_at_once":
        return SlotTaken("taken", TAKEN)
    if constraint == "nobody_mentors_themselves":
        return MentoringError("own_mentor", _("Nobody has a 1-on-1 with themselves. Ask program staff for a mentor."))
    return error
