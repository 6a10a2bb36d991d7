"""Rules about the tree of a plan: hours on every node, numbering, and what each level needs."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from curriculum.audit.findings import Finding, Severity, state
from curriculum.plan.nodes import Plan, PlanLevel, PlanModule, PlanProject, PlanTopic, PlanTrack
from curriculum.sentences import Value

_WANTS_A_RESULT = re.compile(r"^(?:achieve|reach|attain|behaal|haal|bereik)\b", re.IGNORECASE)


def tree_findings(plan: Plan) -> Iterator[Finding]:
    tracks: dict[str, list[PlanTrack]] = defaultdict(list)
    for track in plan.tracks:
        tracks[track.module_code].append(track)
    yield from _duplicate_numbers(plan)
    yield from _number_gaps(plan)
    for level in plan.levels:
        yield from _level_hours(level)
        yield from _breakdown(level)
        yield from _level_needs(level, plan, tracks)
        for module in level.modules:
            yield from _module_hours(module, tracks[module.code])
            for topic in module.topics:
                yield from _topic_hours(topic)
    yield from _capstones_without_hours(plan)
    for project in plan.projects:
        yield from _results_without_number(project)


def _difference(
    code: str,
    place: str,
    expected: Decimal,
    found: Decimal,
    message: str | Promise,
    line: int,
    *,
    title: str,
) -> Finding:
    suggestion = (
        _("Take %(hours)s hours off the parts, or raise the whole to %(found)s hours.")
        if found > expected
        else _("Plan %(hours)s more hours in the parts, or lower the whole to %(found)s hours.")
    )
    return state(
        code, "error", place, expected, found, message, suggestion, line, title=title, hours=abs(found - expected)
    )


def _remark(
    code: str,
    severity: Severity,
    place: str,
    message: str | Promise,
    suggestion: str | Promise,
    line: int,
    /,
    *,
    expected: int | str = "",
    found: int | str = "",
    **values: Value,
) -> Finding:
    return state(code, severity, place, expected, found, message, suggestion, line, **values)


def hours_of(topic: PlanTopic) -> Decimal | None:
    """Its own hours, or those of its sub-topics when it has none and all of them do."""
    parts = [subtopic.hours for subtopic in topic.subtopics]
    if topic.hours is not None or not parts or None in parts:
        return topic.hours
    return sum((hours for hours in parts if hours is not None), Decimal(0))


def _topic_hours(topic: PlanTopic) -> Iterator[Finding]:
    if topic.hours is None or not topic.subtopics:
        return
    hours = [subtopic.hours for subtopic in topic.subtopics]
    total = sum((each for each in hours if each is not None), Decimal(0))
    if total > topic.hours or (total < topic.hours and None not in hours):
        yield _difference(
            "topic_hours",
            topic.code,
            topic.hours,
            total,
            _("The sub-topics of “%(title)s” add up to %(found)s hours; the topic says %(expected)s."),
            topic.line,
            title=topic.title,
        )


def listed_hours(module: PlanModule) -> Decimal:
    """Hours of its topics, and of the projects that state hours."""
    topics = (hours for topic in module.topics if (hours := hours_of(topic)) is not None)
    projects = (project.hours for project in module.projects if project.hours is not None)
    return sum((*topics, *projects), Decimal(0))


def _module_hours(module: PlanModule, tracks: list[PlanTrack]) -> Iterator[Finding]:
    listed = listed_hours(module)
    without = [topic for topic in module.topics if hours_of(topic) is None]
    if not module.topics and not module.projects and not tracks:
        yield _remark(
            "empty_module",
            "warning",
            module.code,
            _("Module %(code)s has no topics, no projects and no tracks."),
            _("List what is learned in it, or delete it."),
            module.line,
            code=module.code,
        )
        return
    if without:
        yield _remark(
            "topic_without_hours",
            "warning",
            module.code,
            _("Topics without hours in module %(code)s: %(found)s."),
            _("Give each topic its hours; without them finishing it earns none."),
            without[0].line,
            found=len(without),
            expected=0,
            code=module.code,
        )
    if tracks:
        yield from _track_hours(module, tracks, module.hours - listed)
    elif listed > module.hours or (listed < module.hours and not without):
        yield _difference(
            "module_hours",
            module.code,
            module.hours,
            listed,
            _("Module “%(title)s” lists %(found)s hours of topics and projects; it says %(expected)s."),
            module.line,
            title=module.title,
        )


def _track_hours(module: PlanModule, tracks: list[PlanTrack], room: Decimal) -> Iterator[Finding]:
    for track in tracks:
        if track.hours is not None and track.hours != room:
            yield _difference(
                "specialization_hours",
                track.code,
                room,
                track.hours,
                _("Specialization “%(title)s” takes %(found)s hours; its module has %(expected)s for it."),
                track.line,
                title=track.title,
            )


def _level_hours(level: PlanLevel) -> Iterator[Finding]:
    total = sum((module.hours for module in level.modules), Decimal(0))
    if not level.modules:
        yield _remark(
            "empty_level",
            "warning",
            str(level.number),
            _("Level %(number)s has no modules."),
            _("Give it modules, or delete it."),
            level.line,
            number=level.number,
        )
    elif total != level.hours:
        yield _difference(
            "level_hours",
            str(level.number),
            level.hours,
            total,
            _("The modules of level “%(title)s” add up to %(found)s hours; the level says %(expected)s."),
            level.line,
            title=level.title,
        )


def _breakdown(level: PlanLevel) -> Iterator[Finding]:
    if not level.breakdown:
        return
    place, line = str(level.number), level.breakdown[0].line
    total = sum((share.hours for share in level.breakdown), Decimal(0))
    stated = level.hours if level.breakdown_hours is None else level.breakdown_hours
    if total != stated:
        yield _difference(
            "breakdown_total",
            place,
            stated,
            total,
            _("The breakdown of level “%(title)s” adds up to %(found)s hours; it says %(expected)s."),
            line,
            title=level.title,
        )
    if len(level.breakdown) != len(level.modules):
        yield _remark(
            "breakdown_count",
            "error",
            place,
            _("The breakdown of level %(number)s has %(found)s parts; the level has %(expected)s modules."),
            _("Give the breakdown one line for each module, in the same order."),
            line,
            expected=len(level.modules),
            found=len(level.breakdown),
            number=level.number,
        )
        return
    for share, module in zip(level.breakdown, level.modules, strict=True):
        if share.hours != module.hours:
            yield _difference(
                "breakdown_hours",
                module.code,
                module.hours,
                share.hours,
                _("The breakdown gives “%(title)s” %(found)s hours; the module says %(expected)s."),
                share.line,
                title=share.title,
            )


def _level_needs(level: PlanLevel, plan: Plan, tracks: dict[str, list[PlanTrack]]) -> Iterator[Finding]:
    place, line, number = str(level.number), level.line, level.number
    capstone = any(project.kind == "module_capstone" for module in level.modules for project in module.projects)
    chosen = any(tracks[module.code] for module in level.modules)
    final = plan.final_capstone is not None and level is plan.levels[-1]
    if not capstone and not chosen and not final:
        yield _remark(
            "level_without_capstone",
            "warning",
            place,
            _("Level %(number)s has no capstone."),
            _("Give one of its modules a capstone project."),
            line,
            number=number,
        )
    if not level.key_assessment and not level.graduation_criteria:
        yield _remark(
            "level_without_assessment",
            "warning",
            place,
            _("Level %(number)s does not say how it is passed."),
            _("Add its key assessment and its graduation criteria."),
            line,
            number=number,
        )
    if not level.milestone:
        yield _remark(
            "level_without_milestone",
            "warning",
            place,
            _("Level %(number)s has no milestone: it does not say what a learner can do after it."),
            _("Add a sentence that begins with “Milestone after level %(number)s:”."),
            line,
            number=number,
        )


def _duplicate_numbers(plan: Plan) -> Iterator[Finding]:
    codes = [(str(level.number), level.line) for level in plan.levels]
    codes += [(module.code, module.line) for module in plan.modules]
    codes += [(topic.code, topic.line) for module in plan.modules for topic in module.topics]
    codes += [(project.code, project.line) for project in plan.projects]
    lines = dict(codes)
    for code, count in Counter(code for code, _at in codes).items():
        if count > 1:
            yield _remark(
                "duplicate_number",
                "error",
                code,
                _("The number %(code)s is used %(found)s times."),
                _("Give each level, module, topic and project a number of its own."),
                lines[code],
                expected=1,
                found=count,
                code=code,
            )


def _number_gaps(plan: Plan) -> Iterator[Finding]:
    for expected, level in enumerate(plan.levels, start=1):
        if level.number != expected:
            yield _out_of_order("", str(expected), str(level.number), level.line)
            break
    for level in plan.levels:
        for position, module in enumerate(level.modules, start=1):
            if module.code != f"{level.number}.{position}":
                yield _out_of_order(str(level.number), f"{level.number}.{position}", module.code, module.line)
                break


def _out_of_order(place: str, expected: str, found: str, line: int) -> Finding:
    return _remark(
        "number_out_of_order",
        "warning",
        place,
        _("Number %(found)s stands where %(expected)s is due."),
        _("Number levels and modules from 1 without gaps, in the order in which they are done."),
        line,
        expected=expected,
        found=found,
    )


def _capstones_without_hours(plan: Plan) -> Iterator[Finding]:
    """One finding for all: it is one decision, where the hours for capstones come from."""
    crowded = [
        project
        for module in plan.modules
        if listed_hours(module) >= module.hours
        for project in module.projects
        if project.kind == "module_capstone" and project.hours is None
    ]
    if plan.final_capstone is not None and plan.final_capstone.hours is None:
        crowded.append(plan.final_capstone)
    if crowded:
        yield _remark(
            "capstones_without_hours",
            "warning",
            "",
            _("Capstones without hours, while other work fills the hours around them: %(codes)s."),
            _("Give each capstone hours and its topics fewer, or accept that capstones are done within the topics."),
            crowded[0].line,
            expected=0,
            found=len(crowded),
            codes=", ".join(project.code for project in crowded),
        )


def _results_without_number(project: PlanProject) -> Iterator[Finding]:
    for item in project.checklist:
        if _WANTS_A_RESULT.match(item.text) and not any(sign.isdigit() for sign in item.text):
            yield _remark(
                "result_without_number",
                "warning",
                project.code,
                _("“%(found)s” asks for a result without saying how much is enough."),
                _("Add the number to reach, such as 85%%+ accuracy, so that it can be judged."),
                item.line,
                found=item.text,
            )
