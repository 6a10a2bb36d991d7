"""The words by which a plan's parts are known, in Dutch and in English."""

import re
from dataclasses import dataclass
from typing import Literal

from curriculum.plan.nodes import FormatKey

Section = Literal[
    "level", "overview", "verification", "formats", "resources", "targets", "not_understood", "beside", "notes"
]

_LEVEL_HEADING = re.compile(
    r"(?:niveau|level)\s+(?P<number>\d+)\s*(?:[:.–—-]\s*(?P<title>.*)|(?P<hours>\(.*\))?)", re.I
)
_MODULE_HEADING = re.compile(r"(?P<level>\d+)\.(?P<number>\d+)[.:]?\s+(?P<title>.+)")
_TRACK_HEADING = re.compile(
    r"(?:option|optie|track|specialization|specialisatie)\s+(?P<number>\d+)\s*[:.–—-]\s*(?P<title>.+)", re.I
)
_LEVEL_CELL = re.compile(r"(?:niveau\s+|level\s+)?(?P<number>\d+)\s*(?:[:.–—-]\s*(?P<title>.*))?", re.I)
_CAPSTONE_LABEL = re.compile(
    r"(?:module\s+)?(?:capstone|eindproject)(?:[\s-]*project)?\s*(?:\((?P<code>\d+\.\d+)\))?", re.I
)
_FINAL_LABEL = re.compile(
    r"(?:final\s+capstone(?:\s+project)?|afsluitend\s+(?:capstone|eind)[\s-]*project)\s*(?:\((?P<scope>.*)\))?", re.I
)
_PROJECT_LABEL = re.compile(
    r"(?:practice\s+)?(?:praktijk)?(?:project|opdracht)\s+(?P<number>\d+)\s*(?P<hours>\(.*\))?", re.I
)
_MILESTONE_LABEL = re.compile(r"(?:milestone|mijlpaal)(?:\s+(?:after|na)\s+(?:niveau|level)\s+\d+)?", re.I)
_REQUIRES = r"(?:requires|required modules|prerequisites?|vereist|vereiste modules|voorwaarden?)"
_REQUIRES_LABEL = re.compile(_REQUIRES, re.I)
_CODES = r"(?:modules?\s+)?\d+\.\d+(?:\s*(?:,|;|&|\ben\b|\band\b)\s*(?:module\s+)?\d+\.\d+)*"
_REQUIRED_CODES = re.compile(rf"(?:{_REQUIRES}\s*:\s*)?(?P<codes>{_CODES})\s*\.?", re.I)
_REQUIRES_SENTENCE = re.compile(rf"{_REQUIRES}\s*:\s*{_CODES}\s*\.?", re.I)
_CODE = re.compile(r"\d+\.\d+")
_LEVEL_COUNT = re.compile(r"(?P<number>\d+)[\s-]*(?:niveaus?|levels?)\b(?!\s*[:\d])", re.I)

