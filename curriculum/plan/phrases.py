"""The words in which a plan is written; `words` reads them, and others."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal


@dataclass(frozen=True, slots=True)
class Phrases:
    language: str
    language_name: str
    summary: str
    overview: str
    level: str
    hours_column: str
    weeks_column: str
    per_week: str
    focus: str
    technologies: str
    goal: str
    breakdown: str
    milestone: str
    requires: str
    description: str
    topic: str
    resources_column: str
    deliverables: str
    tracks: str
    track: str
    verification: str
    per_level: str
    assessment: str
    criteria: str
    methods: str
    formats: str
    resources: str
    targets: str
    not_understood: str
    beside: str


PHRASES: dict[Literal["nl", "en"], Phrases] = {
    "nl": Phrases(
        language="Taal",
        language_name="Nederlands",
        summary="Samenvatting",
        overview="Niveaus",
        level="Niveau",
        hours_column="Uren",
        weeks_column="Weken",
        per_week="wk",
        focus="Focus",
        technologies="Technologie",
        goal="Doel",
        breakdown="Onderverdeling",
        milestone="Mijlpaal na niveau",
        requires="Vereist",
        description="Omschrijving",
        topic="Onderwerp",
        resources_column="Bronnen",
        deliverables="Oplevering",
        tracks="Specialisaties",
        track="Optie",
        verification="Toetsing en beoordeling",
        per_level="Mijlpalen per niveau",
        assessment="Toets",
        criteria="Slaagcriteria",
        methods="Toetsmethoden",
        formats="Uitvoering",
        resources="Middelen",
        targets="Doelstellingen",
        not_understood="Niet begrepen",
        beside="Wat de tekst niet zegt",
    ),
    "en": Phrases(
        language="Language",
        language_name="English",
        summary="Summary",
        overview="Levels",
        level="Level",
        hours_column="Hours",
        weeks_column="Weeks",
        per_week="wk",
        focus="Focus",
        technologies="Technologies",
        goal="Goal",
        breakdown="Breakdown",
        milestone="Milestone after level",
        requires="Requires",
        description="Description",
        topic="Topic",
        resources_column="Resources",
        deliverables="Deliverables",
        tracks="Specializations",
        track="Option",
        verification="Assessment",
        per_level="Milestones per level",
        assessment="Key assessment",
        criteria="Graduation criteria",
        methods="Verification methods",
        formats="Implementation",
        resources="Resources",
        targets="Targets",
        not_understood="Not understood",
        beside="What the text does not say",
    ),
}


def written_hours(hours: Decimal, language: Literal["nl", "en"]) -> str:
    """``2.000 uur`` or ``2,000 hours``; a number with decimals is not grouped."""
    unit = "uur" if language == "nl" else "hours"
    number = f"{int(hours):,}" if hours == hours.to_integral_value() else written_number(hours)
    return f"{number.translate(_DUTCH) if language == 'nl' else number} {unit}"


def written_number(number: Decimal) -> str:
    """``80`` or ``7.5``: no grouping, no zeros at the end."""
    return f"{number.normalize():f}"


_DUTCH = str.maketrans(",.", ".,")
