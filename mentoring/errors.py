from typing import ClassVar

from organizations.errors import DomainError


class MentoringError(DomainError):
    """What cannot be done to 1-on-1s and what a mentor offers, and how to go on."""


class SlotTaken(MentoringError):
    """Somebody else has that time now."""

    is_conflict: ClassVar[bool] = True
