"""Searching among 5,000 learners: everything that the box finds, against one query of names on the index."""

import statistics
import time
from collections.abc import Callable
from typing import Any

from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import Membership, Role, User
from accounts.search import Query, first_of, sources
from cohorts.models import Cohort, Enrollment
from home.demonstration.loading import insert
from organizations.models import Organization
from organizations.scope import scope

LEARNERS, SHOWN = 5_000, 5
ROUNDS, GOAL = 40, 15
WORDS = ("anna", "v", "van den", "bench4999@", "transformers", "2.1", "zzzz")
RAW = """
SELECT m.name, e.id, e.status FROM accounts_membership m
JOIN cohorts_enrollment e ON e.organization_id = m.organization_id AND e.learner_id = m.id
WHERE m.organization_id = %s AND m.search_words @@ %s::tsquery ORDER BY m.name LIMIT 5
"""


def measure() -> None:
    call_command("migrate", verbosity=0)
    call_command("demonstrate")
    organization = Organization.objects.get(slug="lantaarn")
    with scope(organization.pk):
        _fill(Cohort.objects.order_by("starts_on")[0])
        viewer = Membership.objects.with_role(Role.STAFF).select_related("user")[0]
        viewer.organization = organization
        for word in WORDS:
            _compare(word, viewer)


def _fill(cohort: Cohort) -> None:
    """Learners up to 5,000, in one cohort; made when missing."""
    missing = LEARNERS - Membership.objects.with_role(Role.LEARNER).count()
    if missing <= 0:
        return
    first, last = ("Anna", "Zoë", "Bram", "Noor", "Jean-Luc"), ("de Wit", "van den Berg", "O'Neill", "Haddad", "Öz")
    names = [f"{first[n % 5]} {last[n // 5 % 5]} {n}" for n in range(missing)]
    users = User.objects.bulk_create(
        User(email=f"bench{n}@lantaarn.example", name=name) for n, name in enumerate(names)
    )  # fmt: skip
    members = Membership.objects.bulk_create(
        Membership(user=user, name=user.name, roles=[Role.LEARNER], joined_at=timezone.now()) for user in users
    )
    seat = {"cohort": cohort, "version_id": cohort.version_id, "status": "active", "status_since": cohort.starts_on}
    insert([Enrollment(learner=member, **seat) for member in members])


def _compare(word: str, viewer: Membership) -> None:
    """In turn, so that the machine's mood is shared; the first rounds only warm up."""
    query = Query.of(word)
    rounds = [(_seconds(_everything, viewer, query), _seconds(_raw, viewer, query)) for _round in range(ROUNDS + 3)][3:]
    found, limit = (1000 * statistics.median(taken) for taken in zip(*rounds, strict=True))
    ratio = statistics.median(one / other for one, other in rounds)
    print(
        f"search “{word}”".ljust(28) + f" {found:7.1f} ms   limit {limit:5.1f} ms   ×{ratio:.1f}   "
        f"{'within' if ratio <= GOAL else 'over'} the goal of ×{GOAL}"
    )


def _everything(viewer: Membership, query: Query) -> None:
    """What the list below the box costs: of every kind the first few, with how many there are."""
    for source in sources():
        rows, _total = first_of(source.rows(viewer, query), SHOWN)
        list(source.hits(viewer, rows))


def _raw(viewer: Membership, query: Query) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(RAW, [viewer.organization.pk, " & ".join(f"'{word}':*" for word in query.words)])
        cursor.fetchall()


def _seconds(work: Callable[[Any, Any], None], viewer: Membership, query: Query) -> float:
    began = time.perf_counter()
    work(viewer, query)
    return time.perf_counter() - began
