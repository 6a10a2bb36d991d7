"""Charts as PNG pictures, for a report or a slide: the drawing of the page, in the light theme, with its title.

The drawing takes its colors from the page's stylesheet and its type from the page's fonts. Here both come along.
"""

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import wrap

from django.conf import settings
from django.utils.html import escape
from django.utils.translation import gettext as _

WIDTH, PLOT_HEIGHT, LOW_PLOT = 960, 320, 110
#: What stays free around the plot for labels of the axes.
LEFT, RIGHT, BELOW, EDGE = 68, 40, 64, 28
#: Letters of a line that fit the width, and how high a line is.
TITLE_LETTERS, TEXT_LETTERS, LINE = 84, 132, 20
#: Pixels for each unit: sharp on a good screen and on paper.
SCALE = 2.0

INK, MUTED = "#1d2428", "#565d62"
#: The light theme of static/css/app.css in colors that every program knows; `brand` is the organization's.
STYLE = """
text {{ font-family: Figtree, Literata; font-size: 12px; fill: {muted}; }}
.title {{ font-size: 20px; fill: {ink}; }} .summary, .source {{ font-size: 13px; }}
.strong {{ fill: {ink}; paint-order: stroke; stroke: #fff; stroke-width: 3px; }}
.grid-line {{ stroke: #dde1e4; stroke-width: 1; }} .axis-line {{ stroke: #858a8d; stroke-width: 1; }}
.band {{ fill: {brand}; opacity: .15; }} .column {{ fill: {brand}; opacity: .8; }}
.curve {{ fill: none; stroke: {brand}; stroke-width: 2.25; stroke-linejoin: round; }}
.pt-dot {{ fill: {brand}; stroke: #fff; stroke-width: 2; }}
.target-mark {{ fill: #fff; stroke: #c85261; stroke-width: 2.5; }}
.target-line {{ stroke: #c85261; stroke-width: 1.5; stroke-dasharray: 4 4; }}
"""
FONTS = settings.BASE_DIR / "static" / "fonts"

_OUTER = re.compile(r"^<svg[^>]*>(.*)</svg>$", re.DOTALL)
_STRETCHED = re.compile(r'<svg viewBox="0 0 1000 1000" preserveAspectRatio="none"[^>]*>(.*?)</svg>', re.DOTALL)
_POINT = re.compile(r"([ML])(-?[\d.]+) (-?[\d.]+)")
_PLACED = re.compile(r'<svg x="([\d.-]+)%" y="([\d.-]+)%" overflow="visible">(.*?)</svg>', re.DOTALL)


def png_of(svg: str, *, title: str, summary: str, source: str, brand: str, height: int = PLOT_HEIGHT) -> bytes:
    """A chart of `drawing` that names itself, with its words, 1920 pixels wide; `height` is that of the plot.

    `source` says whose numbers these are, and as of when; `brand` is the color of the curve as "#rrggbb".
    """
    # Only here: few processes draw pictures, and the fonts take a moment.
    from resvg_py import svg_to_bytes

    picture = _framed(svg, title=title, summary=summary, source=source, brand=brand, plot=height)
    picture = picture.replace("≤", _("max."))  # the fonts have no such sign
    files = [str(file) for file in sorted(Path(_fonts().name).iterdir())]
    return svg_to_bytes(svg_string=picture, zoom=SCALE, skip_system_fonts=True, font_files=files)


def _framed(svg: str, *, title: str, summary: str, source: str, brand: str, plot: int) -> str:
    inner = _OUTER.match(svg)
    if inner is None:
        raise ValueError("That is no chart of design.drawing.")
    lines = [("title", line) for line in wrap(title, TITLE_LETTERS)]
    lines += [("summary", line) for line in wrap(summary, TEXT_LETTERS)]
    texts, down = [], EDGE
    for css, line in lines:
        down += LINE + 4 * (css == "title")
        texts.append(f'<text class="{css}" x="{EDGE}" y="{down}">{escape(line)}</text>')
    top = down + LINE + EDGE
    height = top + plot + BELOW + LINE
    wide = WIDTH - LEFT - RIGHT
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}">'
        f"<style>{STYLE.format(ink=INK, muted=MUTED, brand=brand)}</style>"
        f'<rect width="100%" height="100%" fill="#fff"/>{"".join(texts)}'
        f'<svg x="{LEFT}" y="{top}" width="{wide}" height="{plot}" overflow="visible">'
        f"{_unstretched(inner.group(1), wide, plot)}</svg>"
        f'<text class="source" x="{EDGE}" y="{height - EDGE / 2:g}">{escape(source)}</text></svg>'
    )


def _unstretched(drawing: str, wide: float, high: float) -> str:
    """Curves in pixels: a stretched drawing would stretch its lines, which only browsers can be told not to do."""

    def moved(point: re.Match[str]) -> str:
        command, x, y = point.groups()
        return f"{command}{float(x) * wide / 1000:.2f} {float(y) * high / 1000:.2f}"

    def placed(mark: re.Match[str]) -> str:
        x, y, inner = mark.groups()
        return f'<g transform="translate({float(x) * wide / 100:.2f} {float(y) * high / 100:.2f})">{inner}</g>'

    curves = _STRETCHED.sub(lambda found: f"<g>{_POINT.sub(moved, found.group(1))}</g>", drawing)
    return _PLACED.sub(placed, curves)


@cache
def _fonts() -> "TemporaryDirectory[str]":
    """The fonts of one weight each, unpacked once for each process: the renderer knows no woff2."""
    from fontTools.ttLib import TTFont

    folder: TemporaryDirectory[str] = TemporaryDirectory(prefix="gilde-fonts-")
    for packed in _packed():
        font = TTFont(packed)
        font.flavor = None
        font.save(Path(folder.name) / f"{packed.stem}.ttf")
    return folder


def _packed() -> Sequence[Path]:
    return sorted([*FONTS.glob("figtree-*-450.woff2"), *FONTS.glob("literata-*-550.woff2")])
