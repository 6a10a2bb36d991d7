"""What a curriculum asks beside titles and hours, as its plan words it: of each level, topic and project."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.formats import number_format

from curriculum.models import Benchmark, Level, Project, Topic

#: The unit of what is counted in ones.
COUNTED = "count"


@dataclass(frozen=True, slots=True)
class Bar:
    """What must measurably be reached."""

    metric: str
    comparison: str
    threshold: Decimal
    unit: str

    def __str__(self) -> str:
        """As in "at least 15 visualizations" and "accuracy: at least 97 %"; the plan's own words stay as they are."""
        words = Benchmark.Comparison(self.comparison).label
        figure = number_format(self.threshold.normalize(), force_grouping=True)
        if self.unit == COUNTED:
            return f"{words} {figure} {self.metric}"
        return f"{self.metric}: {words} {figure} {self.unit}".rstrip()


@dataclass(frozen=True, slots=True)
class Item:
    """A line of a checklist; depth 0 is the outermost."""

    text: str
    depth: int


@dataclass(frozen=True, slots=True)
class Ask:
    """`cells` are the columns of the plan's table that have no meaning of their own, as (heading, text)."""

    description: str = ""
    checklist: tuple[Item, ...] = ()
    cells: tuple[tuple[str, str], ...] = ()
    bars: tuple[Bar, ...] = ()


@dataclass(frozen=True, slots=True)
class LevelText:
    """What a level is for and how it is passed."""

    goal: str = ""
    focus: str = ""
    technologies: str = ""
    milestone: str = ""
    key_assessment: str = ""
    graduation_criteria: str = ""


NOTHING = Ask()
NO_TEXT = LevelText()


def level_text(level: Level) -> LevelText:
    return LevelText(
        level.goal, level.focus, level.technologies, level.milestone, level.key_assessment, level.graduation_criteria
    )


def topic_ask(topic: Topic) -> Ask:
    """What the topic asks beside its resources and deliverables."""
    cells = tuple((cell["heading"], cell["text"]) for cell in topic.cells if cell["text"])
    return Ask(cells=cells, bars=tuple(_bar(stated) for stated in topic.benchmarks))


def project_ask(project: Project, benchmarks: Iterable[Benchmark]) -> Ask:
    return Ask(
        description=project.description,
        checklist=tuple(Item(item["text"], item.get("depth", 0)) for item in project.checklist),
        bars=tuple(Bar(each.metric, each.comparison, each.threshold, each.unit) for each in benchmarks),
    )


def _bar(stated: Mapping[str, Any]) -> Bar:
    return Bar(stated["metric"], stated["comparison"], Decimal(str(stated["threshold"])), stated.get("unit", ""))
