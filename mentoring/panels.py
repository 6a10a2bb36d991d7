"""What mentoring shows on a learner's page."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from cohorts import panels
from cohorts.models import Enrollment
from mentoring.models import OneOnOne
from mentoring.series import running_series
from mentoring.series_words import rhythm_words
from mentoring.wording import outcome_of

SHOWN = 5


def _one_on_ones(enrollment: Enrollment, viewer: Membership, now: datetime) -> Mapping[str, Any]:
    """The next 1-on-1s and the last ones, with what the viewer may do to them."""
    series = running_series(enrollment)
    own = OneOnOne.objects.filter(enrollment=enrollment).with_people()
    return {
        "coming": list(own.upcoming(at=now)[:SHOWN]),
        "past": [
            {
                "meeting": one,
                "outcome": outcome_of(one, at=now),
                "may_settle": one.is_unconfirmed(at=now) and (viewer.is_staff or one.mentor.membership_id == viewer.pk),
            }
            for one in own.past(at=now)[:SHOWN]
        ],
        "has_mentor": enrollment.mentor_id is not None,
        "viewer": viewer,
        "may_book": enrollment.mentor_id is not None and enrollment.status == Enrollment.Status.ACTIVE,
        "series": series,
        "rhythm": rhythm_words(series, now=now) if series else "",
    }


panels.register(
    panels.Panel(key="one_on_ones", title=_("1-on-1s"), template="mentoring/panel.html", context=_one_on_ones)
)
