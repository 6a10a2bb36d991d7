"""What 1-on-1s take of people's time, for whoever else plans it."""

from typing import Any

from django.db.models import Case, F, Q, QuerySet, When

from cohorts.engagements import Engagement, EpochSeconds, register
from mentoring.models import OneOnOne
from organizations.prepared import among

ONE_ON_ONES = "one_on_ones"


def _find(people: Any, span: Any) -> "QuerySet[Any]":
    """A row for each meeting: of the two, the one who was asked about; of both, the mentor is named."""
    theirs = Q(among("mentor_person", people)) | Q(among("learner_person", people))
    return (
        OneOnOne.objects.standing()
        .filter(theirs, during__overlap=span)
        .annotate(
            engaged=Case(When(among("mentor_person", people), then=F("mentor_person")), default=F("learner_person")),
            first=EpochSeconds("during__startswith", function="floor"),
            last=EpochSeconds("during__endswith", function="ceil"),
        )
    )


register(Engagement(key=ONE_ON_ONES, find=_find))
