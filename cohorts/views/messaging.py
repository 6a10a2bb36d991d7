"""Messages from staff to learners: the list, writing one, looking before it goes, and who got it."""

from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.gates import requires
from accounts.middleware import MemberRequest
from accounts.models import Role
from cohorts import staff_messages
from cohorts.errors import CohortError
from cohorts.models import StaffMessage, StaffMessageRecipient
from cohorts.staff_audience import Addressee, addressees_of, check_complete, told_of
from cohorts.staff_message_forms import PlanForm, StaffMessageForm
from cohorts.views.shared import cohort_named, heading, uuid_of
from notifications.dead_letters import resend
from notifications.framing import framed, with_frames
from notifications.models import Message
from notifications.notices import mark_read_about
from organizations.errors import DomainError

PER_PAGE = 50
PEOPLE_SHOWN = 200
#: A time that is offered to begin with.
MORNING = time(9)
Audience, State = StaffMessage.Audience, StaffMessage.State


@requires(Role.STAFF)
@require_safe
def staff_messages_list(request: MemberRequest, organization: str) -> HttpResponse:
    return render(request, "cohorts/staff_messages.html", _listed(request, StaffMessage.objects.for_list()))


@requires(Role.STAFF)
@require_safe
def cohort_messages(request: MemberRequest, organization: str, cohort: str) -> HttpResponse:
    """What was written to learners of one cohort, and what is planned."""
    found = cohort_named(cohort)
    about = StaffMessage.objects.for_list().filter(addressed__cohort=found)
    context = {**_listed(request, about), **heading(found, "messages")}
    return render(request, "cohorts/cohort_messages.html", context)


@requires(Role.STAFF)
@require_http_methods(["GET", "HEAD", "POST"])
def write_message(request: MemberRequest, organization: str) -> HttpResponseBase:
    """To whole cohorts; for chosen learners it begins on the roster."""
    form = StaffMessageForm(request.POST if request.method == "POST" else None, audience=Audience.COHORTS)
    form.initial.update({"cohorts": request.GET.getlist("cohort"), **staff_messages.words_of(_used_again(request))})
    if form.is_valid():
        message = staff_messages.write(
            audience=Audience.COHORTS, by=request.membership, now=timezone.now(), **form.cleaned_data
        )
        return redirect("cohorts:staff_message", organization, message.pk)
    context = {"form": form, "earlier": staff_messages.earlier_ones(), "chosen": request.GET.getlist("cohort")}
    return render(request, "cohorts/write_message.html", context, status=422 if form.is_bound else 200)


@requires(Role.STAFF)
@require_http_methods(["GET", "HEAD", "POST"])
def edit_message(request: MemberRequest, organization: str, pk: UUID) -> HttpResponseBase:
    message = _found(pk)
    if not message.is_open:
        messages.error(request, _("It went or was cancelled, and cannot be changed anymore."))
        return redirect("cohorts:staff_message", organization, pk)
    initial = {name: getattr(message, name) for name in ("subject", "text", "statuses", "is_mandatory")}
    initial["cohorts"] = [one.cohort.slug for one in message.addressed.all()]
    is_blank = not message.subject
    if is_blank:
        initial |= staff_messages.words_of(_used_again(request))
    form = StaffMessageForm(
        request.POST if request.method == "POST" else None, audience=message.audience, initial=initial
    )
    if form.is_valid():
        try:
            staff_messages.change(message=message, by=request.membership, now=timezone.now(), **form.cleaned_data)
        except CohortError as error:
            form.add_error(None, str(error))
        else:
            return redirect("cohorts:staff_message", organization, pk)
    earlier = staff_messages.earlier_ones() if is_blank else []
    context = {"form": form, "message": message, "to": told_of(message), "earlier": earlier}
    return render(request, "cohorts/write_message.html", context, status=422 if form.is_bound else 200)


@requires(Role.STAFF)
@require_http_methods(["GET", "HEAD", "POST"])
def staff_message(request: MemberRequest, organization: str, pk: UUID) -> HttpResponseBase:
    """Before it goes: to whom, how each will read it, and what to do with it. Afterwards: who got it."""
    message, problem = _found(pk), ""
    plan_form = _plan_form(request, message) if message.is_open else None
    if request.method == "POST":
        try:
            said = _done(request, message, plan_form)
        except DomainError as error:
            problem = str(error)
        else:
            if said:
                messages.success(request, said)
                return redirect(request.get_full_path())
    status = 422 if request.method == "POST" else 200
    if plan_form is not None:
        return with_frames(render(request, "cohorts/staff_message.html", _ahead(request, message, plan_form, problem),
                                  status=status))  # fmt: skip
    return render(request, "cohorts/staff_message_sent.html", _behind(request, message, problem), status=status)


@requires(Role.STAFF)
@require_safe
def message_page(request: MemberRequest, organization: str, pk: UUID, enrollment: UUID) -> HttpResponse:
    """The mail as one learner will read it, for the frame in the page of the message."""
    message = _found(pk)
    if not message.is_open:
        raise Http404
    return framed(staff_messages.letter_to(message, _addressee(message, str(enrollment), timezone.now())).html)


