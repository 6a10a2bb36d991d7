"""What can be done about a finding in one step, where that step is arithmetic: offered, never done by itself."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from curriculum.audit.changes import BreakdownChange, Change, HoursChange, NumberChange
from curriculum.audit.findings import Finding
from curriculum.audit.scaling import NONE, scale, scale_module, scale_subtopics, scale_whole_module
from curriculum.audit.tree import hours_of, listed_hours
from curriculum.plan.nodes import Plan, PlanLevel, PlanModule, PlanShare, PlanTopic, PlanTrack
from curriculum.sentences import Sentence


@dataclass(frozen=True, slots=True)
class Fix:
    """`key` tells the fixes of one finding apart, in a form and in a test."""

    key: str
    label: Sentence
    changes: tuple[Change, ...]


def fixes(plan: Plan, findings: Iterable[Finding]) -> dict[str, tuple[Fix, ...]]:
    """The fixes that are offered for each finding of the plan's audit, by the finding's key; none for most.

    After a fix its finding is gone, and in the parts of the node no hours disagree that agreed before. What is above
    the node may: a module that is set to what it lists changes what its level adds up to.
    """
    offering = _Offering(plan)
    offered = ((finding.key, tuple(offering.fixes_of(finding))) for finding in findings)
    return {key: several for key, several in offered if several}


class _Offering:
    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.tracks: dict[str, list[PlanTrack]] = defaultdict(list)
        for track in plan.tracks:
            self.tracks[track.module_code].append(track)
        self.levels = {str(level.number): level for level in plan.levels}
        self.modules = {module.code: module for module in plan.modules}
        self.level_of = {module.code: level for level in plan.levels for module in level.modules}
        self.topics = {topic.code: topic for module in plan.modules for topic in module.topics}
        self.module_of = {topic.code: module for module in plan.modules for topic in module.topics}

    def fixes_of(self, finding: Finding) -> Iterator[Fix]:
        for fix in self._fixes(finding):
            named = {(each.kind, each.code) for each in fix.changes if isinstance(each, HoursChange)}
            if fix.changes and not named & self._used_twice:
                yield fix

    @cached_property
    def _used_twice(self) -> set[tuple[str, str]]:
        """Codes that do not say which node is meant; these are told apart before anything else is mended."""
        codes: Counter[tuple[str, str]] = Counter(("level", str(level.number)) for level in self.plan.levels)
        for module in self.plan.modules:
            codes["module", module.code] += 1
            codes.update(("topic", each.code) for topic in module.topics for each in (topic, *topic.subtopics))
        codes.update(("project", project.code) for project in self.plan.projects)
        return {code for code, count in codes.items() if count > 1}

    def _fixes(self, finding: Finding) -> Iterator[Fix]:
        match finding.code:
            case "topic_hours":
                yield from _topic_fixes(self.topics[finding.place])
            case "topic_without_hours":
                yield from _rest_fixes(self.modules[finding.place], self.tracks[finding.place])
            case "module_hours":
                yield from self._module_fixes(self.modules[finding.place])
            case "specialization_hours":
                yield from self._track_fixes(finding.place)
            case "level_hours":
                yield from self._level_fixes(self.levels[finding.place])
            case "breakdown_total" | "breakdown_count":
                yield from _breakdown_fixes(self.levels[finding.place])
            case "breakdown_hours":
                yield from _breakdown_fixes(self.level_of[finding.place])
            case "number_out_of_order" | "duplicate_number":
                yield from self._number_fixes(finding)

    def _module_fixes(self, module: PlanModule) -> Iterator[Fix]:
        parts = scale_module(module, module.hours)
        if parts is not None:
            yield Fix("scale", Sentence(_parts_label(module), {"hours": module.hours}), tuple(parts))
        listed = listed_hours(module)
        if listed > 0:
            label = Sentence(_("Set module %(code)s to %(hours)s hours"), {"code": module.code, "hours": listed})
            level = self.level_of[module.code]
            share = _followed(level, {module.code: listed})
            yield Fix("total", label, (HoursChange("module", module.code, listed), *share))

    def _track_fixes(self, code: str) -> Iterator[Fix]:
        track = next(track for track in self.plan.tracks if track.code == code)
        module = self.modules.get(track.module_code)
        room = module.hours - listed_hours(module) if module else NONE
        if room > 0:
            label = Sentence(_("Set “%(title)s” to %(hours)s hours"), {"title": track.title, "hours": room})
            yield Fix("total", label, (HoursChange("project", code, room),))

    def _level_fixes(self, level: PlanLevel) -> Iterator[Fix]:
        code = str(level.number)
        scaled = scale([module.hours for module in level.modules], level.hours)
        if scaled is not None:
            pairs = [(module, hours) for module, hours in zip(level.modules, scaled, strict=True)]
            changes: list[Change] | None = []
            for module, hours in pairs:
                inside = scale_whole_module(module, self.tracks[module.code], hours) if hours != module.hours else []
                changes = None if changes is None or inside is None else [*changes, *inside]
            if changes is not None:
                changes += _followed(level, {module.code: hours for module, hours in pairs})
                label = Sentence(_("Scale the modules to %(hours)s hours"), {"hours": level.hours})
                yield Fix("scale", label, tuple(changes))
        total = sum((module.hours for module in level.modules), NONE)
        if total > 0:
            label = Sentence(_("Set level %(number)s to %(hours)s hours"), {"number": code, "hours": total})
            yield Fix("total", label, (HoursChange("level", code, total),))

    def _number_fixes(self, finding: Finding) -> Iterator[Fix]:
        """Levels and modules by their place. A project or topic that shares its number for another reason keeps it."""
        if finding.code == "duplicate_number" and finding.place not in {*self.levels, *self.modules}:
            return
        changes: list[Change] = []
        for at, level in enumerate(self.plan.levels):
            if level.number != at + 1:
                changes.append(NumberChange((at,), str(level.number), str(at + 1)))
            for place, module in enumerate(level.modules):
                if module.code != (code := f"{at + 1}.{place + 1}"):
                    changes.append(NumberChange((at, place), module.code, code))
        yield Fix("renumber", Sentence(_("Number levels and modules in the order in which they stand")), tuple(changes))


def _topic_fixes(topic: PlanTopic) -> Iterator[Fix]:
    parts = scale_subtopics(topic, topic.hours or NONE)
    if parts is not None:
        yield Fix(
            "scale", Sentence(_("Scale the sub-topics to %(hours)s hours"), {"hours": topic.hours or 0}), tuple(parts)
        )
    total = sum((each.hours for each in topic.subtopics if each.hours is not None), NONE)
    if total > 0:
        label = Sentence(_("Set “%(title)s” to %(hours)s hours"), {"title": topic.title, "hours": total})
        yield Fix("total", label, (HoursChange("topic", topic.code, total),))


def _rest_fixes(module: PlanModule, tracks: Sequence[PlanTrack]) -> Iterator[Fix]:
    """The hours that the module has left, divided evenly; offered when each topic then covers its own sub-topics.

    A learner walks one of the tracks: what the longest takes is not left.
    """
    without = [topic for topic in module.topics if hours_of(topic) is None]
    rest = module.hours - listed_hours(module) - max((track.hours or NONE for track in tracks), default=NONE)
    if rest <= 0:
        return
    shares = scale([Decimal(1)] * len(without), rest)
    if shares is None or any(
        sum((each.hours for each in topic.subtopics if each.hours is not None), NONE) > hours
        for topic, hours in zip(without, shares, strict=True)
    ):
        return
    label = Sentence(_("Divide the %(hours)s hours that are left over the topics without hours"), {"hours": rest})
    yield Fix(
        "divide",
        label,
        tuple(HoursChange("topic", topic.code, hours) for topic, hours in zip(without, shares, strict=True)),
    )


def _breakdown_fixes(level: PlanLevel) -> Iterator[Fix]:
    """One line for each module, with its hours; the lines keep their words where there is one for each already."""
    own_words = len(level.breakdown) == len(level.modules)
    titles = [share.title for share in level.breakdown] if own_words else [module.title for module in level.modules]
    shares = tuple(PlanShare(title, module.hours) for title, module in zip(titles, level.modules, strict=True))
    total = sum((share.hours for share in shares), NONE)
    stated = None if level.breakdown_hours is None and (total == level.hours or not shares) else total
    label = Sentence(_("Take the breakdown of level %(number)s from its modules"), {"number": str(level.number)})
    yield Fix("rewrite", label, (BreakdownChange(str(level.number), shares, stated),))


def _followed(level: PlanLevel, hours: dict[str, Decimal]) -> list[Change]:
    """The breakdown with the lines that agreed with their modules still doing so, and its total with its lines."""
    if len(level.breakdown) != len(level.modules):
        return []
    shares = tuple(
        PlanShare(share.title, hours.get(module.code, share.hours)) if share.hours == module.hours else share
        for share, module in zip(level.breakdown, level.modules, strict=True)
    )
    before, after = (sum((share.hours for share in several), NONE) for several in (level.breakdown, shares))
    if shares == level.breakdown:
        return []
    stated = after if level.breakdown_hours == before else level.breakdown_hours
    return [BreakdownChange(str(level.number), shares, stated)]


def _parts_label(module: PlanModule) -> Promise:
    if all(project.hours is None for project in module.projects):
        return _("Scale the topics to %(hours)s hours")
    if all(hours_of(topic) is None for topic in module.topics):
        return _("Scale the projects to %(hours)s hours")
    return _("Scale the topics and projects to %(hours)s hours")
