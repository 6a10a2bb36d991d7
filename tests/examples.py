"""How many examples a property is tried with.

`make test` draws the same few each time, so that a red run is red for everybody. `THOROUGH=20 make test` draws twenty
times as many, and others each time.
"""

import os

from hypothesis import settings

_TIMES = int(os.environ.get("THOROUGH", "0"))
#: What Hypothesis draws for a property that names no number.
_USUAL = 100

settings.register_profile(
    "suite",
    derandomize=not _TIMES,
    max_examples=_USUAL * (_TIMES or 1),
    database=None,
    deadline=None,  # how long an example takes is the machine's business
)


def examples(number: int) -> int:
    """So many in the suite, and a multiple of them when asked to be thorough."""
    return number * (_TIMES or 1)
