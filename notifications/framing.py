"""A mail in a frame of a page of ours: it can do nothing, and no style but its own counts."""

import base64
import hashlib
import re
from typing import Any, TypeVar

from csp.constants import SELF
from django.http import HttpResponse

STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)
R = TypeVar("R", bound=HttpResponse)


def framed(html: str) -> HttpResponse:
    """The mail's own page, for the frame alone."""
    hashes = " ".join(f"'sha256-{_hash(style)}'" for style in STYLE.findall(html))
    policy = f"default-src 'none'; style-src {hashes}; frame-ancestors 'self'; sandbox"
    # As `xframe_options_sameorigin` says it.
    return HttpResponse(html, headers={"Content-Security-Policy": policy, "X-Frame-Options": "SAMEORIGIN"})


def with_frames(response: R) -> R:
    """The page that shows it may hold frames of ours."""
    page: Any = response
    # As `csp.decorators.csp_update` does, whose types know no request of ours.
    page._csp_update = {"frame-src": [SELF]}
    return response


def _hash(style: str) -> str:
    return base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
