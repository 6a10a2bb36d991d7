"""Every mail, in both languages, about people and things with awkward names: read whole, as text and as a page."""

import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.test import Client
from django.utils import timezone

from accounts.models import Membership, User
from assessments.assigning import choose
from assessments.certificates import revoke_certificate
from assessments.models import BenchmarkVerdict, OverrideRequest, PortfolioReview, Presentation
from assessments.overriding import decline_override
from assessments.reviewing import claim, decide
from cohorts.credit_requests import decline_request
from cohorts.models import Cohort, Milestone, OfferAnswer
from config import celery_app
from mentoring.models import Mentor, OneOnOne
from mentoring.taking_over_records import HandOver, HandOverAnswer
from notifications.endpoints import Endpoint
from notifications.kinds import KINDS
from notifications.models import Message
from notifications.writing import compose
from organizations.models import Organization
from organizations.scope import scope
from outcomes.alumni_network.records import MentorOffer
from outcomes.surveys.records import Survey
from tests.assessments.conftest import PROFICIENT
from tests.conftest import NOW, Cast, make_cast
from tests.world import World, make_world

ACADEMY, COHORT, MILESTONE = "R&D <Lab> “O'Neil”", "Rotterdam & Delft '26", "Gate 1: <SQL> & “joins”"


@pytest.fixture(scope="module")
def awkward(shared: None) -> World:
    cast = make_cast()
    Organization.objects.filter(pk=cast.organization.pk).update(name=ACADEMY, brand_hue=30)
    world = make_world(cast)
    with scope(cast.organization.pk):
        Cohort.objects.update(name=COHORT)
        Milestone.objects.update(title=MILESTONE)
        Mentor.objects.update(video_link="https://meet.example/joris?room=1&lang=nl")
        OneOnOne.objects.update(
            agenda="How do I test <code>?\nAnd what of R&D?",
            cancel_reason="My train doesn't run & the next one is late.",
            settled_by=cast.joris,
        )
        world.one_on_one.refresh_from_db()
    world.cast.organization.refresh_from_db()
    return world


@pytest.fixture
def world(db: None, awkward: World) -> World:
    return deepcopy(awkward)


@pytest.fixture
def cast(world: World) -> Cast:
    return world.cast


