"""Peer groups: who is in which, since when, and who was on any day.

An event puts a learner in a group from a day on; nothing is changed or removed. Who leaves the cohort leaves the group
with it, without an event: on leave they are still of the group, and marked as away.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max, OuterRef, QuerySet, Subquery
from django.utils.translation import gettext as _

from accounts.models import Membership
from cohorts.errors import CohortError
from cohorts.history import events_as_of
from cohorts.models import Cohort, Enrollment, EnrollmentEvent, GroupEvent, PeerGroup
from organizations.prepared import Prepared

Status = Enrollment.Status
#: Who belongs to a group while they are that.
BELONGING = (Status.ENROLLED, Status.ACTIVE, Status.ON_LEAVE)
LEAST_SIZE, MOST_SIZE = 3, 6
#: So long a group tells who left it.
TOLD_FOR = timedelta(days=30)
MOST_GROUPED = 500


@dataclass(frozen=True)
class Member:
    enrollment: Enrollment
    since: date
    is_away: bool


@dataclass(frozen=True)
class Leaver:
    enrollment: Enrollment
    left_on: date


@dataclass(frozen=True, kw_only=True)
class Group:
    """A group as it is on a day; `leavers` left the cohort in the 30 days before it."""

    group: PeerGroup
    members: list[Member] = field(default_factory=list)
    leavers: list[Leaver] = field(default_factory=list)

    @property
    def is_small(self) -> bool:
        """Too few to go on as a group."""
        return len(self.members) < LEAST_SIZE


@dataclass(frozen=True, kw_only=True)
class Grouping:
    """Everybody who belongs to the cohort on a day: in their group, or in none."""

    groups: list[Group]
    without: list[Enrollment]

    @property
    def people(self) -> list[Enrollment]:
        return [member.enrollment for group in self.groups for member in group.members] + self.without

    def of(self, enrollment_id: UUID) -> Group | None:
        return next(
            (group for group in self.groups if any(one.enrollment.pk == enrollment_id for one in group.members)), None
        )

    def seen_by(self, mentor: Membership) -> "Grouping":
        """The groups in which the mentor has learners, and theirs without one."""
        groups = [group for group in self.groups if any(one.enrollment.mentor_id == mentor.pk for one in group.members)]
        return Grouping(groups=groups, without=[one for one in self.without if one.mentor_id == mentor.pk])


def grouping_of(cohort: Cohort, *, on: date) -> Grouping:
    """The groups that have members on that day, or just lost one, by number; four queries."""
    people = list(
        Enrollment.objects.filter(cohort=cohort)
        .select_related("learner__user", "mentor", "track", "version")
        .order_by("learner__name", "pk")
    )
    for one in people:
        one.cohort = cohort
    groups = {group.pk: Group(group=group) for group in PeerGroup.objects.filter(cohort=cohort).order_by("number")}
    statuses = events_as_of(people, on=on)
    placed = _placements(people, on)
    without = []
    for one in people:
        decided, event = statuses.get(one.pk), placed.get(one.pk)
        group = groups.get(event.group_id) if event and event.group_id else None
        if decided is None:
            continue
        if decided.to_status in BELONGING:
            if group is None or event is None:
                without.append(one)
            else:
                group.members.append(Member(one, event.effective_on, decided.to_status == Status.ON_LEAVE))
        elif group is not None and decided.effective_on > on - TOLD_FOR:
            group.leavers.append(Leaver(one, decided.effective_on))
    return Grouping(groups=[one for one in groups.values() if one.members or one.leavers], without=without)


def members_on(enrollment: Enrollment, *, on: date) -> list[Enrollment]:
    """Everybody in the learner's group on that day, the learner included; nobody without a group. Two queries."""
    return group_on(enrollment, on=on)[1]


def group_on(enrollment: Enrollment, *, on: date) -> tuple[PeerGroup | None, list[Enrollment]]:
    """The learner's group on that day with everybody in it, the learner included. Two queries."""
    own = _PLACED.first(enrollment=enrollment.pk, on=on)
    if own is None or own.group is None:
        return None, []
    return own.group, _GROUPED.rows(group=own.group_id, cohort=own.group.cohort_id, on=on)


def _grouped(group: Any, cohort: Any, on: Any) -> "QuerySet[Enrollment]":
    placed = GroupEvent.objects.filter(enrollment=OuterRef("pk"), effective_on__lte=on)
    decided = EnrollmentEvent.objects.filter(enrollment=OuterRef("pk"), effective_on__lte=on)
    people = (
        Enrollment.objects.filter(cohort=cohort)
        .alias(
            group_then=Subquery(placed.order_by("-effective_on", "-recorded_at", "-pk").values("group")[:1]),
            status_then=Subquery(decided.order_by("-effective_on", "-sequence").values("to_status")[:1]),
        )
        .filter(group_then=group, status_then__in=BELONGING)
    )
    return people.select_related("learner__user").order_by("learner__name", "pk")


_PLACED = Prepared(
    lambda enrollment, on: (
        GroupEvent.objects.filter(enrollment=enrollment, effective_on__lte=on)
        .select_related("group")
        .order_by("-effective_on", "-recorded_at", "-pk")[:1]
    )
)
_GROUPED = Prepared(_grouped)


def place_learners(*, cohort: Cohort, places: Mapping[UUID, int | None], on: date, by: Membership | None) -> int:
    """Put learners in the groups of those numbers, or in none; returns how many changed. Missing groups are made.

    Only who changes gets an event. Raises CohortError `not_in_cohort` or `no_such_group`.
    """
    with transaction.atomic():
        Cohort.objects.select_for_update(no_key=True).get(pk=cohort.pk)
        grouping = grouping_of(cohort, on=on)
        people = {one.pk: one for one in grouping.people}
        if not places.keys() <= people.keys():
            raise CohortError(
                "not_in_cohort", _("Somebody here is not in this cohort any more. Look again, then save.")
            )
        most = max(len(people), 1)
        if any(number is not None and not 1 <= number <= most for number in places.values()):
            raise CohortError("no_such_group", _("There is no group with that number. Choose another one."))
        now = {member.enrollment.pk: each.group.number for each in grouping.groups for member in each.members}
        changed = {pk: number for pk, number in places.items() if now.get(pk) != number}
        groups = _groups(cohort, {number for number in changed.values() if number is not None})
        GroupEvent.objects.bulk_create(
            GroupEvent(
                enrollment=people[pk],
                group=groups[number] if number is not None else None,
                effective_on=on,
                recorded_by=by,
            )
            for pk, number in changed.items()
        )
    return len(changed)


def next_number(cohort: Cohort) -> int:
    """The number of a group that would be new."""
    return (PeerGroup.objects.filter(cohort=cohort).aggregate(most=Max("number"))["most"] or 0) + 1


def _groups(cohort: Cohort, numbers: Iterable[int]) -> dict[int, PeerGroup]:
    groups = {group.number: group for group in PeerGroup.objects.filter(cohort=cohort)}
    made = [PeerGroup(cohort=cohort, number=number) for number in numbers if number not in groups]
    PeerGroup.objects.bulk_create(made)
    return groups | {group.number: group for group in made}


def _placements(people: Sequence[Enrollment], on: date) -> dict[UUID, GroupEvent]:
    latest = (
        GroupEvent.objects.filter(enrollment__in=[one.pk for one in people], effective_on__lte=on)
        .order_by("enrollment", "-effective_on", "-recorded_at", "-pk")
        .distinct("enrollment")
    )
    return {event.enrollment_id: event for event in latest}


def _belongs(event: EnrollmentEvent | None) -> bool:
    return event is not None and event.to_status in BELONGING
