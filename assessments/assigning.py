"""Who is asked to review an attempt: the learner's mentor first, then a reviewer of the level, then program staff.

Each asking is a fact that says why. Whoever has not decided after some working days, which the organization sets, is
relieved by the next; nobody is asked twice, and what staff was asked stays with staff. Whoever is away is passed over,
as long as somebody else is there.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership, Role
from assessments import mails
from assessments.errors import AssessmentError
from assessments.models import LevelReviewer, Review, ReviewAssignment, Submission
from assessments.working_days import add_working_days
from cohorts.models import Enrollment
from cohorts.time_away import away
from notifications.rules import Rule, Unit, offsets, register_rule

Reason = ReviewAssignment.Reason
#: Who follows whom. What is not named here stays where it is.
NEXT = {
    Reason.MENTOR: (Reason.LEVEL, Reason.STAFF),
    Reason.LEVEL: (Reason.STAFF,),
    Reason.CHOSEN: (Reason.STAFF,),
    Reason.SECOND: (Reason.STAFF,),
}
STAYS = [reason for reason in Reason if reason not in NEXT]

PASSED_ON = register_rule(
    Rule(
        name="review_passed_on",
        kind="review_asked",
        key_part="",
        what=_("Review goes on to the next"),
        unit=Unit.WORKING_DAYS_AFTER,
        default=2,
        least=1,
        most=30,
        moment=_("Somebody was asked to review"),
        until=_("The attempt is decided on"),
        audience=_("The next: a reviewer of the level, then program staff"),
        still_true=_("Nobody decided or is writing a review."),
    )
)


def assign(*, submission: Submission, at: datetime) -> ReviewAssignment | None:
    """Ask by rule for the reading that comes next, and tell whoever is asked; None when there is nobody."""
    readings = Review.objects.submitted().filter(submission=submission).count()
    reasons = {0: (Reason.MENTOR, Reason.LEVEL, Reason.STAFF), 1: (Reason.SECOND,)}.get(readings, (Reason.SETTLING,))
    return _ask(submission, reasons, at=at)


def ask_next_reader(*, submission: Submission, at: datetime) -> None:
    """After a reading that did not decide: nobody holds it who read it, and the next is asked and told."""
    Submission.objects.filter(pk=submission.pk).update(assignee=None, assigned_at=None)
    submission.assignee = submission.assigned_at = None
    assign(submission=submission, at=at)


def choose(*, submission: Submission, reviewer: Membership, note: str, by: Membership, at: datetime) -> None:
    """Let staff ask somebody else. A review that another is writing is put down; its text is kept.

    Raises AssessmentError `not_open`, or `cannot_review` for somebody who may not judge this attempt.
    """
    with transaction.atomic():
        locked = _lock(submission)
        if locked.decided_at is not None or locked.withdrawn_at is not None:
            raise AssessmentError("not_open", _("This attempt does not wait for a review anymore."))
        if not _able(locked).filter(pk=reviewer.pk).exists():
            words = {"name": reviewer.name}
            raise AssessmentError(
                "cannot_review",
                say("%(name)s cannot review this attempt: choose a mentor or program staff who have not read it.")
                % words,
            )
        others = Review.objects.claimed(at=at).filter(submission=locked).exclude(reviewer=reviewer)
        others.update(claim_expires_at=at)
        assignment = _record(locked, reviewer, Reason.CHOSEN, at=at, by=by, note=note.strip())
        if reviewer.pk != by.pk:
            mails.queue_asked(assignment)


def pass_on(*, at: datetime, pks: Iterable[UUID]) -> int:
    """Ask the next for each of these attempts, which `overdue_assignments` named; return how many moved."""
    moved = 0
    for submission in Submission.objects.awaiting_review().filter(pk__in=list(pks)):
        with transaction.atomic():
            locked = _lock(submission)
            if locked.decided_at is not None or Review.objects.claimed(at=at).filter(submission=locked).exists():
                continue
            last = locked.assignments.order_by("assigned_at", "pk").last()
            if last is None or locked.assignee_id is None:
                moved += assign(submission=locked, at=at) is not None
            else:
                moved += _ask(locked, NEXT.get(Reason(last.reason), ()), at=at) is not None
    return moved


def overdue_assignments(*, at: datetime) -> list[UUID]:
    """Attempts whose reviewer has had the organization's working days, has left, or was never found. Two queries."""
    amounts = offsets()
    least = timedelta(days=amounts.least(PASSED_ON.name))
    latest = ReviewAssignment.objects.filter(submission=OuterRef("pk")).order_by("-assigned_at", "-pk")
    waiting = (
        _open(Submission.objects.all())
        .annotate(last=Subquery(latest.values("reason")[:1]))
        .filter(Q(assignee=None) | (Q(assigned_at__lte=at - least) & ~Q(last__in=STAYS)) | Q(assignee__joined_at=None))
        .filter(~Exists(Review.objects.claimed(at=at).filter(submission=OuterRef("pk"))))
        .values_list("pk", "assignee__joined_at", "assigned_at", "enrollment__cohort__time_zone", "enrollment__cohort")
    )
    return [
        pk
        for pk, joined_at, assigned_at, zone, cohort in waiting
        if joined_at is None or _is_over(assigned_at, amounts.of(cohort)[PASSED_ON.name], zone, at)
    ]


