"""Which entries the shells show to whom."""

from typing import Any

from django.http import HttpRequest


def navigation(request: HttpRequest) -> dict[str, Any]:
    """The entries for the viewer's roles; nothing outside an organization."""
    return {"navigation": []}
