"""What the APIs of GitHub, GitLab and Gitea (which Codeberg speaks) tell of a repository, as the same few facts."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from django.utils.dateparse import parse_datetime

from assessments.host_api import HostApi, Missing, Unknown
from assessments.models import AutomatedTestState
from assessments.named_tests import IsTest
from assessments.repositories import SHA, Format, Repository

README = re.compile(r"readme(\.\w+)?", re.IGNORECASE)
LICENSE = re.compile(r"(licen[cs]e|copying)([-.]\w+)*", re.IGNORECASE)
TESTS = re.compile(r"(^|/)(tests?|specs?|__tests__)(/|$)|(^|/)(test_[^/]+|[^/]+[_.-](test|spec))\.\w+$", re.IGNORECASE)
#: A license that has no short name, or one that the host does not recognize.
OTHER = "other"
PASSED, FAILED, RUNNING = (state.value for state in AutomatedTestState)
#: How hosts call it when a check ends. What was skipped or called off says nothing, either way.
ENDS = {
    "success": PASSED, "passed": PASSED, "warning": PASSED,
    "failure": FAILED, "failed": FAILED, "error": FAILED, "timed_out": FAILED, "startup_failure": FAILED,
    "neutral": "", "skipped": "", "stale": "", "manual": "", "action_required": "", "cancelled": "", "canceled": "",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Facts:
    """None is not known; empty words are too, but for `license`, whose empty word is none."""

    owner: str = ""
    is_private: bool | None = None
    license: str | None = None
    pushed_at: datetime | None = None
    commit_exists: bool | None = None
    commit: str = ""
    has_readme: bool | None = None
    has_tests: bool | None = None
    tests_state: str = ""


def state_of(ends: Iterable[str]) -> str:
    """How tests went of which each ended so: failed when any did, running while any does; empty when there are none."""
    states = {ENDS.get(end, RUNNING) for end in ends}
    return next((state for state in (FAILED, RUNNING, PASSED) if state in states), "")


def read_facts(repository: Repository, *, ref: str, api: HostApi, is_test: IsTest) -> Facts:
    """Ask the host. `ref` is the commit or tag that was handed in; without one it is the last of the main branch.

    Of the commit's checks those count whose name `is_test` says is one.

    What the host does not say, or not now, stays unknown. Raises Missing when the repository is not there for us, and
    Unknown when the host says nothing of it.
    """
    routes = ROUTES[repository.host.format](repository)
    about = api.get(routes.repository, routes.read_repository)
    commit, exists = "", None
    wanted = ref or about["branch"]
    if wanted:
        try:
            commit = api.get(routes.commit(wanted), routes.read_commit)
            exists = True
        except Missing:
            exists = False
        except Unknown as unknown:
            _pass_on_limit(unknown)
            # Asked for what cannot be a commit, GitHub answers 422 and an empty repository 409.
            exists = False if unknown.code in ("http_422", "http_409", "http_400") else None
    tree = _or_unknown(api, routes.tree(commit), routes.read_tree) if commit else None
    return Facts(
        owner=about["owner"],
        is_private=about["is_private"],
        license=_license(about["license"], tree),
        pushed_at=_moment(about["pushed_at"]),
        commit_exists=exists if ref else None,
        commit=commit[:64],
        has_readme=tree["readme"] if tree else None,
        has_tests=tree["tests"] if tree else None,
        tests_state=_tests_state(api, routes, commit, is_test) if commit else "",
    )


def _tests_state(api: HostApi, routes: "Routes", commit: str, is_test: IsTest) -> str:
    for path, read in routes.tests(commit):
        checks: list[tuple[str, str]] = _or_unknown(api, path, read) or []
        if state := state_of(end for name, end in checks if is_test(name)):
            return state
    return ""


def _or_unknown(api: HostApi, path: str, read: Any) -> Any:
    """The answer, or None: a part that cannot be read spoils no other, but for a host that wants to be left alone."""
    try:
        return api.get(path, read)
    except Missing:
        return None
    except Unknown as unknown:
        _pass_on_limit(unknown)
        return None


def _pass_on_limit(unknown: Unknown) -> None:
    if unknown.code == "limited":
        raise unknown


def _license(told: str | None, tree: Mapping[str, Any] | None) -> str | None:
    if told:
        return told[:80]
    if tree is None or tree["license"] is None:
        return None
    return OTHER if tree["license"] else ""


def _moment(words: Any) -> datetime | None:
    try:
        moment = parse_datetime(words or "")
    except (ValueError, TypeError):
        return None
    return moment if moment and moment.tzinfo else None


def _in_tree(paths: Iterable[str], *, is_whole: bool) -> dict[str, bool | None]:
    """What stands in a list of files. What is not found in a part of the list may stand in the rest."""
    paths = list(paths)
    found = {
        "readme": any(README.fullmatch(path) for path in paths),
        "license": any(LICENSE.fullmatch(path) for path in paths),
        "tests": any(TESTS.search(path) for path in paths),
    }
    return {name: True if there else (False if is_whole else None) for name, there in found.items()}


class Routes:
    """GitHub's addresses for one repository, and how to read what they answer."""

    sha = "sha"

    def __init__(self, repository: Repository) -> None:
        self.repository = f"/repos/{quote(repository.path)}"

    def commit(self, ref: str) -> str:
        return f"{self.repository}/commits/{quote(ref, safe='')}"

    def tree(self, commit: str) -> str:
        return f"{self.repository}/git/trees/{commit}?recursive=1"

    def tests(self, commit: str) -> list[tuple[str, Any]]:
        here = f"{self.repository}/commits/{commit}"
        return [
            (f"{here}/check-runs?per_page=100&filter=latest", self.read_runs),
            (f"{here}/status?per_page=100", self.read_status),
        ]

    def read_repository(self, body: Any, _headers: Mapping[str, str]) -> dict[str, Any]:
        license = (body.get("license") or {}).get("spdx_id")
        return {
            "owner": str(body["owner"]["login"]),
            "is_private": bool(body["private"]),
            "license": OTHER if license == "NOASSERTION" else license,
            "pushed_at": body.get("pushed_at"),
            "branch": str(body.get("default_branch") or ""),
        }

    def read_commit(self, body: Any, _headers: Mapping[str, str]) -> str:
        commit: str = body[self.sha]
        if not SHA.fullmatch(commit):
            raise ValueError("A commit is told by its number in full.")
        return commit

    def read_tree(self, body: Any, _headers: Mapping[str, str]) -> dict[str, bool | None]:
        return _in_tree((entry["path"] for entry in body["tree"]), is_whole=not body.get("truncated"))

    def read_runs(self, body: Any, _headers: Mapping[str, str]) -> list[list[str]]:
        """The name of each check, and how it ended."""
        return [[str(run["name"]), str(run.get("conclusion") or run["status"])] for run in body["check_runs"]]

    def read_status(self, body: Any, _headers: Mapping[str, str]) -> list[list[str]]:
        return [[str(told["context"]), str(told["state"])] for told in body.get("statuses") or []]