def message(kind: str, world: World) -> Message:
    """A message of that kind to Amira (an invitation: to Noor)."""
    recipient: Any = world.cast.amira.user
    payload: dict[str, Any] = {}
    if kind == "invitation":
        subject, payload = world.invitation, {"path": f"/invitations/{world.invitation.token}/"}
        recipient = world.invitation.membership.user
    elif kind.startswith("milestone"):
        subject = Milestone.objects.filter(enrollment=None)[0]
        payload = {"enrollment": str(world.enrollment.pk), "due_on": subject.due_on.isoformat()}
    elif kind == "stand_up_missing":
        subject, payload = world.enrollment, {"day": NOW.date().isoformat()}
    elif kind in ("staff_message", "staff_message_required"):
        subject = world.enrollment
        payload = {"subject": "Room & <time>", "text": "Bring “it” & <this>.", "by": "Ilse & Co"}
    elif kind == "one_on_one_proposed":
        subject = world.proposal
    elif kind.startswith("one_on_one"):
        subject = world.one_on_one
        before = world.one_on_one.starts_at - timedelta(days=2)
        payload = {"sequence": subject.sequence, "before": before.isoformat(), "before_name": "Bo & <Bea>"}
    elif kind.startswith("hand_over"):
        subject = HandOver.objects.create(
            enrollment=world.enrollment, leaving=world.cast.joris, to=world.cast.ada, mentor_before=world.cast.joris,
            note="R&D <first>, “later”.", answer_by=NOW.date(), expires_at=NOW, asked_by=world.cast.ilse, asked_at=NOW,
        )  # fmt: skip
        payload = {"hand_overs": [str(subject.pk)], "one_on_ones": [str(world.one_on_one.pk)]}
        if kind == "hand_over_returned":
            HandOverAnswer.objects.create(
                hand_over=subject, answer="declined", reason="No <room> & no time.", answered_by=world.cast.ada,
                answered_at=NOW,
            )  # fmt: skip
    elif kind in ("review_asked", "review_waiting"):
        note = "R&D <first>, “later”."
        choose(submission=world.submission, reviewer=world.cast.ada, note=note, by=world.cast.ilse, at=NOW)
        subject = world.submission.assignments.get(reason="chosen")
    elif kind == "level_decided":
        subject = world.certificate.decision
    elif kind == "mentor_offer_answered":
        subject = MentorOffer.objects.create(
            member=world.cast.amira, offered_at=NOW, answer="declined", reason="R&D <first>, “later”.",
            answered_by=world.cast.ilse, answered_at=NOW,
        )  # fmt: skip
    elif kind == "credit_answered":
        request = world.credit_request
        subject = decline_request(request=request, by=world.cast.ilse, at=NOW, reason="R&D <first>, “later”.")
    elif kind == "check_in":
        subject, payload = world.enrollment, {"number": 90}
    elif kind == "certificate_revoked":
        why = "R&D <first>, “later”."
        revoke_certificate(certificate=world.certificate, reason=why, by=world.cast.ilse, at=NOW)
        subject = world.certificate
    elif kind == "gate_open":
        subject, payload = world.enrollment, {"level": str(world.override.level_id)}
    elif kind.startswith("peer_review"):
        subject = world.peer_review.round
    elif kind.startswith("presentation"):
        subject, why = world.presentation, "R&D <first>, “later”."
        Presentation.objects.update(
            place="Room <2> & https://meet.example/?a=1&b=2", note=why, settled_by=world.cast.joris, summary=why
        )
        before = subject.starts_at - timedelta(days=2)
        payload = {"sequence": subject.sequence, "before": before.isoformat(), "reason": why}
    elif kind == "portfolio_judged":
        subject = PortfolioReview.objects.create(
            submission=world.submission, reviewer=world.cast.joris, is_publishable=False, note="R&D <first>, “later”.",
            missing="A <picture> & a demo.", recorded_at=NOW,
        )  # fmt: skip
    elif kind == "benchmark_judged":
        subject = BenchmarkVerdict.objects.create(
            report=world.benchmark_report, is_verified=False, reason="R&D <first>, “later”.",
            decided_by=world.cast.joris, decided_at=NOW,
        )  # fmt: skip
    elif kind.startswith("override"):
        OverrideRequest.objects.update(reason="Built “it” & <this>.")
        decline_override(request=world.override, by=world.cast.ilse, at=NOW, note="R&D <first>, “later”.")
        subject = world.override
    elif kind == "endpoint_switched_off":
        subject = Endpoint.objects.exclude(format="webhook").get()
    elif kind.startswith("seat"):
        subject = world.offer
        OfferAnswer.objects.create(offer=subject, kind="declined", note="R&D <first>, “later”.", recorded_at=NOW)
    elif kind == "digest":
        subject = message("one_on_one_booked", world)
        subject.key, subject.due_at, subject.next_attempt_at = "carried", NOW, NOW
        subject.save()
        payload = {"messages": [str(subject.pk)]}
    elif kind.startswith("survey"):
        Survey.objects.update(title="R&D <first>, “later”?", introduction="We ask “all” & <everybody>.")
        subject = world.participation
    elif kind.startswith("series"):
        subject = world.series
        start = world.one_on_one.starts_at.isoformat()
        row = {"day": subject.first_day.isoformat(), "start": start, "fate": "time_off", "nearest": start}
        payload = {"dates": [row, {**row, "start": "", "fate": "no_such_time", "nearest": ""}]}
    else:
        now, summary = timezone.now(), "Keep <forty> prompts apart & “test” them."
        review = claim(submission=world.submission, reviewer=world.cast.joris, at=now)
        subject = decide(review=review, scores=PROFICIENT, summary=summary, verdict="changes_requested", at=now)
    return Message(kind=kind, recipient=recipient, subject_id=subject.pk, payload=payload)


def parts(sent: EmailMultiAlternatives) -> tuple[str, str, str]:
    """Subject, text and page."""
    (page, kind), *others = sent.alternatives
    assert kind == "text/html"
    assert all(str(other[1]).startswith("text/calendar; method=") for other in others)
    return str(sent.subject), str(sent.body), str(page)


