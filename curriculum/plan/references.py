"""What a plan refers to must be in it: modules that are required, modules in which a specialization is chosen."""

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from curriculum.plan.nodes import Plan, PlanModule
from curriculum.plan.problems import Problems

CODES_SHOWN = 8
"""Modules of a circle that are named in a sentence; a longer one is cut short."""

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Fault(Generic[Key]):
    """A requirement of module `of` that cannot be: what is wrong, the fix, and the values of both sentences."""

    code: str
    of: Key
    sentence: Promise
    fix: Promise
    values: Mapping[str, str]


def check_references(plan: Plan, problems: Problems) -> None:
    """Adds a problem for each module that is not there, for one that requires itself, and for requirements that go
    round in a circle."""
    known = {module.code: module for module in plan.modules}
    for track in plan.tracks:
        if track.module_code not in known:
            problems.add(
                "unknown_module",
                track.line,
                _("“%(found)s” is no module of this plan."),
                _("Name the module in which the specialization is chosen by its number."),
                found=track.module_code[:80],
            )
    for fault in requirement_faults({code: module.requires for code, module in known.items()}, called=str):
        problems.add(fault.code, _line(known[fault.of]), fault.sentence, fault.fix, **fault.values)


def requirement_faults(requires: Mapping[Key, Sequence[Key]], *, called: Callable[[Key], str]) -> Iterator[Fault[Key]]:
    """What is wrong with what each module requires: a module that is not there, itself, or a circle.

    `called` gives the number by which people know a module.
    """
    for module, required in requires.items():
        for each in required:
            if each == module:
                yield Fault(
                    "requires_itself",
                    module,
                    _("Module %(found)s requires itself."),
                    _("Name only modules that are done before it."),
                    {"found": called(each)},
                )
            elif each not in requires:
                yield Fault(
                    "unknown_requirement",
                    module,
                    _("Module %(module)s requires %(found)s, which is no module of this plan."),
                    _("Name modules by their numbers, as in “Requires: 1.1, 1.2”, or leave the requirement out."),
                    {"module": called(module), "found": called(each)[:80]},
                )
    for circle in circles(requires):
        codes = [called(module) for module in circle]
        shown = [*codes[:CODES_SHOWN], *(["…"] if len(codes) > CODES_SHOWN else []), codes[0]]
        yield Fault(
            "requirements_in_a_circle",
            circle[0],
            _("Requirements go round in a circle: %(found)s."),
            _("Leave out one of them, so that one of these modules can be done first."),
            {"found": " → ".join(shown)},
        )


def _line(module: PlanModule) -> int:
    return module.requires_line or module.line


def circles(requires: Mapping[Key, Sequence[Key]]) -> Iterator[list[Key]]:
    """Each circle that a walk from module to required module runs into. Linear in the number of requirements."""
    done: set[Key] = set()
    for start in requires:
        path: list[Key] = []
        places: dict[Key, int] = {}
        ways = [iter((start,))]
        while ways:
            code = next(ways[-1], None)
            if code is None:
                ways.pop()
                if path and ways:
                    done.add(path[-1])
                    del places[path.pop()]
            elif code in places:
                if code != path[-1]:
                    yield path[places[code] : places[code] + CODES_SHOWN + 1]
            elif code in requires and code not in done:
                places[code] = len(path)
                path.append(code)
                ways.append(iter(requires[code]))
