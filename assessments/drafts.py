"""The next attempt as far as it was written. It is kept on the server, so that no phone, error or sign-out loses it."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NotRequired, TypedDict
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from assessments.errors import AssessmentError
from assessments.models import Submission, SubmissionDraft
from assessments.submissions import Seen, check_seen, lock_for_work
from cohorts.models import Enrollment
from curriculum.models import Project

#: Characters of everything that was written together; more than a complete attempt can hold.
LONGEST_DRAFT = 60_000


class Given(TypedDict):
    """What stands in a form, unchecked: `links` by kind, the items of the checklist that are `done`, and confirmed."""

    links: NotRequired[Mapping[str, Sequence[str]]]
    commit: NotRequired[str]
    note: NotRequired[str]
    done: NotRequired[Sequence[str]]
    confirmed: NotRequired[Sequence[str]]


def draft_of(enrollment: Enrollment, project: Project) -> SubmissionDraft | None:
    return SubmissionDraft.objects.filter(enrollment=enrollment, project=project).first()


def drafts_of(enrollment: Enrollment) -> dict[UUID, datetime]:
    """When the draft at each project was saved last."""
    return dict(SubmissionDraft.objects.filter(enrollment=enrollment).values_list("project", "saved_at"))


def save_draft(
    *,
    enrollment: Enrollment,
    project: Project,
    given: Given,
    by: Membership,
    at: datetime,
    seen: Seen | None = None,
) -> SubmissionDraft:
    """Keep what is written so far, over what was kept before.

    Raises DraftConflict when another window saved something that the one `seen` does not know, and AssessmentError
    when there is nothing to hand in at this project now.
    """
    if by.pk != enrollment.learner_id:
        raise AssessmentError("not_yours", _("Only the learner writes this draft."))
    kept = _storable(given)
    if len(json.dumps(kept, ensure_ascii=False)) > LONGEST_DRAFT:
        raise AssessmentError("draft_too_long", _("Not saved: a text is too long. Shorten it and go on."))
    with transaction.atomic():
        locked = lock_for_work(enrollment, project, by)
        draft = draft_of(locked, project)
        if draft is None:
            return SubmissionDraft.objects.create(
                enrollment=locked,
                project=project,
                given=kept,
                revision=(seen.revision if seen else 0) + 1,
                page=seen.page if seen else "",
                saved_at=at,
            )
        if seen is not None and draft.given != kept:
            check_seen(draft, seen)
        draft.given, draft.revision, draft.saved_at = kept, draft.revision + 1, at
        draft.page = seen.page if seen else ""
        draft.save(update_fields=["given", "revision", "page", "saved_at"])
    return draft


def start_of(attempts: Sequence[Submission]) -> Given:
    """What the next attempt begins with, from those before it, newest first.

    One that was taken back comes again whole, since it was taken back to change something; of one that was reviewed
    the links.
    """
    last = next(iter(attempts), None)
    if last is None:
        return {}
    links: dict[str, list[str]] = {}
    for link in last.links.all():
        links.setdefault(link.kind, []).append(link.url)
    if last.withdrawn_at is None:
        return {"links": links}
    done = [str(item["text"]) for item in last.checklist if item["done"]]
    return {"links": links, "commit": last.commit, "note": last.note, "done": done}


def _storable(given: Any) -> Any:
    """The same without the one character that PostgreSQL keeps in no text."""
    if isinstance(given, str):
        return given.replace("\x00", "")
    if isinstance(given, Mapping):
        return {_storable(key): _storable(value) for key, value in given.items()}
    return [_storable(each) for each in given]
