"""What graduates of the demonstration did since: placements that a second person verified or has yet to, check-ins,
salaries, pathways, the directory, and two who offer to mentor.
"""

import random
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.models import Membership, Role
from home.demonstration.records import Enrolled, at_noon
from home.demonstration.story import SEED
from organizations.models import TenantModel
from outcomes.alumni_network.records import AlumniEntry, MentorOffer, Pathway, PathwayRecord
from outcomes.collecting.check_ins import ANSWERS, NUMBERS, TIMELESS
from outcomes.collecting.placement_records import PlacementPolicy, PlacementVerdict, Salary
from outcomes.models import CheckIn, Placement, PlacementStatus

#: Since when two people look, how many of the latest placements wait for the second, and how soon the others did not.
TWO_SINCE, WAITING, VERIFIED_AFTER = timedelta(days=540), 3, timedelta(days=3)
#: Graduates of so long ago were asked by mail.
ASKED = timedelta(days=200)
#: Of a hundred graduates in a job: how many say what they earn, and are in the directory.
TELL_SALARY, LISTED, OFFERS = 55, 30, 2
IN_JOBS = ("1A", "1B", "1C", "1D", "1E")
PATHWAYS = {PlacementStatus.OWN_VENTURE: Pathway.OWN_COMPANY, PlacementStatus.SCHOOL_IN_FIELD: Pathway.ACADEMIC}


def verified_by_two(placements: Iterable[Placement], *, by: Membership, until: date) -> Iterator[TenantModel]:
    """The placements, those of the last months for two people; the last few wait, and one went back."""
    rows = sorted(placements, key=lambda row: (row.effective_on, str(row.enrollment_id)))
    colleague = Membership.objects.with_role(Role.ADMIN).exclude(pk=by.pk).order_by("name").first()
    since = until - TWO_SINCE
    late = [row for row in rows if row.effective_on > since]
    if colleague is None:
        yield from rows
        return
    yield PlacementPolicy(needs_second=True, recorded_by=colleague, recorded_at=at_noon(since))
    for row in late:
        row.needs_second, row.verified_by = True, None
    yield from rows
    for place, row in enumerate(late[::-1]):
        if place < WAITING:
            continue
        day = min(row.effective_on + VERIFIED_AFTER, until)
        is_right = place != WAITING
        yield PlacementVerdict(
            placement=row,
            is_verified=is_right,
            reason="" if is_right else _("The contract is not signed. Ask for the signed one, or for a payslip."),
            effective_on=day,
            recorded_by=colleague,
            recorded_at=at_noon(day),
        )


def came_of_it(
    enrolled: Sequence[Enrolled], placements: Sequence[Placement], *, by: Membership, now: datetime, until: date
) -> Iterator[TenantModel]:
    """What graduates tell and choose, of those who were placed and of those who were not."""
    graduates = {row.enrollment.pk: row for row in enrolled if row.life.graduated_on}
    latest = {row.enrollment_id: row for row in sorted(placements, key=lambda row: row.effective_on)}
    yield from _check_ins(graduates.values(), latest, until)
    offers = 0
    for pk, placement in latest.items():
        learner = graduates[pk].enrollment.learner
        dice = random.Random(f"{SEED} alumnus {graduates[pk].enrollment.external_id} {learner.name}")
        if placement.status in IN_JOBS and dice.randrange(100) < TELL_SALARY:
            yield Salary(
                enrollment_id=pk, amount=dice.randrange(38_000, 72_000, 500), currency="EUR",
                effective_on=placement.effective_on, recorded_by=by, recorded_at=at_noon(placement.effective_on),
            )  # fmt: skip
        usual = Pathway.RESEARCH if dice.random() < 0.12 else Pathway.INDUSTRY
        yield PathwayRecord(
            member=learner,
            pathway=PATHWAYS.get(PlacementStatus(placement.status), usual),
            effective_on=placement.effective_on,
            recorded_by=learner if dice.random() < 0.6 else by,
            recorded_at=at_noon(placement.effective_on),
        )
        if placement.employer and dice.randrange(100) < LISTED:
            first = "".join(letter for letter in learner.name.split()[0].lower() if letter.isascii())
            yield AlumniEntry(
                member=learner,
                name=learner.name,
                shows_pathway=dice.random() < 0.8,
                employer=placement.employer if dice.random() < 0.8 else "",
                link=f"https://{first}.example/" if dice.random() < 0.4 else "",
                contact=f"{first}@alumni.example" if dice.random() < 0.5 else "",
                changed_at=at_noon(placement.effective_on),
            )
            if offers < OFFERS and not learner.is_mentor:
                offers += 1
                yield MentorOffer(
                    member=learner,
                    note=_("Evenings and Fridays. I would like to help with evaluation.") if offers == 1 else "",
                    offered_at=now - timedelta(days=offers),
                )


def _check_ins(graduates: Iterable[Enrolled], latest: dict[UUID, Placement], until: date) -> Iterator[CheckIn]:
    """Answers of who graduated lately: before staff recorded what they do, and of some nothing is recorded yet."""
    for row in graduates:
        graduated, placement = row.life.graduated_on, latest.get(row.enrollment.pk)
        if graduated is None or graduated < until - ASKED:
            continue
        dice = random.Random(f"{SEED} check-in {row.enrollment.external_id}")
        told_on = placement.effective_on if placement else graduated + timedelta(days=dice.choice((31, 33, 93)))
        number = max((each for each in NUMBERS if graduated + timedelta(days=each) <= told_on), default=None)
        if number is None or told_on > until or dice.random() < 0.3:
            continue
        found = PlacementStatus(placement.status) if placement else PlacementStatus.SEEKING
        situation = found if found in ANSWERS else PlacementStatus.FULL_TIME
        is_timeless = situation in TIMELESS
        yield CheckIn(
            enrollment=row.enrollment,
            number=number,
            situation=situation,
            since=None if is_timeless or placement is None else placement.effective_on,
            employer=placement.employer if placement and not is_timeless else "",
            job_title=placement.job_title if placement and not is_timeless else "",
            note=_("Two more interviews next week.") if placement is None and dice.random() < 0.4 else "",
            answered_at=at_noon(told_on) - timedelta(hours=2),
        )
