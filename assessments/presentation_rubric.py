"""What a panel looks at: a rubric like those of reviews, with versions that never change, under a title of its own."""

from datetime import datetime, timedelta

from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from assessments.models import PRESENTED, Rubric, RubricChoice
from assessments.rubrics import CriterionText, choices_in_force, default_rubric, make_once, newest

TITLE = _("Presentation")
CRITERIA: tuple[CriterionText, ...] = (
    (
        "story",
        _("Story"),
        _("Can somebody who was not there follow problem, approach and result?"),
        (
            _("What was built, or why, stays unclear."),
            _("The parts are there; how they hang together is not."),
            _("Problem, choices and results in a clear order, within the time."),
            _("Would convince somebody who has to decide on it."),
        ),
    ),
    (
        "depth",
        _("Depth"),
        _("Does the learner understand what they built, and why it works?"),
        (
            _("Cannot explain parts of the own work."),
            _("Explains what was done, not why."),
            _("Explains choices, limits and what was measured."),
            _("Weighs alternatives and knows where it would break."),
        ),
    ),
    (
        "answers",
        _("Answers"),
        _("Do the answers to the panel’s questions hold?"),
        (
            _("Questions stay open or are answered wrongly."),
            _("Answers what was prepared; follow-up questions stay open."),
            _("Answers to the point, and says what they do not know."),
            _("Thinks on, and takes the question further."),
        ),
    ),
)


def presentation_rubric(*, level: int, by: Membership, at: datetime) -> Rubric:
    """The newest version of what was chosen for presentations at the level, else for all of them; made in the
    organization's language when nothing was.
    """
    chosen = choices_in_force()
    for place in ((PRESENTED, level), (PRESENTED, None)):
        if place in chosen:
            return newest(chosen[place])
    # What is chosen for nothing is reviewed with the oldest rubric, and that is never this one.
    after = default_rubric().created_at + timedelta(microseconds=1)
    rubric = make_once(TITLE, CRITERIA, created_at=max(at, after))
    RubricChoice.objects.create(rubric=rubric, kind=PRESENTED, recorded_by=by, recorded_at=at)
    return newest(rubric.family)
