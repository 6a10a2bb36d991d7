"""The questions that Gilde brings along, in the reader's language, and how any question reads."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from outcomes.surveys.records import Survey, SurveyQuestion

Kind = SurveyQuestion.Kind
SATISFIED, RECOMMEND = "satisfaction", "recommend"
SCORES = range(1, 6)
LIKELIHOODS = range(11)


@dataclass(frozen=True, slots=True)
class BuiltIn:
    kind: Kind
    text: str | Promise
    options: Sequence[str | Promise] = ()
    is_required: bool = False


BUILT_IN: dict[str, BuiltIn] = {
    SATISFIED: BuiltIn(Kind.SCORE, _("All in all, how satisfied are you with the program?"), is_required=True),
    RECOMMEND: BuiltIn(Kind.RECOMMEND, _("How likely are you to recommend the program to somebody like you?")),
    "comment": BuiltIn(Kind.TEXT, _("What should stay, and what should change?")),
    "one_on_one": BuiltIn(Kind.SCORE, _("How much did your latest 1-on-1 help you on?"), is_required=True),
    "one_on_one_comment": BuiltIn(Kind.TEXT, _("What would make your 1-on-1s more useful?")),
    "exit_reason": BuiltIn(
        Kind.CHOICE,
        _("What weighed most in leaving?"),
        (
            _("Time: it did not fit beside the rest"),
            _("Money"),
            _("Health or family"),
            _("The level or the pace"),
            _("The content: I expected something else"),
            _("Guidance and feedback"),
            _("I found work, or something better"),
            _("Something else"),
        ),
        is_required=True,
    ),
    "exit_comment": BuiltIn(Kind.TEXT, _("What could have made you stay?")),
}

#: What a survey of a kind asks in any case; after these come the organization's own questions.
OF_KIND: dict[str, tuple[str, ...]] = {
    Survey.Kind.SATISFACTION: (SATISFIED, RECOMMEND, "comment"),
    Survey.Kind.ONE_ON_ONE: ("one_on_one", "one_on_one_comment"),
    Survey.Kind.EXIT: ("exit_reason", SATISFIED, RECOMMEND, "exit_comment"),
    Survey.Kind.OWN: (),
}
#: Asked only when the organization wants it.
OPTIONAL = (RECOMMEND,)


def built_in_keys(kind: str, *, recommends: bool) -> list[str]:
    return [key for key in OF_KIND[kind] if recommends or key not in OPTIONAL]


def text_of(question: SurveyQuestion) -> str:
    """Built-in questions in the active language, others as the organization wrote them."""
    return question.text or str(BUILT_IN[question.key].text)


def options_of(question: SurveyQuestion) -> list[str]:
    """What can be chosen, in order; empty for a question that is no choice."""
    if question.kind != Kind.CHOICE:
        return []
    return list(question.options) or [str(option) for option in BUILT_IN[question.key].options]


def values_of(question: SurveyQuestion) -> range:
    """The values that an answer can have; empty for text."""
    if question.kind == Kind.SCORE:
        return SCORES
    if question.kind == Kind.RECOMMEND:
        return LIKELIHOODS
    return range(len(options_of(question)))
