"""What changed inside a node: its texts, its lists and what it must measurably reach."""

from collections.abc import Iterable, Iterator

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from curriculum.audit.findings import plain
from curriculum.difference.entries import Detail, detail
from curriculum.plan.nodes import PlanBenchmark, PlanLevel, PlanModule, PlanProject, PlanTopic

Node = PlanLevel | PlanModule | PlanTopic | PlanProject

TEXTS: tuple[tuple[str, Promise], ...] = (
    ("description", _("Description")),
    ("goal", _("Goal")),
    ("focus", _("Focus")),
    ("technologies", _("Technologies")),
    ("milestone", _("Milestone")),
    ("key_assessment", _("Key assessment")),
    ("graduation_criteria", _("To pass this level")),
    ("resources", _("Resources")),
    ("deliverables", _("Deliverables")),
)
"""Each node has some of these."""


def details_of(old: Node, new: Node) -> tuple[Detail, ...]:
    return tuple(_details(old, new))


def _details(old: Node, new: Node) -> Iterator[Detail]:
    for name, label in TEXTS:
        yield from detail(label, getattr(old, name, ""), getattr(new, name, ""))
    if isinstance(old, PlanLevel) and isinstance(new, PlanLevel):
        yield from detail(_("Breakdown"), _breakdown(old), _breakdown(new))
    if isinstance(old, PlanModule) and isinstance(new, PlanModule):
        yield from detail(_("Requires"), old.requires, new.requires)
        yield from detail(_("Headings of its table"), old.table_headings, new.table_headings)
    if isinstance(old, PlanTopic) and isinstance(new, PlanTopic):
        yield from detail(_("Other columns"), _cells(old), _cells(new))
        yield from detail(_("To reach"), benchmark_lines(old.benchmarks), benchmark_lines(new.benchmarks))
    if isinstance(old, PlanProject) and isinstance(new, PlanProject):
        yield from detail(_("Checklist"), _checklist(old), _checklist(new))
        yield from detail(_("To reach"), benchmark_lines(old.benchmarks), benchmark_lines(new.benchmarks))


def _breakdown(level: PlanLevel) -> list[str]:
    total = [] if level.breakdown_hours is None else [f"= {plain(level.breakdown_hours)}"]
    return [*(f"{share.title}: {plain(share.hours)}" for share in level.breakdown), *total]


def _cells(topic: PlanTopic) -> list[str]:
    return [f"{cell.heading}: {cell.text}" for cell in topic.cells]


def _checklist(project: PlanProject) -> list[str]:
    """What is indented stands behind a dash for each step, so that a change of depth shows."""
    return [f"{'– ' * item.depth}{item.text}" for item in project.checklist]


def benchmark_lines(benchmarks: Iterable[PlanBenchmark]) -> list[str]:
    signs = {">=": "≥", "<=": "≤"}
    return [
        f"{each.metric} {signs[each.comparison]} {plain(each.threshold)} {'' if each.unit == 'count' else each.unit}"
        for each in benchmarks
    ]
