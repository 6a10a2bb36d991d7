"""Everything that happened to a learner, in one list: what each app knows, told by its source.

Apps above register theirs when they are ready, as for panels. A source is asked for its newest happenings only; the
list is the newest of all of them together.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from heapq import nlargest
from uuid import UUID

from django.utils import timezone
from django.utils.functional import Promise

from accounts.models import Membership
from cohorts.models import Enrollment

PAGE_SIZE = 30


@dataclass(frozen=True, kw_only=True)
class Happening:
    """One line. `on` is the day it took effect; `at` the instant, where there is one to speak of.

    `text` is what a person wrote, `by` who did it, `recorded_at` is given where it was recorded on another day.
    """

    on: date
    title: str
    icon: str
    at: datetime | None = None
    text: str = ""
    by: str = ""
    url: str = ""
    recorded_at: datetime | None = None
    hot: bool = False

    @property
    def order(self) -> datetime:
        """Facts of a day without an hour stand above what happened in its course: they hold at its end."""
        return self.at or timezone.make_aware(datetime.combine(self.on, time.max))


@dataclass(frozen=True, kw_only=True)
class Question:
    """About whom, for whom, at which instant, and how many of the newest happenings are wanted.

    `ids` are the enrollments of one continuous history: this one and those it continues.
    """

    enrollment: Enrollment
    ids: list[UUID]
    viewer: Membership
    at: datetime
    most: int

    @property
    def slug(self) -> str:
        """Of the organization, for addresses."""
        return self.viewer.organization.slug


#: Tells the newest first, with at most two queries.
Tell = Callable[[Question], Iterable[Happening]]


@dataclass(frozen=True, kw_only=True)
class Source:
    """One kind of happening: `key` stands in addresses, `title` on the filter."""

    key: str
    title: str | Promise
    tell: Tell


@dataclass(frozen=True)
class Chronicle:
    """A page of the list; `kinds` are those there are, `shown` the ones on it."""

    days: list[tuple[date, list[Happening]]]
    page: int
    has_more: bool
    kinds: list[tuple[str, str | Promise]]
    shown: frozenset[str]

    @property
    def before(self) -> int:
        return self.page - 1

    @property
    def after(self) -> int:
        return self.page + 1


_sources: dict[str, Source] = {}


def register(source: Source) -> None:
    """Add a source; the filter lists them in the order of registration."""
    _sources[source.key] = source


def chronicle_of(
    enrollment: Enrollment,
    *,
    viewer: Membership,
    at: datetime,
    kinds: Collection[str] = (),
    page: int = 1,
    size: int = PAGE_SIZE,
) -> Chronicle:
    """The page of that number, from 1; all kinds unless some are named. Days are those of the zone in force."""
    chosen = [source for source in _sources.values() if source.key in kinds] or list(_sources.values())
    ids, most = history_of(enrollment), page * size + 1
    # What goes along in a transfer stands with both enrollments, and is told once.
    question = Question(enrollment=enrollment, ids=ids, viewer=viewer, at=at, most=most * len(ids))
    told = dict.fromkeys(happening for source in chosen for happening in source.tell(question))
    newest = nlargest(most, told, key=lambda happening: happening.order)
    days: dict[date, list[Happening]] = {}
    for happening in newest[(page - 1) * size : page * size]:
        days.setdefault(happening.on, []).append(happening)
    return Chronicle(
        days=list(days.items()),
        page=page,
        has_more=len(newest) > page * size,
        kinds=[(source.key, source.title) for source in _sources.values()],
        shown=frozenset(source.key for source in chosen) if len(chosen) < len(_sources) else frozenset(),
    )


def history_of(enrollment: Enrollment) -> list[UUID]:
    """The enrollment and those that it continues after a transfer, the latest first."""
    continued = dict(Enrollment.objects.filter(learner=enrollment.learner_id).values_list("pk", "continues"))
    ids: list[UUID] = [enrollment.pk]
    while (before := continued.get(ids[-1])) is not None:
        ids.append(before)
    return ids


def day_of(moment: datetime) -> date:
    """The day an instant falls on in the zone in force, on which the list shows it."""
    return timezone.localdate(moment)
