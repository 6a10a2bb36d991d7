"""What a learner who goes on in another cohort takes along of their 1-on-1s: all that lies ahead.

What was held stays with the cohort it was held in.
"""

from datetime import datetime

from cohorts import transferring
from cohorts.models import Enrollment
from mentoring.models import OneOnOne
from mentoring.records import ActionItem, Proposal
from mentoring.relief import Relief
from mentoring.series_records import Series


def _take_along(source: Enrollment, target: Enrollment, at: datetime) -> None:
    today = target.cohort.today(at)
    ahead = OneOnOne.objects.filter(enrollment=source, status=OneOnOne.Status.BOOKED, during__startswith__gte=at)
    ahead.update(enrollment=target)
    Series.objects.filter(enrollment=source, stopped_from=None).update(enrollment=target)
    ActionItem.objects.filter(enrollment=source, done_at=None).update(enrollment=target)
    Proposal.objects.filter(enrollment=source, closed_at=None).update(enrollment=target)
    Relief.objects.filter(enrollment=source, last_day__gte=today).update(enrollment=target)


transferring.register(_take_along)
