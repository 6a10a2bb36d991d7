"""The first user's plan comes in whole: every node with its hours, and nothing is dropped."""

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from decimal import Decimal

import pytest

from curriculum.plan.markdown import read_plan
from curriculum.plan.nodes import (
    ChecklistItem,
    Interval,
    PlanBenchmark,
    PlanCell,
    PlanFormat,
    PlanProject,
    PlanTarget,
    PlanTopic,
    Unparsed,
)
from curriculum.sentences import Span
from tests.curriculum.plans import REAL, SMALL, real_plan, with_line

# Hours of each module, then of each topic; a pair is a topic with the hours of its sub-topics.
HOURS = {
    "1.1": (700, [80, 100, 120, 100, 80, 100, 100, 40, 40, 40]),
    "1.2": (500, [(200, [60, 40, 50, 50]), (150, [60, 40, 50]), (150, [50, 40, 30, 30])]),
    "1.3": (
        600,
        [(150, [50, 50, 50]), (200, [60, 50, 50, 40]), (100, [40, 30, 30]), (100, [50, 30, 20]), 50],
    ),
    "1.4": (200, []),
    "2.1": (
        800,
        [
            (200, [50, 50, 50, 50]),
            (250, [80, 60, 50, 40, 20]),
            (300, [70, 70, 60, 70, 40, 50]),
            (150, [50, 40, 40, 20]),
            50,
        ],
    ),
    "2.2": (600, [(150, [60, 40, 50]), (150, [50, 50, 50]), (150, [60, 50, 40]), (150, [40, 50, 40, 20])]),
    "2.3": (400, [100, 100, 100, 100]),
    "2.4": (200, []),
    "3.1": (
        600,
        [(100, [50, 50]), (150, [50, 60, 40]), (200, [50, 50, 50, 40, 10]), (100, [40, 30, 30]), (50, [25, 25])],
    ),
    "3.2": (500, [(250, [50, 100, 80, 20]), (150, [70, 40, 40]), (100, [50, 30, 20])]),
    "3.3": (500, [(150, [60, 40, 30, 20]), (200, [80, 40, 40, 40]), (150, [60, 60, 30])]),
    "3.4": (400, []),
    "4.1": (600, [(200, [60, 40, 40, 30, 30]), (250, [80, 60, 40, 40, 30]), (150, [50, 50, 50])]),
    "4.2": (600, [(150, [60, 60, 30]), (200, [80, 60, 40, 20]), (150, [50, 60, 40]), (100, [30, 30, 40])]),
    "4.3": (500, [(200, [50, 80, 40, 30]), (200, [60, 60, 50, 30]), (100, [40, 30, 30])]),
    "4.4": (300, []),
    "5.1": (600, [(200, [60, 80, 60]), (200, [80, 60, 40, 20]), (150, [60, 60, 30]), (50, [25, 25])]),
    "5.2": (500, [(150, [50, 50, 50]), (150, [50, 50, 50]), (150, [60, 40, 50]), (50, [25, 25])]),
    "5.3": (400, [(150, [50, 50, 50]), (150, [50, 50, 50]), (100, [50, 50])]),
    "5.4": (500, []),
}

MODULES = [
    ("1.1", "Python Programming"),
    ("1.2", "Wiskunde Fundamentals"),
    ("1.3", "Data Science Tools"),
    ("1.4", "Projects & Integration"),
    ("2.1", "ML Fundamentals & Algorithms"),
    ("2.2", "Practical ML Engineering"),
    ("2.3", "Advanced ML Topics"),
    ("2.4", "Capstone Projects"),
    ("3.1", "Neural Networks Fundamentals"),
    ("3.2", "Convolutional & Recurrent Networks"),
    ("3.3", "Transformers & Attention Mechanism"),
    ("3.4", "Deep Learning Projects"),
    ("4.1", "LLM Architecture & Theory"),
    ("4.2", "Fine-tuning Methodologies"),
    ("4.3", "Production LLM Systems"),
    ("4.4", "Advanced DL & LLM Projects"),
    ("5.1", "Advanced LLMOps & Production Systems"),
    ("5.2", "Agents & Agentic AI"),
    ("5.3", "Advanced RAG & Knowledge Systems"),
    ("5.4", "Capstone & Specialization"),
]

