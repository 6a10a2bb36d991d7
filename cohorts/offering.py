"""The waiting list: who is next, seats that are offered and held for a while, and what becomes of each offer.

An offer holds its seat while it stands: unanswered, not expired, to somebody who still waits. Everything here locks the
cohort first, so that nobody gets a seat that another offer, or another enrollment, has taken meanwhile.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Membership
from cohorts.errors import CohortError
from cohorts.history import free_seats, record_status
from cohorts.models import Cohort, Enrollment, Offer, OfferAnswer, OfferQuerySet, QueueChange
from cohorts.offer_mails import tell_learner, tell_team, tell_withdrawn

Kind = OfferAnswer.Kind
Status = Enrollment.Status
#: Seats are offered before and while the cohort runs.
CLOSED = (Cohort.Status.COMPLETED, Cohort.Status.CANCELLED)


@dataclass(frozen=True, kw_only=True)
class Place:
    """Somebody's place in line, from 1, with the latest offer to them and its answer."""

    number: int
    enrollment: Enrollment
    offer: Offer | None
    answer: OfferAnswer | None
    is_open: bool


def line_of(cohort: Cohort) -> list[Enrollment]:
    """Everyone who waits: in the order that staff gave them last, then by the day since when, then as recorded."""
    waiting = list(
        cohort.enrollments.filter(status=Status.WAITING)
        .select_related("learner__user")
        .order_by("status_since", "created_at", "pk")
    )
    changed = cohort.queue_changes.order_by("-recorded_at", "-pk").first()
    given = {key: place for place, key in enumerate(changed.order)} if changed else {}
    return sorted(waiting, key=lambda one: given.get(str(one.pk), len(given)))


def places_of(cohort: Cohort, *, at: datetime) -> list[Place]:
    """The line with its offers, in four queries."""
    line = line_of(cohort)
    latest: dict[UUID, Offer] = {}
    for offer in cohort.offers.filter(enrollment__in=line).order_by("offered_at", "pk").prefetch_related("answers"):
        latest[offer.enrollment_id] = offer
    return [_place(number, one, latest.get(one.pk), at) for number, one in enumerate(line, start=1)]


def open_offers_of(learner: Membership, *, at: datetime) -> list[Offer]:
    """The seats that are held for the learner, by when they must answer."""
    return list(held_for(learner.pk, at=at).select_related("cohort").order_by("expires_at"))


def held_for(learner: Any, *, at: Any) -> OfferQuerySet:
    """The same, of the learner with that id."""
    return Offer.objects.standing(at).filter(enrollment__learner=learner).exclude(cohort__status__in=CLOSED)


def move_in_line(*, enrollment: Enrollment, to_place: int, reason: str, by: Membership | None) -> QueueChange:
    """Give somebody another place in line, counted from 1; a place past the end is the last.

    Raises CohortError `queue_reason_missing`, `not_waiting`, or `no_such_place` for a place under 1.
    """
    if not reason.strip():
        raise CohortError("queue_reason_missing", _("Enter why: others in line may ask."))
    if to_place < 1:
        raise CohortError("no_such_place", _("The first place is 1. Enter that or a higher number."))
    with transaction.atomic():
        cohort = _locked(enrollment.cohort_id)
        keys = [str(one.pk) for one in line_of(cohort)]
        if str(enrollment.pk) not in keys:
            raise _not_waiting(enrollment)
        before = keys.index(str(enrollment.pk))
        keys.insert(min(to_place, len(keys)) - 1, keys.pop(before))
        return QueueChange.objects.create(
            cohort=cohort,
            enrollment=enrollment,
            from_place=before + 1,
            to_place=keys.index(str(enrollment.pk)) + 1,
            order=keys,
            reason=reason.strip(),
            recorded_by=by,
        )


def offer_seat(*, enrollment: Enrollment, by: Membership | None, at: datetime, reason: str = "") -> Offer:
    """Hold a free seat for somebody who waits, and write to them.

    Raises CohortError `cohort_closed`, `not_waiting`, `offered_already`, `no_free_seat`, or `queue_reason_missing` when
    others before them in line have had no offer yet.
    """
    with transaction.atomic():
        cohort = _locked(enrollment.cohort_id)
        _check_open(cohort)
        places = places_of(cohort, at=at)
        place = next((one for one in places if one.enrollment.pk == enrollment.pk), None)
        if place is None:
            raise _not_waiting(enrollment)
        if place.is_open:
            raise CohortError("offered_already", _("An offer to this learner stands already. Wait for the answer."))
        if free_seats(cohort, at=at) < 1:
            raise CohortError(
                "no_free_seat", _("No seat is free: all are taken or offered. Raise the capacity or withdraw an offer.")
            )
        passed_over = any(one.offer is None for one in places[: place.number - 1])
        if passed_over and not reason.strip():
            raise CohortError(
                "queue_reason_missing", _("Others are before them in line. Enter why they are passed over.")
            )
        return _offer(cohort, place.enrollment, by, at, reason.strip())


