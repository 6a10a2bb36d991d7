"""What changed in what a plan says beside its tree: title, ways of judging, targets, formats, claims, notes."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from typing import TypeVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from curriculum.audit.findings import plain
from curriculum.difference.entries import Detail, Entry, detail
from curriculum.plan.nodes import Plan, PlanClaim, PlanFormat, PlanMethod, PlanNote, PlanTarget
from curriculum.sentences import Span

Item = TypeVar("Item")

SOURCES: dict[str, Promise] = {
    "title": _("Title"),
    "summary": _("Summary"),
    "overview": _("Overview"),
    "format": _("Formats"),
    "resources": _("Resources"),
    "note": _("Notes"),
}


def beside(old: Plan, new: Plan) -> Iterator[Entry]:
    yield from _plan(old, new)
    yield from _pairs(
        old.verification_methods,
        new.verification_methods,
        lambda each: each.title,
        _("Way of judging"),
        lambda each: each.title,
        _method_details,
    )
    yield from _pairs(
        old.targets, new.targets, lambda each: each.key, _("Target"), lambda each: each.text, _target_details
    )
    yield from _pairs(
        old.formats, new.formats, lambda each: each.format, _("Format"), lambda each: each.title, _format_details
    )
    yield from _claims(old, new)
    yield from _pairs(
        old.notes,
        new.notes,
        lambda each: (each.section, each.heading),
        _("Note"),
        lambda each: each.heading or each.section,
        _note_details,
    )
    lines = tuple(detail(_("Text"), [each.text for each in old.unparsed], [each.text for each in new.unparsed]))
    if lines:
        yield Entry("changed", _("Source"), "", _("Lines that were not understood"), details=lines)


def _plan(old: Plan, new: Plan) -> Iterator[Entry]:
    details = (
        *detail(_("Title"), old.title, new.title),
        *detail(_("Summary"), old.summary, new.summary),
        *detail(_("Language"), old.language, new.language),
    )
    if details:
        yield Entry("changed", _("Plan"), "", new.title, details=details)


def _pairs(
    olds: Iterable[Item],
    news: Iterable[Item],
    key: Callable[[Item], object],
    kind: Promise,
    title: Callable[[Item], str],
    details_of: Callable[[Item, Item], Iterable[Detail]],
) -> Iterator[Entry]:
    """Of several with one key the first is held against the first, and so on."""
    before, after = _numbered(olds, key), _numbered(news, key)
    for each, new in after.items():
        if each not in before:
            yield Entry("added", kind, "", title(new))
        elif details := tuple(details_of(before[each], new)):
            yield Entry("changed", kind, "", title(new), details=details)
    yield from (Entry("removed", kind, "", title(old)) for each, old in before.items() if each not in after)


def _numbered(items: Iterable[Item], key: Callable[[Item], object]) -> dict[tuple[object, int], Item]:
    seen: Counter[object] = Counter()
    numbered = {}
    for item in items:
        seen[key(item)] += 1
        numbered[key(item), seen[key(item)]] = item
    return numbered


def _method_details(old: PlanMethod, new: PlanMethod) -> Iterable[Detail]:
    return detail(_("Text"), old.text, new.text)


def _note_details(old: PlanNote, new: PlanNote) -> Iterable[Detail]:
    return detail(_("Text"), old.text, new.text)


def _target_details(old: PlanTarget, new: PlanTarget) -> Iterator[Detail]:
    yield from detail(_("Text"), old.text, new.text)
    yield from detail(_("Value"), _value(old), _value(new))
    yield from detail(_("Hours a week"), _number(old.hours_per_week), _number(new.hours_per_week))
    yield from detail(_("Months"), _number(old.months), _number(new.months))
    yield from detail(_("Group"), old.group, new.group)


def _value(target: PlanTarget) -> str:
    sign = {">=": "≥", "<=": "≤", None: ""}[target.comparison]
    return f"{sign} {_number(target.value)} {target.unit}"


def _format_details(old: PlanFormat, new: PlanFormat) -> Iterator[Detail]:
    yield from detail(_("Title"), old.title, new.title)
    yield from detail(_("Text"), old.notes, new.notes)
    yield from detail(_("Hours a week"), _number(old.hours_per_week), _number(new.hours_per_week))
    yield from detail(_("Weeks"), _number(old.weeks), _number(new.weeks))
    yield from detail(_("Years"), _number(old.years), _number(new.years))
    yield from detail(_("Theory and practice a week"), _week(old), _week(new))
    yield from detail(_("Milestones"), _interval(old), _interval(new))


def _week(form: PlanFormat) -> str:
    return " + ".join(_number(each) for each in (form.theory_hours_per_week, form.practice_hours_per_week) if each)


def _interval(form: PlanFormat) -> str:
    every = form.milestone_every
    return "" if every is None else f"{_number(Span(every.low, every.high))} {every.unit}"


def _number(value: Decimal | Span | None) -> str:
    return "" if value is None else plain(value)


def _claims(old: Plan, new: Plan) -> Iterator[Entry]:
    """By where they are made. Numbers stand in the text already, so they are written out only where they alone differ.

    Those in the title and the summary have been told with these.
    """
    for source, title in SOURCES.items():
        olds, news = ([each for each in plan.claims if each.source == source] for plan in (old, new))
        if olds == news:
            continue
        lines = tuple(detail(_("Text"), _texts(olds), _texts(news)))
        if not lines:
            lines = tuple(detail(_("Numbers"), list(map(_numbers, olds)), list(map(_numbers, news))))
        elif source in {"title", "summary"}:
            continue
        if lines:
            yield Entry("changed", _("Claims"), "", title, details=lines)


def _texts(claims: Iterable[PlanClaim]) -> list[str]:
    return list(dict.fromkeys(claim.text for claim in claims))


def _numbers(claim: PlanClaim) -> str:
    numbers = (claim.hours, claim.hours_per_week, claim.weeks, claim.years, claim.theory, claim.practice, claim.amount)
    words = (claim.label, claim.place, *(_number(each) for each in numbers), claim.unit, claim.per)
    return " · ".join(word for word in words if word) or claim.kind
