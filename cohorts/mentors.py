"""Which mentor a learner has."""

from django.utils.translation import gettext as _

from accounts.models import Membership
from cohorts.errors import CohortError
from cohorts.models import Enrollment


def assign_mentor(*, enrollment: Enrollment, mentor: Membership | None) -> Enrollment:
    """Give the learner that mentor, or none. Raises CohortError `not_a_mentor` or `own_mentor`."""
    if mentor is not None and not mentor.is_mentor:
        raise CohortError(
            "not_a_mentor", _("%(name)s is not a mentor. Give them that role first.") % {"name": mentor.name}
        )
    if mentor is not None and mentor.pk == enrollment.learner_id:
        raise CohortError("own_mentor", _("Nobody is their own mentor. Choose somebody else."))
    enrollment.mentor = mentor
    enrollment.save(update_fields=["mentor"])
    return enrollment