def accept_offer(*, offer: Offer, by: Membership | None, at: datetime) -> Enrollment:
    """Take the seat: the learner is enrolled from today on, and active where the cohort runs.

    Raises CohortError `offer_over` when it was answered or withdrawn, has expired, or the cohort is over.
    """
    with transaction.atomic():
        cohort = _locked(offer.cohort_id)
        found = _standing(offer, cohort, at)
        _answer(found, Kind.ACCEPTED, by, at)
        today = cohort.today(at)
        steps = [Status.ENROLLED, *([Status.ACTIVE] if cohort.status == Cohort.Status.RUNNING else [])]
        enrollment: Enrollment = found.enrollment
        for step in steps:
            record_status(enrollment=enrollment, to=step, effective_on=today, by=by, at=at)
    return enrollment


def decline_offer(*, offer: Offer, by: Membership | None, at: datetime, note: str = "") -> None:
    """Give the seat back; the learner stays in line, and the next one is offered it where the cohort does so by itself.

    Raises CohortError `offer_over` as `accept_offer` does.
    """
    with transaction.atomic():
        cohort = _locked(offer.cohort_id)
        _answer(_standing(offer, cohort, at), Kind.DECLINED, by, at, note)
        _offer_on(cohort, at)


def withdraw_offer(*, offer: Offer, by: Membership | None, at: datetime, note: str) -> None:
    """Take back an offer that stands, and tell the learner if they heard of it. Nobody else is offered the seat.

    Raises CohortError `queue_reason_missing`, or `offer_over` as `accept_offer` does.
    """
    if not note.strip():
        raise CohortError("queue_reason_missing", _("Enter why: the learner reads it."))
    with transaction.atomic():
        cohort = _locked(offer.cohort_id)
        found = _standing(offer, cohort, at)
        _answer(found, Kind.WITHDRAWN, by, at, note)
        tell_withdrawn(found, at=at)


def settle_offers(*, cohort: Cohort, at: datetime) -> tuple[int, int]:
    """Record which offers have expired, and offer what is free where the cohort does so by itself; how many of each."""
    with transaction.atomic():
        cohort = _locked(cohort.pk)
        lapsed = cohort.offers.unanswered().filter(expires_at__lte=at).select_related("enrollment__learner", "cohort")
        expired = [_answer(offer, Kind.EXPIRED, None, at) for offer in lapsed.order_by("expires_at", "pk")]
        return len(expired), len(_offer_on(cohort, at))


# -- one offer ---------------------------------------------------------------------------------------------------------


def _offer_on(cohort: Cohort, at: datetime) -> list[Offer]:
    """Offer free seats along the line to those who were offered none yet."""
    if not cohort.offers_itself or cohort.status in CLOSED:
        return []
    asked = [place.enrollment for place in places_of(cohort, at=at) if place.offer is None]
    free = free_seats(cohort, at=at)
    return [_offer(cohort, one, None, at, "") for number, one in enumerate(asked) if number < free]


def _offer(cohort: Cohort, enrollment: Enrollment, by: Membership | None, at: datetime, reason: str) -> Offer:
    made = Offer.objects.create(
        cohort=cohort,
        enrollment=enrollment,
        offered_at=at,
        expires_at=at + timedelta(days=cohort.offer_days),
        reason=reason,
        offered_by=by,
    )
    tell_learner(made)
    return made


def _answer(offer: Offer, kind: str, by: Membership | None, at: datetime, note: str = "") -> OfferAnswer:
    made = OfferAnswer.objects.create(offer=offer, kind=kind, note=note.strip(), recorded_by=by, recorded_at=at)
    if kind != Kind.WITHDRAWN:
        tell_team(offer, kind=kind, at=at)
    return made


def _standing(offer: Offer, cohort: Cohort, at: datetime) -> Offer:
    found = Offer.objects.standing(at).filter(pk=offer.pk).select_related("enrollment__learner__user", "cohort").first()
    if found is None or cohort.status in CLOSED:
        raise CohortError("offer_over", _("This offer does not stand any more. Nothing was changed."))
    return found


def _place(number: int, enrollment: Enrollment, offer: Offer | None, at: datetime) -> Place:
    answers: Iterable[OfferAnswer] = offer.answers.all() if offer else ()
    answer = next(iter(answers), None)
    is_open = offer is not None and answer is None and offer.expires_at > at
    return Place(number=number, enrollment=enrollment, offer=offer, answer=answer, is_open=is_open)


def _check_open(cohort: Cohort) -> None:
    if cohort.status in CLOSED:
        raise CohortError(
            "cohort_closed",
            _("%(cohort)s is %(status)s. Choose a cohort that is planned, enrolling or running.")
            % {"cohort": cohort.name, "status": cohort.get_status_display().lower()},
        )


def _not_waiting(enrollment: Enrollment) -> CohortError:
    return CohortError("not_waiting", _("%(name)s does not wait any more.") % {"name": enrollment.learner.name})


def _locked(pk: UUID) -> Cohort:
    return Cohort.objects.select_for_update(no_key=True).get(pk=pk)
