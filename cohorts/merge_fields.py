"""Fields in what staff write: {{ first_name }} becomes each learner's own.

Words after a bar stand where there is nothing to fill in: {{ mentor | your mentor }}. Without them, somebody for whom
there is nothing is named before the message goes.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cohorts.errors import CohortError
from cohorts.models import Enrollment
from cohorts.standing import standings_of
from design.dates import written_day

#: What may stand in a message, and what it becomes.
FIELDS = {
    "first_name": gettext_lazy("first name"),
    "name": gettext_lazy("first and last name"),
    "cohort": gettext_lazy("name of the cohort"),
    "mentor": gettext_lazy("name of the mentor"),
    "next_milestone": gettext_lazy("next milestone"),
    "milestone_date": gettext_lazy("date of the next milestone"),
}
OF_MILESTONES = {"next_milestone", "milestone_date"}
FIELD = re.compile(r"\{\{([^{}]*)\}\}")
#: What means something in Markdown; a name means itself.
_MARKS = re.compile(r"([!-/:-@\[-`{-~])")
BATCH = 500

#: What there is to fill in for one learner; what is not there is missing.
Values = Mapping[str, str | date]


@dataclass(frozen=True)
class Field:
    """One field as it was written; `otherwise` stands where there is nothing to fill in, None when it must be there."""

    name: str
    otherwise: str | None

    @property
    def written(self) -> str:
        return written(self.name)


def written(name: str) -> str:
    """How a field is written."""
    return "{{ %s }}" % name  # noqa: UP031 - braces in an f-string are harder to read


def _read(found: re.Match[str]) -> Field:
    name, bar, otherwise = found[1].partition("|")
    return Field(name.strip(), otherwise.strip() if bar else None)


def fields_in(text: str) -> Iterator[Field]:
    return map(_read, FIELD.finditer(text))


def check_fields(text: str) -> None:
    """Raises CohortError `unknown_field` for a name that is not one of `FIELDS`, `broken_field` for stray braces."""
    unknown = [field.written for field in fields_in(text) if field.name not in FIELDS]
    if unknown:
        words = {"unknown": ", ".join(dict.fromkeys(unknown)), "known": ", ".join(map(written, FIELDS))}
        raise CohortError("unknown_field", _("%(unknown)s is not a field. Use %(known)s.") % words)
    rest = FIELD.sub("", text)
    if "{{" in rest or "}}" in rest:
        raise CohortError("broken_field", _("A field has two braces on both sides: {{ first_name }}. Complete it."))


def values_of(enrollments: Sequence[Enrollment], texts: Sequence[str], *, on: date) -> dict[UUID, Values]:
    """What the fields of the texts become for each, by enrollment. Learners come with cohort, learner and mentor.

    Where they stand is read for texts that name a milestone only, in a few queries for each 500.
    """
    asked = {field.name for text in texts for field in fields_in(text)}
    found: dict[UUID, dict[str, str | date]] = {}
    for one in enrollments:
        name = one.learner.name
        found[one.pk] = {"first_name": (name.split() or [name])[0], "name": name, "cohort": one.cohort.name}
        if one.mentor is not None:
            found[one.pk]["mentor"] = one.mentor.name
    if asked & OF_MILESTONES:
        for start in range(0, len(enrollments), BATCH):
            for standing in standings_of(enrollments[start : start + BATCH], on=on):
                if (due := standing.next_milestone) is not None:
                    found[standing.enrollment.pk] |= {"next_milestone": due.title, "milestone_date": due.due_on}
    return dict(found)


def missing_in(texts: Sequence[str], values: Values) -> list[str]:
    """The names of fields for which there is nothing, and no words instead."""
    needed = dict.fromkeys(field.name for text in texts for field in fields_in(text) if field.otherwise is None)
    return [name for name in needed if not values.get(name)]


def fill(text: str, values: Values, *, escapes: bool = False) -> str:
    """The text with a learner's own words, dates in the language in force; never read as fields again.

    With `escapes` a name in Markdown is a name, whatever is in it.
    """

    def own(found: re.Match[str]) -> str:
        field = _read(found)
        value = values.get(field.name)
        if not value:
            return field.otherwise or ""
        said = written_day(value, "j F Y") if isinstance(value, date) else str(value)
        return _MARKS.sub(r"\\\1", said) if escapes else said

    return FIELD.sub(own, text)
