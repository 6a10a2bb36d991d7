"""A pair that meets regularly: started from a plan that a person confirmed, continued every night, stopped from a date.

Each date becomes an ordinary 1-on-1 as soon as the mentor's horizon reaches it, so that it can be moved, cancelled and
settled like any other. What cannot be booked is told, with the nearest free time; nobody is moved unasked.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import Membership
from cohorts.engagements import lock_people
from cohorts.models import Enrollment
from mentoring import series_mails
from mentoring.booking import book, cancel, why_not
from mentoring.calendars import horizon, read_calendar
from mentoring.errors import MentoringError, SlotTaken
from mentoring.models import Mentor, OneOnOne
from mentoring.recurrence import REACH, Fate, Occurrence, Rhythm, occurrences
from mentoring.series_records import Series
from mentoring.wording import short_time


def plan_series(
    *, mentor: Mentor, enrollment: Enrollment, rhythm: str, first: datetime, now: datetime
) -> list[Occurrence]:
    """What a series would do that begins at `first`, up to the mentor's horizon. Three queries.

    Raises MentoringError as `booking.why_not` says, `no_mentor`, `unknown_rhythm` or `not_offered`.
    """
    if error := why_not(mentor=mentor.membership, enrollment=enrollment):
        raise error
    if rhythm not in Rhythm.values:
        raise MentoringError("unknown_rhythm", _("Choose how often you meet."))
    # Before any arithmetic: a form from elsewhere may hold a time centuries away.
    if not now < first <= horizon(mentor, now=now):
        raise MentoringError("not_offered", _("Pick one of the times shown."))
    day, minute = clock_of(mentor, first)
    return _read(mentor, enrollment, rhythm=rhythm, first_day=day, minute=minute, now=now)


def start_series(
    *,
    mentor: Mentor,
    enrollment: Enrollment,
    rhythm: str,
    first: datetime,
    choices: Mapping[date, datetime | None],
    by: Membership,
    now: datetime,
) -> Series:
    """Start a series and book its dates: each at the time chosen for it, None skips it; all of them or nothing.

    A date without a choice is booked when it is open. `by` is one of the two, or staff.
    Raises as `plan_series` and `booking.book` do, the latter naming the date, and MentoringError `series_running`,
    `too_far_off` (a time that belongs to another date) or `no_dates`.
    """
    with transaction.atomic():
        lock_people(mentor.membership.user, enrollment.learner.user)
        if by.pk not in (mentor.membership_id, enrollment.learner_id) and not by.is_staff:
            raise MentoringError("not_yours", _("This 1-on-1 is between two other people. Ask one of them."))
        plan = plan_series(mentor=mentor, enrollment=enrollment, rhythm=rhythm, first=first, now=now)
        wanted = {one.day: choices.get(one.day, one.start if one.is_open else None) for one in plan}
        if not any(wanted.values()):
            raise MentoringError("no_dates", _("Pick at least one date, or another day and time to begin with."))
        day, minute = clock_of(mentor, first)
        series = _create(
            Series(
                mentor=mentor,
                enrollment=enrollment,
                rhythm=rhythm,
                first_day=day,
                minute=minute,
                planned_through=max(wanted),
                started_by=by,
                started_at=now,
            )
        )
        for occurrence in plan:
            if start := wanted[occurrence.day]:
                _check_near(occurrence, start, rhythm)
                _book_one(series, occurrence.day, start, by=by, now=now)
    return series


def continue_series(*, series: Series, now: datetime) -> list[Occurrence]:
    """Book the dates that the horizon has reached since the last time; what cannot be booked is mailed and returned.

    During leave nothing happens; a series whose learner or mentor no longer meets ends, and both are told. May run
    twice: a date is planned once.
    """
    with transaction.atomic():
        people = series.mentor.membership.user, series.enrollment.learner.user
        lock_people(*people)
        locked = Series.objects.with_people().select_for_update(no_key=True, of=("self",)).get(pk=series.pk)
        if locked.stopped_from is not None:
            return []
        error = why_not(mentor=locked.mentor.membership, enrollment=locked.enrollment)
        if error is not None and error.code != "on_leave":
            _end(locked, clock_of(locked.mentor, now)[0])
            series_mails.tell_ended(locked, now=now)
        if error is not None:
            return []
        coming = _read(
            locked.mentor,
            locked.enrollment,
            rhythm=locked.rhythm,
            first_day=locked.first_day,
            minute=locked.minute,
            now=now,
            after=locked.planned_through,
        )
        missed = [one for one in coming if not _is_booked(locked, one, now=now)]
        # Nobody needs to hear of dates that went by during a leave.
        told = [one for one in missed if one.fate != Fate.TOO_SOON]
        if told:
            series_mails.tell_missed(locked, told, now=now)
        if coming:
            locked.planned_through = coming[-1].day
            locked.save(update_fields=["planned_through"])
    return told


def stop_series(*, series: Series, from_day: date, reason: str, by: Membership, now: datetime) -> int:
    """Plan no more from that day of the series on, and cancel what is booked for it; returns how many were cancelled.

    `from_day` is on the mentor's clock. Stopping earlier than before is allowed.
    Raises MentoringError `not_yours`, `reason_missing` or `date_over`.
    """
    pair = (series.mentor.membership_id, series.enrollment.learner_id)
    if by.pk not in pair and not by.is_staff:
        raise MentoringError("not_yours", _("This 1-on-1 is between two other people. Ask one of them."))
    if from_day < clock_of(series.mentor, now)[0]:
        raise MentoringError("date_over", _("That date is over. Choose today or a later date."))
    with transaction.atomic():
        lock_people(series.mentor.membership.user, series.enrollment.learner.user)
        locked = Series.objects.with_people().select_for_update(no_key=True, of=("self",)).get(pk=series.pk)
        _end(locked, from_day)
        booked = OneOnOne.objects.upcoming(at=now).filter(
            series=locked, series_day__gte=from_day, during__startswith__gt=now
        )
        found = list(booked.with_people())
        for one_on_one in found:
            cancel(one_on_one=one_on_one, reason=reason, by=by, now=now)
    return len(found)


def hand_over_series(*, enrollment: Enrollment, to: Mentor, now: datetime) -> None:
    """Let the learner's running series go on with another mentor, at the same hour of the learner's day."""
    series = Series.objects.running().with_people().filter(enrollment=enrollment).first()
    if series is None or series.mentor_id == to.pk:
        return
    coming = OneOnOne.objects.upcoming(at=now).filter(series=series).first()
    if coming is not None and clock_of(series.mentor, coming.starts_at) != clock_of(to, coming.starts_at):
        # The clocks differ: the next date says which day and minute of the new mentor's clock are meant.
        series.first_day, series.minute = clock_of(to, coming.starts_at)
    series.mentor = to
    series.save(update_fields=["mentor", "first_day", "minute"])


def running_series(enrollment: Enrollment) -> Series | None:
    """The learner's series that nobody stopped, with its people. One query."""
    return Series.objects.running().with_people().filter(enrollment=enrollment).first()


