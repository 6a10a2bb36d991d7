"""Which repository a link leads to, at the hosts that this installation knows how to ask."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Self
from urllib.parse import unquote, urlsplit

from django.conf import settings

#: Pages that are no person's or group's.
NOT_OWNERS = {"about", "explore", "features", "login", "marketplace", "orgs", "search", "settings", "topics", "users"}
SHA = re.compile(r"[0-9a-f]{7,64}", re.IGNORECASE)


class Format(StrEnum):
    """Whose API a host speaks."""

    GITHUB = "github"
    GITLAB = "gitlab"
    GITEA = "gitea"


@dataclass(frozen=True, kw_only=True)
class Host:
    """A repository host: its name in links, whose API it speaks, where that is, and the token for there alone."""

    name: str
    format: Format
    base: str
    token: str = field(default="", repr=False)


@dataclass(frozen=True, kw_only=True)
class Repository:
    """`path` is the owner, with all groups, and the name. `ref` is the branch, tag or commit that the link shows."""

    host: Host
    path: str
    ref: str = ""

    @property
    def owner(self) -> str:
        return self.path.rpartition("/")[0]

    @property
    def key(self) -> str:
        """What all links to this repository share."""
        return f"{self.host.name}/{self.path}".lower()

    @classmethod
    def at(cls, host: Host, path: str) -> Self | None:
        """The repository whose page, or a page of which, stands at that path of the host; None when there is none."""
        parts = [unquote(part) for part in path.split("/") if part]
        if host.format == Format.GITLAB:
            # Groups nest as deep as people like; what comes after the repository begins with a dash, or once did not.
            marks = (place for place, part in enumerate(parts) if part in ("-", "tree", "blob") and place >= 2)
            end = next(marks, len(parts))
        else:
            end = 2
        names, rest = parts[:end], [part for part in parts[end:] if part != "-"]
        if len(names) < 2 or names[0].lower() in NOT_OWNERS or not all(map(_is_name, names)):
            return None
        return cls(host=host, path="/".join(names).removesuffix(".git"), ref=_ref(rest))


def hosts() -> Mapping[str, Host]:
    """The hosts of the settings, by their name."""
    found: dict[str, Host] = {}
    for name, address in settings.REPOSITORY_HOSTS.items():
        spoken, _plus, base = address.partition("+")
        token = settings.REPOSITORY_TOKENS.get(name, "")
        found[name] = Host(name=name, format=Format(spoken), base=base.rstrip("/"), token=token)
    return found


def repository_of(url: str) -> Repository | None:
    """The repository at a normalized link; None for one at a host that is not known."""
    parts = urlsplit(url)
    host = hosts().get(parts.hostname or "")
    return Repository.at(host, parts.path) if host else None


def key_of(url: str) -> str:
    """What all normalized links to one repository share: host and path in small letters."""
    if repository := repository_of(url):
        return repository.key
    parts = urlsplit(url)
    return f"{parts.hostname or ''}{parts.path}".lower()


def _is_name(part: str) -> bool:
    return bool(re.fullmatch(r"[\w.-]+", part)) and part not in (".", "..")


def _ref(rest: list[str]) -> str:
    """The ref in `tree/v1.0`, `commit/1f0c…` or `src/tag/v1.0`; of a branch with a slash in its name the first part."""
    match rest:
        case ["tree" | "blob" | "commit" | "commits", ref, *_]:
            return ref
        case ["src", "branch" | "tag" | "commit", ref, *_]:
            return ref
    return ""
