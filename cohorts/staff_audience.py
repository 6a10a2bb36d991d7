"""Whom a message from staff is meant for, asked when it is shown and again when it goes."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cohorts.errors import CohortError
from cohorts.merge_fields import Values, missing_in, values_of, written
from cohorts.models import Enrollment, StaffMessage
from cohorts.roster_query import chosen, read_query
from cohorts.roster_rows import fresh_rows

Status = Enrollment.Status
Audience = StaffMessage.Audience
#: So many are read, filled in and queued in one transaction.
MOST = 5000
#: Whom a message to a whole cohort goes to, unless its author says otherwise.
USUAL = (Status.ENROLLED, Status.ACTIVE, Status.ON_LEAVE)
#: Who left gets no message that was written to a cohort.
LEFT = (Status.WITHDRAWN, Status.DISMISSED, Status.TRANSFERRED)
NAMED = 5


@dataclass(frozen=True, kw_only=True)
class Addressee:
    """Somebody the message is meant for, what its fields become for them, and why they do not get it, if so."""

    enrollment: Enrollment
    values: Values
    reason: str = ""

    @property
    def has_no_address(self) -> bool:
        """They read it inside Gilde alone."""
        return not self.enrollment.learner.user.email


def day_of(message: StaffMessage, now: datetime) -> tuple[date, ZoneInfo]:
    """The organization's day, which its rosters share."""
    return message.organization.today(now), message.organization.zone


def addressees_of(message: StaffMessage, *, now: datetime) -> list[Addressee]:
    """Everyone it is meant for now, by name, with those who do not get it and why.

    Raises CohortError `too_many`. A message to cohorts names those who left since it was planned.
    """
    on, _zone = day_of(message, now)
    people = list(_meant(message, now).select_related("cohort", "learner__user", "mentor")[: MOST + 1])
    if len(people) > MOST:
        words = {"number": len(people) - 1, "most": MOST}
        raise CohortError(
            "too_many", _("More than %(number)s learners are too many for one time. Choose %(most)s at most.") % words
        )
    people.sort(key=lambda one: (one.learner.name.casefold(), one.pk))
    texts = (message.subject, message.text)
    values = values_of([one for one in people if one.status not in LEFT], texts, on=on)
    found = [
        Addressee(enrollment=one, values=values.get(one.pk, {}), reason=_why_not(one, texts, values)) for one in people
    ]
    return _each_person_once(found)


def _meant(message: StaffMessage, now: datetime) -> QuerySet[Enrollment]:
    match message.audience:
        case Audience.COHORTS:
            is_in = Q(status__in=message.statuses)
            if message.planned_at is not None:
                planned_on = message.organization.today(message.planned_at)
                is_in |= Q(status__in=LEFT, status_since__gte=planned_on)
            return Enrollment.objects.filter(is_in, cohort__in=message.addressed.values("cohort"))
        case Audience.MATCHING:
            on, zone = day_of(message, now)
            rows = chosen(fresh_rows(on=on, zone=zone, cohort=message.within), read_query(QueryDict(message.query)))
            return Enrollment.objects.filter(pk__in=rows.order_by().values("enrollment"))
        case _:
            return Enrollment.objects.filter(pk__in=message.chosen)


def _why_not(one: Enrollment, texts: Sequence[str], values: Mapping[UUID, Values]) -> str:
    if one.status in LEFT:
        return _("Left the cohort: %(status)s.") % {"status": one.get_status_display().lower()}
    if one.learner.joined_at is None:
        return _("Has not accepted the invitation, or has no access any more.")
    missing = missing_in(texts, values[one.pk])
    if missing:
        return _("There is nothing to fill in for %(fields)s.") % {"fields": ", ".join(map(written, missing))}
    return ""


def _each_person_once(found: Sequence[Addressee]) -> list[Addressee]:
    """Who is in several cohorts gets it in one: where they are active, else the first."""
    best: dict[UUID, Addressee] = {}
    for one in sorted(found, key=lambda each: each.enrollment.status != Status.ACTIVE):
        if not one.reason:
            best.setdefault(one.enrollment.learner_id, one)
    return [
        replace(one, reason=_("Gets it in %(cohort)s already.") % {"cohort": first.enrollment.cohort.name})
        if not one.reason and (first := best[one.enrollment.learner_id]) is not one
        else one
        for one in found
    ]


def check_complete(message: StaffMessage, people: Collection[Addressee]) -> None:
    """Raises CohortError `nobody_chosen`, or `missing_field` that names fields and learners."""
    texts = (message.subject, message.text)
    missing: dict[str, list[str]] = {}
    for one in people:
        for name in missing_in(texts, one.values) if one.values else ():
            missing.setdefault(name, []).append(one.enrollment.learner.name)
    if missing:
        raise CohortError("missing_field", " ".join(_missing_words(name, names) for name, names in missing.items()))
    if not any(not one.reason for one in people):
        raise CohortError("nobody_chosen", _("It would reach nobody. Choose others, or wait until they have access."))


def _missing_words(field: str, names: Sequence[str]) -> str:
    words = {"field": written(field), "names": ", ".join(names[:NAMED]), "name": field}
    if len(names) > NAMED:
        more = len(names) - NAMED
        words["names"] += " " + ngettext("and %(n)s more", "and %(n)s more", more) % {"n": more}
    said = _("There is nothing to fill in for %(field)s for %(names)s.") % words
    return f"{said} {_('Say what stands there instead, such as {{ %(name)s | your own words }}.') % words}"


def told_of(message: StaffMessage) -> str:
    """To whom it is, in words. No query when the cohorts it is about are there."""
    match message.audience:
        case Audience.COHORTS:
            return ", ".join(one.cohort.name for one in message.addressed.all())
        case Audience.MATCHING if message.within is not None:
            return _("Who matches on the roster of %(cohort)s") % {"cohort": message.within.name}
        case Audience.MATCHING:
            return _("Who matches on the roster")
        case _:
            number = len(message.chosen)
            return ngettext("%(n)s chosen learner", "%(n)s chosen learners", number) % {"n": number}
