"""Plans of every shape, in words that mean something in Markdown, YAML or HTML, in several scripts."""

from dataclasses import replace
from decimal import Decimal

from hypothesis import strategies as st

from curriculum.plan.nodes import (
    ChecklistItem,
    Interval,
    Plan,
    PlanBenchmark,
    PlanCell,
    PlanClaim,
    PlanFormat,
    PlanLevel,
    PlanMethod,
    PlanModule,
    PlanNote,
    PlanProject,
    PlanShare,
    PlanTarget,
    PlanTopic,
    PlanTrack,
    Unparsed,
)
from curriculum.sentences import Span

WORDS = [
    "Brood", "bakken", "deeg", "bread", "Python", "één", "naïve", "C++", "C#", "F#", "2.000", "100h", "(40 uur)", "1.",
    "2)", "-", "--", "---", "–", "•", "+", "*", "**", "_", "__init__", "snake_case", "`code`", "```", "~~~", "#", "##",
    ">", "|", "||", "\\", "\\|", "[x]", "[a](b)", "![a](b)", "<br>", "<b>", "<script>alert(1)</script>",
    "<https://a.nl>", "<a@b.nl>", "&amp;", "&#35;", "&", ":", "Doel:", "**Doel**:", "Requires: 1.1", "Vereist: 1.1",
    "Capstone", "Level 1:", "1.1", "=", "===", "|---|", "~", "null", "yes", "no", "'", '"', "{", "}", "[", "]", "%",
    "@", "!", "!!str", "&anchor", "*alias", "?", "🎓", "👩‍🍳", "مقدمة", "في", "תוכנית", "学习", "\u200f", "e\u0301",
    "97%+", "accuracy", "15+", "top 10%", "35% theorie, 65% praktijk",
]  # fmt: skip
LETTERS = st.characters(exclude_categories=["Cc", "Cs", "Cn"], exclude_characters="\ufeff\u2028\u2029")

words = st.lists(st.sampled_from(WORDS) | st.text(LETTERS, min_size=1, max_size=6), min_size=1, max_size=6)
titles = words.map(lambda found: " ".join(" ".join(found).split())).filter(lambda text: text and len(text) <= 120)
maybe_titles = st.just("") | titles
lines = st.lists(titles, min_size=1, max_size=3).map("\n".join)
paragraphs = st.just("") | st.lists(lines, min_size=1, max_size=3).map("\n\n".join)
texts = st.just("") | lines
hours = st.decimals(0, 100_000, places=2) | st.integers(0, 3000).map(Decimal)
maybe_hours = st.none() | hours
numbers = st.decimals(0, 100_000, places=1)
spans = st.tuples(numbers, numbers).map(lambda pair: Span(min(pair), max(pair)))
benchmarks = st.builds(PlanBenchmark, titles, st.sampled_from([">=", "<="]), numbers, st.sampled_from(["%", "", "ms"]))
steps = st.lists(st.tuples(lines, st.integers(-2, 1)), max_size=5)
notes = st.builds(PlanNote, titles, maybe_titles, paragraphs)
targets = st.builds(
    PlanTarget, st.sampled_from(["placement", "capstones"]), st.none() | st.just(">="), st.none() | numbers,
    st.sampled_from(["%", ""]), lines, maybe_titles, st.none() | spans,
)  # fmt: skip
formats = st.builds(
    PlanFormat, st.sampled_from(["bootcamp", "blended"]), titles, st.none() | spans,
    milestone_every=st.none() | st.builds(Interval, numbers, numbers, st.just("week")),
    notes=st.lists(lines, max_size=2).map(tuple),
)  # fmt: skip
claims = st.builds(
    PlanClaim, st.sampled_from(["total_hours", "level_duration", "resource", "people"]),
    st.sampled_from(["title", "summary", "overview", "note", "resources"]), lines, place=maybe_titles | st.just("1"),
    hours=maybe_hours, weeks=st.none() | spans, amount=st.none() | spans,
)  # fmt: skip


