"""Specializations: which track a learner chose, since when, and who may change that.

A choice is a fact with a day; the latest one decides and stands in `Enrollment.track`. Learners choose from the level
before the one that has the tracks, and again until work on their track was handed in or credited. Staff choose for them
at any time, and say why once there is work.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import Membership
from cohorts.asks import Ask, project_ask
from cohorts.errors import CohortError
from cohorts.models import Enrollment, ProgressEvent, TrackChoice
from cohorts.pacing import check_date
from cohorts.path import Path
from cohorts.progress import locked as lock
from cohorts.touching import touch
from cohorts.work import Work, work_of
from curriculum.models import Benchmark, Project, Track

#: How many levels before its own a learner may choose a track.
AHEAD = 1


@dataclass(frozen=True, kw_only=True)
class OfferedTrack:
    """A track as it is offered: its project, what that asks, and how work on it stands."""

    track: Track
    project: Project
    ask: Ask
    is_chosen: bool
    work: Work | None

    @property
    def hours(self) -> float:
        return float(self.project.hours or self.track.hours or 0)


def tracks_of(enrollment: Enrollment, *, at: datetime) -> list[OfferedTrack]:
    """Those of the learner's levels in the order of the plan, in two queries and what `work_of` takes."""
    cohort = enrollment.cohort
    projects = (
        Project.objects.filter(version=enrollment.version_id, kind=Project.Kind.TRACK)
        .filter(level__number__range=(cohort.first_level, cohort.last_level))
        .select_related("track__level", "module")
        .order_by("level__number", "position")
    )
    benchmarks: dict[UUID, list[Benchmark]] = {}
    for benchmark in Benchmark.objects.filter(project__in=projects).order_by("position"):
        benchmarks.setdefault(benchmark.project_id, []).append(benchmark)
    work = work_of(enrollment, at=at)
    return [
        OfferedTrack(
            track=project.track,
            project=project,
            ask=project_ask(project, benchmarks.get(project.pk, ())),
            is_chosen=project.track_id == enrollment.track_id,
            work=work.get(project.pk),
        )
        for project in projects
        if project.track is not None
    ]


def levels_with_tracks(enrollment: Enrollment) -> list[UUID]:
    """The learner's levels that offer specializations."""
    cohort = enrollment.cohort
    numbers = (cohort.first_level, cohort.last_level)
    tracks = Track.objects.filter(level__version=enrollment.version_id, level__number__range=numbers)
    return list(tracks.values_list("level", flat=True).distinct())


def is_open(path: Path, track: Track) -> bool:
    """Whether the learner has come far enough to choose: they are in the level before, or did something there."""
    opens_at = track.level.number - AHEAD
    return any(not level.is_ahead or level.earned for level in path.levels if level.number >= opens_at)


def has_work(enrollment: Enrollment, *, at: datetime) -> bool:
    """Whether work on the chosen track was handed in, accepted or credited."""
    if enrollment.track_id is None:
        return False
    projects = set(Project.objects.filter(track=enrollment.track_id).values_list("pk", flat=True))
    latest = (
        ProgressEvent.objects.filter(enrollment=enrollment, project__in=projects)
        .order_by("project", "-effective_on", "-recorded_at", "-pk")
        .distinct("project")
    )
    finished = any(event.kind != ProgressEvent.Kind.REOPENED for event in latest)
    return finished or not projects.isdisjoint(work_of(enrollment, at=at))


def choice_as_of(enrollment: Enrollment, *, on: date) -> TrackChoice | None:
    """The choice in force on that day, among the tracks of the version that the learner follows now."""
    return choices_as_of([enrollment], on=on).get(enrollment.pk)


def choices_as_of(enrollments: Sequence[Enrollment], *, on: date) -> dict[UUID, TrackChoice]:
    """The same of many learners, by enrollment; without those who chose nothing. One query."""
    choices = TrackChoice.objects.filter(
        enrollment__in=enrollments, track__level__version=F("enrollment__version"), effective_on__lte=on
    ).order_by("enrollment", "-effective_on", "-recorded_at", "-pk")
    return {row.enrollment_id: row for row in choices.select_related("track").distinct("enrollment")}


def choose_track(
    *, enrollment: Enrollment, track: Track, path: Path, by: Membership, on: date, at: datetime, reason: str = ""
) -> TrackChoice:
    """Set the learner's track from that day on; choosing the one they have changes nothing and returns that choice.

    `path` is the learner's as of `on`, which decides whether they may choose yet. Raises CohortError `not_yours`,
    `track_not_in_path`, `enrollment_not_active`, `track_too_early`, `track_has_work`, `track_reason_needed`,
    `choice_out_of_order`, `date_out_of_range`.
    """
    check_date(on)
    with transaction.atomic():
        locked = lock(enrollment)
        if track.level.version_id != locked.version_id or not locked.walks(track.level.number):
            raise CohortError("track_not_in_path", _("This specialization is not in your levels. Choose one that is."))
        latest = TrackChoice.objects.filter(enrollment=locked).order_by("-effective_on", "-recorded_at", "-pk").first()
        if latest is not None and locked.track_id == latest.track_id == track.pk:
            return latest
        if by.is_staff:
            _check_reason(locked, reason, at)
        else:
            _check_learner(locked, track, path, by, at)
        if latest is not None and on < latest.effective_on:
            raise CohortError(
                "choice_out_of_order",
                _("The last choice took effect on %(date)s. Choose that day or a later one.")
                % {"date": date_format(latest.effective_on, "j F Y", use_l10n=False)},
            )
        choice = TrackChoice.objects.create(
            enrollment=locked, track=track, effective_on=on, reason=reason.strip(), recorded_by=by
        )
        locked.track = track
        locked.save(update_fields=["track"])
        touch(locked.pk)
    enrollment.track = track
    return choice


def _check_reason(enrollment: Enrollment, reason: str, at: datetime) -> None:
    if not reason.strip() and has_work(enrollment, at=at):
        raise CohortError(
            "track_reason_needed",
            _("There is work on %(track)s already. Write why the specialization changes; it stays with the record.")
            % {"track": enrollment.track},
        )


def _check_learner(enrollment: Enrollment, track: Track, path: Path, by: Membership, at: datetime) -> None:
    if by.pk != enrollment.learner_id:
        raise CohortError("not_yours", _("Only the learner or program staff can choose this specialization."))
    if enrollment.status != Enrollment.Status.ACTIVE:
        raise CohortError(
            "enrollment_not_active",
            _("You choose while you are active, and your status is: %(status)s. Ask your program’s staff.")
            % {"status": enrollment.get_status_display().lower()},
        )
    if not is_open(path, track):
        raise CohortError(
            "track_too_early",
            _("You choose a specialization from level %(number)s on. Until then you can read what each asks.")
            % {"number": track.level.number - AHEAD},
        )
    if has_work(enrollment, at=at):
        raise CohortError(
            "track_has_work",
            _("You have handed in work for %(track)s. Ask your program’s staff if you want to change.")
            % {"track": enrollment.track},
        )
