"""Where a draft begins and ends apart from publishing: copied from a version, or discarded."""

from datetime import datetime

from django.db import transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from curriculum.errors import CurriculumError
from curriculum.importing import import_plan
from curriculum.models import Curriculum, CurriculumVersion
from curriculum.tree import plan_of


@transaction.atomic
def next_draft(*, version: CurriculumVersion, by: Membership | None, at: datetime) -> tuple[CurriculumVersion, bool]:
    """The draft of the version's curriculum: the newest there is, or else a copy of the version as the next one.

    Says with it whether it was made now. Two people who ask at once get the same draft.
    """
    curriculum = Curriculum.objects.select_for_update(no_key=True).get(pk=version.curriculum_id)
    drafts = CurriculumVersion.objects.filter(curriculum=curriculum, status=CurriculumVersion.Status.DRAFT)
    if (found := drafts.order_by("-number").first()) is not None:
        return found, False
    return import_plan(plan=plan_of(version), curriculum=curriculum, by=by, at=at), True


@transaction.atomic
def discard(*, version: CurriculumVersion) -> None:
    """Delete a draft with its edits, and its curriculum when that has no other version.

    Raises CurriculumError for a version that is published or followed.
    """
    curriculum = Curriculum.objects.select_for_update(no_key=True).get(pk=version.curriculum_id)
    stored = CurriculumVersion.objects.select_for_update(no_key=True).get(pk=version.pk)
    if not stored.is_draft:
        raise CurriculumError("not_a_draft", _("This version is published. Published versions are kept."))
    try:
        stored.delete()
    except ProtectedError as error:
        raise CurriculumError("followed", _("Somebody follows this version, so it is kept.")) from error
    if not curriculum.versions.exists():
        curriculum.delete()