# Code, title, hours, number of checklist items, line.
PROJECTS = [
    ("1.1-C", "File Organizer CLI", None, 5, 46),
    ("1.2-C", "Statistical Analysis Dashboard", None, 5, 74),
    ("1.3-C", "Exploratory Data Analysis (EDA) on Real Dataset", None, 5, 106),
    ("1.4-P1", "end-to-end data pipeline", 100, 5, 117),
    ("1.4-P2", "Personal Data Analysis Portfolio", 100, 5, 124),
    ("2.1-C", "Complete ML Classification Pipeline", None, 6, 176),
    ("2.2-C", "Production ML Application", None, 7, 208),
    ("2.4-P1", "Kaggle Competition", 100, 4, 232),
    ("2.4-P2", "Portfolio Project: Real Business Problem", 100, 4, 238),
    ("3.1-C", "MNIST Classification from Scratch", None, 5, 285),
    ("3.2-C", "Image Classification with Transfer Learning", None, 6, 312),
    ("3.3-C", "Fine-tune Transformer for NLP Task", None, 6, 341),
    ("3.4-P1", "End-to-End Vision Project", 150, 5, 353),
    ("3.4-P2", "End-to-End NLP Project", 150, 5, 360),
    ("3.4-P3", "Kaggle Deep Learning Competition", 100, 3, 367),
    ("4.1-C", "Build a Small Language Model from Scratch", None, 5, 409),
    ("4.2-C", "Fine-tune Production LLM (Multiple Techniques)", None, 8, 440),
    ("4.3-C", "Production LLM Application", None, 6, 471),
    ("4.4-P1", "Full LLM Fine-tuning Pipeline", 150, 5, 483),
    ("4.4-P2", "LLM-powered Application", 150, 5, 490),
    ("5.2-C", "Multi-Agent System", None, 4, 554),
    ("5.4-T1", "LLM Research Track", 500, 4, 582),
    ("5.4-T2", "LLMOps / DevOps Track", 500, 6, 588),
    ("5.4-T3", "Domain-Specific Application Track", 500, 7, 596),
    ("5.4-T4", "Agents & Automation Track", 500, 5, 605),
    ("final", "Final Capstone Project", None, 5, 614),
]


def _hours(topic: PlanTopic) -> object:
    return (topic.hours, [each.hours for each in topic.subtopics]) if topic.subtopics else topic.hours


def test_the_real_plan_has_five_levels_of_2000_hours() -> None:
    plan = real_plan()

    assert [(level.number, level.title, level.hours) for level in plan.levels] == [
        (1, "Foundations", 2000),
        (2, "Machine Learning", 2000),
        (3, "Deep Learning Basics", 2000),
        (4, "Advanced DL & LLMs", 2000),
        (5, "LLM Specialization", 2000),
    ]
    assert (plan.title, plan.language, plan.hours) == ("10.000-uur AI/LLM Engineer Training Plan", "nl", 10_000)
    assert plan.summary.startswith("Een 5-niveau curriculum (2-3 jaar, 20-30 uur/week)")
    assert plan.summary.endswith("Geschikt voor self-paced en groepsleren.")


def test_the_real_plan_has_twenty_modules() -> None:
    assert [(module.code, module.title) for module in real_plan().modules] == MODULES


@pytest.mark.parametrize("code", HOURS)
def test_every_topic_and_sub_topic_of_the_real_plan_has_its_hours(code: str) -> None:
    module = next(module for module in real_plan().modules if module.code == code)

    assert (module.hours, [_hours(topic) for topic in module.topics]) == HOURS[code]


