"""What is known of the links of an attempt, in words: each fact with the tone and the icon that goes with it.

What is not known is said to be not known, and never made into a failure.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _

from assessments.automated_tests import commit_of, states_of
from assessments.host_accounts import is_of_account
from assessments.models import AutomatedTest, HostAccount, LinkCheck, RepositoryLook, Submission, SubmissionLink
from assessments.repositories import repository_of
from assessments.repository_facts import OTHER

Outcome = LinkCheck.Outcome
Looked = RepositoryLook.Outcome
#: An attempt's own look comes within minutes; after this long it is worth asking for.
SOON = timedelta(minutes=10)
LINK_ICONS = {
    "repository": "git-branch",
    "deployment": "external-link",
    "article": "file-text",
    "notebook": "book-open",
    "video": "play",
    "paper": "file-text",
}
ICONS = {"ok": "circle-check", "warn": "triangle-alert", "info": "info", "": "circle-question-mark"}
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
SILENCES: dict[str, str | Promise] = {
    "limited": _("%(host)s was asked too often and told us to wait"),
    "token_refused": _("%(host)s does not accept the token of this installation"),
    "forbidden": _("%(host)s does not let us see this repository"),
}
STATES: dict[str, tuple[str, str, str | Promise]] = {
    "passed": ("ok", "circle-check", _("The automated tests passed")),
    "failed": ("warn", "triangle-alert", _("The automated tests failed")),
    "running": ("info", "hourglass", _("The automated tests are running")),
    "": ("", "circle-question-mark", _("Nobody has told how the automated tests went")),
}


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One thing that is known, or not. `tone` is ok, warn, info or empty for not known."""

    tone: str
    text: str
    icon: str = ""
    url: str = ""

    @property
    def drawn(self) -> str:
        return self.icon or ICONS[self.tone]

    @property
    def css(self) -> str:
        return "ok-text" if self.tone == "ok" else ""


@dataclass(frozen=True)
class Beside:
    """What stands in other tables about attempts: how their tests went, and the accounts their learners stated."""

    tests: Mapping[UUID, tuple[str, list[AutomatedTest]]]
    accounts: Mapping[tuple[UUID, str], str]

    def account(self, submission: Submission, host: str) -> str:
        return self.accounts.get((submission.enrollment_id, host), "")


def beside(attempts: Sequence[Submission]) -> Beside:
    """For many attempts at once. Two queries. Takes attempts `with_feedback`."""
    rows = (
        HostAccount.objects.filter(membership__enrollments__in={attempt.enrollment_id for attempt in attempts})
        .order_by("membership__enrollments", "host", "-stated_at", "-id")
        .distinct("membership__enrollments", "host")
        .values_list("membership__enrollments", "host", "name")
    )
    return Beside(states_of(attempts), {(enrollment, host): name for enrollment, host, name in rows})


def describe(link: SubmissionLink, submission: Submission, known: Beside, *, at: datetime) -> dict[str, Any]:
    """A link as the pages show it, with all `facts` about it. Takes one of an attempt `with_feedback`."""
    checks: list[LinkCheck] = list(link.checks.all())
    check = checks[0] if checks else None
    return {
        "kind": link.get_kind_display(),
        "icon": LINK_ICONS[link.kind],
        "url": link.normalized_url,
        "shown": link.normalized_url.partition("://")[2].removesuffix("/"),
        "checked_at": check.checked_at if check else None,
        "is_reachable": check is not None and check.outcome == Outcome.REACHABLE,
        "problem": explain(check) if check and check.outcome != Outcome.UNKNOWN else "",
        "facts": [*_opening(checks), *_repository(link, submission, known, at)],
    }


def explain(check: LinkCheck) -> str:
    """Why a link could not be opened, as the end of a sentence; empty for one that could."""
    if check.outcome == Outcome.REACHABLE:
        return ""
    if words := DETAILS.get(check.detail):
        return str(words)
    if check.detail.startswith("http_"):
        return say("it answered with error %(number)s") % {"number": check.detail.removeprefix("http_")}
    return str(Outcome(check.outcome).label).lower()


def can_look_again(submission: Submission, *, at: datetime) -> bool:
    """Whether it is long enough ago that the links were looked at. Takes an attempt `with_feedback`."""
    if submission.withdrawn_at is not None:
        return False
    looked = [check.checked_at for link in submission.links.all() for check in link.checks.all()]
    return max([*looked, submission.submitted_at]) < at - SOON


def tests_fact(state: str, told: Sequence[AutomatedTest]) -> Fact:
    """How the automated tests of an attempt stand, by whom that was told, and since when."""
    tone, icon, words = STATES[state]
    if not told:
        return Fact(tone=tone, icon=icon, text=f"{words}.")
    last = max(told, key=lambda report: report.reported_at)
    told_by = {"day": _day(last.reported_at), "what": words, "source": _source(last)}
    return Fact(tone=tone, icon=icon, text=say("%(what)s: %(source)s, %(day)s.") % told_by, url=last.evidence_url)


def _source(report: AutomatedTest) -> str:
    match report.source:
        case AutomatedTest.Source.BY_HAND if report.recorded_by is not None:
            return say("recorded by %(name)s") % {"name": report.recorded_by.name}
        case AutomatedTest.Source.HOST:
            return say("told by %(host)s") % {"host": report.repository.partition("/")[0]}
    return say("told by the webhook “%(name)s”") % {"name": report.name} if report.name else say("told by a webhook")


