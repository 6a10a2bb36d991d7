"""Writing what a plan says beside its levels: overview, assessments, formats, resources and targets.

A section is only written when reading it gives back what it is written from; the rest is stated beside the text.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby

from curriculum.plan import escaping
from curriculum.plan.claims import claims_in, people_claims
from curriculum.plan.hours import read_hours
from curriculum.plan.nodes import Plan, PlanClaim
from curriculum.plan.phrases import PHRASES, Phrases, written_number
from curriculum.plan.targets import read_targets
from curriculum.plan.topic_table import write_head, write_row
from curriculum.plan.words import format_of, is_total_label, level_heading, section_of


class Overview:
    """The table of the levels, its heading and its total, as the claims about them tell it."""

    def __init__(self, plan: Plan, words: Phrases) -> None:
        self._plan, self._words = plan, words
        levels = {str(level.number): level for level in plan.levels}
        claims = [claim for claim in plan.claims if claim.source == "overview" and claim.kind == "level_duration"]
        told = {claim.place: claim for claim in claims}
        sound = len(told) == len(claims) and told.keys() <= levels.keys() and all(map(_tells_its_numbers, claims))
        self._levels = {place: levels[place] for place in told} if sound else {}
        self._claims = told if sound else {}

    def has_row_of(self, number: int) -> bool:
        return str(number) in self._claims

    def write(self) -> Iterator[str]:
        texts = dict.fromkeys(
            claim.text
            for claim in self._plan.claims
            if claim.source == "overview" and claim.kind != "level_duration"
            if claims_in(claim.text, source="overview", line=0)
        )
        totals = [text for text in texts if is_total_label(text.partition(":")[0])]
        headings = [text for text in texts if section_of(text) == "overview" and not level_heading(text)]
        if not (self._claims or totals or headings):
            return
        for heading in headings or [self._words.overview]:
            yield f"## {escaping.heading(heading)}"
        if self._claims:
            yield "\n".join(self._rows())
        for total in totals:
            label, _colon, rest = total.partition(":")
            yield f"**{escaping.inline(label)}**: {escaping.inline(rest.strip())}"
        yield "---"

    def _rows(self) -> Iterator[str]:
        """Hours, weeks and other cells as the claims tell them; focus and technologies from the levels."""
        words = self._words
        pace = next(iter(self._claims.values())).hours_per_week
        weekly = f" ({written_number(pace.low)}h/{words.per_week})" if pace and pace.low == pace.high else ""
        cells = {place: _cells(claim) for place, claim in self._claims.items()}
        others = list(dict.fromkeys(heading for _hours, _weeks, told in cells.values() for heading in told))
        with_weeks = any(weeks for _hours, weeks, _told in cells.values())
        with_focus = any(level.focus for level in self._levels.values())
        with_technologies = any(level.technologies for level in self._levels.values())
        yield from write_head(
            [
                words.level,
                words.hours_column,
                *([f"{words.weeks_column}{weekly}"] if with_weeks else []),
                *([words.focus] if with_focus else []),
                *([words.technologies] if with_technologies else []),
                *others,
            ]
        )
        for place, (hours, weeks, told) in cells.items():
            level = self._levels[place]
            yield write_row(
                [
                    f"**{level.number}: {escaping.cell(level.title)}**",
                    escaping.cell(hours),
                    *([escaping.cell(weeks)] if with_weeks else []),
                    *([escaping.cell(level.focus)] if with_focus else []),
                    *([escaping.cell(level.technologies)] if with_technologies else []),
                    *(escaping.cell(told.get(other, "")) for other in others),
                ]
            )


def _tells_its_numbers(claim: PlanClaim) -> bool:
    """Whether the text of the claim is the hours, the weeks if any, and other cells behind their headings."""
    hours, *others = claim.text.split(" | ")
    try:
        said = read_hours(hours)
    except ValueError:
        return False
    return claim.hours is not None and said == claim.hours and (claim.weeks is None or bool(others))


def _cells(claim: PlanClaim) -> tuple[str, str, dict[str, str]]:
    """Hours, weeks, and other cells by their headings, as `tables` put them in the text of the claim."""
    hours, *others = claim.text.split(" | ")
    weeks = others.pop(0) if claim.weeks else ""
    return hours, weeks, {cell.partition(": ")[0]: cell.partition(": ")[2] for cell in others}


def write_assessments(plan: Plan) -> Iterator[str]:
    words, methods = PHRASES[plan.language], plan.verification_methods
    assessed = [level for level in plan.levels if level.key_assessment or level.graduation_criteria]
    if not assessed and not methods:
        return
    yield f"## {words.verification}"
    if assessed:
        yield f"### {words.per_level}:"
        rows = [
            [
                f"{level.number}: {escaping.cell(level.title)}",
                escaping.cell(level.key_assessment),
                escaping.cell(level.graduation_criteria),
            ]
            for level in assessed
        ]
        yield "\n".join([*write_head([words.level, words.assessment, words.criteria]), *map(write_row, rows)])
    if methods:
        yield f"### {words.methods}:"
        yield "\n".join(
            f"- **{escaping.inline(method.title)}**{': ' if method.text else ''}{escaping.inline(method.text)}"
            for method in methods
        )
    yield "---"


def write_formats(plan: Plan) -> Iterator[str]:
    if not plan.formats or not all(_names_a_format(form.title) for form in plan.formats):
        return
    yield f"## {PHRASES[plan.language].formats}"
    for form in plan.formats:
        yield f"### {escaping.heading(form.title)}:"
        if form.notes:
            yield _list(form.notes)
    yield "---"


def _names_a_format(title: str) -> bool:
    return format_of(title) is not None and not level_heading(title)


def write_resources(plan: Plan) -> Iterator[str]:
    claims = [
        claim
        for claim in plan.claims
        if claim.source == "resources" and (claim.kind == "resource" or people_claims(claim.text, line=0))
    ]
    if not claims:
        return
    yield f"## {PHRASES[plan.language].resources}"
    for (item, place), group in groupby(claims, key=lambda claim: (claim.kind == "resource", claim.place)):
        texts = [claim.text for claim in group]
        if item:
            yield f"**{escaping.inline(place)}:**\n{_list(texts)}" if place else _list(texts)
        else:
            yield from (f"### {escaping.free_heading(text, meant=True)}" for text in dict.fromkeys(texts))
    yield "---"


def write_targets(plan: Plan) -> Iterator[str]:
    if not plan.targets or not all(read_targets(target.text, group="", line=0) for target in plan.targets):
        return
    yield f"## {PHRASES[plan.language].targets}"
    for group, targets in groupby(plan.targets, key=lambda target: target.group):
        if group:
            yield f"### {escaping.free_heading(group, meant=True)}:"
        # One sentence may state two targets, one after the other.
        yield _list([text for text, _same in groupby(target.text for target in targets)])
    yield "---"


def _list(texts: Sequence[str]) -> str:
    return "\n".join(f"- {escaping.line(text)}" for text in texts)
