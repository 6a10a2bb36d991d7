"""Surveys: the pages of staff, and the one page on which they are answered."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.gates import requires
from accounts.middleware import MemberRequest
from accounts.models import Role
from organizations.errors import DomainError
from organizations.models import Organization
from organizations.scope import scope
from outcomes.forms.surveys import AnswerForm, SurveyForm, WaveForm, own_formset
from outcomes.surveys import editing as survey_editing
from outcomes.surveys import waves as survey_waves
from outcomes.surveys.answering import answer, asked_of, find, place_of
from outcomes.surveys.editing import latest_version, own_of, questions_of
from outcomes.surveys.questions import BUILT_IN, OPTIONAL, built_in_keys, options_of, text_of
from outcomes.surveys.records import Participation, Release, Survey, Wave
from outcomes.surveys.results import Results
from outcomes.surveys.shown import choose, result_rows, shown, survey_rows, waves_of
from outcomes.views.shared import csv_response

PER_PAGE = 25


@requires(Role.STAFF)
@require_safe
def surveys(request: MemberRequest, organization: str) -> HttpResponse:
    found = Survey.objects.order_by(F("closed_on").asc(nulls_first=True), "-made_at", "pk")
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "outcomes/surveys.html", {"page": page, "rows": survey_rows(list(page.object_list))})


@requires(Role.STAFF)
def new_survey(request: MemberRequest, organization: str) -> HttpResponse:
    """First which kind, then the rest."""
    kind = request.GET.get("kind", "")
    if kind not in Survey.Kind.values:
        return render(request, "outcomes/new_survey.html", {"kinds": Survey.Kind})
    initial = {"title": str(Survey.Kind(kind).label), "recommends": True}
    data = request.POST if request.method == "POST" else None
    form, own = SurveyForm(data, kind=kind, initial=initial), own_formset(data)
    if request.method == "POST" and form.is_valid() and own.is_valid():
        try:
            made = survey_editing.make_survey(kind=kind, own=own.own(), by=request.membership, **form.values())
        except DomainError as error:
            form.add_error(form.FIELDS.get(error.code), str(error))
        else:
            return redirect("outcomes:survey", organization, made.pk)
    return _edit_page(request, form, own, kind=kind)


@requires(Role.STAFF)
def edit_survey(request: MemberRequest, organization: str, pk: UUID) -> HttpResponse:
    survey = _survey(pk)
    version = latest_version(survey)
    asks = {question.key for question in questions_of(version)}
    initial: dict[str, Any] = {name: getattr(survey, name) for name in survey_editing.FIELDS}
    initial["recommends"] = bool(asks & set(OPTIONAL))
    data = request.POST if request.method == "POST" else None
    form, own = SurveyForm(data, kind=survey.kind, initial=initial), own_formset(data, own_of(version))
    if request.method == "POST" and form.is_valid() and own.is_valid():
        try:
            survey_editing.change_survey(survey=survey, own=own.own(), **form.values())
        except DomainError as error:
            form.add_error(form.FIELDS.get(error.code), str(error))
        else:
            messages.success(request, _("Saved. The next wave asks it so."))
            return redirect("outcomes:survey", organization, pk)
    return _edit_page(request, form, own, kind=survey.kind, survey=survey)


@requires(Role.STAFF)
@require_safe
def survey(request: MemberRequest, organization: str, pk: UUID) -> HttpResponse:
    found = _survey(pk)
    page = Paginator(waves_of([found]), PER_PAGE).get_page(request.GET.get("page"))
    asked = questions_of(latest_version(found))
    context = {
        "survey": found,
        "page": page,
        "questions": [(question, text_of(question), options_of(question)) for question in asked],
        "has_results": Release.objects.filter(version__survey=found).exists(),
    }
    return render(request, "outcomes/survey.html", context)


@requires(Role.STAFF)
@require_safe
def preview(request: MemberRequest, organization: str, pk: UUID) -> HttpResponse:
    found = _survey(pk)
    form = AnswerForm(questions=questions_of(latest_version(found)))
    return render(request, "outcomes/survey_preview.html", {"survey": found, "form": form})


@requires(Role.STAFF)
def move_survey(request: MemberRequest, organization: str, pk: UUID, to: str) -> HttpResponse:
    """Open or close it."""
    found, now = _survey(pk), timezone.now()
    if request.method == "POST":
        today = request.organization.today(now)
        if to == Survey.Status.OPEN:
            survey_editing.open_survey(survey=found, on=today)
            messages.success(request, _("The survey is open."))
        else:
            survey_editing.close_survey(survey=found, by=request.membership, on=today, at=now)
            messages.success(request, _("The survey is closed. Nobody is asked any more."))
    return redirect("outcomes:survey", organization, pk)


@requires(Role.STAFF)
def plan_wave(request: MemberRequest, organization: str, pk: UUID) -> HttpResponse:
    found, today = _survey(pk), request.organization.today()
    days = {"asks_on": today + timedelta(days=1), "closes_on": today + timedelta(days=1 + found.answer_days)}
    form = WaveForm(request.POST if request.method == "POST" else None, initial=days)
    if request.method == "POST" and form.is_valid():
        try:
            survey_waves.plan_wave(survey=found, by=request.membership, on=today, **form.values())
        except DomainError as error:
            form.add_error(form.FIELDS.get(error.code), str(error))
        else:
            messages.success(request, _("The wave is planned."))
            return redirect("outcomes:survey", organization, pk)
    status = 422 if form.errors else 200
    return render(request, "outcomes/plan_wave.html", {"survey": found, "form": form}, status=status)


@requires(Role.STAFF)
def call_off_wave(request: MemberRequest, organization: str, pk: UUID) -> HttpResponse:
    wave = get_object_or_404(Wave, pk=pk)
    if request.method == "POST":
        survey_waves.call_off(wave=wave)
        messages.success(request, _("The wave is called off."))
    return redirect("outcomes:survey", organization, wave.survey_id)


@requires(Role.STAFF)
def end_wave(request: MemberRequest, organization: str, pk: UUID) -> HttpResponse:
    """First what it does, then end it."""
    wave, now = get_object_or_404(Wave.objects.select_related("survey"), pk=pk), timezone.now()
    today = request.organization.today(now)
    if request.method == "POST":
        if survey_waves.end_wave(wave=wave, by=request.membership, on=today, at=now):
            messages.success(request, _("The wave is over. Its results show."))
        else:
            messages.success(request, _("The wave is over. Fewer than five people answered, so nothing shows."))
        return redirect("outcomes:survey", organization, wave.survey_id)
    ending = survey_waves.preview_end(wave=wave, on=today)
    return render(request, "outcomes/end_wave.html", {"ending": ending, "wave": wave, "survey": wave.survey})


@requires(Role.STAFF)
@require_safe
def results(request: MemberRequest, organization: str, pk: UUID) -> HttpResponse:
    found = Results(_survey(pk))
    release, crowd = choose(found, request.GET.get("release", ""), request.GET.get("crowd", ""))
    context: dict[str, Any] = {"survey": found.survey, "releases": found.releases, "release": release, "crowd": crowd}
    if release is not None:
        context |= shown(found, release, crowd)
    return render(request, "outcomes/survey_results.html", context)


@requires(Role.STAFF)
@require_safe
def results_csv(request: MemberRequest, organization: str, pk: UUID) -> HttpResponseBase:
    found = Results(_survey(pk))
    release, crowd = choose(found, request.GET.get("release", ""), request.GET.get("crowd", ""))
    if release is None:
        raise Http404
    name = f"{organization}-survey-{release.last_on.isoformat()}"
    return csv_response(name, list(result_rows(found.findings(release, crowd))))


# -- answering ---------------------------------------------------------------------------------------------------------


@requires()
@never_cache
def answer_here(request: MemberRequest, organization: str, pk: UUID) -> HttpResponse:
    """One's own, from inside; anybody else's is not there."""
    participation = find(pk, enrollment__learner=request.membership)
    if participation is None:
        raise Http404
    return _answer(request, participation, on=request.organization.today(), base="learner.html")


@never_cache
def answer_by_link(request: HttpRequest, token: str) -> HttpResponse:
    """By the link in a mail, without signing in."""
    place = place_of(token)
    if place is None:
        return render(request, "outcomes/no_survey.html", status=404)
    organization, pk = place
    with scope(organization.pk):
        participation = find(pk)
        if participation is None:
            return render(request, "outcomes/no_survey.html", status=404)
        return _answer(request, participation, on=organization.today(), base="public.html", school=organization)


def _answer(
    request: HttpRequest, participation: Participation, *, on: date, base: str, school: Organization | None = None
) -> HttpResponse:
    """`school` is whose page it is where nobody is signed in."""
    asked = asked_of(participation)
    form = AnswerForm(request.POST if request.method == "POST" else None, questions=asked.questions)
    state = asked.state
    if request.method == "POST" and state == "open" and form.is_valid():
        try:
            answer(participation=participation, replies=form.replies(), on=on)
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            state = "thanks"
    context = {
        "base": base,
        "survey": participation.wave.survey,
        "participation": participation,
        "form": form,
        "state": state,
        "name": participation.organization.name,
        "school": school,
    }
    status = 422 if form.is_bound and state != "thanks" else 200
    return render(request, "outcomes/answer.html", context, status=status)


# -- the parts ---------------------------------------------------------------------------------------------------------


def _survey(pk: UUID) -> Survey:
    return get_object_or_404(Survey, pk=pk)


def _edit_page(
    request: MemberRequest, form: SurveyForm, own: Any, *, kind: str, survey: Survey | None = None
) -> HttpResponse:
    context = {
        "form": form,
        "own": own,
        "kind": Survey.Kind(kind),
        "survey": survey,
        "built_in": [BUILT_IN[key].text for key in built_in_keys(kind, recommends=False)],
    }
    is_wrong = form.is_bound and (form.errors or not own.is_valid())
    return render(request, "outcomes/survey_form.html", context, status=422 if is_wrong else 200)
