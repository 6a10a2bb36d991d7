"""Action items: what mentor and learner agreed to do. Open ones come back until they are done."""

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import Membership
from cohorts.models import Enrollment
from mentoring.errors import MentoringError
from mentoring.models import OneOnOne
from mentoring.records import ActionItem, ActionItemQuerySet
from organizations.prepared import Prepared

MOST_OPEN = 50


def add_action(
    *, one_on_one: OneOnOne, text: str, doer: str, due_on: date | None, by: Membership, now: datetime, today: date
) -> ActionItem:
    """Agree on something to do; adding the same again while it is open adds nothing.

    Raises MentoringError `not_yours`, `text_missing`, `unknown_doer`, `date_over`, `cancelled` or `too_many`.
    """
    text = " ".join(text.split())
    if not text:
        raise MentoringError("text_missing", _("Write what is to be done."))
    if doer not in ActionItem.Doer.values:
        raise MentoringError("unknown_doer", _("Choose who does it."))
    if due_on is not None and due_on < today:
        raise MentoringError("date_over", _("That date is over. Choose today or a later date."))
    with transaction.atomic():
        locked = OneOnOne.objects.with_people().select_for_update(no_key=True, of=("self",)).get(pk=one_on_one.pk)
        if not locked.side_of(by):
            raise MentoringError("not_yours", _("Only the mentor and the learner agree on what to do."))
        if locked.status == OneOnOne.Status.CANCELLED:
            raise MentoringError("cancelled", _("This 1-on-1 was cancelled. Add it to the next one."))
        own = ActionItem.objects.filter(enrollment=locked.enrollment_id).open()
        if same := own.filter(one_on_one=locked, text=text, doer=doer, due_on=due_on).first():
            return same
        if own.count() >= MOST_OPEN:
            raise MentoringError("too_many", _("50 things are open already. Finish one before you add another."))
        return ActionItem.objects.create(
            enrollment_id=locked.enrollment_id, one_on_one=locked, text=text, doer=doer, due_on=due_on,
            added_by=by, added_at=now,
        )  # fmt: skip


def tick_action(*, item: ActionItem, done: bool, by: Membership, now: datetime) -> ActionItem:
    """Record that it is done, or that it is not after all. Saying the same again changes nothing.

    Raises MentoringError `not_yours` unless `by` is the learner or a mentor of theirs.
    """
    with transaction.atomic():
        locked = ActionItem.objects.select_for_update(no_key=True).get(pk=item.pk)
        if not own_actions(by).filter(pk=locked.pk).exists():
            raise MentoringError("not_yours", _("The mentor and the learner tick this off. Ask one of them."))
        if (locked.done_at is not None) == done:
            return locked
        locked.done_at, locked.done_by = (now, by) if done else (None, None)
        locked.save(update_fields=["done_at", "done_by"])
    return locked


def own_actions(member: Membership) -> ActionItemQuerySet:
    """Those of which the member is the learner, or the mentor now or at that 1-on-1."""
    return ActionItem.objects.filter(
        Q(enrollment__learner=member) | Q(one_on_one__mentor__membership=member) | Q(enrollment__mentor=member)
    )


def actions_at(one_on_one: OneOnOne) -> Sequence[ActionItem]:
    """What was agreed in that 1-on-1, and what is still open from before it; the open ones first."""
    before = Q(done_at=None, one_on_one__during__startswith__lt=one_on_one.starts_at)
    rows = ActionItem.objects.filter(Q(one_on_one=one_on_one) | before, enrollment=one_on_one.enrollment_id)
    found = list(rows.with_people().select_related("one_on_one").order_by("added_at", "id"))
    return sorted(found, key=lambda item: (item.done_at is not None, item.due_on or date.max))


def open_actions(enrollment: Enrollment) -> Sequence[ActionItem]:
    """Everything that is not done, earliest first."""
    return _OPEN.rows(enrollment=enrollment.pk)


_OPEN = Prepared(lambda enrollment: ActionItem.objects.filter(enrollment=enrollment).open())
