"""Learners and booked 1-on-1s that go to another mentor: all of somebody's, or those in their time off."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.gates import requires
from accounts.middleware import MemberRequest
from accounts.models import Membership, Role
from mentoring import handing_over
from mentoring import time_off_sessions as sessions_off
from mentoring.errors import MentoringError
from mentoring.handing_over import Away, Choice, LearnerPlan, Left
from mentoring.models import TimeOff
from mentoring.offered import time_off_rows
from mentoring.pair_forms import AwayForm, ids_in, time_of_slot, uuid_of
from mentoring.slot_days import slot_value
from mentoring.time_off_sessions import Affected, Decision, Do
from mentoring.wording import short_time


@requires(Role.STAFF)
def hand_over(request: MemberRequest, organization: str, pk: UUID) -> HttpResponseBase:
    """The plan with its proposals; changed mentors are looked up again before anything is handed over."""
    leaving, now = get_object_or_404(Membership.objects.select_related("user"), pk=pk), timezone.now()
    form = AwayForm(request.GET or None)
    away = _away(form)
    if request.method != "POST" or (form.is_bound and not form.is_valid()):
        return _plan_page(request, leaving, now, form=form, away=away)
    chosen = {pk: uuid_of(value) for pk, value in ids_in(request.POST.dict(), "mentor-").items()}
    seen = {pk: uuid_of(value) for pk, value in ids_in(request.POST.dict(), "seen-").items()}
    if request.POST.get("do") != "apply" or any(chosen[pk] != seen.get(pk) for pk in chosen):
        changed = _("You changed a mentor. Look at the new times, then hand over.") if "do" in request.POST else ""
        return _plan_page(request, leaving, now, form=form, away=away, chosen=chosen, note=changed)
    times = {pk: time_of_slot(value) for pk, value in ids_in(request.POST.dict(), "time-").items()}
    choices = [Choice(enrollment=row, mentor=to, times=times) for row, to in chosen.items() if to]
    try:
        left = handing_over.apply_hand_over(leaving=leaving, choices=choices, by=request.membership, now=now, away=away)
    except MentoringError as error:
        return _plan_page(request, leaving, now, form=form, away=away, chosen=chosen, problem=str(error))
    return _done(request, leaving, now, form=form, away=away, handed=len(choices), left=left)


@requires(Role.MENTOR, Role.STAFF)
def time_off_sessions(request: MemberRequest, organization: str, pk: UUID) -> HttpResponseBase:
    rows = TimeOff.objects.select_related("mentor__membership__user")
    if not request.membership.is_staff:
        rows = rows.filter(mentor__membership=request.membership)
    found, now = get_object_or_404(rows, pk=pk), timezone.now()
    left: list[Left] = []
    reason, problem = request.POST.get("reason", "")[:2000], ""
    decisions = {pk: _decision(value) for pk, value in ids_in(request.POST.dict(), "do-").items()}
    if request.method == "POST":
        try:
            left = sessions_off.decide(
                time_off=found, decisions=decisions, reason=reason, by=request.membership, now=now
            )
        except MentoringError as error:
            problem = str(error)
        if not left and not problem:
            messages.success(request, _("What you decided is done. Everybody concerned gets a mail."))
            return redirect("mentoring:availability" if _is_own(request, found) else "mentoring:mentors", organization)
    affected = sessions_off.affected_by(found, now=now)
    chosen = ids_in(request.POST.dict(), "do-")
    context = {
        "time_off": time_off_rows([found], mentor=found.mentor)[0],
        "mentor": found.mentor.membership,
        "rows": [_affected_row(one, chosen.get(one.one_on_one.pk, "")) for one in affected],
        "left": left,
        "reason": reason,
        "problem": problem,
        "is_own": _is_own(request, found),
        "audience": "mentor" if _is_own(request, found) else "staff",
    }
    return render(request, "mentoring/time_off_sessions.html", context, status=422 if left or problem else 200)


# -- the plan of a hand-over -------------------------------------------------------------------------------------------


def _plan_page(
    request: MemberRequest,
    leaving: Membership,
    now: datetime,
    *,
    form: AwayForm,
    away: Away | None,
    chosen: dict[UUID, UUID | None] | None = None,
    note: str = "",
    problem: str = "",
    left: list[Left] | None = None,
) -> HttpResponse:
    plans = handing_over.plan_hand_over(leaving=leaving, now=now, away=away, chosen=chosen)
    context = {
        "leaving": leaving,
        "form": form,
        "away": away,
        "rows": [_plan_row(plan) for plan in plans],
        "note": note,
        "problem": problem,
        "left": left or [],
    }
    wrong = problem or left or (form.is_bound and form.errors)
    return render(request, "mentoring/hand_over.html", context, status=422 if wrong else 200)


def _done(
    request: MemberRequest,
    leaving: Membership,
    now: datetime,
    *,
    form: AwayForm,
    away: Away | None,
    handed: int,
    left: list[Left],
) -> HttpResponseBase:
    if left:
        return _plan_page(request, leaving, now, form=form, away=away, left=left)
    text = ngettext(
        "%(count)s learner is handed over. Everybody concerned gets a mail.",
        "%(count)s learners are handed over. Everybody concerned gets a mail.",
        handed,
    )
    messages.success(request, text % {"count": handed})
    return redirect("mentoring:mentors", request.organization.slug)


def _plan_row(plan: LearnerPlan) -> dict[str, Any]:
    return {
        "enrollment": plan.enrollment,
        "matches": plan.matches,
        "chosen": plan.chosen,
        "sessions": [
            {
                "meeting": one.one_on_one,
                "keeps_time": one.keeps_time,
                "times": [(slot_value(start), short_time(start)) for start in one.times],
            }
            for one in plan.sessions
        ],
    }


def _away(form: AwayForm) -> Away | None:
    if not form.is_valid() or not form.cleaned_data["first_day"]:
        return None
    return Away(first_day=form.cleaned_data["first_day"], last_day=form.cleaned_data["last_day"])


# -- the 1-on-1s of a time off -----------------------------------------------------------------------------------------


def _decision(value: str) -> Decision:
    """What a choice of the page says: "keep", "cancel", "move|<time>" or "hand|<mentor>|<time>"."""
    do, _bar, rest = value.partition("|")
    if do == Do.MOVE:
        return Decision(do=Do.MOVE, start=time_of_slot(rest))
    if do == Do.HAND_OVER:
        mentor, _bar, start = rest.partition("|")
        return Decision(do=Do.HAND_OVER, mentor=uuid_of(mentor), start=time_of_slot(start))
    return Decision(do=Do.CANCEL if do == Do.CANCEL else Do.KEEP)


def _affected_row(affected: Affected, chosen: str) -> dict[str, Any]:
    return {
        "meeting": affected.one_on_one,
        "chosen": chosen,
        "times": [(f"{Do.MOVE}|{slot_value(start)}", short_time(start)) for start in affected.times],
        "others": [
            (f"{Do.HAND_OVER}|{one.match.candidate.key}|{slot_value(one.start)}", one, short_time(one.start))
            for one in affected.others
        ],
    }


def _is_own(request: MemberRequest, time_off: TimeOff) -> bool:
    return bool(time_off.mentor.membership_id == request.membership.pk)
