"""What staff of the demonstration wrote to a cohort: a message that went, one that is planned and one they work on."""

from datetime import datetime, timedelta
from typing import Any

from accounts.models import Membership
from cohorts.models import Cohort, Enrollment, StaffMessage
from cohorts.staff_messages import plan, send, write
from notifications.models import Message
from notifications.notices import headlines_of, notice_of
from notifications.records import Notice

ACTIVE = ("enrolled", "active", "on_leave")
WENT = (
    "Guest lecture on evaluation",
    "Dear {{ first_name }},\n\nOn Thursday at 15:00 we have a **guest lecture** on how to evaluate language models:\n\n"
    "* how to make a test set that is worth something;\n* what a leaderboard does not tell.\n\n"
    "Ask {{ mentor | your mentor }} which of your results to bring.",
)
COMES = (
    "The building is closed on Friday",
    "Dear {{ first_name }},\n\nThe building is closed on Friday, so that the lesson of {{ cohort }} is online. "
    "You get the link that morning.",
)
DRAFT = (
    "Before the break",
    "Dear {{ first_name }},\n\nYour next milestone is {{ next_milestone }}, on {{ milestone_date }}.",
)


def leave_messages(*, by: Membership, now: datetime) -> None:
    """To the cohort that began last."""
    active = Enrollment.objects.filter(status=Enrollment.Status.ACTIVE).select_related("cohort")
    one = active.order_by("-cohort__starts_on", "cohort", "pk").first()
    if one is not None:
        _write(one.cohort, by=by, now=now)


def _write(cohort: Cohort, *, by: Membership, now: datetime) -> None:
    options: dict[str, Any] = {
        "audience": StaffMessage.Audience.COHORTS,
        "cohorts": [cohort],
        "statuses": ACTIVE,
        "by": by,
    }
    went_at = now - timedelta(days=4)
    went = write(subject=WENT[0], text=WENT[1], now=went_at - timedelta(hours=1), **options)
    _deliver(send(message=went, by=by, now=went_at), at=went_at + timedelta(minutes=1))
    comes = write(subject=COMES[0], text=COMES[1], is_mandatory=True, now=now - timedelta(days=1), **options)
    plan(message=comes, send_at=now + timedelta(days=2), by=by, now=now - timedelta(hours=20))
    write(subject=DRAFT[0], text=DRAFT[1], now=now - timedelta(hours=2), **options)


def _deliver(message: StaffMessage, *, at: datetime) -> None:
    """As the mail host took it: all but two, one for want of a mailbox and one for want of interest."""
    mails = list(Message.objects.filter(subject_id=message.pk).select_related("recipient").order_by("recipient__email"))
    notices = [notice_of(mail, headlines_of(mail, message.organization), at=at) for mail in mails]
    for place, notice in enumerate(notices):
        notice.read_at = at + timedelta(hours=place) if place % 3 else None
    Notice.objects.bulk_create(notices)
    fates = {
        -1: {"state": "dead", "cause": "refused", "reason": "552 5.2.2 Mailbox full"},
        -2: {"state": "skipped", "cause": "unwanted", "reason": "The person switched these mails off."},
    }
    Message.objects.filter(pk__in=[mail.pk for mail in mails]).update(state="sent", settled_at=at, attempts=1)
    for place, fate in fates.items():
        if len(mails) > 2:
            Message.objects.filter(pk=mails[place].pk).update(**fate)
