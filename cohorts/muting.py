"""Which cohort a message is about: who muted that cohort does not get it."""

from uuid import UUID

from cohorts.models import Enrollment


def cohort_of(enrollment: object) -> UUID | None:
    """The cohort of an enrollment, by its id; None when it is not there anymore."""
    return Enrollment.objects.filter(pk=str(enrollment)).values_list("cohort", flat=True).first()
