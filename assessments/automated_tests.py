"""Automated tests: how those of a handed-in commit went, as a webhook, the repository's host or a reviewer told.

Every report is a row of its own. Of a webhook's only those count whose name is that of a test (`named_tests`). Of one
source the latest report of each name counts, and the source that spoke last is believed: a reviewer who recorded a
result until a machine reports anew.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from assessments import links as web_links
from assessments.errors import AssessmentError
from assessments.models import (
    AutomatedTest,
    AutomatedTestPolicy,
    AutomatedTestState,
    RepositoryLook,
    Submission,
    SubmissionLink,
)
from assessments.named_tests import is_test_by, patterns_in_force
from assessments.repositories import SHA, Repository, key_of, repository_of
from cohorts.touching import touch

Source = AutomatedTest.Source
State = AutomatedTestState


@dataclass(frozen=True, kw_only=True)
class Commit:
    """The commit of an attempt: of which repository, and its number, perhaps only the beginning of it."""

    repository: str
    number: str

    def __contains__(self, report: AutomatedTest) -> bool:
        return report.repository == self.repository and report.commit.startswith(self.number)


def commit_of(submission: Submission) -> Commit | None:
    """Which commit was handed in; None when nobody knows. Takes a submission with its links and their looks.

    A tag, and the last commit where none was named, is told by the repository's host. That is the first commit that it
    told: what is pushed later was not handed in.
    """
    link = next((link for link in submission.links.all() if link.kind == SubmissionLink.Kind.REPOSITORY), None)
    if link is None:
        return None
    repository = repository_of(link.normalized_url)
    named = (submission.commit or (repository.ref if repository else "")).strip().lower()
    told = [look.commit for look in link.looks.all() if look.commit]
    number = told[-1] if told else named if SHA.fullmatch(named) else ""
    return Commit(repository=key_of(link.normalized_url), number=number.lower()) if number else None


def reports_on(
    submissions: Collection[Submission], *, until: datetime | None = None
) -> dict[UUID, list[AutomatedTest]]:
    """What was reported on the tests of each attempt's commit, by attempt, in the order of recording. Two queries."""
    commits = {submission.pk: commit_of(submission) for submission in submissions}
    about = Q(submission__in=list(commits))
    for known in {commit for commit in commits.values() if commit is not None}:
        about |= Q(submission=None, repository=known.repository, commit__startswith=known.number)
    rows = AutomatedTest.objects.filter(about).select_related("recorded_by").order_by("recorded_at", "id")
    if until is not None:
        rows = rows.filter(recorded_at__lt=until)
    found: dict[UUID, list[AutomatedTest]] = defaultdict(list)
    told = list(rows) if commits else []
    is_test = is_test_by(patterns_in_force()) if any(row.source == Source.WEBHOOK for row in told) else bool
    for row in told:
        if row.source == Source.WEBHOOK and not is_test(row.name):
            continue
        for pk, commit in commits.items():
            if row.submission_id == pk or (row.submission_id is None and commit is not None and row in commit):
                found[pk].append(row)
    return found


def state_of(reports: Iterable[AutomatedTest]) -> tuple[str, list[AutomatedTest]]:
    """How the tests stand, empty when nobody told; and the reports that say so."""
    latest: dict[str, dict[str, AutomatedTest]] = defaultdict(dict)
    for report in sorted(reports, key=lambda row: (row.reported_at, row.pk)):
        latest[report.source][report.name] = report
    if not latest:
        return "", []
    told = max(
        (list(named.values()) for named in latest.values()), key=lambda rows: max(row.reported_at for row in rows)
    )
    states = {report.state for report in told}
    return next(state.value for state in (State.FAILED, State.RUNNING, State.PASSED) if state in states), told


def ever_passed(reports: Sequence[AutomatedTest]) -> AutomatedTest | None:
    """The report with which the tests stood as passed for the first time. What is reported later does not undo that."""
    for end, report in enumerate(reports, start=1):
        if state_of(reports[:end])[0] == State.PASSED:
            return report
    return None


def record_by_hand(
    *, submission: Submission, state: str, evidence_url: str, by: Membership, at: datetime
) -> AutomatedTest:
    """A reviewer saw how the tests of an attempt went, at an address where others can see it too.

    Raises AssessmentError.
    """
    if by.pk == submission.enrollment.learner_id or not (by.is_staff or by.is_mentor):
        raise AssessmentError("own_tests", _("Somebody else who reviews work has to record how your tests went."))
    if state not in (State.PASSED, State.FAILED):
        raise AssessmentError("tests_state", _("Choose whether the tests passed or failed."))
    if not evidence_url.strip():
        raise AssessmentError("tests_evidence", _("Add a link to where the result can be seen."))
    commit = commit_of(submission)
    report = AutomatedTest.objects.create(
        repository=commit.repository if commit else "",
        commit=commit.number if commit else "",
        state=state,
        source=Source.BY_HAND,
        evidence_url=web_links.normalize(evidence_url),
        submission=submission,
        recorded_by=by,
        reported_at=at,
    )
    touch(submission.enrollment_id)
    return report


def record_of_host(repository: Repository, look: RepositoryLook) -> AutomatedTest | None:
    """Keep what the repository's host told of a commit's tests, where that is news; `look` has it."""
    before = AutomatedTest.objects.filter(source=Source.HOST, repository=repository.key, commit=look.commit)
    latest = before.order_by("-reported_at", "-id").first()
    if latest is not None and latest.state == look.tests_state:
        return None
    return AutomatedTest.objects.create(
        repository=repository.key,
        commit=look.commit,
        state=look.tests_state,
        source=Source.HOST,
        reported_at=look.looked_at,
    )


# -- who asks for them -------------------------------------------------------------------------------------------------


def asked_from() -> date | None:
    """The day from which on cohorts have to start for their gates to ask for automated tests; None asks nowhere."""
    policy = AutomatedTestPolicy.objects.order_by("-recorded_at", "-id").first()
    return policy.asked_from if policy else None


def ask_from(*, day: date | None, by: Membership, today: date) -> AutomatedTestPolicy:
    """Let the gates of cohorts that start on that day or later ask for automated tests, or none.

    Raises AssessmentError for a day that has passed: no gate of a cohort that runs asks for more than it did.
    """
    if day is not None and day <= today:
        raise AssessmentError(
            "policy_in_the_past",
            _("Choose a day to come: the gates of cohorts that have started ask for no more than they did."),
        )
    with transaction.atomic():
        return AutomatedTestPolicy.objects.create(asked_from=day, recorded_by=by)


def states_of(submissions: Sequence[Submission]) -> Mapping[UUID, tuple[str, list[AutomatedTest]]]:
    """How the tests of each attempt stand, and the reports that say so. Two queries."""
    reports = reports_on(submissions)
    return {submission.pk: state_of(reports.get(submission.pk, ())) for submission in submissions}
