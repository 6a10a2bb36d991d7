from collections.abc import Iterator

import pytest
from django.utils import timezone

from organizations.scope import scope
from tests.conftest import NOW, Cast
from tests.mentoring.given import Mentoring, mentoring


@pytest.fixture
def given(lantaarn: Cast) -> Iterator[Mentoring]:
    """With Lantaarn in scope and Amsterdam's clock in force: for tests of domain functions."""
    with timezone.override("Europe/Amsterdam"):
        yield mentoring(lantaarn)


@pytest.fixture
def given_page(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Mentoring:
    """Made in a scope that is left again, and it is `NOW`: for tests of pages."""
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)
    with scope(cast.organization.pk):
        return mentoring(cast)
