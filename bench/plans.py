"""Importing a plan: the real one, and one twenty times as large, which may take at most 25 times as long."""

import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from bench.known import analyze
from curriculum.importing import import_plan, preview
from curriculum.plan.from_yaml import read_yaml
from curriculum.plan.markdown import read_plan
from curriculum.plan.to_markdown import write_markdown
from curriculum.plan.to_yaml import write_yaml
from organizations.models import Organization
from organizations.scope import scope

PLAN = Path(settings.BASE_DIR) / "tests" / "data" / "ai-llm-engineer-plan.md"
TIMES, GOAL = 20, 25
ROUNDS = 5


def measure() -> None:
    whole = PLAN.read_text(encoding="utf-8")
    start, end = whole.index("## NIVEAU 1:"), whole.index("## VERIFICATION")
    levels = whole[start:end].replace("**Final Capstone Project (all specializations):**", "Final capstone:")
    small = whole[:start] + levels
    large = whole[:start] + "\n".join(renumbered(levels, 5 * number) for number in range(TIMES))
    _compare("plan: read Markdown", read_plan, small, large)
    _compare("plan: read YAML", read_yaml, *(write_yaml(read_plan(text)) for text in (small, large)))
    _compare("plan: write Markdown", write_markdown, read_plan(small), read_plan(large))
    call_command("migrate", verbosity=0)
    _prepare(small)
    _compare("plan: import, rows and all", _import, small, large, clock=time.perf_counter)


def renumbered(levels: str, shift: int) -> str:
    """The five levels, counted on from `shift`."""
    for number in range(5, 0, -1):
        shifted = number + shift
        levels = levels.replace(f"## NIVEAU {number}:", f"## NIVEAU {shifted}:")
        for module in range(1, 5):
            levels = levels.replace(f"### {number}.{module} ", f"### {shifted}.{module} ")
            levels = levels.replace(f"({number}.{module})", f"({shifted}.{module})")
    return levels


def _prepare(text: str) -> None:
    """An organization that has a plan already, and tables that PostgreSQL knows, as after the first minute of use."""
    organization, is_new = Organization.objects.get_or_create(slug="bench-import", defaults={"name": "Bench"})
    if is_new:
        with scope(organization.pk):
            import_plan(plan=preview(text).plan, by=None, at=timezone.now(), source=text)
    analyze()


def _import(text: str) -> None:
    """Everything that an import does, foreign keys checked; then it is undone."""
    with scope(Organization.objects.get(slug="bench-import").pk):
        import_plan(plan=preview(text).plan, by=None, at=timezone.now(), source=text)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        transaction.set_rollback(True)


def _compare(
    name: str, work: Callable[[Any], object], small: Any, large: Any, *, clock: Callable[[], float] = time.process_time
) -> None:
    """In turn, so that the machine's mood is shared: the ratio is the median of that of each round.

    In processor time where the work is this process's own: other work on the machine does not count.
    """
    rounds = []
    for _round in range(ROUNDS):
        ones = [_seconds(work, small, clock) for _time in range(8)]
        rounds.append((_seconds(work, large, clock), statistics.median(ones)))
    many, one = (statistics.median(taken) for taken in zip(*rounds, strict=True))
    ratio = statistics.median(many_ / one_ for many_, one_ in rounds)
    verdict = "within" if ratio <= GOAL else "over"
    print(
        f"{name:<28} {1000 * one:7.1f} ms   {TIMES} times as large {1000 * many:7.1f} ms   "
        f"×{ratio:.1f}   {verdict} the goal of ×{GOAL}"
    )


def _seconds(work: Callable[[Any], object], about: Any, clock: Callable[[], float]) -> float:
    began = clock()
    work(about)
    return clock() - began
