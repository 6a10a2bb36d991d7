"""Reading a plan: the real one, and one twenty times as large, which may take at most 25 times as long."""

import time
from pathlib import Path

from django.conf import settings

from curriculum.plan.markdown import read_plan

PLAN = Path(settings.BASE_DIR) / "tests" / "data" / "ai-llm-engineer-plan.md"
TIMES, GOAL = 20, 25


def measure() -> None:
    whole = PLAN.read_text(encoding="utf-8")
    start, end = whole.index("## NIVEAU 1:"), whole.index("## VERIFICATION")
    levels = whole[start:end].replace("**Final Capstone Project (all specializations):**", "Final capstone:")
    small = whole[:start] + levels
    large = whole[:start] + "\n".join(renumbered(levels, 5 * number) for number in range(TIMES))
    one, many = _seconds(small, rounds=10), _seconds(large, rounds=2)
    ratio = many / one
    verdict = "within" if ratio <= GOAL else "over"
    print(
        f"{'plan of 20 modules':<28} {1000 * one:7.1f} ms   {TIMES} times as large {1000 * many:7.1f} ms   "
        f"×{ratio:.1f}   {verdict} the goal of ×{GOAL}"
    )


def renumbered(levels: str, shift: int) -> str:
    """The five levels, counted on from `shift`."""
    for number in range(5, 0, -1):
        shifted = number + shift
        levels = levels.replace(f"## NIVEAU {number}:", f"## NIVEAU {shifted}:")
        for module in range(1, 5):
            levels = levels.replace(f"### {number}.{module} ", f"### {shifted}.{module} ")
            levels = levels.replace(f"({number}.{module})", f"({shifted}.{module})")
    return levels


def _seconds(text: str, *, rounds: int) -> float:
    """The fastest of a few rounds, in processor time: other work on the machine does not count."""
    times = []
    for _round in range(rounds):
        began = time.process_time()
        read_plan(text)
        times.append(time.process_time() - began)
    return min(times)
