"""What a learner sees of their projects."""

from collections.abc import Mapping
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.gates import requires
from accounts.middleware import MemberRequest
from accounts.models import Role
from assessments import drafts, submissions
from assessments.benchmark_standing import benchmark_view
from assessments.carrying import attempts_for, has_passed
from assessments.errors import AssessmentError, DraftConflict
from assessments.journey import attempt_rows, steps
from assessments.models import Submission, SubmissionDraft
from assessments.peer_shown import peer_view
from assessments.portfolio import portfolio_view
from assessments.presentations_shown import presentations_view
from assessments.projects import ProjectStanding, attempts_at, enrollment_of, heirs_of, projects_of
from assessments.submission_forms import SubmissionForm
from assessments.submissions import Seen
from cohorts.credit_requests import credit_view
from cohorts.models import Enrollment
from curriculum.models import Project
from organizations.errors import DomainError


@requires(Role.LEARNER)
def projects(request: MemberRequest, organization: str) -> HttpResponse:
    enrollment = enrollment_of(request.membership)
    standings = projects_of(enrollment, at=timezone.now()) if enrollment else []
    here = reverse("assessments:projects", args=[organization])
    written = drafts.drafts_of(enrollment) if enrollment else {}
    levels = [
        {"level": level, "rows": [_row(standing, here, written) for standing in group]}
        for level, group in groupby(standings, key=lambda standing: standing.project.level)
    ]
    asked = [standing for standing in standings if standing.is_asked]
    passed = sum(standing.status in ("passed", "credited") for standing in asked)
    context = {"enrollment": enrollment, "levels": levels, "passed": passed, "total": len(asked)}
    return render(request, "assessments/projects.html", context)


@requires(Role.LEARNER)
def project(request: MemberRequest, organization: str, pk: UUID) -> HttpResponse:
    project, enrollment = _find(request, pk)
    return _page(request, project, enrollment)


@requires(Role.LEARNER)
def submit(request: MemberRequest, organization: str, pk: UUID) -> HttpResponse:
    if request.method != "POST":
        return redirect("assessments:project", organization, pk)
    project, enrollment = _find(request, pk)
    form, error = SubmissionForm(project, request.POST), None
    if form.is_valid():
        try:
            submission = submissions.submit(
                enrollment=enrollment,
                project=project,
                links=form.links(),
                commit=form.cleaned_data["commit"],
                note=form.cleaned_data["note"],
                checklist=form.checklist(),
                by=request.membership,
                at=timezone.now(),
                seen=_seen(request),
            )
        except DraftConflict as conflict:
            error = conflict
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("Attempt %(number)s is submitted.") % {"number": submission.attempt})
            return redirect("assessments:project", organization, pk)
    return _page(request, project, enrollment, form=form, error=error)


@requires(Role.LEARNER)
def save_draft(request: MemberRequest, organization: str, pk: UUID) -> HttpResponse:
    """Keep what is written so far: quietly while somebody types, with a new page where scripts are off."""
    if request.method != "POST":
        return redirect("assessments:project", organization, pk)
    project, enrollment = _find(request, pk)
    given, draft, error = SubmissionForm(project, request.POST).given(), None, None
    try:
        draft = drafts.save_draft(
            enrollment=enrollment,
            project=project,
            given=given,
            by=request.membership,
            at=timezone.now(),
            seen=_seen(request),
        )
    except AssessmentError as refusal:
        error = refusal
    if request.htmx:
        context = {"project": project, "draft": draft, **_window(request, draft, error)}
        return render(request, "assessments/_submission_draft.html", context, status=422 if error else 200)
    if error:
        return _page(request, project, enrollment, form=SubmissionForm.holding(project, given), error=error)
    messages.success(request, _("Draft saved."))
    return redirect("assessments:project", organization, pk)


@requires(Role.LEARNER)
def withdraw(request: MemberRequest, organization: str, pk: UUID) -> HttpResponse:
    if request.method != "POST":
        return redirect("assessments:project", organization, pk)
    project, enrollment = _find(request, pk)
    waiting = attempts_for(project.pk, enrollment).order_by("-submitted_at", "-attempt")
    submission = get_object_or_404(waiting[:1])
    submissions.withdraw(submission=submission, by=request.membership, at=timezone.now())
    messages.success(request, _("Attempt %(number)s is withdrawn.") % {"number": submission.attempt})
    return redirect("assessments:project", organization, pk)


