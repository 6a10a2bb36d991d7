"""How graduates fare 30, 90 and 180 days on: asked by a link that needs no password, answered in their own words."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.core import signing
from django.db import transaction
from django.db.models import Case, DateTimeField, Exists, F, IntegerField, OuterRef, Q, QuerySet, Value, When
from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _

from cohorts.models import Enrollment
from cohorts.pacing import EARLIEST
from organizations.models import Organization
from organizations.scope import required_organization_id
from outcomes.collecting.placement_records import Salary
from outcomes.collecting.placing import graduation_of
from outcomes.collecting.salaries import check_salary
from outcomes.errors import OutcomeError
from outcomes.models import CheckIn, Placement, PlacementStatus

SALT = "outcomes.check_in"
#: A link can be answered for so long.
LINK_LASTS = timedelta(days=90)
#: Days after graduating on which a graduate is asked.
NUMBERS = (30, 90, 180)
#: Staff are told of who has not answered from so many days after they were asked on, for a year.
PATIENCE, FOLLOWED = timedelta(days=7), timedelta(days=365)
#: The situations that a graduate can tell of, in their words; what the school offered, staff know.
ANSWERS = {
    PlacementStatus.FULL_TIME: _("I work full-time in this field"),
    PlacementStatus.CONTRACT: _("I do an apprenticeship, an internship or contract work in this field"),
    PlacementStatus.PART_TIME: _("I work part-time or freelance in this field"),
    PlacementStatus.OWN_VENTURE: _("I run my own company in this field"),
    PlacementStatus.OUT_OF_FIELD: _("I work in another field"),
    PlacementStatus.SEEKING: _("I am looking for a job"),
    PlacementStatus.NOT_SEEKING: _("I am not looking for a job"),
}
#: The situations with an employer to name, and those without a beginning to ask for.
AT_AN_EMPLOYER = (PlacementStatus.FULL_TIME, PlacementStatus.CONTRACT, PlacementStatus.OUT_OF_FIELD)
TIMELESS = (PlacementStatus.SEEKING, PlacementStatus.NOT_SEEKING)


@dataclass(frozen=True)
class Asked:
    """What a link asks: whom, and which check-in."""

    organization: Organization
    enrollment_id: UUID
    number: int


def token_of(enrollment: Enrollment, number: int) -> str:
    """For the link: it names the graduate and the check-in, and can be neither guessed nor changed."""
    return signing.dumps([required_organization_id().hex, enrollment.pk.hex, number], salt=SALT)


def read_token(token: str) -> Asked | None:
    """What the link asks; None when it is not one of ours, is older than `LINK_LASTS` or its organization is gone."""
    try:
        organization_id, enrollment_id, number = signing.loads(token, salt=SALT, max_age=LINK_LASTS)
    except signing.BadSignature:
        return None
    organization = Organization.objects.filter(pk=organization_id).first()
    return Asked(organization, UUID(enrollment_id), number) if organization else None


def graduate_of(asked: Asked) -> Enrollment | None:
    """The graduate, of the organization in scope; None when the graduation was taken back since."""
    found = Enrollment.objects.select_related("learner__user", "cohort").filter(pk=asked.enrollment_id).first()
    return found if found and graduation_of(found) else None


def answer_check_in(
    *,
    enrollment: Enrollment,
    number: int,
    situation: str,
    at: datetime,
    on: date,
    since: date | None = None,
    employer: str = "",
    job_title: str = "",
    note: str = "",
    salary: int | None = None,
    currency: str = "",
) -> CheckIn:
    """Record what a graduate says; `on` is the day it is for them, `salary` the gross base of a year.

    Raises OutcomeError `employer_missing`, `since_missing`, `since_in_the_future`, `since_too_early`,
    `salary_without_job` or `salary_out_of_range`.
    """
    if situation in AT_AN_EMPLOYER and not (employer and job_title):
        raise OutcomeError("employer_missing", say("Name your employer and your role."))
    if situation not in TIMELESS and since is None:
        raise OutcomeError("since_missing", say("Say since when."))
    if since and since > on:
        raise OutcomeError("since_in_the_future", say("Enter a day that is not in the future."))
    if since and since < EARLIEST:
        raise OutcomeError("since_too_early", say("Enter a day from 2000 on."))
    check_salary(amount=salary, status=situation)
    with transaction.atomic():
        if salary is not None and since:
            first_day = max(since, graduation_of(enrollment) or since)
            Salary.objects.create(enrollment=enrollment, amount=salary, currency=currency, effective_on=first_day)
        return CheckIn.objects.create(
            enrollment=enrollment,
            number=number,
            situation=situation,
            since=None if situation in TIMELESS else since,
            employer=employer,
            job_title=job_title,
            note=note,
            answered_at=at,
        )


def latest_answer(enrollment: Enrollment, number: int) -> CheckIn | None:
    return CheckIn.objects.filter(enrollment=enrollment, number=number).order_by("-answered_at", "-pk").first()


def waiting_check_ins() -> QuerySet[CheckIn]:
    """The last answer of each graduate of whom nothing was recorded since, the longest waiting first."""
    recorded = Placement.objects.filter(enrollment=OuterRef("enrollment"), recorded_at__gte=OuterRef("answered_at"))
    later = CheckIn.objects.filter(enrollment=OuterRef("enrollment"), answered_at__gt=OuterRef("answered_at"))
    answers = CheckIn.objects.filter(~Exists(recorded), ~Exists(later))
    return answers.select_related("enrollment__learner", "enrollment__cohort").order_by("answered_at", "pk")


def unanswered_check_ins(*, on: date) -> QuerySet[Enrollment]:
    """Graduates of the last year who did not answer the last check-in due to them, with its `number`.

    Whoever something was recorded of since it was due needs no call.
    """
    due = [(days, Q(status_since__lte=on - PATIENCE - timedelta(days=days))) for days in NUMBERS[::-1]]
    asked_at = [When(is_due, then=F("status_since") + timedelta(days=days)) for days, is_due in due]
    graduates = Enrollment.objects.filter(
        due[-1][1], status=Enrollment.Status.GRADUATED, status_since__gt=on - FOLLOWED
    ).annotate(
        number=Case(*(When(is_due, then=Value(days)) for days, is_due in due), output_field=IntegerField()),
        asked_at=Case(*asked_at, output_field=DateTimeField()),
    )
    answered = CheckIn.objects.filter(enrollment=OuterRef("pk"), number__gte=OuterRef("number"))
    recorded = Placement.objects.filter(enrollment=OuterRef("pk"), recorded_at__gte=OuterRef("asked_at"))
    return (
        graduates.filter(~Exists(answered), ~Exists(recorded))
        .select_related("learner", "cohort")
        .order_by("status_since", "pk")
    )
