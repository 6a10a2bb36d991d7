"""Answering: by the link in the mail, which needs no password, or from the first page. Once, and sealed at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.core import signing
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Membership
from organizations.models import Organization
from organizations.prepared import Prepared
from organizations.scope import scope
from outcomes.errors import OutcomeError
from outcomes.surveys.box import Content, Reply, seal
from outcomes.surveys.editing import questions_of
from outcomes.surveys.questions import values_of
from outcomes.surveys.records import Envelope, Participation, SurveyQuestion, Wave

SALT = "outcomes.surveys"
LONGEST = 2000


@dataclass(frozen=True, slots=True)
class Asked:
    """What the page of one participation shows. `state` is "open", "answered" or "closed"."""

    participation: Participation
    questions: list[SurveyQuestion]
    state: str


# -- finding it --------------------------------------------------------------------------------------------------------


def path_of(participation: Participation) -> str:
    """The signed address. It opens this one survey for this one person and nothing else, and does not expire: the wave
    does.
    """
    token = signing.dumps([UUID(str(participation.organization_id)).hex, participation.pk.hex], salt=SALT)
    return reverse("surveys:answer", args=[token])


def place_of(token: str) -> tuple[Organization, UUID] | None:
    """The organization and the participation that a link names; None when it is not one of ours."""
    try:
        organization_id, participation = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        return None
    organization = Organization.objects.filter(pk=organization_id).first()
    if organization is None:
        return None
    with scope(organization.pk):
        is_there = Participation.objects.filter(pk=participation).exists()
    return (organization, UUID(participation)) if is_there else None


def waiting_for(learner: Membership) -> list[Participation]:
    """The surveys that somebody is asked to answer; one query."""
    return _WAITING.rows(learner=learner.pk)


_WAITING = Prepared(lambda learner: Participation.objects.waiting_for(learner).select_related("wave__survey"))


def asked_of(participation: Participation) -> Asked:
    """Two queries."""
    wave = participation.wave
    questions = questions_of(wave.version)
    state = "answered" if participation.has_answered else "open" if wave.status == "open" else "closed"
    return Asked(participation, questions, state)


def find(pk: UUID, **whose: Any) -> Participation | None:
    rows = Participation.objects.select_related("wave__survey", "wave__version", "enrollment")
    return rows.filter(pk=pk, **whose).first()


# -- answering it ------------------------------------------------------------------------------------------------------


def answer(*, participation: Participation, replies: Mapping[UUID, int | str], on: date) -> None:
    """Seal what somebody answers, by question, and note that they did; neither is there without the other.

    A text left empty and a question left open are no answer. Raises OutcomeError `answered`, `survey_over`,
    `answer_missing`, `unknown_answer` or `answer_too_long`; `on` is today.
    """
    with transaction.atomic():
        # The wave first: who opens its box waits until this is whole, and comes after it or before.
        wave = Wave.objects.select_for_update(no_key=True).select_related(None).get(pk=participation.wave_id)
        locked = Participation.objects.select_for_update(no_key=True).get(pk=participation.pk)
        if locked.has_answered:
            raise OutcomeError("answered", _("You have answered this survey. Nobody can answer twice, or look again."))
        if wave.status != "open" or on > wave.closes_on:
            raise OutcomeError("survey_over", _("This survey is over. Your answers were not kept."))
        content = Content(
            cohort=participation.enrollment.cohort_id,
            group=locked.group,
            replies=_replies(questions_of(participation.wave.version), replies),
        )
        Envelope.objects.create(wave=wave, sealed=seal(content, wave=wave.pk))
        locked.has_answered = True
        locked.save(update_fields=["has_answered"])


def _replies(questions: list[SurveyQuestion], replies: Mapping[UUID, int | str]) -> list[Reply]:
    found = []
    for question in questions:
        said = replies.get(question.pk, "")
        if question.kind == SurveyQuestion.Kind.TEXT:
            text = str(said).replace("\r\n", "\n").strip()
            if len(text) > LONGEST:
                raise OutcomeError("answer_too_long", _("Keep each text under 2,000 characters."))
            if text:
                found.append(Reply(question.pk, text=text))
                continue
        elif said != "":
            if said not in values_of(question):
                raise OutcomeError("unknown_answer", _("Choose one of the answers shown."))
            found.append(Reply(question.pk, value=int(said)))
            continue
        if question.is_required:
            raise OutcomeError("answer_missing", _("Answer every question that is not optional."))
    return found
