from decimal import Decimal
from typing import ClassVar, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q, Subquery
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from assessments.benchmark_words import value_words, words_of
from assessments.models.submission import Submission
from curriculum.models import Benchmark
from organizations.models import AppendOnlyModel, TenantForeignKey, TenantManager

#: Results lie between the two, in millionths.
LARGEST = Decimal(10) ** 12 - 1
PLACES = 6


class BenchmarkReportQuerySet(models.QuerySet["BenchmarkReport"]):
    def standing(self) -> Self:
        """Of attempts that were not withdrawn."""
        return self.filter(submission__withdrawn_at=None)

    def waiting(self) -> Self:
        """Those that nobody has judged, and in place of which no newer one was reported."""
        newer = BenchmarkReport.objects.filter(
            Q(recorded_at__gt=OuterRef("recorded_at")) | Q(recorded_at=OuterRef("recorded_at"), pk__gt=OuterRef("pk")),
            submission=OuterRef("submission"),
            benchmark=OuterRef("benchmark"),
        )
        judged = BenchmarkVerdict.objects.filter(report=OuterRef("pk"))
        return self.standing().filter(~Exists(judged), ~Exists(newer))

    def with_verdict(self, **until: object) -> Self:
        """`is_verified` is what the last verdict says, None where there is none; `until` narrows the verdicts."""
        latest = BenchmarkVerdict.objects.filter(report=OuterRef("pk"), **until).order_by("-decided_at", "-pk")
        return self.annotate(is_verified=Subquery(latest.values("is_verified")[:1]))

    def with_people(self) -> Self:
        """With what a page shows of each: the benchmark, the attempt and its learner, who reported it."""
        return self.select_related(
            "benchmark", "recorded_by", "submission__project__level", "submission__enrollment__learner",
            "submission__enrollment__cohort",
        )  # fmt: skip


BenchmarkReportManager = TenantManager.from_queryset(BenchmarkReportQuerySet)


class BenchmarkReport(AppendOnlyModel):
    """What an attempt reached on a benchmark of its project, as somebody measured it. A correction is another row.

    The threshold is that of the benchmark, which belongs to a published version and never changes. The project of the
    benchmark is that of the attempt, or one with which the attempt shows since its maker went over to another version.
    """

    submission = TenantForeignKey(Submission, models.CASCADE, related_name="benchmark_reports")
    benchmark = TenantForeignKey(Benchmark, models.PROTECT, related_name="+")
    value = models.DecimalField(max_digits=18, decimal_places=PLACES)
    #: On which data it was measured; empty for what is counted.
    dataset = models.CharField(_("dataset"), max_length=200, blank=True)
    evidence_url = models.URLField(max_length=500)
    note = models.TextField(_("note"), blank=True)
    measured_on = models.DateField()
    recorded_by = TenantForeignKey(Membership, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    objects: "ClassVar[BenchmarkReportManager[BenchmarkReport]]" = BenchmarkReportManager()

    class Meta(AppendOnlyModel.Meta):
        constraints = [
            # Of all numbers PostgreSQL holds NaN for the largest: a range leaves it out.
            models.CheckConstraint(condition=Q(value__range=(-LARGEST, LARGEST)), name="benchmark_value_is_a_number"),
            models.CheckConstraint(condition=~Q(evidence_url=""), name="benchmark_report_has_evidence"),
        ]
        indexes = [
            models.Index(fields=["organization", "submission", "benchmark", "-recorded_at"], name="benchmark_latest"),
            models.Index(fields=["organization", "recorded_at"], name="benchmark_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.benchmark}: {self.value}"

    @property
    def is_reached(self) -> bool:
        """Whether the value is at least, or at most, what the benchmark asks."""
        if self.benchmark.comparison == Benchmark.Comparison.AT_LEAST:
            return bool(self.value >= self.benchmark.threshold)
        return bool(self.value <= self.benchmark.threshold)

    @property
    def asked_words(self) -> str:
        return words_of(self.benchmark)

    @property
    def value_words(self) -> str:
        return value_words(self.benchmark, self.value)


class BenchmarkVerdict(AppendOnlyModel):
    """Somebody looked at the evidence of a report and found it right, or rejected it with a reason.

    Of several about one report the last counts. Neither the learner nor whoever reported it may: the database refuses.
    """

    report = TenantForeignKey(BenchmarkReport, models.CASCADE, related_name="verdicts")
    is_verified = models.BooleanField()
    reason = models.TextField(_("reason"), blank=True)
    decided_by = TenantForeignKey(Membership, models.PROTECT, related_name="+")
    decided_at = models.DateTimeField()

    class Meta(AppendOnlyModel.Meta):
        constraints = [
            models.CheckConstraint(condition=Q(is_verified=True) | ~Q(reason=""), name="benchmark_rejected_with_reason")
        ]
        indexes = [models.Index(fields=["organization", "report", "-decided_at"], name="benchmark_verdict_latest")]