def test_every_topic_row_of_the_real_plan_is_a_topic_on_its_own_line() -> None:
    lines = REAL.read_text(encoding="utf-8").split("\n")
    topics = [topic for module in real_plan().modules for topic in module.topics]
    subtopics = [subtopic for topic in topics for subtopic in topic.subtopics]
    rows = {number for number, line in enumerate(lines, 1) if re.match(r"\| [^|]+ \| \d+ \|", line)}

    assert (len(topics), len(subtopics)) == (63, 160)
    assert {topic.line for topic in (*topics, *subtopics)} == rows
    assert [topic.title for topic in topics] == [
        lines[topic.line - 1].split("|")[1].strip().strip("*") for topic in topics
    ]
    assert [f"- {each.title}" for each in subtopics] == [
        lines[each.line - 1].split("|")[1].strip() for each in subtopics
    ]


def test_topics_keep_their_other_cells_by_heading() -> None:
    modules = {module.code: module for module in real_plan().modules}

    assert modules["1.1"].table_headings == ("Topic", "Uren", "Resources", "Deliverables")
    assert modules["1.1"].topics[0] == PlanTopic(
        "1.1.1", "Variables, types, operators", Decimal(80), "Python Official Docs, Codecademy", "5 small scripts"
    )
    assert modules["1.3"].topics[4].deliverables == "- Local database setup\n- Query complex data\n- Schema design"
    assert modules["4.2"].topics[1].subtopics[1] == PlanTopic(
        "4.2.2.2",
        "QLoRA",
        Decimal(60),
        cells=(PlanCell("Technique", "Quantized + LoRA"), PlanCell("When to Use", "1 GPU fine-tuning")),
    )


def test_every_project_of_the_real_plan_comes_in_with_its_checklist() -> None:
    assert [
        (project.code, project.title, project.hours, len(project.checklist), project.line)
        for project in real_plan().projects
    ] == sorted(PROJECTS, key=lambda row: ("-T" in row[0]) + 2 * (row[0] == "final"))


def test_a_project_keeps_the_sentence_around_its_title() -> None:
    projects = {project.code: project for project in real_plan().projects}

    assert projects["1.1-C"] == PlanProject(
        "module_capstone",
        "1.1-C",
        "File Organizer CLI",
        description="Build a multi-module File Organizer CLI that",
        checklist=(
            ChecklistItem("Reads directories recursively"),
            ChecklistItem("Classifies files by type"),
            ChecklistItem("Moves them to organized folders"),
            ChecklistItem("Logs all operations"),
            ChecklistItem("Has error handling & tests"),
        ),
    )
    assert projects["final"].description == "all specializations"


def test_nested_checklist_items_keep_their_depth() -> None:
    checklist = next(project for project in real_plan().projects if project.code == "4.2-C").checklist

    assert [(item.text, item.depth) for item in checklist] == [
        ("Start with Llama 2 or Mistral 7B", 0),
        ("Prepare dataset (domain-specific or instruction)", 0),
        ("Implement & compare:", 0),
        ("Full fine-tuning", 1),
        ("LoRA fine-tuning", 1),
        ("QLoRA on consumer GPU", 1),
        ("Measure quality vs. compute tradeoff", 0),
        ("Deploy best version", 0),
    ]


def test_benchmarks_are_read_where_the_plan_states_a_number() -> None:
    plan = real_plan()

    assert {project.code: project.benchmarks for project in plan.projects if project.benchmarks} == {
        "1.3-C": (PlanBenchmark("visualizations", ">=", Decimal(15), "count"),),
        "1.4-P1": (PlanBenchmark("visualizations", ">=", Decimal(10), "count"),),
        "2.1-C": (PlanBenchmark("models", ">=", Decimal(5), "count"),),
        "2.4-P1": (PlanBenchmark("rank", "<=", Decimal(10), "%"),),
        "3.1-C": (PlanBenchmark("accuracy", ">=", Decimal(97), "%"),),
        "3.2-C": (PlanBenchmark("accuracy", ">=", Decimal(85), "%"),),
        "5.4-T1": (PlanBenchmark("recent research papers", ">=", Decimal(20), "count"),),
    }
    assert {topic.code: topic.benchmarks for module in plan.modules for topic in module.topics if topic.benchmarks} == {
        "1.1.10": (PlanBenchmark("test cases", ">=", Decimal(20), "count"),)
    }


