"""A learner's projects and gates, handing in work, and the review queue as JSON; docs/api.md shows each address."""

from typing import Any, cast
from uuid import UUID, uuid4

from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, NotFound
from rest_framework.response import Response

from accounts.api import ApiRequest, answers
from accounts.gates import requires
from accounts.models import Role
from assessments import drafts, submissions
from assessments import links as web_links
from assessments.criteria import Requirement
from assessments.errors import AssessmentError
from assessments.gates import GateReport, evaluate_all
from assessments.models import PanelReview, Presentation, Submission, SubmissionDraft, SubmissionLink
from assessments.projects import ProjectStanding, enrollment_of, projects_of
from assessments.queue import Queue
from assessments.review_forms import QueueForm
from assessments.reviewing import review_due_on
from assessments.scoring_forms import LONGEST_TEXT
from assessments.submission_forms import CONFIRMATIONS
from assessments.submissions import CAPSTONES, MOST_LINKS, Seen, too_many_links
from cohorts.models import Cohort, Enrollment
from curriculum.models import Level, Project
from organizations.api import MISSING, Body, Flag, Hours, Instant, Text, page_of, read, rows_of

Kind = SubmissionLink.Kind
NO_LIST: dict[str, Any] = {
    **MISSING,
    "not_a_list": _("Send a list."),
    "max_length": _("Send at most {max_length} items."),
}

# -- what is written out -----------------------------------------------------------------------------------------------


class ProjectRow(serializers.Serializer[ProjectStanding]):
    """`status` and `since` are null before the first attempt."""

    id = serializers.UUIDField(source="project.pk")
    title = serializers.CharField(source="project.title")
    kind = serializers.CharField(source="project.kind")
    level = serializers.IntegerField(source="project.level.number")
    module = serializers.CharField(source="project.module.code", default=None)
    hours = Hours(source="project.hours")
    checklist = serializers.SerializerMethodField()
    status = serializers.SerializerMethodField()
    since = Instant()
    attempts = serializers.IntegerField()

    def get_checklist(self, standing: ProjectStanding) -> list[str]:
        return [str(item["text"]) for item in standing.project.checklist]

    def get_status(self, standing: ProjectStanding) -> str | None:
        return standing.status or None


class SubmissionRow(serializers.Serializer[Submission]):
    """`links` holds the addresses of each kind that has any."""

    id = serializers.UUIDField()
    project = serializers.UUIDField(source="project_id")
    attempt = serializers.IntegerField()
    commit = serializers.CharField()
    note = serializers.CharField()
    links = serializers.SerializerMethodField()
    checklist = serializers.ListField()
    submitted_at = Instant()
    withdrawn_at = Instant()

    def get_links(self, submission: Submission) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for link in submission.links.all():
            found.setdefault(link.kind, []).append(link.normalized_url)
        return found


class DraftRow(serializers.Serializer[SubmissionDraft]):
    """What is written so far, as it was given; `revision` goes back with the next save."""

    given = serializers.JSONField()
    revision = serializers.IntegerField()
    saved_at = Instant()


class QueueRow(serializers.Serializer[Submission]):
    id = serializers.UUIDField()
    learner = serializers.CharField(source="enrollment.learner.name")
    cohort = serializers.CharField(source="enrollment.cohort.slug")
    project = serializers.CharField(source="project.title")
    level = serializers.IntegerField(source="project.level.number")
    attempt = serializers.IntegerField()
    submitted_at = Instant()
    due_on = serializers.SerializerMethodField()
    is_mine = serializers.BooleanField()
    asked_of = serializers.CharField(source="assignee.name", default=None)
    readings = serializers.IntegerField()
    claimed_by = serializers.SerializerMethodField()

    def get_due_on(self, submission: Submission) -> str:
        return review_due_on(submission).isoformat()

    def get_claimed_by(self, submission: Any) -> str | None:
        return next((claim.reviewer.name for claim in submission.live_claims), None)


class PanelReviewRow(serializers.Serializer[PanelReview]):
    member = serializers.CharField(source="member.name")
    summary = serializers.CharField()
    scores = serializers.SerializerMethodField()
    questions = serializers.SerializerMethodField()

    def get_scores(self, review: PanelReview) -> list[dict[str, Any]]:
        return [
            {"criterion": score.criterion.title, "value": score.value, "comment": score.comment}
            for score in review.scores.all()
        ]

    def get_questions(self, review: PanelReview) -> list[dict[str, Any]]:
        return [
            {"question": row.question, "answered": row.answered or None, "answer": row.answer}
            for row in review.questions.all()
        ]