def _opening(checks: Sequence[LinkCheck]) -> Iterator[Fact]:
    """Whether the link opens and since when, the newest look first."""
    if not checks:
        yield Fact(tone="", icon="hourglass", text=say("Not looked at yet."))
        return
    latest = checks[0]
    if latest.outcome == Outcome.UNKNOWN:
        words = {"problem": explain(latest), "day": _day(latest.checked_at)}
        yield Fact(tone="", text=say("On %(day)s we could not tell whether it opens: %(problem)s.") % words)
        latest = next((check for check in checks if check.outcome != Outcome.UNKNOWN), latest)
        if latest.outcome == Outcome.UNKNOWN:
            return
    same = latest
    for check in checks[checks.index(latest) :]:
        if check.outcome not in (latest.outcome, Outcome.UNKNOWN):
            break
        same = check if check.outcome == latest.outcome else same
    words = {"since": _day(same.checked_at), "problem": explain(latest), "last": _day(latest.checked_at)}
    if latest.outcome == Outcome.REACHABLE:
        yield Fact(tone="ok", text=say("Opens: since %(since)s, last looked at on %(last)s.") % words)
    else:
        text = say("Does not open: %(problem)s. Since %(since)s, last looked at on %(last)s.")
        yield Fact(tone="warn", text=text % words)
    if latest.final_url:
        yield Fact(tone="info", text=say("Leads on to %(address)s.") % {"address": latest.final_url})


def _repository(link: SubmissionLink, submission: Submission, known: Beside, at: datetime) -> Iterator[Fact]:
    if link.kind != SubmissionLink.Kind.REPOSITORY:
        return
    repository = repository_of(link.normalized_url)
    if repository is None:
        yield Fact(tone="", text=say("We cannot ask this host about the repository, so look at it yourself."))
        yield tests_fact(*known.tests[submission.pk])
        return
    host, looks = repository.host.name, list(link.looks.all())
    if looks and looks[0].outcome == Looked.UNKNOWN:
        yield _silence(looks[0], host, at)
    told = next((look for look in looks if look.outcome != Looked.UNKNOWN), None)
    if told is None:
        if not looks:
            yield Fact(tone="", icon="hourglass", text=say("%(host)s was not asked about it yet.") % {"host": host})
    elif told.outcome == Looked.MISSING:
        words = {"host": host, "day": _day(told.looked_at)}
        yield Fact(tone="warn", text=say("On %(day)s %(host)s had no such repository, or it is private.") % words)
    else:
        account = known.account(submission, host)
        yield from (_owner(told, account), *_commit(told, submission, repository.ref), *_contents(told))
    yield tests_fact(*known.tests[submission.pk])


def _silence(look: RepositoryLook, host: str, at: datetime) -> Fact:
    words = {"host": host, "day": _day(look.looked_at)}
    text = SILENCES.get(look.detail, _("%(host)s did not answer as it should")) % words
    if look.retry_at is not None and look.retry_at > at:
        text = say("%(what)s; we ask again.") % {"what": text}
    else:
        text = f"{text}."
    return Fact(tone="", text=text)


def _owner(look: RepositoryLook, account: str) -> Fact:
    words = {"owner": look.owner, "account": account}
    if not account:
        return Fact(tone="", text=say("In the account %(owner)s; no account was stated.") % words)
    if is_of_account(look.owner, account):
        return Fact(tone="ok", text=say("In the stated account, %(owner)s.") % words)
    return Fact(tone="info", text=say("In the account %(owner)s; stated was %(account)s.") % words)


def _commit(look: RepositoryLook, submission: Submission, ref: str) -> Iterator[Fact]:
    named = submission.commit or ref
    words = {"name": named, "commit": look.commit[:7]}
    if look.is_private:
        yield Fact(tone="info", icon="lock", text=say("The repository is private: not every reviewer can open it."))
    if not named:
        commit = commit_of(submission)
        if commit is not None:
            words["commit"] = commit.number[:7]
            yield Fact(
                tone="info", text=say("No commit was named; %(commit)s was the last when we first looked.") % words
            )
    elif look.commit_exists:
        yield Fact(tone="ok", text=say("The commit %(name)s is there.") % words)
    elif look.commit_exists is False:
        yield Fact(tone="warn", text=say("There is no commit or tag %(name)s.") % words)
    else:
        yield Fact(tone="", text=say("Whether the commit %(name)s is there is not known.") % words)


def _contents(look: RepositoryLook) -> Iterator[Fact]:
    yield _there(
        look.has_readme, _("It has a README."), _("It has no README."), _("Whether it has a README is not known.")
    )
    yield _there(look.has_tests, _("It has tests."), _("No tests were found."), _("Whether it has tests is not known."))
    if look.license is None:
        yield Fact(tone="", text=say("Its license is not known."))
    elif look.license == OTHER:
        yield Fact(tone="ok", text=say("It has a license."))
    elif look.license:
        yield Fact(tone="ok", text=say("License: %(name)s.") % {"name": look.license})
    else:
        yield Fact(tone="info", text=say("It has no license."))
    if look.pushed_at is not None:
        yield Fact(tone="info", icon="clock", text=say("Last changed on %(day)s.") % {"day": _day(look.pushed_at)})


def _there(found: bool | None, yes: Any, no: Any, unknown: Any) -> Fact:
    if found is None:
        return Fact(tone="", text=str(unknown))
    return Fact(tone="ok" if found else "warn", text=str(yes if found else no))


def _day(moment: datetime) -> str:
    day: date = timezone.localdate(moment)
    return date_format(day, "j F Y", use_l10n=False)
