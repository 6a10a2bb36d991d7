"""What changed from one attempt to the next: links, commit, checklist, note, and the scores then and now."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from assessments.models import Score, Submission, SubmissionLink
from curriculum.difference.rewording import Line, reworded

#: Where each repository host shows what happened between two commits, below the address of the repository.
COMPARE = {
    "github.com": "/compare/{before}...{after}",
    "gitlab.com": "/-/compare/{before}...{after}",
    "codeberg.org": "/compare/{before}...{after}",
}
#: A name of a commit, tag or branch that can stand in such an address.
REF = re.compile(r"[0-9A-Za-z][0-9A-Za-z._/-]{0,79}")


@dataclass(frozen=True, slots=True)
class LinkChange:
    """A link that came (no `before`), went (no `after`) or was replaced by another of its kind."""

    kind: str
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class CommitChange:
    """`url` shows what lies between the two, where the repository is the same and its host has such a page."""

    before: str
    after: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class ScoreChange:
    """A criterion's scores in words, empty where it was not judged; `direction` is 1 when it rose, -1 when it fell."""

    criterion: str
    before: str
    after: str
    direction: int


@dataclass(frozen=True, kw_only=True)
class Difference:
    """From attempt `since` on. `ticked` and `unticked` are items of the checklist."""

    since: int
    links: tuple[LinkChange, ...]
    commit: CommitChange | None
    ticked: tuple[str, ...]
    unticked: tuple[str, ...]
    note: tuple[Line, ...]
    scores: tuple[ScoreChange, ...]

    @property
    def is_empty(self) -> bool:
        """Whether the learner changed nothing but what stands behind the links."""
        return not (self.links or self.commit or self.ticked or self.unticked or self.note)


def differences(attempts: Sequence[Submission]) -> dict[Any, Difference]:
    """Of each attempt, by its id, the difference to the one before it that was not withdrawn.

    Takes all of them `with_feedback`, newest first.
    """
    found: dict[Any, Difference] = {}
    for place, attempt in enumerate(attempts):
        before = next((one for one in attempts[place + 1 :] if one.withdrawn_at is None), None)
        if before is not None:
            found[attempt.pk] = difference(before, attempt)
    return found


def difference(before: Submission, after: Submission) -> Difference:
    """What the learner changed, and how the reviewers judged both. Takes them `with_feedback`."""
    done, done_now = _ticked(before), _ticked(after)
    return Difference(
        since=before.attempt,
        links=tuple(_link_changes(before, after)),
        commit=_commit_change(before, after),
        ticked=tuple(text for text in done_now if text not in done),
        unticked=tuple(text for text in done if text not in done_now),
        note=reworded(before.note, after.note),
        scores=tuple(_score_changes(before, after)),
    )


def compare_url(repository: str, before: str, after: str) -> str:
    """Where the host shows what lies between two commits; empty where it has no such page or a name is no name."""
    host = (urlsplit(repository).hostname or "").removeprefix("www.")
    if host not in COMPARE or not (REF.fullmatch(before) and REF.fullmatch(after)) or ".." in before + after:
        return ""
    path = "/".join(urlsplit(repository).path.strip("/").split("/")[:2])
    place = COMPARE[host].format(before=quote(before, safe=""), after=quote(after, safe=""))
    return f"https://{host}/{path}{place}" if "/" in path else ""


def _link_changes(before: Submission, after: Submission) -> list[LinkChange]:
    """One of a kind that went where one of that kind came was replaced by it."""
    changes = []
    old, new = _urls(before), _urls(after)
    for kind in SubmissionLink.Kind:
        gone = [url for url in old.get(kind, ()) if url not in new.get(kind, ())]
        came = [url for url in new.get(kind, ()) if url not in old.get(kind, ())]
        pairs = min(len(gone), len(came))
        changes += [LinkChange(str(kind.label), one, other) for one, other in zip(gone, came, strict=False)]
        changes += [LinkChange(str(kind.label), before=url) for url in gone[pairs:]]
        changes += [LinkChange(str(kind.label), after=url) for url in came[pairs:]]
    return changes


def _commit_change(before: Submission, after: Submission) -> CommitChange | None:
    if before.commit == after.commit:
        return None
    same = [url for url in _urls(before).get("repository", ()) if url in _urls(after).get("repository", ())]
    urls = [compare_url(url, before.commit, after.commit) for url in same]
    return CommitChange(before.commit, after.commit, next(filter(None, urls), ""))


def _score_changes(before: Submission, after: Submission) -> list[ScoreChange]:
    """Criteria by their key, so that versions of a rubric compare; none before both have a verdict."""
    old, new = _scores(before), _scores(after)
    if not old or not new:
        return []
    changes = []
    for key in dict.fromkeys([*old, *new]):
        then, now = old.get(key), new.get(key)
        direction = 0
        if then is not None and now is not None and then.value is not None and now.value is not None:
            direction = (now.value > then.value) - (now.value < then.value)
        named = now or then
        if named is not None:
            changes.append(ScoreChange(named.criterion.title, _word(then), _word(now), direction))
    return changes


def _scores(submission: Submission) -> Mapping[str, Score]:
    verdict = submission.verdict
    return {score.criterion.key: score for score in verdict.scores.all()} if verdict else {}


def _word(score: Score | None) -> str:
    return str(score.get_value_display()) if score is not None and score.value is not None else ""


def _urls(submission: Submission) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for link in submission.links.all():
        found.setdefault(link.kind, []).append(link.normalized_url)
    return found


def _ticked(submission: Submission) -> list[str]:
    return [str(item["text"]) for item in submission.checklist if item["done"]]