class PresentationRow(serializers.Serializer[Presentation]):
    """`outcome` and `reviews`, what the panel found, are null until the chair has decided."""

    id = serializers.UUIDField()
    project = serializers.CharField(source="submission.project.title")
    level = serializers.IntegerField(source="submission.project.level.number")
    attempt = serializers.IntegerField(source="submission.attempt")
    learner = serializers.CharField(source="learner.name")
    cohort = serializers.CharField(source="submission.enrollment.cohort.slug")
    starts_at = Instant()
    minutes = serializers.IntegerField()
    place = serializers.CharField()
    panel = serializers.SerializerMethodField()
    status = serializers.CharField()
    outcome = serializers.SerializerMethodField()
    decided_at = Instant()
    summary = serializers.CharField()
    reviews = serializers.SerializerMethodField()

    def get_panel(self, presentation: Presentation) -> list[str]:
        """The chair first."""
        return [seat.member.name for seat in presentation.panel]

    def get_outcome(self, presentation: Presentation) -> str | None:
        return presentation.outcome or None

    def get_reviews(self, presentation: Any) -> list[dict[str, Any]] | None:
        return rows_of(PanelReviewRow, presentation.handed_in) if presentation.outcome else None


class RequirementRow(serializers.Serializer[Requirement]):
    key = serializers.CharField()
    title = serializers.CharField()
    met = serializers.BooleanField()
    detail = serializers.CharField()


class GateRow(serializers.Serializer[GateReport]):
    """`passed_on` is null while the level is not passed; a level that is passed shows the evidence of that day."""

    level = serializers.IntegerField(source="level.number")
    title = serializers.CharField(source="level.title")
    is_met = serializers.BooleanField()
    passed_on = serializers.DateField()
    requirements = RequirementRow(source="shown", many=True)


# -- what is read ------------------------------------------------------------------------------------------------------


class Addresses(serializers.ListField):
    """One address, or a list of them; empty ones are none."""

    def __init__(self, **options: Any) -> None:
        address = Text(allow_blank=True, max_length=2000)
        super().__init__(child=address, max_length=100, error_messages=NO_LIST, **options)

    def to_internal_value(self, data: Any) -> list[str]:
        given = super().to_internal_value([data] if isinstance(data, str) else data)
        return [url for url in given if url]


class LinksBody(Body):
    """An address or several for each kind of link; those left out or empty are none."""

    def get_fields(self) -> dict[str, Any]:
        return {kind.value: Addresses(required=False) for kind in Kind}


class PublicLinksBody(LinksBody):
    """The same, each on the public web and not too many together."""

    def validate(self, links: dict[str, list[str]]) -> dict[str, list[str]]:
        if (number := sum(len(urls) for urls in links.values())) > MOST_LINKS:
            raise serializers.ValidationError(too_many_links(number), code="too_many_links")
        refused: dict[str, list[ErrorDetail]] = {}
        for kind, urls in links.items():
            for url in urls:
                try:
                    web_links.normalize(url, repository=kind == Kind.REPOSITORY)
                except AssessmentError as error:
                    refused.setdefault(kind, []).append(ErrorDetail(str(error), error.code))
        if refused:
            raise serializers.ValidationError(refused)
        return links


class SubmissionBody(Body):
    """`done` holds the items of the project's checklist that are done; a repository needs the three confirmations."""

    links = PublicLinksBody()
    commit = Text(required=False, allow_blank=True, max_length=80, default="")
    note = Text(required=False, allow_blank=True, max_length=LONGEST_TEXT, default="")
    done = serializers.ListField(child=Text(), required=False, default=list, max_length=200, error_messages=NO_LIST)
    tests_pass = Flag(required=False, default=False)
    readme_explains = Flag(required=False, default=False)
    nothing_secret = Flag(required=False, default=False)

    def validate_done(self, done: list[str]) -> list[str]:
        unknown = sorted(set(done) - {item["text"] for item in self.context["project"].checklist})
        if unknown:
            sentence = say("“%(item)s” is not on this project’s checklist.") % {"item": unknown[0]}
            raise serializers.ValidationError(sentence, code="not_on_checklist")
        return done

    def validate(self, brought: dict[str, Any]) -> dict[str, Any]:
        if self.context["project"].kind in CAPSTONES or brought["links"].get(Kind.REPOSITORY):
            missing = {
                name: [ErrorDetail(str(message), "not_confirmed")]
                for name, (_label, message) in CONFIRMATIONS.items()
                if not brought[name]
            }
            if missing:
                raise serializers.ValidationError(missing)
        return brought


class DraftBody(Body):
    """Whatever is written so far. With a `revision`, one that somebody saved since is not written over."""

    links = LinksBody(required=False, default=dict)
    commit = Text(required=False, allow_blank=True, max_length=2000, default="")
    note = Text(required=False, allow_blank=True, max_length=LONGEST_TEXT, default="")
    done = serializers.ListField(child=Text(), required=False, default=list, max_length=200, error_messages=NO_LIST)
    confirmed = serializers.ListField(
        child=serializers.ChoiceField(list(CONFIRMATIONS)), required=False, default=list, error_messages=NO_LIST
    )
    revision = serializers.IntegerField(required=False, min_value=0, max_value=2**31 - 1, default=None)


