"""Learners about whom something was recorded: what is kept about them is worked out again once that is committed.

Whatever records a fact that a rule of `risk` reads calls `touch`. A transaction that records many does it once for
all of them; one that is undone does nothing.
"""

from collections.abc import Callable, Collection
from uuid import UUID

from django.db import connection, transaction

from cohorts.models import Enrollment
from organizations.scope import required_organization_id, scope

Listener = Callable[[Collection[UUID]], None]
_listeners: list[Listener] = []


def register_listener(listener: Listener) -> Listener:
    """Let something be told, within the organization's scope, which enrollments were touched."""
    _listeners.append(listener)
    return listener


def touch(*enrollments: UUID) -> None:
    """Have the listeners told of these enrollments when the transaction is committed, before the answer is sent."""
    _waiting().enrollments.update(enrollments)


def touch_cohorts(*cohorts: UUID) -> None:
    """The same for everyone who is enrolled there then."""
    _waiting().cohorts.update(cohorts)


def _waiting() -> "_Touched":
    """What this transaction has collected so far."""
    organization_id = required_organization_id()
    queued = (entry[1] for entry in connection.run_on_commit)
    own = (task for task in queued if isinstance(task, _Touched) and task.organization_id == organization_id)
    waiting = next(own, None)
    if waiting is None:
        waiting = _Touched(organization_id)
        # Robust: the fact is recorded, and the hourly pass mends what could not be worked out now.
        transaction.on_commit(waiting, robust=True)
    return waiting


class _Touched:
    def __init__(self, organization_id: UUID) -> None:
        self.organization_id = organization_id
        self.enrollments: set[UUID] = set()
        self.cohorts: set[UUID] = set()

    def __call__(self) -> None:
        with scope(self.organization_id):
            found = self.enrollments
            if self.cohorts:
                there = Enrollment.objects.enrolled_now().filter(cohort__in=self.cohorts)
                found = found.union(there.values_list("pk", flat=True))
            for listener in _listeners:
                listener(found)
