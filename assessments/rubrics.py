"""The rubrics of an organization; one that has made none starts with quality, testing and documentation."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from assessments.models import PRESENTED, Criterion, Rubric, RubricArchival, RubricChoice, Submission
from organizations.models import Organization

Text = str | Promise
#: key, title, question, and one sentence for each of the scores from 1 (not yet) to 4 (exemplary).
CriterionText = tuple[str, Text, Text, tuple[Text, Text, Text, Text]]

TITLE = _("Code and documentation")
CRITERIA: tuple[CriterionText, ...] = (
    (
        "quality",
        _("Quality"),
        _("Is the code clear, typed and safe to change?"),
        (
            _("Hard to follow; dead code or secrets in the repository."),
            _("Works, but structure or naming gets in the way."),
            _("Clear structure, typed, small functions, sensible errors."),
            _("A newcomer could extend it the same day."),
        ),
    ),
    (
        "testing",
        _("Testing"),
        _("Would the tests catch a regression?"),
        (
            _("No tests, or they don’t run."),
            _("Happy path only; evaluation set leaks into training."),
            _("Edge cases and a held-out set; runs in CI."),
            _("Also property tests or drift checks."),
        ),
    ),
    (
        "documentation",
        _("Documentation"),
        _("Could someone else run and judge this?"),
        (
            _("No README, or setup fails."),
            _("Setup works; results are not explained."),
            _("Setup, results, limits and a model card."),
            _("Also explains the choices not taken."),
        ),
    ),
)


#: A kind of project ("" is every kind) and a level (None is every level).
Place = tuple[str, int | None]


def rubric_for(submission: Submission) -> Rubric:
    """What an attempt is reviewed with when the first reviewer takes it: the newest version of what was chosen for its
    kind and level, else for its kind, else for its level, else for everything.
    """
    kind, level = submission.project.kind, submission.project.level.number
    chosen = choices_in_force()
    for place in ((kind, level), (kind, None), ("", level)):
        if place in chosen:
            return newest(chosen[place])
    return default_rubric()


def default_rubric() -> Rubric:
    """The one chosen for everything, else the organization's first; made in its language when there is none yet."""
    chosen = choices_in_force()
    family = chosen.get(("", None)) or first_family(archived_families() | presented_alone(chosen))
    return newest(family) if family else make_once(TITLE, CRITERIA)


def presented_alone(chosen: Mapping[Place, UUID]) -> set[UUID]:
    """Rubrics that are chosen for presentations and for nothing else: no work is reviewed with them."""
    presented = {family for (kind, _level), family in chosen.items() if kind == PRESENTED}
    return presented - {family for (kind, _level), family in chosen.items() if kind != PRESENTED}


def first_family(put_away: Collection[UUID]) -> UUID | None:
    """The rubric that was there first of those not put away. One query."""
    rows = Rubric.objects.exclude(family__in=put_away).order_by("created_at", "version")
    return rows.values_list("family", flat=True).first()


def newest(family: UUID) -> Rubric:
    """Its newest version."""
    return Rubric.objects.filter(family=family).order_by("-version")[0]


def choices_in_force() -> Mapping[Place, UUID]:
    """The rubric chosen for each place, by its family. One query."""
    latest = RubricChoice.objects.order_by("kind", "level", "-recorded_at", "-pk").distinct("kind", "level")
    rows = latest.values_list("kind", "level", "rubric__family")
    return {(kind, level): family for kind, level, family in rows if family is not None}


def archived_families() -> set[UUID]:
    """Rubrics that were put away. One query."""
    latest = RubricArchival.objects.order_by("rubric__family", "-recorded_at", "-pk").distinct("rubric__family")
    return {family for family, is_archived in latest.values_list("rubric__family", "is_archived") if is_archived}


def make_once(title: Text, criteria: Sequence[CriterionText], **values: Any) -> Rubric:
    """The first version of a rubric that Gilde brings along, in the organization's language, made if need be."""
    with translation.override(Organization.in_scope().language), transaction.atomic():
        # Two may ask at once: the second waits on the unique version and then finds it made.
        rubric, is_new = Rubric.objects.get_or_create(title=str(title), version=1, defaults=values)
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
                for position, (key, title, question, sentences) in enumerate(criteria, start=1)
            )
    return rubric
