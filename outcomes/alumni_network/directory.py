"""The alumni: who graduated here, where they went, and the directory of those who want to be found."""

from collections import Counter
from datetime import date, datetime

from django.db.models import Case, CharField, Exists, OuterRef, Q, QuerySet, Subquery, Value, When
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from cohorts.models import Enrollment
from cohorts.pacing import EARLIEST
from outcomes.alumni_network.records import AlumniEntry, Pathway, PathwayRecord
from outcomes.errors import OutcomeError


def graduated(member: Membership) -> Enrollment | None:
    """The latest enrollment from which a member graduated; None for who did not, or whose graduation was taken back."""
    found = Enrollment.objects.filter(learner=member, status=Enrollment.Status.GRADUATED).select_related("cohort")
    return found.order_by("-status_since", "-created_at").first()


def check_graduated(member: Membership) -> None:
    """Raises OutcomeError `not_a_graduate`."""
    if graduated(member) is None:
        raise OutcomeError("not_a_graduate", _("This is for graduates. Staff record the graduation first."))


def record_pathway(*, member: Membership, pathway: str, effective_on: date, on: date, by: Membership) -> PathwayRecord:
    """Record where a graduate went, from a day on; `on` is today. A correction is another record of that day.

    Raises OutcomeError `not_a_graduate`, `pathway_in_the_future` or `pathway_too_early`.
    """
    check_graduated(member)
    if effective_on > on:
        raise OutcomeError("pathway_in_the_future", _("Enter a day that is not in the future."))
    if effective_on < EARLIEST:
        raise OutcomeError("pathway_too_early", _("Enter a day from 2000 on."))
    return PathwayRecord.objects.create(member=member, pathway=pathway, effective_on=effective_on, recorded_by=by)


def pathways_of(member: Membership) -> QuerySet[PathwayRecord]:
    """The one that counts first."""
    found = PathwayRecord.objects.filter(member=member).select_related("recorded_by")
    return found.order_by("-effective_on", "-recorded_at", "-pk")


def pathways_as_of(on: date) -> list[tuple[str, int]]:
    """How many graduates of today went where by that day, in the order of `Pathway`; one query."""
    rows = PathwayRecord.objects.filter(Exists(_graduations()), effective_on__lte=on)
    latest = rows.order_by("member", "-effective_on", "-recorded_at", "-pk").distinct("member")
    numbers = Counter(latest.values_list("pathway", flat=True))
    return [(str(each.label), numbers[each.value]) for each in Pathway if numbers[each.value]]


def list_alumnus(
    *,
    member: Membership,
    name: str,
    at: datetime,
    shows_pathway: bool = False,
    employer: str = "",
    link: str = "",
    contact: str = "",
) -> AlumniEntry:
    """Show a graduate in the directory with this and nothing else, in place of what was shown before.

    Raises OutcomeError `not_a_graduate`.
    """
    check_graduated(member)
    shown = {
        "name": name, "shows_pathway": shows_pathway, "employer": employer, "link": link, "contact": contact,
        "changed_at": at,
    }  # fmt: skip
    entry, _made = AlumniEntry.objects.update_or_create(member=member, defaults=shown)
    return entry


def unlist_alumnus(*, member: Membership) -> None:
    """Take a graduate out of the directory: nothing of what they showed is kept. Leaving twice is no mistake."""
    AlumniEntry.objects.filter(member=member).delete()


def directory(*, words: str = "", pathway: str = "") -> QuerySet[AlumniEntry]:
    """Who chose to be found and still can choose not to be, by name, with the `pathway` of who shows it.

    `words` are looked for in what is shown.
    """
    latest = PathwayRecord.objects.filter(member=OuterRef("member"))
    latest = latest.order_by("-effective_on", "-recorded_at", "-pk")
    found = AlumniEntry.objects.filter(Exists(_graduations()), member__joined_at__isnull=False).annotate(
        pathway=Case(
            When(shows_pathway=True, then=Subquery(latest.values("pathway")[:1])),
            default=Value(None),
            output_field=CharField(null=True),
        )
    )
    for word in words.split():
        found = found.filter(Q(name__icontains=word) | Q(employer__icontains=word))
    if pathway in Pathway.values:
        found = found.filter(pathway=pathway)
    return found.order_by("name", "pk")


def _graduations() -> QuerySet[Enrollment]:
    """Of the member of the row outside."""
    return Enrollment.objects.filter(learner=OuterRef("member"), status=Enrollment.Status.GRADUATED)
