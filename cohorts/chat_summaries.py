"""What the chats of a cohort hear by the clock: milestones that come near, and the stand-ups of the day."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from cohorts.models import Cohort, Enrollment, Milestone, StandUpSwitch, WrittenStandUp
from cohorts.reminders import FIRST, OVERDUE, timing_of
from cohorts.stand_ups import is_switched_on, is_working_day
from notifications.chat_news import ChatNews, Item, Post, groups_that_hear, register_news, tell_chats
from notifications.endpoints import Delivery
from notifications.kinds import register_queue
from notifications.rules import offsets

#: The stand-ups of a day are counted at this time on the cohort's clock.
AFTERNOON = time(17)
AHEAD, STAND_UPS = "milestones_ahead", "stand_up_summary"


# -- milestones --------------------------------------------------------------------------------------------------------


def queue_milestones_ahead(now: datetime) -> int:
    """Tell the chats of running cohorts of a milestone when its learners are reminded of it; return how many."""
    groups = groups_that_hear(AHEAD)
    if not groups:
        return 0
    amounts = offsets()
    window = timedelta(days=amounts.most(FIRST.name) + 2)
    rows = Milestone.objects.filter(
        cohort__in=groups, cohort__status=Cohort.Status.RUNNING, enrollment=None,
        due_on__range=(now.date() - window, now.date() + window),
    ).select_related("cohort")  # fmt: skip
    return tell_chats(
        Item(
            name=AHEAD,
            group_id=row.cohort_id,
            key=f"{row.pk}:{row.due_on}:{rule.key_part}",
            at=due_at,
            expires_at=expires_at,
            subject_id=row.pk,
            payload={"due_on": row.due_on.isoformat()},
        )
        for row in rows
        for rule, due_at, expires_at in timing_of(amounts.of(row.cohort_id)).moments(row.due_on, row.cohort.zone)
        if rule is not OVERDUE and due_at <= now < expires_at
    )


def _milestone_untrue(delivery: Delivery, now: datetime) -> str:
    row = Milestone.objects.filter(pk=str(delivery.subject_id), cohort__status=Cohort.Status.RUNNING).first()
    if row is None:
        return _("The milestone is not there anymore.")
    return "" if row.due_on.isoformat() == delivery.payload["due_on"] else _("The milestone moved to another day.")


def _milestones_post(deliveries: Sequence[Delivery]) -> Post:
    rows = Milestone.objects.filter(pk__in=[one.subject_id for one in deliveries]).order_by("due_on", "position")
    lines = [_("%(day)s: %(title)s") % {"day": _day(row.due_on), "title": row.words} for row in rows]
    return Post(title=_("Milestones ahead"), lines=lines)


# -- stand-ups ---------------------------------------------------------------------------------------------------------


def queue_stand_up_summaries(now: datetime) -> int:
    """Tell the chats of cohorts that write stand-ups how many there were, in the afternoon; return how many are new."""
    groups = groups_that_hear(STAND_UPS)
    if not groups:
        return 0
    writing = StandUpSwitch.objects.filter(is_on=True).values("cohort")
    cohorts = Cohort.objects.filter(pk__in=groups, status=Cohort.Status.RUNNING).filter(pk__in=writing)
    items = []
    for cohort in cohorts:
        local = now.astimezone(cohort.zone)
        due_at = datetime.combine(local.date(), AFTERNOON, local.tzinfo)
        if local >= due_at and _is_expected(cohort, local.date()):
            items.append(
                Item(
                    name=STAND_UPS,
                    group_id=cohort.pk,
                    key=f"{cohort.pk}:{local.date()}",
                    at=due_at,
                    expires_at=datetime.combine(local.date() + timedelta(days=1), time(), local.tzinfo),
                    subject_id=cohort.pk,
                    payload={"day": local.date().isoformat()},
                )
            )
    return tell_chats(items)


def _is_expected(cohort: Cohort, day: date) -> bool:
    return is_switched_on(cohort, on=day) and is_working_day(cohort, day)


def _stand_ups_untrue(delivery: Delivery, now: datetime) -> str:
    cohort = Cohort.objects.filter(pk=str(delivery.subject_id), status=Cohort.Status.RUNNING).first()
    if cohort is None or not _is_expected(cohort, date.fromisoformat(delivery.payload["day"])):
        return _("The cohort does not write stand-ups anymore.")
    return ""


def _stand_ups_post(deliveries: Sequence[Delivery]) -> Post:
    """How many wrote and how many wait for something; who and what stays inside Gilde."""
    last = max(deliveries, key=lambda one: str(one.payload["day"]))
    day = date.fromisoformat(last.payload["day"])
    active = Enrollment.objects.filter(cohort__pk=str(last.subject_id), status=Enrollment.Status.ACTIVE)
    written = WrittenStandUp.objects.filter(enrollment__in=active, day=day)
    words = {"count": active.count(), "wrote": written.count()}
    lines = [
        ngettext("%(wrote)s of %(count)s learner wrote.", "%(wrote)s of %(count)s learners wrote.", words["count"])
    ]
    if blocked := written.exclude(blocked_by="").count():
        lines.append(ngettext("%(blocked)s waits for something.", "%(blocked)s wait for something.", blocked))
    return Post(
        title=_("Stand-ups of %(day)s") % {"day": _day(day)},
        lines=[line % {**words, "blocked": blocked} for line in lines],
    )


def _day(day: date) -> str:
    return date_format(day, "l j F", use_l10n=False)


register_news(
    ChatNews(
        name=AHEAD,
        title=gettext_lazy("Milestones ahead"),
        explanation=gettext_lazy("When learners are reminded of a milestone of the cohort: what is due, and when."),
        reason_untrue=_milestone_untrue,
        compose=_milestones_post,
    )
)
register_news(
    ChatNews(
        name=STAND_UPS,
        title=gettext_lazy("Stand-ups of the day"),
        explanation=gettext_lazy(
            "At 17:00 of a working day: how many wrote, and how many wait for something. No names."
        ),
        reason_untrue=_stand_ups_untrue,
        compose=_stand_ups_post,
    )
)
register_queue(queue_milestones_ahead)
register_queue(queue_stand_up_summaries)
