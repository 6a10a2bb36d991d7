"""Changes to a plan as data: what a fix does, before anybody does it.

`applied` makes them in a plan. In a draft's rows the codes lead to ids by `codes.ids_by_code`; all codes and places are
those of the plan before any of the changes.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

from curriculum.plan.nodes import Plan, PlanLevel, PlanModule, PlanProject, PlanShare, PlanTopic, PlanTrack


@dataclass(frozen=True, slots=True)
class HoursChange:
    """The hours of one node. A sub-topic is a topic; a track is a project: its row and its project's get the hours."""

    kind: Literal["level", "module", "topic", "project"]
    code: str
    hours: Decimal


@dataclass(frozen=True, slots=True)
class BreakdownChange:
    """The whole breakdown of the level with that number; `hours` is the total written beside it, None for none."""

    code: str
    shares: tuple[PlanShare, ...]
    hours: Decimal | None


@dataclass(frozen=True, slots=True)
class NumberChange:
    """A level or module gets another number; its topics and projects follow.

    `place` counts from 0 in the order of the plan: (level,) or (level, module). A code would not do: two may share it.
    """

    place: tuple[int, ...]
    old: str
    new: str


Change = HoursChange | BreakdownChange | NumberChange


def applied(plan: Plan, changes: Iterable[Change]) -> Plan:
    """The plan with the changes made in it, all at once; a change of a node that it does not have does nothing."""
    return _Applying(changes).plan(plan)


class _Applying:
    def __init__(self, changes: Iterable[Change]) -> None:
        self.hours: dict[tuple[str, str], Decimal] = {}
        self.breakdowns: dict[str, BreakdownChange] = {}
        self.numbers: dict[tuple[int, ...], str] = {}
        self.renamed: dict[str, str] = {}
        for change in changes:
            match change:
                case HoursChange():
                    self.hours[change.kind, change.code] = change.hours
                case BreakdownChange():
                    self.breakdowns[change.code] = change
                case NumberChange():
                    self.numbers[change.place] = change.new

    def plan(self, plan: Plan) -> Plan:
        self.renamed = {
            module.code: self.numbers[at, place]
            for at, level in reversed(list(enumerate(plan.levels)))
            for place, module in reversed(list(enumerate(level.modules)))
            if (at, place) in self.numbers
        }
        numbers = {
            str(level.number): self.numbers[at,] for at, level in enumerate(plan.levels) if (at,) in self.numbers
        }
        return replace(
            plan,
            levels=tuple(self._level(level, at) for at, level in enumerate(plan.levels)),
            tracks=tuple(
                self._track(track, self.renamed.get(track.module_code, track.module_code)) for track in plan.tracks
            ),
            final_capstone=plan.final_capstone and self._project(plan.final_capstone, plan.final_capstone.code),
            claims=tuple(
                replace(claim, place=numbers.get(claim.place, claim.place)) if claim.kind == "level_duration" else claim
                for claim in plan.claims
            ),
        )

    def _level(self, level: PlanLevel, at: int) -> PlanLevel:
        code = str(level.number)
        breakdown = self.breakdowns.get(code)
        return replace(
            level,
            number=int(self.numbers.get((at,), level.number)),
            hours=self.hours.get(("level", code), level.hours),
            breakdown=breakdown.shares if breakdown else level.breakdown,
            breakdown_hours=breakdown.hours if breakdown else level.breakdown_hours,
            modules=tuple(self._module(module, (at, place)) for place, module in enumerate(level.modules)),
        )

    def _module(self, module: PlanModule, place: tuple[int, ...]) -> PlanModule:
        code = self.numbers.get(place, module.code)
        return replace(
            module,
            code=code,
            hours=self.hours.get(("module", module.code), module.hours),
            requires=tuple(self.renamed.get(each, each) for each in module.requires),
            topics=tuple(self._topic(each, code + each.code.removeprefix(module.code)) for each in module.topics),
            projects=tuple(self._project(each, code + each.code.removeprefix(module.code)) for each in module.projects),
        )

    def _topic(self, topic: PlanTopic, code: str) -> PlanTopic:
        return replace(
            topic,
            code=code,
            hours=self.hours.get(("topic", topic.code), topic.hours),
            subtopics=tuple(self._topic(each, code + each.code.removeprefix(topic.code)) for each in topic.subtopics),
        )

    def _project(self, project: PlanProject, code: str) -> PlanProject:
        return replace(project, code=code, hours=self.hours.get(("project", project.code), project.hours))

    def _track(self, track: PlanTrack, module_code: str) -> PlanTrack:
        code = module_code + track.code.removeprefix(track.module_code)
        return replace(
            track,
            code=code,
            module_code=module_code,
            hours=self.hours.get(("project", track.code), track.hours),
            project=self._project(track.project, code),
        )
