"""Letting a reason rest: with a note, until a day on which it comes back by itself."""

from datetime import date, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Membership
from cohorts.errors import CohortError
from cohorts.flags import refresh_flags
from cohorts.models import Enrollment, Flag, Snooze

MOST_DAYS = 180
NOTE_LENGTH = 500


def snooze(*, enrollment: Enrollment, key: str, until_on: date, note: str, by: Membership, on: date) -> Snooze:
    """Let a reason of the learner rest from the day `on` until the day `until_on`, on which it counts again.

    It ends before when the reason is about something else. A later snooze takes the place of one that runs.
    Raises CohortError `nothing_to_snooze`, `note_missing`, `note_too_long`, `snooze_over` or `snooze_too_long`.
    """
    note = note.strip()
    if not note:
        raise CohortError("note_missing", _("Write why it can rest. Whoever sees it snoozed reads your note."))
    if len(note) > NOTE_LENGTH:
        raise CohortError("note_too_long", _("Keep the note under 500 characters."))
    if until_on <= on:
        raise CohortError("snooze_over", _("Choose a later day than today: on that day it comes back."))
    if until_on > on + timedelta(days=MOST_DAYS):
        raise CohortError("snooze_too_long", _("Choose a day within half a year: it should come back to somebody."))
    with transaction.atomic():
        flag = _locked(enrollment, key, on)
        row = Snooze.objects.create(
            enrollment=enrollment, key=key, about=flag.about, until_on=until_on, note=note, effective_on=on,
            recorded_by=by,
        )  # fmt: skip
        flag.snooze = row
        flag.save(update_fields=["snooze"])
    return row


def end_snooze(*, enrollment: Enrollment, key: str, by: Membership, on: date) -> Snooze | None:
    """Let the reason count again at once; None when nobody snoozed it.

    Raises CohortError `nothing_to_snooze` when the reason does not hold any more.
    """
    with transaction.atomic():
        flag = _locked(enrollment, key, on)
        if flag.snooze is None or not flag.snooze.rests(flag.about, on=on):
            return None
        row = Snooze.objects.create(
            enrollment=enrollment, key=key, about=flag.about, until_on=None, effective_on=on, recorded_by=by
        )
        flag.snooze = None
        flag.save(update_fields=["snooze"])
    return row


def _locked(enrollment: Enrollment, key: str, on: date) -> Flag:
    """The flag as it is now, worked out again; the learner is held from here on."""
    refresh_flags(enrollments=[enrollment.pk], on=on)
    flag = Flag.objects.select_related("snooze").filter(enrollment=enrollment, key=key).first()
    if flag is None:
        raise CohortError("nothing_to_snooze", _("This does not hold any more, so there is nothing to snooze."))
    return flag
