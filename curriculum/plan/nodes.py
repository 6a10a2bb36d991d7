"""A curriculum plan as data, apart from where it came from and where it is stored.

Hours are ``Decimal``. Line numbers are 1-based, 0 when the node did not come from a text, and do not
take part in comparison: two plans are equal when they say the same.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from curriculum.sentences import Sentence, Span

Comparison = Literal[">=", "<="]
ProjectKind = Literal["module_capstone", "practice_project", "final_capstone", "track"]
FormatKey = Literal["self_paced", "bootcamp", "blended"]
ClaimKind = Literal["total_hours", "level_count", "level_duration", "duration", "theory_practice", "people", "resource"]
ClaimSource = Literal["title", "summary", "overview", "format", "resources", "note"]
TargetKey = Literal[
    "retention_level_3",
    "retention_level_5",
    "completion_years",
    "capstones",
    "code_review",
    "benchmark",
    "production_project",
    "placement",
    "top_employers",
    "portfolio_quality",
    "satisfaction",
    "reputation",
    "alumni_mentoring",
]


def _line() -> int:
    return field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class PlanBenchmark:
    """A result that can be measured, e.g. accuracy >= 97 %. ``unit`` is ``%``, ``count`` or the plan's own word."""

    metric: str
    comparison: Comparison
    threshold: Decimal
    unit: str


@dataclass(frozen=True, slots=True)
class ChecklistItem:
    """One line of a checklist; ``depth`` 0 is the outermost."""

    text: str
    depth: int = 0
    line: int = _line()


@dataclass(frozen=True, slots=True)
class PlanProject:
    """``code`` is unique in a plan: ``1.1-C`` (module capstone), ``1.4-P1``, ``5.4-T1`` (track), ``final``.

    ``description`` holds the sentence around the title when there is one, else nothing.
    """

    kind: ProjectKind
    code: str
    title: str
    hours: Decimal | None = None
    description: str = ""
    checklist: tuple[ChecklistItem, ...] = ()
    benchmarks: tuple[PlanBenchmark, ...] = ()
    line: int = _line()


@dataclass(frozen=True, slots=True)
class PlanTrack:
    """One of the specializations a learner chooses from; its work is ``project``, of kind ``track``."""

    code: str
    number: int
    module_code: str
    title: str
    hours: Decimal | None
    project: PlanProject
    line: int = _line()


@dataclass(frozen=True, slots=True)
class PlanCell:
    """The text of a table cell under a heading that is neither resources nor deliverables."""

    heading: str
    text: str


@dataclass(frozen=True, slots=True)
class PlanTopic:
    """``code`` is the module's code and the position: ``1.1.3``; a sub-topic adds its own: ``1.2.1.4``."""

    code: str
    title: str
    hours: Decimal | None = None
    resources: str = ""
    deliverables: str = ""
    cells: tuple[PlanCell, ...] = ()
    benchmarks: tuple[PlanBenchmark, ...] = ()
    subtopics: tuple["PlanTopic", ...] = ()
    line: int = _line()


@dataclass(frozen=True, slots=True)
class PlanModule:
    """``requires`` are the codes of the modules that must be done before it.

    ``table_headings`` are the words of the columns in which its topics stood: how it is written, not what it says.
    """

    code: str
    title: str
    hours: Decimal
    requires: tuple[str, ...] = ()
    description: str = ""
    table_headings: tuple[str, ...] = field(default=(), compare=False)
    topics: tuple[PlanTopic, ...] = ()
    projects: tuple[PlanProject, ...] = ()
    line: int = _line()
    requires_line: int = _line()


@dataclass(frozen=True, slots=True)
class PlanShare:
    """A row of a level's stated breakdown. It names a module in its own words; the order ties it to the module."""

    title: str
    hours: Decimal
    line: int = _line()


@dataclass(frozen=True, slots=True)
class PlanLevel:
    """``breakdown_hours`` is the total the plan writes beside the breakdown, when it does."""

    number: int
    title: str
    hours: Decimal
    description: str = ""
    focus: str = ""
    technologies: str = ""
    goal: str = ""
    milestone: str = ""
    key_assessment: str = ""
    graduation_criteria: str = ""
    breakdown_hours: Decimal | None = None
    breakdown: tuple[PlanShare, ...] = ()
    modules: tuple[PlanModule, ...] = ()
    line: int = _line()


@dataclass(frozen=True, slots=True)
class PlanMethod:
    """A way in which work is verified."""

    title: str
    text: str
    line: int = _line()


