from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest
from pytest_django import DjangoCaptureOnCommitCallbacks

from config.celery import app

Committing = Callable[[], AbstractContextManager[list[Callable[[], object]]]]


@pytest.fixture
def committing(django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks) -> Iterator[Committing]:
    """`with committing():` ends like a request: what waits for the commit happens, in this process."""
    app.conf.task_always_eager = app.conf.task_eager_propagates = True
    yield lambda: django_capture_on_commit_callbacks(execute=True)
    app.conf.task_always_eager = app.conf.task_eager_propagates = False
