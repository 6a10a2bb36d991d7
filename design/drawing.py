"""Server-rendered SVG. Colors come from CSS classes only, so dark mode, print and forced colors follow.

The outer `<svg>` of a chart has no viewBox and places text and points by percentage, so type never
scales; curves live in a nested `<svg viewBox="0 0 1000 1000" preserveAspectRatio="none">`.
Every label is escaped here: callers pass plain text.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Literal, NamedTuple

from django.utils.formats import number_format
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

Point = tuple[float, float]
Anchor = Literal["start", "middle", "end"]
Tone = Literal["ok", "info", "warn", "bad", ""]

# Dawn to dusk. The half steps are mixed in CSS; with them nine levels keep distinct colors.
PALETTE = ("l1", "l1h", "l2", "l2h", "l3", "l3h", "l4", "l4h", "l5")
SPREAD_COLUMNS = 30
STRETCHED = 'viewBox="0 0 1000 1000" preserveAspectRatio="none"'


class Dot(NamedTuple):
    """One person on the path: in `level` (from 1), with `share` (0 to 1) of that level done."""

    level: int
    share: float
    label: str
    at_risk: bool = False


class Tick(NamedTuple):
    """A place on the horizontal axis; `sub` is the smaller line under the label, such as n."""

    x: float
    label: str
    sub: str = ""


class Mark(NamedTuple):
    """A labelled point; `dx` and `dy` move the label in pixels so that it clears the curve."""

    x: float
    y: float
    label: str
    dx: int = 0
    dy: int = -10
    anchor: Anchor = "middle"


class Column(NamedTuple):
    """One column of a chart: `note` stands on top of it, such as how many it counts."""

    label: str
    height: float
    note: str


def level_class(level: int, levels: int = 5) -> str:
    """The CSS class that colors `level` out of `levels`; five levels use the five main colors."""
    if not 1 <= level <= levels:
        raise ValueError(f"level {level} is not between 1 and {levels}")
    if levels == 1:
        return PALETTE[0]
    return PALETTE[round((level - 1) * (len(PALETTE) - 1) / (levels - 1))]


def mini_path(level: int, share: float, levels: int = 5, label: str = "") -> SafeString:
    """The whole path in a table cell: levels before `level` full, `level` filled by `share` (0 to 1).

    Hidden from assistive technology unless `label` is given, because the level stands next to it in words.
    """
    share = _clamp(share)
    width = 100 / levels
    parts = []
    for number in range(1, levels + 1):
        gap = 0.8 if number > 1 else 0
        x, w = (number - 1) * width + gap, width - gap
        color = level_class(number, levels)
        filled = w if number < level else w * share if number == level else 0
        if filled < w:
            parts.append(f'<rect class="{color} lv-rest" x="{_n(x)}%" width="{_n(w)}%" height="8" rx="1.5"/>')
        if filled:
            parts.append(f'<rect class="{color} lv-fill" x="{_n(x)}%" width="{_n(filled)}%" height="8" rx="1.5"/>')
    return _svg("mini-path", parts, label)


def segment(share: float, here: bool = False, ticks: Iterable[float] = ()) -> SafeString:
    """One level of the journey, drawn lying and standing; CSS shows the one that fits.

    The color comes from the level class of an ancestor. `ticks` are module borders as shares of the level.
    """
    done = f"{_n(_clamp(share) * 100)}%"
    marks = ""
    if here:
        marks = "".join(
            f'<line class="tick" x1="{_n(_clamp(tick) * 100)}%" x2="{_n(_clamp(tick) * 100)}%" y1="0" y2="100%"/>'
            for tick in ticks
        )
        marks += f'<circle class="here-pin" cx="{done}" cy="50%" r="9"/>'
    rest = '<rect class="lv-rest" width="100%" height="100%" rx="4"/>'
    lying = f'<rect class="lv-fill" width="{done}" height="100%" rx="4"/>' if share > 0 else ""
    standing = f'<rect class="lv-fill" width="100%" height="{done}" rx="4"/>' if share > 0 else ""
    return _drawn(
        f'<svg class="h" aria-hidden="true">{rest}{lying}{marks}</svg>',
        f'<svg class="bar v" aria-hidden="true">{rest}{standing}</svg>',
    )


def meter(share: float, label: str) -> SafeString:
    """A bar filled by `share` (0 to 1); `label` says the same in words."""
    return _svg(
        "meter",
        [
            '<rect class="track" width="100%" height="8" rx="4"/>',
            f'<rect class="value" width="{_n(_clamp(share) * 100)}%" height="8" rx="4"/>',
        ],
        label,
    )


def bullet(
    *,
    value: float,
    low: float | None,
    high: float | None,
    target: float | None,
    minimum: float,
    maximum: float,
    tone: Tone = "",
    label: str,
) -> SafeString:
    """A value in its interval against a target, all in one unit; what is beyond `minimum` or `maximum` stops there."""

    def at(number: float) -> float:
        return 100 * _clamp((number - minimum) / (maximum - minimum))

    parts = ['<rect class="track" y="8" width="100%" height="4" rx="2"/>']
    if low is not None and high is not None:
        width = at(high) - at(low)
        parts.append(f'<rect class="ci" x="{_n(at(low))}%" y="4" width="{_n(width)}%" height="12" rx="2"/>')
    if target is not None:
        parts.append(f'<line class="target" x1="{_n(at(target))}%" x2="{_n(at(target))}%" y1="1" y2="19"/>')
    parts.append(f'<circle class="pt" cx="{_n(at(value))}%" cy="10" r="4.5"/>')
    return _svg(f"bullet {tone}".strip(), parts, label)


def spark(values: Sequence[float], label: str) -> SafeString:
    """A trend line without axes, oldest value first. Fewer than two values draw nothing: there is no trend."""
    if len(values) < 2:
        return _drawn()
    low, high = min(values), max(values)
    span = (high - low) or 1
    points = [(1000 * i / (len(values) - 1), 950 - 900 * (v - low) / span) for i, v in enumerate(values)]
    return _drawn(
        f'<svg class="spark" role="img" aria-label="{escape(label)}" {STRETCHED}><path d="{_path(points)}"/></svg>'
    )


def spread(dots: Iterable[Dot], label: str, levels: int = 5) -> SafeString:
    """Every person is one dot above the path; people at the same place are stacked, those at risk on top."""
    columns: dict[int, list[Dot]] = {}
    for dot in dots:
        position = (dot.level - 1 + _clamp(dot.share)) / levels
        columns.setdefault(min(int(position * SPREAD_COLUMNS), SPREAD_COLUMNS - 1), []).append(dot)
    height = max((len(column) for column in columns.values()), default=1) * 15 + 18
    parts = []
    for column, members in sorted(columns.items()):
        for row, dot in enumerate(sorted(members, key=lambda member: member.at_risk)):
            css = f"dot {level_class(dot.level, levels)}" + (" risk" if dot.at_risk else "")
            place = f'cx="{_n(100 * (column + 0.5) / SPREAD_COLUMNS)}%" cy="{height - 22 - row * 15}"'
            radius = 5 if dot.at_risk else 6
            parts.append(f'<circle class="{css}" {place} r="{radius}"><title>{escape(dot.label)}</title></circle>')
    width = 100 / levels
    for number in range(1, levels + 1):
        gap = 0.2 if number > 1 else 0
        parts.append(
            f'<rect class="{level_class(number, levels)} lv-fill" x="{_n((number - 1) * width + gap)}%"'
            f' width="{_n(width - gap)}%" y="{height - 10}" height="8" rx="2"/>'
        )
    return _drawn(f'<svg role="img" aria-label="{escape(label)}" height="{height}">', *parts, "</svg>")


def band_chart(
    *,
    uid: str,
    title: str,
    summary: str,
    xs: Sequence[float],
    middle: Sequence[float],
    low: Sequence[float],
    high: Sequence[float],
    x_max: float,
    y_min: float,
    y_max: float,
    x_ticks: Iterable[Tick],
    y_ticks: Iterable[float],
    y_unit: str = "%",
    marks: Iterable[Mark] = (),
    targets: Iterable[Mark] = (),
    step: bool = False,
) -> SafeString:
    """A curve in its interval band, from 0 to `x_max` and from `y_min` to `y_max`.

    `uid` names the chart in its page (for the picture export). `step` draws an estimate that jumps at
    events, such as Kaplan-Meier. `targets` are diamonds with a dashed line, `marks` points on the curve.
    """

    def px(x: float) -> float:
        return 100 * x / x_max

    def py(y: float) -> float:
        return 100 * (1 - (y - y_min) / (y_max - y_min))

    name = escape(uid)
    parts = [f'<title id="{name}-t">{escape(title)}</title><desc id="{name}-d">{escape(summary)}</desc>']
    for tick in y_ticks:
        rule = "axis-line" if tick == y_min else "grid-line"
        height = f"{_n(py(tick))}%"
        parts += [
            f'<line class="{rule}" x1="0" x2="100%" y1="{height}" y2="{height}"/>',
            f'<text x="-10" y="{height}" dy=".32em" text-anchor="end">{escape(number_format(tick) + y_unit)}</text>',
        ]
    parts += _x_axis(list(x_ticks), x_max)
    across = [10 * px(x) for x in xs]
    line, down, up = (_points(across, [10 * py(y) for y in series], step=step) for series in (middle, low, high))
    parts.append(
        f'<svg {STRETCHED} width="100%" height="100%">'
        f'<path class="band" d="{_path(up + down[::-1])}Z"/><path class="curve" d="{_path(line)}"/></svg>'
    )
    for mark in marks:
        x, y = _n(px(mark.x)), _n(py(mark.y))
        parts += [f'<circle class="pt-dot" cx="{x}%" cy="{y}%" r="4.5"/>', _label(mark, x, y, "strong")]
    for mark in targets:
        x, y = _n(px(mark.x)), _n(py(mark.y))
        parts += [
            f'<line class="target-line" x1="{_n(max(px(mark.x) - 9, 0))}%" x2="{x}%" y1="{y}%" y2="{y}%"/>',
            f'<svg x="{x}%" y="{y}%" overflow="visible"><path class="target-mark" d="M0-6 6 0 0 6-6 0Z"/></svg>',
            _label(mark, x, y, "target-label"),
        ]
    names = f'aria-labelledby="{name}-t" aria-describedby="{name}-d" data-chart="{name}"'
    return _drawn(f'<svg role="img" {names}>', *parts, "</svg>")


def column_chart(
    *, uid: str, title: str, summary: str, columns: Sequence[Column], y_max: float, y_ticks: Iterable[float]
) -> SafeString:
    """Columns side by side, from 0 to `y_max` percent. `uid` names the chart in its page."""
    name, slot = escape(uid), 100 / len(columns)
    parts = [f'<title id="{name}-t">{escape(title)}</title><desc id="{name}-d">{escape(summary)}</desc>']
    for tick in y_ticks:
        height, rule = f"{_n(100 * (1 - tick / y_max))}%", "axis-line" if tick == 0 else "grid-line"
        parts += [
            f'<line class="{rule}" x1="0" x2="100%" y1="{height}" y2="{height}"/>',
            f'<text x="-10" y="{height}" dy=".32em" text-anchor="end">{escape(number_format(tick))}%</text>',
        ]
    for place, column in enumerate(columns):
        tall, middle = 100 * _clamp(column.height / y_max), _n(slot * (place + 0.5))
        parts += [
            f'<rect class="column" x="{_n(slot * (place + 0.16))}%" width="{_n(slot * 0.68)}%" y="{_n(100 - tall)}%"'
            f' height="{_n(tall)}%" rx="2"/>',
            f'<text class="strong" x="{middle}%" y="{_n(100 - tall)}%" dy="-6" text-anchor="middle">'
            f"{escape(column.note)}</text>",
            f'<text x="{middle}%" y="100%" dy="1.5em" text-anchor="middle">{escape(column.label)}</text>',
        ]
    names = f'aria-labelledby="{name}-t" aria-describedby="{name}-d" data-chart="{name}"'
    return _drawn(f'<svg role="img" {names}>', *parts, "</svg>")


def interval_chart(
    *,
    uid: str,
    title: str,
    summary: str,
    value: Mark,
    low: float | None,
    high: float | None,
    target: Mark | None,
    ticks: Iterable[Tick],
    minimum: float,
    maximum: float,
) -> SafeString:
    """A value in its interval against a target, large and with a scale: `bullet` to be read alone.

    Only the `x` and `label` of both marks count. What is beyond `minimum` or `maximum` stops there.
    """

    def at(number: float) -> float:
        return 100 * _clamp((number - minimum) / (maximum - minimum))

    name = escape(uid)
    parts = [f'<title id="{name}-t">{escape(title)}</title><desc id="{name}-d">{escape(summary)}</desc>']
    parts.append('<line class="axis-line" x1="0" x2="100%" y1="100%" y2="100%"/>')
    parts += _x_axis([tick._replace(x=tick.x - minimum) for tick in ticks], maximum - minimum)
    if low is not None and high is not None:
        width = _n(at(high) - at(low))
        parts.append(f'<rect class="band" x="{_n(at(low))}%" width="{width}%" y="40%" height="34%" rx="2"/>')
    if target is not None:
        x = at(target.x)
        parts += [
            f'<line class="target-line" x1="{_n(x)}%" x2="{_n(x)}%" y1="0" y2="100%"/>',
            f'<svg x="{_n(x)}%" y="0%" overflow="visible"><path class="target-mark" d="M0-6 6 0 0 6-6 0Z"/></svg>',
            _label(target._replace(dx=0, dy=-12, anchor=_inwards(x)), _n(x), "0", "target-label"),
        ]
    x = at(value.x)
    parts += [
        f'<circle class="pt-dot" cx="{_n(x)}%" cy="57%" r="6"/>',
        _label(value._replace(dx=0, dy=-4, anchor=_inwards(x)), _n(x), "40", "strong"),
    ]
    names = f'aria-labelledby="{name}-t" aria-describedby="{name}-d" data-chart="{name}"'
    return _drawn(f'<svg role="img" {names}>', *parts, "</svg>")


def _inwards(x: float) -> Anchor:
    """So that the label of a point near an edge stays inside."""
    return "start" if x < 12 else "end" if x > 88 else "middle"


def _label(mark: Mark, x: str, y: str, css: str) -> str:
    place = f'x="{x}%" y="{y}%" dx="{mark.dx}" dy="{mark.dy}" text-anchor="{mark.anchor}"'
    return f'<text class="{css}" {place}>{escape(mark.label)}</text>'


def _x_axis(ticks: Sequence[Tick], x_max: float) -> list[str]:
    parts = []
    if any(tick.sub for tick in ticks):
        parts.append('<text x="-10" y="100%" dy="2.85em" text-anchor="end">n</text>')
    for tick in ticks:
        anchor = "start" if tick.x == 0 else "end" if tick.x == x_max else "middle"
        x = _n(100 * tick.x / x_max)
        if tick.x > 0:
            parts.append(f'<line class="grid-line" x1="{x}%" x2="{x}%" y1="0" y2="100%"/>')
        parts.append(f'<text x="{x}%" y="100%" dy="1.5em" text-anchor="{anchor}">{_short(tick.label)}</text>')
        if tick.sub:
            parts.append(f'<text x="{x}%" y="100%" dy="2.85em" text-anchor="{anchor}">{escape(tick.sub)}</text>')
    return parts


def _short(label: str) -> str:
    """ "Level 3" keeps only its 3 in narrow containers, in any language (CSS hides the word)."""
    word, _, number = label.rpartition(" ")
    if word and number.isdigit():
        return f'<tspan class="lvl-word">{escape(word)} </tspan>{escape(number)}'
    return escape(label)


def _svg(css: str, parts: Iterable[str], label: str) -> SafeString:
    reading = f'role="img" aria-label="{escape(label)}"' if label else 'aria-hidden="true"'
    return _drawn(f'<svg class="{css}" {reading}>', *parts, "</svg>")


def _drawn(*parts: str) -> SafeString:
    return mark_safe("".join(parts))  # noqa: S308 - every label was escaped where it was put in


def _points(xs: Sequence[float], ys: Sequence[float], *, step: bool) -> list[Point]:
    points = list(zip(xs, ys, strict=True))
    if not step:
        return points
    stairs = points[:1]
    for (_, before), (x, y) in pairwise(points):
        stairs += [(x, before), (x, y)]
    return stairs


def _path(points: Iterable[Point]) -> str:
    return "".join(f"{'L' if i else 'M'}{_n(x)} {_n(y)}" for i, (x, y) in enumerate(points))


def _n(number: float) -> str:
    """Two decimals at most, always with a point: SVG knows no locale."""
    text = f"{number:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _clamp(share: float) -> float:
    return min(max(share, 0.0), 1.0)
