"""Of what a learner has anything at all, in one small query: their first page asks further about that alone.

Each module says itself what there is; here it is only counted whether there is any.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, QuerySet, Subquery
from django.db.models.functions import Coalesce

from assessments.models import Certificate
from assessments.peer_shown import asked_of
from assessments.presentations_shown import coming_of
from cohorts.check_in import planned_on
from cohorts.models import Enrollment, EnrollmentMove, GroupEvent, LearnerNote, WrittenStandUp
from cohorts.offering import held_for
from cohorts.pairs import seats_on
from cohorts.progress import monday_of
from cohorts.stand_ups import own_day, switches_until
from cohorts.studied import said_of
from cohorts.together import Known
from mentoring.proposals import pending_of
from mentoring.records import ActionItem
from organizations.asking import asked
from organizations.models import Organization
from organizations.prepared import Prepared
from outcomes.surveys.records import Participation

COMPANIONS_SHOWN = 8


@dataclass(frozen=True, slots=True)
class AtHand:
    """Whether there may be any of each: of certificates it is not asked whether they hold.

    `companions` are the names of others who take part in the same cohort; `hours` those logged for this week, None
    where nothing was said.
    """

    peer_tasks: bool
    presentation: bool
    offers: bool
    certificates: bool
    surveys: bool
    actions: bool
    proposal: bool
    notes: bool
    moves: bool
    companions: list[str]
    together: Known
    hours: float | None


def at_hand(enrollment: Enrollment, *, on: date, at: datetime) -> AtHand:
    """One query. The enrollment comes with its cohort and the learner's user."""
    today = enrollment.cohort.today(at)
    [told] = _AT_HAND.rows(
        learner=enrollment.learner_id, enrollment=enrollment.pk, cohort=enrollment.cohort_id, at=at, today=today,
        weekdays=[today.weekday()], own_day=own_day(enrollment, at), monday=monday_of(on),
    )  # fmt: skip
    known = Known(**{name: told.pop(name) for name in ("group", "pairs", "gatherings", "writes", "wrote")})
    hours = told.pop("hours")
    return AtHand(**told, together=known, hours=None if hours is None else float(hours))


def _asked(
    learner: Any, enrollment: Any, cohort: Any, at: Any, today: Any, weekdays: Any, own_day: Any, monday: Any
) -> "QuerySet[Organization, Any]":
    """First what concerns the learner in any of their cohorts, then what concerns the one they work in."""
    switches = switches_until(own_day).filter(cohort=cohort)
    others = Enrollment.objects.enrolled_now().filter(cohort=cohort).exclude(pk=enrollment).order_by("learner__name")
    return asked(
        peer_tasks=Exists(asked_of(learner)),
        presentation=Exists(coming_of(learner, at=at)),
        offers=Exists(held_for(learner, at=at)),
        certificates=Exists(Certificate.objects.of_learner(learner)),
        surveys=Exists(Participation.objects.waiting_for(learner)),
        actions=Exists(ActionItem.objects.filter(enrollment=enrollment).open()),
        proposal=Exists(pending_of(enrollment, at=at)),
        notes=Exists(LearnerNote.objects.filter(enrollment=enrollment, audience=LearnerNote.Audience.LEARNER)),
        companions=ArraySubquery(others.values("learner__name")[:COMPANIONS_SHOWN]),
        moves=Exists(EnrollmentMove.objects.filter(enrollment=enrollment)),
        group=Exists(GroupEvent.objects.filter(enrollment=enrollment)),
        pairs=Exists(seats_on(today).filter(enrollment=enrollment)),
        gatherings=Exists(planned_on(cohort, day=today, weekdays=weekdays)),
        writes=Coalesce(Subquery(switches.values("is_on")[:1]), False),
        wrote=Exists(WrittenStandUp.objects.filter(enrollment=enrollment, day=own_day)),
        hours=Subquery(said_of(enrollment, monday=monday).values("hours")[:1]),
    )


_AT_HAND = Prepared(_asked)