# -- addresses ---------------------------------------------------------------------------------------------------------


@answers("GET")
@requires(Role.LEARNER)
def projects(request: ApiRequest, organization: str) -> Response:
    enrollment = enrollment_of(request.membership)
    if enrollment is None:
        raise NotFound(say("You are in no cohort yet. Ask program staff to enroll you."), code="not_enrolled")
    standings = projects_of(enrollment, at=timezone.now())
    return Response({"enrollment": enrollment.pk, "projects": rows_of(ProjectRow, standings)})


@answers("POST")
@requires(Role.LEARNER)
def submit(request: ApiRequest, organization: str, pk: UUID) -> Response:
    project = get_object_or_404(Project.objects.select_related("level"), pk=pk)
    enrollment = enrollment_of(request.membership, project)
    if enrollment is None:
        raise NotFound
    brought = read(request, SubmissionBody, project=project)
    made = submissions.submit(
        enrollment=enrollment,
        project=project,
        links=brought["links"],
        commit=brought["commit"],
        note=brought["note"],
        checklist=[{"text": item["text"], "done": item["text"] in brought["done"]} for item in project.checklist],
        by=request.membership,
        at=timezone.now(),
    )
    return Response(SubmissionRow(made).data, status=201)


@answers("GET", "PUT")
@requires(Role.LEARNER)
def draft(request: ApiRequest, organization: str, pk: UUID) -> Response:
    """The draft of the next attempt, and saving it: over what is there, unless a `revision` says what was seen."""
    project = get_object_or_404(Project.objects.select_related("level"), pk=pk)
    enrollment = enrollment_of(request.membership, project)
    if enrollment is None:
        raise NotFound
    if request.method == "GET":
        kept = drafts.draft_of(enrollment, project)
        if kept is None:
            raise NotFound(say("There is no draft of this project."), code="no_draft")
        return Response(DraftRow(kept).data)
    brought = read(request, DraftBody)
    revision = brought.pop("revision")
    kept = drafts.save_draft(
        enrollment=enrollment,
        project=project,
        given=cast(drafts.Given, brought),
        by=request.membership,
        at=timezone.now(),
        seen=None if revision is None else Seen(revision=revision, page=str(uuid4())),
    )
    return Response(DraftRow(kept).data)


@answers("POST")
@requires(Role.LEARNER)
def withdraw(request: ApiRequest, organization: str, pk: UUID) -> Response:
    """Take one's own attempt back before a review starts."""
    own = Submission.objects.filter(enrollment__learner=request.membership)
    taken = submissions.withdraw(submission=get_object_or_404(own, pk=pk), by=request.membership, at=timezone.now())
    return Response(SubmissionRow(taken).data)


@answers("GET")
@requires(Role.MENTOR, Role.STAFF)
def reviews(request: ApiRequest, organization: str) -> Response:
    """The queue, or the part of it that `show`, `cohort`, `level` and `due` ask for, as on the page."""
    cohorts = Cohort.objects.values_list("slug", "name")
    levels = Level.objects.order_by("number").values_list("number", flat=True).distinct()
    wanted = QueueForm(request.GET, cohorts=cohorts, levels=levels).wanted()
    return page_of(Queue(request.membership, wanted, at=timezone.now()), request, QueueRow)


@answers("GET")
@requires(Role.LEARNER, Role.MENTOR, Role.STAFF)
def presentations(request: ApiRequest, organization: str) -> Response:
    """Those that the reader may open, the latest first."""
    seen = Presentation.objects.visible_to(request.membership).with_people().with_scores()
    return page_of(seen.order_by("-during", "-pk"), request, PresentationRow)


@answers("GET")
@requires(Role.LEARNER)
def own_gates(request: ApiRequest, organization: str) -> Response:
    enrollment = enrollment_of(request.membership)
    if enrollment is None:
        raise NotFound(say("You are in no cohort yet. Ask program staff to enroll you."), code="not_enrolled")
    return _gates(enrollment)


@answers("GET")
@requires(Role.STAFF)
def gates(request: ApiRequest, organization: str, pk: UUID) -> Response:
    return _gates(get_object_or_404(Enrollment.objects.select_related("cohort"), pk=pk))


def _gates(enrollment: Enrollment) -> Response:
    reports = evaluate_all(enrollment, on=timezone.localdate())
    return Response({"enrollment": enrollment.pk, "gates": rows_of(GateRow, reports)})
