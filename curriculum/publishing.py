"""Making a version final: cohorts follow published versions only, and those never change again."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from curriculum.accepting import judge
from curriculum.errors import CurriculumError, frozen_versions_explained
from curriculum.models import CurriculumVersion
from curriculum.tree import plan_of


@transaction.atomic
def publish(*, version: CurriculumVersion, by: Membership | None, at: datetime, reason: str = "") -> CurriculumVersion:
    """Publish a draft; from then on the database refuses any change to its tree.

    Raises CurriculumError when the version is no draft, has no levels, or when its audit finds errors that nobody
    accepted and no reason is given for publishing it all the same. The version given is brought up to date and
    returned.
    """
    stored = CurriculumVersion.objects.select_for_update(no_key=True).get(pk=version.pk)
    if not stored.is_draft:
        raise CurriculumError(
            "not_a_draft", _("This version is published already. Choose “Edit” to make the next version.")
        )
    plan = plan_of(stored)
    if not plan.levels:
        raise CurriculumError("no_levels", _("This version has no levels. Import a plan that has them."))
    if not reason.strip() and any(each.is_open_error for each in judge(stored, plan)):
        raise CurriculumError(
            "reason_needed",
            _("Errors are open. Write why the version is published all the same, or accept or mend each of them."),
        )
    version.status = CurriculumVersion.Status.PUBLISHED
    version.published_by, version.published_at, version.publish_reason = by, at, reason.strip()
    with frozen_versions_explained():  # somebody else may be publishing it at this moment
        version.save(update_fields=["status", "published_by", "published_at", "publish_reason"])
    return version
