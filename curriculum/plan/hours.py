"""Numbers as people write them in a plan, in Dutch and in English: 2.000, 2,000, 100h, 20-30 uur/week."""

import re
from dataclasses import dataclass
from decimal import Decimal

from curriculum.sentences import Span

MAX_HOURS = Decimal(100_000)
"""More than a working life; a larger number of hours is a slip of the pen."""

WEEKS_PER_YEAR = 52

NUMBER = r"(?:[1-9]\d{0,2}(?:[.,'\u00a0\u202f]\d{3})+(?!\d)|\d+(?:[.,]\d+)?)"
HOUR_UNIT = r"(?:uren|uur|u|hours?|hrs?|h)"
_RANGE = rf"(?P<low>{NUMBER})(?:\s*[-–]\s*(?P<high>{NUMBER}))?"

_HOURS = re.compile(rf"[~±]?\s*(?P<sign>[-−])?\s*(?P<number>{NUMBER})\s*{HOUR_UNIT}?", re.IGNORECASE)
_TRAILING_PARENTHESIS = re.compile(r"\((?P<inside>[^()]*)\)\s*:?\s*$")
_ENDS_IN_HOURS = re.compile(rf"(?:^|[\s\d]){HOUR_UNIT}$", re.IGNORECASE)
_TOTAL = re.compile(rf"(?<!\d)(?P<number>{NUMBER})[\s-]*(?:uren|uur|hours?|hrs?|h)\b(?!\s*(?:/|per\b))", re.IGNORECASE)
_MENTION = re.compile(
    rf"(?<!\d){_RANGE}[\s-]*(?:"
    rf"(?P<pace>{HOUR_UNIT}\s*(?:/|per|a)\s*(?:week|wk)\b)"
    r"|(?P<weeks>(?:weeks?|weken|wk)\b)"
    r"|(?P<months>(?:months?|maanden|maand)\b)"
    r"|(?P<years>(?:years?|jaren|jaar)\b))",
    re.IGNORECASE,
)


def read_number(text: str) -> Decimal:
    """A dot or comma before exactly three digits separates thousands, any other one decimals."""
    thousands = re.fullmatch(r"[1-9]\d{0,2}(?:[.,'\u00a0\u202f]\d{3})+", text)
    return Decimal(re.sub(r"\D", "", text)) if thousands else Decimal(text.replace(",", "."))


def read_hours(text: str) -> Decimal | None:
    """The hours in a table cell or between parentheses; ``None`` for an empty cell.

    Raises ``ValueError`` for text that is not a number of hours. A negative number is returned as such.
    """
    text = text.strip()
    text = text[1:-1].strip() if text.startswith("(") and text.endswith(")") else text
    if text in {"", "-", "–", "—"}:
        return None
    match = _HOURS.fullmatch(text)
    if match is None:
        raise ValueError(text)
    number = read_number(match["number"])
    return -number if match["sign"] else number


def split_hours(title: str) -> tuple[str, str | None]:
    """``"Foundations (2.000 uur)"`` is ``("Foundations", "2.000 uur")``; no hours at the end: ``(title, None)``."""
    match = _TRAILING_PARENTHESIS.search(title)
    if match is None or not _ENDS_IN_HOURS.search(match["inside"].strip()):
        return title.strip().rstrip(":") or title.strip(), None
    return title[: match.start()].strip(), match["inside"].strip()


def find_total_hours(text: str) -> Decimal | None:
    """The first number of hours that is not a number of hours a week."""
    match = _TOTAL.search(text)
    return read_number(match["number"]) if match else None


@dataclass(frozen=True, slots=True)
class Duration:
    hours_per_week: Span | None = None
    weeks: Span | None = None
    years: Span | None = None


def find_durations(text: str) -> tuple[Duration, ...]:
    """Weeks, years and hours a week that are named together.

    ``"500 weken = ~9,6 jaar @ 20 uur/week (of 12 weken @ 166 uur/week)"`` gives two: a second mention of the same
    kind begins the next one. Months count as weeks, 52 to twelve months.
    """
    found: list[dict[str, Span]] = []
    for match in _MENTION.finditer(text):
        low = read_number(match["low"])
        span = Span(low, read_number(match["high"]) if match["high"] else low)
        if match["months"]:
            span = Span(_weeks_of_months(span.low), _weeks_of_months(span.high))
        kind = "hours_per_week" if match["pace"] else "years" if match["years"] else "weeks"
        if not found or kind in found[-1]:
            found.append({})
        found[-1][kind] = span
    return tuple(Duration(**spans) for spans in found)


def _weeks_of_months(months: Decimal) -> Decimal:
    return (months * WEEKS_PER_YEAR / 12).quantize(Decimal("0.1"))


_AMOUNT = re.compile(
    rf"(?P<currency>[$€])?\s?(?P<low>{NUMBER})(?P<low_k>k)?"
    rf"(?:\s*[-–]\s*[$€]?(?P<high>{NUMBER})(?P<high_k>k)?)?"
    r"(?P<unit>TB|GB|Mbps|Gbps)?(?:/(?P<per>user/month|person|year|month|jaar|maand))?",
)


@dataclass(frozen=True, slots=True)
class Amount:
    span: Span
    unit: str
    per: str


def find_amount(text: str) -> Amount | None:
    """The money in a text; without any, the number it begins with. ``$50-70k`` is 50,000 to 70,000, ``$500-1k`` is
    500 to 1,000: a bare first number shares the thousands when it is the smaller of the two as written."""
    match = next((m for m in _AMOUNT.finditer(text) if m["currency"]), None) or _AMOUNT.match(text.lstrip("~ "))
    if match is None:
        return None
    low = read_number(match["low"])
    high = read_number(match["high"]) if match["high"] else low
    shares_thousands = bool(match["high_k"]) and low <= high
    low *= 1000 if match["low_k"] or shares_thousands else 1
    high *= 1000 if match["high_k"] or (match["low_k"] and not match["high"]) else 1
    per = {"jaar": "year", "maand": "month"}.get(match["per"] or "", match["per"] or "")
    return Amount(Span(low, high), match["currency"] or match["unit"] or "", per)


_RATIO = re.compile(r"(?P<theory>\d{1,3})\s*%\s*(?:theorie|theory)\W{1,5}(?P<practice>\d{1,3})\s*%", re.IGNORECASE)


def find_theory_practice(text: str) -> tuple[Decimal, Decimal] | None:
    """``"35% theorie, 65% hands-on"`` is (35, 65)."""
    match = _RATIO.search(text)
    return (Decimal(match["theory"]), Decimal(match["practice"])) if match else None


_PART = re.compile(rf"(?P<number>{NUMBER})\s*{HOUR_UNIT}\b\s*", re.IGNORECASE)
_THEORY = re.compile(r"theor|lecture|tutorial|lessen|college", re.IGNORECASE)
_PRACTICE = re.compile(r"hands-on|practi|prakti|coding|programmeren|oefen", re.IGNORECASE)


def find_weekly_split(text: str) -> tuple[Decimal, Decimal] | None:
    """``"Each week: 12h lectures + tutorials, 8h hands-on coding"`` is (12, 8): theory and practice."""
    parts = list(_PART.finditer(text))
    ends = (*(part.start() for part in parts[1:]), len(text))
    theory = practice = None
    for part, end in zip(parts, ends, strict=False):
        words = text[part.end() : end]
        if _PRACTICE.search(words):
            practice = read_number(part["number"])
        elif _THEORY.search(words):
            theory = read_number(part["number"])
    return None if theory is None or practice is None else (theory, practice)
