"""What the success pages show, as rows for a spreadsheet: plain numbers with points, shares between 0 and 1."""

from collections.abc import Iterable, Iterator

from outcomes.measuring.cases import Case
from outcomes.measuring.measures import Measure
from outcomes.measuring.targets import judge
from outcomes.models import DEFINITION_VERSION, TargetKey
from outcomes.scopes import Scope
from outcomes.showing.charts import Chart
from outcomes.showing.figures import Figures, Measures
from outcomes.surveys.questions import SCORES

FIGURES_HEAD = (
    "key", "as_of", "definition", "value", "low", "high", "numerator", "denominator", "pending", "excluded", "unknown",
    "comparison", "target", "verdict", "method",
)  # fmt: skip


def target_rows(figures: Figures) -> Iterator[list[str]]:
    """Every measured target of the scope with all its counts."""
    yield list(FIGURES_HEAD)
    yield from _rows(figures, figures.measures, figures.scope)


def cohort_rows(figures: Figures) -> Iterator[list[str]]:
    """The same for each cohort of the scope."""
    yield ["cohort", "format", "starts_on", *FIGURES_HEAD]
    for cohort in figures.cohorts:
        first = [cohort.slug, cohort.format, cohort.starts_on.isoformat()]
        for row in _rows(figures, figures.by_cohort[cohort.pk], Scope(cohort_id=cohort.pk)):
            yield [*first, *row]


def trend_rows(figures: Figures) -> Iterator[list[str]]:
    """The values kept over the past year, as the small lines of the scorecards draw them."""
    yield ["key", "as_of", "value"]
    for key, points in figures.trend.items():
        yield from ([TargetKey(key).value, day.isoformat(), _number(value)] for day, value in points)


def case_rows(cases: Iterable[Case], names: dict[object, str]) -> Iterator[list[str]]:
    """The learners behind a number, each with where they stand and why; `names` are those of the cohorts."""
    yield ["learner", "cohort", "standing", "reason", "why", "since"]
    for case in cases:
        yield [
            case.entry.name,
            names[case.entry.cohort_id],
            case.standing.value,
            case.reason.value,
            f"{case.about}: {case.why}" if case.about else case.why,
            case.since.isoformat() if case.since else "",
        ]


def answer_rows(measure: Measure) -> Iterator[list[str]]:
    """How often each score was given, for a number that no learner stands behind."""
    yield ["score", "answers"]
    for score, number in zip(SCORES, measure.detail["scores"], strict=True):
        yield [str(score), str(number)]


def chart_rows(chart: Chart | None) -> Iterator[list[str]]:
    """The table of a chart, as it stands on the page."""
    if chart:
        yield chart.head
        yield from chart.rows


def _rows(figures: Figures, measures: Measures, scope: Scope) -> Iterator[list[str]]:
    for key, measure in measures.items():
        goal, counts = figures.targets.goal(key, scope), measure.counts
        found = judge(measure, goal)
        is_aimed = goal.is_on and goal.value is not None
        yield [
            TargetKey(key).value,
            figures.on.isoformat(),
            str(DEFINITION_VERSION),
            *(_number(number) for number in (measure.value, measure.low, measure.high)),
            *map(str, (counts.numerator, counts.denominator, counts.pending, counts.excluded, counts.unknown)),
            goal.comparison if is_aimed else "",
            f"{goal.value:f}" if is_aimed else "",
            found.value if found else "",
            measure.method,
        ]


def _number(number: float | None) -> str:
    return "" if number is None else f"{number:.6f}"
