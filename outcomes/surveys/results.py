"""What surveys found, from crowds of at least five: nothing here can be taken apart into fewer people."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar
from uuid import UUID

from django.db.models import Count

from outcomes.measuring.intervals import Interval, mean_interval, wilson
from outcomes.surveys.editing import questions_of
from outcomes.surveys.questions import options_of, text_of, values_of
from outcomes.surveys.records import LEAST, Answer, Crowd, Release, Survey, SurveyQuestion

Kind = SurveyQuestion.Kind
K = TypeVar("K")
#: How many answers there are, by value.
Tally = Mapping[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What was answered to one question. With fewer than five answers only their number is there, in `is_hidden`.

    `rows` are (label, answers, share). `mean` is of scores, `top_two` the share of 4 and 5, `net` those who would
    recommend (9, 10) less those who would not (0 to 6), from -100 to 100.
    """

    question: SurveyQuestion
    text: str
    n: int
    is_hidden: bool
    rows: list[tuple[str, int, float]] = field(default_factory=list)
    mean: Interval | None = None
    top_two: Interval | None = None
    net: Interval | None = None
    comments: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """One release, or one crowd of it. `rate` is the share of those asked who answered."""

    release: Release
    crowd: Crowd | None
    asked: int
    answered: int
    rate: float
    told: list[Told]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendPoint:
    """A score question in one release; None where it was not asked or too few answered it."""

    release: Release
    n: int
    mean: Interval | None


class Results:
    """Every release of one survey with its answers as counts: four queries, one more for the texts of each part."""

    def __init__(self, survey: Survey) -> None:
        self.survey = survey
        self.releases: list[Release] = list(
            Release.objects.filter(version__survey=survey)
            .select_related("version")
            .prefetch_related("crowds", "version__questions")
            .order_by("-last_on", "-released_at", "group")
        )
        self._tallies: dict[tuple[UUID, UUID], Counter[int]] = defaultdict(Counter)
        rows = Answer.objects.filter(crowd__release__version__survey=survey).order_by()
        for crowd, question, value, number in rows.values_list("crowd", "question", "value").annotate(Count("pk")):
            # Texts have no value: they are counted under one of their own.
            self._tallies[crowd, question][-1 if value is None else value] += number

    def of_group(self, group: str) -> list[Release]:
        """Newest first."""
        return [release for release in self.releases if release.group == group]

    def findings(self, release: Release, crowd: Crowd | None = None) -> Findings:
        """Of a release, or of one of its crowds."""
        crowds = [crowd] if crowd else list(release.crowds.all())
        told = [self._told(question, release, crowds, crowd) for question in questions_of(release.version)]
        asked, answered = (crowd.asked, crowd.answered) if crowd else (release.asked, release.answered)
        return Findings(
            release=release, crowd=crowd, asked=asked, answered=answered, rate=answered / asked, told=told
        )  # fmt: skip

    def trend(self, key: str, group: str) -> list[TrendPoint]:
        """A score question over all releases of a group, oldest first."""
        points = []
        for release in reversed(self.of_group(group)):
            named = [one for one in questions_of(release.version) if one.key == key and one.kind == Kind.SCORE]
            tally = self._tally(release.crowds.all(), named[0]) if named else Counter()
            n = sum(tally.values())
            points.append(TrendPoint(release=release, n=n, mean=mean_of(tally) if n >= LEAST else None))
        return points

    def _tally(self, crowds: Iterable[Crowd], question: SurveyQuestion) -> Counter[int]:
        return sum((self._tallies[crowd.pk, question.pk] for crowd in crowds), Counter())

    def _told(self, question: SurveyQuestion, release: Release, crowds: Sequence[Crowd], one: Crowd | None) -> Told:
        tally = self._tally(crowds, question)
        n = sum(tally.values())
        is_hidden = n < LEAST
        if one is not None:
            numbers = {each.pk: sum(self._tallies[each.pk, question.pk].values()) for each in release.crowds.all()}
            is_hidden = one.pk in hidden_cells(numbers)
        if is_hidden:
            return Told(question=question, text=text_of(question), n=n, is_hidden=True)
        if question.kind == Kind.TEXT:
            texts = Answer.objects.filter(crowd__in=crowds, question=question).order_by("pk")  # a random order
            comments = list(texts.values_list("text", flat=True))
            return Told(question=question, text=text_of(question), n=n, is_hidden=False, comments=comments)
        return told_of(question, tally)


def told_of(question: SurveyQuestion, tally: Tally) -> Told:
    """The numbers of a question that is no text, of at least five answers."""
    n = sum(tally.values())
    labels = options_of(question) or [str(value) for value in values_of(question)]
    rows = [
        (label, tally.get(value, 0), tally.get(value, 0) / n)
        for value, label in zip(values_of(question), labels, strict=True)
    ]
    is_score, is_net = question.kind == Kind.SCORE, question.kind == Kind.RECOMMEND
    return Told(
        question=question,
        text=text_of(question),
        n=n,
        is_hidden=False,
        rows=rows,
        mean=mean_of(tally) if is_score else None,
        top_two=wilson(tally.get(4, 0) + tally.get(5, 0), n) if is_score else None,
        net=net_of(tally) if is_net else None,
    )


def mean_of(tally: Tally) -> Interval | None:
    """The mean of scores from 1 to 5 with its t interval, cut off at the ends of the scale; None under two answers."""
    return _cut(mean_interval(Counter(tally).elements()), 1, 5)


def net_of(tally: Tally) -> Interval | None:
    """Those who answered 9 or 10 less those who answered 0 to 6, in points of 100, with the t interval of that mean.

    Each answer counts as 100, 0 or -100. Source: Reichheld (2003), Harvard Business Review 81(12), 46-54.
    """
    sides = [100 if value >= 9 else -100 if value <= 6 else 0 for value in Counter(tally).elements()]
    return _cut(mean_interval(sides), -100, 100)


def _cut(interval: Interval | None, least: float, most: float) -> Interval | None:
    if interval is None:
        return None
    return Interval(
        estimate=interval.estimate,
        low=max(interval.low, least),
        high=min(interval.high, most),
        method=interval.method,
    )


def hidden_cells(numbers: Mapping[K, int], *, least: int = LEAST) -> set[K]:
    """Which parts of a whole to hide: those under `least`, and the next ones as long as the whole less what is shown
    would tell of fewer.
    """
    order = sorted(numbers, key=lambda key: (numbers[key], str(key)))
    hidden = {key for key in order if numbers[key] < least}
    for key in order:
        if not 0 < sum(numbers[one] for one in hidden) < least:
            break
        hidden.add(key)
    return hidden