def test_levels_have_goal_milestone_assessment_and_breakdown() -> None:
    levels = real_plan().levels

    assert levels[0].goal == (
        "Leerlingen kunnen self-contained Python scripts schrijven, basiswiskunde begrijpen, "
        "data manipuleren in DataFrames."
    )
    assert [level.key_assessment for level in levels] == [
        "Python scripting + EDA project",
        "Complete ML pipeline on Kaggle dataset",
        "Fine-tune transformer + deploy",
        "Fine-tuned LLM in production",
        "Capstone project + specialization",
    ]
    assert levels[4].graduation_criteria == "Expert in chosen area; can solve novel problems independently"
    assert [bool(level.goal) for level in levels] == [True] * 5
    assert [bool(level.milestone) for level in levels] == [True, True, True, True, False]
    assert [(level.focus, level.technologies) for level in levels[1:3]] == [
        ("ML Algorithms, Evaluation, Feature Engineering", "scikit-learn, Jupyter"),
        ("Neural Networks, CNN, RNN, Transformers Intro", "PyTorch, TensorFlow"),
    ]
    assert [level.breakdown_hours for level in levels] == [2000, 2000, None, None, None]
    assert [[share.hours for share in level.breakdown] for level in levels] == [
        [700, 500, 600, 200],
        [800, 600, 400, 200],
        [600, 500, 500, 400],
        [600, 600, 500, 300],
        [600, 500, 400, 500],
    ]
    assert levels[0].breakdown[3].title == "Projects & Practicum"


def test_tracks_belong_to_the_module_they_stand_in() -> None:
    plan = real_plan()

    assert [(track.number, track.title, track.hours, track.module_code) for track in plan.tracks] == [
        (1, "LLM Research Track", 500, "5.4"),
        (2, "LLMOps / DevOps Track", 500, "5.4"),
        (3, "Domain-Specific Application Track", 500, "5.4"),
        (4, "Agents & Automation Track", 500, "5.4"),
    ]
    assert plan.modules[-1].description == "Leerlingen kiezen één specialisatie en voeren zo'n groot project uit."


def test_verification_methods() -> None:
    assert [(method.title, method.text) for method in real_plan().verification_methods] == [
        ("Code Reviews", "All projects reviewed for quality, testing, documentation"),
        ("Automated Testing", "Unit tests, integration tests required for all projects"),
        ("Portfolio Review", "Evaluate GitHub portfolio quality"),
        ("Benchmark Performance", "Achieve minimum benchmarks on standard datasets"),
        ("Presentation", "Defend capstone projects to mentors/peers"),
    ]


