"""Whatever is sent, the answer is never a 500: words that no form offers, dates at the ends of time, files of noise.

Most of a request's time is the page that answers it, so that few carry much: one has garbage in every field at once,
another word in each, and the words move on from request to request and from form to form (a Latin square). What is
only reached when all else is right is asked with one field at a time, every other one unless `THOROUGH`.
"""

import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from copy import deepcopy
from itertools import cycle
from typing import Any, TypeVar

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.http import QueryDict
from django.test import Client
from django.urls import get_resolver, resolve
from django.utils import timezone

from accounts.models import Membership
from curriculum.drafting import next_draft
from curriculum.models import Module, Topic
from notifications.kinds import KINDS
from organizations.scope import scope
from tests.conftest import session_of
from tests.page_forms import PageForm, forms_of
from tests.test_role_matrix import address, parameters, routes, rows
from tests.world import World

#: Each breaks another careless reading: of text, a number, a date, a moment, an id.
EXTREMES = ["\x00", "9" * 30, "0001-01-01", "9999-12-31", "9999-12-31T23:59:59+00:00"]
GARBAGE = [
    *EXTREMES, "-1", "1e400", "NaN", "²", "\u202e💥é\ufffe", "x" * 20_000, "1900-01-01", "2026-02-30",
    "0001-01-01T00:00+14:00", "not-a-uuid", "00000000-0000-0000-0000-000000000000", "{}", "%s%n", "23:59",
]  # fmt: skip
#: Every word that a page reads from its address.
QUERY = (
    "q", "role", "standing", "page", "status", "level", "module", "edit", "topic", "from", "start", "week", "show",
    "state", "cohort", "curriculum", "format", "started", "on", "sort", "mentor", "brand_hue", "next", "version",
    "month", "print", "first_level", "last_level", "hours_per_week", "starts_on", "hours_share", "ends_on", "length",
    "unit", "without_breaks", "break-1-first", "break-1-last", "outlook", "with", "open", "full", "zone",
    "cols", "track", "reason", "back", "due",
    "kind", "columns", "event", "as", "benchmark", "release", "crowd", "period", "seen_by", "pathway",
)  # fmt: skip
#: What tells the fields of one row from those of the next.
ROW = re.compile(rf"\d+|\b({'|'.join(KINDS)})\b")
#: How often a whole form or address is garbled; each costs a page.
TURNS = 4 if "THOROUGH" in os.environ else 1
DATES = ("from", "week", "on", "start", "starts_on", "ends_on", "break-1-last")
NOISE = (b"", b"\x00\x01", b"\xff\xfe\x00a", b"email,name\n\x00,x", b"x" * 7_000_000, b"#" * 100_000)
BODIES = [(b"\xff{", "application/json"), (b"noise", "multipart/form-data; boundary=x"), (b"", "text/plain")]
#: Whose pages, and in how many tests: short ones that run side by side.
PARTS = {"ada": 6, "joris": 2, "amira": 1}
WHO = [(person, part) for person, parts in PARTS.items() for part in range(parts)]
#: Where they stand in a row of the role matrix.
COLUMN = {"amira": 2, "joris": 4, "ada": 6}
#: Answered with what is on every page.
NOWHERE = "/o/lantaarn/nowhere/"

T = TypeVar("T")


@pytest.fixture
def world(db: None, shared_world: World) -> World:
    return deepcopy(shared_world)


@pytest.fixture
def client(world: World, request: pytest.FixtureRequest, client: Client, monkeypatch: pytest.MonkeyPatch) -> Client:
    """Somebody signed in who does not raise."""
    # The client copies the context of each template for tests that look at it; here that was a third of the time.
    monkeypatch.setattr("django.test.client.store_rendered_templates", lambda *_args, **_options: None)
    person: Membership = getattr(world.cast, request.getfixturevalue("who"))
    client.cookies[settings.SESSION_COOKIE_NAME] = session_of(person.user)
    client.raise_request_exception = False
    client.post(f"/o/lantaarn/reviews/{world.submission.pk}/claim/")
    return client


