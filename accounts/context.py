"""What every template may ask of the viewer."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def viewer(request: HttpRequest) -> dict[str, Any]:
    """`organization` and `membership` inside an organization (None elsewhere), the `theme` that was chosen, `demo`.

    `shortcuts_off`: single keys do nothing.
    """
    return {
        "organization": getattr(request, "organization", None),
        "membership": getattr(request, "membership", None),
        "theme": getattr(request, "theme", ""),
        "shortcuts_off": request.COOKIES.get("shortcuts") == "off",
        "demo": settings.DEMO,
    }
