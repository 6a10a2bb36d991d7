"""The surveys of the demonstration: quarters of satisfaction, 1-on-1s by month, who left and why, one open now."""

import random
from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from django.utils.translation import gettext as _

from accounts.models import Membership
from home.demonstration.records import Enrolled, at_noon
from home.demonstration.story import SEED
from outcomes.surveys.box import Content, Reply, open_box, seal
from outcomes.surveys.editing import Own, latest_version, make_survey, open_survey, period_of, questions_of
from outcomes.surveys.records import Envelope, Participation, Release, Survey, SurveyQuestion, Wave

#: How many waves are over of each kind; of one that is open somebody has been asked for so many days.
QUARTERS, MONTHS, ASKED_AGO = 5, 3, 5
ANSWER_DAYS = 14
HERE = ("active", "on_leave")
LEFT = ("withdrawn", "dismissed")
#: How many of a hundred answer, and write something.
ANSWERS, WRITES = 68, 24
#: How often each score is given, from 1 on: by learners in ever later waves, about 1-on-1s, and by who left.
SATISFIED = ((3, 6, 17, 42, 32), (3, 5, 15, 42, 35), (2, 4, 13, 42, 39), (2, 4, 11, 41, 42), (1, 3, 9, 40, 47))
HELPED, GONE = (2, 4, 14, 38, 42), (14, 22, 32, 22, 10)
#: How likely they recommend, by how satisfied they are.
RECOMMENDS = {1: (0, 4), 2: (2, 6), 3: (5, 8), 4: (7, 9), 5: (8, 10)}


def hold(enrolled: Sequence[Enrolled], *, by: Membership, named: Iterable[str], until: date) -> None:
    """Waves up to that day. Learners with these names have not answered the open one yet."""
    dice = random.Random(f"{SEED} surveys {len(enrolled)}")
    _ask_how_satisfied(enrolled, set(named), dice, by=by, until=until)
    _ask_about_one_on_ones(enrolled, dice, by=by, until=until)
    _ask_who_left(enrolled, dice, by=by, until=until)
    make_survey(
        kind=Survey.Kind.OWN,
        title=_("Two more evenings at school?"),
        own=[
            Own(
                "choice",
                _("Would you come on Tuesday and Thursday evening?"),
                (_("Yes, both"), _("One of them"), _("No")),
                is_required=True,
            ),
            Own("text", _("What would you work on there?")),
        ],
        recommends=False,
        by=by,
    )


def _ask_how_satisfied(
    enrolled: Sequence[Enrolled], named: set[str], dice: random.Random, *, by: Membership, until: date
) -> None:
    days = [until - timedelta(days=ASKED_AGO + 91 * back) for back in range(QUARTERS, -1, -1)]
    survey = make_survey(
        kind=Survey.Kind.SATISFACTION,
        title=_("How is it going?"),
        introduction=_("Three questions. We read every comment, and say at the next gathering what we change."),
        own=[],
        recommends=True,
        every_months=3,
        first_on=days[0],
        by=by,
    )
    open_survey(survey=survey, on=days[0])
    for place, on in enumerate(days):
        people = [row for row in enrolled if row.life.status_on(on) in HERE]
        is_open = on + timedelta(days=ANSWER_DAYS) > until
        quiet = named if is_open else set()
        weights = SATISFIED[min(place, len(SATISFIED) - 1)]
        _hold_wave(survey, people, dice, weights, first=on, last=on, until=until, quiet=quiet)


def _ask_about_one_on_ones(enrolled: Sequence[Enrolled], dice: random.Random, *, by: Membership, until: date) -> None:
    survey = make_survey(
        kind=Survey.Kind.ONE_ON_ONE, title=_("About your 1-on-1s"), own=[], recommends=False, every_months=1, by=by
    )
    days = [until]
    for _month in range(MONTHS):
        days.insert(0, period_of(days[0], 1)[0] - timedelta(days=1))
    open_survey(survey=survey, on=period_of(days[0], 1)[0])
    for day in days:
        first, last = period_of(day, 1)
        on = max(min(day, until) - timedelta(days=ASKED_AGO), first)
        people = [row for row in enrolled if row.life.takes_part_on(on)]
        _hold_wave(survey, people, dice, HELPED, first=first, last=last, until=until, asked_on=on)


