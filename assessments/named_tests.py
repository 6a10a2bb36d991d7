"""Which of the checks that a CI reports are tests: those with such a name. A linter that passed tells of no tests."""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from fnmatch import fnmatchcase

from accounts.models import Membership
from assessments.models import AutomatedTest, TestNames

#: What counts until the organization says otherwise; `*` stands for any letters. Each is compared with every word.
DEFAULTS = ("test*", "*tests", "pytest", "unittest", "ci", "spec*", "rspec", "jest", "vitest", "e2e")
MOST, LONGEST = 30, 60
WORD = re.compile(r"[^\W_]+")
#: Names shown that do not count, and how many of the newest reports are looked through for them.
SHOWN, NEWEST = 10, 500
IsTest = Callable[[str], bool]


def patterns_in_force() -> Sequence[str]:
    """One query."""
    latest = TestNames.objects.order_by("-recorded_at", "-id").values_list("patterns", flat=True).first()
    return DEFAULTS if latest is None else tuple(latest.splitlines())


def set_patterns(*, patterns: Iterable[str], by: Membership, at: datetime) -> TestNames:
    """Let checks of these names count as tests from now on, also in what was reported before."""
    return TestNames.objects.create(patterns="\n".join(patterns), recorded_by=by, recorded_at=at)


def is_test_by(patterns: Sequence[str]) -> IsTest:
    """Whether a check of that name is a test: a word of it, or all of it, fits a pattern."""
    folded = [pattern.casefold() for pattern in patterns]

    def is_test(name: str) -> bool:
        whole = name.casefold()
        return any(fnmatchcase(each, pattern) for pattern in folded for each in (whole, *WORD.findall(whole)))

    return is_test


def uncounted(patterns: Sequence[str]) -> list[str]:
    """Names that webhooks reported lately and that are no tests, so that an admin sees what is missing. One query."""
    names = AutomatedTest.objects.filter(source=AutomatedTest.Source.WEBHOOK).order_by("-recorded_at")
    is_test = is_test_by(patterns)
    lately = dict.fromkeys(names.values_list("name", flat=True)[:NEWEST])
    return [name for name in lately if name and not is_test(name)][:SHOWN]
