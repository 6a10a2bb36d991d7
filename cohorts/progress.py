"""What learners finish and how long they study: facts that are only ever added to.

Finishing a topic without sub-topics, or a project, earns its planned hours; the latest fact about each decides. What a
learner logs as studied is another number and never earns anything.
"""

from datetime import date, timedelta
from decimal import Decimal

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import Membership
from cohorts.carrying import carry_on
from cohorts.errors import CohortError
from cohorts.models import MOST_WEEKLY_HOURS, Enrollment, ProgressEvent, StudyLog
from cohorts.pacing import check_date
from cohorts.touching import touch
from curriculum.models import Project, Topic

Kind = ProgressEvent.Kind
Status = Enrollment.Status
#: A weekly entry can be made for this week and so far back.
WEEKS_BACK = 26
#: Before their first day nobody has shown anything in this cohort.
NOT_STARTED = (Status.APPLIED, Status.WAITING, Status.ENROLLED)


def complete_topic(
    *, enrollment: Enrollment, topic: Topic, by: Membership | None, on: date, evidence: str = ""
) -> ProgressEvent:
    """Earn the topic's hours by work. A topic that is already done keeps the fact it has, which is returned.

    Raises CohortError `enrollment_not_active`, `topic_not_in_path`, `topic_has_subtopics`, `progress_out_of_order`.
    """
    enrollment = locked(enrollment)
    _check_active(enrollment)
    _check_topic(enrollment, topic)
    return _finish(enrollment, topic=topic, kind=Kind.COMPLETED, by=by, on=on, evidence=evidence)


def credit_topic(
    *, enrollment: Enrollment, topic: Topic, by: Membership | None, on: date, evidence: str = ""
) -> ProgressEvent:
    """Earn the topic's hours by what the learner could do before; `evidence` says how that was shown.

    Raises CohortError `credit_needs_evidence`, and what `complete_topic` raises; credit may precede the first day.
    """
    if not evidence.strip():
        raise CohortError("credit_needs_evidence", _("Say what shows that the learner knows this already."))
    enrollment = locked(enrollment)
    if enrollment.status != Status.ENROLLED:
        _check_active(enrollment)
    _check_topic(enrollment, topic)
    return _finish(enrollment, topic=topic, kind=Kind.CREDITED, by=by, on=on, evidence=evidence.strip())


def reopen_topic(
    *, enrollment: Enrollment, topic: Topic, by: Membership | None, on: date, evidence: str = ""
) -> ProgressEvent | None:
    """Take the topic's hours back. Returns the new fact, or None when the topic was open.

    A learner undoes what they finished themselves; credit is undone by whoever may grant it.
    Raises CohortError `credit_is_not_yours`, and what `complete_topic` raises.
    """
    enrollment = locked(enrollment)
    _check_active(enrollment)
    _check_topic(enrollment, topic)
    latest = _latest(enrollment, topic=topic)
    if latest is None or latest.kind == Kind.REOPENED:
        return None
    if latest.kind == Kind.CREDITED and by is not None and by.pk == enrollment.learner_id:
        raise CohortError("credit_is_not_yours", _("This topic was credited to you. Ask staff to change that."))
    return _record(
        enrollment, latest, topic=topic, kind=Kind.REOPENED, hours=latest.hours, by=by, on=on, evidence=evidence
    )


def complete_project(
    *, enrollment: Enrollment, project: Project, by: Membership | None, on: date, evidence: str = ""
) -> ProgressEvent:
    """Earn the project's hours. A review may end after the learner went on leave or left: what was shown stays shown.

    It may also end after they went over to another version: then the fact stands about the project it was about, and
    counts for those that the move mapped it to.
    Raises CohortError `enrollment_not_started`, `project_not_in_path`, `progress_out_of_order`.
    """
    enrollment = locked(enrollment)
    if enrollment.status in NOT_STARTED:
        raise CohortError(
            "enrollment_not_started",
            _("The learner has not started in this cohort. Record their first day first."),
        )
    left = enrollment.version_id != project.version_id
    followed = not left or enrollment.moves.filter(move__from_version=project.version_id).exists()
    if not followed or not enrollment.walks(project.level.number):
        raise CohortError("project_not_in_path", _("This project is not in this cohort's levels. Choose one that is."))
    event = _finish(enrollment, project=project, kind=Kind.COMPLETED, by=by, on=on, evidence=evidence)
    if left:
        carry_on(enrollment=enrollment, project=project, by=by)
    return event


def log_study(
    *, enrollment: Enrollment, week: date, hours: Decimal, by: Membership | None, on: date | None = None
) -> StudyLog:
    """State the hours studied in the week that holds the day `week`; the latest statement about a week counts.

    `on` is the day on which a person says so and bounds the weeks they can speak of; moving older records needs none.
    Raises CohortError `enrollment_not_active`, `study_hours_out_of_range`, `study_week_ahead`, `study_week_too_old`.
    """
    monday = monday_of(week)
    _check_hours(hours)
    if on is not None and monday > on:
        raise CohortError("study_week_ahead", _("That week has not begun. Choose this week or an earlier one."))
    if on is not None and monday < monday_of(on) - timedelta(weeks=WEEKS_BACK):
        raise CohortError("study_week_too_old", _("That week is more than half a year ago. Choose a later one."))
    enrollment = locked(enrollment)
    _check_active(enrollment)
    touch(enrollment.pk)
    return StudyLog.objects.create(enrollment=enrollment, week=monday, hours=hours, recorded_by=by)