class GitlabRoutes(Routes):
    sha = "id"

    def __init__(self, repository: Repository) -> None:
        self.here = f"/projects/{quote(repository.path, safe='')}"
        self.repository = f"{self.here}?license=true"

    def commit(self, ref: str) -> str:
        return f"{self.here}/repository/commits/{quote(ref, safe='')}"

    def tree(self, commit: str) -> str:
        return f"{self.here}/repository/tree?ref={commit}&recursive=true&per_page=100"

    def tests(self, commit: str) -> list[tuple[str, Any]]:
        # The jobs of its pipelines, and what others said of the commit: the newest of each name.
        return [(f"{self.here}/repository/commits/{commit}/statuses?per_page=100", self.read_status)]

    def read_repository(self, body: Any, _headers: Mapping[str, str]) -> dict[str, Any]:
        return {
            "owner": str(body["namespace"]["full_path"]),
            # Only who is signed in sees what is internal.
            "is_private": body["visibility"] != "public" if "visibility" in body else None,
            "license": (body.get("license") or {}).get("key"),
            "pushed_at": body.get("last_activity_at"),
            "branch": str(body.get("default_branch") or ""),
        }

    def read_tree(self, body: Any, headers: Mapping[str, str]) -> dict[str, bool | None]:
        return _in_tree((entry["path"] for entry in body), is_whole=not headers.get("x-next-page"))

    def read_status(self, body: Any, _headers: Mapping[str, str]) -> list[list[str]]:
        return [[str(job["name"]), str(job["status"])] for job in body]


class GiteaRoutes(Routes):
    def commit(self, ref: str) -> str:
        return f"{self.repository}/git/commits/{quote(ref, safe='')}?stat=false&verification=false&files=false"

    def tree(self, commit: str) -> str:
        return f"{self.repository}/git/trees/{commit}?recursive=true&per_page=1000"

    def tests(self, commit: str) -> list[tuple[str, Any]]:
        return [(f"{self.repository}/commits/{commit}/status?limit=100", self.read_status)]

    def read_status(self, body: Any, _headers: Mapping[str, str]) -> list[list[str]]:
        return [[str(told["context"]), str(told["status"])] for told in body.get("statuses") or []]

    def read_repository(self, body: Any, _headers: Mapping[str, str]) -> dict[str, Any]:
        licenses = body.get("licenses") or []
        return {
            "owner": str(body["owner"]["login"]),
            "is_private": bool(body["private"]),
            "license": str(licenses[0]) if licenses else None,
            "pushed_at": body.get("updated_at"),
            "branch": str(body.get("default_branch") or ""),
        }


ROUTES = {Format.GITHUB: Routes, Format.GITLAB: GitlabRoutes, Format.GITEA: GiteaRoutes}
