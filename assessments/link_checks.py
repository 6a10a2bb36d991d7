"""What became of the links of handed-in work: looked at in the background, each look a fact of its own.

A link is opened as anybody would open it (`link_guard`), and a repository's host is asked about it (`host_api`). Both
again every month for as long as it matters.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from time import monotonic
from typing import Any
from uuid import UUID

from celery import current_app
from django.core.cache import cache
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext_lazy as _

from assessments.automated_tests import record_of_host
from assessments.errors import AssessmentError
from assessments.host_api import HostApi, Missing, Unknown, configured_web
from assessments.link_guard import Answer, Guard
from assessments.models import LinkCheck, RepositoryLook, Review, Submission, SubmissionLink
from assessments.named_tests import is_test_by, patterns_in_force
from assessments.repositories import Repository, hosts, repository_of
from assessments.repository_facts import read_facts
from cohorts.models import Enrollment, EnrollmentEvent
from organizations.public_web import PublicWeb
from organizations.scope import required_organization_id, scope, without_scope

AGAIN_AFTER = timedelta(days=30)
#: How long work matters once its maker has graduated: as long as outcomes are asked after.
AFTER_GRADUATION = timedelta(days=365)
#: Until then a new attempt's own look may still be under way.
LOOK_ON_SUBMIT = timedelta(minutes=15)
#: How soon somebody may ask for another look.
SOONEST_AGAIN = timedelta(minutes=10)
#: Seconds in which nobody else looks at a link that is being looked at.
CLAIM = 300
#: What one organization takes of a worker at a time: links, and seconds.
TURN, TURN_SECONDS = 100, 300.0
#: When to ask again after no answer; what is not here waits for its month.
RETRIES = {"token_refused": timedelta(days=1), "unreadable": timedelta(days=7), "forbidden": None, "bad_redirect": None}
RETRY = timedelta(hours=6)
Status = Enrollment.Status


@dataclass(frozen=True, kw_only=True)
class Question:
    """A link to look at; of a repository also which, the commit that was handed in, and what is known already."""

    link: UUID
    url: str
    repository: Repository | None = None
    ref: str = ""
    known: dict[str, Any] = field(default_factory=dict)
    #: How checks that are tests are called in the organization.
    test_names: Sequence[str] = ()


def queue_check(submission: Submission) -> None:
    """Have the links looked at once the running transaction has been committed."""
    # By name: the task stands above this module. The organization is settled now: the scope may be gone by the commit.
    send = partial(
        current_app.send_task,
        "assessments.tasks.check_links",
        args=[str(required_organization_id()), str(submission.pk)],
    )
    transaction.on_commit(lambda: send(), robust=True)


def look_again(*, submission: Submission, at: datetime) -> None:
    """Have the links of an attempt looked at once more. Raises AssessmentError `looked_just_now`."""
    links = SubmissionLink.objects.filter(submission=submission)
    looked = LinkCheck.objects.filter(link__in=links, checked_at__gt=at - SOONEST_AGAIN).exists()
    # What was asked for may still wait for a worker.
    if looked or not cache.add(f"look-again:{submission.pk}", 1, SOONEST_AGAIN.total_seconds()):
        raise AssessmentError(
            "looked_just_now",
            _("These links were looked at less than ten minutes ago. Wait a little, then ask again."),
        )
    queue_check(submission)


@without_scope
def check_submission(
    *,
    organization_id: UUID,
    submission_id: UUID,
    at: datetime,
    guard: Guard | None = None,
    web: PublicWeb | None = None,
) -> int:
    """Look at every link of a submission and record what it answered; how many that were."""
    with scope(organization_id):
        questions = _questions(SubmissionLink.objects.filter(submission=submission_id).order_by("id"))
    return _look_at(questions, organization_id, clock=lambda: at, guard=guard, web=web)


@without_scope
def check_what_is_due(
    *, organization_id: UUID, clock: Callable[[], datetime], guard: Guard | None = None, web: PublicWeb | None = None
) -> int:
    """Look at the organization's links that were not looked at for a month, the longest waiting first, for one turn.

    What is left waits for the next. Running twice looks twice at nothing.
    """
    with scope(organization_id):
        questions = _questions(due_links(at=clock())[:TURN])
    return _look_at(questions, organization_id, clock=clock, guard=guard, web=web)


def due_links(*, at: datetime) -> QuerySet[SubmissionLink]:
    """Links of work that still matters, that are to be looked at by now: the longest waiting first.

    Undecided or passed work of people who are still in, and of graduates for a year.
    """
    verdicts = Review.objects.final().filter(submission=OuterRef("submission"))
    graduated = EnrollmentEvent.objects.filter(
        enrollment=OuterRef("submission__enrollment"),
        to_status=Status.GRADUATED,
        effective_on__gt=(at - AFTER_GRADUATION).date(),
    )
    checks = LinkCheck.objects.filter(link=OuterRef("pk")).order_by("-checked_at", "-id")
    looks = RepositoryLook.objects.filter(link=OuterRef("pk")).order_by("-looked_at", "-id")
    before = at - AGAIN_AFTER
    at_known_host = Q(pk=None)
    for name in hosts():
        at_known_host |= Q(normalized_url__startswith=f"https://{name}/")
    return (
        SubmissionLink.objects.filter(submission__withdrawn_at=None, submission__submitted_at__lte=at - LOOK_ON_SUBMIT)
        .filter(
            Q(submission__enrollment__status__in=[Status.ENROLLED, Status.ACTIVE, Status.ON_LEAVE])
            | Q(submission__enrollment__status=Status.GRADUATED) & Exists(graduated)
        )
        .filter(~Exists(verdicts) | Exists(verdicts.filter(verdict=Review.Verdict.PASS)))
        .annotate(
            last_check=Subquery(checks.values("checked_at")[:1]),
            last_look=Subquery(looks.values("looked_at")[:1]),
            retry_at=Subquery(looks.values("retry_at")[:1]),
        )
        .filter(
            Q(last_check=None)
            | Q(last_check__lte=before)
            | Q(kind=SubmissionLink.Kind.REPOSITORY)
            & at_known_host
            & (Q(last_look=None) | Q(last_look__lte=before) | Q(retry_at__lte=at))
        )
        .order_by(F("last_check").asc(nulls_first=True), "id")
    )


def _questions(links: Iterable[SubmissionLink] | QuerySet[SubmissionLink]) -> list[Question]:
    if isinstance(links, QuerySet):
        links = links.select_related("submission")
    found = list(links)
    looks = RepositoryLook.objects.filter(link__in=[link.pk for link in found])
    known = dict(looks.order_by("link", "-looked_at", "-id").distinct("link").values_list("link", "answers"))
    questions, names = [], patterns_in_force()
    for link in found:
        is_repository = link.kind == SubmissionLink.Kind.REPOSITORY
        repository = repository_of(link.normalized_url) if is_repository else None
        ref = link.submission.commit or repository.ref if repository else ""
        questions.append(
            Question(
                link=link.pk,
                url=link.normalized_url,
                repository=repository,
                ref=ref,
                known=known.get(link.pk, {}),
                test_names=names,
            )
        )
    return questions


def _look_at(
    questions: Sequence[Question],
    organization_id: UUID,
    *,
    clock: Callable[[], datetime],
    guard: Guard | None,
    web: PublicWeb | None,
) -> int:
    """Ask outside any transaction, and record each answer in one of its own: the network may take its time."""
    guard, web, until, looked = guard or Guard(), web or configured_web(), monotonic() + TURN_SECONDS, 0
    for question in questions:
        if monotonic() > until:
            break
        if not cache.add(f"look:{question.link}", 1, CLAIM):
            continue
        try:
            at = clock()
            answer, look = guard.look(question.url), _ask_host(question, at, web)
            with scope(organization_id):
                _record(question, answer, look, at)
            looked += 1
        finally:
            cache.delete(f"look:{question.link}")
    return looked


def _ask_host(question: Question, at: datetime, web: PublicWeb) -> RepositoryLook | None:
    """What the host tells; None where there is none to ask, or none that wants to be asked now."""
    if question.repository is None:
        return None
    host = question.repository.host
    left_alone = f"repository-host:{host.name}"
    if (until := cache.get(left_alone)) and at < until:
        return None
    api = HostApi(host=host, at=at, known=question.known, web=web)
    look = RepositoryLook(link_id=question.link, looked_at=at)
    try:
        is_test = is_test_by(question.test_names)
        facts = read_facts(question.repository, ref=question.ref, api=api, is_test=is_test)
    except Missing:
        look.outcome = RepositoryLook.Outcome.MISSING
    except Unknown as unknown:
        look.outcome, look.detail = RepositoryLook.Outcome.UNKNOWN, unknown.code
        wait = RETRIES.get(unknown.code, RETRY)
        look.retry_at = unknown.retry_at or (at + wait if wait else None)
        if unknown.retry_at:
            cache.set(left_alone, unknown.retry_at, (unknown.retry_at - at).total_seconds())
    else:
        look.outcome = RepositoryLook.Outcome.FOUND
        for name, value in vars(facts).items():
            setattr(look, name, value)
    # What was answered on the way to a refusal need not be asked again either.
    look.answers = {**question.known, **api.answers} if look.outcome == RepositoryLook.Outcome.UNKNOWN else api.answers
    return look


def _record(question: Question, answer: Answer, look: RepositoryLook | None, at: datetime) -> None:
    LinkCheck.objects.create(
        link_id=question.link,
        outcome=answer.outcome,
        detail=answer.detail,
        final_url=answer.final_url,
        checked_at=at,
    )
    if look is None or question.repository is None:
        return
    look.organization_id = required_organization_id()
    look.save()
    if look.tests_state:
        record_of_host(question.repository, look)
