from collections.abc import Iterator
from contextlib import contextmanager

from django.db import IntegrityError
from django.utils.translation import gettext_lazy as _

from organizations.errors import DomainError


class CurriculumError(DomainError):
    """What cannot be done to a curriculum or its versions, and how to go on."""


@contextmanager
def frozen_versions_explained() -> Iterator[None]:
    """Turn the database's refusal to change a published version into a CurriculumError; other errors pass."""
    try:
        yield
    except IntegrityError as error:
        if getattr(getattr(error.__cause__, "diag", None), "constraint_name", "") != "version_frozen":
            raise
        raise version_frozen() from error


def version_frozen() -> CurriculumError:
    return CurriculumError(
        "version_frozen",
        _("This version is published and never changes. Choose “Edit” on its page to make the next version."),
    )
