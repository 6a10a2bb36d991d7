"""Answers are anonymous in fact: no row, however it is joined, leads from one to a person."""

import json
from itertools import pairwise
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, models, transaction
from hypothesis import given
from hypothesis import strategies as st

from outcomes.surveys.box import Content, Reply, crowds_of, open_box, seal, unseal
from outcomes.surveys.editing import change_survey
from outcomes.surveys.records import LEAST, Answer, Crowd, Envelope, Participation, Release
from outcomes.surveys.results import hidden_cells
from tests.conftest import Cast
from tests.outcomes.asking import a_survey, a_wave, at, end, heard, learners, refuses, say
from tests.outcomes.given import a_cohort, day

PEOPLE = st.dictionaries(st.integers(0, 5), st.sets(st.integers(0, 15), max_size=7), max_size=5)


@given(PEOPLE)
def test_crowds_hold_everybody_once_and_never_fewer_than_five(people: dict[int, set[int]]) -> None:
    crowds = crowds_of(people)

    everybody = {one for group in people.values() for one in group}
    assert bool(crowds) is (len(everybody) >= LEAST)
    if crowds:
        assert sorted(key for crowd in crowds for key in crowd) == sorted(people)
        assert all(len({one for key in crowd for one in people[key]}) >= LEAST for crowd in crowds)


@given(st.dictionaries(st.integers(0, 9), st.integers(0, 12), max_size=8))
def test_what_is_shown_leaves_no_small_rest(numbers: dict[int, int]) -> None:
    hidden = hidden_cells(numbers)

    assert all(numbers[key] >= LEAST for key in numbers.keys() - hidden)
    rest = sum(numbers[key] for key in hidden)
    assert rest == 0 or rest >= LEAST or hidden == set(numbers)


def test_envelopes_look_alike_and_open_for_their_wave_alone(settings: Any) -> None:
    wave, question = uuid4(), uuid4()
    short = Content(uuid4(), "here", [Reply(question, value=3)])
    long = Content(uuid4(), "left", [Reply(question, text="é" * 400)])
    sealed = [seal(content, wave=wave) for content in (short, long, short)]

    assert len({len(one) for one in sealed}) == 1
    assert len(set(sealed)) == 3
    assert [unseal(one, wave=wave) for one in sealed] == [short, long, short]
    with refuses("envelope_unreadable"):
        unseal(sealed[0], wave=uuid4())
    before, settings.SECRET_KEY = settings.SECRET_KEY, "another" * 8
    with refuses("envelope_unreadable"):
        unseal(sealed[0], wave=wave)
    settings.SECRET_KEY_FALLBACKS = [before]
    assert unseal(sealed[0], wave=wave) == short


# -- joining -----------------------------------------------------------------------------------------------------------


def rows_of(sql: str) -> list[dict[str, Any]]:
    """With the columns that PostgreSQL itself has, which tell what was written together."""
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return [json.loads(row) if isinstance(row, str) else row for (row,) in cursor.fetchall()]


SYSTEM = "jsonb_build_object('xmin', {0}.xmin::text, 'ctid', {0}.ctid::text, 'cmin', {0}.cmin::text)"
ASKED = f"""
SELECT to_jsonb(p) || {SYSTEM.format("p")}
  || jsonb_build_object('cohort', e.cohort_id, 'learner', e.learner_id, 'has_answered', NULL)
FROM outcomes_participation p JOIN cohorts_enrollment e ON e.id = p.enrollment_id WHERE p.has_answered
"""
SEALED = f"SELECT to_jsonb(e) || {SYSTEM.format('e')} FROM outcomes_envelope e"
OPENED = f"""
SELECT to_jsonb(a) || {SYSTEM.format("a")} || jsonb_build_object('crowd', to_jsonb(c), 'release', to_jsonb(r))
FROM outcomes_answer a JOIN outcomes_crowd c ON c.id = a.crowd_id JOIN outcomes_release r ON r.id = c.release_id
"""


def things(row: Any) -> list[set[str]]:
    """Every single thing that a row says, however deep; a list says that it is one of several.

    A place on the disk equals one in another table by chance alone.
    """
    if isinstance(row, dict):
        return [thing for name, each in row.items() if name != "ctid" for thing in things(each)]
    if isinstance(row, list):
        return [set().union(*(thing for each in row for thing in things(each)))]
    return [{str(row)}] if str(row) not in ("None", "True", "False", "") else []


def fewest_joined(answers: list[dict[str, Any]], people: list[dict[str, Any]]) -> int:
    """The fewest people that any one thing leads to from an answer; none joined counts as everybody."""
    fewest = len(people)
    sought = [set().union(*things(person)) for person in people]
    for answer in answers:
        for thing in things(answer):
            if joined := sum(bool(thing & person) for person in sought):
                fewest = min(fewest, joined)
    return fewest


def test_no_value_of_any_column_joins_an_answer_to_a_person(lantaarn: Cast) -> None:
    survey, large = a_survey(), a_cohort(name="Rotterdam")
    small = a_cohort(large.version, name="Utrecht")
    asked = a_wave(survey, [*learners(large, 9), *learners(small, 3)])
    said = [f"comment {chr(97 + number)}" for number in range(len(asked))]
    for one, text in zip(asked, said, strict=True):
        say(one, 4, 9, text)

    # While they are sealed, the transaction tells whose envelope is whose: so the test would notice.
    assert fewest_joined(rows_of(SEALED), rows_of(ASKED)) == 1
    assert all(b"comment" not in bytes(one) for one in Envelope.objects.values_list("sealed", flat=True))
    end(asked)

    opened = rows_of(OPENED)
    assert len(opened) == 3 * len(asked)
    assert fewest_joined(opened, rows_of(ASKED)) >= LEAST
    assert Envelope.objects.count() == 0
    # Nor does the place on the disk: neither of the two orders is that of answering.
    places = sorted((row["text"], tuple(map(int, row["ctid"].strip("()").split(",")))) for row in opened if row["text"])
    assert any(first[1] > second[1] for first, second in pairwise(places))
    assert [row["text"] for row in sorted(opened, key=lambda row: row["id"]) if row["text"]] != said
    assert sorted(Crowd.objects.values_list("people", flat=True)) == [12]