_SECTIONS: tuple[tuple[Section, re.Pattern[str]], ...] = (
    (
        "overview",
        re.compile(
            r"^(?:(?:niveau|level)s?[\s-]*(?:structu|overzicht|overview)|(?:niveau|level)s\b|overzicht|overview)", re.I
        ),
    ),
    ("verification", re.compile(r"verifi|^assessment|^toets|^beoordel", re.I)),
    ("formats", re.compile(r"^implementation|^implementatie|^uitvoering|^leervormen|^(?:delivery )?formats?\b", re.I)),
    ("resources", re.compile(r"^resource|^middelen|^benodigde middelen|^begroting", re.I)),
    ("targets", re.compile(r"^success metrics|^success criteria|^succes|^targets|^doelstellingen", re.I)),
    ("not_understood", re.compile(r"^(?:not understood|niet begrepen)$", re.I)),
    ("beside", re.compile(r"^(?:what the text does not say|wat de tekst niet zegt)$", re.I)),
)
_FORMATS: tuple[tuple[FormatKey, re.Pattern[str]], ...] = (
    ("self_paced", re.compile(r"self[\s-]*paced|eigen tempo|zelfstudie", re.I)),
    ("bootcamp", re.compile(r"bootcamp", re.I)),
    ("blended", re.compile(r"blended|gemengd", re.I)),
)
_VERIFICATION_HEADING = re.compile(r"milestone|mijlpa|method|niveau|level|assessment|toets", re.I)
_SUMMARY = {"tl;dr", "summary", "samenvatting"}
_TOTAL = {"total", "totaal"}
_LANGUAGE = {"language", "taal"}
_LANGUAGES: dict[str, Literal["nl", "en"]] = {
    "dutch": "nl", "nederlands": "nl", "nl": "nl", "english": "en", "engels": "en", "en": "en",
}  # fmt: skip
_DESCRIPTION = {"description", "omschrijving", "beschrijving"}
_GOAL = {"goal", "goals", "doel", "doelen"}
_FOCUS = {"focus"}
_TECHNOLOGIES = {"technology", "technologies", "technologie", "technologieën", "tech stack"}
_BREAKDOWN = {"breakdown", "onderverdeling", "verdeling"}
_TRACK_INTRODUCTION = {"specialization options", "specialisaties", "specialisatie-opties", "specializations", "tracks"}

_LEVEL_COLUMN = {"niveau", "level"}
_TOPIC_COLUMN = {"topic", "topics", "onderwerp", "onderwerpen", "thema"}
_HOURS_COLUMN = {"uren", "uur", "hours", "hrs"}
_WEEKS_COLUMN = re.compile(r"^(?:weken|weeks)\b", re.I)
_RESOURCES_COLUMN = {"resources", "resource", "source", "sources", "bron", "bronnen", "leermiddelen"}
_DELIVERABLES_COLUMN = {
    "deliverables", "deliverable", "output", "practicum", "what you'll build", "what you’ll build",
    "oplevering", "resultaat", "opdracht", "opdrachten",
}  # fmt: skip
_ASSESSMENT_COLUMN = {"key assessment", "assessment", "toets", "toetsing", "kerntoets"}
_CRITERIA_COLUMN = {"graduation criteria", "criteria", "slaagcriteria", "afstudeercriteria"}

_DUTCH = re.compile(
    r"\b(?:niveaus?|uur|uren|weken|doel|onderverdeling|totaal|na|mijlpaal|onderwerp|samenvatting)\b", re.I
)
_ENGLISH = re.compile(r"\b(?:levels?|hours?|weeks|goal|breakdown|total|after|milestone|topic|summary)\b", re.I)

Column = Literal[
    "level",
    "topic",
    "hours",
    "weeks",
    "focus",
    "technologies",
    "resources",
    "deliverables",
    "assessment",
    "criteria",
    "",
]
LevelPart = Literal["goal", "focus", "technologies", "breakdown", "milestone", "tracks"]


@dataclass(frozen=True, slots=True)
class Numbered:
    number: int
    title: str
    parent: int = 0


def level_heading(text: str) -> Numbered | None:
    """``"NIVEAU 1: FOUNDATIONS (2.000 uur)"``; the title keeps its hours."""
    match = _LEVEL_HEADING.fullmatch(text.strip())
    return Numbered(int(match["number"]), match["title"] or match["hours"] or "") if match else None


def module_heading(text: str) -> Numbered | None:
    match = _MODULE_HEADING.fullmatch(text.strip())
    return Numbered(int(match["number"]), match["title"], int(match["level"])) if match else None


def track_heading(text: str) -> Numbered | None:
    match = _TRACK_HEADING.fullmatch(text.strip())
    return Numbered(int(match["number"]), match["title"]) if match else None


def level_cell(text: str) -> Numbered | None:
    """The first cell of a row about a level: ``"3: Deep Learning"``, ``"Level 3"``."""
    match = _LEVEL_CELL.fullmatch(text.strip())
    return Numbered(int(match["number"]), (match["title"] or "").strip()) if match else None


