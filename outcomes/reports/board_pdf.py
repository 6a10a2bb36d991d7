"""The numbers for the board, as a PDF of two pages in the reader's language: it leaves the staff, so it hides what is
small. Cohorts beyond the newest ones are left to the workbook.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from unicodedata import normalize
from uuid import UUID

from django.conf import settings
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from assessments.certificate_pdf import FONTS, SANS, VOICE
from design.dates import written_day
from design.templatetags.design import percent
from organizations.branding import fill_color
from organizations.models import Organization
from outcomes.measuring.measures import SMALLEST_CELL, Measure
from outcomes.measuring.placement import CURVE_DAYS, TOLD_DAYS
from outcomes.measuring.verdicts import Verdict
from outcomes.models import DEFINITION_VERSION, TargetKey
from outcomes.reports.disclosing import TOTAL, bounded, withheld_of_cohorts, withheld_sizes
from outcomes.reports.hiding import Key
from outcomes.showing.figures import Figures, Measures
from outcomes.showing.scorecards import COMPARED, SCALES, Card, bounded_card, cards, compared, compared_targets
from outcomes.showing.wording import summing_up

if TYPE_CHECKING:
    from fpdf import FPDF

#: Millimeters of an A4 page, and of what stays white around it.
WIDTH, HEIGHT, EDGE = 210, 297, 16
ROOM = WIDTH - 2 * EDGE
INK, MUTED, LINE = (28, 30, 38), (96, 100, 112), (214, 217, 224)
SIGNAL = {Verdict.ON_TARGET: (24, 121, 78), Verdict.TOO_CLOSE: (52, 88, 160), Verdict.BELOW_TARGET: (178, 42, 42)}
MOST_COHORTS = 18
HIDDEN = "–"

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Curve:
    """Points from 0 to 1 across and from 0 to 1 up, with what stands under the axis and at a point."""

    title: str
    points: Sequence[Point]
    ticks: Sequence[tuple[float, str]]


def board_pdf(figures: Figures, organization: Organization, *, salary: str, at: datetime) -> bytes:
    """`salary` is what may be told of salaries, a sentence or nothing."""
    # Only here: the library takes a while to load, and few processes need it.
    from fpdf import FPDF, ViewerPreferences

    page = FPDF("portrait", "mm", "A4")
    title = _("Outcomes for the board")
    page.set_title(f"{title}, {organization.name}")
    page.set_author(organization.name)
    page.set_lang(get_language() or settings.LANGUAGE_CODE)
    page.set_creation_date(at)
    page.viewer_preferences = ViewerPreferences(display_doc_title=True)
    page.set_auto_page_break(False)
    for family, name, weight in ((SANS, "figtree", 450), (VOICE, "literata", 550)):
        for more, part in (("", "latin"), ("More", "latin-ext")):
            page.add_font(f"{family}{more}", "", FONTS / f"{name}-{part}-{weight}.woff2")
    page.set_fallback_fonts([f"{SANS}More".lower(), VOICE.lower(), f"{VOICE}More".lower()])
    hue = fill_color(organization.brand_hue)
    whole, single = withheld_of_cohorts(figures.measures, figures.by_cohort, list(COMPARED))
    sizes = {pk: _size(found) for pk, found in figures.by_cohort.items()}
    too_small = withheld_sizes(sizes, _size(figures.measures))
    vague = bounded(figures.measures)
    shown = [
        bounded_card(figures.measures[card.key], figures.targets.goal(card.key, figures.scope))
        if card.key in vague
        else card
        for card in cards(figures)
    ]
    page.add_page()
    _head(page, organization, title, figures, hue, HIDDEN if TOTAL in too_small else str(_size(figures.measures)))
    untold = whole - vague | {card.key for card in shown if card.key in vague and card.status == "not_available"}
    told = [card.verdict for card in shown if card.verdict and card.key not in untold]
    _text(page, summing_up(told), y=50, font=VOICE, size=13, room=ROOM, lines=True)
    _scorecards(page, shown, figures, whole - vague, y=68)
    _text(page, salary, y=254, size=9.5, room=ROOM, lines=True)
    _foot(page, at)
    page.add_page()
    _curves(page, figures, whole, hue)
    _cohorts(page, figures, single, too_small, y=104)
    _foot(page, at)
    return bytes(page.output())


def reach_curve(measure: Measure) -> Curve:
    """Retention through each level, up to the first in which fewer than five left: its step would tell of them."""
    rows = measure.detail.get("levels", [])
    points: list[Point] = [(0.0, 1.0)]
    for row in rows:
        if row["left"] < SMALLEST_CELL or row["completed"] < SMALLEST_CELL or row["through"][0] is None:
            break
        points.append((row["level"] / len(rows), row["through"][0]))
    ticks = [(0.0, _("Start"))]
    ticks += [(row["level"] / len(rows), _("Level %(number)s") % {"number": row["level"]}) for row in rows]
    return Curve(_("How far learners get"), points, ticks)


def placement_curve(measure: Measure) -> Curve:
    """First placement on the days that are told, each step of which counts five graduates or more."""
    followed = measure.detail.get("graduates", 0)
    points: list[Point] = [(0.0, 0.0)]
    for day, share, _low, _high, at_risk in measure.detail.get("curve", []):
        if day in TOLD_DAYS and at_risk >= SMALLEST_CELL and (share - points[-1][1]) * followed >= SMALLEST_CELL:
            points.append((day / CURVE_DAYS, share))
    ticks = [(day / CURVE_DAYS, _("%(number)s days") % {"number": day}) for day in TOLD_DAYS if day != TOLD_DAYS[0]]
    return Curve(_("Placement after graduating"), points, ticks)


# -- the parts ---------------------------------------------------------------------------------------------------------


def _size(measures: Measures) -> int:
    """How many learners are on the roster."""
    counts = measures[TargetKey.COMPLETION_YEARS].counts
    return counts.denominator + counts.pending


def _head(page: "FPDF", organization: Organization, title: str, figures: Figures, hue: str, learners: str) -> None:
    page.set_fill_color(hue)
    page.rect(0, 0, WIDTH, 5, style="F")
    _text(page, organization.name, y=14, size=10, color=MUTED)
    _text(page, title, y=21, font=VOICE, size=22)
    words = {
        "day": written_day(figures.on, "j F Y"),
        "learners": learners,
        "cohorts": len(figures.cohorts),
    }
    line = ngettext(
        "As of %(day)s: %(learners)s learners on the roster, in %(cohorts)s cohort that had started.",
        "As of %(day)s: %(learners)s learners on the roster, in %(cohorts)s cohorts that had started.",
        len(figures.cohorts),
    )
    _text(page, line % words, y=34, size=9.5, color=MUTED)
    if not figures.scope.is_kept or figures.scope.cohort_id:
        chosen = ", ".join(cohort.name for cohort in figures.cohorts) or HIDDEN
        _text(page, _("Only these cohorts: %(names)s") % {"names": chosen}, y=40, size=9.5, color=MUTED, room=ROOM)


def _scorecards(page: "FPDF", shown: Sequence[Card], figures: Figures, whole: set[str], y: float) -> None:
    """One line for each target: its value, the interval drawn and in words, what it aims for and the verdict."""
    columns = ((0, _("Target")), (50, _("Value")), (98, _("95% interval")), (125, _("Target value")))
    for x, name in (*columns, (149, _("Verdict"))):
        _text(page, name, x=EDGE + x, y=y, size=8, color=MUTED)
    y += 6
    for card in shown:
        _rule(page, y)
        is_told = card.key not in whole
        _text(page, card.name, y=y + 1.5, size=9.5, room=48)
        _text(page, card.counted if is_told else HIDDEN, y=y + 6, size=7.5, color=MUTED, room=48)
        _text(page, card.value if is_told else HIDDEN, x=EDGE + 50, y=y + 2.5, size=12, room=21)
        if is_told and card.interval:
            _bullet(page, figures, card, x=EDGE + 72, y=y + 5.5, room=23)
            if card.key != TargetKey.REPUTATION:
                _text(page, card.interval, x=EDGE + 98, y=y + 3, size=8.5, room=26)
        _text(page, card.target, x=EDGE + 125, y=y + 3, size=8.5, room=23)
        _verdict(page, card if is_told else None, x=EDGE + 149, y=y + 3)
        y += 12.5
    _rule(page, y)
    note = _(
        "A dash: there is no number, or it would tell of fewer than %(count)s people. No verdict is passed on fewer "
        "than 20."
    ) % {"count": SMALLEST_CELL}
    _text(page, note, y=y + 2, size=8, color=MUTED, room=ROOM, lines=True)


def _bullet(page: "FPDF", figures: Figures, card: Card, *, x: float, y: float, room: float) -> None:
    measure, goal = figures.measures[card.key], figures.targets.goal(card.key, figures.scope)
    if measure.value is None or card.key == TargetKey.REPUTATION:
        return
    least, longest = SCALES.get(card.key, (0.0, 1.0))

    def across(number: float | None, otherwise: float) -> float:
        number = otherwise if number is None else number
        return x + room * min(max((number - least) / (longest - least), 0), 1)

    page.set_fill_color(*LINE)
    page.rect(x, y - 0.4, room, 0.8, style="F")
    page.set_fill_color(*SIGNAL.get(card.verdict, MUTED) if card.verdict else MUTED)
    with page.local_context(fill_opacity=0.35):
        page.rect(
            across(measure.low, least),
            y - 1.2,
            across(measure.high, longest) - across(measure.low, least),
            2.4,
            style="F",
        )
    page.circle(across(measure.value, least), y, 1.1, style="F")
    if goal.value is not None and goal.is_on:
        page.set_fill_color(*INK)
        page.rect(across(float(goal.value), least) - 0.25, y - 2.2, 0.5, 4.4, style="F")


def _verdict(page: "FPDF", card: Card | None, *, x: float, y: float) -> None:
    if card is None or card.verdict is None:
        _text(page, HIDDEN, x=x, y=y, size=8.5, color=MUTED)
        return
    color = SIGNAL.get(card.verdict, MUTED)
    page.set_fill_color(*color)
    page.circle(x + 1, y + 2.1, 1, style="F")
    _text(page, card.words, x=x + 3.5, y=y, size=8, color=color, room=WIDTH - EDGE - x - 3.5, lines=True)


def _curves(page: "FPDF", figures: Figures, whole: set[str], hue: str) -> None:
    half = (ROOM - 12) / 2
    reach = reach_curve(figures.measures[TargetKey.RETENTION_LEVEL_5])
    placed = placement_curve(figures.measures[TargetKey.PLACEMENT])
    keys = (TargetKey.RETENTION_LEVEL_5, TargetKey.PLACEMENT)
    for number, (curve, key) in enumerate(zip((reach, placed), keys, strict=True)):
        _chart(page, curve, hue, x=EDGE + number * (half + 12), room=half, is_told=key not in whole)


def _chart(page: "FPDF", curve: Curve, hue: str, *, x: float, room: float, is_told: bool) -> None:
    top, tall, left = 30.0, 48.0, 10.0
    x, room = x + left, room - left
    _text(page, curve.title, x=x - left, y=16, font=VOICE, size=12)
    for part in (0, 25, 50, 75, 100):
        height = top + tall * (1 - part / 100)
        page.set_draw_color(*LINE)
        page.set_line_width(0.2)
        page.line(x, height, x + room, height)
        _text(page, percent(part / 100), x=x - left, y=height - 2, size=7, color=MUTED)
    if len(curve.points) < 2 or not is_told:
        _text(page, _("Too few to draw."), x=x + 4, y=top + tall / 2 - 3, size=9, color=MUTED)
        return
    for where, label in curve.ticks:
        page.set_font(SANS, size=7)
        wide = page.get_string_width(label)
        left_of = min(max(x + room * where - wide / 2, x - 4), x + room - wide + 1)
        _text(page, label, x=left_of, y=top + tall + 1.5, size=7, color=MUTED)
    points = [(x + room * where, top + tall * (1 - share)) for where, share in curve.points]
    page.set_draw_color(hue)
    page.set_fill_color(hue)
    page.set_line_width(0.7)
    page.polyline(points)
    for (where, height), (_where, share) in list(zip(points, curve.points, strict=True))[1:]:
        page.circle(where, height, 0.9, style="F")
        label = percent(share, 1)
        page.set_font(SANS, size=7.5)
        left_of = min(where - page.get_string_width(label) / 2, x + room - page.get_string_width(label))
        _text(page, label, x=left_of, y=height - 5.5, size=7.5)


def _cohorts(
    page: "FPDF", figures: Figures, single: Collection[tuple[UUID, str]], too_small: Collection[Key], y: float
) -> None:
    _text(page, _("Cohorts compared"), y=y - 11, font=VOICE, size=12)
    if not figures.cohorts:
        _text(page, _("No cohort had started by this day."), y=y, size=9, color=MUTED)
        return
    headings = [str(heading) for heading in COMPARED.values()]
    wide = 17.5
    first = ROOM - wide * (len(headings) + 1)
    _text(page, _("Cohort"), y=y, size=8, color=MUTED)
    for number, name in enumerate([_("Learners"), *headings]):
        _text(page, name, x=EDGE + first + wide * number + 2, y=y, size=8, color=MUTED, room=wide - 2, align="R")
    cohorts = figures.cohorts[:MOST_COHORTS]
    for cohort, row in zip(cohorts, compared(figures, cohorts), strict=True):
        y += 7
        _rule(page, y)
        _text(page, row["name"], y=y + 1.2, size=9, room=first - 20)
        _text(page, written_day(row["starts_on"], "M Y"), x=EDGE + first - 18, y=y + 1.4, size=8, color=MUTED)
        learners = HIDDEN if cohort.pk in too_small else str(row["learners"])
        cells = [(learners, False)]
        for key, cell in zip(COMPARED, row["cells"], strict=True):
            is_told = (cohort.pk, key) not in single
            cells.append((cell["text"] if is_told else HIDDEN, is_told and bool(cell["below"])))
        for number, (words, is_below) in enumerate(cells):
            x = EDGE + first + wide * number + 2
            color = SIGNAL[Verdict.BELOW_TARGET] if is_below else INK
            _text(page, words, x=x, y=y + 1.2, size=9, color=color, room=wide - 2, align="R")
    y += 7
    _rule(page, y)
    _text(page, _("Target"), y=y + 1.2, size=9, font=VOICE)
    for number, (_heading, goal) in enumerate(compared_targets(figures), start=1):
        _text(page, goal, x=EDGE + first + wide * number + 2, y=y + 1.2, size=9, font=VOICE, room=wide - 2, align="R")
    y += 9
    notes = [_("Red: the interval lies on the wrong side of the target. A dash: too few counted, or most pending.")]
    if (left := len(figures.cohorts) - len(cohorts)) > 0:
        notes.append(
            ngettext("%(count)s older cohort is not listed.", "%(count)s older cohorts are not listed.", left)
            % {"count": left}
        )
    _text(page, " ".join(notes), y=y, size=8, color=MUTED, room=ROOM, lines=True)


def _foot(page: "FPDF", at: datetime) -> None:
    words = {"version": DEFINITION_VERSION, "day": written_day(at.date(), "j F Y"), "page": page.page_no()}
    line = _("Definition version %(version)s · made on %(day)s · page %(page)s of 2") % words
    _text(page, line, y=HEIGHT - 14, size=8, color=MUTED)


def _rule(page: "FPDF", y: float) -> None:
    page.set_draw_color(*LINE)
    page.set_line_width(0.2)
    page.line(EDGE, y, WIDTH - EDGE, y)


def _text(
    page: "FPDF",
    text: str,
    *,
    y: float,
    x: float = EDGE,
    font: str = SANS,
    size: float = 10,
    color: tuple[int, int, int] = INK,
    room: float | None = None,
    lines: bool = False,
    align: str = "L",
) -> None:
    """A line, smaller where it would not fit its room; or as many lines as it takes."""
    # The fonts have no such sign.
    text = normalize("NFC", text).replace("≤", _("max."))
    page.set_text_color(*color)
    page.set_font(font, size=size)
    page.set_xy(x, y)
    page.c_margin = 0
    if lines:
        page.multi_cell(room or ROOM, size * 0.5, text, align="L")
        return
    if room and (width := page.get_string_width(text)) > room:
        page.set_font(font, size=size * room / width)
    page.cell(room or ROOM, size * 0.45, text, align=align)
