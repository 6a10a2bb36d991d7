"""What a tenant sets of the design: one hue. Lightness and chroma are fixed, so contrast holds for every hue."""

import math

from organizations.models import Organization


def stylesheet(organization: Organization) -> str:
    """The tenant's own stylesheet; the hue is a whole number by constraint, so nothing needs escaping."""
    return f"@layer tokens {{ :root {{ --brand-h: {organization.brand_hue}; }} }}\n"


def fill_color(hue: int) -> str:
    """The color of buttons as "#rrggbb", for mail programs, which do not know oklch."""
    return _hex(0.44, 0.085, hue)


def dark_text_color(hue: int) -> str:
    """The color of links on a dark ground as "#rrggbb"."""
    return _hex(0.80, 0.085, hue)


def _hex(lightness: float, chroma: float, hue: int) -> str:
    """Oklch in sRGB, out-of-gamut parts clipped (Björn Ottosson, https://bottosson.github.io/posts/oklab/)."""
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    linear = (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )
    return "#" + "".join(f"{round(255 * _encoded(min(max(part, 0), 1))):02x}" for part in linear)


def _encoded(linear: float) -> float:
    return 12.92 * linear if linear <= 0.0031308 else 1.055 * linear ** (1 / 2.4) - 0.055
