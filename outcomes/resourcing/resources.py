"""Planned against actual: what each cohort takes, for each learner and each graduate, beside the estimate."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from cohorts.models import Cohort
from design.templatetags.design import hours as rounded
from outcomes.measuring.metrics import AsOf
from outcomes.measuring.roster import Entry, Fate
from outcomes.resourcing.costs import Crew, Spent, crew_by_cohort, spent_by_cohort
from outcomes.resourcing.estimate_checks import money, money_range
from outcomes.resourcing.estimates import Estimates, Plan, Range
from outcomes.resourcing.records import Cost, StaffRole

DAYS_PER_YEAR = Decimal("365.25")
UNDER_WAY = (Fate.ACTIVE, Fate.ON_LEAVE, Fate.LEAVE_OVERDUE)


class Stand(TextChoices):
    """Where the cost of a learner lies beside the estimate as far as it has run."""

    UNDER = "under", gettext_lazy("Under the estimate")
    WITHIN = "within", gettext_lazy("Within the estimate")
    OVER = "over", gettext_lazy("Over the estimate")


@dataclass(frozen=True, slots=True)
class StaffRow:
    """One role: what is planned, who is on the team, and full-time people where somebody counted them.

    `found` is the number that is compared: full-time people, or else people.
    """

    role: str
    label: str
    planned: str
    people: int
    fte: Decimal | None
    fte_since: date | None
    found: Decimal
    words: str
    tone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """What one cohort takes as of a day.

    `learners` is the roster; None up to the census date. `each` and `per_graduate` are None where nothing was recorded
    or there is nobody to divide by. `due` is the estimate as far as it has run, for all its people; `due_each` for one.
    """

    cohort: Cohort
    plan: Plan
    years: Decimal
    learners: int | None
    graduates: int
    spent: Spent
    staff: tuple[StaffRow, ...]

    @property
    def currency(self) -> str:
        return self.spent.currency or self.plan.currency

    @property
    def is_recorded(self) -> bool:
        return self.spent.currency is not None

    @property
    def total(self) -> Decimal | None:
        return self.spent.total if self.is_recorded else None

    @property
    def each(self) -> Decimal | None:
        return self.spent.total / self.learners if self.is_recorded and self.learners else None

    @property
    def per_graduate(self) -> Decimal | None:
        return self.spent.total / self.graduates if self.is_recorded and self.graduates else None

    @property
    def due(self) -> Range:
        return self.plan.due(self.years)

    @property
    def due_each(self) -> Range:
        return self.plan.each(self.years)

    @property
    def is_comparable(self) -> bool:
        """Whether costs and estimate are in the same currency."""
        return self.spent.currency in (None, self.plan.currency)

    @property
    def stand(self) -> Stand | None:
        if self.each is None or not self.is_comparable:
            return None
        if self.each > self.due_each.high:
            return Stand.OVER
        return Stand.WITHIN if self.each >= self.due_each.low else Stand.UNDER

    @property
    def tone(self) -> str:
        """The design's tone for where it stands."""
        return {Stand.OVER: "warn", Stand.WITHIN: "ok", Stand.UNDER: "info", None: ""}[self.stand]

    @property
    def total_words(self) -> str:
        return money(self.total, self.currency)

    @property
    def parts_words(self) -> str:
        return _("%(once)s one-time, %(running)s running") % {
            "once": rounded(self.spent.once, 0),
            "running": rounded(self.spent.running, 0),
        }

    @property
    def each_words(self) -> str:
        return money(self.each, self.currency)

    @property
    def graduate_words(self) -> str:
        return money(self.per_graduate, self.currency)

    @property
    def due_words(self) -> str:
        return money_range(self.due, self.plan.currency)

    @property
    def due_each_words(self) -> str:
        return money_range(self.due_each, self.plan.currency)

    @property
    def years_words(self) -> str:
        years = rounded(self.years, 1)
        return ngettext("after %(years)s year", "after %(years)s years", round(self.years)) % {"years": years}

    @property
    def sentence(self) -> str:
        """Where the cohort stands, in one sentence."""
        if not self.is_recorded:
            return _("No cost is recorded by this day, so there is nothing to compare.")
        if self.learners == 0:
            return _("%(total)s was spent, and nobody is on the roster to share it.") % {"total": self.total_words}
        if self.each is None:
            return _("%(total)s was spent; what that is for a learner is known from the census date on.") % {
                "total": self.total_words
            }
        words = {"found": self.each_words, "expected": self.due_each_words}
        if self.stand is None:
            return _("A learner has cost %(found)s so far.") % words
        return {
            Stand.OVER: _(
                "A learner has cost %(found)s so far, above the %(expected)s that the estimate expects by now."
            ),
            Stand.WITHIN: _(
                "A learner has cost %(found)s so far, within the %(expected)s that the estimate expects by now."
            ),
            Stand.UNDER: _(
                "A learner has cost %(found)s so far, below the %(expected)s that the estimate expects by now."
            ),
        }[self.stand] % words


