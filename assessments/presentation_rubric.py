"""What a panel looks at: a rubric like those of reviews, with versions that never change, under a title of its own."""

from datetime import datetime, timedelta

from django.utils import translation
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from assessments.models import PRESENTED, Criterion, Rubric, RubricChoice
from assessments.rubrics import Text, choices_in_force, default_rubric, newest
from organizations.models import Organization
from organizations.scope import required_organization_id

TITLE = _("Presentation")
#: key, title, question, and one sentence for each of the scores from 1 (not yet) to 4 (exemplary).
CRITERIA: tuple[tuple[str, Text, Text, tuple[Text, Text, Text, Text]], ...] = (
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
    rubric = _make(max(at, after))
    RubricChoice.objects.create(rubric=rubric, kind=PRESENTED, recorded_by=by, recorded_at=at)
    return newest(rubric.family)


def _make(at: datetime) -> Rubric:
    language = Organization.objects.values_list("language", flat=True).get(pk=required_organization_id())
    with translation.override(language):
        # Two may plan at once: the second waits on the unique version and then finds it made.
        rubric, is_new = Rubric.objects.get_or_create(title=str(TITLE), version=1, defaults={"created_at": at})
        if is_new:
            Criterion.objects.bulk_create(
                Criterion(
                    rubric=rubric,
                    position=position,
                    key=key,
                    title=str(title),
                    question=str(question),
                    descriptions=[str(sentence) for sentence in sentences],
                )
                for position, (key, title, question, sentences) in enumerate(CRITERIA, start=1)
            )
    return rubric