def clock_of(mentor: Mentor, moment: datetime) -> tuple[date, int]:
    """The date and minute of the day that the mentor's clock reads."""
    local = moment.astimezone(mentor.clock_at(moment))
    return local.date(), local.hour * 60 + local.minute


def _read(
    mentor: Mentor,
    enrollment: Enrollment,
    *,
    rhythm: str,
    first_day: date,
    minute: int,
    now: datetime,
    after: date | None = None,
) -> list[Occurrence]:
    calendar = read_calendar(mentor=mentor.membership_id, enrollment=enrollment, start=now)
    if calendar is None:
        raise MentoringError("no_mentor", _("The mentor offers no times yet. Ask them when they will."))
    return occurrences(calendar, rhythm=rhythm, first_day=first_day, minute=minute, now=now, after=after)


def _create(series: Series) -> Series:
    try:
        with transaction.atomic():
            series.save()
    except IntegrityError as error:
        if "one_series_at_a_time" not in str(error):
            raise
        raise MentoringError(
            "series_running", _("These two meet regularly already. Stop that first; then start anew.")
        ) from None
    return series


def _book_one(series: Series, day: date, start: datetime, *, by: Membership, now: datetime) -> None:
    try:
        book(
            mentor=series.mentor,
            enrollment=series.enrollment,
            start=start,
            by=by,
            now=now,
            series=series,
            series_day=day,
        )
    except MentoringError as error:
        family = SlotTaken if isinstance(error, SlotTaken) else MentoringError
        text = _("%(when)s: %(why)s Nothing is booked yet; look at the dates again.")
        raise family(error.code, text % {"when": short_time(start), "why": error}) from None


def _is_booked(series: Series, occurrence: Occurrence, *, now: datetime) -> bool:
    if not occurrence.is_open or occurrence.start is None:
        return False
    by = series.started_by or series.mentor.membership
    try:
        with transaction.atomic():
            _book_one(series, occurrence.day, occurrence.start, by=_side(series, by), now=now)
    except MentoringError:  # what this organization could not see, at another one
        return False
    return True


def _side(series: Series, by: Membership) -> Membership:
    """Who books: whoever started the series, or its mentor when they no longer may."""
    pair = (series.mentor.membership_id, series.enrollment.learner_id)
    return by if by.pk in pair or by.is_staff else series.mentor.membership


def _check_near(occurrence: Occurrence, start: datetime, rhythm: str) -> None:
    reach = REACH[Rhythm(rhythm)] + timedelta(days=1)
    if abs((start.date() - occurrence.day).days) > reach.days:
        raise MentoringError("too_far_off", _("That time belongs to another date. Look at the dates again."))


def _end(series: Series, from_day: date) -> None:
    if series.stopped_from is None or from_day < series.stopped_from:
        series.stopped_from = from_day
        series.save(update_fields=["stopped_from"])
