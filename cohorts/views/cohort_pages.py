"""What the pages of people coming together share: who sees everybody, and days in addresses."""

from datetime import date

from django.http import Http404

from accounts.models import Membership
from cohorts.models import Cohort
from cohorts.pacing import EARLIEST


def sees_everybody(viewer: Membership, cohort: Cohort) -> bool:
    """Staff and who leads the cohort; other mentors see their own learners."""
    return viewer.is_staff or cohort.lead_id == viewer.pk


def day_in(text: str) -> date:
    """The day that an address names. Raises Http404."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise Http404 from None
    if day.isoformat() != text:
        raise Http404
    return day


def day_or(text: str | None, default: date) -> date:
    """The day that somebody asks for, up to that one and in the years of a program; the default for anything else."""
    try:
        return min(max(date.fromisoformat(text or ""), EARLIEST), default)
    except ValueError:
        return default
