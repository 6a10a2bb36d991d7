"""A small program in full swing, for tests that look at all of it: the role matrix and the browser."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.utils import timezone

from accounts.inviting import invite
from accounts.models import Invitation, Role
from assessments.certificates import issue_for
from assessments.models import (
    BenchmarkReport,
    Certificate,
    LevelDecision,
    OverrideRequest,
    PeerReview,
    PeerRound,
    Presentation,
    Rubric,
    Submission,
)
from assessments.presenting import schedule
from assessments.rubrics import default_rubric
from assessments.submissions import submit
from cohorts.bulk import choose
from cohorts.gatherings import plan_gathering
from cohorts.history import enroll
from cohorts.learner_import import keep_file
from cohorts.learner_notes import write_note
from cohorts.models import (
    BulkAction,
    Cohort,
    CreditRequest,
    Enrollment,
    Gathering,
    ImportFile,
    LearnerImport,
    LearnerNote,
    Offer,
    RosterView,
    StaffMessage,
    StaffMessageRecipient,
)
from cohorts.staff_messages import write
from curriculum.models import CurriculumVersion, Level, Project, Topic, Track
from mentoring.models import AvailabilityWindow, Mentor, OneOnOne, TimeOff
from mentoring.proposals import fitting_times
from mentoring.records import ActionItem, Proposal
from mentoring.series_records import Series
from mentoring.taking_over_records import HandOver
from notifications.endpoints import Attempt, Delivery, Endpoint
from notifications.models import Message
from notifications.records import Notice
from organizations.scope import scope
from outcomes.alumni_network.records import MentorOffer
from outcomes.measuring.employers import list_employer
from outcomes.models import ListedEmployer, Placement
from outcomes.resourcing.costs import record_cost
from outcomes.resourcing.records import Cost
from outcomes.surveys.editing import make_survey, open_survey
from outcomes.surveys.records import Participation, Wave
from tests.cohorts.given import a_cohort, published_version
from tests.conftest import Cast


@dataclass(frozen=True)
class World:
    """Amira and Daan in a running cohort, Joris mentors Amira, who submitted a capstone and has a 1-on-1 behind her.

    They agreed on something to do there, and Joris proposes times for the next one, which stands in her notifications.
    She reported what she reached on its benchmark. They meet every 4 weeks, and Joris is away in a year. He leads the
    cohort's stand-up of today, which begins just now. He is asked whether he takes over from Ada. Ilse shares a view of
    the roster, and has chosen Amira to assign a mentor to. Amira's seat was offered to her once. She passed the first
    level and has its certificate; Ada asks a colleague to let her through the second. Daan is asked to review her
    capstone as a peer. She presented it an hour ago, before Joris, who chairs, and Ilse. A webhook and a chat of the
    cohort listen; one delivery failed. Ilse wrote to Amira, and has a message to the cohort ready. A survey asks Amira
    how satisfied she is. What Ilse recorded of Daan's next job waits for a second person. Daan offers to
    mentor, and Amira asks credit for the capstone of the second level.
    """

    cast: Cast
    cohort: Cohort
    enrollment: Enrollment
    version: CurriculumVersion
    topic: Topic
    track: Track
    project: Project
    submission: Submission
    rubric: Rubric
    one_on_one: OneOnOne
    invitation: Invitation
    action: ActionItem
    proposal: Proposal
    series: Series
    time_off: TimeOff
    bulk_action: BulkAction
    view: RosterView
    gathering: Gathering
    note: LearnerNote
    hand_over: HandOver
    file: ImportFile
    learner_import: LearnerImport
    offer: Offer
    notice: Notice
    certificate: Certificate
    override: OverrideRequest
    peer_review: PeerReview
    benchmark_report: BenchmarkReport
    presentation: Presentation
    webhook: Endpoint
    delivery: Delivery
    draft: StaffMessage
    sent: StaffMessage
    listed_employer: ListedEmployer
    cost: Cost
    participation: Participation
    placement: Placement
    mentor_offer: MentorOffer
    credit_request: CreditRequest


def make_world(cast: Cast, *, now: datetime | None = None, cohort_name: str = "Rotterdam 2026") -> World:
    now = now or timezone.now()
    with scope(cast.organization.pk):
        start = now.date() - timedelta(days=30)
        version = published_version(tracks=("Research", "Operations"), measured=True)
        cohort = a_cohort(name=cohort_name, version=version, status=Cohort.Status.RUNNING, starts_on=start)
        enrollments = {
            person.name: enroll(
                cohort=cohort, learner=person, by=cast.ilse, effective_on=start, status="active", mentor=mentor
            )
            for person, mentor in ((cast.amira, cast.joris), (cast.daan, None))
        }
        amira = enrollments[cast.amira.name]
        mentor = Mentor.objects.create(membership=cast.joris, time_zone="Europe/Amsterdam")
        for weekday in range(5):
            AvailabilityWindow.objects.create(mentor=mentor, weekday=weekday, start_minute=540, end_minute=720)
        project = Project.objects.filter(version=cohort.version, level__number=1).order_by("position")[0]
        submission = submit(
            enrollment=amira,
            project=project,
            links={"repository": "https://github.com/amira/basics"},
            commit="",
            note="Look at the tests first.",
            checklist=[],
            by=cast.amira,
            at=now - timedelta(days=1),
        )
        rubric = default_rubric()
        peer_review = PeerReview.objects.create(
            round=PeerRound.objects.create(
                cohort=cohort, project=project, rubric=rubric, due_at=now + timedelta(days=7), seed=1,
                opened_by=cast.ilse, opened_at=now,
            ),
            submission=submission,
            receiver=amira,
            giver=enrollments[cast.daan.name],
            assigned_at=now,
        )  # fmt: skip
        benchmark_report = BenchmarkReport.objects.create(
            submission=submission, benchmark=project.benchmarks.get(), value=98, dataset="MNIST, test set",
            evidence_url="https://example.org/run/1", measured_on=now.date(), recorded_by=cast.amira, recorded_at=now,
        )  # fmt: skip
        presentation = schedule(
            submission=submission, start=now - timedelta(hours=1), minutes=45, place="Room 2.04",
            panel=[cast.ilse], chair=cast.joris, by=cast.ilse, at=now - timedelta(hours=20),
        )  # fmt: skip
        met = now - timedelta(days=3)
        one_on_one = OneOnOne.objects.create(
            mentor=mentor,
            enrollment=amira,
            mentor_person=cast.joris.user,
            learner_person=cast.amira.user,
            during=(met, met + timedelta(minutes=45)),
        )
        invitation = invite(email="new@lantaarn.example", name="Newcomer", roles=[Role.LEARNER], by=cast.ilse, at=now)
        topic = Topic.objects.filter(module__level__version=cohort.version).order_by("module__code", "position")[0]
        track = Track.objects.filter(level__version=version).order_by("number")[0]
        action = ActionItem.objects.create(
            enrollment=amira, one_on_one=one_on_one, text="Read the paper", added_by=cast.joris, added_at=now
        )
        proposal = Proposal.objects.create(
            enrollment=amira,
            mentor=mentor,
            starts=fitting_times(Enrollment.objects.for_page().get(pk=amira.pk), now=now),
            proposed_by=cast.joris,
            proposed_at=now,
            expires_at=now + timedelta(days=7),
        )
        series = Series.objects.create(
            mentor=mentor,
            enrollment=amira,
            rhythm=Series.Rhythm.FOUR_WEEKLY,
            first_day=start,
            minute=600,
            planned_through=start,
            started_by=cast.joris,
            started_at=now,
        )
        away = now + timedelta(days=365)
        time_off = TimeOff.objects.create(mentor=mentor, during=(away, away + timedelta(days=7)))
        bulk_action = choose(kind="mentor", enrollments=[amira.pk], by=cast.ilse)
        view = RosterView.objects.create(owner=cast.ilse, name="By name", query="sort=name", is_shared=True)
        gathering = plan_gathering(
            cohort=cohort,
            kind=Gathering.Kind.STAND_UP,
            first_day=cohort.today(now),
            starts=now.astimezone(ZoneInfo(cohort.time_zone)).time().replace(second=0, microsecond=0),
            minutes=15,
            led_by=cast.joris,
            by=cast.ilse,
        )
        hand_over = HandOver.objects.create(
            enrollment=amira,
            leaving=cast.ada,
            to=cast.joris,
            mentor_before=cast.joris,
            answer_by=now.date() + timedelta(days=2),
            expires_at=now + timedelta(days=2),
            asked_by=cast.ilse,
            asked_at=now,
        )
        offer = Offer.objects.create(
            cohort=cohort, enrollment=amira, offered_at=now - timedelta(days=40), expires_at=now - timedelta(days=37)
        )
        note = write_note(enrollment=amira, text="Prefers to be called.", audience="mentors", by=cast.ilse)
        message = Message.objects.create(
            kind="one_on_one_proposed", key="told", recipient=cast.amira.user, subject_id=proposal.pk, state="sent",
            due_at=now, next_attempt_at=now, settled_at=now,
        )  # fmt: skip
        notice = Notice.objects.create(
            person=cast.amira.user,
            message=message,
            kind=message.kind,
            titles={"en": "Joris proposes times for a 1-on-1"},
            path=f"/o/{cast.organization.slug}/sessions/proposals/{proposal.pk}/",
            posted_at=now,
        )
        webhook, _chat = (
            Endpoint.objects.create(
                name=name, format=format, address=f"https://{format}.example/in", group_id=group_id, subscribed=[hears],
                secret="whsec_c2VjcmV0", created_at=now, created_by=cast.ada.user,
            )
            for name, format, group_id, hears in (
                ("CRM", "webhook", None, "level.revoked"), ("#rotterdam", "mattermost", cohort.pk, "stand_up_summary"),
            )
        )  # fmt: skip
        delivery = Delivery.objects.create(
            endpoint=webhook, name="level.revoked", key="level.revoked:told", payload={"type": "level.revoked"},
            occurred_at=now, next_attempt_at=now, settled_at=now, state="failed", attempts=1,
        )  # fmt: skip
        Attempt.objects.create(
            delivery=delivery, number=1, at=now, status=500, milliseconds=12, response="<b>Out of order</b>"
        )
        first, second = Level.objects.filter(version=version).order_by("number")[:2]
        decision = LevelDecision.objects.create(
            enrollment=amira, level=first, outcome="passed", effective_on=now.date(), recorded_by=cast.ilse
        )
        (certificate,) = issue_for(decision, enrollment=amira, graduates=False, by=cast.ilse, at=now)
        override = OverrideRequest.objects.create(
            enrollment=amira, level=second, effective_on=now.date(), reason="Ten years in this field.",
            asked_by=cast.ada, asked_at=now,
        )  # fmt: skip
        file = keep_file(
            cohort=cohort, name="learners.csv", data=b"email,name\nsanne@example.org,Sanne de Wit\n,Nobody\n",
            by=cast.ilse, at=now,
        )  # fmt: skip
        learner_import = LearnerImport.objects.create(
            cohort=cohort, file_name="earlier.csv", recorded_by=cast.ilse, recorded_at=now
        )
        draft, sent = (
            write(
                audience=StaffMessage.Audience.COHORTS, cohorts=[cohort], statuses=["active"], by=cast.ilse, now=now,
                subject=subject, text="Dear {{ first_name }}, bring your *laptop*.",
            ) for subject in ("The last week", "The first week")
        )  # fmt: skip
        StaffMessage.objects.filter(pk=sent.pk).update(state="sent", sent_at=now)
        mail = Message.objects.create(
            kind="staff_message", key="written", recipient=cast.amira.user, subject_id=sent.pk, state="sent",
            payload={"subject": "The first week", "text": "Dear Amira, bring your *laptop*.", "by": "Ilse Brouwer"},
            due_at=now, next_attempt_at=now, settled_at=now,
        )  # fmt: skip
        StaffMessageRecipient.objects.create(message=sent, enrollment=amira, queued=mail)
        survey = make_survey(kind="satisfaction", title="How is it going?", own=[], recommends=True, by=cast.ilse)
        wave = Wave.objects.create(
            survey=open_survey(survey=survey, on=start), version=survey.versions.get(), asks_from=now.date(),
            asks_until=now.date(), closes_on=now.date() + timedelta(days=14), opened_at=now,
        )  # fmt: skip
        cost = record_cost(
            cohort=cohort, kind="hardware", amount=Decimal(1200), currency="USD", effective_on=start, on=now.date(),
            by=cast.ilse,
        )  # fmt: skip
        participation = Participation.objects.create(
            wave=wave, enrollment=amira, group="here", asked_on=now.date(), answer_by=wave.closes_on
        )
        placement = Placement.objects.create(
            enrollment=enrollments[cast.daan.name], status="1A", effective_on=start, employer="Google",
            job_title="Engineer", is_relevant=True, evidence="contract", evidence_on=start, needs_second=True,
            recorded_by=cast.ilse,
        )  # fmt: skip
        return World(
            cast, cohort, amira, cohort.version, topic, track, project, submission, rubric, one_on_one, invitation,
            action, proposal, series, time_off, bulk_action, view, gathering, note, hand_over, file, learner_import,
            offer, notice, certificate, override, peer_review, benchmark_report, presentation, webhook, delivery,
            draft, sent,
            list_employer(name="Google", effective_on=start, by=cast.ada), cost, participation, placement,
            MentorOffer.objects.create(member=cast.daan, note="Evenings.", offered_at=now),
            CreditRequest.objects.create(
                enrollment=amira, project=Project.objects.filter(version=version, track=None).latest("level__number"),
                evidence="I made one at work.\nhttps://example.org/work", asked_at=now,
            ),
        )  # fmt: skip
