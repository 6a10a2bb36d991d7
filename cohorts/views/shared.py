"""What the pages of one cohort share: finding it, its heading, and agreeing to what was shown."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.http import Http404
from django.shortcuts import get_object_or_404

from accounts.middleware import MemberRequest
from cohorts.changes import Effect, digest_of
from cohorts.heading import counts_of
from cohorts.models import Cohort


def cohort_named(slug: str) -> Cohort:
    """The cohort of that address; what of it mentors see is each page's business."""
    return get_object_or_404(Cohort.objects.for_list(), slug=slug)


def heading(cohort: Cohort, tab: str) -> dict[str, Any]:
    return {"cohort": cohort, "counts": counts_of(cohort), "tab": tab}


def uuid_of(text: str) -> UUID:
    """Raises Http404 for what is none."""
    try:
        return UUID(text)
    except ValueError:
        raise Http404 from None


def is_agreed(request: MemberRequest, effects: Sequence[Effect]) -> bool:
    """Whether there is nothing to agree to, or exactly this was shown and agreed to."""
    changes = any(effect.difference for effect in effects)
    return not changes or request.POST.get("agreed") == digest_of(effects)