@requires()
@require_safe
def read_message(request: MemberRequest, organization: str, pk: UUID) -> HttpResponse:
    """For a learner who got it."""
    got = StaffMessageRecipient.objects.filter(message=pk, enrollment__learner=request.membership, reason="")
    fact = get_object_or_404(got.select_related("queued", "message"))
    mark_read_about(fact.queued, at=timezone.now())
    said = fact.queued.payload
    context = {"said": said, "words": said.get("markdown") or said["text"], "sent_at": fact.message.sent_at}
    return render(request, "cohorts/read_message.html", context)


# -- what the pages have in common -------------------------------------------------------------------------------------


def _found(pk: UUID) -> StaffMessage:
    return get_object_or_404(StaffMessage.objects.for_list().select_related("organization", "by", "within"), pk=pk)


def _used_again(request: MemberRequest) -> StaffMessage | None:
    """The earlier message that a new one begins with; None without one, and for what is none of ours."""
    chosen = request.GET.get("again", "")
    return StaffMessage.objects.filter(pk=uuid_of(chosen)).first() if chosen else None


def _listed(request: MemberRequest, found: Any) -> dict[str, Any]:
    state = request.GET.get("state", "")
    if state in State.values:
        found = found.filter(state=state)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    rows = [{"message": message, "to": told_of(message)} for message in page]
    return {"page": page, "rows": rows, "state": state, "states": State.choices}


def _plan_form(request: MemberRequest, message: StaffMessage) -> PlanForm:
    zone, now = staff_messages.zone_of(message), timezone.now()
    tomorrow = timezone.localtime(now, zone).date() + timedelta(days=1)
    at = message.send_at or datetime.combine(tomorrow, MORNING, zone)
    return PlanForm(request.POST if request.POST.get("do") == "plan" else None, zone=zone, at=at)


def _done(request: MemberRequest, message: StaffMessage, plan_form: PlanForm | None) -> str:
    """Do what was pressed, and say so; empty when the time that was chosen is none."""
    now, by = timezone.now(), request.membership
    match request.POST.get("do"):
        case "test":
            one = _addressee(message, request.POST.get("as", ""), now)
            staff_messages.send_test(message=message, as_read_by=one, to=by, now=now)
            return _("A test is on its way to %(address)s.") % {"address": by.user.email}
        case "plan" if plan_form is not None:
            if not plan_form.is_valid():
                return ""
            staff_messages.plan(message=message, send_at=plan_form.cleaned_data["send_at"], by=by, now=now)
            return _("It is planned. It can be changed or cancelled until it goes.")
        case "send":
            staff_messages.send(message=message, by=by, now=now)
            return _("It is on its way.")
        case "cancel":
            staff_messages.cancel(message=message, by=by, now=now)
            return _("It is cancelled: nobody gets it.")
        case "resend":
            return _resent(message, uuid_of(request.POST.get("mail", "")), now)
    raise CohortError("unknown_action", _("Press one of the buttons."))


def _resent(message: StaffMessage, pk: UUID, now: datetime) -> str:
    get_object_or_404(message.recipients, queued=pk)
    mail = resend(pk=pk, now=now)
    return _("It goes to %(who)s again.") % {"who": mail.recipient}


def _addressee(message: StaffMessage, enrollment: str, now: datetime) -> Addressee:
    """Somebody it is meant for; Raises CohortError `nobody_chosen` when nobody can be looked at."""
    people = [one for one in addressees_of(message, now=now) if one.values]
    found = next((one for one in people if str(one.enrollment.pk) == enrollment), None)
    found = found or next((one for one in people if not one.reason), None) or next(iter(people), None)
    if found is None:
        raise CohortError("nobody_chosen", _("It would reach nobody. Choose others, or wait until they have access."))
    return found


def _ahead(request: MemberRequest, message: StaffMessage, plan_form: PlanForm, problem: str) -> dict[str, Any]:
    people: list[Addressee] = []
    trouble = ""
    try:
        people = addressees_of(message, now=timezone.now())
        check_complete(message, people)
    except CohortError as error:
        trouble = str(error)
    getting = [one for one in people if not one.reason]
    shown = next((one for one in getting if str(one.enrollment.pk) == request.GET.get("as")), None)
    shown = shown or next(iter(getting), None)
    return {
        "message": message,
        "to": told_of(message),
        "problem": problem,
        "trouble": trouble,
        "getting": getting[:PEOPLE_SHOWN],
        "number": len(getting),
        "more": max(len(getting) - PEOPLE_SHOWN, 0),
        "left_out": [one for one in people if one.reason],
        "without_address": [one for one in getting if one.has_no_address],
        "shown": shown,
        "letter": staff_messages.letter_to(message, shown) if shown else None,
        "plan_form": plan_form,
        "zone": plan_form.zone,
        "steps": message.steps.select_related("by").order_by("-at", "-pk"),
    }


def _behind(request: MemberRequest, message: StaffMessage, problem: str) -> dict[str, Any]:
    page = Paginator(staff_messages.recipients_of(message), PER_PAGE).get_page(request.GET.get("page"))
    return {
        "message": message,
        "to": told_of(message),
        "problem": problem,
        "page": page,
        "counts": staff_messages.counts_of(message),
        "dead": Message.State.DEAD,
        "steps": message.steps.select_related("by").order_by("-at", "-pk"),
    }
