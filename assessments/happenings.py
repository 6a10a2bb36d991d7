"""What assessment tells of a learner's history: attempts, verdicts and levels."""

from collections.abc import Iterator
from itertools import groupby
from uuid import UUID

from django.db.models import Count
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from assessments import automated_tests
from assessments.models import (
    CertificateRevocation,
    LevelDecision,
    LinkCheck,
    OverrideRequest,
    PeerReview,
    PortfolioReview,
    PresentationEvent,
    Review,
    Submission,
)
from cohorts.chronicle import Happening, Question, Source, day_of, register
from design.dates import written_day

Outcome = LinkCheck.Outcome
TESTS = {
    "passed": gettext_lazy("Tests of %(project)s passed, attempt %(number)s"),
    "failed": gettext_lazy("Tests of %(project)s failed, attempt %(number)s"),
    "running": gettext_lazy("Tests of %(project)s run, attempt %(number)s"),
}
TEST_ICONS = {"passed": "circle-check", "failed": "circle-alert", "running": "hourglass"}
VERDICT_ICONS = {"pass": "circle-check", "changes_requested": "rotate-ccw", "fail": "triangle-alert"}


def submissions(question: Question) -> Iterator[Happening]:
    rows = Submission.objects.filter(enrollment__in=question.ids).select_related("project", "submitted_by")
    for attempt in rows.order_by("-submitted_at")[: question.most]:
        words = _("Handed in %(project)s, attempt %(number)s")
        if attempt.withdrawn_at:
            words = _("Handed in %(project)s, attempt %(number)s, and withdrew it")
        yield Happening(
            on=day_of(attempt.submitted_at),
            at=attempt.submitted_at,
            title=words % {"project": attempt.project.title, "number": attempt.attempt},
            icon="send",
            text=attempt.note,
            by=attempt.submitted_by.name if attempt.submitted_by else "",
            url=reverse("assessments:review", args=[question.slug, attempt.pk]),
        )


def reviews(question: Question) -> Iterator[Happening]:
    # What one of two readers found is told once it is decided: the other reads without knowing it.
    rows = Review.objects.submitted().filter(
        submission__enrollment__in=question.ids, submission__decided_at__isnull=False
    )
    rows = rows.select_related("submission__project", "reviewer").order_by("-submitted_at")
    for review in rows[: question.most]:
        if review.submitted_at is None:
            continue
        yield Happening(
            on=day_of(review.submitted_at),
            at=review.submitted_at,
            title=_title(review),
            icon=VERDICT_ICONS[review.verdict],
            text=review.summary,
            by=review.reviewer.name,
            url=reverse("assessments:review", args=[question.slug, review.submission_id]),
        )


def _title(review: Review) -> str:
    words = {"project": review.submission.project.title, "verdict": review.get_verdict_display()}
    return (
        _("%(project)s: %(verdict)s") % words if review.is_final else _("%(project)s, a reading: %(verdict)s") % words
    )


def portfolio(question: Question) -> Iterator[Happening]:
    rows = PortfolioReview.objects.filter(submission__enrollment__in=question.ids)
    for judged in rows.select_related("submission__project", "reviewer").order_by("-recorded_at")[: question.most]:
        words = _("%(project)s: ready to publish") if judged.is_publishable else _("%(project)s: not ready to publish")
        yield Happening(
            on=day_of(judged.recorded_at),
            at=judged.recorded_at,
            title=words % {"project": judged.submission.project.title},
            icon="circle-check" if judged.is_publishable else "rotate-ccw",
            text=judged.missing or judged.note,
            by=judged.reviewer.name,
            url=reverse("assessments:judge_portfolio", args=[question.slug, judged.submission_id]),
        )


def peers(question: Question) -> Iterator[Happening]:
    """How many reviews came in when a round closed. Mentors and learners never see whose: nobody is named here."""
    rows = PeerReview.objects.handed_in().by_peers()
    rows = rows.filter(submission__enrollment__in=question.ids, round__closed_at__isnull=False)
    found = rows.values_list("round__project__title", "round__closed_at").order_by("-round__closed_at")
    counts = found.annotate(count=Count("pk"))
    for title, closed_at, count in counts[: question.most]:
        words = ngettext("%(count)s peer reviewed %(project)s", "%(count)s peers reviewed %(project)s", count)
        yield Happening(
            on=day_of(closed_at), at=closed_at, title=words % {"count": count, "project": title}, icon="users"
        )


