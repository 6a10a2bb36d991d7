"""Specializations: what each track asks, the learner's choice, and the one that staff set."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.gates import requires
from accounts.middleware import MemberRequest
from accounts.models import Role
from cohorts.credit_forms import TrackForm
from cohorts.errors import CohortError
from cohorts.models import Enrollment, TrackChoice
from cohorts.path import Path, path_of
from cohorts.tracks import OfferedTrack, choose_track, has_work, is_open, tracks_of


@requires(Role.LEARNER)
def tracks(request: MemberRequest, organization: str) -> HttpResponse:
    enrollment, path, offered = _own(request)
    context = {"offered": offered, **_standing(enrollment, path, offered)}
    return render(request, "cohorts/tracks.html", context)


@requires(Role.LEARNER)
def choose(request: MemberRequest, organization: str, pk: UUID) -> HttpResponseBase:
    """First what it means, then the choice."""
    enrollment, path, offered = _own(request)
    wanted = next((each for each in offered if each.track.pk == pk), None)
    if wanted is None:
        raise Http404
    problem = ""
    if request.method == "POST":
        now = timezone.now()
        try:
            choose_track(
                enrollment=enrollment, track=wanted.track, path=path, by=request.membership, on=path.on, at=now
            )
        except CohortError as error:
            problem = str(error)
        else:
            messages.success(request, _("Your specialization is %(track)s.") % {"track": wanted.track})
            return redirect("cohorts:tracks", organization)
    context = {"wanted": wanted, "problem": problem, **_standing(enrollment, path, offered)}
    return render(request, "cohorts/choose_track.html", context, status=422 if problem else 200)


@requires(Role.STAFF)
def set_track(request: MemberRequest, organization: str, pk: UUID) -> HttpResponseBase:
    enrollment = get_object_or_404(Enrollment.objects.for_page(), pk=pk)
    now, today = timezone.now(), timezone.localdate()
    offered = tracks_of(enrollment, at=now)
    form = TrackForm(
        request.POST if request.method == "POST" else None,
        on=today,
        offered=offered,
        chosen=str(enrollment.track_id or ""),
    )
    if form.is_valid():
        said = form.cleaned_data
        track = next(each.track for each in offered if each.track.pk == said["track"])
        path = path_of(enrollment, on=today)
        try:
            choose_track(
                enrollment=enrollment, track=track, path=path, by=request.membership, on=said["on"], at=now,
                reason=said["reason"],
            )  # fmt: skip
        except CohortError as error:
            form.add_error(form.FIELDS.get(error.code), str(error))
        else:
            words = {"name": enrollment.learner.name, "track": track}
            messages.success(request, _("The specialization of %(name)s is %(track)s.") % words)
            return redirect("cohorts:learner", organization, enrollment.pk)
    choices = TrackChoice.objects.filter(enrollment=enrollment).select_related("track", "recorded_by")
    context = {
        "enrollment": enrollment,
        "form": form,
        "offered": offered,
        "choices": choices.order_by("-effective_on", "-recorded_at", "-pk"),
    }
    return render(request, "cohorts/set_track.html", context, status=422 if form.is_bound else 200)


def _own(request: MemberRequest) -> tuple[Enrollment, Path, list[OfferedTrack]]:
    enrollment = Enrollment.objects.current_of(request.membership)
    if enrollment is None:
        raise Http404
    path = path_of(enrollment, on=timezone.localdate())
    return enrollment, path, tracks_of(enrollment, at=timezone.now())


def _standing(enrollment: Enrollment, path: Path, offered: list[OfferedTrack]) -> dict[str, object]:
    """What decides whether the learner may choose now."""
    opened = any(is_open(path, each.track) for each in offered)
    fixed = has_work(enrollment, at=timezone.now())
    return {
        "enrollment": enrollment,
        "path": path,
        "level": offered[0].track.level if offered else None,
        "chosen": next((each for each in offered if each.is_chosen), None),
        "is_open": opened,
        "is_fixed": fixed,
        "may_choose": opened and not fixed and path.standing.is_active,
        "opens_at": offered[0].track.level.number - 1 if offered else None,
    }
