"""Collecting what is wrong with a text, so that all of it can be shown at once."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from curriculum.plan.nodes import PlanError, PlanProblem
from curriculum.sentences import Sentence, Value

MAX_PROBLEMS = 1000
"""Problems that are kept; whoever has more begins with these."""

MAX_TITLE = 200
"""Characters in the title of a plan, level, module, topic, project or track."""


class Problems:
    def __init__(self) -> None:
        self._found: list[PlanProblem] = []

    def add(self, code: str, line: int, sentence: str | Promise, fix: str | Promise, **values: Value) -> None:
        if len(self._found) < MAX_PROBLEMS:
            self._found.append(PlanProblem(code, line, Sentence(sentence, values), Sentence(fix, values)))

    def check_title(self, title: str, line: int) -> None:
        if not title:
            self.add(
                "missing_title",
                line,
                _("There is a number here, and no title."),
                _("Write a title behind the number."),
            )
        elif len(title) > MAX_TITLE:
            self.add(
                "title_too_long",
                line,
                _("“%(found)s…” has %(length)s characters."),
                _("Shorten it to %(limit)s characters."),
                found=title[:60],
                length=len(title),
                limit=MAX_TITLE,
            )

    def stop(self, code: str, line: int, sentence: str | Promise, fix: str | Promise, **values: Value) -> PlanError:
        """The error to raise when reading cannot go on: this problem alone."""
        self._found = []
        self.add(code, line, sentence, fix, **values)
        return PlanError(tuple(self._found))

    def raise_if_any(self) -> None:
        if self._found:
            raise PlanError(tuple(sorted(self._found, key=lambda problem: problem.line)))