def test_the_thirteen_targets() -> None:
    personal, learning, business = "Individual graduate targets", "Learning effectiveness", "Business impact"
    retention = "Cohort retention: 70%+ through level 3, 50%+ through level 5"

    assert real_plan().targets == (
        PlanTarget("capstones", ">=", Decimal(95), "%", "95%+ complete capstone project", personal),
        PlanTarget("code_review", ">=", Decimal(80), "%", "80%+ pass code quality reviews", personal),
        PlanTarget("benchmark", ">=", Decimal(70), "%", "70%+ achieve min. benchmark performance", personal),
        PlanTarget("production_project", ">=", Decimal(100), "%", "100% have production project on GitHub", personal),
        PlanTarget(
            "placement",
            ">=",
            Decimal(85),
            "%",
            "Job placement rate: 85%+ within 6 months (relevant roles)",
            personal,
            months=Decimal(6),
        ),
        PlanTarget(
            "completion_years",
            "<=",
            Decimal("2.5"),
            "years",
            "Average completion time: 2.5 years @ 20 hrs/week",
            learning,
            hours_per_week=Span.of(20),
        ),
        PlanTarget("retention_level_3", ">=", Decimal(70), "%", retention, learning),
        PlanTarget("retention_level_5", ">=", Decimal(50), "%", retention, learning),
        PlanTarget(
            "portfolio_quality", None, None, "", "Capstone project quality: portfolio-ready (publishable)", learning
        ),
        PlanTarget("satisfaction", ">=", Decimal("4.5"), "points", "Community satisfaction: 4.5+/5.0 rating", learning),
        PlanTarget(
            "top_employers", ">=", Decimal(85), "%", "Graduate quality: 85%+ hire at FAANG-adjacent roles", business
        ),
        PlanTarget("reputation", "<=", Decimal(5), "rank", "Reputation: Top 5 locally in LLM/AI training", business),
        PlanTarget(
            "alumni_mentoring",
            ">=",
            Decimal(70),
            "%",
            "Alumni network: Active community, 70%+ mentor future cohorts",
            business,
        ),
    )


def test_the_three_formats_have_their_pace() -> None:
    assert real_plan().formats == (
        PlanFormat(
            "self_paced",
            "For Self-Paced Learning (20 hrs/week)",
            hours_per_week=Span.of(20),
            weeks=Span.of(500),
            years=Span(Decimal("9.6"), Decimal("9.6")),
            theory_hours_per_week=Decimal(12),
            practice_hours_per_week=Decimal(8),
            milestone_every=Interval(Decimal(1), Decimal(1), "month"),
            notes=(
                "Expect ~500 weeks total (~9.6 years)",
                "Each week: 12h lectures + tutorials, 8h hands-on coding",
                "Monthly milestones per topic to track progress",
                "Community support (Discord/forums) essential",
            ),
        ),
        PlanFormat(
            "bootcamp",
            "For Bootcamp Format (166 hrs/week)",
            hours_per_week=Span.of(166),
            weeks=Span.of(12),
            notes=(
                "Compress to 12 weeks intensive",
                "Same curriculum, higher intensity",
                "Daily stand-ups and code reviews",
                "Pair programming encouraged",
                "Job placement support built-in",
            ),
        ),
        PlanFormat(
            "blended",
            "For Blended Learning (variable pacing)",
            hours_per_week=Span.of(20, 30),
            years=Span.of(2, 3),
            milestone_every=Interval(Decimal(4), Decimal(6), "week"),
            notes=(
                "Recommended: 20-30 hrs/week, 2-3 year timeline",
                "Milestones every 4-6 weeks",
                "Monthly 1-on-1 mentoring sessions",
                "Peer group accountability",
            ),
        ),
    )


def test_claims_are_kept_with_their_numbers() -> None:
    claims = real_plan().claims

    assert [(claim.kind, claim.source, claim.line) for claim in claims if claim.kind != "resource"] == [
        ("total_hours", "title", 1),
        ("level_count", "summary", 3),
        ("duration", "summary", 3),
        ("theory_practice", "summary", 3),
        ("level_count", "overview", 7),
        *(("level_duration", "overview", line) for line in range(11, 16)),
        ("duration", "overview", 17),
        ("duration", "overview", 17),
        ("theory_practice", "note", 665),
        ("total_hours", "resources", 726),
        ("people", "resources", 726),
    ]
    assert [(each.weeks, each.years, each.hours_per_week) for each in claims if each.line == 17] == [
        (Span.of(500), Span(Decimal("9.6"), Decimal("9.6")), Span.of(20)),
        (Span.of(12), None, Span.of(166)),
    ]


