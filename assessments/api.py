"""A learner's projects and gates, handing in work, and the review queue as JSON; docs/api.md shows each address."""

from typing import Any
from uuid import UUID

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
from assessments import links as web_links
from assessments import submissions
from assessments.criteria import Requirement
from assessments.errors import AssessmentError
from assessments.forms import CONFIRMATIONS, LONGEST_TEXT
from assessments.gates import GateReport, evaluate_all
from assessments.models import Submission, SubmissionLink
from assessments.projects import ProjectStanding, enrollment_of, projects_of
from assessments.queue import Queue
from assessments.review_forms import QueueForm
from assessments.reviewing import review_due_on
from assessments.submissions import CAPSTONES
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
    id = serializers.UUIDField()
    project = serializers.UUIDField(source="project_id")
    attempt = serializers.IntegerField()
    commit = serializers.CharField()
    note = serializers.CharField()
    links = serializers.SerializerMethodField()
    checklist = serializers.ListField()
    submitted_at = Instant()

    def get_links(self, submission: Submission) -> dict[str, str]:
        return {link.kind: link.normalized_url for link in submission.links.all()}


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


class LinksBody(Body):
    """An address for each kind of link; those left out or empty are none."""

    def get_fields(self) -> dict[str, Any]:
        return {kind.value: Text(required=False, allow_blank=True, max_length=2000) for kind in Kind}

    def validate(self, links: dict[str, str]) -> dict[str, str]:
        refused = {}
        for kind, url in links.items():
            try:
                if url:
                    web_links.normalize(url, repository=kind == Kind.REPOSITORY)
            except AssessmentError as error:
                refused[kind] = [ErrorDetail(str(error), error.code)]
        if refused:
            raise serializers.ValidationError(refused)
        return links


class SubmissionBody(Body):
    """`done` holds the items of the project's checklist that are done; a repository needs the three confirmations."""

    links = LinksBody()
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


@answers("GET")
@requires(Role.MENTOR, Role.STAFF)
def reviews(request: ApiRequest, organization: str) -> Response:
    """The queue, or the part of it that `show`, `cohort`, `level` and `due` ask for, as on the page."""
    cohorts = Cohort.objects.values_list("slug", "name")
    levels = Level.objects.order_by("number").values_list("number", flat=True).distinct()
    wanted = QueueForm(request.GET, cohorts=cohorts, levels=levels).wanted()
    return page_of(Queue(request.membership, wanted, at=timezone.now()), request, QueueRow)


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
