"""Mentors for program staff: who they are and have, what they are good at, and who fits whom."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from accounts.gates import requires
from accounts.middleware import MemberRequest
from accounts.models import Membership, Role
from mentoring import matchmaking, offering
from mentoring.expertise import change_expertise, known_levels
from mentoring.matching import assign, rank
from mentoring.mentor_list import mentor_rows, stranded
from mentoring.pair_forms import ExpertiseForm, ids_in, uuid_of
from mentoring.taking_over import came_back, waiting
from organizations.errors import DomainError

MENTORS_PER_PAGE, LEARNERS_PER_PAGE = 25, 20
OTHERS_SHOWN = 4


@requires(Role.STAFF)
@require_safe
def mentors(request: MemberRequest, organization: str) -> HttpResponse:
    now = timezone.now()
    page = Paginator(matchmaking.with_learners_first(), MENTORS_PER_PAGE)
    shown = page.get_page(request.GET.get("page"))
    context = {
        "page": shown,
        "rows": mentor_rows(shown.object_list, now=now),
        "stranded": stranded(now=now),
        "came_back": came_back(now=now),
        "waiting": waiting(now=now),
        "unmatched": matchmaking.without_mentor().count(),
    }
    return render(request, "mentoring/mentors.html", context)


@requires(Role.STAFF)
def match(request: MemberRequest, organization: str) -> HttpResponseBase:
    """Learners without a mentor, each with the one proposed; whoever is ticked gets the mentor chosen."""
    if request.method != "POST":
        return _match_page(request)
    ticked = {pk for pk in map(uuid_of, request.POST.getlist("learner")) if pk}
    chosen = {pk: uuid_of(value) for pk, value in ids_in(request.POST.dict(), "mentor-").items() if pk in ticked}
    try:
        if len(chosen) < len(ticked) or None in chosen.values():
            raise matchmaking.no_choice()
        given = matchmaking.assign_many(
            choices={pk: mentor for pk, mentor in chosen.items() if mentor}, by=request.membership, now=timezone.now()
        )
    except DomainError as error:
        return _match_page(request, problem=str(error), ticked=ticked, chosen=chosen)
    text = ngettext("%(count)s learner has a mentor now.", "%(count)s learners have a mentor now.", len(given))
    messages.success(request, text % {"count": len(given)})
    return redirect("mentoring:match", organization)


@requires(Role.MENTOR, Role.STAFF)
def expertise(request: MemberRequest, organization: str, pk: UUID) -> HttpResponseBase:
    viewer = request.membership
    if not viewer.is_staff and viewer.pk != pk:
        raise Http404
    who = Q(roles__contains=[Role.MENTOR]) | Q(mentors__isnull=False)
    member = get_object_or_404(Membership.objects.filter(who).select_related("user"), pk=pk)
    zone = member.user.time_zone or request.organization.time_zone
    mentor = offering.mentor_of(membership=member, time_zone=zone)
    form = ExpertiseForm(request.POST if request.method == "POST" else None, mentor=mentor, levels=known_levels())
    if form.is_valid():
        change_expertise(mentor=mentor, expertise=form.expertise(), by=viewer)
        messages.success(request, _("What %(name)s is good at is saved.") % {"name": member.name})
        return redirect("mentoring:mentors" if viewer.is_staff else "mentoring:week", organization)
    context = {
        "form": form,
        "mentor": member,
        "is_self": member.pk == viewer.pk,
        "audience": "staff" if viewer.is_staff else "mentor",
    }
    return render(request, "mentoring/expertise.html", context, status=422 if form.is_bound else 200)


def _match_page(
    request: MemberRequest,
    *,
    problem: str = "",
    ticked: set[UUID] | None = None,
    chosen: dict[UUID, UUID | None] | None = None,
) -> HttpResponse:
    now = timezone.now()
    page = Paginator(matchmaking.without_mentor(), LEARNERS_PER_PAGE).get_page(request.GET.get("page"))
    learners = list(page.object_list)
    needs = matchmaking.needs_of(learners, now=now)
    mentors = matchmaking.candidates(now=now)
    proposed = assign(needs, mentors)
    rows: list[dict[str, Any]] = []
    for enrollment, need in zip(learners, needs, strict=True):
        found, best = rank(need, mentors), proposed[need.key]
        first = (chosen or {}).get(need.key) or (best and best.candidate.key)
        shown = sorted(found, key=lambda one: one.candidate.key != first)[: OTHERS_SHOWN + 1]
        rows.append(
            {
                "enrollment": enrollment,
                "level": need.level,
                "matches": shown,
                "chosen": first,
                "ticked": problem == "" or need.key in (ticked or ()),
            }
        )
    context = {"page": page, "rows": rows, "problem": problem, "any_mentors": bool(mentors)}
    return render(request, "mentoring/match.html", context, status=422 if problem else 200)
