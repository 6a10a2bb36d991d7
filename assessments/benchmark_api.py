"""Results on benchmarks as JSON: what a project asks and what was reached, what waits, and judging it."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as say
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.response import Response

from accounts.api import ApiRequest, answers
from accounts.gates import requires
from accounts.models import Role
from assessments import benchmarks as results
from assessments.benchmark_standing import Result, Standing, benchmark_view, reported_rows
from assessments.benchmarks import LONGEST_DATASET, LONGEST_NOTE, NO_ATTEMPT, NO_NUMBER
from assessments.errors import AssessmentError
from assessments.models import LARGEST, PLACES, BenchmarkReport
from assessments.projects import enrollment_of
from curriculum.models import Project
from organizations.api import MISSING, Body, Day, Flag, Instant, Text, page_of, read, rows_of


class Figure(serializers.DecimalField):
    """A number in millionths, written as text so that no digit is lost; read as text or number."""

    default_error_messages = {
        **MISSING,
        **dict.fromkeys(("invalid", "max_digits", "max_decimal_places", "max_whole_digits"), NO_NUMBER),
        "max_string_length": NO_NUMBER,
    }

    def __init__(self, **options: Any) -> None:
        super().__init__(max_digits=len(str(LARGEST)) + PLACES, decimal_places=PLACES, **options)

    def to_representation(self, value: Decimal) -> str:
        return f"{value.normalize():f}"


class ReportRow(serializers.Serializer[Result]):
    """`state` is waiting, replaced, reached, short or rejected; `verified_by` and what follows are null until then."""

    id = serializers.UUIDField(source="report.pk")
    benchmark = serializers.UUIDField(source="report.benchmark_id")
    attempt = serializers.IntegerField(source="report.submission.attempt")
    value = Figure(source="report.value")
    dataset = serializers.CharField(source="report.dataset")
    evidence_url = serializers.CharField(source="report.evidence_url")
    note = serializers.CharField(source="report.note")
    measured_on = serializers.DateField(source="report.measured_on")
    reported_by = serializers.CharField(source="report.recorded_by.name")
    reported_at = Instant(source="report.recorded_at")
    state = serializers.CharField()
    judged_by = serializers.CharField(source="verdict.decided_by.name", default=None)
    judged_at = Instant(source="verdict.decided_at", default=None)
    reason = serializers.CharField(source="verdict.reason", default=None)


class BenchmarkRow(serializers.Serializer[Standing]):
    """`state` is null before the first result."""

    id = serializers.UUIDField(source="benchmark.pk")
    metric = serializers.CharField(source="benchmark.metric")
    comparison = serializers.CharField(source="benchmark.comparison")
    threshold = Figure(source="benchmark.threshold")
    unit = serializers.CharField(source="benchmark.unit")
    state = serializers.SerializerMethodField()
    results = ReportRow(many=True)

    def get_state(self, standing: Standing) -> str | None:
        return standing.state or None


class WaitingRow(serializers.Serializer[BenchmarkReport]):
    """A result that waits for the reader to verify it."""

    id = serializers.UUIDField()
    learner = serializers.CharField(source="submission.enrollment.learner.name")
    cohort = serializers.CharField(source="submission.enrollment.cohort.slug")
    project = serializers.CharField(source="submission.project.title")
    attempt = serializers.IntegerField(source="submission.attempt")
    metric = serializers.CharField(source="benchmark.metric")
    comparison = serializers.CharField(source="benchmark.comparison")
    threshold = Figure(source="benchmark.threshold")
    unit = serializers.CharField(source="benchmark.unit")
    value = Figure()
    dataset = serializers.CharField()
    evidence_url = serializers.CharField()
    measured_on = serializers.DateField()
    reported_by = serializers.CharField(source="recorded_by.name")
    reported_at = Instant(source="recorded_at")
    is_mine = serializers.BooleanField()


class ReportBody(Body):
    """`measured_on` is today unless told; `dataset` may be left out for what is counted."""

    benchmark = serializers.UUIDField(error_messages={**MISSING})
    value = Figure()
    evidence_url = Text(max_length=500)
    dataset = Text(required=False, allow_blank=True, max_length=LONGEST_DATASET, default="")
    note = Text(required=False, allow_blank=True, max_length=LONGEST_NOTE, default="")
    measured_on = Day(required=False, default=timezone.localdate)


class VerdictBody(Body):
    """A rejection needs a reason."""

    verified = Flag()
    reason = Text(required=False, allow_blank=True, max_length=LONGEST_NOTE, default="")


@answers("GET", "POST")
@requires(Role.LEARNER)
def benchmarks(request: ApiRequest, organization: str, pk: UUID) -> Response:
    """How one stands with the benchmarks of a project; and reporting a result of the latest attempt."""
    project = get_object_or_404(Project.objects.select_related("level"), pk=pk)
    enrollment = enrollment_of(request.membership, project)
    if enrollment is None:
        raise NotFound
    if request.method == "GET":
        return Response({"benchmarks": rows_of(BenchmarkRow, benchmark_view(project, enrollment))})
    brought = read(request, ReportBody)
    benchmark = next((each for each in results.benchmarks_of([pk]) if each.pk == brought["benchmark"]), None)
    if benchmark is None:
        raise AssessmentError("benchmark_elsewhere", say("This benchmark belongs to another project."))
    submission = results.attempt_to_report_on(project, enrollment)
    if submission is None:
        raise AssessmentError("no_attempt", NO_ATTEMPT)
    made = results.report_benchmark(
        submission=submission, by=request.membership, at=timezone.now(), **{**brought, "benchmark": benchmark}
    )
    return Response(_row(made), status=201)


@answers("GET")
@requires(Role.MENTOR, Role.STAFF)
def waiting(request: ApiRequest, organization: str) -> Response:
    """Results that wait for the reader, those of their own learners first."""
    return page_of(results.to_verify(request.membership), request, WaitingRow)


@answers("POST")
@requires(Role.MENTOR, Role.STAFF)
def judge(request: ApiRequest, organization: str, pk: UUID) -> Response:
    report = get_object_or_404(BenchmarkReport.objects.select_related("submission"), pk=pk)
    brought = read(request, VerdictBody)
    results.judge_benchmark(
        report=report,
        is_verified=brought["verified"],
        reason=brought["reason"],
        by=request.membership,
        at=timezone.now(),
    )
    return Response(_row(report))


def _row(report: BenchmarkReport) -> dict[str, Any]:
    this = next(row for row in reported_rows(report) if row.report.pk == report.pk)
    return dict(ReportRow(this).data)
