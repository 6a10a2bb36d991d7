"""Who reviews work of which level, beside the learner's own mentor."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership, Role
from assessments.errors import AssessmentError
from assessments.models import LevelReviewer
from curriculum.models import Curriculum, Level


@dataclass(frozen=True)
class LevelReviewers:
    """A level of a curriculum, in whichever version, and who reviews its work."""

    curriculum: Curriculum
    number: int
    rows: Sequence[LevelReviewer]


def reviewers_by_level() -> list[LevelReviewers]:
    """Every level that any version has, with its reviewers by name. Three queries."""
    levels = Level.objects.order_by("version__curriculum", "number").values_list("version__curriculum", "number")
    marked: dict[tuple[object, int], list[LevelReviewer]] = {}
    for row in LevelReviewer.objects.select_related("reviewer").order_by("reviewer__name", "pk"):
        marked.setdefault((row.curriculum_id, row.level), []).append(row)
    titles = {each.pk: each for each in Curriculum.objects.order_by("title", "pk")}
    order = {pk: place for place, pk in enumerate(titles)}
    return [
        LevelReviewers(titles[pk], number, marked.get((pk, number), []))
        for pk, number in sorted(levels.distinct(), key=lambda found: (order[found[0]], found[1]))
    ]


def possible_reviewers() -> "QuerySet[Membership]":
    """Mentors and program staff who have joined, by name."""
    return (
        Membership.objects.joined().filter(roles__overlap=[Role.MENTOR, Role.STAFF, Role.ADMIN]).order_by("name", "pk")
    )


def add_reviewer(
    *, curriculum: Curriculum, level: int, reviewer: Membership, by: Membership, at: datetime
) -> LevelReviewer:
    """Raises AssessmentError `cannot_review`, or `reviewer_already`."""
    if not (reviewer.is_mentor or reviewer.is_staff):
        raise AssessmentError("cannot_review", _("Only mentors and program staff review work."))
    try:
        with transaction.atomic():
            return LevelReviewer.objects.create(
                curriculum=curriculum, level=level, reviewer=reviewer, added_by=by, added_at=at
            )
    except IntegrityError as error:
        if "level_reviewer_once" not in str(error):
            raise
        words = {"name": reviewer.name, "number": level}
        raise AssessmentError("reviewer_already", say("%(name)s reviews level %(number)s already.") % words) from error


def remove_reviewer(*, row: LevelReviewer) -> None:
    """They are not asked by rule anymore; what is asked of them stays theirs until it goes on."""
    row.delete()
