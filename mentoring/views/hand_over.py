"""Learners and booked 1-on-1s that go to another mentor: all of somebody's, or those in their time off."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
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
from mentoring import handing_over, taking_over
from mentoring import time_off_sessions as sessions_off
from mentoring.errors import MentoringError
from mentoring.handing_over import Away, Choice, LearnerPlan, Left
from mentoring.models import TimeOff
from mentoring.offered import time_off_rows
from mentoring.pair_forms import AskForm, AwayForm, ids_in, time_of_slot, uuid_of
from mentoring.slot_days import slot_value
from mentoring.time_off_sessions import Affected, Decision, Do
from mentoring.wording import short_time


@requires(Role.STAFF)
def hand_over(request: MemberRequest, organization: str, pk: UUID) -> HttpResponseBase:
    """The plan with its proposals; changed mentors are looked up again before anybody is asked or handed over."""
    leaving, now = get_object_or_404(Membership.objects.select_related("user"), pk=pk), timezone.now()
    do = request.POST.get("do", "")
    page = PlanPage(
        leaving=leaving,
        now=now,
        form=AwayForm(request.GET or None),
        ask_form=AskForm(request.POST if do == "ask" else None, initial={"answer_by": _in_days(3, now)}),
        data=request.POST.dict(),
    )
    if request.method != "POST" or (page.form.is_bound and not page.form.is_valid()):
        return page.render(request)
    seen = {pk: uuid_of(value) for pk, value in ids_in(page.data, "seen-").items()}
    if do not in ("ask", "apply") or any(page.chosen[pk] != seen.get(pk) for pk in page.chosen):
        changed = _("You changed a mentor. Look at the new times, then go on.") if do else ""
        return page.render(request, note=changed)
    return _ask(request, page) if do == "ask" else _apply(request, page)


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


@dataclass(kw_only=True)
class PlanPage:
    """A hand-over as it stands on the page: whose, for which days, and what was chosen so far."""

    leaving: Membership
    now: datetime
    form: AwayForm
    ask_form: AskForm
    data: dict[str, str]

    def __post_init__(self) -> None:
        self.away = _away(self.form)
        self.chosen = {pk: uuid_of(value) for pk, value in ids_in(self.data, "mentor-").items()}
        self.times = {pk: time_of_slot(value) for pk, value in ids_in(self.data, "time-").items()}

    @property
    def choices(self) -> list[Choice]:
        return [Choice(enrollment=row, mentor=to, times=self.times) for row, to in self.chosen.items() if to]

    def render(
        self, request: MemberRequest, *, note: str = "", problem: str = "", left: list[Left] | None = None
    ) -> HttpResponse:
        plans = handing_over.plan_hand_over(leaving=self.leaving, now=self.now, away=self.away, chosen=self.chosen)
        is_waiting = {plan.enrollment.pk: bool(plan.last and plan.last.is_open(at=self.now)) for plan in plans}
        context = {
            "leaving": self.leaving,
            "form": self.form,
            "ask_form": self.ask_form,
            "away": self.away,
            "rows": [_plan_row(plan, self.data) for plan in plans if not is_waiting[plan.enrollment.pk]],
            "waiting": [plan.last for plan in plans if is_waiting[plan.enrollment.pk]],
            "note": note,
            "problem": problem,
            "left": left or [],
        }
        wrong = problem or left or self.form.errors or self.ask_form.errors
        return render(request, "mentoring/hand_over.html", context, status=422 if wrong else 200)


def _ask(request: MemberRequest, page: PlanPage) -> HttpResponseBase:
    if not page.ask_form.is_valid():
        return page.render(request)
    try:
        left = taking_over.ask(
            leaving=page.leaving,
            choices=page.choices,
            by=request.membership,
            now=page.now,
            away=page.away,
            **page.ask_form.cleaned_data,
        )
    except MentoringError as error:
        return page.render(request, problem=str(error))
    if left:
        return page.render(request, left=left)
    text = ngettext(
        "You asked for %(count)s learner. The mentors get a mail; nothing changes until they accept.",
        "You asked for %(count)s learners. The mentors get a mail; nothing changes until they accept.",
        len(page.choices),
    )
    messages.success(request, text % {"count": len(page.choices)})
    return redirect(request.get_full_path())


def _apply(request: MemberRequest, page: PlanPage) -> HttpResponseBase:
    if not page.data.get("without_asking"):
        return page.render(request, problem=_("Tick that you hand over without asking, or ask the mentors first."))
    try:
        left = handing_over.apply_hand_over(
            leaving=page.leaving, choices=page.choices, by=request.membership, now=page.now, away=page.away
        )
    except MentoringError as error:
        return page.render(request, problem=str(error))
    if left:
        return page.render(request, left=left)
    text = ngettext(
        "%(count)s learner is handed over. Everybody concerned gets a mail.",
        "%(count)s learners are handed over. Everybody concerned gets a mail.",
        len(page.choices),
    )
    messages.success(request, text % {"count": len(page.choices)})
    return redirect("mentoring:mentors", request.organization.slug)


def _plan_row(plan: LearnerPlan, data: dict[str, str]) -> dict[str, Any]:
    return {
        "enrollment": plan.enrollment,
        "matches": plan.matches,
        "chosen": plan.chosen,
        "last": plan.last,
        "sessions": [
            {
                "meeting": one.one_on_one,
                "keeps_time": one.keeps_time,
                "times": [(slot_value(start), short_time(start)) for start in one.times],
                "picked": data.get(f"time-{one.one_on_one.pk}"),
            }
            for one in plan.sessions
        ],
    }


def _in_days(days: int, now: datetime) -> date:
    return timezone.localdate(now) + timedelta(days=days)


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
