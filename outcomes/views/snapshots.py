"""The snapshots behind the trends: which days are kept, and taking those that are due."""

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.gates import requires
from accounts.middleware import MemberRequest
from accounts.models import Role
from outcomes.keeping.lateness import kept_days
from outcomes.keeping.snapshot_runs import ask_for_snapshots, days_due, latest_runs
from outcomes.models import DEFINITION_VERSION
from outcomes.tasks import carry_out_snapshot_run
from outcomes.views.shared import today_of

RUNS_SHOWN = 10


@requires(Role.STAFF)
@require_safe
def snapshots(request: MemberRequest, organization: str) -> HttpResponse:
    runs = list(latest_runs()[:RUNS_SHOWN])
    context = {"runs": runs, "is_running": any(run.finished_at is None for run in runs)}
    if request.htmx:
        return render(request, "outcomes/_snapshot_runs.html", context)
    kept = kept_days()
    context |= {
        "days": len(kept),
        "first_on": min(kept, default=None),
        "last_on": max(kept, default=None),
        "due": len(days_due(today_of(request))),
        "version": DEFINITION_VERSION,
    }
    return render(request, "outcomes/snapshots.html", context)


@requires(Role.ADMIN)
@require_POST
def take(request: MemberRequest, organization: str) -> HttpResponse:
    run = ask_for_snapshots(by=request.membership, today=today_of(request), at=timezone.now())
    if run is None:
        messages.info(request, _("Every day is up to date."))
    else:
        pks = str(request.organization.pk), str(run.pk)
        transaction.on_commit(lambda: carry_out_snapshot_run.delay(*pks))
    return redirect("outcomes:snapshots", organization)