def checklist_of(steps: list[tuple[str, int]]) -> tuple[ChecklistItem, ...]:
    depth, items = -1, []
    for text, step in steps:
        depth = max(0, depth + step)
        items.append(ChecklistItem(text, depth))
    return tuple(items)


checklists = steps.map(checklist_of) | st.builds(ChecklistItem, lines, st.integers(0, 9)).map(lambda item: (item,))


def some(strategy: st.SearchStrategy, most: int = 2) -> st.SearchStrategy:
    return st.lists(strategy, max_size=most).map(tuple)


@st.composite
def topics(draw: st.DrawFn, code: str, *, deep: bool = True) -> PlanTopic:
    topic = PlanTopic(
        code,
        draw(titles),
        draw(maybe_hours),
        draw(texts),
        draw(texts),
        draw(some(st.builds(PlanCell, maybe_titles | st.sampled_from(["Level", "Uren", "Source"]), lines))),
        draw(some(benchmarks, 1)),
    )
    inside = draw(st.integers(0, 2)) if deep else 0
    return replace(topic, subtopics=tuple(draw(topics(f"{code}.{n}", deep=False)) for n in range(1, inside + 1)))


@st.composite
def work(draw: st.DrawFn, kind: str, code: str) -> PlanProject:
    title = draw(titles)
    description = draw(texts | st.builds("{} {} {}".format, titles, st.just(title), titles))
    return PlanProject(kind, code, title, draw(maybe_hours), description, draw(checklists), draw(some(benchmarks, 1)))


@st.composite
def modules(draw: st.DrawFn, code: str, before: list[str]) -> PlanModule:
    kinds = draw(st.lists(st.sampled_from("CP"), max_size=3))
    codes = [f"{code}-{kind}{kinds[:place].count(kind) + 1}" for place, kind in enumerate(kinds)]
    return PlanModule(
        code,
        draw(titles),
        draw(hours),
        requires=tuple(draw(st.lists(st.sampled_from(before), max_size=2, unique=True))) if before else (),
        description=draw(paragraphs),
        table_headings=draw(some(titles | st.sampled_from(["Topic", "Onderwerp", "Uren", "Hours", "Tools"]), 4)),
        topics=tuple(draw(topics(f"{code}.{number}")) for number in range(1, draw(st.integers(0, 3)) + 1)),
        projects=tuple(
            draw(work("module_capstone" if "-C" in each else "practice_project", each.replace("-C1", "-C")))
            for each in codes
        ),
    )


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    codes: list[str] = []
    levels = []
    for number in range(1, draw(st.integers(1, 2)) + 1):
        inside = []
        for module in range(1, draw(st.integers(0, 2)) + 1):
            inside.append(draw(modules(f"{number}.{module}", codes[:])))
            codes.append(f"{number}.{module}")
        levels.append(
            PlanLevel(
                number,
                draw(titles),
                draw(hours),
                draw(paragraphs),
                *(draw(texts) for _field in range(6)),
                draw(maybe_hours),
                draw(some(st.builds(PlanShare, titles, hours))),
                tuple(inside),
            )
        )
    tracks = []
    for number in range(1, draw(st.integers(0, 2)) + 1 if codes else 1):
        own = draw(work("track", f"{codes[-1]}-T{number}"))
        tracks.append(PlanTrack(own.code, number, codes[-1], own.title, own.hours, own))
    return Plan(
        draw(titles),
        draw(paragraphs),
        draw(st.sampled_from(["nl", "en"])),
        tuple(levels),
        tuple(tracks),
        draw(st.none() | work("final_capstone", "final")),
        draw(some(st.builds(PlanMethod, titles, texts))),
        draw(some(targets)),
        draw(some(formats)),
        draw(some(claims, 3)),
        draw(some(notes)),
        draw(some(st.builds(Unparsed, st.just(0), lines))),
    )