def resources_of(known: AsOf, cohorts: Sequence[Cohort]) -> list[Resources]:
    """A row for each cohort, in their order; as many queries for one as for all."""
    estimates, spent = Estimates(known.on), spent_by_cohort(known.on)
    learners = {entry.current_id: entry.cohort_id for entry in known.roster.anonymous if entry.fate in UNDER_WAY}
    crews = crew_by_cohort(learners, known.on)
    return [
        _resources(
            cohort,
            known.by_cohort.get(cohort.pk, []),
            estimates.plan(cohort.version.curriculum_id),
            spent.get(cohort.pk, Spent()),
            crews.get(cohort.pk, Crew()),
            known.on,
        )
        for cohort in cohorts
    ]


def years_since(start: date, on: date) -> Decimal:
    """How long a cohort has run by the day; none before its start."""
    return max(Decimal((on - start).days), Decimal(0)) / DAYS_PER_YEAR


def _resources(cohort: Cohort, entries: Iterable[Entry], plan: Plan, spent: Spent, crew: Crew, on: date) -> Resources:
    counted = [entry for entry in entries if entry.is_counted]
    return Resources(
        cohort=cohort,
        plan=plan,
        years=years_since(cohort.starts_on, on),
        learners=len(counted) if on >= cohort.census_on else None,
        graduates=sum(entry.fate is Fate.GRADUATED for entry in counted),
        spent=spent,
        staff=tuple(_staff(plan, crew)),
    )


def _staff(plan: Plan, crew: Crew) -> Iterator[StaffRow]:
    planned = {
        StaffRole.INSTRUCTOR: plan.instructors,
        StaffRole.ASSISTANT: plan.assistants,
        StaffRole.MENTOR: plan.mentors,
    }
    for role, expected in planned.items():
        people, counted = crew.people.get(role, 0), crew.fte.get(role)
        found = counted.fte if counted else Decimal(people)
        words, tone = _beside(found, expected)
        yield StaffRow(
            role=role.value,
            label=str(role.label),
            planned=expected.words,
            people=people,
            fte=counted.fte if counted else None,
            fte_since=counted.effective_on if counted else None,
            found=found,
            words=words,
            tone=tone,
        )


def _beside(found: Decimal, planned: Range) -> tuple[str, str]:
    if found < planned.low:
        gap = planned.low - found
        return ngettext("%(gap)s fewer than planned", "%(gap)s fewer than planned", int(gap)) % {
            "gap": rounded(gap)
        }, "warn"
    if found > planned.high:
        gap = found - planned.high
        return ngettext("%(gap)s more than planned", "%(gap)s more than planned", int(gap)) % {
            "gap": rounded(gap)
        }, "info"
    return _("As planned"), "ok"


OVERVIEW_HEAD = (
    "cohort", "starts_on", "as_of", "learners", "graduates", "currency", "spent_once", "spent_running", "spent",
    "per_learner", "per_graduate", "estimate_currency", "estimate_people", "estimate_low", "estimate_high",
    "estimate_per_learner_low", "estimate_per_learner_high", "standing",
    *(f"{role}_{what}" for role in StaffRole.values for what in ("planned", "people", "fte")),
)  # fmt: skip


def overview_rows(rows: Iterable[Resources], on: date) -> Iterator[list[str]]:
    """A row for each cohort; what is not known is empty."""
    yield list(OVERVIEW_HEAD)
    for row in rows:
        spent = (row.spent.once, row.spent.running, row.total) if row.is_recorded else (None, None, None)
        yield [
            row.cohort.slug,
            row.cohort.starts_on.isoformat(),
            on.isoformat(),
            "" if row.learners is None else str(row.learners),
            str(row.graduates),
            row.currency if row.is_recorded else "",
            *map(_amount, (*spent, row.each, row.per_graduate)),
            row.plan.currency,
            str(row.plan.people),
            *map(_amount, (row.due.low, row.due.high, row.due_each.low, row.due_each.high)),
            row.stand.value if row.stand else "",
            *(
                cell
                for staff in row.staff
                for cell in (staff.planned, str(staff.people), "" if staff.fte is None else f"{staff.fte:f}")
            ),
        ]


def cost_rows(costs: Iterable[Cost]) -> Iterator[list[str]]:
    """Every entry, those that take another back too; they name it."""
    yield [
        "id", "date", "kind", "once", "amount", "currency", "note", "takes_back", "recorded_by", "recorded_at",
    ]  # fmt: skip
    for cost in costs:
        yield [
            str(cost.pk),
            cost.effective_on.isoformat(),
            cost.kind,
            str(cost.is_once).lower(),
            f"{cost.amount:f}",
            cost.currency,
            cost.note,
            str(cost.takes_back_id or ""),
            cost.recorded_by.name if cost.recorded_by else "",
            cost.recorded_at.isoformat(timespec="seconds"),
        ]


def _amount(number: Decimal | None) -> str:
    return "" if number is None else f"{number:.2f}"
