"""What is kept of each learner's part in words: in every language, since who reads it later may speak another one."""

from collections.abc import Callable

from django.conf import settings
from django.db import transaction
from django.utils import translation

from organizations.errors import DomainError

Words = dict[str, str]
LONGEST = 400


def in_every_language(say: Callable[[], str]) -> Words:
    """The words by language."""
    said = {}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            said[language] = say()[:LONGEST]
    return said


def refusal_of(attempt: Callable[[], object]) -> Words:
    """Why the attempt is refused, which it is already: an error speaks the language in force when it comes up."""

    def say() -> str:
        try:
            with transaction.atomic():
                attempt()
                transaction.set_rollback(True)
        except DomainError as error:
            return str(error)
        return ""

    return in_every_language(say)
