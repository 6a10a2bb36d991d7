"""What became of a submission's links: looked at in the background, each look a fact of its own."""

from datetime import datetime
from functools import partial
from uuid import UUID

from celery import current_app
from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from assessments.link_guard import Guard
from assessments.models import LinkCheck, Submission, SubmissionLink
from organizations.scope import required_organization_id

DETAILS: dict[str, str | Promise] = {
    "timeout": _("it took too long to answer"),
    "unknown_host": _("there is no such address"),
    "no_answer": _("nothing answered"),
    "tls": _("its certificate is not valid"),
    "too_many_redirects": _("it redirects too often"),
    "bad_redirect": _("it redirects to something that is no link"),
    "private_address": _("it leads to a private network"),
    "link_private": _("it leads to a private network"),
    "http_401": _("it asks to sign in"),
    "http_403": _("it does not let us in"),
    "http_404": _("there is no such page, or it is private"),
    "http_410": _("the page was removed"),
    "http_429": _("it had too many visitors"),
}


def queue_check(submission: Submission) -> None:
    """Have the links looked at once the running transaction has been committed."""
    # By name: the task stands above this module. The header is settled now: the scope may be gone by the commit.
    send = partial(
        current_app.send_task,
        "assessments.tasks.check_links",
        args=[str(submission.pk)],
        headers={"organization_id": str(required_organization_id())},
    )
    transaction.on_commit(lambda: send(), robust=True)


def check_links(*, submission_id: UUID, at: datetime, guard: Guard | None = None) -> list[LinkCheck]:
    """Look at every link of a submission and record what it answered."""
    guard = guard or Guard()
    links = SubmissionLink.objects.filter(submission=submission_id).order_by("id")
    answers = [(link, guard.look(link.normalized_url)) for link in links]
    return LinkCheck.objects.bulk_create(
        LinkCheck(link=link, outcome=answer.outcome, detail=answer.detail, checked_at=at) for link, answer in answers
    )


def explain(check: LinkCheck) -> str:
    """Why a link could not be opened, as the end of a sentence; empty for one that could."""
    if check.outcome == LinkCheck.Outcome.REACHABLE:
        return ""
    if words := DETAILS.get(check.detail):
        return str(words)
    if check.detail.startswith("http_"):
        return str(_("it answered with error %(number)s")) % {"number": check.detail.removeprefix("http_")}
    return str(LinkCheck.Outcome(check.outcome).label).lower()