@dataclass(frozen=True, slots=True)
class PlanTarget:
    """``value`` and ``comparison`` are empty for a target stated without a number.

    ``unit`` is ``%``, ``years``, ``points`` or ``rank``. ``hours_per_week`` belongs to ``completion_years``,
    ``months`` (the window) to ``placement``.
    """

    key: TargetKey
    comparison: Comparison | None
    value: Decimal | None
    unit: str
    text: str
    group: str = ""
    hours_per_week: Span | None = None
    months: Decimal | None = None
    line: int = _line()


@dataclass(frozen=True, slots=True)
class Interval:
    """How often something happens: every ``low`` to ``high`` units."""

    low: Decimal
    high: Decimal
    unit: Literal["week", "month"]


@dataclass(frozen=True, slots=True)
class PlanFormat:
    """A delivery format and the pace it promises. Durations are those claimed for the whole program."""

    format: FormatKey
    title: str
    hours_per_week: Span | None = None
    weeks: Span | None = None
    years: Span | None = None
    theory_hours_per_week: Decimal | None = None
    practice_hours_per_week: Decimal | None = None
    milestone_every: Interval | None = None
    notes: tuple[str, ...] = ()
    line: int = _line()

    @property
    def text(self) -> str:
        return "\n".join(self.notes)


@dataclass(frozen=True, slots=True)
class PlanClaim:
    """A statement with numbers that the rest of the plan can bear out or contradict.

    ``place`` is the level's number for ``level_duration``, the group for ``resource`` and empty for the whole
    program. ``amount`` is money when ``unit`` is ``$`` or ``€``, otherwise a count; ``per`` is ``year``, ``month``,
    ``user/month``, ``person`` or empty.
    """

    kind: ClaimKind
    source: ClaimSource
    text: str
    place: str = ""
    label: str = ""
    hours: Decimal | None = None
    hours_per_week: Span | None = None
    weeks: Span | None = None
    years: Span | None = None
    theory: Decimal | None = None
    practice: Decimal | None = None
    amount: Span | None = None
    unit: str = ""
    per: str = ""
    line: int = _line()


@dataclass(frozen=True, slots=True)
class PlanNote:
    """Prose that is kept as it was written, in Markdown, under its section and heading."""

    section: str
    heading: str
    text: str
    line: int = _line()


@dataclass(frozen=True, slots=True)
class Unparsed:
    """Text that was not understood, as it stands in the source."""

    line: int = field(compare=False)
    text: str


@dataclass(frozen=True, slots=True)
class Plan:
    title: str
    summary: str = ""
    language: Literal["nl", "en"] = "en"
    levels: tuple[PlanLevel, ...] = ()
    tracks: tuple[PlanTrack, ...] = ()
    final_capstone: PlanProject | None = None
    verification_methods: tuple[PlanMethod, ...] = ()
    targets: tuple[PlanTarget, ...] = ()
    formats: tuple[PlanFormat, ...] = ()
    claims: tuple[PlanClaim, ...] = ()
    notes: tuple[PlanNote, ...] = ()
    unparsed: tuple[Unparsed, ...] = ()

    @property
    def hours(self) -> Decimal:
        return sum((level.hours for level in self.levels), Decimal(0))

    @property
    def modules(self) -> tuple[PlanModule, ...]:
        return tuple(module for level in self.levels for module in level.modules)

    @property
    def projects(self) -> tuple[PlanProject, ...]:
        """Every project: those of the modules, of the tracks, and the final capstone."""
        own = tuple(project for module in self.modules for project in module.projects)
        final = (self.final_capstone,) if self.final_capstone else ()
        return own + tuple(track.project for track in self.tracks) + final


@dataclass(frozen=True, slots=True)
class PlanProblem:
    """Why a text could not be read as a plan. ``line`` is 0 when the whole text is meant."""

    code: str
    line: int
    sentence: Sentence
    fix: Sentence

    def __str__(self) -> str:
        return f"{self.sentence} {self.fix}"


class PlanError(Exception):
    """Raised with every problem found, in the order of the text; ``code``, ``line`` … are those of the first."""

    def __init__(self, problems: "tuple[PlanProblem, ...]") -> None:
        super().__init__(problems)
        self.problems = problems

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)

    @property
    def code(self) -> str:
        return self.problems[0].code

    @property
    def line(self) -> int:
        return self.problems[0].line

    @property
    def sentence(self) -> Sentence:
        return self.problems[0].sentence

    @property
    def fix(self) -> Sentence:
        return self.problems[0].fix