def test_nothing_tells_when_or_how(lantaarn: Cast) -> None:
    times = [
        f"{model.__name__}.{field.name}"
        for model in (Participation, Envelope, Answer, Crowd)
        for field in model._meta.get_fields()
        if isinstance(field, models.DateTimeField | models.TimeField | models.GenericIPAddressField)
    ]
    asked = heard(a_survey(), learners(a_cohort(), 5), [5] * 5)

    assert times == []
    assert {one.version for one in Answer.objects.values_list("pk", flat=True)} == {4}  # a version 7 holds the time
    assert [release.answered for release in asked] == [5]


# -- opening -----------------------------------------------------------------------------------------------------------


def test_small_cohorts_stand_with_others(lantaarn: Cast) -> None:
    cohorts = [a_cohort() for _number in range(3)]
    people = [one for cohort, number in zip(cohorts, (7, 5, 2), strict=True) for one in learners(cohort, number)]
    [release] = heard(a_survey(), people, [5] * 14)

    found = {(frozenset(crowd.cohorts), crowd.asked, crowd.answered) for crowd in release.crowds.all()}
    first, second, third = (cohort.pk for cohort in cohorts)
    assert found == {(frozenset({first}), 7, 7), (frozenset({second, third}), 7, 7)}


def test_too_few_answers_stay_sealed_until_a_later_wave_brings_more(lantaarn: Cast) -> None:
    survey, cohort = a_survey(), a_cohort()
    people = learners(cohort, 8)

    assert heard(survey, people[:4], [1, 2, 3, 4]) == []
    assert (Envelope.objects.count(), Answer.objects.count()) == (4, 0)
    # The same four people again are eight answers, and still four people.
    assert heard(survey, people[:4], [1, 2, 3, 4], on=30) == []
    [release] = heard(survey, people[3:], [5] * 2, on=60)

    assert (release.first_on, release.last_on) == (day(0), day(74))
    assert (release.asked, release.answered) == (13, 10)
    assert [crowd.people for crowd in release.crowds.all()] == [5]
    assert Envelope.objects.count() == 0


def test_two_people_more_make_it_five(lantaarn: Cast) -> None:
    survey, people = a_survey(), learners(a_cohort(), 6)
    heard(survey, people[:4], [1] * 4)
    [release] = heard(survey, people[4:], [5, 5], on=60)

    assert [crowd.people for crowd in release.crowds.all()] == [6]


def test_other_questions_are_not_opened_together(lantaarn: Cast) -> None:
    survey, people = a_survey(), learners(a_cohort(), 8)
    heard(survey, people[:4], [1] * 4)
    change_survey(survey=survey, own=[], recommends=False)

    assert heard(survey, people[4:], [5] * 4, on=60) == []
    assert Envelope.objects.count() == 8


def test_leavers_are_opened_apart(lantaarn: Cast) -> None:
    survey, people = a_survey(), learners(a_cohort(), 11)
    gone = a_wave(survey, people[5:], group="left")
    for one in gone[:4]:
        say(one, 1)
    [here] = heard(survey, people[:5], [5] * 5)

    assert (here.group, here.answered) == ("here", 5)
    assert Envelope.objects.count() == 4


def test_ending_a_wave_again_does_nothing(lantaarn: Cast) -> None:
    asked = a_wave(a_survey(), learners(a_cohort(), 5))
    for one in asked:
        say(one, 5)
    end(asked)

    assert open_box(wave=asked[0].wave, on=day(99), at=at(day(99))) == []
    assert Answer.objects.count() == 5


@pytest.mark.parametrize(("is_over", "code"), [(False, "answered"), (True, "survey_over")])
def test_nobody_answers_twice_or_too_late(lantaarn: Cast, is_over: bool, code: str) -> None:
    first, second = a_wave(a_survey(), learners(a_cohort(), 2))
    say(first, 5)
    if is_over:
        end([first])
    with refuses(code):
        say(second if is_over else first, 1)
    assert Envelope.objects.count() == 1


@pytest.mark.parametrize(
    ("said", "code"),
    [((), "answer_missing"), ((6,), "unknown_answer"), ((0,), "unknown_answer"), ((5, 11), "unknown_answer"),
     ((5, 10, "x" * 2001), "answer_too_long")],
)  # fmt: skip
def test_answer_fits_the_question_or_is_refused(lantaarn: Cast, said: tuple[Any, ...], code: str) -> None:
    [asked] = a_wave(a_survey(), learners(a_cohort(), 1))
    with refuses(code):
        say(asked, *said)
    asked.refresh_from_db()
    assert (asked.has_answered, Envelope.objects.count()) == (False, 0)


def test_database_refuses_a_small_crowd(lantaarn: Cast) -> None:
    [release] = heard(a_survey(), learners(a_cohort(), 5), [5] * 5)
    with pytest.raises(IntegrityError, match="crowd_is_large_enough"), transaction.atomic():
        Crowd.objects.create(release=release, cohorts=[], asked=4, answered=4, people=4)
    assert Release.objects.count() == 1
