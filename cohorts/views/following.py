"""How learners get on: the cohort's overview, the page of one learner, and the learner's own path."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django.views.decorators.vary import vary_on_headers
from django_htmx.http import HttpResponseClientRedirect

from accounts.gates import requires
from accounts.middleware import MemberRequest
from accounts.models import Role
from cohorts import overview as drawn
from cohorts import progress
from cohorts.credit import grants_on
from cohorts.earlier import latest_move, may_undo, recent_move
from cohorts.errors import CohortError
from cohorts.flags import flags_of, spells_of
from cohorts.heading import counts_of
from cohorts.learner_notes import notes_of
from cohorts.models import Cohort, Enrollment, EnrollmentEvent, ProgressEvent
from cohorts.moving import day_of
from cohorts.next_action import next_action
from cohorts.note_forms import NoteForm
from cohorts.offering import open_offers_of
from cohorts.panels import panels_for
from cohorts.path import Path, PathLevel, path_of
from cohorts.progress_forms import WEEKS_OFFERED, CorrectionForm, StudyForm
from cohorts.roster import NOBODY, word_for
from cohorts.studied import modules_studied, study_of, week_in
from cohorts.team import team_of
from cohorts.timeline import lines
from cohorts.tracks import levels_with_tracks
from cohorts.transferring import gone_on, may_undo_transfer
from cohorts.views.roster import roster_context, rows_seen, today_of
from cohorts.work import work_of
from curriculum.models import Topic
from organizations.prepared import Prepared

CORRECTIONS: dict[str, Callable[..., ProgressEvent | None]] = {
    "complete": progress.complete_topic,
    "credit": progress.credit_topic,
    "reopen": progress.reopen_topic,
}
WEEKS_SHOWN = 12


_AT_ADDRESS = Prepared(lambda slug: Cohort.objects.for_list().filter(slug=slug))


@requires(Role.STAFF, Role.MENTOR)
@vary_on_headers("HX-Request")  # a page and its fragment share an address; no cache may take one for the other
def overview(request: MemberRequest, organization: str, cohort: str) -> HttpResponse:
    found = _AT_ADDRESS.first(slug=cohort)
    if found is None:
        raise Http404
    rows, (on, _zone) = rows_seen(request, found), today_of(request)
    context = roster_context(request, found, rows)
    if request.htmx and not request.htmx.history_restore_request:
        return render(request, "cohorts/_roster.html", context | {"is_fragment": True})
    seen = drawn.whereabouts_of(rows, found, context["facets"], on=on)
    return render(
        request,
        "cohorts/overview.html",
        context
        | {
            "today": on,
            "counts": counts_of(found),
            "summary": drawn.summary_of(seen),
            "spread": drawn.spread_of(seen),
            "levels": drawn.levels_of(seen),
            "stops": drawn.stops_of(seen),
            "team": team_of(found, on=on),
            "flagged": drawn.flagged_of(rows, on=on),
            "flagged_total": seen.words["at_risk"],
        },
    )


@requires(Role.STAFF, Role.MENTOR)
def learner(request: MemberRequest, organization: str, pk: UUID) -> HttpResponse:
    enrollment = get_object_or_404(Enrollment.objects.for_page().visible_to(request.membership), pk=pk)
    now, today = timezone.now(), timezone.localdate()
    events = list(ProgressEvent.objects.for_learner_page(enrollment))
    path, study = path_of(enrollment, on=today, events=events), study_of(enrollment, on=today, weeks=WEEKS_SHOWN)
    reasons = flags_of([enrollment.pk], on=today).get(enrollment.pk, [])
    moved = latest_move(enrollment)
    return render(
        request,
        "cohorts/learner.html",
        {
            "enrollment": enrollment,
            "path": path,
            "word": word_for(path.standing, reasons, on=today),
            "reasons": reasons,
            "action": next_action(enrollment, reasons, on=today, slug=organization, is_path_done=path.is_done)
            if request.membership.is_staff
            else None,
            "spells": spells_of(enrollment),
            "history": lines(
                EnrollmentEvent.objects.told().filter(enrollment=enrollment), today=day_of(enrollment, now)
            ),
            "went_on": gone_on(enrollment),
            "may_undo_transfer": may_undo_transfer(enrollment, at=now),
            "milestones": path.milestones_near(),
            "notes": notes_of(enrollment, viewer=request.membership),
            "note_form": NoteForm(author=request.membership),
            "grants": grants_on(path, events),
            "study": study,
            "modules": modules_studied(path, study),
            "panels": panels_for(enrollment, viewer=request.membership, now=now),
            "moved": moved,
            "undoable": may_undo(moved, on=day_of(enrollment, now)),
        },
    )


@requires(Role.STAFF)
def correct_progress(request: MemberRequest, organization: str, pk: UUID) -> HttpResponseBase:
    enrollment = get_object_or_404(Enrollment.objects.for_page(), pk=pk)
    path = path_of(enrollment, on=timezone.localdate())
    form = CorrectionForm(request.POST or None, path=path, topic=request.GET.get("topic", ""))
    if form.is_valid():
        correct, said = CORRECTIONS[form.cleaned_data["action"]], form.cleaned_data
        topic = get_object_or_404(Topic.objects.select_related("module__level"), pk=said["topic"])
        try:
            correct(enrollment=enrollment, topic=topic, by=request.membership, on=said["on"], evidence=said["reason"])
        except CohortError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("The correction is recorded."))
            return redirect("cohorts:learner", organization, enrollment.pk)
    context = {"enrollment": enrollment, "path": path, "form": form}
    return render(request, "cohorts/correct_progress.html", context, status=422 if form.is_bound else 200)


@requires(Role.LEARNER)
def path(request: MemberRequest, organization: str) -> HttpResponse:
    enrollment = Enrollment.objects.current_of(request.membership)
    if enrollment is None:
        return render(request, "cohorts/path_empty.html")
    return _path_page(request, enrollment)


@requires(Role.LEARNER)
@require_POST
def mark_topic(request: MemberRequest, organization: str, pk: UUID) -> HttpResponseBase:
    enrollment = _own_enrollment(request)
    topic = get_object_or_404(Topic.objects.select_related("module__level"), pk=pk)
    change = progress.complete_topic if request.POST.get("done") == "1" else progress.reopen_topic
    back = f"{reverse('cohorts:path', args=[organization])}?level={topic.module.level.number}"
    try:
        change(enrollment=enrollment, topic=topic, by=request.membership, on=timezone.localdate())
    except CohortError as error:
        messages.error(request, str(error))
        return HttpResponseClientRedirect(back) if request.htmx else redirect(back)
    if not request.htmx:
        return redirect(f"{back}&module={topic.module_id}#part-{topic.pk}")
    whole = path_of(enrollment, on=timezone.localdate(), work=work_of(enrollment, at=timezone.now()))
    level, module, row = whole.line_of(topic.pk)
    context = {"path": whole, "level": level, "module": module, "row": row, "can_mark": True, "is_fragment": True}
    context |= {"mark_url": _mark_url(organization), "enrollment": enrollment}
    context["requiring"] = whole.requiring(module, within=level)
    return render(request, "cohorts/_path_changed.html", context)


@requires(Role.LEARNER)
@require_POST
def log_study(request: MemberRequest, organization: str) -> HttpResponseBase:
    enrollment, today = _own_enrollment(request), timezone.localdate()
    form = StudyForm(request.POST, on=today)
    if form.is_valid():
        try:
            progress.log_study(enrollment=enrollment, by=request.membership, on=today, **form.cleaned_data)
        except CohortError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Your hours of that week are recorded."))
            return redirect("cohorts:path", organization)
    return _path_page(request, enrollment, form=form)


def _own_enrollment(request: MemberRequest) -> Enrollment:
    enrollment = Enrollment.objects.current_of(request.membership)
    if enrollment is None:
        raise Http404
    return enrollment


def _opened(request: MemberRequest, whole: Path, level: PathLevel | None) -> UUID | None:
    """The module that stands open: the one asked for, else the one to go on with, else the first of that level."""
    asked = request.GET.get("module", "")
    modules = [module for each in whole.levels for module in each.modules]
    found = next((module for module in modules if str(module.id) == asked), None)
    if found is None and level is not None and whole.module not in level.modules:
        found = next(iter(level.modules), None)
    found = found or whole.module
    return found.id if found else None


def _mark_url(organization: str) -> list[str]:
    """What stands before and after the topic's id, so that a long page asks for it once."""
    return reverse("cohorts:mark_topic", args=[organization, NOBODY]).split(str(NOBODY))


