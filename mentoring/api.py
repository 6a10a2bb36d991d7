"""A learner's free times and bookings as JSON; docs/api.md shows each address."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django.utils import timezone
from rest_framework import serializers
from rest_framework.response import Response

from accounts.api import ApiRequest, answers
from accounts.gates import requires
from accounts.models import Role
from cohorts.api import own_enrollment
from mentoring import booking
from mentoring.calendars import horizon
from mentoring.errors import MentoringError
from mentoring.forms import NOTE_LENGTH
from mentoring.models import Mentor, OneOnOne
from organizations.api import Body, Day, Instant, Text, read

DAYS_SHOWN = 14

# -- what is written out -----------------------------------------------------------------------------------------------


class MentorRow(serializers.Serializer[Mentor]):
    name = serializers.CharField(source="membership.name")
    time_zone = serializers.CharField()
    minutes = serializers.IntegerField(source="duration")


class OneOnOneRow(serializers.Serializer[OneOnOne]):
    id = serializers.UUIDField()
    status = serializers.CharField()
    start = Instant(source="starts_at")
    end = Instant(source="ends_at")
    mentor = serializers.CharField(source="mentor.membership.name")
    video_link = serializers.CharField(source="mentor.video_link")
    agenda = serializers.CharField()


# -- what is read ------------------------------------------------------------------------------------------------------


class SlotsQuery(Body):
    """Days on the viewer's clock, both included."""

    since = Day(required=False)
    until = Day(required=False)


class BookingBody(Body):
    start = Instant()
    agenda = Text(required=False, allow_blank=True, max_length=NOTE_LENGTH, default="")


# -- addresses ---------------------------------------------------------------------------------------------------------


@answers("GET")
@requires(Role.LEARNER)
def slots(request: ApiRequest, organization: str) -> Response:
    """Free times of the learner's mentor, or in `refusal` why there can be none."""
    enrollment, now = own_enrollment(request), timezone.now()
    query = SlotsQuery(data=request.GET.dict())
    query.is_valid(raise_exception=True)
    try:
        mentor = booking.mentor_for(enrollment)
        if error := booking.why_not(mentor=mentor.membership, enrollment=enrollment):
            raise error
    except MentoringError as error:
        return Response({"mentor": None, "slots": [], "refusal": {"code": error.code, "detail": str(error)}})
    start, end = _span(query.validated_data, now=now, last=horizon(mentor, now=now))
    free = booking.open_slots(mentor=mentor, enrollment=enrollment, start=start, end=end, now=now)
    instant = Instant()
    starts = [instant.to_representation(slot) for slot in free]
    return Response({"mentor": MentorRow(mentor).data, "slots": starts, "refusal": None})


@answers("POST")
@requires(Role.LEARNER)
def book(request: ApiRequest, organization: str) -> Response:
    enrollment = own_enrollment(request)
    made = booking.book(
        mentor=booking.mentor_for(enrollment),
        enrollment=enrollment,
        by=request.membership,
        now=timezone.now(),
        **read(request, BookingBody),
    )
    return Response(OneOnOneRow(made).data, status=201)


def _span(query: dict[str, Any], *, now: datetime, last: datetime) -> tuple[datetime, datetime]:
    """From now or the first day asked for, two weeks or to the last day asked for, and never past `last`."""
    today, horizon_day = timezone.localdate(now), timezone.localdate(last)
    first = min(max(query.get("since", today), today), horizon_day)
    until = min(max(query.get("until", first + timedelta(days=DAYS_SHOWN - 1)), today), horizon_day)
    return max(now, _midnight(first)), _midnight(until + timedelta(days=1))


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))
