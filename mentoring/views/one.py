"""Finding a 1-on-1 for somebody, and what all pages about one share."""

from typing import Any
from uuid import UUID

from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect

from accounts.middleware import MemberRequest
from mentoring.models import OneOnOne
from mentoring.wording import mentor_clock


def find(request: MemberRequest, pk: UUID) -> OneOnOne:
    """One that the viewer may see; 404 otherwise."""
    rows = OneOnOne.objects.visible_to(request.membership).with_people().with_clocks()
    return get_object_or_404(rows.select_related("mentor_person", "learner_person", "enrollment__mentor"), pk=pk)


def home_of(request: MemberRequest, one: OneOnOne) -> HttpResponseRedirect:
    """Where this person keeps their 1-on-1s; for staff, the learner's page."""
    slug = request.organization.slug
    if one.mentor.membership_id == request.membership.pk:
        return redirect("mentoring:week", slug)
    if one.enrollment.learner_id == request.membership.pk:
        return redirect("mentoring:sessions", slug)
    return redirect("cohorts:learner", slug, one.enrollment_id)


def about(request: MemberRequest, one: OneOnOne) -> dict[str, Any]:
    learner, mentor = one.enrollment.learner, one.mentor.membership
    is_learner = learner.pk == request.membership.pk
    return {
        "meeting": one,
        "other": mentor if is_learner else learner,
        "mentor": mentor,
        "theirs": mentor_clock(one),
        "shell": "learner.html" if is_learner else "staff.html",
        "audience": "learner" if is_learner else "mentor" if mentor.pk == request.membership.pk else "staff",
        "home_url": home_of(request, one).url,
    }
