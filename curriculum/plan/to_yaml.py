"""Writing a plan in YAML, for `from_yaml` to read: fields in the order of the nodes, empty ones left out."""

import dataclasses
from decimal import Decimal
from typing import Any

import yaml

from curriculum.plan.nodes import ChecklistItem, Plan, PlanProject, PlanTopic, PlanTrack
from curriculum.plan.projects import benchmarks_of, read_benchmarks
from curriculum.plan.shape import LINES
from curriculum.sentences import Span

WIDTH = 110


def write_yaml(plan: Plan) -> str:
    """Reading it gives an equal plan, and the same column headings."""
    return dump(data_of(plan))


def dump(data: object) -> str:
    return yaml.dump(data, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=WIDTH)


def data_of(node: object) -> Any:
    """Mappings, lists, texts and numbers. What follows from elsewhere in the node is left out, as empty fields are."""
    if isinstance(node, Span) and node.low == node.high:
        return data_of(node.low)
    if isinstance(node, ChecklistItem) and not node.depth:
        return node.text
    if isinstance(node, PlanTrack):
        return {"number": node.number, "module": node.module_code, **_without(data_of(node.project), "kind", "code")}
    if isinstance(node, tuple | list):
        return [data_of(each) for each in node]
    if isinstance(node, Decimal):
        return int(node) if node == node.to_integral_value() else node
    if dataclasses.is_dataclass(node) and not isinstance(node, type):
        return _fields(node)
    return node


def _fields(node: Any) -> dict[str, Any]:
    data = {
        field.name: data_of(value)
        for field in dataclasses.fields(node)
        if field.name not in LINES
        and ((value := getattr(node, field.name)) != field.default or field.name == "language")
    }
    if isinstance(node, PlanTopic):
        _state_benchmarks(data, node, read_benchmarks(node.deliverables))
        return _without(data, "code")
    if isinstance(node, PlanProject):
        _state_benchmarks(data, node, benchmarks_of(node.checklist))
        return _without(data, "kind", "code") if node.kind == "final_capstone" else data
    return data


def _state_benchmarks(data: dict[str, Any], node: PlanTopic | PlanProject, told: object) -> None:
    """Without the field, benchmarks are read from the text; so having none is stated where the text tells some."""
    if told and not node.benchmarks:
        data["benchmarks"] = []


def _without(data: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name not in names}


class _Dumper(yaml.SafeDumper):
    """Texts of several lines stand as they are, under a bar; decimals are numbers."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _represent_text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


def _represent_decimal(dumper: _Dumper, number: Decimal) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:float", f"{number:f}")


_Dumper.add_representer(str, _represent_text)
_Dumper.add_representer(Decimal, _represent_decimal)
