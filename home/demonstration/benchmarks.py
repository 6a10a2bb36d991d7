"""What the demonstration's learners reached on the benchmarks of their projects, and what was said of it."""

import random
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal

from accounts.models import Membership
from assessments.models import BenchmarkReport, BenchmarkVerdict, Submission
from cohorts.asks import COUNTED
from curriculum.models import Benchmark
from home.demonstration.story import SEED
from organizations.models import TenantModel

#: Shares of results that fall short, that were first rejected, and, of the last days, that wait to be verified.
SHORT, REJECTED, WAITING = 0.06, 0.12, 0.5
RECENT = timedelta(days=14)
TEST_SET = "the test set, put apart before anything was fitted"
REJECTION = "The log is of the training set. Measure on the test set, and link to that run."


def results_of(
    submission: Submission,
    benchmarks: Iterable[Benchmark],
    evidence: str,
    *,
    decided_at: datetime | None,
    verifier: Membership | None,
    until: datetime,
) -> Iterator[TenantModel]:
    """A result on each benchmark an hour after the attempt, a rejected one before it where it was measured wrongly."""
    for benchmark in benchmarks:
        dice = random.Random(f"{SEED} benchmark {evidence} {benchmark.position}")
        at = submission.submitted_at + timedelta(hours=1)
        if decided_at is not None and dice.random() < REJECTED:
            first = _report(submission, benchmark, evidence, _value(benchmark, dice, falls_short=False), at)
            yield first
            yield _verdict(first, verifier, at + timedelta(hours=20), reason=REJECTION)
            at += timedelta(hours=23)
        value = _value(benchmark, dice, falls_short=dice.random() < SHORT)
        report = _report(submission, benchmark, evidence, value, at)
        yield report
        if decided_at is not None and not (decided_at > until - RECENT and dice.random() < WAITING):
            yield _verdict(report, verifier, max(decided_at, at + timedelta(hours=1)))


def _value(benchmark: Benchmark, dice: random.Random, *, falls_short: bool) -> Decimal:
    """Near the threshold: whole for what is counted, in tenths for the rest."""
    if benchmark.unit == COUNTED:
        by = Decimal(dice.randint(1, 3) if falls_short else dice.randint(0, 6))
    else:
        by = Decimal(dice.randint(1, 20) if falls_short else dice.randint(0, 24)) / 10
    better = (benchmark.comparison == Benchmark.Comparison.AT_LEAST) != falls_short
    return benchmark.threshold + by if better else max(benchmark.threshold - by, Decimal(0))


def _report(
    submission: Submission, benchmark: Benchmark, evidence: str, value: Decimal, at: datetime
) -> BenchmarkReport:
    return BenchmarkReport(
        submission=submission,
        benchmark=benchmark,
        value=value,
        dataset="" if benchmark.unit == COUNTED else TEST_SET,
        evidence_url=f"{evidence}/actions",
        measured_on=submission.submitted_at.date(),
        recorded_by=submission.enrollment.learner,
        recorded_at=at,
    )


def _verdict(report: BenchmarkReport, by: Membership | None, at: datetime, *, reason: str = "") -> BenchmarkVerdict:
    return BenchmarkVerdict(report=report, is_verified=not reason, reason=reason, decided_by=by, decided_at=at)
