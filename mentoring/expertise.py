"""What a mentor is good at and how many learners they take: said by the mentor or by staff, used by matching."""

from typing import TypedDict

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Membership
from cohorts.engagements import lock_people
from curriculum.models import CurriculumVersion, Level
from mentoring.errors import MentoringError
from mentoring.models import Mentor

MOST_TOPICS, TOPIC_LENGTH, MOST_LEARNERS = 12, 60, 500


class Expertise(TypedDict):
    """None as capacity is no limit."""

    levels: list[int]
    topics: list[str]
    languages: list[str]
    capacity: int | None


def change_expertise(*, mentor: Mentor, expertise: Expertise, by: Membership) -> Mentor:
    """Replace what is known of the mentor. Learners they have stay, also when these are more than the new capacity.

    Raises MentoringError `not_yours`.
    """
    if by.pk != mentor.membership_id and not by.is_staff:
        raise MentoringError("not_yours", _("Only the mentor and program staff change this."))
    with transaction.atomic():
        lock_people(mentor.membership.user)
        locked = Mentor.objects.get(pk=mentor.pk)
        locked.levels = sorted(set(expertise["levels"]))
        locked.topics, locked.languages = expertise["topics"], sorted(set(expertise["languages"]))
        locked.capacity = expertise["capacity"]
        locked.save(update_fields=["levels", "topics", "languages", "capacity"])
    return locked


def known_levels() -> list[int]:
    """The numbers of the levels of every published curriculum. One query."""
    numbers = Level.objects.filter(version__in=CurriculumVersion.objects.published())
    return sorted(set(numbers.values_list("number", flat=True)))
