"""Rounds of pairs: who pairs with whom now, the next round before it is made, and the last one undone."""

from datetime import date, timedelta

from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.gates import requires
from accounts.middleware import MemberRequest
from accounts.models import Role
from cohorts.errors import CohortError
from cohorts.models import Cohort
from cohorts.pairs import RoundPlan, Within, make_round, may_undo, plan_round, rounds_of, undo_round, view_of
from cohorts.presence_forms import RoundForm
from cohorts.views.cohort_pages import sees_everybody
from cohorts.views.shared import cohort_named, heading

ROUNDS_SHOWN = 6


@requires(Role.STAFF, Role.MENTOR)
def pairs(request: MemberRequest, organization: str, cohort: str) -> HttpResponse:
    found, now = cohort_named(cohort), timezone.now()
    today = found.today(now)
    rounds = view_of(rounds_of(found)[:ROUNDS_SHOWN], on=today)
    if not sees_everybody(request.membership, found):
        rounds = [each.seen_by(request.membership) for each in rounds]
    context = {
        **heading(found, "pairs"),
        "rounds": rounds,
        "today": today,
        "undoable": bool(rounds) and may_undo(rounds[0].round, found, now),
    }
    return render(request, "cohorts/pairs.html", context)


@requires(Role.STAFF)
def next_round(request: MemberRequest, organization: str, cohort: str) -> HttpResponseBase:
    """The next round as it would be for what is chosen; made when exactly that was shown and agreed to."""
    found, now = cohort_named(cohort), timezone.now()
    given = request.POST if request.method == "POST" else request.GET
    form = RoundForm(given if "within" in given or request.method == "POST" else _proposed(found, found.today(now)))
    plan: RoundPlan | None = None
    if form.is_valid():
        try:
            if "agreed" in request.POST:
                made = make_round(
                    cohort=found, agreed=request.POST["agreed"], by=request.membership, at=now, **form.cleaned_data
                )
                messages.success(request, _("Round %(number)s is made.") % {"number": made.number})
                return redirect("cohorts:pairs", organization, found.slug)
            plan = plan_round(cohort=found, **form.cleaned_data)
        except CohortError as error:
            form.add_error(form.FIELDS.get(error.code), str(error))
            plan = _shown_again(found, form) if error.code == "plan_changed" else None
    context = {**heading(found, "pairs"), "form": form, "plan": plan}
    asked = request.method == "POST" or "within" in given
    return render(request, "cohorts/next_round.html", context, status=422 if asked and form.errors else 200)


@requires(Role.STAFF)
@require_POST
def undo_last_round(request: MemberRequest, organization: str, cohort: str) -> HttpResponseBase:
    found = cohort_named(cohort)
    try:
        undone = undo_round(cohort=found, by=request.membership, at=timezone.now())
    except CohortError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Round %(number)s is undone.") % {"number": undone.number})
    return redirect("cohorts:pairs", organization, found.slug)


def _proposed(cohort: Cohort, today: date) -> dict[str, str]:
    """As the last round, for the Monday after it, or the next one."""
    last = rounds_of(cohort).first()
    after = max(last.ends_on if last else today, today - timedelta(days=1))
    monday = after + timedelta(days=(7 - after.weekday()) % 7 or 7) if last or today.weekday() else today
    weeks = ((last.ends_on - last.starts_on).days + 1) // 7 if last else 1
    return {
        "within": last.within if last else Within.COHORT,
        "odd": last.odd if last else "triple",
        "starts_on": monday.isoformat(),
        "weeks": str(weeks),
    }


def _shown_again(cohort: Cohort, form: RoundForm) -> RoundPlan:
    return plan_round(cohort=cohort, **{name: form.cleaned_data[name] for name in form.fields})
