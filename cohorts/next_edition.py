"""The next edition of a cohort: what it would be called, when it would start, and what it takes over."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction

from accounts.models import Membership
from cohorts.lifecycle import create_cohort, draft_cohort
from cohorts.models import Break, Cohort
from cohorts.pacing import DaysOff
from cohorts.rescheduling import days_off_of, plan_schedule
from cohorts.schedule import Draft
from cohorts.team import copy_team, team_of
from curriculum.models import CurriculumVersion

#: A year on, on the same day of the week.
EDITION = timedelta(weeks=52)
NUMBER_AT_END = re.compile(r"(\d+)(\D*)$", re.ASCII)
NAME_LENGTH = 120


@dataclass(frozen=True, kw_only=True)
class Edition:
    """What the next edition would be: its milestones, the breaks of its own, and who is on its team."""

    cohort: Cohort
    milestones: Sequence[Draft]
    breaks: Sequence[Break]
    team: Sequence[str]

    @property
    def ends_on(self) -> date | None:
        return self.milestones[-1].due_on if self.milestones else None


def suggest_edition(*, cohort: Cohort, today: date) -> dict[str, Any]:
    """What the form begins with: as the cohort is, a year later and not in the past, on the newest version."""
    newest = CurriculumVersion.objects.published().filter(curriculum=cohort.version.curriculum_id)
    start = cohort.starts_on
    while start <= cohort.starts_on or start < today:
        start += EDITION
    copied = ("format", "first_level", "last_level", "hours_per_week", "hours_share", "capacity", "time_zone", "lead")
    return {
        **{name: getattr(cohort, name) for name in copied},
        "name": next_name(cohort.name, years=round((start - cohort.starts_on) / EDITION)),
        "version": newest.order_by("-number").first() or cohort.version,
        "starts_on": start,
        "census_on": start + (cohort.census_on - cohort.starts_on),
        "takes_team": True,
        "takes_breaks": True,
    }


def next_name(name: str, *, years: int = 1) -> str:
    """ "Rotterdam 2026" goes on as "Rotterdam 2027", "Edition 3" as "Edition 4", and "Evening" as "Evening 2"."""
    found = NUMBER_AT_END.search(name)
    if found is None or len(found[1]) > 4:
        return f"{name[: NAME_LENGTH - 2]} 2"
    step = years if len(found[1]) == 4 else 1
    return f"{name[: found.start()]}{int(found[1]) + step}{found[2]}"[:NAME_LENGTH]


def preview_edition(
    *, cohort: Cohort, values: dict[str, Any], takes_team: bool, takes_breaks: bool, today: date
) -> Edition:
    """What `make_edition` would make. Raises CohortError as `create_cohort` does."""
    drafted = draft_cohort(**values)
    breaks = breaks_for(cohort, drafted.starts_on) if takes_breaks else []
    days_off = days_off_of(drafted) + [DaysOff(one.starts_on, one.ends_on) for one in breaks]
    plan = plan_schedule(cohort=drafted, today=today, days_off=days_off, existing=[])
    team = [one.member.name for one in team_of(cohort, on=today)] if takes_team else []
    return Edition(cohort=drafted, milestones=plan.added, breaks=breaks, team=team)


def make_edition(
    *,
    cohort: Cohort,
    values: dict[str, Any],
    takes_team: bool,
    takes_breaks: bool,
    by: Membership | None,
    at: datetime,
) -> Cohort:
    """A planned cohort after this one, with how it offers seats, and its team and own breaks where wanted.

    `values` are those of `create_cohort`, which says what is raised.
    """
    with transaction.atomic():
        breaks = breaks_for(cohort, values["starts_on"]) if takes_breaks else []
        made = create_cohort(**values, breaks=breaks, by=by, at=at)
        made.offer_days, made.offers_itself = cohort.offer_days, cohort.offers_itself
        made.save(update_fields=["offer_days", "offers_itself"])
        if takes_team:
            copy_team(cohort=cohort, to=made, on=cohort.today(at))
    return made


def breaks_for(cohort: Cohort, starts_on: date) -> list[Break]:
    """The cohort's own breaks, as many days after the other start as they are after its own."""
    later = starts_on - cohort.starts_on
    own = cohort.breaks.filter(ends_on__gte=cohort.starts_on).order_by("starts_on")
    return [Break(name=one.name, starts_on=one.starts_on + later, ends_on=one.ends_on + later) for one in own]
