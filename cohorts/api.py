"""Cohorts, their rosters, and a learner's own path as JSON; docs/api.md shows each address."""

from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.response import Response

from accounts.api import ApiRequest, answers
from accounts.gates import requires
from accounts.models import Role
from cohorts import progress
from cohorts.flags import flags_of
from cohorts.heading import counts_of
from cohorts.listing import cohorts_for, for_list
from cohorts.models import Cohort, Enrollment, Milestone
from cohorts.models.milestone_title import read_title
from cohorts.path import Path, PathLevel, PathModule, PathPart, PathRow, path_of
from cohorts.risk import Reason
from cohorts.roster_query import chosen, read_query
from cohorts.roster_rows import rows_for
from cohorts.roster_table import FIELDS, Line
from curriculum.models import Topic
from organizations.api import Body, Day, Flag, Hours, page_of, page_written, read, rows_of

# -- what is written out -----------------------------------------------------------------------------------------------


class CohortRow(serializers.Serializer[Cohort]):
    id = serializers.UUIDField()
    slug = serializers.CharField()
    name = serializers.CharField()
    status = serializers.CharField()
    format = serializers.CharField()
    curriculum = serializers.CharField(source="version")
    hours_per_week = Hours()
    hours_share = serializers.FloatField()
    first_level = serializers.IntegerField()
    last_level = serializers.IntegerField()
    starts_on = Day()
    census_on = Day()
    ends_on = Day()
    time_zone = serializers.CharField()
    capacity = serializers.IntegerField()
    lead = serializers.CharField(source="lead.name", default=None)
    learners = serializers.SerializerMethodField()
    waiting = serializers.SerializerMethodField()

    def get_learners(self, cohort: Any) -> int:
        """Those who take a seat."""
        return cohort.learners or 0

    def get_waiting(self, cohort: Any) -> int:
        return cohort.waiting or 0


class MilestoneRow(serializers.Serializer[Milestone]):
    id = serializers.UUIDField()
    kind = serializers.CharField()
    title = serializers.CharField(source="words")
    level = serializers.IntegerField(source="level.number")
    through_hours = Hours()
    due_on = Day()


class PartRow(serializers.Serializer[PathPart]):
    """A topic without sub-topics, or a project."""

    id = serializers.UUIDField()
    kind = serializers.SerializerMethodField()
    title = serializers.CharField()
    hours = Hours()
    state = serializers.CharField()
    done_on = Day()

    def get_kind(self, part: PathPart) -> str:
        return "project" if part.is_project else "topic"


class PathLine(serializers.Serializer[PathRow]):
    """What stands alone has one part; a topic with sub-topics has them."""

    id = serializers.UUIDField()
    title = serializers.CharField()
    done = serializers.BooleanField(source="is_done")
    parts = PartRow(many=True)


class ModuleRow(serializers.Serializer[PathModule]):
    id = serializers.UUIDField()
    code = serializers.CharField()
    title = serializers.CharField()
    done = serializers.BooleanField(source="is_done")
    rows = PathLine(many=True)


class LevelRow(serializers.Serializer[PathLevel]):
    id = serializers.UUIDField()
    number = serializers.IntegerField()
    title = serializers.CharField()
    state = serializers.CharField()
    hours_earned = Hours(source="earned")
    hours_credited = Hours(source="credited")
    hours_planned = Hours(source="hours")


class LevelWithModules(LevelRow):
    modules = ModuleRow(many=True)
    projects = PathLine(many=True)


class PathSummary(serializers.Serializer[Path]):
    as_of = Day(source="on")
    hours_earned = Hours(source="earned")
    hours_credited = Hours(source="credited")
    hours_planned = Hours(source="planned")
    study_hours_a_week = Hours(source="pace")
    hours_gained_a_week = Hours(source="gain")
    ends_on = Day()
    next = PartRow()


class WholePath(PathSummary):
    enrollment = serializers.UUIDField(source="enrollment.pk")
    cohort = serializers.CharField(source="enrollment.cohort.slug")
    status = serializers.CharField(source="standing.status")
    levels = LevelWithModules(many=True)


class StudyRow(serializers.Serializer[Any]):
    week = Day()
    hours = Hours()


# -- what is read ------------------------------------------------------------------------------------------------------


class TopicBody(Body):
    done = Flag()


class StudyBody(Body):
    """Any day of the week will do."""

    week = Day()
    hours = Hours()


