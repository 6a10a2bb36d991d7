"""A repository host of our own that behaves like real ones: tags of answers, a quota, and what is private hidden."""

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.web_server import Answer, Asked, running_site

SHA = "1f0c5a2b7d3e4f60718293a4b5c6d7e8f9012345"


@dataclass
class RepositoryHost:
    """`pages` holds what each address answers; `private` are the addresses that only `token` opens."""

    base: str
    pages: dict[str, Any] = field(default_factory=dict)
    private: set[str] = field(default_factory=set)
    token: str = ""
    limit_until: datetime | None = None
    #: Answers instead of all that, where a test wants one.
    instead: Callable[[Asked], Answer | None] = lambda asked: None
    asked: list[tuple[str, int]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    sha: str = SHA

    def answer(self, asked: Asked) -> Answer:
        self.headers.append(asked.headers)
        answer = self.instead(asked) or self._answer(asked)
        self.asked.append((asked.path, answer.status))
        return answer

    def _answer(self, asked: Asked) -> Answer:
        if self.limit_until is not None:
            reset = str(int(self.limit_until.timestamp()))
            return Answer(403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": reset}, b'{"message": "API rate"}')
        path = asked.path.removeprefix("/api")
        signed_in = self.token and asked.headers.get("authorization", "").endswith(f" {self.token}")
        if path not in self.pages or (path in self.private and not signed_in):
            return Answer(404, {}, b'{"message": "Not Found"}')
        body = json.dumps(self.pages[path]).encode()
        tag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        if asked.headers.get("if-none-match") == tag:
            return Answer(304, {"ETag": tag})
        return Answer(200, {"ETag": tag, "X-RateLimit-Remaining": "59"}, body)


@contextmanager
def running_host() -> Iterator[RepositoryHost]:
    with running_site() as site:
        host = RepositoryHost(base=f"http://127.0.0.1:{site.port}/api")
        site.answer = host.answer
        yield host


def github_pages(sha: str = SHA) -> dict[str, Any]:
    here = "/repos/amira/rag-eval"
    repository = {
        "owner": {"login": "amira"}, "private": False, "license": {"spdx_id": "MIT"},
        "pushed_at": "2026-11-20T10:00:00Z", "default_branch": "main",
    }  # fmt: skip
    files = ["README.md", "LICENSE", "src/eval.py", "tests/test_eval.py"]
    return {
        here: repository,
        f"{here}/commits/main": {"sha": sha},
        f"{here}/commits/v1.0": {"sha": sha},
        f"{here}/commits/{sha[:7]}": {"sha": sha},
        f"{here}/git/trees/{sha}?recursive=1": {"tree": [{"path": path} for path in files], "truncated": False},
        f"{here}/commits/{sha}/check-runs?per_page=100&filter=latest": {
            "check_runs": [
                {"name": "pytest (3.12)", "status": "completed", "conclusion": "success"},
                {"name": "e2e", "status": "completed", "conclusion": "skipped"},
                {"name": "lint", "status": "completed", "conclusion": "failure"},
            ]
        },
        f"{here}/commits/{sha}/status?per_page=100": {"state": "pending", "statuses": []},
    }


def gitlab_pages(sha: str = SHA) -> dict[str, Any]:
    here = "/projects/school%2Fcohort-7%2Famira%2Frag-eval"
    files = ["README.rst", "eval_test.py"]
    return {
        f"{here}?license=true": {
            "namespace": {"full_path": "school/cohort-7/amira"}, "visibility": "public", "license": {"key": "mit"},
            "last_activity_at": "2026-11-20T10:00:00.123Z", "default_branch": "main",
        },
        f"{here}/repository/commits/main": {"id": sha},
        f"{here}/repository/tree?ref={sha}&recursive=true&per_page=100": [{"path": path} for path in files],
        f"{here}/repository/commits/{sha}/statuses?per_page=100": [
            {"name": "unit-tests", "status": "failed"}, {"name": "lint", "status": "success"},
        ],
    }  # fmt: skip


def gitea_pages(sha: str = SHA) -> dict[str, Any]:
    here, plain = "/repos/amira/rag-eval", "?stat=false&verification=false&files=false"
    return {
        here: {
            "owner": {"login": "amira"}, "private": False, "updated_at": "2026-11-20T11:00:00+01:00",
            "default_branch": "main",
        },
        f"{here}/git/commits/main{plain}": {"sha": sha},
        f"{here}/git/trees/{sha}?recursive=true&per_page=1000": {"tree": [{"path": "COPYING"}], "truncated": True},
        f"{here}/commits/{sha}/status?limit=100": {
            "state": "success",
            "statuses": [
                {"context": "ci/woodpecker", "status": "pending"}, {"context": "preview", "status": "success"},
            ],
        },
    }  # fmt: skip
