"""Rounds of peer review: opened by staff or by a project's rule, kept up with who comes and leaves, and closed.

A round takes in everyone active in the cohort whose attempt at the project was not in an earlier round.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from assessments import peer_mails
from assessments.errors import AssessmentError
from assessments.models import EACH, PeerReview, PeerRound, PeerRule, Submission
from assessments.peer_assignment import Weights, mend
from assessments.rubrics import rubric_for
from cohorts.models import Cohort, Enrollment, PairSeat
from cohorts.pacing import check_date
from curriculum.models import Project

#: A rule opens a round for no fewer: among three everyone gives two and gets two.
ENOUGH = 3
LONGEST = timedelta(days=60)


def open_round(
    *, cohort: Cohort, project: Project, due_on: date, by: Membership | None, at: datetime, least: int = EACH
) -> PeerRound:
    """Let the cohort's learners review each other's work until the end of that day; who is to review gets a mail.

    Raises AssessmentError: `other_curriculum`, `round_open`, `nobody_submitted`, `due_too_soon`, `due_too_late`.
    """
    check_date(due_on)
    due_at = cohort.end_of(due_on)
    if due_at <= at:
        raise AssessmentError("due_too_soon", _("Choose today or a later day to be done by."))
    if due_at > at + LONGEST:
        raise AssessmentError("due_too_late", _("Choose a day within two months."))
    if project.version_id != cohort.version_id:
        raise AssessmentError("other_curriculum", _("This project is not part of the cohort’s curriculum."))
    with transaction.atomic():
        Cohort.objects.select_for_update(no_key=True).get(pk=cohort.pk)
        if PeerRound.objects.filter(cohort=cohort, project=project, closed_at=None).exists():
            raise AssessmentError("round_open", _("A round for this project is open already in this cohort."))
        attempts = attempts_in(cohort, project)
        if not attempts:
            raise AssessmentError(
                "nobody_submitted", _("Nobody in the cohort has submitted this project since the last round.")
            )
        opened = PeerRound(
            cohort=cohort,
            project=project,
            rubric=rubric_for(attempts[min(attempts)]),
            due_at=due_at,
            least=least,
            opened_by=by,
            opened_at=at,
        )
        opened.seed = int.from_bytes(hashlib.sha256(opened.pk.bytes).digest()[:3])
        opened.save(force_insert=True)
        _keep_up(opened, at=at)
    return opened


def settle_round(*, opened: PeerRound, at: datetime) -> PeerRound:
    """Take in who submitted since and let go who left; close the round when it is due or nothing is left to write."""
    with transaction.atomic():
        locked = _locked(opened)
        if locked.closed_at is not None:
            return locked
        if at < locked.due_at:
            _keep_up(locked, at=at)
            written = PeerReview.objects.filter(round=locked).handed_in()
            if PeerReview.objects.filter(round=locked).to_write().exists() or not written.exists():
                return locked
        _close(locked, at=at)
    return locked


def close_round(*, opened: PeerRound, at: datetime) -> PeerRound:
    """Close it now: what is written is shown, and what is missing goes to staff. Raises AssessmentError `closed`."""
    with transaction.atomic():
        locked = _locked(opened)
        if locked.closed_at is not None:
            raise AssessmentError("closed", _("This round is closed already."))
        _close(locked, at=at)
    return locked


def set_rule(*, project: Project, days: int, is_on: bool, by: Membership, at: datetime) -> PeerRule:
    """Let rounds of a project open by themselves from now on, due so many days later, or not any more."""
    rule, _is_new = PeerRule.objects.update_or_create(
        project=project, defaults={"days": days, "is_on": is_on, "set_by": by, "set_at": at}
    )
    return rule


def open_by_rule(*, at: datetime) -> list[PeerRound]:
    """Open a round wherever a rule is on and enough learners of a running cohort wait for one."""
    opened = []
    for rule in PeerRule.objects.filter(is_on=True).select_related("project").order_by("pk"):
        cohorts = Cohort.objects.filter(version=rule.project.version_id, status=Cohort.Status.RUNNING)
        for cohort in cohorts.exclude(peer_rounds__project=rule.project, peer_rounds__closed_at=None).order_by("pk"):
            if len(attempts_in(cohort, rule.project)) >= ENOUGH:
                due_on = cohort.today(at) + timedelta(days=rule.days)
                opened.append(open_round(cohort=cohort, project=rule.project, due_on=due_on, by=None, at=at))
    return opened


def attempts_in(cohort: Cohort, project: Project, *, besides: PeerRound | None = None) -> dict[UUID, Submission]:
    """The newest attempt of everyone active, by enrollment, unless another round than `besides` had it."""
    taken = PeerReview.objects.filter(round__cohort=cohort, round__project=project)
    if besides is not None:
        taken = taken.exclude(round=besides)
    attempts = (
        Submission.objects.filter(enrollment__cohort=cohort, project=project, withdrawn_at=None)
        .filter(enrollment__status=Enrollment.Status.ACTIVE)
        .select_related("enrollment__learner__user")
        .order_by("enrollment", "-attempt")
        .distinct("enrollment")
    )
    had = set(taken.values_list("submission", flat=True))
    return {row.enrollment_id: row for row in attempts if row.pk not in had}


def _locked(opened: PeerRound) -> PeerRound:
    rows = PeerRound.objects.select_for_update(no_key=True, of=("self",))
    return rows.select_related("cohort", "project", "organization").get(pk=opened.pk)


def _keep_up(opened: PeerRound, *, at: datetime) -> None:
    """Bring who reviews whom in line with who takes part now. What somebody began to write stays theirs."""
    attempts = attempts_in(opened.cohort, opened.project, besides=opened)
    rows: dict[tuple[UUID, UUID], PeerReview] = {
        (row.giver_id, row.receiver_id): row
        for row in PeerReview.objects.filter(round=opened).by_peers()
        if row.giver_id is not None
    }
    _release(rows.values(), set(attempts), at=at)
    kept: list[tuple[UUID, UUID]] = [
        edge for edge, row in rows.items() if not row.is_untouched and row.released_at is None
    ]
    wanted = mend(
        sorted(attempts),
        [edge for edge, row in rows.items() if row.is_untouched],
        kept=kept,
        each=EACH,
        seed=opened.seed,
        avoid=_avoided(opened),
    )
    old = [row.pk for edge, row in rows.items() if row.is_untouched and edge not in wanted]
    PeerReview.objects.filter(pk__in=old).delete()
    for (_giver, receiver), row in rows.items():
        # Nobody has looked yet: the newest attempt is the one to read.
        if row.is_untouched and receiver in attempts and row.submission_id != attempts[receiver].pk:
            PeerReview.objects.filter(pk=row.pk).update(submission=attempts[receiver])
    fresh = sorted(edge for edge in wanted if edge not in rows)
    PeerReview.objects.bulk_create(
        PeerReview(round=opened, submission=attempts[receiver], receiver_id=receiver, giver_id=giver, assigned_at=at)
        for giver, receiver in fresh
    )
    people = [attempts[giver].enrollment.learner.user for giver in sorted({giver for giver, _receiver in fresh})]
    peer_mails.tell_assigned(opened, people, at=at)


def _release(rows: Iterable[PeerReview], here: set[UUID], *, at: datetime) -> None:
    """Expect nothing more of drafts whose writer left or whose attempt was taken back; expect it of who came back."""
    for row in rows:
        is_off = row.giver_id not in here or row.receiver_id not in here
        if row.submitted_at is None and row.saved_at is not None and is_off != (row.released_at is not None):
            row.released_at = at if is_off else None
            row.save(update_fields=["released_at"])


def _avoided(opened: PeerRound) -> Weights[UUID]:
    """Who had better not review whom: those who did before, and partners in the rotation of pairs."""
    weights: Counter[tuple[UUID, UUID]] = Counter()
    before = PeerReview.objects.by_peers().filter(round__cohort=opened.cohort_id).exclude(round=opened)
    for giver, receiver in before.values_list("giver", "receiver"):
        weights[giver, receiver] += 1
    seats: dict[tuple[UUID, int], list[UUID]] = {}
    pairs = PairSeat.objects.filter(round__cohort=opened.cohort_id, round__undone_at=None)
    for made, place, person in pairs.values_list("round", "place", "enrollment").order_by("pk"):
        seats.setdefault((made, place), []).append(person)
    for together in seats.values():
        for giver in together:
            for receiver in together:
                if giver != receiver:
                    weights[giver, receiver] += 1
    return weights


def _close(opened: PeerRound, *, at: datetime) -> None:
    opened.closed_at = at
    opened.save(update_fields=["closed_at"])
    attempts = attempts_in(opened.cohort, opened.project, besides=opened)
    received = Counter(
        PeerReview.objects.filter(round=opened).by_peers().handed_in().values_list("receiver", flat=True)
    )
    PeerReview.objects.bulk_create(
        PeerReview(round=opened, submission=attempt, receiver_id=receiver, giver=None, assigned_at=at)
        for receiver, attempt in sorted(attempts.items())
        if received[receiver] < opened.least
    )
    peer_mails.tell_ready(opened, list(received), at=at)