PRESENTED = {
    PresentationEvent.Kind.SCHEDULED: (
        gettext_lazy("A presentation of %(project)s was planned for %(day)s"),
        "calendar-plus",
    ),
    PresentationEvent.Kind.CHANGED: (
        gettext_lazy("The presentation of %(project)s was changed: %(day)s"),
        "calendar-clock",
    ),
    PresentationEvent.Kind.CANCELLED: (gettext_lazy("The presentation of %(project)s on %(day)s was called off"), "x"),
    PresentationEvent.Kind.NO_SHOW: (gettext_lazy("Did not come to present %(project)s"), "circle-alert"),
    PresentationEvent.Kind.HELD: (gettext_lazy("Presented %(project)s to a panel"), "presentation"),
    PresentationEvent.Kind.PASSED: (gettext_lazy("%(project)s: the presentation passed"), "circle-check"),
    PresentationEvent.Kind.REPEAT: (gettext_lazy("%(project)s: to be presented again"), "rotate-ccw"),
}


def presentations(question: Question) -> Iterator[Happening]:
    """What became of them; what the panel wrote stays there."""
    rows = PresentationEvent.objects.filter(presentation__submission__enrollment__in=question.ids)
    rows = rows.select_related("presentation__submission__project", "recorded_by").order_by("-recorded_at", "-pk")
    for event in rows[: question.most]:
        words, icon = PRESENTED[PresentationEvent.Kind(event.kind)]
        # When it was held, not when the first of the panel was done writing.
        at = event.during.lower if event.kind == PresentationEvent.Kind.HELD else event.recorded_at
        about = {
            "project": event.presentation.submission.project.title,
            "day": written_day(timezone.localdate(event.during.lower), "j F Y"),
        }
        yield Happening(
            on=day_of(at),
            at=at,
            title=words % about,
            icon=icon,
            text=event.reason,
            by=event.recorded_by.name if event.recorded_by else "",
            url=_to_presentation(question, event),
            hot=event.kind == PresentationEvent.Kind.NO_SHOW,
        )


def _to_presentation(question: Question, event: PresentationEvent) -> str:
    """Nowhere for who could not open it: mentors who are neither the learner's nor on the panel."""
    may_open = question.viewer.is_staff or question.viewer.pk in (
        question.enrollment.mentor_id, question.enrollment.learner_id
    )  # fmt: skip
    return reverse("assessments:presentation", args=[question.slug, event.presentation_id]) if may_open else ""


def tests(question: Question) -> Iterator[Happening]:
    """Whenever the tests of an attempt came to stand otherwise than before; four queries, and none without links."""
    attempts = Submission.objects.filter(enrollment__in=question.ids).select_related("project")
    found = list(attempts.prefetch_related("links", "links__looks").order_by("-submitted_at")[: question.most])
    reports = automated_tests.reports_on(found)
    for attempt in found:
        before = ""
        for end, report in enumerate(rows := reports.get(attempt.pk, []), start=1):
            state, _told = automated_tests.state_of(rows[:end])
            if state == before:
                continue
            before = state
            words = {"project": attempt.project.title, "number": attempt.attempt}
            yield Happening(
                on=day_of(report.reported_at),
                at=report.reported_at,
                title=TESTS[state] % words,
                icon=TEST_ICONS[state],
                text=report.name,
                by=report.recorded_by.name if report.recorded_by else str(report.get_source_display()),
                url=reverse("assessments:review", args=[question.slug, attempt.pk]),
            )


