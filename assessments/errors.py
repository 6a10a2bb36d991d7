"""What the rules of assessment refuse."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from organizations.errors import DomainError


class AssessmentError(DomainError):
    """A submission, review or level decision that a rule forbids."""


@dataclass(frozen=True)
class Gap:
    """Something a review still lacks. `field` names the input it belongs to, such as `score_testing` or `summary`.

    `message` says what to do; `state` says the same as a fact, in the middle of a sentence.
    """

    field: str
    message: str | Promise
    state: str | Promise


class ReviewIncomplete(AssessmentError):
    """A verdict was asked for while the review still has gaps."""

    def __init__(self, gaps: Sequence[Gap]) -> None:
        super().__init__("review_incomplete", _("The review is not complete. Fill in what is marked, then decide."))
        self.gaps = tuple(gaps)
