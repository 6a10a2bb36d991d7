"""One thing for many learners: shown first, done once, undone the same day where that is possible.

Each learner's part is what the pages of one learner do (`cohorts.history`, `cohorts.mentors`); what is not allowed for
somebody is left out and told. The preview does it all and takes it back, so that it cannot be wrong about seats that
run out on the way.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Membership
from cohorts.bulk_words import in_every_language, refusal_of
from cohorts.errors import CohortError
from cohorts.history import record_status
from cohorts.mentors import assign_mentor
from cohorts.models import BulkAction, BulkItem, Cohort, Enrollment, LeavingReason
from design.dates import written_day
from organizations.errors import DomainError

Kind = BulkAction.Kind
Outcome = BulkItem.Outcome
#: Says what was done, in the language in force.
Say = Callable[[], str]
#: Each learner's history is locked, read and written; what takes longer than a person waits is not for one press.
MOST = {Kind.STATUS: 500, Kind.MENTOR: 2000}


@dataclass(frozen=True, kw_only=True)
class Result:
    """What becomes of one learner: `is_done` and what that is in words, or why not."""

    enrollment: Enrollment
    is_done: bool
    told: str


def choose(*, kind: str, enrollments: Sequence[UUID], by: Membership, back: str = "") -> BulkAction:
    """Note for whom something is to be done. Raises CohortError `nobody_chosen` or `too_many`."""
    if not enrollments:
        raise CohortError("nobody_chosen", _("Nobody is chosen. Tick the learners first."))
    most = MOST[Kind(kind)]
    if len(enrollments) > most:
        raise CohortError(
            "too_many",
            _("%(number)s learners are too many for one time. Choose %(most)s at most.")
            % {"number": len(enrollments), "most": most},
        )
    return BulkAction.objects.create(kind=kind, chosen=[str(pk) for pk in enrollments], by=by, back=back)


def people_of(action: BulkAction) -> list[Enrollment]:
    """Those chosen who are still there, by cohort and id, which is the order of every lock."""
    return list(Enrollment.objects.for_page().filter(pk__in=action.chosen).order_by("cohort", "pk"))


def preview(*, action: BulkAction, now: datetime) -> list[Result]:
    """What doing it now would do, by name. Nothing of it stays."""
    with transaction.atomic():
        results = _do(action, now)
        transaction.set_rollback(True)
    return sorted(results, key=lambda one: (one.is_done, one.enrollment.learner.name.casefold()))


def carry_out(*, action: BulkAction, now: datetime) -> BulkAction:
    """Do it for everyone for whom it is allowed, in one transaction; once it is done, nothing more happens."""
    with transaction.atomic():
        locked = BulkAction.objects.select_for_update(no_key=True).get(pk=action.pk)
        if locked.done_at is None:
            _do(locked, now)
            locked.done_at = now
            locked.save(update_fields=["done_at"])
    return locked


def _do(action: BulkAction, now: datetime) -> list[Result]:
    people = people_of(action)
    # Cohorts before learners, as the history locks them.
    cohorts = {enrollment.cohort_id for enrollment in people}
    list(Cohort.objects.filter(pk__in=cohorts).order_by("pk").select_for_update(no_key=True))
    steps: dict[str, Callable[[BulkAction, BulkItem, Any, datetime], Say]] = {
        Kind.STATUS: _status, Kind.MENTOR: _mentor,
    }  # fmt: skip
    step = steps[Kind(action.kind)]
    results, items = [], []
    context = _PREPARED[Kind(action.kind)](action)
    for enrollment in people:
        item = BulkItem(action=action, enrollment=enrollment, outcome=Outcome.DONE)
        attempt = partial(step, action, item, context, now)
        try:
            with transaction.atomic():
                item.words = in_every_language(attempt())
        except DomainError:
            item.outcome, item.words = Outcome.LEFT_OUT, refusal_of(attempt)
        items.append(item)
        results.append(Result(enrollment=enrollment, is_done=item.outcome == Outcome.DONE, told=item.told))
    BulkItem.objects.bulk_create(items, batch_size=1000)
    return results


def _chosen_mentor(action: BulkAction) -> Membership | None:
    pk = action.details.get("mentor")
    return Membership.objects.get(pk=pk) if pk else None


def _chosen_reason(action: BulkAction) -> LeavingReason | None:
    code = action.details.get("reason")
    return LeavingReason.objects.get(code=code) if code else None


_PREPARED: dict[str, Callable[[BulkAction], Any]] = {
    Kind.STATUS: _chosen_reason,
    Kind.MENTOR: _chosen_mentor,
}


def _status(action: BulkAction, item: BulkItem, reason: LeavingReason | None, now: datetime) -> Say:
    said, enrollment = action.details, item.enrollment
    before = Enrollment.Status(enrollment.status)
    returns_on = said.get("returns_on")
    last = _last_sequence(enrollment)
    event = record_status(
        enrollment=enrollment,
        to=said["to"],
        effective_on=date.fromisoformat(said["effective_on"]),
        returns_on=date.fromisoformat(returns_on) if returns_on else None,
        leaving_reason=reason,
        note=said.get("note", ""),
        by=action.by,
        at=now,
    )
    item.first, item.last = last + 1, _last_sequence(enrollment)
    return lambda: (
        _("%(before)s → %(after)s from %(day)s")
        % {
            "before": before.label,
            "after": event.get_to_status_display(),
            "day": written_day(event.effective_on, "j M Y"),
        }
    )


def _mentor(action: BulkAction, item: BulkItem, mentor: Membership | None, now: datetime) -> Say:
    enrollment = item.enrollment
    before = enrollment.mentor
    if (before and before.pk) == (mentor and mentor.pk):
        raise CohortError("same_mentor", _("Has that mentor already."))
    assign_mentor(enrollment=enrollment, mentor=mentor, by=action.by, at=now)
    item.mentor_before, item.mentor_after = before, mentor
    return lambda: (
        _("%(before)s → %(after)s")
        % {
            "before": before.name if before else _("Nobody"),
            "after": mentor.name if mentor else _("Nobody"),
        }
    )


def _last_sequence(enrollment: Enrollment) -> int:
    return int(enrollment.events.aggregate(last=Max("sequence"))["last"] or 0)


def told_of(action: BulkAction) -> str:
    """ "Done for 12 learners, 2 left out." """
    outcomes = list(action.items.values_list("outcome", flat=True))
    done = len(outcomes) - outcomes.count(Outcome.LEFT_OUT)
    said = ngettext("Done for %(number)s learner", "Done for %(number)s learners", done) % {"number": done}
    left = outcomes.count(Outcome.LEFT_OUT)
    return f"{said}, {_('%(number)s left out') % {'number': left}}." if left else f"{said}."