def _ask_who_left(enrolled: Sequence[Enrolled], dice: random.Random, *, by: Membership, until: date) -> None:
    survey = make_survey(
        kind=Survey.Kind.EXIT, title=_("Before you go"), own=[], recommends=False, every_months=3, by=by
    )
    days = [until]
    for _quarter in range(2 * QUARTERS):
        days.insert(0, period_of(days[0], 3)[0] - timedelta(days=1))
    open_survey(survey=survey, on=period_of(days[0], 3)[0])
    for day in days:
        first, last = period_of(day, 3)
        gone = [
            row for row in enrolled if row.life.status in LEFT and first <= row.life.statuses[-1][1] <= min(last, until)
        ]
        _hold_wave(survey, gone, dice, GONE, first=first, last=last, until=until, group=Release.Group.LEFT)


def _hold_wave(
    survey: Survey,
    people: Sequence[Enrolled],
    dice: random.Random,
    weights: Sequence[int],
    *,
    first: date,
    last: date,
    until: date,
    asked_on: date | None = None,
    group: str = Release.Group.HERE,
    quiet: Iterable[str] = (),
) -> None:
    closes_on = last + timedelta(days=ANSWER_DAYS)
    version = latest_version(survey)
    wave = Wave.objects.create(
        survey=survey, version=version, asks_from=first, asks_until=last, closes_on=closes_on, opened_at=at_noon(first)
    )
    questions = questions_of(version)
    asked, envelopes = [], []
    for row in people:
        on = asked_on or max(first, min(row.life.statuses[-1][1], until) if group == Release.Group.LEFT else first)
        answers = dice.randrange(100) < ANSWERS and row.enrollment.learner.name not in quiet
        answer_by = min(on + timedelta(days=ANSWER_DAYS), closes_on)
        asked.append(
            Participation(
                wave=wave, enrollment=row.enrollment, group=group, asked_on=on, answer_by=answer_by,
                has_answered=answers,
            )
        )  # fmt: skip
        if answers:
            content = Content(row.enrollment.cohort_id, group, _replies(questions, dice, weights))
            envelopes.append(Envelope(wave=wave, sealed=seal(content, wave=wave.pk)))
    Participation.objects.bulk_create(asked)
    Envelope.objects.bulk_create(envelopes)
    if closes_on < until:
        opens_on = closes_on + timedelta(days=1)
        open_box(wave=wave, on=opens_on, at=at_noon(opens_on))


def _replies(questions: Sequence[SurveyQuestion], dice: random.Random, weights: Sequence[int]) -> list[Reply]:
    kinds = SurveyQuestion.Kind
    score = dice.choices(range(1, 6), weights)[0]
    replies = []
    for question in questions:
        if question.kind == kinds.SCORE:
            replies.append(Reply(question.pk, value=score))
        elif question.kind == kinds.RECOMMEND and dice.randrange(100) < 90:
            replies.append(Reply(question.pk, value=dice.randint(*RECOMMENDS[score])))
        elif question.kind == kinds.CHOICE:
            replies.append(Reply(question.pk, value=dice.choices(range(8), (9, 4, 3, 5, 2, 3, 3, 1))[0]))
        elif question.kind == kinds.TEXT and dice.randrange(100) < WRITES:
            replies.append(Reply(question.pk, text=dice.choice(_comments(question.key))))
    return replies


def _comments(key: str) -> tuple[str, ...]:
    if key == "exit_comment":
        return (
            _("A part-time path beside my work."),
            _("Somebody to call when I fell behind."),
            _("Fewer hours in the first months."),
            _("More money at home."),
            _("Clearer expectations before the start."),
        )
    return (
        _("The reviews are the best part. Keep them."),
        _("More examples of projects that passed, please."),
        _("Waiting two weeks for feedback takes the speed out of it."),
        _("My mentor asks the right questions."),
        _("Level 2 is much heavier than its hours say."),
        _("The pairs work well, keep changing them."),
        _("A quiet room in the evening would help."),
        _("The plan is clear, I always know what comes next."),
    )
