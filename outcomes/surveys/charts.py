"""The charts of a survey's results, each with the numbers of its table."""

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from design.dates import written_day
from design.drawing import Column, Mark, Tick, band_chart, column_chart
from design.templatetags.design import hours as rounded
from design.templatetags.design import percent
from outcomes.measuring.intervals import Interval
from outcomes.showing.charts import QUARTERS, Chart
from outcomes.surveys.records import Release
from outcomes.surveys.results import Told, TrendPoint

SHOWN = 12


def distribution_chart(told: Told, *, uid: str) -> Chart:
    """How many gave which answer: columns for scores, only a table for choices, whose words are long."""
    summary = in_words(told)
    head = [_("Answer"), _("Answers"), _("Share")]
    rows = [[label, str(number), percent(share, 1)] for label, number, share in told.rows]
    columns = [Column(label, 100 * share, str(number)) for label, number, share in told.rows]
    svg = column_chart(
        uid=uid, title=told.text, summary=summary, columns=columns, y_max=100, y_ticks=QUARTERS
    )  # fmt: skip
    return Chart(told.text, svg, summary, head, rows)


def trend_chart(points: Sequence[TrendPoint], *, uid: str, title: str) -> Chart | None:
    """The mean of a score over the latest waves, with its interval; None before there are two."""
    known = [(point, point.mean) for point in points if point.mean is not None][-SHOWN:]
    if len(known) < 2:
        return None
    last = len(known) - 1
    summary = _("From %(first)s to %(last)s over %(number)s waves") % {
        "first": rounded(known[0][1].estimate, 2), "last": rounded(known[-1][1].estimate, 2), "number": len(known)
    }  # fmt: skip
    svg = band_chart(
        uid=uid,
        title=title,
        summary=summary,
        xs=list(range(len(known))),
        middle=[mean.estimate for _point, mean in known],
        low=[mean.low for _point, mean in known],
        high=[mean.high for _point, mean in known],
        x_max=last,
        y_min=1,
        y_max=5,
        x_ticks=[
            Tick(place, written_day(point.release.last_on, "M Y") if place % 2 == last % 2 or last < 4 else "",
                 str(point.n))
            for place, (point, _mean) in enumerate(known)
        ],
        y_ticks=range(1, 6),
        y_unit="",
        marks=[Mark(last, known[-1][1].estimate, rounded(known[-1][1].estimate, 2), anchor="end")],
    )  # fmt: skip
    head = [_("Wave"), _("Answers"), _("Mean"), _("95% interval")]
    rows = [[days_of(point.release), str(point.n), rounded(mean.estimate, 2), between(mean)] for point, mean in known]
    return Chart(title, svg, summary, head, rows)


def in_words(told: Told) -> str:
    """The question's number in a sentence."""
    said = ngettext("%(count)s answer", "%(count)s answers", told.n) % {"count": told.n}
    if told.mean and told.top_two:
        words = {"mean": rounded(told.mean.estimate, 2), "share": percent(told.top_two.estimate, 0), "n": said}
        return _("%(n)s, mean %(mean)s; %(share)s gave 4 or 5") % words
    if told.net:
        return _("%(n)s; score %(net)s") % {"n": said, "net": signed(told.net.estimate)}
    return said


def between(interval: Interval) -> str:
    return f"{rounded(interval.low, 2)}–{rounded(interval.high, 2)}"


def signed(points: float) -> str:
    """+23 or −4, in whole points."""
    whole = round(points)
    return f"{'+' if whole > 0 else '−' if whole < 0 else ''}{abs(whole)}"


def days_of(release: Release) -> str:
    """The days of a release's waves: 1 Sep – 15 Sep 2026."""
    return f"{written_day(release.first_on, 'j M Y')} – {written_day(release.last_on, 'j M Y')}"