def test_resource_estimates_are_kept_as_claims() -> None:
    resources = [claim for claim in real_plan().claims if claim.kind == "resource"]

    assert [(claim.place, claim.label, claim.amount, claim.unit, claim.per) for claim in resources] == [
        ("Hardware", "GPU cluster", Span.of(30_000, 40_000), "$", ""),
        ("Hardware", "CPU servers", Span.of(10), "", ""),
        ("Hardware", "Storage", Span.of(10), "TB", ""),
        ("Hardware", "Network", Span.of(100), "Mbps", ""),
        ("Software (licenses/platforms)", "Cloud credits (AWS/GCP/Azure)", Span.of(100_000), "$", ""),
        ("Software (licenses/platforms)", "Jupyter Hub enterprise", Span.of(2000, 5000), "$", "year"),
        ("Software (licenses/platforms)", "GitHub Organizations", Span.of(21), "$", "user/month"),
        ("Software (licenses/platforms)", "Monitoring tools (Datadog, etc.)", Span.of(500, 1000), "$", "month"),
        ("Software (licenses/platforms)", "LLM inference credits (if using APIs)", Span.of(50_000, 100_000), "$", ""),
        ("Personnel", "Lead instructors", Span.of(2, 3), "", ""),
        ("Personnel", "Teaching assistants", Span.of(4, 5), "", ""),
        ("Personnel", "Dedicated mentor/career support", Span.of(1), "", ""),
        ("Personnel", "Total FTE", Span.of(7, 10), "", ""),
        ("Total Cost (rough)", "One-time", Span.of(50_000, 70_000), "$", ""),
        ("Total Cost (rough)", "Annual operating", Span.of(150_000, 200_000), "$", ""),
        ("Total Cost (rough)", "Per-person cost", Span.of(7500, 10_000), "$", ""),
    ]


def test_prose_is_kept_as_notes_and_nothing_is_left_over() -> None:
    plan = real_plan()

    assert [(note.section, note.heading, note.line) for note in plan.notes] == [
        ("KEY DECISIONS MADE", "Why 5 levels?", 647),
        ("KEY DECISIONS MADE", "Why 2.000 hours per level?", 650),
        ("KEY DECISIONS MADE", "Why Blended format?", 653),
        ("KEY DECISIONS MADE", "Why topic ordering?", 656),
        ("KEY DECISIONS MADE", "Why PyTorch + Hugging Face?", 659),
        ("KEY DECISIONS MADE", "Why projects-heavy?", 662),
        ("KEY DECISIONS MADE", "Why 35% theory / 65% hands-on?", 665),
        ("TECHNOLOGY STACK RECOMMENDATIONS", "Required:", 695),
        ("TECHNOLOGY STACK RECOMMENDATIONS", "Strongly Recommended:", 703),
        ("TECHNOLOGY STACK RECOMMENDATIONS", "Optional (specialized):", 713),
        ("CONTINUED LEARNING PATHWAY (Post-Graduation)", "For graduates who want specialization:", 778),
        ("CONTINUED LEARNING PATHWAY (Post-Graduation)", "", 800),
    ]
    assert plan.notes[-1].text == "**Ende of Plan**"
    assert plan.unparsed == ()


def test_every_word_of_the_real_plan_is_somewhere_in_what_was_read() -> None:
    """Structure words apart (column headings, labels, section titles), no word of the source is lost."""
    kept = set(re.findall(r"\w+", repr(real_plan())))
    structure = set(
        re.findall(
            r"\w+",
            "Niveau Uren uur Weken wk Focus Technologie STRUCTUUR niveaus TL DR Doel Onderverdeling Topic Milestone "
            "After FOUNDATIONS MACHINE LEARNING BASICS ADVANCED SPECIALIZATION VERIFICATION ASSESSMENT STRATEGY "
            "IMPLEMENTATION NOTES RESOURCE ESTIMATE SUCCESS METRICS NIVEAU DEEP Per Milestones Methods Verification "
            "Graduation Criteria Key Option br Options 3 100h 150h 500h 20h Assessment",
        )
    )
    words = set(re.findall(r"\w+", REAL.read_text(encoding="utf-8")))
    hours = {word for word in words if word.isdecimal()}

    assert words - kept - structure - hours == set()


