"""What a plan refers to must be in it: modules that are required, modules in which a specialization is chosen."""

from collections.abc import Iterator, Mapping, Sequence

from django.utils.translation import gettext_lazy as _

from curriculum.plan.nodes import Plan, PlanModule
from curriculum.plan.problems import Problems

CODES_SHOWN = 8
"""Modules of a circle that are named in a sentence; a longer one is cut short."""


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
    for module in known.values():
        for code in module.requires:
            if code == module.code:
                problems.add(
                    "requires_itself",
                    _line(module),
                    _("Module %(found)s requires itself."),
                    _("Name only modules that are done before it."),
                    found=code,
                )
            elif code not in known:
                problems.add(
                    "unknown_requirement",
                    _line(module),
                    _("Module %(module)s requires %(found)s, which is no module of this plan."),
                    _("Name modules by their numbers, as in “Requires: 1.1, 1.2”, or leave the requirement out."),
                    module=module.code,
                    found=code[:80],
                )
    for circle in _circles({code: module.requires for code, module in known.items()}):
        shown = [*circle[:CODES_SHOWN], *(["…"] if len(circle) > CODES_SHOWN else []), circle[0]]
        problems.add(
            "requirements_in_a_circle",
            _line(known[circle[0]]),
            _("Requirements go round in a circle: %(found)s."),
            _("Leave out one of them, so that one of these modules can be done first."),
            found=" → ".join(shown),
        )


def _line(module: PlanModule) -> int:
    return module.requires_line or module.line


def _circles(requires: Mapping[str, Sequence[str]]) -> Iterator[list[str]]:
    """Each circle that a walk from module to required module runs into. Linear in the number of requirements."""
    done: set[str] = set()
    for start in requires:
        path: list[str] = []
        places: dict[str, int] = {}
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
