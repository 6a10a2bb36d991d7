"""What projects reach on the benchmarks that their curriculum sets: reported with evidence, verified by somebody else.

A report is measured against the benchmark as its version states it, whatever later versions ask. A benchmark is reached
once one verified report reaches it: lower results later, and reports that are rejected, do not undo that. Staff alone
can take a verdict back, by another one with a reason.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.db.models import BooleanField, Case, When
from django.utils import timezone
from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from assessments import benchmark_mails
from assessments import links as web_links
from assessments.carrying import attempts_for
from assessments.errors import AssessmentError
from assessments.models import (
    LARGEST,
    PLACES,
    BenchmarkReport,
    BenchmarkReportQuerySet,
    BenchmarkVerdict,
    Submission,
)
from assessments.submissions import lock
from cohorts.asks import COUNTED
from cohorts.models import Enrollment
from cohorts.touching import touch
from curriculum.models import Benchmark, Project

LONGEST_DATASET = 200
LONGEST_NOTE = 2000
#: A result may be measured so long before the attempt was handed in.
OLDEST = timedelta(days=366)
NO_NUMBER = _("Write a number in digits, with at most six decimals, such as 1500 or 97.2.")
NO_ATTEMPT = _("Hand in an attempt first: a result belongs to the work it was measured on.")
#: Who may report: a learner who is active; reviewers also for who is on leave or has graduated.
WORKS = (Enrollment.Status.ACTIVE,)
STAYS = (Enrollment.Status.ACTIVE, Enrollment.Status.ON_LEAVE, Enrollment.Status.GRADUATED)


# -- reporting ---------------------------------------------------------------------------------------------------------


def report_benchmark(
    *,
    submission: Submission,
    benchmark: Benchmark,
    value: Decimal,
    evidence_url: str,
    dataset: str = "",
    note: str = "",
    measured_on: date,
    by: Membership,
    at: datetime,
) -> BenchmarkReport:
    """Record what an attempt reached, by its maker or a reviewer. It waits until somebody else verifies it.

    Raises AssessmentError: `benchmark_value`, `benchmark_dataset`, `benchmark_evidence` or one about the link,
    `benchmark_day`, `benchmark_elsewhere`, `benchmark_reported`, or as `check_may_report` does.
    """
    value, dataset, note = checked_value(value), dataset.strip(), note.strip()
    if benchmark.unit != COUNTED and not dataset:
        raise AssessmentError("benchmark_dataset", _("Say on which data it was measured, such as the MNIST test set."))
    if len(dataset) > LONGEST_DATASET or len(note) > LONGEST_NOTE:
        raise AssessmentError("benchmark_text", _("Write less: the dataset in 200 characters, the note in 2,000."))
    if not evidence_url.strip():
        raise AssessmentError("benchmark_evidence", _("Add a link to where the result can be seen."))
    url = web_links.normalize(evidence_url)
    with transaction.atomic():
        locked = lock(submission)
        check_may_report(locked, by=by)
        _check_day(measured_on, locked, at)
        if benchmark.project_id != locked.project_id and not locked.carried.filter(project=benchmark.project_id):
            raise AssessmentError("benchmark_elsewhere", _("This benchmark belongs to another project."))
        last = BenchmarkReport.objects.filter(submission=locked, benchmark=benchmark).order_by("-recorded_at", "-pk")
        said = (value, dataset, url, by.pk)
        if any((row.value, row.dataset, row.evidence_url, row.recorded_by_id) == said for row in last[:1]):
            raise AssessmentError("benchmark_reported", _("You reported just this already. Change what is different."))
        made = BenchmarkReport.objects.create(
            submission=locked,
            benchmark=benchmark,
            value=value,
            dataset=dataset,
            evidence_url=url,
            note=note,
            measured_on=measured_on,
            recorded_by=by,
            recorded_at=at,
        )
        touch(locked.enrollment_id)
    return made


def checked_value(value: Decimal) -> Decimal:
    """The value when it can be kept. Raises AssessmentError `benchmark_value` for what is no number, or too exact."""
    if not value.is_finite():
        raise AssessmentError("benchmark_value", NO_NUMBER)
    if abs(value) > LARGEST:
        raise AssessmentError("benchmark_value", _("Write a smaller number: at most twelve digits before the point."))
    if value != round(value, PLACES):
        raise AssessmentError("benchmark_value", _("Round the number to six decimals."))
    return value


def check_may_report(submission: Submission, *, by: Membership) -> None:
    """Raise AssessmentError: `not_yours`, `withdrawn` or `not_active`."""
    is_own = submission.enrollment.learner_id == by.pk
    if not (is_own or by.is_mentor or by.is_staff):
        raise AssessmentError("not_yours", _("Only the learner and who reviews work can report a result."))
    if submission.withdrawn_at is not None:
        raise AssessmentError("withdrawn", _("This attempt was withdrawn. Report results on the next one."))
    if submission.enrollment.status not in (WORKS if is_own else STAYS):
        raise AssessmentError(
            "not_active",
            _("Results are reported while an enrollment is active. Ask program staff to change that."),
        )


def _check_day(day: date, submission: Submission, at: datetime) -> None:
    first = timezone.localdate(submission.submitted_at) - OLDEST
    if not first <= day <= timezone.localdate(at):
        raise AssessmentError(
            "benchmark_day", _("Choose the day it was measured: not ahead, and at most a year before the attempt.")
        )


def attempt_to_report_on(project: Project, enrollment: Enrollment) -> Submission | None:
    """The latest attempt that shows with the project and was not withdrawn."""
    attempts = attempts_for(project.pk, enrollment).filter(withdrawn_at=None)
    return attempts.select_related("enrollment__learner", "project").order_by("-submitted_at", "-attempt").first()


def benchmarks_of(project_ids: Iterable[UUID]) -> list[Benchmark]:
    """What the projects ask, in the order of each."""
    found = Benchmark.objects.filter(project__in=list(project_ids)).select_related("project")
    return list(found.order_by("project__position", "position"))


# -- verifying ---------------------------------------------------------------------------------------------------------


def judge_benchmark(
    *, report: BenchmarkReport, is_verified: bool, reason: str = "", by: Membership, at: datetime
) -> BenchmarkVerdict:
    """Say that a report is right, or reject it with a reason; the learner gets a mail.

    Once judged, staff alone can say otherwise, with a reason. Raises AssessmentError: `benchmark_reason`, or as
    `check_may_verify` does.
    """
    reason = reason.strip()
    if len(reason) > LONGEST_NOTE:
        raise AssessmentError("benchmark_reason", _("Write the reason in at most 2,000 characters."))
    with transaction.atomic():
        locked = lock(report.submission)
        last = check_may_verify(report, locked, by=by)
        if last is not None and last.is_verified == is_verified:
            raise AssessmentError("benchmark_judged", already(last))
        if not reason and (last is not None or not is_verified):
            raise AssessmentError("benchmark_reason", _("Give the reason: the learner reads it and can mend it."))
        made = BenchmarkVerdict.objects.create(
            report=report, is_verified=is_verified, reason=reason, decided_by=by, decided_at=at
        )
        benchmark_mails.tell_judged(made, locked, at=at)
        touch(locked.enrollment_id)
    return made


def check_may_verify(report: BenchmarkReport, submission: Submission, *, by: Membership) -> BenchmarkVerdict | None:
    """The verdict that stands, if any. Raises AssessmentError: `not_a_reviewer`, `own_work`, `own_report`,
    `withdrawn`, `benchmark_replaced`, or `benchmark_judged` for others than staff."""
    if not (by.is_mentor or by.is_staff):
        raise AssessmentError("not_a_reviewer", _("Only mentors and program staff review work."))
    if submission.enrollment.learner_id == by.pk:
        raise AssessmentError("own_work", _("This is your own work. Somebody else reviews it."))
    if report.recorded_by_id == by.pk:
        raise AssessmentError("own_report", _("You reported this result. Somebody else verifies it."))
    if submission.withdrawn_at is not None:
        raise AssessmentError("withdrawn", _("The attempt was withdrawn, so its results do not count."))
    last = report.verdicts.select_related("decided_by").order_by("-decided_at", "-pk").first()
    if last is None and not BenchmarkReport.objects.waiting().filter(pk=report.pk).exists():
        raise AssessmentError("benchmark_replaced", _("A newer result was reported since. Look at that one."))
    if last is not None and not by.is_staff:
        raise AssessmentError("benchmark_judged", already(last))
    return last


def already(verdict: BenchmarkVerdict) -> str:
    words = say("%(name)s has verified this result already.")
    if not verdict.is_verified:
        words = say("%(name)s has rejected this result already.")
    return words % {"name": verdict.decided_by.name}


def to_verify(viewer: Membership) -> BenchmarkReportQuerySet:
    """What waits and this person may judge, their own learners' first, then the longest waiting."""
    mine = Case(When(submission__enrollment__mentor=viewer, then=True), default=False, output_field=BooleanField())
    found = (
        BenchmarkReport.objects.waiting()
        .filter(submission__enrollment__status__in=STAYS)
        .exclude(submission__enrollment__learner=viewer)
        .exclude(recorded_by=viewer)
    )
    return found.with_people().annotate(is_mine=mine).order_by("-is_mine", "recorded_at", "pk")
