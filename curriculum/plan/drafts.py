"""The levels and modules of a plan while they are being read, line by line."""

from dataclasses import dataclass, field
from decimal import Decimal

from curriculum.plan.nodes import PlanLevel, PlanModule, PlanNote, PlanProject, PlanShare, PlanTopic
from curriculum.plan.tables import LevelRow


def paragraphs(parts: list[str]) -> str:
    return "\n\n".join(part for part in parts if part)


@dataclass(slots=True)
class ModuleDraft:
    code: str
    title: str
    hours: Decimal
    line: int
    requires: tuple[str, ...] = ()
    requires_line: int = 0
    description: list[str] = field(default_factory=list)
    table_headings: tuple[str, ...] = ()
    topics: list[PlanTopic] = field(default_factory=list)
    projects: list[PlanProject] = field(default_factory=list)

    def freeze(self) -> PlanModule:
        return PlanModule(
            code=self.code,
            title=self.title,
            hours=self.hours,
            requires=self.requires,
            description=paragraphs(self.description),
            table_headings=self.table_headings,
            topics=tuple(self.topics),
            projects=tuple(self.projects),
            line=self.line,
            requires_line=self.requires_line,
        )


@dataclass(slots=True)
class LevelDraft:
    number: int
    name: str
    title: str
    hours: Decimal
    line: int
    description: list[str] = field(default_factory=list)
    parts: dict[str, str] = field(default_factory=dict)
    breakdown_hours: Decimal | None = None
    breakdown: list[PlanShare] = field(default_factory=list)
    modules: list[ModuleDraft] = field(default_factory=list)

    def freeze(self, overview: LevelRow | None, assessment: LevelRow | None) -> PlanLevel:
        """With what the tables outside the level say about it.

        A title in capitals is spelled as in the overview; a level without a title goes by its ``name``, "Level 1".
        """
        title = self.title
        if overview is not None and (not title or overview.title.casefold() == title.casefold()):
            title = overview.title
        return PlanLevel(
            number=self.number,
            title=title or self.name,
            hours=self.hours,
            description=paragraphs(self.description),
            focus=self.parts.get("focus") or (overview.focus if overview else ""),
            technologies=self.parts.get("technologies") or (overview.technologies if overview else ""),
            goal=self.parts.get("goal", ""),
            milestone=self.parts.get("milestone", ""),
            key_assessment=assessment.key_assessment if assessment else "",
            graduation_criteria=assessment.graduation_criteria if assessment else "",
            breakdown_hours=self.breakdown_hours,
            breakdown=tuple(self.breakdown),
            modules=tuple(module.freeze() for module in self.modules),
            line=self.line,
        )


@dataclass(slots=True)
class NoteDraft:
    section: str
    heading: str
    line: int
    parts: list[str] = field(default_factory=list)

    def freeze(self) -> PlanNote:
        return PlanNote(self.section, self.heading, paragraphs(self.parts), self.line)
