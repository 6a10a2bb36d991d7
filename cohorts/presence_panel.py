"""What a learner's page shows of their attendance, their group and their partner."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from cohorts import panels
from cohorts.groups import group_on
from cohorts.models import Enrollment
from cohorts.pairs import partners_of
from cohorts.presence import recent, tallies_of

SHOWN = 8


def _presence(enrollment: Enrollment, viewer: Membership, now: datetime) -> Mapping[str, Any] | None:
    """Nothing where there is neither a gathering nor a group nor a partner."""
    day = enrollment.cohort.today(now)
    taken = [one for one in recent(enrollment.cohort, [enrollment.pk], now=now) if one.marks]
    group, people = group_on(enrollment, on=day)
    mates = [one for one in people if one.pk != enrollment.pk]
    paired = partners_of(enrollment, on=day)
    if not (taken or mates or paired):
        return None
    return {
        "tally": tallies_of(taken).get(enrollment.pk),
        "last": [(one.occurrence, one.marks[enrollment.pk], one.is_taken) for one in reversed(taken)][:SHOWN],
        "group": group if mates else None,
        "mates": mates,
        "round": paired[0] if paired else None,
        "partners": paired[1] if paired else [],
    }


panels.register(
    panels.Panel(key="presence", title=_("Presence"), template="cohorts/_presence_panel.html", context=_presence)
)
