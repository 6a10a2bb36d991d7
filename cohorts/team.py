"""Who runs a cohort: its lead, and the team around them, each with a role and dates."""

from datetime import date

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts.models import Membership
from cohorts.errors import CohortError
from cohorts.models import Cohort, TeamMember
from cohorts.pacing import check_date


def team_of(cohort: Cohort, *, on: date) -> QuerySet[TeamMember]:
    """Those who belong to the team that day, by role and name; the lead stands on the cohort."""
    return cohort.team.on(on).select_related("member").order_by("role", "member__name")


def run_by(member: Membership, *, on: date) -> Q:
    """The cohorts that the member leads, or belongs to the team of on that day."""
    return Q(lead=member) | Q(pk__in=TeamMember.objects.on(on).filter(member=member).values("cohort"))


def alert_recipients(cohort: Cohort, *, on: date) -> list[Membership]:
    """Who is told what happens in the cohort: the lead and the team's staff of that day, if they have joined."""
    told = team_of(cohort, on=on).filter(role=TeamMember.Role.STAFF).order_by()
    found = Membership.objects.filter(
        Q(pk__in=told.values("member")) | Q(pk__in=[cohort.lead_id] if cohort.lead_id else [])
    )
    return list(found.joined().select_related("user").order_by("name"))


def add_to_team(
    *, cohort: Cohort, member: Membership, role: str, starts_on: date, ends_on: date | None = None
) -> TeamMember:
    """Let a member be of the team from the first day to the last.

    Raises CohortError `unknown_role`, `date_out_of_range`, `team_not_in_order`, or `on_team_already` for days on which
    they have that role.
    """
    if role not in TeamMember.Role.values:
        raise CohortError("unknown_role", _("Choose a role."))
    _check_days(starts_on, ends_on)
    with transaction.atomic():
        Cohort.objects.select_for_update(no_key=True).get(pk=cohort.pk)
        same = cohort.team.filter(member=member, role=role)
        if ends_on is not None:
            same = same.filter(starts_on__lte=ends_on)
        if same.filter(Q(ends_on=None) | Q(ends_on__gte=starts_on)).exists():
            raise CohortError(
                "on_team_already",
                _("%(name)s has this role on these days already. Choose other days or another role.")
                % {"name": member.name},
            )
        return TeamMember.objects.create(cohort=cohort, member=member, role=role, starts_on=starts_on, ends_on=ends_on)


def end_membership(*, member: TeamMember, on: date) -> None:
    """Let it end on that day; what would begin later is taken away, for it never was."""
    with transaction.atomic():
        locked = TeamMember.objects.select_for_update(no_key=True).get(pk=member.pk)
        if locked.starts_on > on:
            locked.delete()
        elif locked.ends_on is None or locked.ends_on > on:
            locked.ends_on = on
            locked.save(update_fields=["ends_on"])


def copy_team(*, cohort: Cohort, to: Cohort, on: date) -> int:
    """Give the other cohort the team that this one has on that day, from its start; returns how many."""
    copies = [
        TeamMember(cohort=to, member=one.member, role=one.role, starts_on=to.starts_on)
        for one in team_of(cohort, on=on)
    ]
    return len(TeamMember.objects.bulk_create(copies))


def _check_days(starts_on: date, ends_on: date | None) -> None:
    check_date(starts_on)
    if ends_on is not None:
        check_date(ends_on)
        if ends_on < starts_on:
            raise CohortError("team_not_in_order", _("The last day lies before the first. Swap them."))
