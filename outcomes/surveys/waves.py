"""Waves: who is asked when. `hold_surveys` does all that is due by itself, and may run as often as it likes."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext as _

from accounts.models import Membership
from cohorts.models import Cohort, Enrollment, EnrollmentEvent
from mentoring.models import OneOnOne
from organizations.bulk import create_many
from organizations.models import Organization
from outcomes.errors import OutcomeError
from outcomes.surveys.box import open_box
from outcomes.surveys.editing import latest_version, months_later, period_of
from outcomes.surveys.mails import tell_asked
from outcomes.surveys.records import LEAST, Participation, Release, Survey, Wave, WaveCohort

Group = Release.Group
#: A learner is not asked about 1-on-1s again for so long, whatever wave it is.
REST = timedelta(days=21)
#: What was recorded late is still asked about for so long; it was longer ago than anybody remembers after that.
ONE_ON_ONE_AGO, LEFT_AGO = timedelta(days=7), timedelta(days=60)
#: Who left longer ago is not asked by a survey of those who learn.
LEAVERS_AGO = timedelta(days=180)
HERE = (Enrollment.Status.ACTIVE, Enrollment.Status.ON_LEAVE)
LEFT = (Enrollment.Status.WITHDRAWN, Enrollment.Status.DISMISSED)
MOST_DAYS = 60


@dataclass(frozen=True, slots=True)
class Held:
    """What one run did, in numbers."""

    planned: int = 0
    asked: int = 0
    closed: int = 0

    def __add__(self, other: "Held") -> "Held":
        return Held(self.planned + other.planned, self.asked + other.asked, self.closed + other.closed)


@dataclass(frozen=True, slots=True)
class EndingGroup:
    """Those asked by a wave that ends: how many answered, and the `people` whose answers would be opened together."""

    group: str
    asked: int
    answered: int
    people: int

    @property
    def missing(self) -> int:
        return self.asked - self.answered

    @property
    def is_shown(self) -> bool:
        return self.people >= LEAST


@dataclass(frozen=True, slots=True)
class Ending:
    """What ending a wave now would do; `next_from` is the day on which the next one would ask."""

    wave: Wave
    groups: list[EndingGroup]
    next_from: date | None

    @property
    def missing(self) -> int:
        return sum(group.missing for group in self.groups)


def plan_wave(
    *, survey: Survey, asks_on: date, closes_on: date, cohorts: Collection[Cohort], by: Membership | None, on: date
) -> Wave:
    """Plan a wave for these cohorts, all when none are named; `on` is today, on which it may begin.

    Raises OutcomeError `not_open`, `rolling`, `in_the_past`, `closes_too_soon`, `closes_too_late` or `wave_overlaps`.
    """
    if survey.is_rolling:
        raise OutcomeError("rolling", _("This survey asks people one by one; its waves follow by themselves."))
    if asks_on < on:
        raise OutcomeError("in_the_past", _("Choose today or a later day to begin."))
    if closes_on <= asks_on:
        raise OutcomeError("closes_too_soon", _("Choose a last day after the first one."))
    if closes_on > asks_on + timedelta(days=MOST_DAYS):
        raise OutcomeError("closes_too_late", _("Choose a last day within 60 days of the first one."))
    with transaction.atomic():
        locked = Survey.objects.select_for_update(no_key=True).get(pk=survey.pk)
        if locked.status != Survey.Status.OPEN:
            raise OutcomeError("not_open", _("Open the survey first, then plan its waves."))
        # Whoever is asked twice at once answers once: waves of one survey follow each other.
        others = Wave.objects.filter(survey=locked, closed_at=None)
        if others.filter(asks_from__lte=closes_on, closes_on__gte=asks_on).exists():
            raise OutcomeError("wave_overlaps", _("Another wave of this survey is open then. Choose other days."))
        if Wave.objects.filter(survey=locked, asks_from=asks_on).exists():
            raise OutcomeError("wave_overlaps", _("A wave of this survey began that day already. Choose another day."))
        wave = _make(locked, asks_on, asks_on, closes_on, by=by)
        WaveCohort.objects.bulk_create(WaveCohort(wave=wave, cohort=cohort) for cohort in cohorts)
    return wave


def call_off(*, wave: Wave) -> None:
    """Remove a wave that has not begun. Raises OutcomeError `wave_begun`."""
    removed, _by_model = Wave.objects.filter(pk=wave.pk, opened_at=None).delete()
    if not removed:
        raise OutcomeError("wave_begun", _("This wave has begun. It ends by itself after its last day."))


def preview_end(*, wave: Wave, on: date) -> Ending:
    """What ending the wave now would do. Raises OutcomeError `wave_not_open`. One query."""
    _check_open(wave)
    # What is opened with it: of the same questions, what earlier waves had too few answers for.
    left = Q(wave__version=wave.version_id, wave__closed_at__isnull=False, release=None)
    of_it = Q(wave=wave)
    rows = (
        Participation.objects.filter(of_it | left)
        .values("group")
        .order_by("group")
        .annotate(
            asked=Count("pk", filter=of_it),
            answered=Count("pk", filter=of_it & Q(has_answered=True)),
            people=Count("enrollment__learner", filter=Q(has_answered=True), distinct=True),
        )
    )
    return Ending(wave, [EndingGroup(**row) for row in rows if row["asked"]], _next_from(wave, on))


def end_wave(*, wave: Wave, by: Membership, on: date, at: datetime) -> list[Release]:
    """End a wave that takes answers, before its last day is over: what has come in so far is opened as at its end.

    `on` is today. Raises OutcomeError `wave_not_open` or `envelope_unreadable`.
    """
    with transaction.atomic():
        # The survey first, as `hold_survey` does: nobody is asked while the wave ends.
        Survey.objects.select_for_update(no_key=True).get(pk=wave.survey_id)
        _check_open(Wave.objects.get(pk=wave.pk))
        return open_box(wave=wave, by=by, on=on, at=at)


def _check_open(wave: Wave) -> None:
    if wave.status != "open":
        raise OutcomeError("wave_not_open", _("This wave takes no answers: it has not begun, or it is over."))


def _next_from(wave: Wave, on: date) -> date | None:
    """When the next wave asks, were this one to end now; None when that is not known."""
    survey = wave.survey
    if survey.every_months is None:
        return None
    if survey.is_rolling:
        return wave.asks_until + timedelta(days=1) if on <= wave.asks_until else None
    return max(on, months_later(wave.asks_from, survey.every_months))


def hold_surveys(*, now: datetime) -> Held:
    """Plan the waves that follow by themselves, ask whom it is time to ask, end waves whose last day is over.

    For the organization in scope. Each survey is one transaction under its lock; running again does nothing.
    """
    today = Organization.in_scope().today(now)
    done = Held()
    for pk in Survey.objects.open().order_by("pk").values_list("pk", flat=True):
        done += hold_survey(pk, on=today, now=now)
    return done


def hold_survey(pk: UUID, *, on: date, now: datetime) -> Held:
    """The same for one survey."""
    with transaction.atomic():
        survey = Survey.objects.select_for_update(no_key=True).get(pk=pk)
        if survey.status != Survey.Status.OPEN:
            return Held()
        waves = list(Wave.objects.filter(survey=survey).order_by("asks_from"))
        over = [wave for wave in waves if wave.closed_at is None and wave.closes_on < on]
        for wave in over:
            open_box(wave=wave, on=on, at=now)
        following = _next_wave(survey, waves, over, on=on)
        asked = 0
        for wave in [*waves, *following]:
            if wave.closed_at is None and wave not in over and wave.asks_from <= on:
                asked += _ask(survey, wave, on=on, now=now)
    return Held(len(following), asked, len(over))


# -- which wave is next ------------------------------------------------------------------------------------------------


def _next_wave(survey: Survey, waves: list[Wave], over: list[Wave], *, on: date) -> list[Wave]:
    if survey.every_months is None:
        return []
    if survey.is_rolling:
        first, last = period_of(on, survey.every_months)
        if any(wave.asks_from <= on <= wave.asks_until for wave in waves):
            return []
        begin = max(first, survey.opened_on or first)
        return [_make(survey, begin, last, last + timedelta(days=survey.answer_days))]
    if any(wave.closed_at is None and wave not in over for wave in waves) or survey.first_on is None:
        return []
    due = months_later(waves[-1].asks_from, survey.every_months) if waves else survey.first_on
    return [_make(survey, on, on, on + timedelta(days=survey.answer_days))] if due <= on else []


def _make(survey: Survey, first: date, last: date, closes_on: date, by: Membership | None = None) -> Wave:
    return Wave.objects.create(
        survey=survey, version=latest_version(survey), asks_from=first, asks_until=last, closes_on=closes_on,
        planned_by=by,
    )  # fmt: skip


# -- whom it asks ------------------------------------------------------------------------------------------------------


def _ask(survey: Survey, wave: Wave, *, on: date, now: datetime) -> int:
    """Ask whom the wave has not asked yet and return how many; a wave that asks all at once does so when it begins."""
    is_new = wave.opened_at is None
    if is_new:
        wave.opened_at = now
        wave.save(update_fields=["opened_at"])
    elif not survey.is_rolling or on > wave.asks_until:
        return 0
    answer_by = wave.closes_on
    if survey.is_rolling:
        answer_by = min(on + timedelta(days=survey.answer_days), wave.closes_on)
    if survey.kind == Survey.Kind.ONE_ON_ONE:
        people = _after_one_on_ones(survey, on=on, now=now)
    elif survey.kind == Survey.Kind.EXIT:
        people = _who_left(survey, on=on)
    else:
        people = _everybody(survey, wave, on=on)
    return _invite(wave, people, answer_by=answer_by, on=on, now=now)


People = Iterable[tuple[Enrollment, Group]]


def _everybody(survey: Survey, wave: Wave, *, on: date) -> People:
    """Who learns now, each once; and who left lately and was not asked since, when the survey asks them."""
    cohorts = list(wave.cohorts.values_list("cohort", flat=True))
    rows = _reachable(Enrollment.objects.all())
    if cohorts:
        rows = rows.filter(cohort__in=cohorts)
    found = [(one, Group.HERE) for one in rows.filter(status__in=HERE)]
    if survey.asks_leavers:
        asked = Participation.objects.filter(wave__survey=survey, group=Group.LEFT).values("enrollment")
        found += [(one, Group.LEFT) for one in _leavers(rows, since=on - LEAVERS_AGO, on=on).exclude(pk__in=asked)]
    return found


def _who_left(survey: Survey, *, on: date) -> People:
    asked = Participation.objects.filter(wave__survey=survey).values("enrollment")
    since = max(on - LEFT_AGO, survey.opened_on or on)
    rows = _leavers(_reachable(Enrollment.objects.all()), since=since, on=on)
    return [(one, Group.LEFT) for one in rows.exclude(pk__in=asked)]


def _after_one_on_ones(survey: Survey, *, on: date, now: datetime) -> People:
    rested = Participation.objects.filter(wave__survey=survey, asked_on__gt=on - REST).values("enrollment__learner")
    held = OneOnOne.objects.filter(
        status=OneOnOne.Status.HELD, during__endswith__gt=now - ONE_ON_ONE_AGO, during__endswith__lte=now
    )
    if survey.opened_on:
        held = held.filter(during__endswith__date__gte=survey.opened_on)
    rows = _reachable(Enrollment.objects.filter(status__in=HERE, pk__in=held.values("enrollment")))
    return [(one, Group.HERE) for one in rows.exclude(learner__in=rested)]


def _reachable(rows: QuerySet[Enrollment]) -> QuerySet[Enrollment]:
    """Of people who have joined."""
    joined = rows.filter(learner__joined_at__isnull=False).select_related("learner")
    return joined.order_by("-status_since", "-created_at", "pk")


def _leavers(rows: QuerySet[Enrollment], *, since: date, on: date) -> QuerySet[Enrollment]:
    """Who left in these days and is in no other cohort, without those whom nobody should ask: who died, for one."""
    latest = EnrollmentEvent.objects.filter(enrollment=OuterRef("pk")).order_by("-effective_on", "-sequence")
    here = Enrollment.objects.enrolled_now().values("learner")
    left = rows.filter(status__in=LEFT, status_since__gte=since, status_since__lte=on).exclude(learner__in=here)
    return left.annotate(why=Subquery(latest.values("reason")[:1])).exclude(why__in=EnrollmentEvent.EXCUSED)


def _invite(wave: Wave, people: People, *, answer_by: date, on: date, now: datetime) -> int:
    """Ask each person once in a wave, whichever of their enrollments came first."""
    known = set(Participation.objects.filter(wave=wave).values_list("enrollment__learner", flat=True))
    fresh = []
    for enrollment, group in people:
        if enrollment.learner_id in known:
            continue
        known.add(enrollment.learner_id)
        fresh.append(Participation(wave=wave, enrollment=enrollment, group=group, asked_on=on, answer_by=answer_by))
    create_many(Participation.objects, fresh)
    tell_asked(wave, fresh, now=now)
    return len(fresh)
