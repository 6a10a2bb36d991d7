"""A second person for placements, where the organization wants one: what is recorded counts once its evidence was
verified by somebody else.
"""

from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership, Role
from outcomes.collecting.placement_records import PlacementPolicy, PlacementVerdict
from outcomes.errors import OutcomeError
from outcomes.models import Placement


def policies() -> QuerySet[PlacementPolicy]:
    """What was chosen, the choice in force first."""
    return PlacementPolicy.objects.select_related("recorded_by").order_by("-recorded_at", "-pk")


def needs_second() -> bool:
    """Whether what is recorded now needs a second person; one query."""
    return bool(policies().values_list("needs_second", flat=True).first())


def choose_policy(*, needs_second: bool, by: Membership) -> None:
    """From now on; what was recorded before stays as it is. Choosing what holds already is no change."""
    last = policies().first()
    if needs_second != bool(last and last.needs_second):
        PlacementPolicy.objects.create(needs_second=needs_second, recorded_by=by)


def verifiers() -> int:
    """How many people could verify: one alone never can."""
    return Membership.objects.joined().filter(roles__overlap=[Role.STAFF, Role.ADMIN]).count()


def with_verdicts(placements: QuerySet[Placement]) -> QuerySet[Placement]:
    """With who recorded and who verified, for `placement.verdict`."""
    verdicts = Prefetch("verdicts", PlacementVerdict.objects.select_related("recorded_by"))
    return placements.select_related("recorded_by").prefetch_related(verdicts)


def to_verify() -> QuerySet[Placement]:
    """What waits for a second person, the longest waiting first; not what a later record of that day corrected."""
    verdicts = PlacementVerdict.objects.filter(placement=OuterRef("pk"))
    return _standing(Placement.objects.filter(~Exists(verdicts), needs_second=True)).order_by("recorded_at", "pk")


def sent_back() -> QuerySet[Placement]:
    """What went back and was not recorded again since, the longest waiting first."""
    back = PlacementVerdict.objects.filter(placement=OuterRef("pk"), is_verified=False)
    again = Placement.objects.filter(
        enrollment=OuterRef("enrollment"), recorded_at__gte=OuterRef("verdicts__recorded_at")
    )
    found = Placement.objects.filter(Exists(back), ~Exists(again), needs_second=True, enrollment__void_since=None)
    return found.order_by("recorded_at", "pk")


def _standing(placements: QuerySet[Placement]) -> QuerySet[Placement]:
    """Those that no later record of the same day corrects, other than one that went back itself."""
    back = PlacementVerdict.objects.filter(placement=OuterRef("pk"), is_verified=False)
    later = Placement.objects.filter(
        Q(recorded_at__gt=OuterRef("recorded_at")) | Q(recorded_at=OuterRef("recorded_at"), pk__gt=OuterRef("pk")),
        ~Exists(back),
        enrollment=OuterRef("enrollment"),
        effective_on=OuterRef("effective_on"),
    )
    return placements.filter(~Exists(later), enrollment__void_since=None)


def decide_placement(
    *, placement: Placement, is_verified: bool, by: Membership, on: date, at: datetime, reason: str = ""
) -> PlacementVerdict:
    """Say that the evidence is right, or send the record back; it counts from `on` on, today.

    Raises OutcomeError `needs_no_second`, `own_record`, `own_placement`, `reason_missing` or `decided_already`.
    """
    if not placement.needs_second:
        raise OutcomeError("needs_no_second", _("This placement was recorded when no second person was asked for."))
    if placement.recorded_by_id == by.pk:
        raise OutcomeError("own_record", _("You recorded this. Somebody else has to verify it."))
    if placement.enrollment.learner_id == by.pk:
        raise OutcomeError("own_placement", _("This is your own placement. Somebody else has to verify it."))
    if not (is_verified or reason.strip()):
        raise OutcomeError("reason_missing", _("Say what is missing, so that it can be recorded again."))
    try:
        with transaction.atomic():
            return PlacementVerdict.objects.create(
                placement=placement,
                is_verified=is_verified,
                reason="" if is_verified else reason.strip(),
                effective_on=on,
                recorded_by=by,
                recorded_at=at,
            )
    except IntegrityError as error:
        raise OutcomeError("decided_already", _("Somebody has decided on this already.")) from error