def _path_page(request: MemberRequest, enrollment: Enrollment, *, form: StudyForm | None = None) -> HttpResponse:
    """All of the path, open where the learner is or at what the address asks for; printed, all of it is open."""
    now, today = timezone.now(), timezone.localdate()
    events = list(ProgressEvent.objects.for_learner_page(enrollment))
    whole = path_of(enrollment, on=today, events=events, work=work_of(enrollment, at=now))
    asked, is_print = request.GET.get("level", ""), bool(request.GET.get("print"))
    level = next((level for level in whole.levels if str(level.number) == asked), whole.level)
    study = study_of(enrollment, on=today, weeks=WEEKS_OFFERED)
    context = {
        "shell": "design/print.html" if is_print else "learner.html",
        "enrollment": enrollment,
        "offers": () if is_print else open_offers_of(request.membership, at=now),
        "moved": recent_move(enrollment, on=today),
        "path": whole,
        "level": level,
        "opened": _opened(request, whole, level),
        "is_whole": is_print or asked == "all",
        "is_print": is_print,
        "can_mark": whole.standing.is_active and not is_print,
        "mark_url": _mark_url(request.organization.slug),
        "with_tracks": set(levels_with_tracks(enrollment)),
        "grants": grants_on(whole, events),
        "panels": panels_for(enrollment, viewer=request.membership, now=now, on_path=True),
        "form": form or StudyForm(on=today),
        "study": study,
        "week": week_in(study, on=today),
        "back": "path",
    }
    return render(request, "cohorts/path.html", context, status=422 if form else 200)
