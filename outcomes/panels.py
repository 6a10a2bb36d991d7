"""What a learner's page shows of their placement."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from cohorts import panels
from cohorts.models import Enrollment
from outcomes.alumni_network.directory import pathways_of
from outcomes.collecting.verifying import with_verdicts
from outcomes.models import Placement


def _placement(enrollment: Enrollment, viewer: Membership, now: datetime) -> Mapping[str, Any] | None:
    """For staff, of graduates: the latest situation."""
    if not viewer.is_staff or enrollment.status != Enrollment.Status.GRADUATED:
        return None
    rows = with_verdicts(Placement.objects.filter(enrollment=enrollment))
    latest = rows.order_by("-effective_on", "-recorded_at", "-pk").first()
    return {"latest": latest, "pathway": pathways_of(enrollment.learner).first()}


panels.register(panels.Panel(key="placement", title=_("Placement"), template="outcomes/panel.html", context=_placement))
