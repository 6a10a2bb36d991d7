"""Which mentor fits a learner, and why. Nothing here asks the database; matchmaking.py reads and applies.

Points, of which more is better: level 40, language 25, hours in common up to 20 (one for each hour a week), places left
up to 15 in proportion, topics 5 each up to 10. They rank mentors for staff, who decide; they say nothing of anybody's
worth.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import User
from mentoring.spans import Span, merge

LEVEL, LANGUAGE, HOURS, PLACES, TOPIC, MOST_TOPICS = 40, 25, 20, 15, 5, 2
DAY, WEEK = 1440, 7 * 1440
#: The name of each language in the language in force.
LANGUAGES: Mapping[str, str | Promise] = {
    User.Language.ENGLISH: gettext_lazy("English"),
    User.Language.DUTCH: gettext_lazy("Dutch"),
}
#: A learner's day, in minutes of their own clock: when a 1-on-1 is no burden.
FIRST_MINUTE, LAST_MINUTE = 8 * 60, 22 * 60


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A mentor who may take learners. `capacity` None: nobody said how many; empty levels and languages likewise.

    `windows` are the weekly hours in minutes since Monday midnight on the mentor's clock, `offset` is that of the clock
    in minutes to UTC. `learners` is how many they have.
    """

    key: UUID
    name: str
    levels: frozenset[int]
    topics: tuple[str, ...]
    languages: frozenset[str]
    capacity: int | None
    learners: int
    windows: tuple[Span, ...]
    offset: int

    @property
    def places(self) -> int | None:
        """How many more learners they take; None when nobody said."""
        return None if self.capacity is None else max(self.capacity - self.learners, 0)


@dataclass(frozen=True, kw_only=True)
class Need:
    """A learner who needs a mentor: the level they are on, what it is about, their language, and their clock."""

    key: UUID
    level: int
    subjects: tuple[str, ...]
    language: str
    offset: int
    not_with: frozenset[UUID] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Match:
    """A mentor for a learner, with the points and what they are for, the weightiest first."""

    candidate: Candidate
    points: int
    reasons: tuple[str, ...]

    @property
    def words(self) -> str:
        """ "takes level 3, speaks Dutch, 22 hours a week in common, 3 of 8 places taken"."""
        return ", ".join(self.reasons)


@dataclass(frozen=True)
class _Fit:
    """What does not change while learners are assigned."""

    level: int
    language: int
    hours: int
    topics: tuple[str, ...]

    @property
    def points(self) -> int:
        return self.level + self.language + min(self.hours, HOURS) + TOPIC * len(self.topics)


def rank(need: Need, candidates: Iterable[Candidate]) -> list[Match]:
    """The mentors who have a place for the learner, the best first, equal ones by name; in whatever order given."""
    found = [_match(need, one, _fit(need, one), one.learners) for one in candidates if _may(need, one, one.learners)]
    return sorted(found, key=_best_first)


def assign(needs: Sequence[Need], candidates: Iterable[Candidate]) -> dict[UUID, Match | None]:
    """A mentor for each of many learners at once; None when nobody has a place left. Nobody gets more than they take.

    The best pair first, then the best of what is left, with the places that are left by then. Deterministic, and the
    same in whatever order they are given.
    """
    mentors = sorted(candidates, key=lambda one: one.key)
    waiting = {need.key: need for need in sorted(needs, key=lambda need: need.key)}
    fits = {(need.key, one.key): _fit(need, one) for need in waiting.values() for one in mentors}
    load = {one.key: one.learners for one in mentors}
    given: dict[UUID, Match | None] = dict.fromkeys(waiting)
    while waiting:
        best: tuple[tuple[int, UUID, str, UUID], Need, Candidate] | None = None
        for need in waiting.values():
            for one in mentors:
                if _may(need, one, load[one.key]):
                    points = fits[need.key, one.key].points + _places(one, load[one.key])
                    order = (-points, need.key, one.name, one.key)
                    if best is None or order < best[0]:
                        best = (order, need, one)
        if best is None:
            break
        _order, need, one = best
        given[need.key] = _match(need, one, fits[need.key, one.key], load[one.key])
        load[one.key] += 1
        del waiting[need.key]
    return given


def hours_in_common(windows: Iterable[Span], *, ahead: int) -> int:
    """Whole hours a week in which the mentor is open and it is day for the learner, whose clock is `ahead` minutes."""
    minutes = 0
    days = [(day * DAY + FIRST_MINUTE, day * DAY + LAST_MINUTE) for day in range(-2, 10)]
    for first, last in merge(windows):
        minutes += sum(max(min(last + ahead, until) - max(first + ahead, since), 0) for since, until in days)
    return minutes // 60


def _may(need: Need, one: Candidate, load: int) -> bool:
    return one.key not in need.not_with and (one.capacity is None or load < one.capacity)


def _fit(need: Need, one: Candidate) -> _Fit:
    known = [topic for topic in one.topics if any(_about(topic, subject) for subject in need.subjects)]
    return _Fit(
        level=LEVEL if need.level in one.levels else LEVEL // 2 if not one.levels else 0,
        language=LANGUAGE if need.language in one.languages else 0,
        hours=hours_in_common(one.windows, ahead=need.offset - one.offset),
        topics=tuple(known[:MOST_TOPICS]),
    )


def _about(topic: str, subject: str) -> bool:
    return topic.casefold() in subject.casefold()


def _places(one: Candidate, load: int) -> int:
    if not one.capacity:
        return PLACES // 2
    return PLACES * (one.capacity - load) // one.capacity


def _match(need: Need, one: Candidate, fit: _Fit, load: int) -> Match:
    reasons = []
    if need.level in one.levels:
        reasons.append(_("takes level %(level)s") % {"level": need.level})
    elif one.levels:
        levels = ", ".join(str(level) for level in sorted(one.levels))
        reasons.append(_("takes level %(levels)s, not %(level)s") % {"levels": levels, "level": need.level})
    language = LANGUAGES.get(need.language, need.language)
    if fit.language:
        reasons.append(_("speaks %(language)s") % {"language": language})
    elif one.languages:
        reasons.append(_("does not speak %(language)s") % {"language": language})
    reasons += [_("knows %(topic)s") % {"topic": topic} for topic in fit.topics]
    said = ngettext("%(hours)s hour a week in common", "%(hours)s hours a week in common", fit.hours)
    reasons.append(said % {"hours": fit.hours})
    if one.capacity is None:
        said = ngettext("%(learners)s learner now", "%(learners)s learners now", load)
        reasons.append(said % {"learners": load})
    else:
        words = {"learners": load, "capacity": one.capacity}
        reasons.append(_("%(learners)s of %(capacity)s places taken") % words)
    return Match(candidate=one, points=fit.points + _places(one, load), reasons=tuple(reasons))


def _best_first(match: Match) -> tuple[int, str, UUID]:
    return (-match.points, match.candidate.name, match.candidate.key)