def links(question: Question) -> Iterator[Happening]:
    """When a link of an attempt did not open any more, and when it did again. One query."""
    rows = LinkCheck.objects.filter(link__submission__enrollment__in=question.ids).exclude(outcome=Outcome.UNKNOWN)
    told = rows.order_by("link", "checked_at", "pk").values_list(
        "link", "outcome", "checked_at", "link__normalized_url", "link__submission", "link__submission__project__title"
    )
    for _link, looks in groupby(told, key=lambda row: row[0]):
        was_open = True
        for _pk, outcome, at, url, attempt, project in looks:
            is_open = outcome == Outcome.REACHABLE
            if is_open == was_open:
                continue
            was_open = is_open
            words = _("%(project)s: a link opens again") if is_open else _("%(project)s: a link does not open")
            yield Happening(
                on=day_of(at),
                at=at,
                title=words % {"project": project},
                icon="link" if is_open else "unlink",
                text=url,
                url=reverse("assessments:review", args=[question.slug, attempt]),
            )


def levels(question: Question) -> Iterator[Happening]:
    rows = LevelDecision.objects.filter(enrollment__in=question.ids, move=None).select_related("level", "recorded_by")
    for decision in rows.order_by("-effective_on", "-recorded_at")[: question.most]:
        passed = decision.outcome == LevelDecision.Outcome.PASSED
        words = _("Passed level %(number)s") if passed else _("The pass of level %(number)s was taken back")
        yield Happening(
            on=decision.effective_on,
            title=words % {"number": decision.level.number},
            icon="award" if passed else "rotate-ccw",
            text=decision.override_reason,
            by=decision.recorded_by.name if decision.recorded_by else "",
        )


def certificates(question: Question) -> Iterator[Happening]:
    """Those that were revoked while the level stayed passed; the others are told with the level."""
    rows = CertificateRevocation.objects.filter(certificate__enrollment__in=question.ids)
    rows = rows.exclude(cause=CertificateRevocation.Cause.LEVEL).select_related("certificate", "revoked_by")
    for one in rows.order_by("-revoked_at")[: question.most]:
        replaced = one.cause == CertificateRevocation.Cause.REPLACED
        words = (
            _("The certificate “%(title)s” was replaced") if replaced else _("The certificate “%(title)s” was revoked")
        )
        yield Happening(
            on=day_of(one.revoked_at),
            at=one.revoked_at,
            title=words % {"title": one.certificate.title},
            icon="refresh-cw" if replaced else "x",
            text=one.reason,
            by=one.revoked_by.name if one.revoked_by else "",
            url=_for_staff(question, "certificate", one.certificate_id),
        )


def overrides(question: Question) -> Iterator[Happening]:
    """Exceptions that were asked for and not made; those that were approved are told with the level."""
    rows = OverrideRequest.objects.with_people().filter(enrollment__in=question.ids)
    for one in rows.exclude(answer=OverrideRequest.Answer.APPROVED).order_by("-asked_at")[: question.most]:
        words = _("Asked for an exception at the gate of level %(number)s")
        if one.answer == OverrideRequest.Answer.DECLINED:
            words = _("An exception at the gate of level %(number)s was declined")
        yield Happening(
            on=day_of(one.answered_at or one.asked_at),
            at=one.answered_at or one.asked_at,
            title=words % {"number": one.level.number},
            icon="hourglass" if not one.answer else "x",
            text=one.note or one.reason,
            by=(one.answered_by or one.asked_by).name,
            url=_for_staff(question, "override", one.pk),
        )


def _for_staff(question: Question, route: str, pk: UUID) -> str:
    return reverse(f"assessments:{route}", args=[question.slug, pk]) if question.viewer.is_staff else ""


register(Source(key="submissions", title=gettext_lazy("Submissions"), tell=submissions))
register(Source(key="reviews", title=gettext_lazy("Reviews"), tell=reviews))
register(Source(key="tests", title=gettext_lazy("Automated tests"), tell=tests))
register(Source(key="links", title=gettext_lazy("Links"), tell=links))
register(Source(key="portfolio", title=gettext_lazy("Portfolio"), tell=portfolio))
register(Source(key="presentations", title=gettext_lazy("Presentations"), tell=presentations))
register(Source(key="peers", title=gettext_lazy("Peer reviews"), tell=peers))
register(Source(key="levels", title=gettext_lazy("Levels"), tell=levels))
register(Source(key="overrides", title=gettext_lazy("Exceptions at gates"), tell=overrides))
register(Source(key="certificates", title=gettext_lazy("Certificates"), tell=certificates))