@pytest.fixture
def paths(world: World, client: Client, who: str, part: int) -> list[str]:
    """The addresses of their part of the pages in this organization, among few that are none."""
    with scope(world.cast.organization.pk):
        milestone = world.cohort.milestones.filter(enrollment=None)[0]
        draft, _is_new = next_draft(version=world.version, by=world.cast.ada, at=timezone.now())
        module = Module.objects.filter(level__version=draft)[0]
        texts = Topic.objects.filter(module=module)[0]
    answers = {name: statuses[COLUMN[who]] for method, name, statuses in rows() if method == "GET"}
    only_posted = {name for method, name, _statuses in rows() if method == "POST"} - answers.keys()
    known = [
        address(name, world)
        for name in sorted(set(routes(get_resolver().url_patterns)) - only_posted)
        # What is 404 for the role matrix may be there now: the review was claimed.
        if not name.startswith("api:") and "organization" in parameters(name) and answers.get(name, 200) in (200, 404)
    ]
    known.append(f"/o/lantaarn/cohorts/{world.cohort.slug}/milestones/?edit={milestone.pk}")
    known += [f"/o/lantaarn/curriculum/{draft.pk}/edit/?open={pk}&full={texts.pk}" for pk in (module.pk, draft.pk)]
    known += [f"/o/lantaarn/curriculum/{draft.pk}/discard/", "/profile/", "/organizations/new/"]
    return known[part :: PARTS[who]]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The words of an address that pages have looked for; `*` for all that there are."""
    words: set[str] = set()
    for method, takes_word in (("__getitem__", True), ("getlist", True), ("lists", False), ("copy", False)):
        look_up = getattr(QueryDict, method)

        def watched(
            query: QueryDict, *args: Any, look_up: Callable[..., Any] = look_up, takes_word: bool = takes_word
        ) -> Any:
            words.add(args[0] if takes_word else "*")
            return look_up(query, *args)

        monkeypatch.setattr(QueryDict, method, watched)
    return words


def ask(method: Callable[..., Any], path: str, *args: Any, **options: Any) -> int:
    """The status; what was written is undone, so that the next request finds the same world."""
    with transaction.atomic():
        response = method(path, *args, **options)
        if response.streaming:
            b"".join(response.streaming_content)
        transaction.set_rollback(True)
    return int(response.status_code)


@pytest.mark.parametrize(("who", "part"), WHO)
def test_garbage_in_an_address(client: Client, paths: list[str], asked: set[str], who: str) -> None:
    ask(client.get, NOWHERE)
    everywhere = set(asked)

    found = []
    for number, path in enumerate(paths):
        asked.clear()
        for turn, query in enumerate(square(QUERY, number)):
            headers = {"hx-request": "true"} if turn == 0 else None
            found.append((path, query, ask(client.get, path, query, headers=headers)))
            if not asked & {"*", *QUERY} - everywhere:
                break  # other words would be read by nobody either
        ends_of_time = EXTREMES[2:] if TURNS > 1 else [EXTREMES[2 + number % 3]]
        dates = [{name: word} for name in DATES if name in asked for word in ends_of_time]
        found += [(path, query, ask(client.get, path, query)) for query in dates]

    assert len([status for *_asked, status in found if status < 400]) > 5
    assert [each for each in found if each[-1] >= 500] == []


@pytest.mark.parametrize(("who", "part"), WHO)
def test_garbage_in_a_form(client: Client, paths: list[str], who: str, part: int) -> None:
    everywhere = posted_forms(client, [NOWHERE])
    forms = posted_forms(client, paths)
    if part:
        forms = {key: form for key, form in forms.items() if key not in everywhere}

    found = [
        (form.action, str(sent)[:200], ask(client.post, form.action, sent))
        for number, form in enumerate(forms.values())
        for sent in garbled(form, number)
    ]
    found += [
        (action, kind, ask(client.post, action, body, content_type=kind))
        for action, (body, kind) in zip(sorted({form.action for form in forms.values()}), cycle(BODIES), strict=False)
    ]

    assert len(forms) > 2
    assert [each for each in found if each[-1] >= 500] == []


def posted_forms(client: Client, paths: list[str]) -> dict[tuple[str, ...], PageForm]:
    """The forms of those pages, each kind once."""
    answers = [(client.get(path), path) for path in paths]
    return {
        (resolve(form.action.partition("?")[0]).view_name, *sorted(rows_of(form))): form
        for page, path in answers
        for form in ([] if page.streaming else forms_of(page, path))
        if form.method == "post" and "logout" not in form.action
    }


def share(values: Sequence[T], number: int) -> Sequence[T]:
    """Every fourth of the values, others for each number: all are tried somewhere, at a quarter of the time."""
    return values[number % 4 :: 4]


def square(names: Iterable[str], number: int) -> Iterator[dict[str, str]]:
    """All names, each with a word of its own: others in each turn, and for each number."""
    for turn in range(TURNS):
        first = number + turn * len(GARBAGE) // TURNS
        yield {name: GARBAGE[(first + place) % len(GARBAGE)] for place, name in enumerate(names)}


def rows_of(form: PageForm) -> dict[str, str]:
    """One field for each that is read by code of its own: not every row of a formset, nor every kind of message."""
    return {ROW.sub("N", name): name for name in form.fields if name != "csrfmiddlewaretoken"}


def garbled(form: PageForm, number: int) -> Iterator[dict[str, Any]]:
    """All of the form with garbage, the same and of each kind; files in place of texts; one field out of all bounds."""
    if not rows_of(form):
        yield {}
        return
    fields = {name: value for name, value in form.fields.items() if name != "csrfmiddlewaretoken"}
    yield from (dict.fromkeys(fields, word) for word in share(EXTREMES, number)[:: 1 if TURNS > 1 else 2])
    yield from square(fields, number)
    alone = list(rows_of(form).values())
    # Each bit of its place says whether a field has a file: any two fields are told apart by one of the requests.
    for bit in range(len(alone).bit_length()):
        names = [name for place, name in enumerate(alone, 1) if place >> bit & 1]
        yield fields | {name: SimpleUploadedFile("noise.txt", b"noise") for name in names}
    for place, name in enumerate(alone):
        if TURNS > 1 or place % 4 == number % 4:
            yield from (fields | {name: word} for word in share(EXTREMES[:4], number + place // 4))
    for name in form.files:
        yield from (fields | {name: SimpleUploadedFile("noise", data)} for data in NOISE)
