"""Handing in work. Every attempt is a row of its own; none is overwritten."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from assessments import announcing, assigning
from assessments import links as web_links
from assessments.carrying import attempts_for, has_passed
from assessments.errors import AssessmentError, DraftConflict
from assessments.link_checks import queue_check
from assessments.models import Review, Submission, SubmissionDraft, SubmissionLink
from cohorts.models import Enrollment
from cohorts.touching import touch
from curriculum.models import Project

Kind = SubmissionLink.Kind
CAPSTONES = Project.CAPSTONES
#: Of all kinds together: what one reviewer can look at.
MOST_LINKS = 20


@dataclass(frozen=True, slots=True)
class Seen:
    """What a window knows of the draft: the revision it was opened with, and the name of the opened page itself."""

    revision: int = 0
    page: str = ""


def submit(
    *,
    enrollment: Enrollment,
    project: Project,
    links: Mapping[str, str | Sequence[str]],
    commit: str = "",
    note: str = "",
    checklist: Sequence[Mapping[str, Any]] = (),
    by: Membership,
    at: datetime,
    seen: Seen | None = None,
) -> Submission:
    """Hand in the next attempt at a project and have its links looked at. The learner's draft of it goes.

    `links` maps a `SubmissionLink.Kind` to an address or to several; empty ones are left out. `checklist` holds
    `{"text", "done"}`. Raises DraftConflict when another window saved a draft that the one `seen` does not know.
    """
    given = _given(links)
    kinds = {kind for kind, _normalized in given}
    if project.kind in CAPSTONES and Kind.REPOSITORY not in kinds:
        raise AssessmentError("repository_needed", _("Add the link to your repository: a capstone is reviewed there."))
    if not given:
        raise AssessmentError("link_needed", _("Add at least one link to your work."))
    if len(given) > MOST_LINKS:
        raise AssessmentError("too_many_links", too_many_links(len(given)))
    with transaction.atomic():
        locked = lock_for_work(enrollment, project, by)
        draft = SubmissionDraft.objects.filter(enrollment=locked, project=project).first()
        if draft is not None and seen is not None:
            check_seen(draft, seen)
        attempts = attempts_for(project.pk, locked)
        submission = Submission.objects.create(
            enrollment=locked,
            project=project,
            attempt=(attempts.aggregate(last=Max("attempt"))["last"] or 0) + 1,
            commit=commit.strip(),
            note=note.strip(),
            checklist=[dict(item) for item in checklist],
            submitted_by=by,
            submitted_at=at,
        )
        SubmissionLink.objects.bulk_create(
            SubmissionLink(submission=submission, position=position, kind=kind, url=url, normalized_url=normalized)
            for position, ((kind, normalized), url) in enumerate(given.items(), start=1)
        )
        if draft is not None:
            draft.delete()
        queue_check(submission)
        announcing.announce_submission(submission)
        assigning.assign(submission=submission, at=at)
        touch(locked.pk)
    return submission


def withdraw(*, submission: Submission, by: Membership, at: datetime) -> Submission:
    """Take an attempt back before anybody reviews it. It stays on record; the next attempt gets a new number."""
    with transaction.atomic():
        locked = lock(submission)
        if locked.enrollment.learner_id != by.pk and not by.is_staff:
            raise AssessmentError("not_yours", _("Only the learner or program staff can withdraw this attempt."))
        if locked.withdrawn_at is not None:
            raise AssessmentError(
                "already_withdrawn", _("This attempt is already withdrawn. Submit a new one when you are ready.")
            )
        reviews = list(Review.objects.filter(submission=locked))
        if any(review.is_final for review in reviews):
            raise AssessmentError(
                "already_decided", _("This attempt has been reviewed. Read the feedback and submit a new attempt.")
            )
        if any(review.submitted_at or review.is_live(at=at) for review in reviews):
            raise AssessmentError("in_review", _("Somebody is reviewing this attempt now. Wait for the feedback."))
        locked.withdrawn_at = at
        locked.save(update_fields=["withdrawn_at"])
        touch(locked.enrollment_id)
    return locked


def lock_for_work(enrollment: Enrollment, project: Project, by: Membership) -> Enrollment:
    """The enrollment as it is now, held until the transaction ends. Raises unless work can be handed in now.

    The enrollment, not the attempts: there is none to lock before the first.
    """
    locked = (
        Enrollment.objects.select_for_update(no_key=True, of=("self",))
        .select_related("cohort", "track")
        .get(pk=enrollment.pk)
    )
    _check_may_submit(locked, project, by)
    return locked


def check_seen(draft: SubmissionDraft, seen: Seen) -> None:
    """Raise DraftConflict when a window other than the one that has `seen` this much saved the draft since."""
    if draft.revision != seen.revision and draft.page != seen.page:
        raise DraftConflict(saved_at=draft.saved_at, revision=draft.revision)


def too_many_links(number: int) -> str:
    return say("Give at most %(most)s links; these are %(number)s. Keep those that your reviewer needs.") % {
        "most": MOST_LINKS,
        "number": number,
    }


def lock(submission: Submission) -> Submission:
    """The submission as it is now, held until the transaction ends; with its enrollment and project."""
    return (
        Submission.objects.select_for_update(no_key=True, of=("self",))
        .select_related("enrollment__learner__user", "enrollment__cohort", "project__level")
        .get(pk=submission.pk)
    )


def other_track(enrollment: Enrollment) -> str:
    """Why work for another specialization than the learner's is not taken, and what to do."""
    if enrollment.track is None:
        return say("This is the work of a specialization. Choose that one first; then you can submit it.")
    return say("This is the work of another specialization than yours, which is %(track)s. Submit that one’s work.") % {
        "track": enrollment.track
    }


def _given(links: Mapping[str, str | Sequence[str]]) -> dict[tuple[str, str], str]:
    """Each link once, as given, by its kind and normalized address."""
    given: dict[tuple[str, str], str] = {}
    for kind, urls in links.items():
        for url in [urls] if isinstance(urls, str) else urls:
            if url.strip():
                normalized = web_links.normalize(url, repository=Kind(kind) == Kind.REPOSITORY)
                given.setdefault((Kind(kind).value, normalized), url.strip())
    return given


def _check_may_submit(enrollment: Enrollment, project: Project, by: Membership) -> None:
    if by.pk != enrollment.learner_id and not by.is_staff:
        raise AssessmentError("not_yours", _("Only the learner or program staff can submit this work."))
    if project.version_id != enrollment.version_id or not enrollment.walks(project.level.number):
        raise AssessmentError(
            "other_curriculum",
            _("This project is not part of your cohort’s curriculum. Choose one from your projects."),
        )
    if project.track_id is not None and project.track_id != enrollment.track_id:
        raise AssessmentError("other_track", other_track(enrollment))
    if enrollment.status != Enrollment.Status.ACTIVE:
        raise AssessmentError(
            "not_active",
            _("You can submit while your enrollment is active. Ask your program staff to change its status."),
        )
    attempts = attempts_for(project.pk, enrollment)
    if has_passed(project, enrollment):
        raise AssessmentError("already_passed", _("You passed this project. There is nothing left to submit."))
    if attempts.awaiting_review().exists():
        raise AssessmentError(
            "attempt_waiting",
            _("Your last attempt still waits for review. Withdraw it first if you want to submit another."),
        )
