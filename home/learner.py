"""The learner's first page: where they are, what their work waits for, what comes up, when they meet their mentor."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Membership
from assessments.certificates import own_certificates
from assessments.models import Certificate, Presentation
from assessments.peer_shown import Task, to_write
from assessments.presentations_shown import next_presentation
from assessments.projects import ProjectStanding, projects_of
from cohorts.learner_notes import Note, notes_of
from cohorts.models import Enrollment, ProgressEvent
from cohorts.models import Offer as SeatOffer
from cohorts.offering import open_offers_of
from cohorts.path import Path, path_of
from cohorts.progress import monday_of
from cohorts.studied import Week
from cohorts.together import Together, together_of
from home.at_hand import at_hand
from mentoring.models import OneOnOne
from mentoring.next_up import first_slots
from mentoring.slot_days import Offer
from mentoring.waiting import Waiting, waiting_for
from organizations.prepared import Prepared
from outcomes.collecting import intent
from outcomes.surveys import answering as survey_answering
from outcomes.surveys.records import Participation

#: What a learner has to do first, by the state of a project.
URGENCY = ["changes_requested", "failed", "in_review", "submitted"]
FIRST_SLOTS = 5
NOTES_SHOWN = 3


@dataclass(frozen=True, kw_only=True)
class Home:
    """Everything on the page. `project` is the one that most needs the learner."""

    greeting: str
    enrollment: Enrollment
    path: Path
    project: ProjectStanding | None
    peer_tasks: list[Task]
    presentation: Presentation | None
    one_on_one: OneOnOne | None
    offer: Offer
    companions: list[str]
    waiting: Waiting
    together: Together
    notes: list[Note]
    week: Week
    offers: list[SeatOffer]
    certificates: list[Certificate]
    surveys: list[Participation]
    asks_intent: bool


def home_of(learner: Membership, *, now: datetime) -> Home | None:
    """The page of the enrollment the learner works in; None when they have none yet."""
    enrollment = _CURRENT.first(learner=learner.pk)
    if enrollment is None:
        return None
    enrollment.learner = learner  # who looks, and comes with their user
    events, on = _EVENTS.rows(enrollment=enrollment.pk), timezone.localdate(now)
    has = at_hand(enrollment, on=on, at=now)
    path = path_of(enrollment, on=on, events=events, is_of_work=True)
    project = _pressing(projects_of(enrollment, at=now, events=events, has_moved=has.moves), path)
    waiting = waiting_for(enrollment, now=now, has_actions=has.actions, has_proposal=has.proposal)
    notes = notes_of(enrollment, viewer=learner) if has.notes else []
    meeting = waiting.next
    return Home(
        greeting=_greeting(timezone.localtime(now).hour) % {"name": learner.name.split()[0]},
        enrollment=enrollment,
        path=path,
        project=project,
        peer_tasks=to_write(learner) if has.peer_tasks else [],
        presentation=next_presentation(learner, at=now) if has.presentation else None,
        one_on_one=meeting,
        offer=Offer()
        if meeting and meeting.starts_at > now + timedelta(days=14)
        else first_slots(enrollment, now, FIRST_SLOTS, days_off=path.standing.days_off),
        companions=has.companions,
        waiting=waiting,
        together=together_of(enrollment, days_off=path.standing.days_off, now=now, known=has.together),
        notes=[note for note in notes if note.is_fresh(on=on)][:NOTES_SHOWN],
        week=Week(monday_of(on), has.hours, True),
        offers=open_offers_of(learner, at=now) if has.offers else [],
        certificates=own_certificates(learner) if has.certificates else [],
        surveys=survey_answering.waiting_for(learner) if has.surveys else [],
        asks_intent=enrollment.seeks_job is None and intent.is_open(enrollment, at=now),
    )


def _pressing(projects: list[ProjectStanding], path: Path) -> ProjectStanding | None:
    """What waits for the learner before what waits for others; else the next project that is open."""
    projects = [one for one in projects if one.is_asked]
    for status in URGENCY:
        for one in projects:
            if one.status == status:
                return one
    here = path.level.number if path.level else 0
    return next((one for one in projects if not one.status and one.project.level.number >= here), None)


_CURRENT = Prepared(
    lambda learner: Enrollment.objects.filter(learner=learner).select_related("cohort", "mentor").current_first()[:1]
)
#: As much of each event as path and projects look at.
_EVENTS = Prepared(
    lambda enrollment: ProgressEvent.objects.filter(enrollment=enrollment).only(
        "enrollment", "topic", "project", "kind", "hours", "effective_on", "recorded_at"
    )
)


def _greeting(hour: int) -> str:
    if hour < 6:
        return _("Good night, %(name)s")
    if hour < 12:
        return _("Good morning, %(name)s")
    if hour < 18:
        return _("Good afternoon, %(name)s")
    return _("Good evening, %(name)s")