def _find(request: MemberRequest, pk: UUID) -> tuple[Project, Enrollment]:
    """The project and the enrollment in which the viewer has it; 404 for projects of others' curricula."""
    project = get_object_or_404(Project.objects.select_related("level", "module", "version"), pk=pk)
    enrollment = enrollment_of(request.membership, project)
    if enrollment is None:
        raise Http404
    return project, enrollment


def _seen(request: MemberRequest) -> Seen:
    """What the window that posts knows of the draft. The last value counts: a button may bring a newer one."""
    revision = request.POST.get("revision", "")
    known = int(revision) if revision.isascii() and revision.isdecimal() and len(revision) < 10 else 0
    return Seen(revision=known, page=request.POST.get("page", "").replace("\x00", "")[:36])


def _window(request: MemberRequest, draft: SubmissionDraft | None, error: AssessmentError | None) -> dict[str, Any]:
    """What the page in front of somebody keeps of the draft, and why it could not be saved."""
    posted = request.method == "POST"
    return {
        "page_name": _seen(request).page if posted else str(uuid4()),
        "revision": draft.revision if draft is not None else _seen(request).revision,
        "draft_error": error,
        "conflict": error.revision if isinstance(error, DraftConflict) else None,
    }


def _page(
    request: MemberRequest,
    project: Project,
    enrollment: Enrollment,
    form: SubmissionForm | None = None,
    error: AssessmentError | None = None,
) -> HttpResponse:
    now = timezone.now()
    attempts = attempts_at(project, enrollment)
    current = next((attempt for attempt in attempts if attempt.withdrawn_at is None), None)
    standing = _standing(project, enrollment, current, at=now)
    is_left = project.version_id != enrollment.version_id
    is_asked = is_left or project.track_id in (None, enrollment.track_id)
    can_submit = is_asked and not is_left and standing not in ("submitted", "in_review", "passed")
    failed, draft = error is not None or form is not None, None
    if form is None and can_submit and enrollment.status == Enrollment.Status.ACTIVE:
        draft = drafts.draft_of(enrollment, project)
        given = draft.given if draft is not None else drafts.start_of(attempts)
        form = SubmissionForm.holding(project, given)
    context: dict[str, Any] = {
        "project": project,
        "enrollment": enrollment,
        "form": form,
        "next_attempt": max((attempt.attempt for attempt in attempts), default=0) + 1,
        "draft": draft,
        **_window(request, draft, error),
        "attempts": attempt_rows(attempts, at=now, shown_with=project),
        "is_left": is_left,
        "heirs": heirs_of(project, enrollment) if is_left else [],
        "standing": standing,
        "can_submit": can_submit,
        "other_track": "" if is_asked else submissions.other_track(enrollment),
        "can_withdraw": standing == "submitted",
        "peers": peer_view(project, enrollment),
        "judgements": portfolio_view(project, enrollment),
        "benchmarks": benchmark_view(project, enrollment),
        "can_report": current is not None and enrollment.status == Enrollment.Status.ACTIVE,
        "presentations": [
            {"presentation": row, "standing": row.standing(at=now)} for row in presentations_view(project, enrollment)
        ],
        "steps": steps(current, enrollment, at=now),
        "credit": credit_view(enrollment, project),
    }
    return render(request, "assessments/project.html", context, status=422 if failed else 200)


def _standing(project: Project, enrollment: Enrollment, current: Submission | None, *, at: datetime) -> str:
    """How the project stands. An attempt that passed elsewhere may be half of what counts for this one."""
    if has_passed(project, enrollment):
        return "passed"
    standing = current.standing(at=at) if current else ""
    return "" if standing == "passed" else standing


def _row(standing: ProjectStanding, here: str, written: Mapping[UUID, datetime]) -> dict[str, Any]:
    project = standing.project
    return {
        "url": f"{here}{project.pk}/",
        "title": project.title,
        "place": project.module.code if project.module else "",
        "kind": project.get_kind_display(),
        "hours": project.hours,
        "status": standing.status,
        "since": standing.since,
        "attempts": standing.attempts,
        "is_asked": standing.is_asked,
        "draft_saved_at": written.get(project.pk),
    }
