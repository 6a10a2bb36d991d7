"""Surveys that the tests begin with: people in cohorts who are asked, and what they answer."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from cohorts.models import Cohort, Enrollment
from outcomes.errors import OutcomeError
from outcomes.surveys.answering import answer
from outcomes.surveys.box import open_box
from outcomes.surveys.editing import latest_version, make_survey, open_survey, questions_of
from outcomes.surveys.records import Participation, Release, Survey, Wave
from tests.outcomes.given import day, enrolled

DAYS = 14


@contextmanager
def refuses(code: str) -> Iterator[None]:
    """The block raises an OutcomeError with that code."""
    with pytest.raises(OutcomeError) as refused:
        yield
    assert refused.value.code == code


def a_survey(kind: str = "satisfaction", *, on: date | None = None, **values: Any) -> Survey:
    """An open one of that kind, since day 0."""
    options = {"title": "How is it going?", "own": [], "recommends": True, "by": None, **values}
    return open_survey(survey=make_survey(kind=kind, **options), on=on or day(0))


def learners(cohort: Cohort, number: int) -> list[Enrollment]:
    """So many active ones, as their rows say too."""
    rows = [enrolled(cohort) for _number in range(number)]
    Enrollment.objects.filter(pk__in=[row.pk for row in rows]).update(status="active", status_since=day(0))
    return rows


def a_wave(survey: Survey, people: Sequence[Enrollment], *, on: int = 0, group: str = "here") -> list[Participation]:
    """An open one that asked them on that day."""
    wave, _made = Wave.objects.get_or_create(
        survey=survey,
        asks_from=day(on),
        defaults={
            "version": latest_version(survey), "asks_until": day(on), "closes_on": day(on + DAYS),
            "opened_at": at(day(on)),
        },
    )  # fmt: skip
    return [
        Participation.objects.create(
            wave=wave, enrollment=one, group=group, asked_on=day(on), answer_by=wave.closes_on
        )
        for one in people
    ]  # fmt: skip


def say(asked: Participation, *said: int | str) -> None:
    """Answer the questions in order, those left away with nothing."""
    questions = questions_of(latest_version(asked.wave.survey))
    replies = {question.pk: said[place] if place < len(said) else "" for place, question in enumerate(questions)}
    answer(participation=asked, replies=replies, on=asked.asked_on)


def end(asked: Sequence[Participation]) -> list[Release]:
    """End their wave on the day after its last one."""
    wave = asked[0].wave
    on = wave.closes_on + timedelta(days=1)
    return open_box(wave=wave, on=on, at=at(on))


def heard(
    survey: Survey, people: Sequence[Enrollment], scores: Sequence[int], *, on: int = 0, group: str = "here"
) -> list[Release]:
    """A whole wave: these people asked, the first of them giving these scores."""
    asked = a_wave(survey, people, on=on, group=group)
    for one, score in zip(asked, scores, strict=False):
        say(one, score)
    return end(asked)


def at(on: date) -> datetime:
    return datetime.combine(on, time(0, 10), tzinfo=UTC)
