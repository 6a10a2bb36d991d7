"""Projects as a plan words them: title, checklist, and the benchmarks hidden in the checklist."""

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal

from curriculum.plan.blocks import Item, Rich
from curriculum.plan.hours import NUMBER, read_number
from curriculum.plan.nodes import ChecklistItem, PlanBenchmark

MAX_METRIC = 100
MAX_THRESHOLD = Decimal(10_000_000)

_STOP_WORDS = "on|for|of|in|with|to|from|at|by|and|or|per|using|op|voor|van|met|bij|door|en|of|uit|als"
_NOUN = rf"(?P<metric>[^\W\d_][\w-]*(?:\s+(?!(?:{_STOP_WORDS})\b)[^\W\d_][\w-]*){{0,3}})"
_ASIDE = re.compile(r"\([^()]*\)")
_TOP = re.compile(r"\btop\s+(?P<number>\d+)\s*(?P<percent>%)?", re.IGNORECASE)
_AT_LEAST = re.compile(
    rf"(?P<words>(?:at least|minimaal|minstens|ten minste|≥|>=)\s*)?(?<![\w.,])(?P<number>{NUMBER})(?P<k>k)?"
    rf"\s*(?P<percent>%)?(?P<plus>\+)?\s+{_NOUN}",
    re.IGNORECASE,
)
_COMPARED = re.compile(
    r"(?<![\w-])(?P<metric>[^\W\d_][\w-]*(?: [^\W\d_][\w-]*){0,3})"
    rf"\s*(?P<sign>≥|>=|≤|<=)\s*(?P<number>{NUMBER})\s*(?P<unit>%|[^\W\d_]+)?"
)


def read_benchmarks(text: str) -> tuple[PlanBenchmark, ...]:
    """The results that a text asks for with a number.

    ``97%+ accuracy``, ``at least 5 models``, ``15+ visualizations``, ``top 10% score`` and ``latency <= 200 ms``
    are benchmarks; what stands between parentheses, and a bare number such as ``3 datasets``, is not.
    """
    text = _ASIDE.sub(" ", text)
    found = [
        PlanBenchmark("rank", "<=", Decimal(match["number"]), "%" if match["percent"] else "")
        for match in _TOP.finditer(text)
    ]
    compared = list(_COMPARED.finditer(text))
    for match in compared:
        sign, unit = match["sign"], match["unit"] or ""
        metric, threshold = match["metric"].strip().casefold(), read_number(match["number"])
        found.append(PlanBenchmark(metric, ">=" if sign in {"≥", ">="} else "<=", threshold, unit))
    for match in () if compared else _AT_LEAST.finditer(text):
        if match["words"] or match["plus"]:
            threshold = read_number(match["number"]) * (1000 if match["k"] else 1)
            found.append(
                PlanBenchmark(match["metric"].casefold(), ">=", threshold, "%" if match["percent"] else "count")
            )
    return tuple(each for each in found if len(each.metric) <= MAX_METRIC and each.threshold <= MAX_THRESHOLD)


def checklist_of(items: Iterable[Item]) -> tuple[ChecklistItem, ...]:
    """The items as they stand, with the outermost at depth 0."""
    listed = tuple(items)
    base = min((item.depth for item in listed), default=0)
    return tuple(ChecklistItem(item.rich.text, item.depth - base, item.line) for item in listed)


def benchmarks_of(checklist: Sequence[ChecklistItem]) -> tuple[PlanBenchmark, ...]:
    found = (benchmark for item in checklist for benchmark in read_benchmarks(item.text))
    return tuple(dict.fromkeys(found))


def title_of(rich: Rich, fallback: str) -> tuple[str, str]:
    """(title, description) of the text behind a project's label.

    The bold words are the title; the sentence around them, when there is one, is the description.
    """
    sentence = rich.body.rstrip(":").strip() or rich.body
    bold = [phrase for phrase in rich.bold[1:] if phrase in sentence]
    title = (bold[0].rstrip(":") or bold[0]) if len(bold) == 1 else sentence
    if not title:
        return fallback, ""
    return title, "" if title == sentence else sentence
