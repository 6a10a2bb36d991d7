"""What the rules of assessment refuse."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as say
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


class DraftConflict(AssessmentError):
    """The draft was saved from another window since this one was opened. `revision` is the one to go on from."""

    is_conflict: ClassVar[bool] = True

    def __init__(self, *, saved_at: datetime, revision: int) -> None:
        time = date_format(timezone.localtime(saved_at), "j F, H:i", use_l10n=False)
        sentence = say("This draft was changed in another window on %(time)s, so it was not saved over.")
        super().__init__("draft_conflict", sentence % {"time": time})
        self.saved_at, self.revision = saved_at, revision
