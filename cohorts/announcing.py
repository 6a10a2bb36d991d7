"""Changes of enrollments, as webhooks hear of them, and who is new, as the chats of a cohort do."""

from collections.abc import Iterator, Sequence
from datetime import datetime, time, timedelta
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from cohorts.models import Enrollment, EnrollmentEvent
from cohorts.moves import Status
from notifications.chat_news import ChatNews, Item, Post, register_news, tell_chats
from notifications.endpoints import Delivery
from notifications.event_types import Event, EventType, announce, register_event_type

#: Who begins on a day to come is news at this time on the cohort's clock.
MORNING = time(9)
#: Who began longer ago than this is no news.
NEW_FOR = timedelta(days=7)
JOINED = "learner_joined"
BEFORE_ACTIVE = frozenset({"", Status.APPLIED.value, Status.WAITING.value, Status.ENROLLED.value})

STATUS_CHANGED = register_event_type(
    EventType(
        name="enrollment.status_changed",
        title=gettext_lazy("The status of an enrollment changed, or will on a day"),
        example={
            "enrollment": "01a209d3-5b1c-7c3e-8f00-2a51c1b0a111",
            "cohort": "01a209d3-1f00-7d11-9a4e-77d0c1b0a222",
            "learner": "01a209d2-0c44-7aa0-b3c2-90f4c1b0a333",
            "external_id": "2607-008",
            "from": "enrolled",
            "to": "active",
            "effective_on": "2026-11-30",
        },
    )
)


def announce_statuses(
    enrollments: Sequence[Enrollment], events: Sequence[EnrollmentEvent], *, at: datetime | None = None
) -> None:
    """Tell of events that were just recorded in the histories of these enrollments. Two queries without listeners."""
    at = at or timezone.now()
    by_id = {enrollment.pk: enrollment for enrollment in enrollments}
    announce(
        Event(
            name=STATUS_CHANGED.name,
            key=str(event.pk),
            at=at,
            data={
                "enrollment": event.enrollment_id,
                "cohort": by_id[event.enrollment_id].cohort_id,
                "learner": by_id[event.enrollment_id].learner_id,
                "external_id": by_id[event.enrollment_id].external_id,
                "from": event.from_status,
                "to": event.to_status,
                "effective_on": event.effective_on,
            },
        )
        for event in events
    )
    tell_chats(_joined(by_id, events, at))


def _joined(by_id: dict[UUID, Enrollment], events: Sequence[EnrollmentEvent], at: datetime) -> Iterator[Item]:
    for event in events:
        is_first = event.to_status == Status.ACTIVE and event.from_status in BEFORE_ACTIVE
        if not is_first or event.effective_on < at.date() - NEW_FOR:
            continue
        cohort = by_id[event.enrollment_id].cohort
        morning = datetime.combine(event.effective_on, MORNING, cohort.zone)
        yield Item(
            name=JOINED,
            group_id=cohort.pk,
            key=str(event.enrollment_id),
            at=at,
            due_at=max(at, morning),
            expires_at=max(at, morning) + NEW_FOR,
            subject_id=event.enrollment_id,
        )


def _joined_untrue(delivery: Delivery, now: datetime) -> str:
    active = Enrollment.objects.filter(pk=str(delivery.subject_id), status=Status.ACTIVE)
    return "" if active.exists() else _("The learner is not active anymore.")


def _joined_post(deliveries: Sequence[Delivery]) -> Post:
    found = Enrollment.objects.filter(pk__in=[one.subject_id for one in deliveries]).select_related("learner")
    names = sorted((one.learner.name for one in found), key=str.casefold)
    title = ngettext("%(count)s new learner in the cohort", "%(count)s new learners in the cohort", len(names))
    return Post(title=title % {"count": len(names)}, lines=names)


register_news(
    ChatNews(
        name=JOINED,
        title=gettext_lazy("New learners"),
        explanation=gettext_lazy("When learners begin: their names."),
        reason_untrue=_joined_untrue,
        compose=_joined_post,
    )
)
