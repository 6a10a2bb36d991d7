from datetime import timedelta

import pytest

from assessments.difference import CommitChange, LinkChange, ScoreChange, compare_url, differences
from assessments.projects import attempts_at
from assessments.reviewing import Mark
from assessments.submissions import withdraw
from curriculum.difference.rewording import Run
from tests.assessments.conftest import PROFICIENT, SUBMITTED, School, hand_in, judge

HUB = "https://github.com/amira/files"


def test_difference_tells_all_that_changed_since_the_last_attempt_that_counts(school: School) -> None:
    asks = ("Reads and writes files", "Has a command line")
    first = hand_in(
        school,
        links={"repository": HUB, "deployment": "https://old.example/", "video": "https://v.example/1"},
        commit="v1",
        note="Start with cli.py.",
        checklist=[{"text": asks[0], "done": False}, {"text": asks[1], "done": True}],
    )
    judge(first, school, "changes_requested", scores={**PROFICIENT, "testing": Mark(2, "None in CI.")})
    day = timedelta(days=1)
    withdraw(submission=hand_in(school, at=SUBMITTED + day), by=school.cast.amira, at=SUBMITTED + day)
    third = hand_in(
        school,
        links={"repository": HUB, "deployment": "https://new.example/", "paper": "https://p.example/1"},
        commit="v2",
        note="Start with core.py.",
        checklist=[{"text": asks[0], "done": True}, {"text": asks[1], "done": False}],
        at=SUBMITTED + 2 * day,
    )
    judge(third, school, scores={**PROFICIENT, "testing": Mark(4)}, at=SUBMITTED + 2 * day)
    found = differences(attempts_at(school.capstone, school.amira))
    changed = found[third.pk]
    assert (changed.since, changed.is_empty, set(found) - {third.pk}) == (1, False, set(found) - {first.pk, third.pk})
    assert changed.links == (
        LinkChange("Demo", "https://old.example/", "https://new.example/"),
        LinkChange("Video", before="https://v.example/1"),
        LinkChange("Paper", after="https://p.example/1"),
    )
    assert changed.commit == CommitChange("v1", "v2", f"{HUB}/compare/v1...v2")
    assert (changed.ticked, changed.unticked) == (asks[:1], asks[1:])
    assert changed.note == (
        (Run("same", "Start with "), Run("removed", "cli"), Run("added", "core"), Run("same", ".py.")),
    )
    assert changed.scores == (
        ScoreChange("Quality", "Proficient", "Proficient", 0),
        ScoreChange("Testing", "Developing", "Exemplary", 1),
        ScoreChange("Documentation", "Proficient", "Proficient", 0),
    )


def test_same_attempt_again_is_no_difference(school: School) -> None:
    judge(hand_in(school), school, "changes_requested")
    again = hand_in(school, at=SUBMITTED + timedelta(days=1))
    found = differences(attempts_at(school.capstone, school.amira))[again.pk]
    assert (found.is_empty, found.scores) == (True, ())


@pytest.mark.parametrize(
    ("repository", "commits", "url"),
    [
        (HUB, ("a1", "feature/x"), f"{HUB}/compare/a1...feature%2Fx"),
        ("https://www.github.com/amira/files/tree/main", ("1", "2"), f"{HUB}/compare/1...2"),
        ("https://gitlab.com/amira/files", ("1", "2"), "https://gitlab.com/amira/files/-/compare/1...2"),
        ("https://codeberg.org/amira/files", ("1", "2"), "https://codeberg.org/amira/files/compare/1...2"),
        ("https://github.com.evil.example/amira/files", ("1", "2"), ""),
        ("https://github.com/amira", ("1", "2"), ""),
        (HUB, ("", "2"), ""),
        (HUB, ("1", "../../evil"), ""),
        (HUB, ("1", 'v2"><script>'), ""),
    ],
)
def test_host_shows_what_lies_between_two_commits(repository: str, commits: tuple[str, str], url: str) -> None:
    assert compare_url(repository, *commits) == url