def words_of(page: str) -> str:
    """What a reader of the page reads, with each run of blanks as one."""
    inside = page.partition("<body")[2].partition(">")[2]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", re.sub(r"</?a\b[^>]*>", "", inside))).split())


@pytest.mark.parametrize("language", ["en", "nl"])
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_mail_says_the_same_as_text_and_as_a_page(world: World, kind: str, language: str) -> None:
    User.objects.update(language=language)
    world.cast.amira.user.language = world.invitation.membership.user.language = language
    with scope(world.cast.organization.pk):
        sent = compose(message(kind, world), world.cast.organization, NOW).mail

    subject, text, page = parts(sent)

    escaped = re.compile(r"&(amp|lt|gt|quot|#x27|#39);")
    assert escaped.findall(subject + text) == []
    assert f'<html lang="{language}">' in page
    assert escaped.findall(words_of(page)) == []
    body, _sender, foot = text.rpartition(f"\n\n{ACADEMY}\n")
    button = re.fullmatch(r"(.+)\n\n(.+):\n(http://localhost:8000/\S+)", body, re.DOTALL)
    said, label, address = button.groups() if button else (body, "", "")
    assert bool(button) is (kind != "seat_withdrawn")
    leaving = ""
    if not KINDS[kind].mandatory:
        foot_form = r"\n(.+)\n(.+): (http://localhost:8000/unsubscribe/\S+/)\n(.+): (http://localhost:8000/o/\S+)\n"
        why, stop, stop_at, choose, choose_at = re.fullmatch(foot_form, foot).groups()  # type: ignore[union-attr]
        leaving = f"{why} {stop} · {choose}"
        assert f'href="{stop_at}"' in page
        assert f'href="{choose_at}"' in page
    assert words_of(page) == " ".join(f"{ACADEMY} {said} {label} {leaving}".split())
    assert page.count('class="button"') == (f'<a href="{address}">' in page) == bool(button)


def ask_for_password(client: Client, amira: Membership) -> None:
    client.post("/accounts/password/reset/", {"email": amira.user.email})


def ask_for_unknown(client: Client, amira: Membership) -> None:
    client.post("/accounts/password/reset/", {"email": "nobody@lantaarn.example"})


def sign_up(client: Client, amira: Membership) -> None:
    client.post("/accounts/signup/", SIGNUP | {"email": "noor@example.org"})


def sign_up_again(client: Client, amira: Membership) -> None:
    client.post("/accounts/signup/", SIGNUP | {"email": amira.user.email})


SIGNUP = {"name": "Noor Smit", "password1": "tulip fields in May", "organization": "Noor & co"}
ACCOUNT_MAILS = {
    ask_for_password: ("Set a new password", "Stel een nieuw wachtwoord in"),
    ask_for_unknown: ("We do not know this address", "We kennen dit adres niet"),
    sign_up: ("Confirm your email address", "Bevestig je e-mailadres"),
    sign_up_again: ("You already have an account", "Je hebt al een account"),
}


@pytest.fixture
def at_once() -> Iterator[None]:
    """Tasks run where they are started."""
    celery_app.conf.task_always_eager = celery_app.conf.task_eager_propagates = True
    yield
    celery_app.conf.task_always_eager = celery_app.conf.task_eager_propagates = False


@pytest.mark.parametrize("number", [0, 1], ids=["en", "nl"])
@pytest.mark.parametrize("ask", ACCOUNT_MAILS, ids=lambda ask: ask.__name__)
def test_mail_about_an_account_says_the_same_as_text_and_as_a_page(
    cast: Cast,
    client: Client,
    at_once: None,
    ask: Callable[[Client, Membership], None],
    number: int,
    settings: Any,
    django_capture_on_commit_callbacks: Any,
) -> None:
    client.cookies.load({settings.LANGUAGE_COOKIE_NAME: ("en", "nl")[number]})
    with django_capture_on_commit_callbacks(execute=True):
        ask(client, cast.amira)

    [sent] = mail.outbox
    assert isinstance(sent, EmailMultiAlternatives)
    subject, text, page = parts(sent)

    assert subject == ACCOUNT_MAILS[ask][number]
    assert words_of(page) == " ".join(f"Gilde {text}".split())
    for address in re.findall(r"http://\S+", text):
        assert f'<a href="{address}"' in page
