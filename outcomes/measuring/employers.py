"""The organization's dated list of employers that count as the ones to be hired by, and who of the placed is there."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date

import numpy as np
from django.db.models import Count
from django.utils.translation import gettext as _

from accounts.models import Membership
from accounts.search import fold
from cohorts.pacing import EARLIEST, LATEST
from organizations.prepared import Prepared
from outcomes.errors import OutcomeError
from outcomes.measuring.cases import COUNTED, Reason, Rule, Standing, Standings
from outcomes.measuring.measures import Measure, share
from outcomes.measuring.placement import IN_FIELD, NOTHING, WINDOW, Careers, placed_after
from outcomes.models import ListedEmployer, Placement

SUGGESTED = 12


class EmployerList:
    """Who is listed on a day, found by any of their names; letters' size, accents and punctuation don't matter."""

    def __init__(self, listed: Iterable[ListedEmployer]) -> None:
        self.employers = sorted(listed, key=lambda employer: (employer.tier.casefold(), employer.word))
        self._by_word = {word: employer for employer in self.employers for word in words_of(employer)}

    def find(self, name: str) -> ListedEmployer | None:
        return self._by_word.get(fold(name))


def words_of(employer: ListedEmployer) -> list[str]:
    """Every name of it, folded."""
    return [employer.word, *map(fold, employer.also_known_as)]


def employers_as_of(on: date) -> EmployerList:
    """The list in force on a day. One query."""
    return EmployerList(row for row in _LATEST.rows(on=on) if row.is_listed)


_LATEST = Prepared(
    lambda on: (
        ListedEmployer.objects.filter(effective_on__lte=on)
        .order_by("word", "-effective_on", "-recorded_at", "-pk")
        .distinct("word")
    )
)


def list_employer(
    *,
    name: str,
    effective_on: date,
    by: Membership | None,
    tier: str = "",
    also_known_as: Sequence[str] = (),
) -> ListedEmployer:
    """Put an employer on the list from a day on, or change its tier and other names.

    Raises OutcomeError `employer_name` for a name without a letter or digit, `employer_day` for a day before 2000 or
    after 2099, and `employer_taken` when one of the names is another listed employer's on that day.
    """
    if not EARLIEST <= effective_on <= LATEST:
        raise OutcomeError("employer_day", _("Enter a day from 2000 to 2099."))
    names = [name, *also_known_as]
    if not all(map(fold, names)):
        raise OutcomeError("employer_name", _("Each name needs at least one letter or digit."))
    listed = employers_as_of(effective_on)
    for each in names:
        found = listed.find(each)
        if found and found.word != fold(name):
            raise OutcomeError(
                "employer_taken",
                _("%(name)s is on the list already, as %(listed)s.") % {"name": each, "listed": found.name},
            )
    return ListedEmployer.objects.create(
        name=name,
        word=fold(name),
        also_known_as=list(also_known_as),
        tier=tier,
        effective_on=effective_on,
        recorded_by=by,
    )


def remove_employer(*, employer: ListedEmployer, effective_on: date, by: Membership | None) -> ListedEmployer:
    """Take an employer off the list from a day on; before it, it stays listed."""
    return ListedEmployer.objects.create(
        name=employer.name,
        word=employer.word,
        also_known_as=employer.also_known_as,
        tier=employer.tier,
        is_listed=False,
        effective_on=effective_on,
        recorded_by=by,
    )


def unlisted_employers(listed: EmployerList) -> list[tuple[str, int]]:
    """Employers of graduates in relevant roles that are not on the list, and of how many records; the first ones."""
    placed = Placement.objects.filter(status__in=IN_FIELD, is_relevant=True).exclude(employer="")
    names = placed.values_list("employer").annotate(number=Count("pk")).order_by("-number", "employer")
    return [(name, number) for name, number in names if fold(name) and not listed.find(name)][:SUGGESTED]


def top_employers(key: str, graduates: Standings, careers: Careers, listed: EmployerList) -> Measure:
    """Of the graduates who count as placed, those whose employer is on the list."""
    roster = graduates.roster
    placed = placed_after(WINDOW, graduates, careers)
    is_placed = placed.are(Standing.MET)
    employers = careers.employers_of(np.where(is_placed, careers.latest(by=roster.since + WINDOW), NOTHING))
    listed_as = {name: listed.find(name) for name in set(employers) if name}
    found = [listed_as.get(name) for name in employers]
    is_listed = np.array([employer is not None for employer in found], dtype=bool)
    standings = Standings(
        roster,
        Rule(is_placed & (not listed.employers), Standing.EXCLUDED, Reason.NO_EMPLOYER_LIST, placed.since),
        Rule(is_placed & is_listed, Standing.MET, Reason.LISTED_EMPLOYER, placed.since),
        Rule(is_placed, Standing.MISSED, Reason.OTHER_EMPLOYER, placed.since),
        Rule(placed.are(*COUNTED), Standing.EXCLUDED, Reason.NOT_PLACED, placed.since),
        *placed.rules,
    )
    tiers = Counter(employer.tier for employer in found if employer)
    return share(key, standings, detail={"tiers": sorted(tiers.items())}, about=employers)