# -- addresses ---------------------------------------------------------------------------------------------------------


@answers("GET")
@requires(Role.STAFF, Role.MENTOR)
def cohorts(request: ApiRequest, organization: str) -> Response:
    return page_of(for_list(cohorts_for(request.membership, on=timezone.localdate())), request, CohortRow)


@answers("GET")
@requires(Role.STAFF, Role.MENTOR)
def cohort(request: ApiRequest, organization: str, cohort: str) -> Response:
    found = _cohort(request, cohort)
    milestones = found.milestones.filter(enrollment=None).select_related("level").order_by("position")
    on_the_roster = {"on_the_roster": counts_of(found).learners}
    return Response({**CohortRow(found).data, **on_the_roster, "milestones": rows_of(MilestoneRow, milestones)})


@answers("GET")
@requires(Role.STAFF, Role.MENTOR)
def roster(request: ApiRequest, organization: str, cohort: str) -> Response:
    """Everyone for staff; for mentors their own learners. As the page shows it, on the organization's day."""
    on, zone = request.organization.today(), request.organization.zone
    found = get_object_or_404(cohorts_for(request.membership, on=on), slug=cohort)
    rows = chosen(rows_for(request.membership, on=on, zone=zone, cohort=found), read_query(request.GET))
    return page_written(rows.values_list(*FIELDS), request, partial(_roster_rows, on=on))


def _roster_rows(values: Sequence[tuple[Any, ...]], *, on: date) -> list[dict[str, Any]]:
    """Written out here: a serializer would take longer over a hundred rows than the database. One query."""
    lines = list(map(Line._make, values))
    reasons = flags_of([line.enrollment for line in lines], on=on)
    return [_roster_row(line, reasons.get(line.enrollment, ())) for line in lines]


def _roster_row(line: Line, reasons: Sequence[Reason]) -> dict[str, Any]:
    return {
        "id": line.enrollment,
        "external_id": line.external_id,
        "name": line.name,
        "email": line.email,
        "mentor": line.mentor,
        "status": line.status,
        "since": line.since,
        "doing": line.word,
        "level": line.level,
        "hours_earned": round(line.earned, 2),
        "hours_credited": round(line.credited, 2),
        "hours_planned": round(line.planned, 2),
        "study_hours_a_week": None if line.pace is None else round(line.pace, 2),
        "last_active": line.last_active,
        "next_milestone": {"title": read_title(line.milestone), "due_on": line.due_on} if line.due_on else None,
        "reasons": [{"key": reason.key, "text": reason.text, "since": reason.since} for reason in reasons],
    }


@answers("GET")
@requires(Role.LEARNER)
def path(request: ApiRequest, organization: str) -> Response:
    return Response(WholePath(path_of(own_enrollment(request), on=timezone.localdate())).data)


@answers("POST")
@requires(Role.LEARNER)
def mark_topic(request: ApiRequest, organization: str, pk: UUID) -> Response:
    enrollment, today = own_enrollment(request), timezone.localdate()
    topic = get_object_or_404(Topic.objects.select_related("module__level"), pk=pk)
    change = progress.complete_topic if read(request, TopicBody)["done"] else progress.reopen_topic
    change(enrollment=enrollment, topic=topic, by=request.membership, on=today)
    whole = path_of(enrollment, on=today)
    level, _module, row = whole.line_of(topic.pk)
    part = next(part for part in row.parts if part.id == topic.pk)
    return Response({"topic": PartRow(part).data, "level": LevelRow(level).data, "path": PathSummary(whole).data})


@answers("POST")
@requires(Role.LEARNER)
def log_study(request: ApiRequest, organization: str) -> Response:
    enrollment, today = own_enrollment(request), timezone.localdate()
    logged = progress.log_study(enrollment=enrollment, by=request.membership, on=today, **read(request, StudyBody))
    return Response(StudyRow(logged).data, status=201)


def own_enrollment(request: ApiRequest) -> Enrollment:
    """The one that the learner works in. Raises NotFound when there is none."""
    enrollment = Enrollment.objects.current_of(request.membership)
    if enrollment is None:
        raise NotFound(_("You are in no cohort yet. Ask program staff to enroll you."), code="not_enrolled")
    return enrollment


def _cohort(request: ApiRequest, slug: str) -> Cohort:
    return get_object_or_404(for_list(cohorts_for(request.membership, on=timezone.localdate())), slug=slug)
