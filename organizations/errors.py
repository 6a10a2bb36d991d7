"""The family of errors that a person caused and can mend."""

from typing import ClassVar

from django.utils.functional import Promise


class DomainError(Exception):
    """Something was asked that a rule forbids.

    `code` is stable, for the API and the tests; `message` is one sentence for the person, in their language, that says
    what happened and how to go on. Each app has one family: `class CohortError(DomainError)`.
    """

    #: Whether somebody else was first, so that the API answers 409 and not 422.
    is_conflict: ClassVar[bool] = False

    def __init__(self, code: str, message: str | Promise) -> None:
        super().__init__(code)
        self.code, self.message = code, message

    def __str__(self) -> str:
        return str(self.message)