STRUCTURE = re.compile(
    r"|---|## NIVEAU \d: [A-Z &]+[sS]? \(2\.000 uur\)|\|[\s|:-]+\|"
    r"|\*\*(?:Onderverdeling\*\*(?: \(2\.000 uur\))?|Specialization Options):(?:\*\*)?"
    r"|### (?:Per-Niveau Milestones|Verification Methods):"
    r"|## (?:VERIFICATION & ASSESSMENT STRATEGY|IMPLEMENTATION NOTES|RESOURCE ESTIMATE|SUCCESS METRICS)"
    r"|\| (?:Topic|Niveau) \|.*\|"
)
"""Lines that say what follows, and nothing of their own: rules, headings, heads of tables."""


def _stated(node: object) -> Iterator[tuple[int, str]]:
    """Every line number and every text of a node and of what is in it."""
    if isinstance(node, tuple):
        for each in node:
            yield from _stated(each)
    elif isinstance(node, str):
        yield 0, node
    elif is_dataclass(node):
        yield getattr(node, "line", 0), ""
        for each in fields(node):
            yield from _stated(getattr(node, each.name))


def test_every_line_of_the_real_plan_is_in_a_node_or_was_not_understood() -> None:
    stated = list(_stated(real_plan()))
    numbers, texts = {line for line, _text in stated}, "\n".join(text for _line, text in stated)
    unmarked = str.maketrans("", "", "*")
    lost = [
        (number, line)
        for number, line in enumerate(REAL.read_text(encoding="utf-8").split("\n"), start=1)
        if number not in numbers and not STRUCTURE.fullmatch(line)
        # What has no line of its own: goals, milestones, assessments, notes.
        if not all(
            part.strip(" -#>") in texts or part.translate(unmarked).strip(" -#>:") in texts
            for part in re.sub(r"^\*\*(?:Doel|Milestone After Niveau \d|TL;DR)\*\*: |^\| \d: [^|]+", "", line).split(
                "|"
            )
        )
    ]

    assert lost == []


@pytest.mark.parametrize(
    ("line", "changed"),
    [
        ("| **Water** | 20 |", "| **Water** | (700 uur) |"),
        ("### 1.2 Oven (40 hours)", "### 1.2 Oven (700 uur)"),
        ("- **Project 1 (40h)**: **Build an oven**", "- **Project 1 (700 uur)**: **Build an oven**"),
    ],
)
def test_hours_stand_between_parentheses_too(line: str, changed: str) -> None:
    plan = read_plan(with_line(line, changed))
    parts = (*plan.modules, *plan.modules[0].topics, *plan.projects)

    assert [part.hours for part in parts if part.hours == 700] == [700]


@pytest.mark.parametrize("written", ["2.000", "2,000", "2000", "2000h", "2.000 uur", "2,000 hours"])
@pytest.mark.parametrize(("level", "unit"), [("Level", ""), ("Niveau", " uur")])
def test_hours_of_a_level_are_read_in_both_languages(written: str, level: str, unit: str) -> None:
    hours = written if written[-1].isalpha() else f"{written}{unit or ' hours'}"
    plan = read_plan(with_line("## Level 1: Bread (100 hours)", f"## {level} 1: Bread ({hours})"))

    assert plan.levels[0].hours == 2000


def test_a_small_plan_in_english() -> None:
    plan = read_plan(SMALL)

    assert (plan.language, plan.summary, plan.unparsed) == ("en", "Bread in 100 hours.", ())
    assert [(topic.title, _hours(topic)) for topic in plan.modules[0].topics] == [
        ("Flour", (40, [30, 10])),
        ("Water", 20),
    ]
    assert plan.modules[1].projects[0].checklist == (ChecklistItem("Draw it"), ChecklistItem("To scale", 1))
    assert (plan.levels[0].milestone, plan.levels[0].key_assessment) == ("Learners bake.", "A loaf")


