"""What previews of mails show: invented people and things, one set of words for each kind of message."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from mentoring import taking_over_mails
from mentoring.wording import spoken_time
from organizations.models import Organization

Context = Mapping[str, Any]
LEARNER, MENTOR, OTHER = "Noor Bakker", "Tom Visser", "Eva Smit"


def sample_of(kind: str, organization: Organization, *, now: datetime) -> Context:
    """What the kind's templates show of a recipient called Noor, in the language and zone in force. No query.

    Raises KeyError for a kind without a sample.
    """
    ahead = now + timedelta(days=7)
    button = {"action_url": reverse("home:start", args=[organization.slug]), "action_label": _("Open")}
    return {"organization": organization, "name": LEARNER.split()[0], **button, **SAMPLES[kind](ahead)}


def _milestone(ahead: datetime) -> Context:
    cohort = {"name": _("Rotterdam, autumn")}
    return {"milestone": {"title": _("Gate of level 1"), "due_on": ahead.date()}, "cohort": cohort}


def _one_on_one(ahead: datetime) -> Context:
    return {
        "other": MENTOR,
        "when": spoken_time(ahead),
        "before": spoken_time(ahead - timedelta(days=1)),
        "before_name": OTHER,
        "mentor": MENTOR,
        "learner": LEARNER,
        "minutes": 45,
        "agenda": _("How do I split my data?"),
        "video_link": "https://meet.example/tom",
        "cancelled_by": MENTOR,
        "reason": _("I am ill."),
        "to_mentor": False,
    }


def _proposal(ahead: datetime) -> Context:
    times = [spoken_time(ahead + timedelta(days=day)) for day in range(3)]
    return {"proposed_by": MENTOR, "mentor": MENTOR, "minutes": 45, "times": times, "note": _("Shall we catch up?")}


def _series(ahead: datetime) -> Context:
    return {"other": MENTOR, "rhythm": _("every 2 weeks"), "lines": [spoken_time(ahead)]}


def _review(ahead: datetime) -> Context:
    return {
        "reviewer": MENTOR,
        "project": _("A first agent"),
        "attempt": 2,
        "passed": False,
        "verdict": _("Changes requested"),
        "decision": _("Changes requested").lower(),
        "summary": _("Good tests. Say in the README how to run them."),
    }


def _gate(ahead: datetime) -> Context:
    return {
        "learner": LEARNER,
        "cohort": _("Rotterdam, autumn"),
        "number": 1,
        "title": _("Foundations"),
        "passed": True,
        "graduated": False,
        "to_learner": True,
        "is_replaced": False,
        "is_approved": True,
        "asked_by": OTHER,
        "by": MENTOR,
        "note": "",
        "reason": _("Ten years of work in this field, shown in an interview."),
    }


def _asked(ahead: datetime) -> Context:
    return {
        "name": MENTOR.split()[0],
        "learner": LEARNER,
        "cohort": _("Rotterdam, autumn"),
        "project": _("A first agent"),
        "attempt": 2,
        "submitted_at": ahead - timedelta(days=9),
        "reason": "chosen",
        "asked_by": OTHER,
        "note": _("Shall we catch up?"),
    }


def _peers(ahead: datetime) -> Context:
    return {"project": _("A first agent"), "reviews": 2, "due_on": ahead.date()}


def _portfolio(ahead: datetime) -> Context:
    return {
        "reviewer": MENTOR,
        "project": _("A first agent"),
        "is_publishable": False,
        "missing": _("Good tests. Say in the README how to run them."),
        "note": "",
    }


def _benchmark(ahead: datetime) -> Context:
    return {
        "reviewer": MENTOR,
        "project": _("A first agent"),
        "benchmark": _("accuracy: at least 97"),
        "value": "97",
        "is_verified": False,
        "is_reached": True,
        "reason": _("Good tests. Say in the README how to run them."),
    }


def _presentation(ahead: datetime) -> Context:
    return {
        "learner": LEARNER,
        "to_learner": True,
        "project": _("A first agent"),
        "when": spoken_time(ahead),
        "before": spoken_time(ahead - timedelta(days=1)),
        "minutes": 45,
        "place": "https://meet.example/tom",
        "note": "",
        "panel": f"{MENTOR}, {OTHER}",
        "chair": MENTOR,
        "reason": _("I am ill."),
        "by": MENTOR,
        "passed": True,
        "summary": "",
    }


def _offer(ahead: datetime) -> Context:
    cohort = {"name": _("Rotterdam, autumn"), "starts_on": ahead.date() + timedelta(days=21)}
    note = _("Shall we catch up?")
    return {"cohort": cohort, "offer": {"expires_at": ahead}, "learner": LEARNER, "answer": "declined", "note": note}


def _message(ahead: datetime) -> Context:
    return {
        "subject": _("Shall we catch up?"),
        "text": _("Good tests. Say in the README how to run them."),
        "foot": _("%(by)s sent you this through Gilde.") % {"by": OTHER},
    }


def _hand_over(ahead: datetime) -> Context:
    when = spoken_time(ahead)
    return {
        "name": MENTOR,
        "answer_by": when,
        "note": "",
        "learner": LEARNER,
        "mentor": MENTOR,
        "leaving": OTHER,
        "before": OTHER,
        "asked_by": OTHER,
        "days": "",
        "lines": [LEARNER],
        "times": [when],
        "learners": [LEARNER],
        "is_declined": True,
        "reason": _("I am ill."),
    }


def _survey(ahead: datetime) -> Context:
    return {
        "survey": _("How is the program going?"),
        "introduction": _("Your answers decide what we change first."),
        "answer_by": ahead.date(),
    }


def _digest(ahead: datetime) -> Context:
    titles = (_("Gate of level 1"), _("A first agent"))
    return {"lines": [{"title": title, "url": ""} for title in titles]}


SAMPLES: Mapping[str, Callable[[datetime], Context]] = {
    "invitation": lambda ahead: {"invited_by": OTHER, "expires_at": ahead},
    "digest": _digest,
    "milestone_ahead": _milestone,
    "milestone_overdue": _milestone,
    "seat_offered": _offer,
    "seat_withdrawn": _offer,
    "seat_answered": _offer,
    "staff_message": _message,
    "staff_message_required": _message,
    "stand_up_missing": lambda ahead: {**_milestone(ahead), "day": ahead.date()},
    "review_decided": _review,
    "level_decided": _gate,
    "gate_open": _gate,
    "override_asked": _gate,
    "override_answered": _gate,
    "certificate_revoked": _gate,
    "review_asked": _asked,
    "review_waiting": _asked,
    "peer_review_assigned": _peers,
    "peer_review_due": _peers,
    "peer_reviews_ready": _peers,
    "portfolio_judged": _portfolio,
    "benchmark_judged": _benchmark,
    "check_in": lambda ahead: {"cohort": _("Rotterdam, autumn"), "graduated_on": ahead.date()},
    "presentation_scheduled": _presentation,
    "presentation_changed": _presentation,
    "presentation_cancelled": _presentation,
    "presentation_panel_left": _presentation,
    "presentation_reminder": _presentation,
    "presentation_decided": _presentation,
    "one_on_one_booked": _one_on_one,
    "one_on_one_moved": _one_on_one,
    "one_on_one_cancelled": _one_on_one,
    "one_on_one_handed_over": _one_on_one,
    "one_on_one_handed_away": _one_on_one,
    "one_on_one_reminder": _one_on_one,
    "one_on_one_unconfirmed": _one_on_one,
    "one_on_one_proposed": _proposal,
    taking_over_mails.ASKED: _hand_over,
    taking_over_mails.UNANSWERED: _hand_over,
    taking_over_mails.RETURNED: _hand_over,
    taking_over_mails.SETTLED: _hand_over,
    "endpoint_switched_off": lambda ahead: {"name": "CRM", "cohort": None},
    "series_missed": _series,
    "series_ended": _series,
    "mentor_offer_answered": lambda ahead: {"name": LEARNER, "by": OTHER, "accepted": True, "reason": ""},
    "credit_answered": lambda ahead: {
        "by": OTHER,
        "granted": False,
        "project": _("Analyze a dataset"),
        "reason": _("Show which part is yours."),
    },
    "survey_asked": _survey,
    "survey_waiting": _survey,
}
