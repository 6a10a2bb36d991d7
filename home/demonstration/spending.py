"""What the demonstration's later cohorts have cost so far, and who works for them."""

import random
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal

from accounts.models import Membership
from cohorts.models import Cohort, TeamMember
from home.demonstration.records import at_noon
from home.demonstration.story import SEED
from organizations.models import TenantModel
from outcomes.resourcing.records import Cost, Staffing, StaffRole

QUARTER = timedelta(days=91)
#: Older cohorts ran before anybody wrote costs down.
WRITTEN_DOWN = timedelta(days=365 * 5)
LONGEST = timedelta(days=365 * 3)
#: What is bought before a cohort starts, and what a quarter takes: kind, amount for twenty people, note.
BOUGHT = (
    (Cost.Kind.HARDWARE, 38_000, "8 × A100, second hand"),
    (Cost.Kind.SOFTWARE, 9_000, "Jupyter Hub, set up"),
)
EACH_QUARTER = (
    (Cost.Kind.STAFF, 31_000, ""),
    (Cost.Kind.CREDITS, 8_500, ""),
    (Cost.Kind.SOFTWARE, 1_600, ""),
)
FULL_TIME = {StaffRole.INSTRUCTOR: "1.8", StaffRole.ASSISTANT: "4", StaffRole.MENTOR: "0.6"}


def spend(
    cohorts: Sequence[tuple[Cohort, int]], *, teachers: Sequence[Membership], by: Membership, until: date
) -> Iterator[TenantModel]:
    """Of each cohort and how many its roster holds; in the latest one an amount was taken back."""
    told = [(cohort, size) for cohort, size in cohorts if size and until - WRITTEN_DOWN < cohort.starts_on <= until]
    for cohort, size in told:
        dice = random.Random(f"{SEED} costs {cohort.slug}")
        scale = size / 20 * dice.uniform(0.75, 1.3)
        ahead = cohort.starts_on - timedelta(days=21)
        for kind, amount, note in BOUGHT:
            yield _cost(cohort, kind, amount * scale, ahead, by, is_once=True, note=note)
        paid_on = cohort.starts_on + QUARTER
        while paid_on <= min(until, cohort.starts_on + LONGEST):
            for kind, amount, note in EACH_QUARTER:
                yield _cost(cohort, kind, amount * scale * dice.uniform(0.85, 1.15), paid_on, by, note=note)
            paid_on += QUARTER
        for number, member in enumerate(teachers[:5]):
            role = TeamMember.Role.INSTRUCTOR if number < 2 else TeamMember.Role.ASSISTANT
            yield TeamMember(cohort=cohort, member=member, role=role, starts_on=cohort.starts_on)
        for counted, fte in FULL_TIME.items():
            yield Staffing(
                cohort=cohort, role=counted, fte=Decimal(fte), effective_on=cohort.starts_on, recorded_by=by,
                recorded_at=at_noon(cohort.starts_on),
            )  # fmt: skip
    if told:
        wrong = _cost(told[-1][0], Cost.Kind.ROOMS, 12_400, until - timedelta(days=9), by, note="Open day, typed twice")
        yield wrong
        yield Cost(
            cohort=wrong.cohort, kind=wrong.kind, amount=-wrong.amount, currency=wrong.currency, takes_back=wrong,
            effective_on=wrong.effective_on, recorded_by=by, recorded_at=at_noon(until - timedelta(days=2)),
        )  # fmt: skip


def _cost(
    cohort: Cohort, kind: str, amount: float, on: date, by: Membership, *, is_once: bool = False, note: str = ""
) -> Cost:
    return Cost(
        cohort=cohort,
        kind=kind,
        amount=Decimal(round(amount, -1)),
        currency="USD",
        is_once=is_once,
        effective_on=on,
        note=note,
        recorded_by=by,
        recorded_at=at_noon(on + timedelta(days=1)),
    )
