from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.gates import requires
from accounts.middleware import MemberRequest
from accounts.models import Role
from accounts.organizing import memberships_of
from design.templatetags.design import zone_name
from home.changes import KINDS_TOLD
from home.learner import home_of
from home.today import changes_of, due_of, today_of


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """What Gilde is, for those who are not signed in; the others go where they belong."""
    if not request.user.is_authenticated:
        return render(request, "home/index.html")
    memberships = memberships_of(request.user)
    if len(memberships) == 1:
        return redirect("home:start", organization=memberships[0].organization.slug)
    return redirect("accounts:organizations")


@requires()
@require_safe
def start(request: MemberRequest, organization: str) -> HttpResponse:
    """The page that a member opens Gilde for. Who has several roles starts where most depends on them."""
    membership = request.membership
    if membership.is_staff:
        return redirect("home:today", organization=organization)
    if membership.is_mentor:
        return redirect("mentoring:week", organization=organization)
    return redirect("home:learner", organization=organization)


@requires(Role.STAFF)
@require_safe
def today(request: MemberRequest, organization: str) -> HttpResponse:
    """Who needs me, and what cannot wait?"""
    asked = request.GET
    context = {
        "today": today_of(
            request.membership,
            now=timezone.now(),
            is_mine=asked.get("of") == "mine",
            is_snoozed=asked.get("show") == "snoozed",
            page=asked.get("page"),
        ),
        "is_snoozed": asked.get("show") == "snoozed",
        "query": "?from=today&of=mine" if asked.get("of") == "mine" else "?from=today",
    }
    return render(request, "home/today.html", context)


@requires(Role.STAFF)
@require_safe
def changes(request: MemberRequest, organization: str) -> HttpResponse:
    """What happened since yesterday, all of it?"""
    kind = request.GET.get("kind", "")
    is_mine = request.GET.get("of") == "mine"
    found = changes_of(request.membership, now=timezone.now(), is_mine=is_mine, kind=kind, page=request.GET.get("page"))
    context = {"changes": found, "page": found.page, "kinds": KINDS_TOLD.items(), "kind": kind, "is_mine": is_mine}
    return render(request, "home/changes.html", context)


@requires(Role.STAFF)
@require_safe
def due(request: MemberRequest, organization: str) -> HttpResponse:
    """What is due in the coming week, all of it?"""
    asked = request.GET
    is_mine = asked.get("of") == "mine"
    found = due_of(request.membership, now=timezone.now(), is_mine=is_mine, day=asked.get("on"), page=asked.get("page"))
    return render(request, "home/due.html", {"found": found, "page": found.page, "is_mine": is_mine})


@requires(Role.LEARNER)
@require_safe
def learner(request: MemberRequest, organization: str) -> HttpResponse:
    """Where am I in my hours, and what is next?"""
    home = home_of(request.membership, now=timezone.now())
    context = {
        "home": home,
        "milestones": home.path.milestones_near() if home else [],
        "slots": [(day.date, slot) for day in home.offer.days for slot in day.slots] if home else [],
        "mentor_zone": zone_name(home.offer.mentor_zone) if home else "",
        "zone": zone_name(timezone.get_current_timezone_name()),
    }
    return render(request, "home/learner.html", context)