@pytest.mark.parametrize("written", ["1.000 uur", "1,000 hours", "1000h", "1000", "~1000 uren"])
def test_hours_of_a_topic_are_read_as_people_write_them(written: str) -> None:
    plan = read_plan(with_line("| **Water** | 20 |", f"| **Water** | {written} |"))

    assert plan.modules[0].topics[1].hours == 1000


def test_rows_without_a_dash_are_topics_of_their_own() -> None:
    table = "| Topic | Hours |\n|---|---|\n| One | 10 |\n| Two | 20 |\n| **Three** | 30 |"
    plan = read_plan(f"# Plan\n\n## Level 1: A (60 hours)\n\n### 1.1 B (60 hours)\n\n{table}\n")

    assert [_hours(topic) for topic in plan.modules[0].topics] == [10, 20, 30]


def test_plain_rows_under_bold_ones_are_sub_topics() -> None:
    table = "| Topic | Hours |\n|---|---|\n| **One** | 30 |\n| A | 10 |\n| B | 20 |\n| **Two** | 5 |\n| C | 5 |"
    plan = read_plan(f"# Plan\n\n## Level 1: A (35 hours)\n\n### 1.1 B (35 hours)\n\n{table}\n")

    assert [_hours(topic) for topic in plan.modules[0].topics] == [(30, [10, 20]), (5, [5])]


def test_what_is_not_understood_is_listed_with_its_line() -> None:
    odd = "**Colour**: blue\n\n> A saying.\n\n```\ncode\n```\n\n[link]: https://example.org\n"
    plan = read_plan(SMALL.replace("## Verification", f"{odd}\n## Verification"))

    assert plan.unparsed == (
        Unparsed(29, "**Colour**: blue"),
        Unparsed(31, "> A saying."),
        Unparsed(33, "```\ncode\n```"),
    )
    assert plan.modules[1].description == "[link]: https://example.org"


def test_a_second_goal_and_a_group_without_targets_are_not_lost() -> None:
    text = with_line("### 1.1 Dough (60 hours)", "**Goal**: Cake.\n\n### 1.1 Dough (60 hours)")
    plan = read_plan(f"{text}\n## Targets\n\n### Hearts:\n\n### Minds\n\n- 95%+ complete capstone project\n- Joy\n")

    assert plan.levels[0].goal == "Learners bake bread."
    assert [target.group for target in plan.targets] == ["Minds"]
    assert plan.unparsed == (Unparsed(9, "**Goal**: Cake."), Unparsed(39, "Hearts"), Unparsed(44, "Joy"))


def test_labels_on_following_lines_are_read_apart() -> None:
    plan = read_plan(with_line("**Goal**: Learners bake bread.", "**Goal**: Learners\nbake.\n**Focus**: Crust"))

    assert (plan.levels[0].goal, plan.levels[0].focus) == ("Learners bake.", "Crust")


def test_markup_in_titles_is_plain_text() -> None:
    title = "<script>alert(1)</script> & `code`"
    plan = read_plan(with_line("# Baking", f"# {title}"))

    assert plan.title == "<script>alert(1)</script> & code"


def test_right_to_left_text_and_emoji_are_kept() -> None:
    text = with_line("| **Water** | 20 |", "| **مقدمة في بايثون 🐍** | 20 |").replace(
        "# Baking", "# תוכנית לימודים 🎓", 1
    )
    plan = read_plan(text)

    assert (plan.title, plan.modules[0].topics[1].title) == ("תוכנית לימודים 🎓", "مقدمة في بايثون 🐍")


def test_windows_line_endings_and_a_byte_order_mark_change_nothing() -> None:
    assert read_plan("\ufeff" + SMALL.replace("\n", "\r\n")) == read_plan(SMALL)


def test_lines_do_not_take_part_in_comparison() -> None:
    assert read_plan(SMALL.replace("\n\n", "\n\n\n")) == read_plan(SMALL)
