"""A certificate as a PDF of one landscape page, in the fonts of the pages and the organization's hue."""

from datetime import datetime
from typing import TYPE_CHECKING
from unicodedata import normalize

from django.conf import settings
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from assessments.badges import address
from assessments.errors import AssessmentError
from assessments.models import Certificate
from organizations.branding import fill_color
from organizations.models import Organization

if TYPE_CHECKING:
    from fpdf import FPDF

FONTS = settings.BASE_DIR / "static" / "fonts"
VOICE, SANS = "Literata", "Figtree"
#: Further parts of the voice's font; each is loaded for a certificate that has letters of it.
SCRIPTS = ("cyrillic", "cyrillic-ext", "greek", "greek-ext", "vietnamese")
#: Millimeters of an A4 page, and of what stays white around it.
WIDTH, HEIGHT, EDGE = 297, 210, 24
INK, MUTED = (28, 30, 38), (96, 100, 112)


def pdf_of(certificate: Certificate, organization: Organization, *, at: datetime) -> bytes:
    """Raises AssessmentError `not_in_the_fonts` for a name in a script that they lack, such as Arabic."""
    # Only here: the library takes a while to load, and few processes need it.
    from fpdf import FPDF, ViewerPreferences

    page = FPDF("landscape", "mm", "A4")
    page.set_title(f"{certificate.title}, {certificate.name}")
    page.set_author(organization.name)
    page.set_lang(get_language() or settings.LANGUAGE_CODE)
    page.set_creation_date(at)
    page.viewer_preferences = ViewerPreferences(display_doc_title=True)
    page.set_auto_page_break(False)
    # Letters as one sign each, not as a letter and an accent to be put over it, which a font may lack.
    texts = {name: normalize("NFC", text) for name, text in words_of(certificate, organization).items()}
    _add_fonts(page, {letter for text in texts.values() for letter in text})
    page.add_page()
    page.set_fill_color(fill_color(organization.brand_hue))
    page.rect(0, 0, WIDTH, 7, style="F")
    _line(page, texts["organization"], y=30, font=SANS, size=14)
    _line(page, texts["kind"], y=52, font=SANS, size=12, color=MUTED)
    _line(page, texts["name"], y=66, font=VOICE, size=34)
    _line(page, texts["did"], y=92, font=SANS, size=14)
    _line(page, texts["title"], y=104, font=VOICE, size=24)
    _line(page, texts["of"], y=122, font=SANS, size=13, color=MUTED)
    _line(page, texts["awarded"], y=146, font=SANS, size=13)
    _line(page, texts["check"], y=176, font=SANS, size=9, color=MUTED)
    where = address("verify", organization.slug, certificate.token)
    _line(page, where, y=183, font=SANS, size=9, color=MUTED, link=where)
    return bytes(page.output())


def words_of(certificate: Certificate, organization: Organization) -> dict[str, str]:
    """What stands on a certificate, in the language in force; the page shows the same."""
    words = {
        "program": certificate.program,
        "first": certificate.first_level,
        "last": certificate.last_level,
        "day": date_format(certificate.awarded_on, "j F Y", use_l10n=False),
    }
    if certificate.is_of_program:
        kind, did = _("Certificate of the program"), _("completed the program")
        of = _("Levels %(first)s to %(last)s")
    else:
        kind, did = _("Certificate of level %(first)s"), _("passed level %(first)s")
        of = _("of the program %(program)s")
    return {
        "organization": organization.name,
        "kind": kind % words,
        "name": certificate.name,
        "did": did % words,
        "title": certificate.title,
        "of": of % words,
        "awarded": _("Awarded on %(day)s") % words,
        "check": _("Whether this certificate holds can be looked up at"),
    }


def _add_fonts(page: "FPDF", letters: set[str]) -> None:
    """Those of the pages, and of other scripts what the letters need. Raises AssessmentError `not_in_the_fonts`."""
    # Of one weight each, since cutting that out of the pages' variable fonts takes a second.
    for family, name, weight in ((SANS, "figtree", 450), (VOICE, "literata", 550)):
        for more, part in (("", "latin"), ("More", "latin-ext")):
            page.add_font(f"{family}{more}", "", FONTS / f"{name}-{part}-{weight}.woff2")
    for script in SCRIPTS:
        if letters - _known(page):
            page.add_font(f"{VOICE} {script}", "", FONTS / f"literata-{script}-550.woff2")
    if letters - _known(page):
        raise AssessmentError(
            "not_in_the_fonts",
            _("The PDF’s fonts lack letters of this certificate. Print the page, or save it as PDF from there."),
        )


def _known(page: "FPDF") -> set[str]:
    from fpdf.fonts import TTFFont

    return {chr(point) for font in page.fonts.values() if isinstance(font, TTFFont) for point in font.cmap}


def _line(
    page: "FPDF",
    text: str,
    *,
    y: float,
    font: str,
    size: float,
    color: tuple[int, int, int] = INK,
    link: str = "",
) -> None:
    """A centered line, smaller where it would not fit."""
    page.set_text_color(*color)
    page.set_font(font, size=size)
    # Keys are in small letters; a name that the sans lacks is told in the voice.
    page.set_fallback_fonts([key for key in page.fonts if key != font.lower()])
    room = WIDTH - 2 * EDGE
    if (width := page.get_string_width(text)) > room:
        page.set_font(font, size=size * room / width)
    page.set_xy(EDGE, y)
    page.cell(room, 10, text, align="C", link=link)