def project_label(label: str) -> Numbered | None:
    """``"Project 1 (100h)"``; the title is the hours as they are written."""
    match = _PROJECT_LABEL.fullmatch(label.strip())
    return Numbered(int(match["number"]), match["hours"] or "") if match else None


def capstone_label(label: str) -> str | None:
    """The module's code in ``"Capstone Project (1.1)"``, empty when it gives none; ``None`` for another label."""
    match = _CAPSTONE_LABEL.fullmatch(label.strip())
    return None if match is None else match["code"] or ""


def final_capstone_label(label: str) -> str | None:
    """The remark in ``"Final Capstone Project (all specializations)"``; ``None`` for another label."""
    match = _FINAL_LABEL.fullmatch(label.strip())
    return None if match is None else match["scope"] or ""


def is_requires_label(label: str) -> bool:
    return _REQUIRES_LABEL.fullmatch(label.strip()) is not None


def states_requirements(text: str) -> bool:
    """``"Requires: 1.1 and 1.2"`` without bold words; a sentence that goes on is prose."""
    return _REQUIRES_SENTENCE.fullmatch(text.strip()) is not None


def required_codes(text: str) -> tuple[str, ...]:
    """The modules in ``"1.1, 1.2"``, each once; empty when the text says anything else."""
    match = _REQUIRED_CODES.fullmatch(text.strip())
    return tuple(dict.fromkeys(_CODE.findall(match["codes"]))) if match else ()


def level_part(label: str) -> LevelPart | None:
    word = label.strip().casefold()
    if _MILESTONE_LABEL.fullmatch(word):
        return "milestone"
    parts: tuple[tuple[LevelPart, set[str]], ...] = (
        ("goal", _GOAL),
        ("focus", _FOCUS),
        ("technologies", _TECHNOLOGIES),
        ("breakdown", _BREAKDOWN),
        ("tracks", _TRACK_INTRODUCTION),
    )
    return next((part for part, words in parts if word in words), None)


def is_summary_label(label: str) -> bool:
    return label.strip().casefold() in _SUMMARY


def is_total_label(label: str) -> bool:
    return label.strip().casefold() in _TOTAL


def is_description_label(label: str) -> bool:
    return label.strip().casefold() in _DESCRIPTION


def stated_language(label: str, text: str) -> Literal["nl", "en", ""]:
    """The language of ``**Taal**: Nederlands``; empty for another label, or a language that is not known."""
    return _LANGUAGES.get(text.strip(" .").casefold(), "") if label.strip().casefold() in _LANGUAGE else ""


def section_of(heading: str) -> Section:
    return next((section for section, pattern in _SECTIONS if pattern.search(heading)), "notes")


def is_verification_heading(heading: str) -> bool:
    """Headings that only announce the assessments per level or the methods."""
    return _VERIFICATION_HEADING.search(heading) is not None


def format_of(heading: str) -> FormatKey | None:
    return next((key for key, pattern in _FORMATS if pattern.search(heading)), None)


def level_count(text: str) -> int | None:
    match = _LEVEL_COUNT.search(text)
    return int(match["number"]) if match else None


def column_of(heading: str) -> Column:
    word = heading.strip().rstrip(":").casefold()
    if _WEEKS_COLUMN.match(word):
        return "weeks"
    columns: tuple[tuple[Column, set[str]], ...] = (
        ("level", _LEVEL_COLUMN),
        ("topic", _TOPIC_COLUMN),
        ("hours", _HOURS_COLUMN),
        ("focus", _FOCUS),
        ("technologies", _TECHNOLOGIES),
        ("resources", _RESOURCES_COLUMN),
        ("deliverables", _DELIVERABLES_COLUMN),
        ("assessment", _ASSESSMENT_COLUMN),
        ("criteria", _CRITERIA_COLUMN),
    )
    return next((column for column, words in columns if word in words), "")


def guess_language(structure: str) -> Literal["nl", "en"]:
    """By the words of headings, labels and columns alone: a Dutch plan may well teach in English terms."""
    return "nl" if len(_DUTCH.findall(structure)) > len(_ENGLISH.findall(structure)) else "en"