def falls_back_on(assignment: ReviewAssignment, zone: str, days: int) -> date | None:
    """The last day that it is theirs; None when it stays."""
    if assignment.reason in STAYS:
        return None
    return add_working_days(timezone.localdate(assignment.assigned_at, ZoneInfo(zone)), days)


def candidates(submission: Submission) -> QuerySet[Membership]:
    """Everybody whom staff may ask, by name."""
    return _able(submission).order_by("name", "pk")


def can_review(member: Membership) -> bool:
    return member.joined_at is not None and (member.is_mentor or member.is_staff)


def _is_over(assigned_at: datetime | None, days: int, zone: str, at: datetime) -> bool:
    if assigned_at is None:
        return True
    until = add_working_days(timezone.localdate(assigned_at, ZoneInfo(zone)), days)
    return timezone.localdate(at, ZoneInfo(zone)) > until


def _open(submissions: "QuerySet[Submission]") -> "QuerySet[Submission]":
    return submissions.filter(
        decided_at=None,
        withdrawn_at=None,
        enrollment__status__in=[Enrollment.Status.ACTIVE, Enrollment.Status.ON_LEAVE],
    )


def _lock(submission: Submission) -> Submission:
    return (
        Submission.objects.select_for_update(no_key=True, of=("self",))
        .select_related("enrollment__cohort__lead", "enrollment__mentor", "project__level", "project__version")
        .get(pk=submission.pk)
    )


def _ask(submission: Submission, reasons: Iterable[Reason], *, at: datetime) -> ReviewAssignment | None:
    """The first who can, in the order of the reasons, and was not asked for this reading before.

    Whoever is away is asked when nobody else can be.
    """
    read = Review.objects.submitted().filter(submission=submission).aggregate(last=Max("submitted_at"))["last"]
    asked = ReviewAssignment.objects.filter(submission=submission)
    if read is not None:
        asked = asked.filter(assigned_at__gte=read)
    able = _able(submission).exclude(pk__in=asked.values("reviewer"))
    gone, reasons = away(at), list(reasons)
    for people in (able.exclude(pk__in=gone), able.filter(pk__in=gone)) if gone else (able,):
        for reason in reasons:
            for reviewer in _in_turn(submission, reason, people):
                assignment = _record(submission, reviewer, reason, at=at)
                mails.queue_asked(assignment)
                return assignment
    return None


def _in_turn(submission: Submission, reason: Reason, able: QuerySet[Membership]) -> Iterator[Membership]:
    """Who is asked for that reason, the fairest first: who has the fewest open reviews assigned to them."""
    enrollment, project = submission.enrollment, submission.project
    marked = LevelReviewer.objects.filter(curriculum=project.version.curriculum_id, level=project.level.number)
    mentor = able.filter(pk=enrollment.mentor_id)
    level = _fewest_first(able.filter(pk__in=marked.values("reviewer")))
    if reason == Reason.MENTOR:
        yield from mentor
    elif reason == Reason.LEVEL:
        yield from level[:1]
    elif reason == Reason.SECOND:
        yield from level[:1]
        yield from mentor
    if reason in (Reason.STAFF, Reason.SECOND, Reason.SETTLING):
        staff = able.filter(Q(roles__contains=[Role.STAFF]) | Q(roles__contains=[Role.ADMIN]))
        yield from staff.filter(pk=enrollment.cohort.lead_id)
        yield from _fewest_first(staff.filter(roles__contains=[Role.STAFF]))[:1]
        yield from _fewest_first(staff)[:1]


def _able(submission: Submission) -> QuerySet[Membership]:
    """Who may judge it: mentors and staff who have joined, are not the learner and have not read it."""
    read = Review.objects.submitted().filter(submission=submission).values("reviewer")
    return (
        Membership.objects.joined()
        .filter(roles__overlap=[Role.MENTOR, Role.STAFF, Role.ADMIN])
        .exclude(pk=submission.enrollment.learner_id)
        .exclude(pk__in=read)
        .select_related("user")
    )


def _fewest_first(members: QuerySet[Membership]) -> QuerySet[Membership]:
    held = _open(Submission.objects.filter(assignee=OuterRef("pk"))).order_by().values("assignee")
    counted = Subquery(held.annotate(number=Count("pk")).values("number"))
    return members.annotate(held=Coalesce(counted, 0)).order_by("held", "name", "pk")


def _record(
    submission: Submission,
    reviewer: Membership,
    reason: Reason,
    *,
    at: datetime,
    by: Membership | None = None,
    note: str = "",
) -> ReviewAssignment:
    assignment = ReviewAssignment.objects.create(
        submission=submission, reviewer=reviewer, reason=reason, note=note, assigned_by=by, assigned_at=at
    )
    submission.assignee, submission.assigned_at = reviewer, at
    submission.save(update_fields=["assignee", "assigned_at"])
    return assignment