def add_study(*, enrollment: Enrollment, week: date, hours: Decimal, by: Membership | None, on: date) -> StudyLog:
    """Add to the hours of a week, or take off when `hours` is negative. Two taps at once count twice.

    Raises CohortError as `log_study` does, about what the week would come to.
    """
    enrollment = locked(enrollment)
    said = StudyLog.objects.filter(enrollment=enrollment, week=monday_of(week)).order_by("-recorded_at", "-pk").first()
    so_far = said.hours if said is not None else Decimal()
    return log_study(enrollment=enrollment, week=week, hours=so_far + hours, by=by, on=on)


def correct_study(
    *, enrollment: Enrollment, week: date, hours: Decimal, by: Membership, on: date, reason: str
) -> StudyLog:
    """Set the hours of any week right for a learner who has started, whatever they said themselves.

    Raises CohortError: `reason_missing`, `enrollment_not_started`, `study_hours_out_of_range`, `study_week_ahead`,
    `date_out_of_range`.
    """
    if not reason.strip():
        raise CohortError("reason_missing", _("Say why these hours are right; the learner reads it."))
    check_date(week)
    monday = monday_of(week)
    _check_hours(hours)
    if monday > on:
        raise CohortError("study_week_ahead", _("That week has not begun. Choose this week or an earlier one."))
    enrollment = locked(enrollment)
    if enrollment.status in NOT_STARTED:
        raise CohortError(
            "enrollment_not_started",
            _("The learner has not started in this cohort. Record their first day first."),
        )
    touch(enrollment.pk)
    return StudyLog.objects.create(
        enrollment=enrollment, week=monday, hours=hours, reason=reason.strip(), recorded_by=by
    )


def monday_of(day: date) -> date:
    """The first day of its ISO week."""
    return day - timedelta(days=day.weekday())


def locked(enrollment: Enrollment) -> Enrollment:
    """The row, fresh and held until the transaction ends: two taps at once make one fact."""
    return (
        Enrollment.objects.select_for_update(of=("self",), no_key=True).select_related("cohort").get(pk=enrollment.pk)
    )


def _check_hours(hours: Decimal) -> None:
    if not (hours.is_finite() and 0 <= hours <= MOST_WEEKLY_HOURS):
        raise CohortError("study_hours_out_of_range", _("Enter hours between 0 and 168: a week has no more."))


def _check_active(enrollment: Enrollment) -> None:
    if enrollment.status != Status.ACTIVE:
        raise CohortError(
            "enrollment_not_active",
            _("Progress is recorded for active learners, and this one is not: %(status)s. Record their return first.")
            % {"status": enrollment.get_status_display().lower()},
        )


def _check_topic(enrollment: Enrollment, topic: Topic) -> None:
    level = topic.module.level
    if level.version_id != enrollment.version_id or not enrollment.walks(level.number):
        raise CohortError("topic_not_in_path", _("This topic is not in this cohort's levels. Choose one that is."))
    if topic.subtopics.exists():
        raise CohortError("topic_has_subtopics", _("This topic is done when those under it are. Choose one of those."))


def _finish(
    enrollment: Enrollment,
    *,
    topic: Topic | None = None,
    project: Project | None = None,
    kind: Kind,
    by: Membership | None,
    on: date,
    evidence: str,
) -> ProgressEvent:
    latest = _latest(enrollment, topic=topic, project=project)
    if latest is not None and latest.kind != Kind.REOPENED:
        return latest
    planned = topic.hours if topic is not None else project.hours if project is not None else None
    return _record(
        enrollment,
        latest,
        topic=topic,
        project=project,
        kind=kind,
        hours=planned or Decimal(),
        by=by,
        on=on,
        evidence=evidence,
    )


def _record(
    enrollment: Enrollment,
    latest: ProgressEvent | None,
    *,
    topic: Topic | None = None,
    project: Project | None = None,
    kind: Kind,
    hours: Decimal,
    by: Membership | None,
    on: date,
    evidence: str,
) -> ProgressEvent:
    if latest is not None and on < latest.effective_on:
        raise CohortError(
            "progress_out_of_order",
            _("The last change here took effect on %(date)s. Choose that day or a later one.")
            % {"date": date_format(latest.effective_on, "j F Y", use_l10n=False)},
        )
    touch(enrollment.pk)
    return ProgressEvent.objects.create(
        enrollment=enrollment,
        topic=topic,
        project=project,
        kind=kind,
        hours=hours,
        effective_on=on,
        evidence=evidence,
        recorded_by=by,
    )


def _latest(
    enrollment: Enrollment, *, topic: Topic | None = None, project: Project | None = None
) -> ProgressEvent | None:
    return (
        ProgressEvent.objects.filter(enrollment=enrollment, topic=topic, project=project)
        .order_by("-effective_on", "-recorded_at", "-pk")
        .first()
    )
