"""Making a survey, changing what it asks, and opening and closing it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from dateutil.relativedelta import relativedelta
from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from accounts.models import Membership
from outcomes.errors import OutcomeError
from outcomes.surveys.box import open_box
from outcomes.surveys.questions import BUILT_IN, built_in_keys
from outcomes.surveys.records import Survey, SurveyQuestion, SurveyVersion, Wave

Kind, Status = Survey.Kind, Survey.Status
#: What takes longer than a minute on a phone is answered by few.
MOST_OWN = 10
MOST_OPTIONS = 12
MONTHS = (1, 2, 3, 4, 6, 12)
#: The allowed moves; what is closed stays so, and its results too.
MOVES: dict[str, frozenset[str]] = {
    Status.DRAFT: frozenset({Status.OPEN}),
    Status.OPEN: frozenset({Status.CLOSED}),
    Status.CLOSED: frozenset(),
}
FIELDS = ("title", "introduction", "answer_days", "every_months", "first_on", "asks_leavers")


@dataclass(frozen=True, slots=True)
class Own:
    """One of the organization's own questions; `key` is empty for a new one."""

    kind: str
    text: str
    options: tuple[str, ...] = ()
    is_required: bool = False
    key: str = ""


def make_survey(*, kind: str, own: Sequence[Own], recommends: bool, by: Membership | None, **values: Any) -> Survey:
    """Make a draft. `values` are those of `FIELDS`.

    Raises OutcomeError `no_questions`, `too_many_questions`, `options_missing`, `too_many_options`, `months_missing` or
    `first_day_missing`.
    """
    survey = Survey(kind=kind, made_by=by, **{name: values[name] for name in FIELDS if name in values})
    _check(survey, own)
    with transaction.atomic():
        survey.save()
        _write_questions(survey, own, recommends=recommends)
    return survey


def change_survey(*, survey: Survey, own: Sequence[Own], recommends: bool, **values: Any) -> Survey:
    """Change it from the next wave on: what a wave has asked stays as a version. Raises OutcomeError as `make_survey`
    does, and `survey_closed`.
    """
    with transaction.atomic():
        locked = _locked(survey)
        if locked.status == Status.CLOSED:
            raise OutcomeError("survey_closed", _("This survey is closed. Make a new one."))
        for name in FIELDS:
            setattr(locked, name, values.get(name, getattr(locked, name)))
        _check(locked, own)
        locked.save()
        _write_questions(locked, own, recommends=recommends)
    return locked


def open_survey(*, survey: Survey, on: date) -> Survey:
    """Let it ask from that day on. Raises OutcomeError `move_not_allowed`."""
    with transaction.atomic():
        locked = _moved(survey, Status.OPEN)
        locked.opened_on = on
        locked.save(update_fields=["status", "opened_on"])
    return locked


def close_survey(*, survey: Survey, by: Membership | None, on: date, at: datetime) -> Survey:
    """Ask nobody any more: what was planned is called off, what is open ends now. Raises OutcomeError
    `move_not_allowed`.
    """
    with transaction.atomic():
        locked = _moved(survey, Status.CLOSED)
        locked.closed_on = on
        locked.save(update_fields=["status", "closed_on"])
        Wave.objects.filter(survey=locked, opened_at=None).delete()
        for wave in Wave.objects.open().filter(survey=locked).order_by("asks_from"):
            open_box(wave=wave, on=on, at=at, by=by)
    return locked


def latest_version(survey: Survey) -> SurveyVersion:
    """The questions as the next wave asks them, with `questions` read; two queries."""
    return SurveyVersion.objects.filter(survey=survey).order_by("-number").prefetch_related("questions")[0]


def questions_of(version: SurveyVersion) -> list[SurveyQuestion]:
    return sorted(version.questions.all(), key=lambda question: question.position)


def own_of(version: SurveyVersion) -> list[Own]:
    """The organization's own questions, as they are edited."""
    return [
        Own(question.kind, question.text, tuple(question.options), question.is_required, question.key)
        for question in questions_of(version)
        if question.key not in BUILT_IN
    ]


