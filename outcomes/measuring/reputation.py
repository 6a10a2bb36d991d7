"""The program's place among others, recorded by hand from a ranking that somebody published."""

from datetime import date

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.models import Membership
from cohorts.pacing import EARLIEST
from organizations.prepared import Prepared
from outcomes.errors import OutcomeError
from outcomes.measuring.cases import Counts
from outcomes.measuring.measures import Measure
from outcomes.models import RankRecord
from outcomes.scopes import Scope

WORST_RANK = 1000


def record_rank(
    *,
    ranking: str,
    rank: int | None,
    effective_on: date,
    on: date,
    by: Membership | None,
    source_url: str = "",
    note: str = "",
) -> RankRecord:
    """Record where a ranking that came out on a day puts the program; None where it does not list it.

    `on` is today. Raises OutcomeError `rank_out_of_range`, `rank_in_the_future` or `rank_too_early`.
    """
    if rank is not None and not 1 <= rank <= WORST_RANK:
        raise OutcomeError("rank_out_of_range", _("Enter a rank from 1 to 1,000, or none if it is not listed."))
    if effective_on > on:
        raise OutcomeError("rank_in_the_future", _("Enter the day on which it came out, not one in the future."))
    if effective_on < EARLIEST:
        raise OutcomeError("rank_too_early", _("Enter a day from 2000 on."))
    return RankRecord.objects.create(
        ranking=ranking,
        rank=rank,
        effective_on=effective_on,
        source_url=source_url,
        note=note,
        recorded_by=by,
    )


def rank_history() -> QuerySet[RankRecord]:
    """All records, the one that counts first."""
    return RankRecord.objects.select_related("recorded_by").order_by("-effective_on", "-recorded_at", "-pk")


_BY = Prepared(lambda on: rank_history().filter(effective_on__lte=on)[:1])


def rank_as_of(on: date) -> RankRecord | None:
    """The latest word by that day."""
    return _BY.first(on=on)


def reputation(key: str, scope: Scope, found: RankRecord | None) -> Measure:
    """The rank, of the organization as a whole: rankings know no cohorts. It counts one ranking, not learners."""
    is_listed = found is not None and found.rank is not None and scope == Scope()
    counts = Counts(numerator=int(is_listed), denominator=int(is_listed), pending=0, excluded=0, unknown=0)
    if found is None or not is_listed:
        return Measure(key=key, counts=counts)
    detail = {"ranking": found.ranking, "on": found.effective_on.isoformat(), "url": found.source_url}
    return Measure(key=key, value=float(found.rank or 0), counts=counts, detail=detail)
