"""Results of automated tests as GitHub's webhooks tell them: `workflow_run`, `check_suite` and `status`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from assessments.automated_tests import Source
from assessments.errors import AssessmentError
from assessments.host_accounts import is_of_account
from assessments.links import normalize
from assessments.models import AutomatedTest, HostAccount, Submission, SubmissionLink
from assessments.repositories import SHA, key_of
from assessments.repository_facts import state_of
from cohorts.touching import touch

#: Events that say how tests went, and where in the body each says it.
EVENTS = ("workflow_run", "check_suite", "status")


class Unreadable(AssessmentError):
    """A signed message that is not what its event promises."""


@dataclass(frozen=True, kw_only=True)
class Result:
    """What one message says."""

    repository: str
    commit: str
    state: str
    name: str
    evidence_url: str
    reported_at: datetime


def read_result(event: str, body: Any, *, at: datetime) -> Result | None:
    """What the message says; None when it says nothing of how tests went. Raises Unreadable."""
    try:
        match event:
            case "workflow_run" | "check_suite":
                about: Mapping[str, Any] = body[event]
                commit, told = about["head_sha"], about.get("conclusion") or about.get("status") or ""
                name = about["name"] if event == "workflow_run" else about["app"]["name"]
                url, moment = about.get("html_url") or "", about.get("updated_at")
            case "status":
                commit, told, name = body["sha"], body["state"], body["context"]
                url, moment = body.get("target_url") or "", body.get("updated_at")
            case _:
                return None
        state = state_of([str(told)])
        repository = key_of(normalize(str(body["repository"]["html_url"]), repository=True))
        if not SHA.fullmatch(commit):
            raise ValueError
    except (LookupError, TypeError, AttributeError, ValueError, AssessmentError):
        raise Unreadable(
            "unreadable_event", _("The body is not what this event has in GitHub’s format. Send it as GitHub does.")
        ) from None
    if not state:
        return None
    return Result(
        repository=repository,
        commit=commit.lower(),
        state=state,
        name=str(name or "")[:200],
        evidence_url=_link(str(url)),
        reported_at=min(_moment(moment) or at, at),
    )


def record_result(result: Result, *, delivery: str) -> AutomatedTest | None:
    """Keep what a webhook told; None when that delivery was kept before.

    Raises AssessmentError `unknown_repository` for one that nobody here has to do with.
    """
    if AutomatedTest.objects.filter(delivery=delivery).exists():
        return None
    learners = _learners_with(result.repository)
    if not learners and not _owner_is_known(result.repository):
        raise AssessmentError(
            "unknown_repository",
            _("Nobody here has handed in work from this repository, or stated its owner as their account."),
        )
    try:
        with transaction.atomic():
            report = AutomatedTest.objects.create(**vars(result), source=Source.WEBHOOK, delivery=delivery)
    except IntegrityError:  # the same delivery, a moment ago
        return None
    touch(*learners)
    return report


def _learners_with(repository: str) -> list[Any]:
    """The enrollments in which somebody handed in work from that repository."""
    here = Q()
    for scheme in ("https", "http"):
        address = f"{scheme}://{repository}"
        here |= Q(normalized_url__iexact=address) | Q(normalized_url__istartswith=f"{address}/")
    links = SubmissionLink.objects.filter(here, kind=SubmissionLink.Kind.REPOSITORY)
    attempts = Submission.objects.filter(links__in=links).order_by()
    return list(attempts.values_list("enrollment", flat=True).distinct())


def _owner_is_known(repository: str) -> bool:
    """Whether somebody states the owner as their account: tests often end before the work is handed in."""
    host, _slash, path = repository.partition("/")
    owner = path.rpartition("/")[0]
    stated = HostAccount.objects.filter(host=host).order_by("membership", "-stated_at", "-id").distinct("membership")
    return any(account.name and is_of_account(owner, account.name) for account in stated)


def _link(url: str) -> str:
    try:
        return normalize(url)
    except AssessmentError:
        return ""


def _moment(words: Any) -> datetime | None:
    try:
        moment = parse_datetime(str(words or ""))
    except ValueError:
        return None
    return moment.replace(tzinfo=moment.tzinfo or UTC) if moment else None