# -- the parts ---------------------------------------------------------------------------------------------------------


def _locked(survey: Survey) -> Survey:
    return Survey.objects.select_for_update(no_key=True).get(pk=survey.pk)


def _moved(survey: Survey, to: Survey.Status) -> Survey:
    locked = _locked(survey)
    if to not in MOVES[locked.status]:
        said = _("A survey that is %(from)s cannot become %(to)s.")
        words = {"from": locked.get_status_display().lower(), "to": str(to.label).lower()}
        raise OutcomeError("move_not_allowed", said % words)
    locked.status = to
    return locked


def _check(survey: Survey, own: Sequence[Own]) -> None:
    if survey.kind == Kind.OWN and not own:
        raise OutcomeError("no_questions", _("Write at least one question."))
    if len(own) > MOST_OWN:
        raise OutcomeError("too_many_questions", _("Keep it to 10 questions of your own."))
    for question in own:
        if question.kind != SurveyQuestion.Kind.CHOICE:
            continue
        if len(set(question.options)) < 2:
            raise OutcomeError("options_missing", _("Give at least two different answers to choose from."))
        if len(question.options) > MOST_OPTIONS:
            raise OutcomeError("too_many_options", _("Give at most 12 answers to choose from."))
    if survey.is_rolling and survey.every_months is None:
        raise OutcomeError("months_missing", _("Choose how many months make one wave."))
    if not survey.is_rolling and survey.every_months is not None and survey.first_on is None:
        raise OutcomeError("first_day_missing", _("Choose the day of the first wave."))


def _write_questions(survey: Survey, own: Sequence[Own], *, recommends: bool) -> None:
    """Into the latest version while no wave has it and it would change, else into the next."""
    rows = [
        SurveyQuestion(key=key, kind=BUILT_IN[key].kind, is_required=BUILT_IN[key].is_required)
        for key in built_in_keys(survey.kind, recommends=recommends)
    ]
    taken = set(BUILT_IN)
    for question in own:
        rows.append(
            SurveyQuestion(
                key=_free_key(question, taken), kind=question.kind, text=question.text,
                options=list(question.options) if question.kind == SurveyQuestion.Kind.CHOICE else [],
                is_required=question.is_required,
            )
        )  # fmt: skip
    latest = SurveyVersion.objects.filter(survey=survey).order_by("-number").prefetch_related("questions").first()
    if latest is not None and [_said(row) for row in questions_of(latest)] == [_said(row) for row in rows]:
        return
    if latest is None or Wave.objects.filter(version=latest).exists():
        latest = SurveyVersion.objects.create(survey=survey, number=latest.number + 1 if latest else 1)
    else:
        SurveyQuestion.objects.filter(version=latest).delete()
    for position, row in enumerate(rows, start=1):
        row.version, row.position = latest, position
    SurveyQuestion.objects.bulk_create(rows)


def _said(question: SurveyQuestion) -> tuple[Any, ...]:
    return question.key, question.kind, question.text, list(question.options), question.is_required


def _free_key(question: Own, taken: set[str]) -> str:
    """The key it has, or one made of its words: what is asked again in other words is another question."""
    key = question.key if question.key and question.key not in taken else ""
    if not key:
        stem = slugify(question.text)[:30].strip("-") or "question"
        key = next(name for name in (stem, *(f"{stem}-{n}" for n in range(2, 99))) if name not in taken)
    taken.add(key)
    return key


def months_later(day: date, months: int) -> date:
    """The same day of a later month, or its last one."""
    later: date = day + relativedelta(months=months)
    return later


def period_of(day: date, months: int) -> tuple[date, date]:
    """The first and last day of the part of the year that the day is in; parts are so many months, from January on."""
    first = date(day.year, day.month - (day.month - 1) % months, 1)
    return first, months_later(first, months) - timedelta(days=1)
