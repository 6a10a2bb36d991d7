"""Plans to read: the real one, and the smallest that is complete."""

from dataclasses import replace
from decimal import Decimal
from functools import cache
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from curriculum.plan.markdown import read_plan
from curriculum.plan.nodes import Plan, PlanLevel, PlanModule, PlanProject, PlanShare, PlanTopic, PlanTrack
from tests.examples import examples

REAL = Path(__file__).resolve().parent.parent / "data" / "ai-llm-engineer-plan.md"

SMALL = """\
# Baking

**Summary**: Bread in 100 hours.

## Level 1: Bread (100 hours)

**Goal**: Learners bake bread.

### 1.1 Dough (60 hours)

| Topic | Hours |
|-------|-------|
| **Flour** | 40 |
| - Wheat | 30 |
| - Rye | 10 |
| **Water** | 20 |

**Capstone Project (1.1)**: **A loaf**
- Bake 3+ loaves

### 1.2 Oven (40 hours)

- **Project 1 (40h)**: **Build an oven**
  - Draw it
    - To scale

**Milestone after level 1**: Learners bake.

## Verification

| Level | Key assessment | Graduation criteria |
|-------|----------------|---------------------|
| 1: Bread | A loaf | It is eaten |
"""


@cache
def real_plan() -> Plan:
    return read_plan(REAL.read_text(encoding="utf-8"))


def with_line(old: str, new: str) -> str:
    """The small plan with one of its lines changed."""
    lines = SMALL.split("\n")
    return "\n".join([*lines[: (at := lines.index(old))], new, *lines[at + 1 :]])


def renumbered(plan: Plan) -> Plan:
    """Its modules, topics and projects with the codes that their places give them."""

    def topic(each: PlanTopic, code: str) -> PlanTopic:
        subtopics = tuple(topic(sub, f"{code}.{place}") for place, sub in enumerate(each.subtopics, start=1))
        return replace(each, code=code, subtopics=subtopics)

    def module(each: PlanModule, code: str) -> PlanModule:
        topics = tuple(topic(one, f"{code}.{place}") for place, one in enumerate(each.topics, start=1))
        projects = tuple(replace(one, code=code + one.code.removeprefix(each.code)) for one in each.projects)
        return replace(each, code=code, topics=topics, projects=projects)

    levels, codes = [], {}
    for level in plan.levels:
        modules = [module(each, f"{level.number}.{place}") for place, each in enumerate(level.modules, start=1)]
        codes |= {old.code: new.code for old, new in zip(level.modules, modules, strict=True)}
        levels.append(replace(level, modules=tuple(modules)))
    tracks = tuple(
        replace(track, module_code=(at := codes[track.module_code]), code=(code := f"{at}-T{track.number}"),
                project=replace(track.project, code=code))
        for track in plan.tracks
    )  # fmt: skip
    return replace(plan, levels=tuple(levels), tracks=tracks)


HOURS = st.integers(0, 400).map(lambda quarters: Decimal(quarters) / 4)
TITLES = st.sampled_from(
    ["Reading", "Writing", "Reading more", "Data", "Data and models", "Models", "Review", "Project"]
)


#: A busy machine may take long to draw two plans; that says nothing about them.
DRAWN = settings(max_examples=examples(40), deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def random_plans(draw: st.DrawFn) -> Plan:
    """Small trees with titles that recur and hours that need not add up."""

    def topics(depth: int) -> tuple[PlanTopic, ...]:
        return tuple(
            PlanTopic("", draw(TITLES), draw(st.none() | HOURS), subtopics=topics(depth - 1) if depth else ())
            for _each in range(draw(st.integers(0, 4)))
        )

    def module(level: int, place: int) -> PlanModule:
        code = f"{level}.{place}"
        projects = [
            PlanProject("practice_project", f"{code}-P{n}", draw(TITLES), draw(st.none() | HOURS)) for n in (1, 2)
        ]
        capstone = PlanProject("module_capstone", f"{code}-C", draw(TITLES))
        kept = (*projects[: draw(st.integers(0, 2))], *[capstone][: draw(st.integers(0, 1))])
        return PlanModule(code, draw(TITLES), draw(HOURS), topics=topics(1), projects=kept)

    def level(number: int) -> PlanLevel:
        modules = tuple(module(number, place) for place in range(1, draw(st.integers(0, 3)) + 1))
        shares = draw(st.sampled_from([(), modules, modules[:1]]))
        breakdown = tuple(PlanShare(each.title, draw(st.just(each.hours) | HOURS)) for each in shares)
        hours = draw(st.just(sum((each.hours for each in modules), Decimal(0))) | HOURS)
        stated = draw(st.none() | st.just(hours) | HOURS) if breakdown else None
        return PlanLevel(number, draw(TITLES), hours, breakdown_hours=stated, breakdown=breakdown, modules=modules)

    levels = tuple(level(number) for number in range(1, draw(st.integers(0, 3)) + 1))
    modules = [module for level in levels for module in level.modules][-1:]
    tracks = tuple(
        PlanTrack(
            code := f"{module.code}-T{number}",
            number,
            module.code,
            title := draw(TITLES),
            hours := draw(st.none() | HOURS),
            PlanProject("track", code, title, hours),
        )
        for module in modules
        for number in range(1, draw(st.integers(0, 2)) + 1)
    )
    return renumbered(Plan("Random", levels=levels, tracks=tracks))
