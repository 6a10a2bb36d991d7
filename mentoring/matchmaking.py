"""Mentors and learners as matching.py sees them, read from the database; and giving learners their mentors."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Membership, Role
from cohorts.engagements import lock_people
from cohorts.mentors import assign_mentor, register_check, register_places
from cohorts.models import Enrollment, MentorAssignment
from cohorts.outline import outline_for
from cohorts.standing import standings_of
from mentoring.calendars import rules_of
from mentoring.clocks import clock_at
from mentoring.errors import MentoringError
from mentoring.matching import DAY, Candidate, Need
from mentoring.models import Mentor
from mentoring.zones import load_zone

Status = Enrollment.Status
#: Who takes one of a mentor's places: those who are in the program, and those about to begin.
WITH_MENTOR = (Status.ENROLLED, Status.ACTIVE, Status.ON_LEAVE)


def mentoring_now() -> "QuerySet[Membership]":
    """Members who mentor and may enter."""
    return Membership.objects.joined().with_role(Role.MENTOR)


def with_learners_first() -> "QuerySet[Membership]":
    """Those who mentor: first who has learners, then who has none (yet); by name."""
    theirs = Enrollment.objects.filter(mentor=OuterRef("pk"), status__in=WITH_MENTOR)
    return mentoring_now().annotate(has_learners=Exists(theirs)).order_by("-has_learners", "name", "pk")


def learners_of(members: Iterable[UUID] | None = None) -> dict[UUID, int]:
    """How many learners each mentor has, by membership; those who have none are missing. One query."""
    rows = Enrollment.objects.filter(status__in=WITH_MENTOR).exclude(mentor=None)
    if members is not None:
        rows = rows.filter(mentor__in=list(members))
    return dict(rows.values_list("mentor").annotate(learners=Count("pk")))


def candidates(*, now: datetime) -> list[Candidate]:
    """Everybody who mentors, by name, those without a calendar too. Three queries."""
    members = list(mentoring_now().order_by("name", "pk"))
    mentors = {mentor.membership_id: mentor for mentor in Mentor.objects.with_offer(since=now)}
    load = learners_of()
    return [_candidate(member, mentors.get(member.pk), load.get(member.pk, 0), now) for member in members]


def needs_of(enrollments: Iterable[Enrollment], *, now: datetime) -> list[Need]:
    """What each of the learners needs, in order; they come with cohort, organization, track and the learner's person.

    The same number of queries for any number of learners.
    """
    rows = list(enrollments)
    standings = standings_of(rows, on=timezone.localdate(now))
    return [_need(row, standing.level, now) for row, standing in zip(rows, standings, strict=True)]


def without_mentor() -> "QuerySet[Enrollment]":
    """Learners who have no mentor, or one who no longer mentors or may no longer enter."""
    gone = ~Q(mentor__roles__contains=[Role.MENTOR]) | Q(mentor__joined_at=None)
    rows = Enrollment.objects.filter(Q(mentor=None) | gone, status__in=WITH_MENTOR)
    return with_people(rows).order_by("learner__name", "pk")


def with_people(rows: "QuerySet[Enrollment]") -> "QuerySet[Enrollment]":
    return rows.select_related("organization", "cohort", "version", "track", "learner__user", "mentor__user")


def assign_many(*, choices: Mapping[UUID, UUID], by: Membership, now: datetime) -> list[Enrollment]:
    """Give learners (by enrollment) their mentors (by membership), all or none.

    Whoever assigns to the same mentors at once waits, so that nobody gets more learners than they take.
    Raises MentoringError `nobody_chosen`, `unknown` or `full`, and CohortError as `assign_mentor` does.
    """
    if not choices:
        raise MentoringError("nobody_chosen", _("Tick at least one learner."))
    with transaction.atomic():
        wanted = mentoring_now().filter(pk__in=choices.values()).select_related("user")
        members = {member.pk: member for member in wanted}
        rows = with_people(Enrollment.objects.filter(pk__in=choices, status__in=WITH_MENTOR).order_by("pk"))
        enrollments = list(rows)
        if len(enrollments) < len(choices) or not set(choices.values()) <= members.keys():
            raise MentoringError("unknown", _("A learner or mentor of this list is gone. Look at it again."))
        lock_people(*(member.user for member in members.values()))
        for enrollment in enrollments:
            member = members[choices[enrollment.pk]]
            assign_mentor(enrollment=enrollment, mentor=member, by=by, at=now, reason=MentorAssignment.Reason.MATCHED)
    return enrollments


def no_choice() -> MentoringError:
    return MentoringError("no_mentor_chosen", _("Choose a mentor for each learner that is ticked."))


def check_place(member: Membership, enrollment: Enrollment, asked: int = 0) -> None:
    """Raise MentoringError `full` when the mentor has no place for that learner. Three queries; locks the person.

    `asked` are learners whom they are being asked to take.
    """
    takes_a_place = enrollment.mentor_id != member.pk and enrollment.status in WITH_MENTOR
    capacity = Mentor.objects.filter(membership=member).values_list("capacity", flat=True).first()
    if capacity is None or not takes_a_place:
        return
    lock_people(member.user)
    learners = learners_of([member.pk]).get(member.pk, 0) + asked
    if learners >= capacity:
        text = _(
            "All places of %(name)s are taken: %(learners)s of %(capacity)s. "
            "Choose somebody else, or give them more places."
        )
        raise MentoringError("full", text % {"name": member.name, "learners": learners, "capacity": capacity})


register_check(check_place)


@register_places
def places_of(mentors: Collection[Membership]) -> dict[UUID, int]:
    """Of those who say how many learners they take. Three queries; locks the people."""
    lock_people(*(mentor.user for mentor in mentors))
    keys = [mentor.pk for mentor in mentors]
    load, offers = learners_of(keys), Mentor.objects.filter(membership__in=keys, capacity__isnull=False)
    return {
        pk: max(most - load.get(pk, 0), 0)
        for pk, most in offers.values_list("membership", "capacity")
        if most is not None
    }


def _candidate(member: Membership, mentor: Mentor | None, learners: int, now: datetime) -> Candidate:
    offer: Any = mentor
    windows = [(row["weekday"] * DAY, row["start"], row["end"]) for row in offer.weekly] if mentor else []
    return Candidate(
        key=member.pk,
        name=member.name,
        levels=frozenset(mentor.levels) if mentor else frozenset(),
        topics=tuple(mentor.topics) if mentor else (),
        languages=frozenset(mentor.languages) if mentor else frozenset(),
        capacity=mentor.capacity if mentor else None,
        learners=learners,
        windows=tuple((day + start, day + (end if end > start else end + DAY)) for day, start, end in windows),
        offset=_offset(_zone_of(mentor, now), now) if mentor else 0,
    )


def _zone_of(mentor: Mentor, now: datetime) -> str:
    """That of the clock which the hours are on now."""
    return clock_at(mentor.time_zone, rules_of(mentor).dated_zones, now).key


def _need(enrollment: Enrollment, level: int, now: datetime) -> Need:
    outline = next((one for one in outline_for(enrollment).levels if one.number == level), None)
    subjects = [module.title for module in outline.modules] if outline else []
    if enrollment.track is not None:
        subjects.append(enrollment.track.title)
    user = enrollment.learner.user
    return Need(
        key=enrollment.pk,
        level=level,
        subjects=tuple(subjects),
        language=user.language or enrollment.organization.language,
        offset=_offset(user.time_zone or enrollment.cohort.time_zone, now),
        not_with=frozenset({enrollment.learner_id}),
    )


def _offset(zone: str, now: datetime) -> int:
    offset = now.astimezone(load_zone(zone)).utcoffset()
    return int(offset.total_seconds() // 60) if offset is not None else 0
