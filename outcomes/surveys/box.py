"""The box: answers are sealed as they come in, and opened all at once among enough others.

docs/surveys.md tells what an attacker with the database could still do, and why it is built so.
"""

import json
import secrets
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any, TypeVar
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Membership
from organizations.bulk import create_many
from outcomes.errors import OutcomeError
from outcomes.surveys.records import LEAST, Answer, Crowd, Envelope, Participation, Release, Wave

#: Sizes are rounded up to this, so that they tell nothing of what was written.
PADDING = 4096
NONCE = 12
SHUFFLE = secrets.SystemRandom()

K = TypeVar("K")
P = TypeVar("P")


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to one question: a value, or a text."""

    question: UUID
    value: int | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Content:
    """What an envelope holds: of somebody in a cohort and group, never of whom."""

    cohort: UUID
    group: str
    replies: Sequence[Reply]


# -- envelopes ---------------------------------------------------------------------------------------------------------


def seal(content: Content, *, wave: UUID) -> bytes:
    """Encrypted with the server's secret, and of the same size as others."""
    rows = [[reply.question.hex, reply.value, reply.text] for reply in content.replies]
    plain = json.dumps([content.cohort.hex, content.group, rows]).encode()
    plain += b" " * (-len(plain) % PADDING)
    nonce = secrets.token_bytes(NONCE)
    return nonce + AESGCM(_key(settings.SECRET_KEY)).encrypt(nonce, plain, wave.bytes)


def unseal(sealed: bytes | memoryview, *, wave: UUID) -> Content:
    """Raises OutcomeError `envelope_unreadable` when the server's secret has changed since it was sealed."""
    data = bytes(sealed)
    for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        try:
            plain = AESGCM(_key(str(secret))).decrypt(data[:NONCE], data[NONCE:], wave.bytes)
        except InvalidTag:
            continue
        cohort, group, rows = json.loads(plain)
        return Content(UUID(cohort), group, [Reply(UUID(pk), value, text) for pk, value, text in rows])
    raise OutcomeError(
        "envelope_unreadable",
        _("Answers cannot be opened: the server’s secret was changed. Ask who runs this site to set the old one too."),
    )


@cache
def _key(secret: str) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"gilde surveys").derive(secret.encode())


# -- crowds ------------------------------------------------------------------------------------------------------------


def crowds_of(people: Mapping[K, Collection[P]], *, least: int = LEAST) -> list[frozenset[K]]:
    """Split cohorts, each with who answered, into sets of at least so many people; none when all are too few.

    A large enough cohort stands alone. The small ones stand together, joined by the smallest of the others as long as
    they are too few: so no sum of some sets less others ever comes down to fewer people.
    """
    if len(_together(people, people)) < least:
        return []
    order = sorted(people, key=lambda key: (len(set(people[key])), str(key)))
    small = [key for key in order if len(set(people[key])) < least]
    large = order[len(small) :]
    while small and len(_together(people, small)) < least:
        small.append(large.pop(0))
    return [frozenset({key}) for key in large] + ([frozenset(small)] if small else [])


def _together(people: Mapping[K, Collection[P]], keys: Iterable[K]) -> set[P]:
    return {one for key in keys for one in people[key]}


# -- opening -----------------------------------------------------------------------------------------------------------


def open_box(*, wave: Wave, on: date, at: datetime, by: Membership | None = None) -> list[Release]:
    """End the wave and open its envelopes together with those that earlier waves left, as far as there are enough.

    Before its last day is over somebody ends it, `by` whom stays on record. Of each group with five people or more the
    answers become rows in a random order, in this one transaction, and the envelopes go. Others stay sealed until
    later waves of the same questions bring more. Ending a wave again does nothing. Raises OutcomeError
    `envelope_unreadable`.
    """
    with transaction.atomic():
        locked = Wave.objects.select_for_update(no_key=True).get(pk=wave.pk)
        if locked.closed_at is not None:
            return []
        locked.opened_at, locked.closed_at = locked.opened_at or at, at
        if by is not None and on <= locked.closes_on:
            locked.ended_on, locked.ended_by = on, by
        locked.save(update_fields=["opened_at", "closed_at", "ended_on", "ended_by"])
        ended = Wave.objects.filter(version=locked.version_id, closed_at__isnull=False)
        envelopes = [
            (pk, unseal(sealed, wave=of))
            for pk, of, sealed in Envelope.objects.filter(wave__in=ended).values_list("pk", "wave", "sealed")
        ]
        found = [_release(locked, ended, group, envelopes, on=on, at=at) for group in Release.Group]
    return [release for release in found if release is not None]


def _release(
    wave: Wave, ended: Any, group: str, envelopes: Sequence[tuple[UUID, Content]], *, on: date, at: datetime
) -> Release | None:
    rows = list(
        Participation.objects.filter(wave__in=ended, group=group, release=None).values_list(
            "pk", "enrollment__cohort", "enrollment__learner", "has_answered", "wave__asks_from", "wave__closes_on"
        )
    )
    asked: dict[UUID, int] = defaultdict(int)
    answered: dict[UUID, list[UUID]] = defaultdict(list)
    for _pk, cohort, learner, has_answered, _from, _until in rows:
        asked[cohort] += 1
        if has_answered:
            answered[cohort].append(learner)
    split = crowds_of(answered)
    if not split:
        return None
    release = Release.objects.create(
        version_id=wave.version_id,
        group=group,
        first_on=min(row[4] for row in rows),
        last_on=max(min(row[5], on) for row in rows),
        released_on=on,
        released_at=at,
        asked=len(rows),
        answered=sum(map(len, answered.values())),
    )
    crowds: dict[UUID, Crowd] = {}
    for cohorts in split:
        crowd = Crowd(
            release=release,
            cohorts=sorted(cohorts),
            asked=sum(asked[cohort] for cohort in cohorts),
            answered=sum(len(answered[cohort]) for cohort in cohorts),
            people=len(_together(answered, cohorts)),
        )
        crowds |= dict.fromkeys(cohorts, crowd)
    Crowd.objects.bulk_create(set(crowds.values()))
    opened = [(pk, content) for pk, content in envelopes if content.group == group]
    answers = [
        Answer(crowd=crowds[content.cohort], question_id=reply.question, value=reply.value, text=reply.text)
        for _pk, content in opened
        for reply in content.replies
    ]
    SHUFFLE.shuffle(answers)
    create_many(Answer.objects, answers)
    Envelope.objects.filter(pk__in=[pk for pk, _content in opened]).delete()
    # All rows at once, those who did not answer too: afterwards no transaction is theirs alone.
    Participation.objects.filter(pk__in=[row[0] for row in rows]).update(release=release)
    return release
