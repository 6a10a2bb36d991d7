"""The rubric of an organization; one that has made none starts with quality, testing and documentation."""

from django.db import transaction
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from assessments.models import Criterion, Rubric
from organizations.models import Organization
from organizations.scope import required_organization_id

Text = str | Promise

TITLE = _("Code and documentation")
#: key, title, question, and one sentence for each of the scores from 1 (not yet) to 4 (exemplary).
CRITERIA: tuple[tuple[str, Text, Text, tuple[Text, Text, Text, Text]], ...] = (
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


def default_rubric() -> Rubric:
    """The organization's newest rubric; made in the organization's language when there is none yet."""
    return Rubric.objects.order_by("-created_at", "-version").first() or _make_first()


def _make_first() -> Rubric:
    language = Organization.objects.values_list("language", flat=True).get(pk=required_organization_id())
    with translation.override(language), transaction.atomic():
        # Two reviewers may start at once: the second waits on the unique version and then finds it made.
        rubric, is_new = Rubric.objects.get_or_create(title=str(TITLE), version=1)
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
